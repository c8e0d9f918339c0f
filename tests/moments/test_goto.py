"""What a person types to go somewhere."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.goto import GoTo, parse_goto

NOW = datetime(2024, 10, 20, 9, 0).timestamp()
NEAR = datetime(2024, 10, 19, 14, 30).timestamp()


def at(*moment: int) -> GoTo:
    return GoTo("time", datetime(*moment).timestamp())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("1200", GoTo("line", 1200)),
        ("1,200,000", GoTo("line", 1_200_000)),
        ("line 7", GoTo("line", 7)),
        ("#7", GoTo("line", 7)),
        ("0", GoTo("line", 1)),
        ("-100", GoTo("line", -100)),
        ("$", GoTo("line", -1)),
        ("top", GoTo("line", 1)),
        ("50%", GoTo("share", 0.5)),
        ("12.5 %", GoTo("share", 0.125)),
        ("250%", GoTo("share", 1.0)),
        ("14:45", at(2024, 10, 19, 14, 45)),
        ("  9:15:30 ", at(2024, 10, 19, 9, 15, 30)),
        ("2:30 pm", at(2024, 10, 19, 14, 30)),
        ("12am", None),
        ("noon", at(2024, 10, 19, 12, 0)),
        ("now", GoTo("time", NOW)),
        ("today 08:00", at(2024, 10, 20, 8, 0)),
        ("yesterday", at(2024, 10, 19)),
        ("yesterday noon", at(2024, 10, 19, 12)),
        ("2024-10-18", at(2024, 10, 18)),
        ("2024-10-18 14:30", at(2024, 10, 18, 14, 30)),
        ("2024-10-18T14:30:05", at(2024, 10, 18, 14, 30, 5)),
        ("19.10.2024 14:30", at(2024, 10, 19, 14, 30)),
        ("10-18 07:00", at(2024, 10, 18, 7, 0)),
        ("10/18", at(2024, 10, 18)),
        ("18.10. 07:00", at(2024, 10, 18, 7, 0)),
        ("Oct 18, 7:00", at(2024, 10, 18, 7, 0)),
        ("18 october 7:00", at(2024, 10, 18, 7, 0)),
        ("29 feb", at(2024, 2, 29)),
        ("@1729348200", GoTo("time", 1729348200.0)),
        ("1729348200.5", GoTo("time", 1729348200.5)),
        ("-5m", GoTo("time", NEAR - 300)),
        ("+1h30m", GoTo("time", NEAR + 5400)),
        ("- 90 s", GoTo("time", NEAR - 90)),
        ("10m ago", GoTo("time", NOW - 600)),
        ("an hour ago", GoTo("time", NOW - 3600)),
        ("1 day 2 hours ago", GoTo("time", NOW - 26 * 3600)),
        ("", None),
        ("soon", None),
        ("25:00", None),
        ("14:75", None),
        ("13:00 pm", None),
        ("31 nov", None),
        ("may", None),
        ("5m", None),
        ("-", None),
        ("ago", None),
        (" ago", None),
        ("@99999999999", None),
        ("-999999d", None),
        ("yesterdays", None),
    ],
)
def test_what_is_typed_is_understood(text: str, there: GoTo | None) -> None:
    assert parse_goto(text, now=NOW, near=NEAR) == there


def test_without_a_line_that_tells_its_time_it_counts_from_now() -> None:
    assert parse_goto("07:00", now=NOW, near=None) == at(2024, 10, 20, 7, 0)
    assert parse_goto("-5m", now=NOW, near=None) == GoTo("time", NOW - 300)


def test_a_day_without_a_year_is_the_nearest_to_the_line() -> None:
    new_year = datetime(2025, 1, 1).timestamp()
    assert parse_goto("12-31 23:00", now=NOW, near=new_year) == at(2024, 12, 31, 23, 0)


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.one_of(st.text(max_size=30), st.from_regex(r"[-+@#]?[\d:., %/dhms-]{1,20}( ago| pm|noon)?")))
def test_nothing_typed_makes_it_fail(text: str) -> None:
    found = parse_goto(text, now=NOW, near=NEAR)
    assert found is None or found.value == found.value
