"""Lines that are JSON objects."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.jsonlines import detail, json_line

MOMENT = datetime(2024, 10, 19, 14, 30).timestamp()


def text_of(record: dict[str, Any]) -> str:
    line = json_line(json.dumps(record).encode())
    assert line is not None
    return line.text()


def test_time_level_message_and_fields() -> None:
    line = json_line(
        b'{"ts": "2024-10-19T14:30:00", "level": "warn", "msg": "slow batch", "step": 7, "lr": 1e-05}'
    )
    assert line is not None
    assert (line.ts, line.level, line.message) == (MOMENT, "WARNING", "slow batch")
    assert dict(line.fields) == {"step": 7, "lr": 1e-05}
    assert line.text() == "2024-10-19 14:30:00 - WARNING - slow batch  step=7 lr=1e-05"


def test_what_is_missing_is_left_out() -> None:
    assert text_of({"loss": 0.5, "step": 3}) == "loss=0.5 step=3"
    assert text_of({"message": "hello"}) == "hello"
    assert text_of({"level": "error", "a": 1}) == "ERROR  a=1"
    assert text_of({}) == ""


def test_values_keep_their_shape() -> None:
    record = {"m": "two words", "n": None, "b": True, "o": {"a": [1, 2]}, "s": 'a"b', "e": ""}
    assert text_of(record) == r'm="two words" n=null b=true o={"a":[1,2]} s="a\"b" e=""'


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ts", MOMENT),
        ("time", MOMENT * 1e3),
        ("timestamp", int(MOMENT) * 10**6),
        ("@timestamp", int(MOMENT) * 10**9),
        ("asctime", "2024-10-19 14:30:00,000"),
        ("datetime", "2024/10/19 14:30:00"),
        ("date", "Sat Oct 19 14:30:00 2024"),
        ("t", str(int(MOMENT))),
    ],
)
def test_times_in_all_their_units(key: str, value: object) -> None:
    line = json_line(json.dumps({key: value}).encode())
    assert line is not None
    assert line.ts == pytest.approx(MOMENT)
    assert not line.fields


@pytest.mark.parametrize(
    "value", [12.5, "00:01:02", -1, True, None, 10**30, "soon", "²", [1], {"a": 1}, "9" * 400]
)
def test_what_is_no_time_stays_a_field(value: object) -> None:
    line = json_line(json.dumps({"time": value}).encode())
    assert line is not None
    assert line.ts is None
    assert "time" in line.fields


@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({"severity": "fatal"}, "CRITICAL"),
        ({"levelname": "INFO"}, "INFO"),
        ({"log.level": "debug"}, "DEBUG"),
        ({"level": 40}, "ERROR"),
        ({"level": 30, "pid": 1, "hostname": "a"}, "INFO"),
        ({"level": 50, "pid": 1, "hostname": "a"}, "ERROR"),
    ],
)
def test_levels_by_name_and_by_number(fields: dict[str, Any], level: str) -> None:
    line = json_line(json.dumps(fields).encode())
    assert line is not None
    assert line.level == level


@pytest.mark.parametrize("value", [3, "a level of its own", None, [], True])
def test_another_level_stays_a_field(value: object) -> None:
    line = json_line(json.dumps({"level": value}).encode())
    assert line is not None
    assert line.level == ""
    assert "level" in line.fields


def test_what_python_writes_although_it_is_no_json() -> None:
    line = json_line(b'{"loss": NaN, "norm": Infinity, "more": [NaN]}')
    assert line is not None
    assert line.text() == "loss=nan norm=inf more=[NaN]"


def test_the_record_of_loguru_is_unwrapped() -> None:
    record = {
        "text": "2024-10-19 | INFO | ready\n",
        "record": {
            "level": {"icon": "i", "name": "SUCCESS", "no": 25},
            "message": "ready",
            "time": {"repr": "2024-10-19 14:30:00+02:00", "timestamp": MOMENT},
            "line": 7,
        },
    }
    assert text_of(record) == "2024-10-19 14:30:00 - SUCCESS - ready  line=7"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"loss: 0.5",
        b"{'loss': 0.5}",
        b'{"a": 1} and more',
        b'{"a": 1}{"b": 2}',
        b"[1, 2]",
        b'{"a": "\xff"}',
        b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"a": NaN, "b": ' + b"[" * 20000 + b"]" * 20000 + b"}",
        b'{"a": "' + b"x" * 70_000 + b'"}',
    ],
)
def test_what_is_no_single_object_is_none(data: bytes) -> None:
    assert json_line(data) is None


def test_the_detail_is_indented_and_never_fails() -> None:
    assert detail(b'{"a":{"b":1.50}}') == '{\n  "a": {\n    "b": 1.50\n  }\n}'
    assert detail(b'{"a":NaN}') == '{\n  "a": NaN\n}'
    assert detail(b"no \xff json") == "no \ufffd json"
    assert detail(b"[" * 50_000)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_keys = st.sampled_from(["ts", "time", "level", "msg", "record", "text", "x"])


@settings(derandomize=True, max_examples=33, deadline=None)
@given(st.dictionaries(_keys, _json, max_size=5), st.binary(max_size=30))
def test_nothing_makes_it_fail_and_no_line_break_comes_from_a_field(
    record: dict[str, Any], noise: bytes
) -> None:
    json_line(noise)
    json_line(b"{" + noise + b"}")
    line = json_line(json.dumps(record).encode())
    if line is not None:
        shown = line.text()
        assert "\n" not in shown or "\n" in line.message
