"""Tasks in the text of a journal: which lines are some, and what becomes of the bytes when they change."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlws_tui.domain import taskedits
from mlws_tui.domain.errors import NotFoundError
from mlws_tui.domain.journal import parse
from mlws_tui.domain.tasks import count, count_words, left_over, short_keys, still_open, tasks_of

TODAY = date(2026, 11, 22)
JOURNAL = """# Activity

- [ ] no day, no task

## 2026-11-19

### 🎯 Next Steps:
- [ ] compare r=8 and r=16 due 2026-11-20
  - [x] run r=8
    took 3 h
  - [ ] run r=16
  as Ana said
* [X] two
\t+ [>] tabbed (→ 2026-11-20)
1. [-] numbered
- [/] half done (from 2026-12-01)
- [ ]
- [?] no state
> - [ ] quoted

```
- [ ] in a fence
```
<!--
- [ ] in a comment
-->

    - [ ] in code

## 2026-11-18
- [ ] above the sections
### Code
- plain
    - [ ] below a plain item 📅 2026-11-30
- [ ] same
- [ ] same
"""


def test_boxes_are_found_with_their_day_section_and_state() -> None:
    tasks = tasks_of(parse(JOURNAL.encode()))
    assert [(t.line, t.state, t.depth, t.words) for t in tasks] == [
        (31, "open", 0, "above the sections"),
        (34, "open", 0, "below a plain item 📅 2026-11-30"),
        (35, "open", 0, "same"),
        (36, "open", 0, "same"),
        (8, "open", 0, "compare r=8 and r=16 due 2026-11-20"),
        (9, "done", 1, "run r=8"),
        (11, "open", 1, "run r=16"),
        (13, "done", 0, "two"),
        (14, "moved", 1, "tabbed"),
        (15, "cancelled", 0, "numbered"),
        (16, "open", 0, "half done"),
    ]
    assert [t.section for t in tasks[:2]] == ["", "Code"]
    parent = tasks[4]
    assert [child.words for child in parent.children] == ["run r=8", "run r=16"]
    assert parent.due == date(2026, 11, 20) and parent.overdue(TODAY) and parent.age(TODAY) == 3
    assert tasks[1].due == date(2026, 11, 30) and not tasks[1].overdue(TODAY)
    assert tasks[8].moved_to == date(2026, 11, 20)
    assert tasks[10].waits(TODAY) and not tasks[10].waits(date(2026, 12, 1))
    assert [t.twin for t in tasks[2:4]] == [0, 1]
    assert {t.section for t in tasks_of(parse(JOURNAL.encode()), all_sections=False)} == {"🎯 Next Steps:"}
    assert count_words(count(tasks, TODAY)) == "6 open · 1 overdue · 1 put off · oldest 4 d"
    assert len({*short_keys(tasks).values()}) == len(tasks)
    assert [t.words for t in left_over(tasks, TODAY)] == [still_open(tasks, TODAY)[4].words]
    assert left_over(tasks, date(2026, 11, 19)) == []


LINES = st.sampled_from(
    ["- [ ] a", "  - [x] b", "    - [ ] c", "\t* [>] d", "1. [-] e", "   2) [ ] f", "- plain", "  text", "text", "",
     "```", "  ```", "~~~~", "<!-- c", "-->", "<details>", "</details>", "> - [ ] q", "> text", "    code", "***",
     "- ```", "      - [ ] deep", "-", "[ ] no item", "- [ ]", "<b>x</b>"]
)  # fmt: skip


@given(st.lists(LINES, max_size=12))
@settings(max_examples=30, deadline=None)
def test_what_is_a_task_is_what_markdown_takes_for_a_list_item(lines: list[str]) -> None:
    text = "## 2026-11-19\n" + "\n".join(lines) + "\n"
    tokens = MarkdownIt("commonmark").parse(text)
    wanted, quotes = [], 0
    for place, token in enumerate(tokens):
        quotes += token.nesting if token.type.startswith("blockquote") else 0
        inside = tokens[place + 1 : place + 3]
        if token.type == "list_item_open" and not quotes and inside and inside[0].type == "paragraph_open":
            first = inside[1].content.split("\n")[0]
            if first[:1] == "[" and first[2:4] == "] " and first[4:].strip():
                wanted.append((inside[0].map or [0])[0] + 1)
    assert [task.line for task in tasks_of(parse(text.encode()))] == wanted


@given(st.lists(LINES, max_size=10), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.data())
@settings(max_examples=30, deadline=None)
def test_ticking_changes_one_byte_and_carrying_over_keeps_every_line(
    lines: list[str], newline: str, ended: bool, data: st.DataObject
) -> None:
    text = newline.join(["# J", "", "## 2026-11-19", *lines]) + newline * ended
    journal = parse(text.encode())
    tasks = tasks_of(journal)
    if not tasks:
        return
    task = data.draw(st.sampled_from(tasks))
    ticked = taskedits.set_sign(journal, task, b"x").apply(journal.data)
    assert len(ticked) == len(journal.data)
    assert sum(a != b for a, b in zip(ticked, journal.data, strict=True)) <= 1
    if journal.outline.open_block is not None:
        return
    carried = taskedits.carry_over(journal, tasks, TODAY)
    after = tasks_of(parse(carried.data))
    old = [one for one in after if one.date == date(2026, 11, 19)]
    assert [one.words for one in old] == [one.words for one in tasks]
    assert not [one for one in old if one.state == "open" and one.depth == 0]
    wanted = {one.words for one in tasks if one.state == "open"}
    assert {one.words for one in after if one.date == TODAY} <= wanted
    assert parse(carried.data).data.replace(b" (\xe2\x86\x92 2026-11-22)", b"").count(b"\n") >= text.count(
        "\n"
    )


def test_carrying_over_takes_what_is_open_along_and_leaves_what_is_done() -> None:
    text = (
        "# Log\n\n## 2026-11-22\n\n### Experiments\n- started\n\n## 2026-11-19\n\n### Experiments\n- x\n"
        "- [ ] try again\n\n### Next Steps\n- [ ] compare (from 2026-11-20)\n  - [x] r=8\n    - [ ] why\n"
        "  - [ ] r=16\n    - [x] sure\n  note\ngoes on\n\n- [x] Done\n\n## 2026-11-12\n\n### Next Steps\n"
        "* [ ] Try  again\n* [ ] try again\n"
    )
    journal = parse(text.encode())
    carried = taskedits.carry_over(journal, tasks_of(journal), TODAY)
    assert carried.data.decode() == (
        "# Log\n\n## 2026-11-22\n\n### Experiments\n- started\n\n"
        "### Next Steps\n- [ ] Try  again\n- [ ] try again\n- [ ] compare\n  - [ ] r=16\n  note\ngoes on\n"
        "- [ ] why\n\n"
        "## 2026-11-19\n\n### Experiments\n- x\n"
        "- [>] try again (→ 2026-11-22)\n\n### Next Steps\n- [>] compare (from 2026-11-20) (→ 2026-11-22)\n"
        "  - [x] r=8\n    - [>] why (→ 2026-11-22)\n  - [>] r=16\n    - [x] sure\n  note\ngoes on\n\n- [x] Done\n\n"
        "## 2026-11-12\n\n### Next Steps\n* [>] Try  again (→ 2026-11-22)\n* [>] try again (→ 2026-11-22)\n"
    )
    assert carried.there == 1
    again = parse(carried.data)
    assert taskedits.carry_over(again, tasks_of(again), TODAY).tasks == ()


def test_a_list_of_numbers_goes_on_counting_and_what_hangs_below_keeps_hanging() -> None:
    text = "## 2026-11-22\n### Next Steps\n9. [ ] old\n\n## 2026-11-21\n### Next Steps\n- [ ] a\n  - [ ] b\n- [ ] c\n"
    journal = parse(text.encode())
    data = taskedits.carry_over(journal, tasks_of(journal), TODAY).data.decode()
    assert "9. [ ] old\n10. [ ] a\n    - [ ] b\n11. [ ] c\n" in data
    assert [task.depth for task in tasks_of(parse(data.encode())) if task.words == "b"] == [1, 1]


def test_a_task_is_found_again_where_its_line_went_but_never_another_one() -> None:
    journal = parse(JOURNAL.encode())
    tasks = tasks_of(journal)
    first, second = [task for task in tasks if task.words == "same"]
    moved = parse(JOURNAL.replace("### Code\n", "### Code\n- new\n").encode())
    assert taskedits.same_task(moved, first).line == first.line + 1
    assert taskedits.same_task(moved, second).line == second.line + 1
    with pytest.raises(NotFoundError, match="reads differently now"):
        taskedits.same_task(parse(JOURNAL.replace("same\n", "changed\n").encode()), first)
    lone = parse(JOURNAL.replace("- [ ] same\n- [ ] same\n", "- [ ] same\n").encode())
    with pytest.raises(NotFoundError):  # it may be either of them
        taskedits.same_task(lone, second)
    elsewhere = parse(JOURNAL.replace("### Code\n", "### Other\n").encode())
    assert taskedits.same_task(elsewhere, tasks[1]).section == "Other"


@pytest.mark.parametrize(
    ("before", "carried"),
    [
        (
            "- [ ] star\nthe rest of its words\n  - [ ] sub\n",
            "- [ ] star\nthe rest of its words\n  - [ ] sub",
        ),
        ("- [ ] a\n***\n   - [ ] b\n", "- [ ] a\n- [ ] b"),
        ("- [ ] a\n<details>\nof the day\n</details>\n", "- [ ] a"),
        (
            "- [ ] a (from 2026-10-01) with ours (from 2026-11-20) due 2026-12-01\n",
            "- [ ] a (from 2026-10-01) with ours due 2026-12-01",
        ),
        ("- [ ] here\n  - [ ] on reviews\n  - [ ] there\n", "- [ ] on reviews\n- [ ] there"),
        ("- [ ] done there\n", "- [ ] done there"),
    ],
)
def test_what_goes_along_is_the_task_and_nothing_of_it_is_lost(before: str, carried: str) -> None:
    there = "# Log\n\n## 2026-11-22\n\n### Next Steps\n- [ ] here\n- [x] done there\n"
    journal = parse(f"{there}\n## 2026-11-21\n\n{before}".encode())
    after = taskedits.carry_over(journal, tasks_of(journal, dates=[date(2026, 11, 21)]), TODAY).data.decode()
    assert after.startswith(f"{there}{carried}\n\n## 2026-11-21\n")
    assert not [one for one in tasks_of(parse(after.encode())) if one.state == "open" and one.date != TODAY]


def test_a_day_in_the_middle_of_the_words_is_no_putting_off() -> None:
    journal = parse(b"## 2026-11-21\n- [ ] the split (from 2026-12-24) with ours\n")
    (task,) = tasks_of(journal)
    assert task.starts is None
    again = taskedits.put_off(journal, task, date(2026, 12, 1)).apply(journal.data)
    assert again == b"## 2026-11-21\n- [ ] the split (from 2026-12-24) with ours (from 2026-12-01)\n"
