"""docs/reliability.md names every fault, what happens, and tests that are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "reliability.md").read_text()
ROW = re.compile(r"^\| (F\d\d) \| (.+?) \| (.+?) \| (.*)\|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`(?: \[long\])?")
ROWS = {row[1]: row for row in ROW.finditer(DOCUMENT)}
#: Faults of what does not stand yet.
LEFT = {"F45"}


@cache
def functions(file: str) -> frozenset[str]:
    """The tests of a file."""
    tree = ast.parse((ROOT / file).read_text())
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


def test_every_fault_is_there_once_in_order() -> None:
    assert re.findall(r"^\| (F\d\d) ", DOCUMENT, re.MULTILINE) == [f"F{number:02}" for number in range(1, 46)]
    assert len(ROWS) == 45


@pytest.mark.parametrize("fault", sorted(ROWS))
def test_the_tests_that_show_it_are_there(fault: str) -> None:
    shown = ROWS[fault][4]
    tests = TEST.findall(shown)
    assert TEST.sub("", shown).strip() == "", "something else than tests"
    assert bool(tests) != (fault in LEFT)
    for file, name in tests:
        assert name in functions(file), f"{file} has no {name}"


def test_links_lead_to_files() -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", DOCUMENT)
    assert targets and all((ROOT / "docs" / target).exists() for target in targets)


def test_nothing_opens_a_link() -> None:
    """F40: Textual's own Markdown would start a browser on the server."""
    opening = re.compile(r"webbrowser|open_url|textual\.widgets.* import .*Markdown")
    found = {path.name for path in (ROOT / "mlws_tui").rglob("*.py") if opening.search(path.read_text())}
    assert found == set()
