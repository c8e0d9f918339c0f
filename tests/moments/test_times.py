"""When a line was written: every form that logs use, and what only looks like one."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.logtimes import Times

MOMENT = datetime(2024, 10, 19, 14, 30).timestamp()
IN_ZONE = datetime(2024, 10, 19, 14, 30, tzinfo=timezone(timedelta(hours=2))).timestamp()
UTC = datetime(2024, 10, 19, 14, 30, tzinfo=timezone.utc).timestamp()  # noqa: UP017 - beside the line above


@pytest.mark.parametrize(
    ("line", "ts"),
    [
        ("2024-10-19 14:30:00 - INFO - Training started", MOMENT),
        ("2024-10-19 14:30:00,123 - root - INFO - x", MOMENT + 0.123),
        ("2024-10-19T14:30:00.250+02:00 x", IN_ZONE + 0.25),
        ("2024-10-19T14:30:00Z x", UTC),
        ("2024-10-19 14:30:00 +0200 x", IN_ZONE),
        ("[2024-10-19 14:30:00,123][pytorch][INFO] - x", MOMENT + 0.123),
        ("[2024-10-19T14:30:00.123456] x", MOMENT + 0.123456),
        ("2024/10/19 14:30:00 x", MOMENT),
        ("20241019 14:30:00 x", MOMENT),
        ("19.10.2024 14:30 x", MOMENT),
        ("19.10.2024 14:30:00 x", MOMENT),
        ("10/19/24 14:30:00 x", MOMENT),
        ("[10/19/24 14:30:00] INFO x", MOMENT),
        ("10/19/2024 02:30:00 PM x", MOMENT),
        ("10/19/2024 14:30:00 - INFO - __main__ - x", MOMENT),
        ("19/10/2024 14:30:00 x", MOMENT),
        ('127.0.0.1 - - [19/Oct/2024:14:30:00 +0200] "GET /health HTTP/1.1" 200', IN_ZONE),
        ("Sat Oct 19 14:30:00 2024", MOMENT),
        ("[Sat Oct 19 14:30:00 2024] NVRM: Xid", MOMENT),
        ("Sat, 19 Oct 2024 14:30:00 GMT x", UTC),
        ("1234:M 19 Oct 2024 14:30:00.123 * Ready", MOMENT + 0.123),
        ("Oct 19 14:30:00 gpu01 kernel: x", MOMENT),
        ("Oct  9 14:30:00 gpu01 kernel: x", MOMENT - 10 * 86400),
        ("I1019 14:30:00.250000 4021 torch/elastic/run.py:759] x", MOMENT + 0.25),
        ("[rank0]:W1019 14:30:00.250000 4021 torch/x.py:1] x", MOMENT + 0.25),
        ("INFO 10-19 14:30:00 [loader.py:395] x", MOMENT),
        ("(APIServer pid=23283) INFO 10-19 14:30:00 [api_server.py:1] x", MOMENT),
        ("[10/19 14:30:00] x", MOMENT),
        ("[10/19 14:30:00 d2.utils.events]: eta: 0:10:43  iter: 519", MOMENT),
        ("14:30:00 x", MOMENT),
        ("[14:30:00] x", MOMENT),
        ("[14:30:00.500] x", MOMENT + 0.5),
        ("[INFO] 14:30:00 x", MOMENT),
        ("0: 14:30:00 x", MOMENT),
        ("[rank0]: 2024-10-19 14:30:00 x", MOMENT),
        ("[default0]:[2024-10-19 14:30:00] x", MOMENT),
        ("[1,0]<stdout>:2024-10-19 14:30:00 x", MOMENT),
        ("INFO:root:2024-10-19 14:30:00 x", MOMENT),
        ("INFO: 2024-10-19 14:30:00: x", MOMENT),
        ("gpu01 train[123]: 2024-10-19 14:30:00 x", MOMENT),
        ("24/10/19 14:30:00 INFO executor.Executor: x", MOMENT),
        ("19-Oct-24 14:30:00 - x", MOMENT),
        ("20241019-14:30:00 x", MOMENT),
        ("[GIN] 2024/10/19 - 14:30:00 | 200 |  1.2ms | 127.0.0.1 | POST", MOMENT),
        ("time=2024-10-19T14:30:00.250+02:00 level=INFO source=routes.go:1 msg=x", IN_ZONE + 0.25),
        ("[NeMo I 2024-10-19 14:30:00 exp_manager:216] x", MOMENT),
        ("[I 2024-10-19 14:30:00,123] Trial 0 finished with value: 0.5", MOMENT + 0.123),
        ("[I 14:30:00.500 NotebookApp] x", MOMENT + 0.5),
        ("[INFO|trainer.py:1721] 2024-10-19 14:30:00,123 >> x", MOMENT + 0.123),
        ("[before the start of training step] datetime: 2024-10-19 14:30:00 ", MOMENT),
        ("[2024-10-19 14:30:00 TP0] Prefill batch", MOMENT),
        ("2024-10-19 14:30:00,123\tINFO worker.py:1 -- x", MOMENT + 0.123),
        ("[server] 14:30:00 x", MOMENT),
        ("Started at 2024-10-19 14:30:00", MOMENT),
        ("1729348200.123 x", 1729348200.123),
        ("[1729348200] x", 1729348200.0),
        ('{"ts": 1729348200.5, "message": "x"}', 1729348200.5),
        ('{"asctime": "2024-10-19 14:30:00,250", "message": "x"}', MOMENT + 0.25),
    ],
)
def test_a_line_tells_its_time(line: str, ts: float) -> None:
    assert Times(MOMENT + 3600).read(line) == pytest.approx(ts, abs=1e-6)
    assert Times(MOMENT + 3600).read_line(line.encode()) == pytest.approx(ts, abs=1e-6)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "loss: 0.452",
        "ETA 09:15:23",
        "eta: 0:10:43  iter: 519  total_loss: 42.43",
        "elapsed 01:02:03",
        "01:02:03 elapsed",
        "took 00:10:00",
        "[ETA] 00:10:00",
        "Total training time: 01:10:00",
        "14:30",
        "1:02:03 x",
        "12%|###   | 12/100 [01:02:03<04:05:06, 1.2s/it]",
        "[01:02:03<04:05:06, 1.2s/it]",
        "version 2024.10.19",
        "torch 2.4.0+cu121",
        "127.0.0.1:29500",
        "01:23:45:67:89:ab",
        "Epoch 3/10 12:30",
        "-rw-r--r-- 1 root root 7616 Oct 19 14:30 model.pt",
        "Resuming from the checkpoint of 2024-10-19 14:30:00",
        "Loading runs/2024-10-19_14:30:00/model.pt",
        "2024-13-19 14:30:00 x",
        "2024-02-31 14:30:00 x",
        "2024-10-19 25:30:00 x",
        "99:99:99 x",
        "1729348200 samples",
        "[  123.456789] usb 1-1: x",
        "0.123456 14:30",
        " " * 70 + "2024-10-19 14:30:00 too far to the right",
        "{not json 14:30:00}",
        "12:30:00/13:00:00 x",
    ],
)
def test_what_is_no_time_gives_none(line: str) -> None:
    assert Times(MOMENT).read(line) is None


def test_without_a_day_a_bare_clock_says_nothing_until_a_full_date_was_read() -> None:
    times = Times()
    assert times.read("14:30:00 x") is None
    assert times.read("Oct 19 14:30:00 gpu01 x") is None
    assert times.read("2024-10-19 14:29:00 x") == MOMENT - 60
    assert times.read("14:30:00 x") == MOMENT


def test_a_bare_clock_rolls_over_midnight_and_back_for_a_late_line() -> None:
    times = Times(MOMENT)
    lines = [
        "23:59:58 a",
        "23:59:59 b",
        "00:00:01 c",
        "23:59:59 late",
        "00:00:02 d",
        "09:00:00 e",
        "08:59:59 f",
    ]
    lines += ["12:00:00 g", "03:00:00 the day after"]
    read = [times.read(line) for line in lines]
    midnight = datetime(2024, 10, 20).timestamp()
    hours = [-2, -1, 1, -1, 2, 9 * 3600, 9 * 3600 - 1, 12 * 3600, 27 * 3600]
    assert read == [midnight + second for second in hours]


def test_a_bare_clock_after_a_full_date_passes_midnight_too() -> None:
    times = Times()
    assert times.read("2024-10-19 23:59:59 x") is not None
    assert times.read("00:00:01 x") == datetime(2024, 10, 20, 0, 0, 1).timestamp()


def test_a_date_without_a_year_falls_where_it_is_nearest() -> None:
    new_year = Times(datetime(2025, 1, 1, 0, 10).timestamp())
    assert new_year.read("Dec 31 23:59:00 host x") == datetime(2024, 12, 31, 23, 59).timestamp()
    assert new_year.read("Jan  1 00:01:00 host x") == datetime(2025, 1, 1, 0, 1).timestamp()
    leap = Times(datetime(2025, 1, 10).timestamp())
    assert leap.read("Feb 29 00:01:00 host x") == datetime(2024, 2, 29, 0, 1).timestamp()


def test_colours_and_what_a_bar_drew_over_do_not_hide_the_time() -> None:
    assert Times().read_line(b"\x1b[32m2024-10-19 14:30:00\x1b[0m | INFO | x") == MOMENT
    assert Times().read_line(b"  12%|#   | 1/8\r2024-10-19 14:30:00 INFO x") == MOMENT
    assert Times().read_line(b"2024-10-19 14:30:00 \xff\xfe x") == MOMENT


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_local_time_is_that_of_the_process(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert Times().read("2024-10-19 14:30:00 x") == datetime(2024, 10, 19, 14, 30).timestamp()
    finally:
        monkeypatch.undo()
        time.tzset()


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.text(), st.from_regex(r"[\[(]?[\d:./, -]{5,30}[A-Z]{0,3}.{0,20}")), max_size=5))
def test_no_text_makes_it_fail(lines: list[str]) -> None:
    times = Times(MOMENT)
    for line in lines:
        for ts in (times.read(line), times.read_line(line.encode("utf-8", "replace"))):
            assert ts is None or 0 < ts < 4.2e9


@settings(derandomize=True, max_examples=33, deadline=None)
@given(st.datetimes(datetime(2001, 9, 10), datetime(2098, 1, 1)))
def test_what_logging_writes_is_read_again(moment: datetime) -> None:
    text = moment.strftime("%Y-%m-%d %H:%M:%S,") + f"{moment.microsecond // 1000:03d} - INFO - x"
    read = Times().read(text)
    assert read is not None
    assert abs(read - moment.timestamp()) < 0.0011
