"""The language of filters: what parses, what is said of what does not, and what may come next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlws_tui.domain import runterms
from mlws_tui.domain.runcolumns import flatten
from mlws_tui.domain.runfilter import FilterError, Vocabulary, complete, parse_filter
from mlws_tui.domain.runvalues import number, seconds, span

NOW = 1_800_000_000.0
WORDS = Vocabulary(
    tags=("lora", "a b"),
    models=("llama",),
    config=("lr", "step", "optim.lr"),
    metrics=("loss", "val/loss"),
    summary=("f1",),
)
_SIGNS = [*'()|-"\\<>=~:!, *?%', "!=", "<=", " ", "\n", "ä"]
_NAMES = ["or", "and", "not", "tag", "lr", "state", "since", "is", "has", "name", "loss:min"]
_VALUES = ["running", "7d", "1e-4", "archived", "a b"]
_PIECES = st.sampled_from([*_SIGNS, *_NAMES, *_VALUES])
_TEXTS = st.one_of(st.text(max_size=40), st.lists(_PIECES, max_size=14).map("".join))


@given(text=_TEXTS)
def test_any_text_is_a_filter_or_a_filter_error(text: str) -> None:
    try:
        found = parse_filter(text, now=NOW)
    except FilterError as error:
        assert 0 <= error.at <= len(text) and error.sentence()
        return
    assert bool(found) == bool(text.strip())
    again = parse_filter(str(found), now=NOW)
    assert again.node == found.node and str(again) == str(found)


@given(text=_TEXTS, cursor=st.integers(0, 45))
def test_completing_any_text_gives_texts_for_a_place_in_it(text: str, cursor: int) -> None:
    cursor = min(cursor, len(text))
    for one in complete(text, cursor, WORDS):
        assert 0 <= one.start <= one.end == cursor and one.text


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("state:runing", 6, "There is no state 'runing' (did you mean running?)"),
        ("lora lr<", 8, "wants a value after it"),
        ("lr<abc", 3, "no number to compare lr with"),
        ("(a or b", 0, "not closed"),
        ("a b)", 3, "not opened"),
        ("a or", 4, "missing after 'or'"),
        ("or a", 0, "missing before 'or'"),
        ('x "y', 2, "quote is not closed"),
        ("is:archve", 3, "did you mean archived?"),
        ("name<3", 5, "name is text"),
        ("started:someday", 8, "started is a time"),
        ("duration>soon", 9, "duration is a duration"),
        ("gpus>many", 5, "gpus is a number"),
        ("val/loss:mni<3", 9, "did you mean min?"),
        ("name~(", 5, "no regular expression"),
        ("<3", 0, "no name before"),
        ("lr<1,2", 5, "takes one value"),
        ("lr===3", 4, "two signs"),
        ("since<3", 0, "takes a colon"),
        ("step~3", 5, "is no text"),
        ("(" * 60 + "a" + ")" * 60, 41, "deep"),
        ("a" * 5000, 4000, "at most"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, at: int, said: str) -> None:
    with pytest.raises(FilterError) as raised:
        parse_filter(text, now=NOW)
    assert said in raised.value.sentence() and raised.value.at == at


def test_the_example_of_the_manual() -> None:
    text = 'tag:lora lr<1e-4 status:running val/loss<0.4 since:7d "ran out of memory"'
    node = parse_filter(text, now=NOW).node
    assert isinstance(node, runterms.And) and len(node.parts) == 6
    columns = [part.column.kind for part in node.parts if isinstance(part, runterms.Test)]
    assert columns == ["field", "any", "field", "any", "field"]


@pytest.mark.parametrize(
    ("loose", "strict"),
    [
        ("a b or c", "(a and b) | c"),
        ("not a", "-a"),
        ("lr < 3", "lr<3"),
        ("lr==3", "lr=3"),
        ("loss:min == 3", "loss:min=3"),
        ("until:today", "started<=today"),
        ("is:archived,deleted", "(is:archived or is:deleted)"),
        ("loss:MIN<3", "loss:min < 3"),
    ],
)
def test_two_ways_to_say_the_same(loose: str, strict: str) -> None:
    assert parse_filter(loose, now=NOW).node == parse_filter(strict, now=NOW).node


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-4", 1e-4), ("10k", 1e4), ("1.5M", 1.5e6), ("3%", 0.03), ("1_000", 1000), ("3x", None), ("", None)],
)
def test_numbers(text: str, value: float | None) -> None:
    assert number(text) == value


def test_durations_and_times() -> None:
    assert [seconds(text) for text in ("90s", "1h30m", "2d", "7", "soon")] == [
        90.0,
        5400.0,
        172_800.0,
        7.0,
        None,
    ]
    day = span("2026-11-20", NOW)
    assert day is not None and day.end - day.first == 86_400
    ago, month, minute = span("7d", NOW), span("2026-02", NOW), span("2026-11-20T14:05", NOW)
    assert ago is not None and (ago.first, ago.end) == (NOW - 604_800, NOW - 604_800)
    assert month is not None and month.end - month.first == 28 * 86_400
    assert minute is not None and (minute.first - day.first, minute.end - minute.first) == (
        14 * 3600 + 300,
        60,
    )
    today, yesterday = span("today", NOW), span("yesterday", NOW)
    assert today is not None and yesterday is not None and yesterday.end == today.first
    assert [span(text, NOW) for text in ("2026-02-31", "25:00", "99999-01-01", "x")] == [None] * 4


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("sta", "state:"),
        ("state:r", "running"),
        ("-tag:", '"a b"'),
        ("(mod", "model:"),
        ("x val", "val/loss"),
        ("val/loss:m", "min<"),
        ("since:", "7d"),
        ("is:arch", "archived"),
        ("st", "config.step"),
        ("tag:lora,", '"a b"'),
    ],
)
def test_what_may_come_next(text: str, offered: str) -> None:
    found = [one for one in complete(text, len(text), WORDS) if one.text == offered]
    assert len(found) == 1
    assert (found[0].start, found[0].end) == (max(map(text.rfind, " :-(,")) + 1, len(text))


def test_a_config_with_dots_and_depth_is_flat() -> None:
    config = {"a": {"b": 1, "c": {"d": None}}, "a.b": 2, "l": [1, "x"], "t": True, "e": {}, "big": 2**70}
    assert flatten(config) == {
        "a.b": 2,
        "a.c.d": "none",
        "l": '[1, "x"]',
        "t": "true",
        "e": "{}",
        "big": str(2**70),
    }
