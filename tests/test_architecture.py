"""What import contracts cannot say: below the apps nothing asks the day or the environment, and no module is a drawer."""

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src/chipledger"
MODULES = sorted(SOURCE.rglob("*.py"))
BELOW_APPS = [
    path for path in MODULES if "apps" not in path.relative_to(SOURCE).parts and path.name != "__main__.py"
]
DRAWERS = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}
# What only an app may ask: the day, and the settings of the user's shell.
ASKS = {("date", "today"), ("datetime", "now"), ("datetime", "today"), ("datetime", "utcnow"), ("time", "time"), ("os", "environ"), ("os", "getenv")}  # fmt: skip
ALLOWED = {
    "documents/repository.py": "git needs the caller's PATH and proxy; its own GIT_ variables are left out",
}


def name_of(path):
    return str(path.relative_to(SOURCE))


def asked(path):
    """What a module asks of the clock or the environment, with the line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and (node.value.id, node.attr) in ASKS
        ):
            yield f"{name_of(path)}:{node.lineno} asks {node.value.id}.{node.attr}"


@pytest.mark.parametrize("path", BELOW_APPS, ids=name_of)
def test_below_the_apps_days_and_settings_are_arguments(path):
    found = [] if name_of(path) in ALLOWED else list(asked(path))

    assert not found, "take it as an argument; an app asks and hands it down"


def test_no_leave_is_kept_that_is_no_longer_needed():
    assert [name for name in ALLOWED if not list(asked(SOURCE / name))] == []


def test_a_module_is_named_by_what_it_holds():
    assert [name_of(path) for path in MODULES if path.stem in DRAWERS] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_begins_with_its_story(path):
    assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), (
        "say what lives here, what it takes and gives"
    )


def test_test_files_have_names_of_their_own():
    names = [path.name for path in Path(__file__).parent.rglob("test_*.py")]

    assert sorted(name for name in set(names) if names.count(name) > 1) == [], (
        "pytest collects one file of a name"
    )


def test_no_expression_has_a_possessive_group():
    """Python before 3.11.5 (Debian 12 ships 3.11.2) matches a possessive group wrongly; a possessive class is fine."""
    possessive = re.compile(r"\)[*+?]\+|\)\{[\d,]+\}\+")
    found = [
        f"{path.name}:{number}"
        for path in MODULES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if possessive.search(line)
    ]
    assert found == []
