"""The day of lines that tell a clock only."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from mlws_tui.sources.logday import times_of
from mlws_tui.sources.logfile import Remembered

LOG = Remembered(b"a header\n22:00:00 begin\n23:30:00 more\n00:30:00 after midnight\n")


@pytest.mark.parametrize(
    "name",
    ["20241019-220000-run.log", "2024-10-19_21-59-58/train.log", "train-2024-10-19.log", "run_20241019.log"],
)
def test_a_name_tells_the_day(name: str) -> None:
    times = times_of(LOG, Path("logs", name), datetime(2024, 11, 5).timestamp())
    assert times().read("22:00:00 begin") == datetime(2024, 10, 19, 22).timestamp()


@pytest.mark.parametrize("name", ["train.log", "99999999-999999.log", "1234567890123.log"])
def test_else_the_last_change_does(name: str) -> None:
    after_midnight = times_of(LOG, Path(name), datetime(2024, 10, 20, 0, 30).timestamp())
    assert after_midnight().read("22:00:00 begin") == datetime(2024, 10, 19, 22).timestamp()
    before = times_of(LOG, Path(name), datetime(2024, 10, 19, 23, 30).timestamp())
    assert before().read("22:00:00 begin") == datetime(2024, 10, 19, 22).timestamp()


def test_each_reader_may_begin_at_any_line() -> None:
    times = times_of(LOG, Path("train.log"), datetime(2024, 10, 20, 0, 30).timestamp())
    assert times().read("00:30:00 after midnight") == datetime(2024, 10, 20, 0, 30).timestamp()
    assert times().read("23:30:00 more") == datetime(2024, 10, 19, 23, 30).timestamp()


def test_a_log_without_times_does_no_harm() -> None:
    times = times_of(Remembered(b"no\ntimes\n"), Path("train.log"), datetime(2024, 10, 20).timestamp())
    assert times().read("09:00:00 x") == datetime(2024, 10, 20, 9).timestamp()
