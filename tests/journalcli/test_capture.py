"""`mlws-tui log`: which section a name means, and what becomes of what is piped."""

from __future__ import annotations

import io
import sys
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlws_tui.domain.capture import bullets_of, target_of
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.journal import parse
from tests.journalcli.conftest import Here

TODAY = date.today().isoformat()
YESTERDAY = (date.today() - timedelta(days=1)).isoformat()
OWN = f"## {TODAY}\n\n### Work\n- a\n\n### Experience\n- b\n\n## {YESTERDAY}\n\n### 🧪 Reading List\n- c\n".encode()


@pytest.mark.parametrize(
    ("name", "title", "mark"),
    [
        ("work", "Work", ""),
        ("works", "Workspace", ""),
        ("experim", "Experiments", ""),
        ("experie", "Experience", ""),
        ("reading list", "🧪 Reading List", ""),
        ("read", "read", ""),  # one day's section is not shortened on another
        ("insight", "Learning", "Insight"),
        ("Blocker", "Next Steps", "Blocker"),
        ("Ideas", "Ideas", ""),
    ],
)
def test_the_section_that_a_name_means(name: str, title: str, mark: str) -> None:
    found = target_of(parse(OWN), date.today(), name)
    assert (found.title, found.mark) == (title, mark)


def test_a_beginning_of_two_is_asked_back_and_a_section_comes_before_a_mark() -> None:
    with pytest.raises(UsageError, match=r"Experience or Experiments"):
        target_of(parse(OWN), date.today(), "exper")
    journal = parse(f"## {TODAY}\n\n### Insights\n- a\n".encode())
    assert target_of(journal, date.today(), "insight").title == "Insights"


def test_a_mark_is_written_where_the_review_finds_it(here: Here) -> None:
    here.write("# Log\n")
    assert here("log", "Insight", "warm cache wins").out == f"{TODAY} Learning: Insight: warm cache wins\n"
    here("log", "insight", "Insight: not twice")
    here("log", "question", "why?", "--task")
    assert here("log", "a thought in passing").out == f"{TODAY} Learning: Note: a thought in passing\n"
    text = here.workspace.journal.read_text()
    assert (
        "### Learning\n- Insight: warm cache wins\n- Insight: not twice\n- Note: a thought in passing\n"
        in text
    )
    assert "### Next Steps\n- [ ] Question: why?\n" in text
    review = here("review", "--json").json()
    assert "warm cache wins" in str(review) and "why?" in str(review)


PIPED = [
    (("log", "exp"), "one line\n", "### Experiments\n- one line\n"),
    (
        ("log", "work", "-"),
        "GPU 0: x\n\nGPU 1: ``` y\n",
        "- Output:\n  ````\n  GPU 0: x\n\n  GPU 1: ``` y\n  ````\n",
    ),
    (
        ("log", "work", "cards", "here", "-"),
        "GPU 0\nGPU 1\n",
        "- cards here\n  ```\n  GPU 0\n  GPU 1\n  ```\n",
    ),
    (("log", "exp", "-"), "* a\n  * b\n* c\n", "### Experiments\n- a\n  * b\n- c\n"),
    (
        ("log", "next", "--task"),
        "a due 2030-01-02\n\nb\n",
        "### Next Steps\n- [ ] a due 2030-01-02\n- [ ] b\n",
    ),
    (("log", "next steps"), "x\n", "### Next Steps\n- x\n"),
]


@pytest.mark.parametrize(("args", "stdin", "written"), PIPED)
def test_what_is_piped(
    here: Here, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], stdin: str, written: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
    assert here(*args).code == 0
    assert written in here.workspace.journal.read_text()


@given(st.text(alphabet="ab`- *1.\n\r\té"), st.booleans())
def test_no_piped_word_is_lost(text: str, task: bool) -> None:
    found = "".join("\n".join(bullets_of(text, "lead", task=task)).split())
    for word in text.split():
        if word.strip("-*1.`"):
            assert word in found


def test_a_task_takes_its_day_in_words(here: Here) -> None:
    friday = date.today() + timedelta(days=(4 - date.today().weekday() - 1) % 7 + 1)
    here("tasks", "add", "write", "the", "report,", "due", "friday")
    here("log", "next", "ask Ada (by tomorrow)", "--task")
    here("tasks", "add", "look at what is due to the long warmup, as said by Tom")
    due = [task["due"] for task in here("tasks", "--json").json()["tasks"]]
    assert due == [friday.isoformat(), (date.today() + timedelta(days=1)).isoformat(), None]


def test_three_days_ago_is_a_day_and_no_option(here: Here) -> None:
    when = (date.today() - timedelta(days=3)).isoformat()
    here("log", "exp", "x", "--date", "-3")
    assert here("journal", "show", "-3").out.startswith(f"## {when}\n")
    assert here("journal", "show", "-3", "--json").json()["date"] == when
    assert "No such option" in here("journal", "show", "--nothing").err
    here("tasks", "add", "x")
    assert "is not to come" in here("tasks", "postpone", "x", "-3").err
