"""Finding, replacing, counting, lists: what the editor knows without a screen."""

from __future__ import annotations

import pytest

from mlws_tui.domain.textcount import count_words, words_by_section
from mlws_tui.domain.textfind import Hit, TextQuery, find, replace
from mlws_tui.ui.widgets.editorlists import children_end, ticked

LINES = ["Loss was low", "the loss rose", "", "closs Loss"]


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        (TextQuery("loss"), [(0, 0, 4), (1, 4, 8), (3, 1, 5), (3, 6, 10)]),
        (TextQuery("Loss"), [(0, 0, 4), (3, 6, 10)]),
        (TextQuery("loss", word=True), [(0, 0, 4), (1, 4, 8), (3, 6, 10)]),
        (TextQuery(r"\bl\w+", regex=True), [(0, 0, 4), (0, 9, 12), (1, 4, 8), (3, 6, 10)]),
        (TextQuery("."), []),
        (TextQuery("^", regex=True), [(0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0)]),
        (TextQuery("x*", regex=True), []),
        (TextQuery(""), []),
    ],
)
def test_what_is_found(query: TextQuery, hits: list[tuple[int, int, int]]) -> None:
    assert list(find(query, LINES).hits) == hits


def test_bad_and_slow_expressions_are_told() -> None:
    assert "not an expression" in find(TextQuery("(", regex=True), LINES).problem
    slow = find(TextQuery(r"(a|aa)+$", regex=True), ["a" * 60 + "b"])
    assert "too long" in slow.problem
    assert "cannot be put in" in replace(TextQuery("a", regex=True), ["a"], r"\9")[2]


def test_replacing_one_and_all() -> None:
    assert replace(TextQuery("loss"), LINES, r"\1") == ([r"\1 was low", r"the \1 rose", "", r"c\1 \1"], 4, "")
    assert replace(TextQuery("loss"), LINES, "x", Hit(3, 6, 10))[0] == [*LINES[:3], "closs x"]
    assert replace(TextQuery(r"(\w+) (\w+)$", regex=True), LINES, r"\2 \g<1>")[0][1] == "the rose loss"


def test_next_and_previous_go_around() -> None:
    found = find(TextQuery("loss"), LINES)
    assert [found.after(1, 5), found.after(9, 0), found.before(1, 4), found.before(0, 0)] == [2, 0, 0, 3]


def test_words_are_counted_by_section() -> None:
    text = "intro text\n# A #\n- [x] two words\n```\n# not a heading\n```\n## 2024\n模型 收敛 fast\n## B"
    assert words_by_section(text.split("\n")) == [("", 2), ("A", 5), ("2024", 5), ("B", 0)]
    assert words_by_section(["# A"]) == [("A", 0)]
    assert count_words("- [ ] don't stop at logs/training/a.log, 87.3% or 20241019-101010-ab") == 7


def test_an_item_has_its_children() -> None:
    lines = ["- a", "  - b", "", "    text", "- c", "words", "  more"]
    assert [children_end(lines, row) for row in range(7)] == [4, 4, 3, 4, 5, 6, 7]


def test_boxes_are_ticked_together() -> None:
    assert ticked(["- [ ] a", "- [x] b"]) == ["- [x] a", "- [x] b"]
    assert ticked(["- [x] a", "1. [X] b"]) == ["- [ ] a", "1. [ ] b"]
    assert ticked(["- a", "words", "- [>] c", "- [-] d"]) == ["- [ ] a", "words", "- [>] c", "- [-] d"]
