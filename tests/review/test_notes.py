"""What a review finds in the lines of a journal."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.journal import parse
from mlws_tui.domain.reviewnotes import has_words, read_notes, standing
from mlws_tui.domain.reviewspan import ReviewSpan, between, last_days, month_of, week_of

DAY = date(2024, 10, 19)


def found(text: str, head: str = "## 2024-10-19\n\n") -> list[tuple[str, str, bool]]:
    """Kind, text and whether it is done, of what the lines of an entry say."""
    return [(one.kind, one.text, one.done) for one in read_notes(parse((head + text).encode())).remarks]


@pytest.mark.parametrize(
    ("line", "kind", "text"),
    [
        ("Insight: warm-up", "insight", "warm-up"),
        ("- INSIGHT: warm-up", "insight", "warm-up"),
        ("* **Discovery:** 412 duplicates", "discovery", "412 duplicates"),
        ("- **Note**: `a: b` holds", "note", "`a: b` holds"),
        ("1. *Blocker:* GPU 1 throttles", "blocker", "GPU 1 throttles"),
        ("- Blocked: no disk", "blocker", "no disk"),
        ("- Question: why", "question", "why"),
        ("- why does it spike?", "question", "why does it spike?"),
        ("- ? the shard", "question", "the shard"),
        ("- どうして？", "question", "どうして？"),
        ("- **really?**", "question", "**really?**"),
        ("+ Blog: OOM", "blog", "OOM"),
        ("Blog idea: OOM", "blog", "OOM"),
        ("- Solved: the fan", "resolved", "the fan"),
    ],
)
def test_a_line_is_marked_in_any_form(line: str, kind: str, text: str) -> None:
    assert found(line) == [(kind, text, False)]


@pytest.mark.parametrize(
    "line",
    [
        "Insightful: no",
        "- see Note: below",
        "- Note:",
        "- **Insight:**",
        "is it?",
        "- loss: 0.3",
        "```\n- Blocker: x\n```",
        "- a\n  ~~~~\n  Note: x\n  ~~~\n  Note: y\n  ~~~~",
        "<!--\n- why?\n-->",
        "### Why?",
        "- ?",
        "### Review\n- Insight: was told before\n- why?",
    ],
)
def test_what_is_none(line: str) -> None:
    assert found(line) == []


def test_bullets_of_the_learning_section_are_learnt() -> None:
    text = "### 📚 Learning\n- packing helps\n  - a detail\n- Note: a note\n- is it so?\n\n### Code\n- a refactoring\n"
    assert found(text) == [
        ("learning", "packing helps", False),
        ("note", "a note", False),
        ("question", "is it so?", False),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "- [x] Blocker: GPU 1 throttles",
        "- [X] is it so?",
        "- [-] Question: why",
        "- ~~Blocker: GPU 1 throttles~~",
        "- Blocker: ~~GPU 1 throttles~~",
        "- Question: why\n  - Answer: because",
        "- Question: why\n\n  Resolved: because",
        "Question: why\nAnswer: because",
        "- Question: why\n  - a remark\n  - Solved: because",
    ],
)
def test_what_is_done_where_it_stands(line: str) -> None:
    notes = read_notes(parse(f"## 2024-10-19\n{line}\n".encode()))
    assert [one.done for one in notes.remarks] == [True]
    assert standing(notes.remarks, DAY) == []


@pytest.mark.parametrize(
    ("later", "left"),
    [
        ("- Resolved: GPU 1 throttles", ["why does the loss diverge with r=16?", "which tokenizer?"]),
        ("- resolved: gpu 1 throttles, the fan was full of dust", ["why does", "which tokenizer?"]),
        ("- Answer: it diverged with 16 because of the rate; loss fine now", ["GPU 1", "which tokenizer?"]),
        ("- Solved: which tokenizer", ["GPU 1", "why does"]),
        ("- [x] which tokenizer?", ["GPU 1", "why does"]),
        ("- ~~which tokenizer?~~", ["GPU 1", "why does"]),
        ("- Resolved: the disk is back", ["GPU 1", "why does", "which tokenizer?"]),
        ("- GPU 1 throttles no more", ["GPU 1", "why does", "which tokenizer?"]),
    ],
)
@pytest.mark.parametrize("newest_first", [True, False])
def test_a_later_line_settles_what_it_names(later: str, left: list[str], newest_first: bool) -> None:
    asked = "## 2024-10-19\n- Blocker: GPU 1 throttles\n- why does the loss diverge with r=16?\n- which tokenizer?\n"
    days = [asked, f"## 2024-10-25\n{later}\n"]
    text = "\n".join(reversed(days) if newest_first else days)
    told = standing(read_notes(parse(text.encode())).remarks, date(2024, 10, 30))
    assert len(told) == len(left)
    assert all(one.text.startswith(words) for one, words in zip(told, left, strict=True))


def test_what_is_asked_again_is_asked_once_and_since_the_first_time() -> None:
    text = "## 2024-10-21\n- Which tokenizer?\n\n## 2024-10-20\n- Blocker: disk\n\n"
    text += "## 2024-10-19\n- which *tokenizer*?\n"
    remarks = read_notes(parse(text.encode())).remarks
    assert [(one.date.day, one.text) for one in standing(remarks, date(2024, 10, 30))] == [
        (19, "which *tokenizer*?"),
        (20, "disk"),
    ]
    assert [one.date.day for one in standing(remarks, date(2024, 10, 19))] == [19]
    again = "## 2024-10-23\n- Blocker: disk\n\n## 2024-10-22\n- Resolved: disk\n\n" + text
    assert [one.date.day for one in standing(read_notes(parse(again.encode())).remarks, date.max)] == [19, 23]


def test_days_count_as_written_by_their_words() -> None:
    journal = parse(
        b"## 2024-10-19\n\n### Experiments\n\n- \n\n## 2024-10-20\n### Review\n- Review of x\n\n"
        b"## 2024-10-21\n\xff\n\n## 2024-10-22\n- ok\n"
    )
    notes = read_notes(journal)
    assert sorted(day.day for day in notes.written) == [21, 22]
    assert notes.entries[date(2024, 10, 22)] == 14
    assert [has_words(journal, day) for day in (DAY, date(2024, 10, 22), date(2024, 1, 1))] == [
        False,
        True,
        False,
    ]


@given(st.binary(max_size=300).map(lambda data: b"## 2024-10-19\n" + data))
@settings(max_examples=30)
def test_any_bytes_can_be_read(data: bytes) -> None:
    notes = read_notes(parse(data))
    for one in notes.remarks:
        assert one.text.strip() and one.line >= 1
    assert len(standing(notes.remarks, date.max)) <= len(notes.remarks)


def test_spans() -> None:
    assert last_days(DAY).title == "2024-10-13 to 2024-10-19"
    assert (week_of(DAY).first.day, week_of(DAY).last.day) == (14, 20)
    assert month_of(DAY).title == "October 2024" and month_of(DAY).shifted(-10).title == "December 2023"
    assert last_days(DAY).shifted(-1).last == date(2024, 10, 12)
    assert between(DAY, DAY).title == "2024-10-19" and between(DAY, DAY).length == 1
    assert ReviewSpan(date.min, date.min).shifted(-1).first == date.min
    assert month_of(date.max).last == date.max and month_of(date.max).shifted(1).last == date.max
    assert last_days(DAY).bounds()[1] - last_days(DAY).bounds()[0] == 7 * 86_400
    assert week_of(date.max).last == date.max and last_days(date.min).first == date.min
    with pytest.raises(UsageError, match="--since is the first"):
        between(DAY, date(2024, 10, 18))
    with pytest.raises(UsageError, match="hundred years"):
        between(date(1800, 1, 1), DAY)
