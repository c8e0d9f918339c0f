"""What a journal holds, and splices into it that change nothing else."""

from __future__ import annotations

import re
import subprocess
from datetime import date, timedelta
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.journal import Journal, parse, section_key, standard_section, streak
from mlws_tui.domain.journal_edits import Splice, add_bullet, add_day, apply_all, set_body
from mlws_tui.domain.markdown import decode, encode, scan, split_lines

D19, D20 = date(2024, 10, 19), date(2024, 10, 20)

SEED = b"""# Log

Some words about it.

## 2024-10-19

### Models
- Installed llama3.1:8b

### Experiments
- Started: 20241019-143000-sentiment-analysis
  - accuracy 87.3%
- [ ] compare

```bash
## 2024-10-20
```

### Next Steps
- [ ] more

## 2024-10-18

### Code
* one
* two
"""

#: Pieces of journals as people keep them; joined at random they are all kinds of trouble.
PIECES = st.sampled_from(
    [
        *(
            "## 2024-10-19",
            "## 2024-10-18",
            "# 19.10.2024",
            "### Experiments",
            "### Next Steps",
            "## Notes",
            "- a",
        ),
        *(
            "* b",
            "1. one",
            "- [ ] task",
            "  - nested",
            "words",
            "",
            "",
            "---",
            "===",
            "```",
            "<!--",
            "-->",
            "> quote",
        ),
        *("\x0cform feed", "\u2028separator", "caf\u00e9", "## 2024-10-19 again ##", "Sat 19 Oct 2024"),
    ]
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
JOURNALS = st.builds(
    lambda lines, end, last, bom, junk: (
        (b"\xef\xbb\xbf" if bom else b"") + end.join(lines).encode() + junk + (end.encode() if last else b"")
    ),
    st.lists(PIECES, max_size=14),
    ENDS,
    st.booleans(),
    st.booleans(),
    st.sampled_from([b"", b"\xff\xfe bytes", b" trailing  "]),
)


def only_inserted(before: bytes, splice: Splice, after: bytes) -> bool:
    grown = len(after) - len(before)
    return (
        after[: splice.start] == before[: splice.start]
        and after[splice.end + grown :] == before[splice.end :]
    )


def lines_added(before: bytes, after: bytes) -> list[str]:
    old, new = before.splitlines(), after.splitlines()
    at = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    count = len(new) - len(old)
    assert new[:at] + new[at + count :] == old, "a line that was there changed"
    return [decode(line) for line in new[at : at + count]]


def body(data: bytes, when: date = D19) -> str:
    journal = parse(data)
    day = journal.day(when)
    assert day is not None
    return journal.body(day)


def test_days_and_sections_are_found_and_fences_are_text() -> None:
    journal = parse(SEED)
    assert [day.date for day in journal.days] == [D19, date(2024, 10, 18)]
    assert (journal.days[0].line_start, journal.days[0].line_end) == (4, 21)
    assert [s.title for s in journal.sections(journal.days[0])] == ["Models", "Experiments", "Next Steps"]
    assert journal.newest_first


def test_repeated_days_have_ordinals_and_an_accidental_heading_ends_no_day() -> None:
    journal = parse(b"## 2024-10-19\na\n\nwords\n---\nmore\n\n## 2024-10-19\nb\n")
    assert [(day.date, day.ordinal) for day in journal.days] == [(D19, 0), (D19, 1)]
    assert journal.body(journal.days[0]) == "a\n\nwords\n---\nmore"


def test_a_dated_section_is_part_of_its_day_and_a_nested_bare_date_is_a_day() -> None:
    journal = parse(b"## 2024-10-19\n### Talk of 2024-11-01\nx\n### 2024-10-18\ny\n")
    assert [day.date for day in journal.days] == [D19, date(2024, 10, 18)]


@pytest.mark.parametrize(
    ("dates", "newest_first"),
    [
        ([], True),
        (["2024-01-01"], True),
        (["2024-01-02", "2024-01-01"], True),
        (["2024-01-01", "2024-01-02"], False),
        (["2024-01-03", "2024-01-02", "2024-01-04", "2024-01-01"], True),
        (["2024-01-01", "2024-01-02", "2024-01-02", "2024-01-03"], False),
    ],
)
def test_the_order_of_the_file_is_known(dates: list[str], newest_first: bool) -> None:
    assert parse("\n".join(f"## {day}\n- x\n" for day in dates).encode()).newest_first is newest_first


def test_a_bullet_goes_below_the_last_of_its_section_and_is_the_only_new_line() -> None:
    after = add_bullet(parse(SEED), D19, "models", "Pulled qwen").apply(SEED)
    assert lines_added(SEED, after) == ["- Pulled qwen"]
    assert "- Installed llama3.1:8b\n- Pulled qwen\n" in decode(after)


def test_a_bullet_takes_the_marks_that_are_used_there() -> None:
    after = add_bullet(parse(SEED), date(2024, 10, 18), "Code", "three").apply(SEED)
    assert after == SEED + b"* three\n"


def test_a_section_is_made_in_its_standard_place() -> None:
    after = decode(add_bullet(parse(SEED), D19, "Code", "x", task=True).apply(SEED))
    assert after.index("### Experiments") < after.index("### Code\n- [ ] x\n\n### Next Steps")


def test_a_bullet_below_code_is_parted_from_it() -> None:
    after = decode(add_bullet(parse(SEED), D19, "Experiments", "x").apply(SEED))
    assert "```\n\n- x\n\n### Next Steps" in after


def test_numbered_and_loose_lists_go_on_as_they_are() -> None:
    data = b"## 2024-10-19\n\n### Code\n1. one\n\n2. two\n"
    assert add_bullet(parse(data), D19, "Code", "x").apply(data) == data + b"\n3. x\n"


def test_a_day_below_html_that_goes_on_is_parted_from_it() -> None:
    data = b"# Log\n## 2024-10-18\n- a\n## 2024-10-19\n<details>\n- b\n</details>\n"
    for text in ("one", "two\n\nmore"):
        data = add_bullet(parse(data), D20, "Experiments", text).apply(data)
    assert data.endswith(b"</details>\n\n## 2024-10-20\n### Experiments\n- one\n- two\n\n  more\n")
    assert len(parse(data).days) == 3


def test_the_words_of_a_bullet_on_more_lines_are_indented_below_it() -> None:
    assert add_bullet(parse(b""), D19, "Code", "a\nb").apply(b"") == b"## 2024-10-19\n\n### Code\n- a\n  b\n"


@pytest.mark.parametrize(
    ("before", "heading"),
    [
        ("# Log\n\n## 2024-10-19\n- a\n", "## 2024-10-20"),
        ("## 2024-10-18\n\n- a\n\n## 2024-10-19\n\n- b\n", "## 2024-10-20"),
        ("### Sat 19 Oct 2024 ###\n- a\n", "### Sun 20 Oct 2024 ###"),
        ("19.10.2024\n----------\n- a\n", "20.10.2024\n----------"),
    ],
)
def test_a_new_day_looks_like_its_neighbour(before: str, heading: str) -> None:
    data = before.encode()
    after = add_day(parse(data), D20, "- new").apply(data)
    assert f"{heading}\n" in decode(after)
    journal = parse(after)
    assert [day.date for day in journal.days] == sorted(
        (d.date for d in journal.days), reverse=journal.newest_first
    )
    assert body(after, D20) == "- new"


def test_a_new_day_keeps_crlf_and_rules_between_days() -> None:
    data = b"## 2024-10-18\r\n\r\n- a\r\n\r\n---\r\n\r\n## 2024-10-17\r\n\r\n- b\r\n"
    after = add_day(parse(data), D19, "- x\n- y").apply(data)
    assert after == b"## 2024-10-19\r\n\r\n- x\r\n- y\r\n\r\n---\r\n\r\n" + data


def test_what_a_fence_without_end_would_hide_is_not_written() -> None:
    data = b"## 2024-10-18\n- a\n\n## 2024-10-19\n```\nnever closed\n"
    for when in (D20, D19):
        with pytest.raises(MlwsError, match="line 5"):
            add_bullet(parse(data), when, "Code", "x")


@settings(max_examples=50)
@given(JOURNALS, st.sampled_from(["Experiments", "Next Steps", "Blog"]), st.sampled_from([0, 1, -400]))
def test_a_capture_is_found_again_and_changes_no_other_byte(data: bytes, section: str, days: int) -> None:
    when = D19 + timedelta(days=days)
    journal = parse(data)
    try:
        splice = add_bullet(journal, when, section, "captured words")
    except MlwsError:
        assert journal.outline.open_block is not None
        return
    after = splice.apply(data)
    assert splice.start == splice.end
    assert only_inserted(data, splice, after)
    again = parse(after)
    holding = [day for day in again.days if day.date == when]
    found = [
        s for day in holding for s in again.sections(day) if section_key(s.title) == section_key(section)
    ]
    assert any("captured words" in again.text(s.line_start, s.line_end) for s in found)
    assert len(again.days) == len(journal.days) + (not any(day.date == when for day in journal.days))


@settings(max_examples=50)
@given(JOURNALS, st.text(alphabet="ab \n-#`", max_size=20))
def test_editing_a_day_and_back_gives_the_same_bytes(data: bytes, words: str) -> None:
    journal = parse(data)
    for day in journal.days:
        before = journal.body(day)
        splice = set_body(journal, day, words)
        after = splice.apply(data)
        assert only_inserted(data, splice, after)
        back = Splice(splice.start, splice.start + len(splice.data), data[splice.start : splice.end]).apply(
            after
        )
        assert back == data
        same = set_body(journal, day, before)
        assert same.apply(data) == data


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["body", "day", "bullet", "tick", "move"]),
        st.integers(0, 99),
        st.text("ab \n-#`", max_size=9),
    ),
    min_size=1,
    max_size=4,
)


def splices_of(journal: Journal, kind: str, number: int, words: str) -> list[Splice]:
    """An edit of a kind, at a place that a number picks; none where there is no such place."""
    lines, starts = journal.outline.lines, journal.outline.starts
    days = journal.days
    boxes = [starts[n] + line.index(b"[ ]") + 1 for n, line in enumerate(lines) if b"- [ ]" in line]
    try:
        if kind == "body" and days:
            return [set_body(journal, days[number % len(days)], words)]
        if kind == "day":
            return [add_day(journal, D19 - timedelta(days=number), words)]
        if kind == "bullet":
            return [
                add_bullet(journal, D19 - timedelta(days=number % 3), "Next Steps", words or "x", task=True)
            ]
        if boxes:
            box = boxes[number % len(boxes)]
            tick = Splice(box, box + 1, b"x" if kind == "tick" else b">")
            return [tick, add_bullet(journal, D20, "Next Steps", "moved")] if kind == "move" else [tick]
    except MlwsError:
        assert journal.outline.open_block is not None
    return []


def taken_back(splices: list[Splice], before: bytes) -> list[Splice]:
    """What undoes splices, in the places that they have after all of them are applied."""
    back, grown = [], 0
    for one in sorted(splices, key=lambda one: (one.start, one.end)):
        back.append(Splice(one.start + grown, one.start + grown + len(one.data), before[one.start : one.end]))
        grown += len(one.data) - (one.end - one.start)
    return back


@settings(max_examples=50)
@given(JOURNALS | st.binary(max_size=80), EDITS)
def test_any_bytes_after_any_edits_and_their_undo_are_the_same_bytes(
    data: bytes, edits: list[tuple[str, int, str]]
) -> None:
    history: list[tuple[bytes, list[Splice]]] = []
    journal = parse(data)
    for edit in edits:
        splices = splices_of(journal, *edit)
        history.append((journal.data, taken_back(splices, journal.data)))
        journal = parse(apply_all(splices, journal.data), journal)
        assert journal.outline == scan(journal.data)
    for before, back in reversed(history):
        journal = parse(apply_all(back, journal.data), journal)
        assert journal.data == before
    assert journal.outline == scan(data)


@settings(max_examples=30)
@given(JOURNALS, st.integers(0, 99), st.text("ab-* \u00e9", min_size=1, max_size=8))
def test_an_edit_of_one_line_changes_that_line_alone(data: bytes, number: int, words: str) -> None:
    journal = parse(data)
    filled = [day for day in journal.days if journal.body(day)]
    if not filled:
        return
    day = filled[number % len(filled)]
    lines = re.split(r"(\r\n|\n|\r)", journal.body(day))  # every second one is an end
    edited = lines.index(max(lines[::2], key=len))
    lines[edited] += words + "."
    after = set_body(journal, day, "".join(lines)).apply(data)
    matcher = SequenceMatcher(None, split_lines(data), split_lines(after), autojunk=False)
    changes = [(a, b, c, d) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"]
    assert [(b - a, d - c) for a, b, c, d in changes] == [(1, 1)]
    ((start, _, now, _),) = changes
    old, new = split_lines(data)[start], split_lines(after)[now]
    assert new.rstrip(b"\r\n") == old.rstrip(b"\r\n") + encode(words + ".")
    assert new[len(new.rstrip(b"\r\n")) :] == old[len(old.rstrip(b"\r\n")) :]


def test_git_sees_as_many_changed_lines_as_were_changed(tmp_path: Path) -> None:
    old = SEED.replace(b"\n", b"\r\n")[:-2]  # with other line ends, and the last line without one
    (tmp_path / "old.md").write_bytes(old)

    def numstat(splices: list[Splice]) -> list[str]:
        (tmp_path / "new.md").write_bytes(apply_all(splices, old))
        argv = ["git", "diff", "--no-index", "--numstat", "old.md", "new.md"]
        return subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True).stdout.split()[:2]

    journal = parse(old)
    day = journal.days[0]
    assert numstat([set_body(journal, day, journal.body(day).replace("87.3%", "87.4%"))]) == ["1", "1"]
    assert numstat(splices_of(journal, "tick", 1, "")) == ["1", "1"]
    assert numstat([add_bullet(journal, D19, "Models", "x")]) == ["1", "0"]
    assert numstat([add_bullet(journal, D19, "Code", "x")]) == ["3", "0"]
    assert numstat([add_day(journal, D20, "- x")]) == ["4", "0"]


@given(JOURNALS)
def test_the_words_of_a_day_lie_inside_it(data: bytes) -> None:
    journal: Journal = parse(data)
    starts = journal.outline.starts
    for day in journal.days:
        start, end = journal.body_span(day)
        assert starts[day.heading.end] <= start <= end <= starts[day.line_end]


def test_words_below_a_heading_alone_get_lines_of_their_own() -> None:
    for data in (
        b"## 2024-10-19",
        b"## 2024-10-19\n## 2024-10-18\n- a\n",
        b"## 2024-10-19\n\n## 2024-10-18\n",
    ):
        journal = parse(data)
        after = set_body(journal, journal.days[0], "words").apply(data)
        assert body(after) == "words"
        assert len(parse(after).days) == len(journal.days)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("exp", "Experiments"),
        ("NEXT", "Next Steps"),
        ("next steps", "Next Steps"),
        ("m", "Models"),
        ("Ideas", "Ideas"),
    ],
)
def test_sections_go_by_short_names(name: str, title: str) -> None:
    assert standard_section(name) == title


def test_a_section_is_known_with_signs_around_its_name() -> None:
    assert section_key("🧪 Experiments:") == section_key("experiments")


def test_the_streak_ends_today_or_yesterday() -> None:
    days = {D19, D19 - timedelta(days=1), D19 - timedelta(days=3)}
    assert [streak(days, D19), streak(days, D20), streak(days, D20 + timedelta(days=1))] == [2, 2, 0]
