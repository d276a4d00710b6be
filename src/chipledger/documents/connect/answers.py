"""JSON that servers answer, read: of the kind that was due, with text that can be written down."""

import json
from typing import Any

from chipledger.documents.connect.connector import FetchError


def json_in(content: bytes, kind: type) -> Any:
    """What a server answers.

    Args:
        content: the body.
        kind: dict, list, or object where any is taken.

    Raises:
        FetchError: it is no JSON, or not of this kind.

    >>> json_in(b'{"name": "kite"}', dict)
    {'name': 'kite'}
    """
    try:
        answer = json.loads(content)
        if b"\\u" in content:  # half a character may be escaped, which no file and no index takes
            answer = json.loads(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise FetchError("the answer is no JSON") from None
    if not isinstance(answer, kind):
        raise FetchError(f"the answer is no {'list' if kind is list else 'object'}")
    return answer
