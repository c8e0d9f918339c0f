"""The query language, and how hits are shown."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.searchquery import SearchQuery, Term, fold, marks_in, parse_query, snippet

TODAY = date(2024, 10, 20)


def test_words_phrases_beginnings_and_what_must_not_occur() -> None:
    query = parse_query('loss "learning rate" check* -lora llama3.1:8b 损失 c+ http://x', TODAY)
    assert query.terms == (
        Term("loss"),
        Term("learning rate"),
        Term("check", prefix=True),
        Term("lora", negative=True),
        Term("llama3.1:8b"),
        Term("损失", anywhere=True),
        Term("c+", anywhere=True),
        Term("http://x"),
    )


def test_filters() -> None:
    query = parse_query(
        'in:run in:log tier:1,3 since:yesterday until:2024-10-20 tag:a section:"next steps"', TODAY
    )
    assert query == SearchQuery(
        kinds=frozenset({"run", "error"}),
        tiers=frozenset({1, 3}),
        since=date(2024, 10, 19),
        until=TODAY,
        tag="a",
        section="next steps",
    )
    assert parse_query("day:2024-10-01 tier:1..2", TODAY) == SearchQuery(
        tiers=frozenset({1, 2}), since=date(2024, 10, 1), until=date(2024, 10, 1)
    )


@pytest.mark.parametrize("text", ["in:nowhere", "tier:9", "since:whenever"])
def test_a_filter_that_takes_no_such_value_says_what_it_takes(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_query(text, TODAY)
    assert caught.value.hint


def test_the_last_word_may_go_on_while_one_types() -> None:
    assert parse_query("loss che", TODAY, typing=True).terms[-1].prefix
    assert not parse_query('loss "che"', TODAY, typing=True).terms[-1].prefix
    assert not parse_query("loss che ", TODAY, typing=True).terms[-1].prefix


def test_marks_are_columns_of_whole_words_without_case_and_accents() -> None:
    text = "Café losses: LOSS, cafe-loss"
    terms = parse_query("cafe loss", TODAY).terms
    assert [text[a:b] for a, b in marks_in(text, terms)] == ["Café", "LOSS", "cafe", "loss"]


def test_a_snippet_is_the_line_that_fits_best_cut_around_its_hit() -> None:
    terms = parse_query("loss spike", TODAY).terms
    told, marks = snippet("loss\n" + "a " * 200 + "the loss spike " + "b " * 200, terms, 80)
    assert told.startswith("…") and told.endswith("…") and len(told) <= 82
    assert [told[a:b] for a, b in marks] == ["loss", "spike"]


@given(st.text(max_size=40), st.text(max_size=20))
def test_nothing_that_is_typed_breaks_anything(text: str, typed: str) -> None:
    try:
        query = parse_query(typed, TODAY, typing=True)
    except UsageError:
        return
    assert len(fold(text)) == len(text)
    told, marks = snippet(text, query.terms, 20)
    assert all(0 <= a < b <= len(told) for a, b in marks)
