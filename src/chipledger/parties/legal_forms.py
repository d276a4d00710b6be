"""Legal forms in names: Ltd, GmbH, OOO, 有限公司, 株式会社: what they are, where they stand, and the name without them.

Takes the words of a folded name; gives the words left and the forms found. A form is a weak witness: it sets "Deutsche
Bank AG" apart from "Deutsche Bank GmbH" and is never enough to join two names. What the forms are is data
(data/parties/legal_forms.yaml).
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from chipledger.core.load import load_yaml_list
from chipledger.core.records import Record

_SHORT, _NEAR_THE_END = 3, 2  # "as" or "na" is a legal form at an end of a name, a word within it
DATA = Path(str(files("chipledger"))) / "data" / "parties"


class LegalForm(Record):
    """One legal form and how it is written: `words` and `pinyin` parted by `;`, `zh` and `ja` by spaces."""

    id: str
    words: str
    zh: str = ""
    ja: str = ""
    pinyin: str = ""


@dataclass(frozen=True, slots=True)
class LegalForms:
    """All forms, ready to be looked up: runs of words by their first word (longest first), and hanzi by length."""

    by_first: dict[str, tuple[tuple[tuple[str, ...], str], ...]]
    han: tuple[tuple[str, str], ...]

    def strip(self, words: list[str]) -> tuple[list[str], frozenset[str]]:
        """The words of a name without its legal forms, and the forms.

        Args:
            words: folded Latin words, in order.

        Returns:
            The words left (all of them where nothing else would be left) and the ids of the forms.

        >>> bundled().strip(["deutsche", "bank", "ag"])
        (['deutsche', 'bank'], frozenset({'ag'}))
        >>> bundled().strip(["obshchestvo", "s", "ogranichennoi", "otvetstvennostyu", "gazprom"])[0]
        ['gazprom']
        """
        by_first = self.by_first
        if by_first.keys().isdisjoint(words):
            return words, frozenset()
        kept: list[str] = []
        found: set[str] = set()
        at, end = 0, len(words)
        while at < end:
            for run, form in by_first.get(words[at], ()):
                if len(run) == 1 and len(run[0]) <= _SHORT and 0 < at < end - _NEAR_THE_END:
                    continue
                if tuple(words[at : at + len(run)]) == run:
                    found.add(form)
                    at += len(run)
                    break
            else:
                kept.append(words[at])
                at += 1
        return (kept, frozenset(found)) if kept else (words, frozenset())

    def strip_hanzi(self, run: str) -> tuple[str, frozenset[str]]:
        """A run of simplified hanzi without the legal form it ends (or, in Japan, begins) with.

        >>> bundled().strip_hanzi("科大讯飞股份有限公司")[0]
        '科大讯飞'
        """
        for form, name in self.han:
            if run.endswith(form) and len(run) > len(form):
                return run[: -len(form)], frozenset([name])
            if run.startswith(form) and len(run) > len(form) and form in ("株式会社", "有限会社", "合同会社"):
                return run[len(form) :], frozenset([name])
        return run, frozenset()


@cache
def bundled() -> LegalForms:
    """The forms that the project carries."""
    by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    han: dict[str, str] = {}
    for form in load_yaml_list(DATA / "legal_forms.yaml", LegalForm):
        for spelling in f"{form.words};{form.pinyin}".split(";"):
            if run := tuple(spelling.split()):
                by_first.setdefault(run[0], []).append((run, form.id))
        for written in (*form.zh.split(), *form.ja.split()):
            han.setdefault(written, form.id)
    return LegalForms(
        {first: tuple(sorted(runs, key=lambda run: -len(run[0]))) for first, runs in by_first.items()},
        tuple(sorted(han.items(), key=lambda one: (-len(one[0]), one[0]))),
    )
