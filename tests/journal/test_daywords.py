"""Days as people type them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.daywords import read_day
from mlws_tui.domain.errors import UsageError

TODAY = date(2024, 10, 23)  # a Wednesday


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("today", "2024-10-23"),
        ("  Yesterday ", "2024-10-22"),
        ("tomorrow", "2024-10-24"),
        ("day before yesterday", "2024-10-21"),
        ("-1", "2024-10-22"),
        ("-3", "2024-10-20"),
        ("+2", "2024-10-25"),
        ("-2w", "2024-10-09"),
        ("3 days ago", "2024-10-20"),
        ("3d ago", "2024-10-20"),
        ("two weeks ago", "2024-10-09"),
        ("a month ago", "2024-09-23"),
        ("in 2 weeks", "2024-11-06"),
        ("3 days from now", "2024-10-26"),
        ("last week", "2024-10-16"),
        ("next month", "2024-11-23"),
        ("last year", "2023-10-23"),
        ("monday", "2024-10-21"),
        ("Fri", "2024-10-18"),
        ("thurs", "2024-10-17"),
        ("wednesday", "2024-10-16"),
        ("last friday", "2024-10-18"),
        ("last wednesday", "2024-10-16"),
        ("this friday", "2024-10-25"),
        ("next monday", "2024-10-28"),
        ("monday last week", "2024-10-14"),
        ("fri next week", "2024-11-01"),
        ("2024-10-19", "2024-10-19"),
        ("2024/10/19", "2024-10-19"),
        ("2024.10.19", "2024-10-19"),
        ("20241019", "2024-10-19"),
        ("19.10.2024", "2024-10-19"),
        ("19.10.24", "2024-10-19"),
        ("19-10-2024", "2024-10-19"),
        ("19.10.", "2024-10-19"),
        ("24.10.", "2023-10-24"),
        ("10-19", "2024-10-19"),
        ("10/19", "2024-10-19"),
        ("10/10/2024", "2024-10-10"),
        ("oct 19", "2024-10-19"),
        ("oct 24", "2023-10-24"),
        ("oct 23", "2024-10-23"),
        ("19 Oct", "2024-10-19"),
        ("19th of october 2024", "2024-10-19"),
        ("October 19, 2024", "2024-10-19"),
        ("Sat 19 Oct 2024", "2024-10-19"),
        ("sept 1", "2024-09-01"),
        ("feb 29", "2024-02-29"),
        ("the 19th", "2024-10-19"),
        ("31st", "2024-08-31"),
    ],
)
def test_what_people_type_is_a_day(typed: str, day: str) -> None:
    assert read_day(typed, TODAY).isoformat() == day


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("friday", "2024-10-25"),
        ("wednesday", "2024-10-30"),
        ("last friday", "2024-10-18"),
        ("oct 19", "2025-10-19"),
        ("24.10.", "2024-10-24"),
        ("the 19th", "2024-11-19"),
        ("2024-10-19", "2024-10-19"),
    ],
)
def test_for_a_day_to_come_the_next_one_is_meant(typed: str, day: str) -> None:
    assert read_day(typed, TODAY, ahead=True).isoformat() == day


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "names no day"),
        ("yesteday", "did you mean yesterday?"),
        ("last firday", "did you mean last friday?"),
        ("2023-02-29", "the nearest is 2023-02-28"),
        ("202411", "names no day"),
        ("friday 3 weeks ago", "names no day"),
        ("2024-13-01", "is no date"),
        ("feb 30", "February 2024 has 29 days"),
        ("03/04/2024", "write 2024-03-04 or mar 4"),
        ("-999999w", "further away than the calendar reaches"),
        ("0000-01-01", "further away"),
        ("the 42nd", "names no day"),
        ("nextt steps " * 20, "…"),
    ],
)
def test_what_is_no_day_is_told_with_the_nearest(typed: str, told: str) -> None:
    with pytest.raises(UsageError) as error:
        read_day(typed, TODAY)
    assert told in error.value.sentence()


@settings(max_examples=30)
@given(
    st.text(max_size=30)
    | st.from_regex(r"[a-z]{0,9} ?[-+]?\d{0,9}[-./ ]?\d{0,4}[-./ ]?\d{0,5}", fullmatch=True)
)
def test_any_text_is_a_day_or_a_sentence(typed: str) -> None:
    try:
        assert isinstance(read_day(typed, TODAY), date)
    except UsageError as error:
        assert error.hint


@given(st.dates(date(1900, 1, 1), date(2999, 12, 31)), st.dates(date(1900, 1, 1), date(2999, 12, 31)))
def test_a_date_in_full_is_itself_on_any_day(day: date, today: date) -> None:
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %b %Y", "%B %d, %Y"):
        assert read_day(day.strftime(form), today) == day
    assert read_day("monday", today) < today <= read_day("monday", today) + timedelta(days=7)
