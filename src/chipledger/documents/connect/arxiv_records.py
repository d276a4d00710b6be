"""What arXiv's services answer, read: the Atom feed of papers, the OAI record of one.

XML from the network is read without a document type: one that declares anything is refused, so that no entity is expanded
and no file or address opened.
"""

import re
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

from chipledger.documents.connect.connector import FetchError

_ATOM = "{http://www.w3.org/2005/Atom}"
_SEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
_PAPER = re.compile(r"https?://arxiv\.org/abs/(.+?)v(\d{1,3})$")


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as a search gives it.

    Args:
        id: without its version.
        version: the newest one.
        title: on one line.
    """

    id: str
    version: int
    title: str


@dataclass(frozen=True, slots=True)
class Record:
    """A paper as its record tells.

    Args:
        licence: the address of its licence.
        days: the day of each version, by number.
    """

    licence: str | None
    days: dict[int, date]


def parsed(content: bytes) -> ElementTree.Element:
    """The root of an XML document that declares nothing.

    Args:
        content: UTF-8.

    Raises:
        FetchError: it is no XML, or declares a document type or an entity.

    >>> parsed(b"<a><b/></a>").tag
    'a'
    >>> parsed(b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>")
    Traceback (most recent call last):
    chipledger.documents.connect.connector.FetchError: the answer declares a document type and is not read
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FetchError("the answer is not UTF-8") from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise FetchError("the answer declares a document type and is not read")
    try:
        return ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        raise FetchError(f"the answer is no XML ({error})") from None


def papers_in(feed: bytes) -> tuple[int, list[Paper]]:
    """How many papers a search finds, and those of this page.

    Args:
        feed: the Atom document.

    Raises:
        FetchError: it is none, or tells an error.
    """
    root = parsed(feed)
    found = []
    for entry in root.iter(f"{_ATOM}entry"):
        id, title = entry.findtext(f"{_ATOM}id", ""), " ".join(entry.findtext(f"{_ATOM}title", "").split())
        if "/api/errors" in id:
            raise FetchError(
                f"arXiv says: {' '.join(entry.findtext(f'{_ATOM}summary', title).split())[:200]}"
            )
        if match := _PAPER.match(id.strip()):
            found.append(Paper(match[1], int(match[2]), title))
    total = root.findtext(f"{_SEARCH}totalResults", "")
    return int(total) if re.fullmatch(r"\s*[0-9]{1,9}\s*", total) else len(found), found


def record_in(answer: bytes) -> Record:
    """Licence and days of versions.

    Args:
        answer: of the OAI service, in the form arXivRaw.

    Raises:
        FetchError: it is no record.
    """
    root = parsed(answer)
    licence, days = None, {}
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name == "error":
            raise FetchError(
                f"arXiv says: {' '.join((element.text or element.get('code') or '').split())[:200]}"
            )
        if name == "license" and element.text:
            licence = element.text.strip()
        if name == "version":
            number, day = _version(element)
            if number and day:
                days[number] = day
    return Record(licence, days)


def _version(element: ElementTree.Element) -> tuple[int | None, date | None]:
    number = (element.get("version") or "").removeprefix("v")
    written = next((child.text or "" for child in element if child.tag.rpartition("}")[2] == "date"), "")
    try:
        day = parsedate_to_datetime(written.strip()).date()
    except (ValueError, TypeError, OverflowError):
        return None, None
    return (int(number) if re.fullmatch(r"[0-9]{1,6}", number) else None), day
