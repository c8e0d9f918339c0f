"""Dates in headings, in the forms that people use."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlws_tui.domain.dates import read_title

DAY = date(2024, 10, 19)
NEXT = date(2024, 11, 3)


@pytest.mark.parametrize(
    ("title", "bare", "next_one"),
    [
        ("2024-10-19", True, "2024-11-03"),
        ("2024/10/19", True, "2024/11/03"),
        ("2024.10.19", True, "2024.11.03"),
        ("19.10.2024", True, "03.11.2024"),
        ("19-10-2024", True, "03-11-2024"),
        ("10/19/2024", True, "11/03/2024"),
        ("Sat 19 Oct 2024", True, "Sun 3 Nov 2024"),
        ("Saturday, 19 October 2024", True, "Sunday, 3 November 2024"),
        ("19th October 2024", True, "3rd November 2024"),
        ("October 19, 2024", True, "November 3, 2024"),
        ("OCT 19 2024", True, "NOV 3 2024"),
        ("2024-10-19 (Sat)", True, "2024-11-03 (Sun)"),
        ("2024-10-19, Saturday", True, "2024-11-03, Sunday"),
        ("[2024-10-19]", True, "[2024-11-03]"),
        ("**2024-10-19**", True, "**2024-11-03**"),
        ("2024-10-19 – first light", False, "2024-11-03"),
        ("Release day: 2024-10-19", False, "2024-11-03"),
    ],
)
def test_a_date_is_read_and_another_written_the_same_way(title: str, bare: bool, next_one: str) -> None:
    dated = read_title(title)
    assert dated is not None
    assert (dated.day, dated.bare, dated.write(NEXT)) == (DAY, bare, next_one)


@pytest.mark.parametrize(
    "title",
    [
        "",
        "Next Steps",
        "2024-02-30",
        "2022-04-XX",
        "03/04/2024",
        "2024-10-19 – 2024-10-21",
        "20241019-143000-sentiment",
        "v1.2024-10-19",
        "12024-10-19",
        "2024-10-190",
        "192.168.10.2024",
    ],
)
def test_what_is_no_one_date_is_none(title: str) -> None:
    assert read_title(title) is None


@given(st.dates(date(1900, 1, 1), date(2999, 12, 31)))
def test_what_is_written_is_read_again(day: date) -> None:
    for title in ("2024-10-19", "19.10.2024", "Sat 19 Oct 2024", "October 19th, 2024", "2024-10-19 (Sat)"):
        form = read_title(title)
        assert form is not None
        again = read_title(form.write(day))
        assert again is not None and again.day == day
