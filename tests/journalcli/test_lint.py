"""`mlws-tui journal lint`: each rule where it is meant and nowhere else; --fix changes no word."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.journal import parse
from mlws_tui.domain.journalitems import items_of
from mlws_tui.domain.journallint import RULES, Advice, lint
from tests.journalcli.conftest import Here

TODAY = date(2024, 10, 19)
RUN = "20241019-143000-llama-ft"
TRACE = """\
  Traceback (most recent call last):
    File "train.py", line 3, in <module>
      main()
  RuntimeError: CUDA out of memory
"""


def _advice(text: str, since: date | None = None) -> list[Advice]:
    return lint(parse(text.encode()), TODAY, lambda day, told, linked: f"{day} {told} {linked}", since)


def _rules(body: str, section: str = "Experiments") -> list[tuple[int, str]]:
    """The advice on a section of today, with lines counted from its heading."""
    return [(one.line - 3, one.rule) for one in _advice(f"## {TODAY}\n\n### {section}\n{body}")]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (f"- it failed\n{TRACE}- next\n", [(2, "stack-trace")]),
        (f"```\nINFO a\n{TRACE}```\n", [(3, "stack-trace")]),
        ("   at a.B(C.java:1)\n   at a.B(C.java:2)\n   at a.B(C.java:3)\n", [(1, "stack-trace")]),
        ("- Traceback, as Python calls it\n", []),
        (
            "```\n" + "2024-10-19 14:30:00 - INFO - a\n" * 9 + "```\n",
            [(0, "long-section"), (2, "log-output")],
        ),
        ("```\n" + "2024-10-19 14:30:00 - INFO - a\n" * 8 + "```\n", []),
        ("Epoch 1/9: x\n" * 9, [(1, "log-output")]),
        ("```python\n" + "x = 1\n" * 8 + "```\n", []),
        ("- a\n" * 10, []),
        ("- a\n\n" * 11, [(0, "long-section")]),
        ("- Completed: a\n- thought\n", [(1, "no-link")]),
        (f"- Completed: a\n  - `{RUN}`\n- Started: b [log](logs/training/x.log)\n", []),
        ("- acc 0.81 with llama3.1:8b\n", [(1, "no-link")]),
        ("- [ ] Completed: a\n", []),
        ("", [(0, "empty-section")]),
    ],
)
def test_what_stands_out_in_a_section(body: str, found: list[tuple[int, str]]) -> None:
    assert _rules(body) == found


def test_a_review_may_be_as_long_as_it_is() -> None:
    assert _rules("- Review of a week:\n" + "  - a\n" * 20, "Review") == []


def test_a_model_links_by_its_tag_and_other_sections_need_no_link() -> None:
    assert _rules("- Completed: the pull of llama3.1:8b\n", "Models") == []
    assert _rules("- Completed: the cleaning\n", "Code") == []


def test_old_tasks_and_dates_that_are_there_again() -> None:
    old = TODAY - timedelta(days=31)
    text = (
        f"## {TODAY}\n- [ ] a\n\n## {old}\n\n### Next Steps\n- [ ] a\n- [x] b\n- [>] c\n\n## {TODAY}\n- x\n"
    )
    assert [(one.line, one.rule) for one in _advice(text)] == [(7, "old-task"), (11, "repeated-day")]
    assert "31 days" in _advice(text)[0].says
    assert [one.rule for one in _advice(text, TODAY)] == ["repeated-day"]


def test_a_trace_tells_its_last_line_and_what_is_linked_above_it() -> None:
    (one,) = _advice(f"## {TODAY}\n\n### Code\n- a [log](logs/training/{RUN}.log)\n{TRACE}")
    assert one.todo == f"{TODAY} RuntimeError: CUDA out of memory ('logs/training/{RUN}.log',)"


def test_the_log_that_has_the_trace_is_named(here: Here) -> None:
    here.write(f"## 2024-10-19\n\n### Code\n{TRACE}")
    logs = here.workspace.logs
    for name in ("20241019-080000-other.log", "20241018-080000-older.log"):
        (logs / "training" / name).write_text("RuntimeError: something else\n")
    other = here("journal", "lint").out
    assert "training/20241019-080000-other.log" in other and "older" not in other
    (logs / "agents" / "20241019-090000-mine.log").write_text("x\nRuntimeError: CUDA out of memory\n")
    assert "logs/agents/20241019-090000-mine.log has it" in here("journal", "lint").out


def test_the_document_the_exit_code_and_the_repair(here: Here) -> None:
    journal = here.write("# Log\n\\n## 2024-10-19\\n\n### Code\n\n## 2024-02-30\n- x\n")
    before = journal.read_bytes()
    found = here("journal", "lint", "--json").json()
    assert [(one["line"], one["rule"], one["fixable"]) for one in found["advice"]] == [
        (2, "written-ends", True),
        (5, "no-date", False),
    ]
    assert {one["rule"] for one in found["advice"]} <= set(RULES)
    assert here("journal", "lint", "--strict").code == 1
    assert journal.read_bytes() == before
    fixed = here("journal", "lint", "--fix", "--json").json()
    assert [one["rule"] for one in fixed["fixed"]] == ["written-ends"]
    assert [one["rule"] for one in fixed["advice"]] == ["empty-section", "no-date"]
    assert b"\n## 2024-10-19\n" in journal.read_bytes()
    again = journal.read_bytes()
    assert here("journal", "lint", "--fix").code == 0
    assert journal.read_bytes() == again


@settings(max_examples=30)
@given(
    st.lists(
        st.sampled_from(
            ["## 2024-10-19", "### Code", "- a", "  - b", "- [ ] c", "```", "~~~", "Traceback (most recent call last):",
             "  File \"a\", line 1", "KeyError: 1", "INFO x", "\\n## 2024-10-18\\n", "", "  more", "\udcff", "1. n"]
        ),
        max_size=30,
    )
)  # fmt: skip
def test_any_text_can_be_looked_at(lines: list[str]) -> None:
    journal = parse("\n".join(lines).encode("utf-8", "surrogateescape"))
    found = lint(journal, TODAY, lambda day, told, linked: "")
    assert all(1 <= one.line <= max(1, len(journal.outline.lines)) and one.rule in RULES for one in found)
    items = list(items_of(journal, 0, len(journal.outline.lines)))
    assert all(a.end <= b.line for a, b in pairwise(items))
