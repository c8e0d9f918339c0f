"""Three-way merge by lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlws_tui.domain.merge import merge
from mlws_tui.services.pages import joined, merge_text, text_lines

LINES = st.lists(st.sampled_from("abcd"), max_size=8)


@given(LINES, LINES)
def test_what_one_side_alone_changed_is_taken(base: list[str], changed: list[str]) -> None:
    assert merge(base, changed, base).lines() == changed
    assert merge(base, base, changed).lines() == changed
    assert merge(base, changed, changed).lines() == changed
    assert not merge(base, changed, base).clashes
    assert not merge(base, changed, changed).clashes


@given(LINES, LINES, LINES)
def test_a_choice_gives_a_side_back_where_all_clashes(
    base: list[str], mine: list[str], theirs: list[str]
) -> None:
    merged = merge(base, mine, theirs)
    if not merged.clashes:
        assert merged.lines("mine") == merged.lines("theirs") == merged.lines("both")
    for line in mine:
        assert line in base or line in merged.lines("both")


@given(LINES, LINES, LINES)
def test_no_added_line_is_lost(base: list[str], ours: list[str], others: list[str]) -> None:
    mine = base + [f"my {line}" for line in ours]
    theirs = [f"their {line}" for line in others] + base
    result = merge(base, mine, theirs)
    if base:
        assert not result.clashes
    assert sorted(result.lines()) == sorted(
        [*(f"their {x}" for x in others), *base, *(f"my {x}" for x in ours)]
    )


def test_two_additions_at_one_place_are_both_kept_theirs_first() -> None:
    result = merge(["a"], ["a", "mine"], ["a", "theirs"])
    assert (result.lines(), result.clashes, result.taken) == (["a", "theirs", "mine"], 0, 1)


@pytest.mark.parametrize("mine_has_it", [False, True])
def test_what_one_side_added_does_not_go_under_a_heading_that_the_other_brings(mine_has_it: bool) -> None:
    section, bullet = ["", "### Next Steps", "- [ ] b"], ["- a"]
    mine, theirs = (section, bullet) if mine_has_it else (bullet, section)
    assert merge(["x"], ["x", *mine], ["x", *theirs]).lines() == ["x", *bullet, *section]


def test_the_same_addition_is_made_once() -> None:
    assert merge(["a"], ["a", "x", "y"], ["a", "x"]).lines() == ["a", "x", "y"]


def test_a_line_below_one_that_is_being_edited_is_no_clash() -> None:
    result = merge(["- a"], ["- ab"], ["- a", "- theirs"])
    assert (result.lines(), result.clashes) == (["- ab", "- theirs"], 0)


def test_a_line_that_both_changed_clashes() -> None:
    result = merge(["x", "a", "z"], ["x", "mine", "z"], ["x", "theirs", "z"])
    assert result.clashes == 1
    assert result.lines("mine") == ["x", "mine", "z"]
    assert result.lines("theirs") == ["x", "theirs", "z"]
    assert result.lines("both") == ["x", "theirs", "mine", "z"]


def test_texts_without_a_last_line_end_merge_as_lines() -> None:
    merged = merge_text("- a", "- a\n- mine", "- a\n- theirs", "\n")
    assert joined(merged, "both", "\n") == "- a\n- theirs\n- mine"


@given(st.text(alphabet="ab\r\n\x0c\u2028"))
def test_lines_joined_are_the_text(text: str) -> None:
    assert "".join(text_lines(text)) == text
