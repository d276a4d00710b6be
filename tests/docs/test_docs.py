"""What the pages promise is so: commands, options, fields, packages, links, samples; and nothing of this machine."""

import re
import shlex
import subprocess
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer

from chipledger.apps.cli.commands import COMMANDS as NOUNS
from chipledger.apps.cli.commands import application, run
from chipledger.core.records import Mention

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
TEXTS = {page: page.read_text("utf-8") for page in PAGES}
EVERYWHERE = {"--help", "--install-completion", "--show-completion", "--version"}


def below(group, named=()):
    """The commands under a group, each with its words."""
    for name, command in group.commands.items():
        words = (*named, name)
        if hasattr(command, "commands"):
            yield from below(command, words)
        else:
            yield " ".join(words), command


def commands():
    """Every command that can be run; each noun is loaded as the command line loads it, alone."""
    for noun in NOUNS:
        if find_spec(f"chipledger.apps.cli.{NOUNS[noun][0]}"):
            group = typer.main.get_command(application(frozenset({noun})))
            yield from ((name, command) for name, command in below(group) if name.split()[0] == noun)


COMMANDS = dict(commands())


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_that_is_listed_is_there(noun):
    assert any(name.split()[0] == noun for name in COMMANDS), (
        f"apps/cli/commands.py lists `{noun}`; its module is missing"
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help_with_an_example_of_itself(name):
    help_text = COMMANDS[name].help or ""

    assert re.search(rf"Example: .*chipledger {name}\b", help_text), (
        f"give `{name}` an `Example:` line in its docstring"
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_has_help(name):
    silent = [one.name for one in COMMANDS[name].params if not getattr(one, "help", None)]

    assert not silent, f"`{name}`: say in `help=` what {silent} do"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_its_options_stand_in_a_page(name):
    about = "\n".join(
        text for page, text in TEXTS.items() if f"chipledger {name}" in text and page.parent.name == "docs"
    )
    options = {max(one.opts, key=len) for one in COMMANDS[name].params if one.param_type_name == "option"}
    missing = sorted(
        option for option in options - EVERYWHERE if not re.search(rf"(?<![\w-]){option}(?![\w-])", about)
    )

    assert about, f"no page of docs/ shows `chipledger {name}`"
    assert not missing, f"document {missing} of `{name}` in docs/cli.md or on the page of its package"


def test_every_field_of_a_mention_is_documented():
    rows = [
        line.split("|")[1] for line in TEXTS[ROOT / "docs/evidence.md"].splitlines() if line.startswith("| `")
    ]
    documented = {name for cell in rows for name in re.findall(r"`(\w+)`", cell)}

    assert {field.name for field in fields(Mention)} <= documented


def test_the_readme_tells_every_package_in_one_line():
    rows = [line for line in TEXTS[ROOT / "README.md"].splitlines() if line.startswith(("| `", "| [`"))]
    told = re.findall(r"^\| \[?`(\w+)`", "\n".join(rows), re.M)
    packages = {path.parent.name for path in (ROOT / "src/chipledger").glob("*/__init__.py")} | {"data"}

    assert packages <= set(told)
    assert len(told) == len(set(told))


def samples():
    """The console samples of the pages: a command, and what it printed when the page was written."""
    for page, text in TEXTS.items():
        for command, printed in re.findall(
            r"^```console\n\$ (chipledger [^\n]+)\n(.*?)^```", text, re.M | re.S
        ):
            yield pytest.param(command, printed, id=f"{page.name}: {command}")


@pytest.mark.parametrize(("command", "printed"), list(samples()))
def test_a_sample_is_what_the_command_prints(command, printed, capsys):
    status = run(shlex.split(command)[1:])

    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert status == 0
    assert "\n".join(lines).strip() == printed.strip(), "run the command and paste what it prints"


def links():
    """Every relative link of every page, with the page."""
    for page, text in TEXTS.items():
        prose = re.sub(r"^```.*?^```|`[^`\n]*`(?!\])", "", text, flags=re.M | re.S)
        for target in re.findall(r"\]\(([^()\s]+)\)", prose):
            if not re.match(r"[a-z]+:", target):
                yield pytest.param(page, target, id=f"{page.relative_to(ROOT)} -> {target}")


def anchors(page):
    """The anchors of a page's headings, as the well-known hosts make them."""
    heads = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S), re.M
    )
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize(("page", "target"), list(links()))
def test_a_link_leads_to_a_file_and_a_heading_that_exist(page, target):
    path, _, anchor = target.partition("#")
    there = (page.parent / path).resolve() if path else page

    assert there.exists()
    assert not anchor or anchor in anchors(there)


def test_every_page_is_in_the_index():
    index = TEXTS[ROOT / "docs/index.md"]
    missing = [
        page.name
        for page in PAGES
        if page.parent != ROOT and page.name != "index.md" and page.name not in index
    ]

    assert not missing


def test_decisions_are_numbered_without_a_gap_and_say_what_they_cost():
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))

    assert [page.name[:3] for page in pages] == [f"{number:03}" for number in range(1, len(pages) + 1)]
    assert all(
        "**Decision.**" in TEXTS[page] and "**Costs.**" in TEXTS[page] for page in pages if page.name != "004"
    )


def test_no_tracked_file_names_a_place_on_the_machine_it_was_written_on():
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository here: an installed copy has no tracked files")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    places = re.compile(
        rb"/(?:work|root|home/\w+|tmp/\w+)/|/tmp/ba[s]h|\.libr"
        + rb"ary\b|\bsha"
        + rb"red/(?:reference|corpus|data|tools)"
    )
    named = [
        f"{name}: {found[0].decode()}"
        for name in filter(None, listed.decode().split("\0"))
        if (ROOT / name).is_file() and (found := places.search((ROOT / name).read_bytes()))
    ]

    assert not named
