"""Names, numbers and lines of the stream format."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlws_tui.domain.events import decode, decode_number, encode, encode_number, is_run_id, run_id, slug

anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3) | st.tuples(inner)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), anything, max_size=5))
def test_every_record_is_one_line_of_strict_json(fields: dict[str, Any]) -> None:
    line = encode({**fields, "type": "event"})
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert json.loads(line, parse_constant=lambda name: pytest.fail(name))["type"] == "event"
    assert decode(line)["type"] == "event"


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    )
)
def test_plain_records_come_back_as_they_were(fields: dict[str, Any]) -> None:
    record = {**fields, "type": "event"}
    assert decode(encode(record)) == record


@given(st.floats() | st.integers(-(2**53), 2**53))
def test_numbers_come_back(value: float) -> None:
    back = decode_number(json.loads(json.dumps(encode_number(value), allow_nan=False)))
    assert back == value or (math.isnan(back) and math.isnan(value))


@pytest.mark.parametrize("value", [True, None, "1.0", "nan", [], {}])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="number"):
        decode_number(value)


@pytest.mark.parametrize(
    "line", [b"", b"[]", b"{}", b'{"type":1}', b'{"type":"run"', b"\x00\x00", b"[" * 100_000, b"\xff"]
)
def test_a_broken_line_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError):
        decode(line)


@given(st.text())
def test_a_slug_is_a_safe_file_name(name: str) -> None:
    result = slug(name)
    assert result and len(result) <= 80 and result.isascii()
    assert "/" not in result and not result.startswith((".", "-")) and result.strip() == result
    assert is_run_id(run_id(name, 1_700_000_000.0)) and is_run_id(run_id(name, 0.0, 7))


def test_the_id_is_the_logs_name() -> None:
    assert run_id("Sentiment Analysis", 1729348200.0) == "20241019-143000-Sentiment-Analysis"
    assert run_id("x", 1729348200.0, 2) == "20241019-143000-x-2"


@pytest.mark.parametrize(
    "name",
    ["../20241019-143000-x", "20241019-143000-", "_edits", "20241019-143000-a/b", "20241019-143000-.x", ""],
)
def test_what_is_no_run_id(name: str) -> None:
    assert not is_run_id(name)


def test_a_nest_that_is_too_deep_is_cut() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    line = encode({"type": "event", "data": {"deep": deep, "kept": 1}})
    assert decode(line)["data"]["kept"] == 1


def test_what_cannot_be_text_does_not_stop_a_record() -> None:
    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    assert decode(encode({"type": "event", "data": [Odd(), {1: "\ud800"}]}))["data"][0] == "<Odd>"
