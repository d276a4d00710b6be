"""The shape of a script around its settings: what is comment, what is prose, which branch a line stands in, what variables hold.

Takes a text and its format; gives a Script that answers by offset. Of a shell script the branches of `if` are followed line by line;
nothing is run, and a test is kept as it is printed.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chipledger.evidence.layout import at_lines, fence_lines

_LONGEST_TEST = 120
_DEEPEST = 20
_FENCE = re.compile(r"^[ \t>]*(?:```|~~~)", re.M)
_INDENTED_LITERAL = frozenset({"rst"})
_COMMAND_LINE = re.compile(r"[ \t]*(?:\$ |> )?(?:export |set |setenv |ENV |env |-x |[A-Z][A-Z0-9_]*=)")
_BRANCH = re.compile(r"^[ \t]*(?P<word>if|elif|else|fi)\b(?P<test>[^\n]*)$", re.M)
_ASSIGN = re.compile(
    r"^[ \t]*(?:export[ \t]+|local[ \t]+|set[ \t]+)?(?P<name>[A-Za-z_]\w{0,60})=[\"']?(?P<value>[\w.,\-]{1,60})[\"']?(?=\s|;|$)",
    re.M,
)
_DEFAULT = re.compile(r"\$\{(?P<name>\w+):[-=](?P<default>[^}]{1,60})\}")
_NAMED = re.compile(r"\$\{?(?P<name>\w+)\}?")
_PROSE = frozenset({"markdown", "html", "rst", "text"})


@dataclass(frozen=True, slots=True)
class Script:
    """A text with its branches and variables.

    Attributes:
        text: the text.
        format: its format.
        variables: what plain assignments give; a name given two values is left out.
        branch_starts, branch_tests: the offsets at which a branch begins or ends, and the test that holds from there on.
        fences: the offsets of fences of code in Markdown.
    """

    text: str
    format: str
    variables: Mapping[str, str] = field(default_factory=dict)
    branch_starts: tuple[int, ...] = ()
    branch_tests: tuple[str | None, ...] = ()
    fences: tuple[int, ...] = ()

    def is_comment(self, offset: int) -> bool:
        """Whether the offset stands in a comment of a script or configuration.

        >>> script_of("# export A=1\\nexport A=2", "shell").is_comment(2)
        True
        """
        line = self.text.rfind("\n", max(0, offset - 2_000), offset) + 1
        before = self.text[line:offset].lstrip()
        return before.startswith(("#", "//")) and not before.startswith(
            ("#!", "#SBATCH", "#PBS", "#PJM", "#$")
        )

    def is_prose(self, offset: int) -> bool:
        """Whether the offset stands in a text for people and not in a piece of code within it.

        >>> readme = script_of("Set A=1.\\n```sh\\nexport A=1\\n```\\n", "markdown")
        >>> readme.is_prose(4), readme.is_prose(22)
        (True, False)
        """
        if self.format not in _PROSE:
            return False
        if self.format == "markdown":
            return bisect_right(self.fences, offset) % 2 == 0
        line = self.text.rfind("\n", max(0, offset - 2_000), offset) + 1
        if self.format == "rst" and self.text[line : line + 1].isspace():
            return False
        return _COMMAND_LINE.match(self.text, line) is None

    def condition(self, offset: int) -> str | None:
        """The test of the innermost branch that the offset stands in.

        >>> script = script_of('if [ "$NET" = "low" ]; then\\n  A=1\\nelse\\n  A=2\\nfi\\nA=3\\n', "shell")
        >>> [script.condition(script.text.index(f"A={number}")) for number in (1, 2, 3)]
        ['[ "$NET" = "low" ]', 'not [ "$NET" = "low" ]', None]
        """
        at = bisect_right(self.branch_starts, offset) - 1
        return self.branch_tests[at] if at >= 0 else None

    def resolved(self, value: str) -> str:
        """A value with a variable of the same script put in, once: "$TP", "${TP}", "${TP:-8}"; else as it was.

        >>> script_of("TP=8\\n", "shell").resolved("${TP}")
        '8'
        """
        if not value.startswith("$"):
            return value
        given = _DEFAULT.fullmatch(value)
        if given:
            return self.variables.get(given["name"], given["default"])
        named = _NAMED.fullmatch(value)
        return self.variables.get(named["name"], value) if named else value


def script_of(text: str, format: str) -> Script:
    """The shape of a text.

    Args:
        text: the decoded text.
        format: a format name of `documents.formats`.
    """
    if format == "markdown":
        return Script(text, format, fences=tuple(match.start() for match in _fences(text)))
    if format != "shell":
        return Script(text, format)
    starts, tests = _branches(text)
    return Script(text, format, _assignments(text), starts, tests)


def _fences(text: str) -> Iterator[re.Match[str]]:
    return at_lines(_FENCE, text, fence_lines(text))


def _branches(text: str) -> tuple[tuple[int, ...], tuple[str | None, ...]]:
    starts: list[int] = []
    tests: list[str | None] = []
    open_tests: list[str] = []
    for match in _BRANCH.finditer(text):
        word, test = match["word"], match["test"].split(";")[0].removesuffix("then").strip()[:_LONGEST_TEST]
        if word == "if":
            if re.search(r";\s*fi\b", match["test"]) or len(open_tests) >= _DEEPEST:
                continue
            open_tests.append(test)
        elif not open_tests:
            continue
        elif word == "fi":
            open_tests.pop()
        else:
            open_tests[-1] = test if word == "elif" else f"not {open_tests[-1]}"
        starts.append(match.end())
        tests.append(open_tests[-1] if open_tests else None)
    return tuple(starts), tuple(tests)


def _assignments(text: str) -> dict[str, str]:
    given: dict[str, str | None] = {}
    for match in _ASSIGN.finditer(text):
        name, value = match["name"], match["value"]
        given[name] = value if given.get(name, value) == value else None
    return {name: value for name, value in given.items() if value is not None}
