"""What a log line says of itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlws_tui.domain.levels import Level, begins_error, in_traceback, level_of, prefix_of, read_error, time_of

TRACEBACK = """\
Traceback (most recent call last):
  File "train.py", line 9, in <module>
    main()
    ^^^^^^
  File "train.py", line 4, in main
    raise ValueError("bad shape")
ValueError: bad shape""".splitlines()
CHAINED = [
    *TRACEBACK,
    "",
    "During handling of the above exception, another exception occurred:",
    "",
    *TRACEBACK[:-1],
    "RuntimeError: gave up",
]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2024-10-19 14:52:45 - INFO - Accuracy: 87.3%, F1: 0.852", Level.INFO),
        ("2024-10-19 14:52:45,123 - train - ERROR - no such file", Level.ERROR),
        ("2024-10-19T14:52:45Z WARN disk nearly full", Level.WARNING),
        ("[2024-10-19 14:52:45] [critical] out of memory", Level.CRITICAL),
        ("09:15:23 DEBUG batch 3", Level.DEBUG),
        ("WARNING: slow", Level.WARNING),
        ("I0812 09:15:23.000 12 a.cc:3] hello", Level.INFO),
        ("E0812 09:15:23.000 12 a.cc:3] cuFFT", Level.ERROR),
        ('{"ts": 1, "level": "error", "msg": "x"}', Level.ERROR),
        ("ts=1 level=warning msg=x", Level.WARNING),
        ("Traceback (most recent call last):", Level.ERROR),
        ("[rank3]: torch.OutOfMemoryError: CUDA out of memory.", Level.ERROR),
        ("ValueError: bad shape", Level.ERROR),
        ("KeyboardInterrupt", Level.ERROR),
        ("62%|###| slurmstepd: error: *** JOB 7 CANCELLED", Level.ERROR),
        ("nvcc fatal   : unsupported", None),
        ("a.py:3: UserWarning: old", Level.WARNING),
        ("INFO - ERROR count 0", Level.INFO),
        ("epoch 1: val error: 0.12", None),
        ("error: 0.5", None),
        ("information about the error rate", None),
        ("an error occurred", None),
        ("", None),
    ],
)
def test_levels(line: str, level: Level | None) -> None:
    assert level_of(line) == level


@given(st.text())
def test_any_text_has_a_prefix_inside_it(text: str) -> None:
    prefix = prefix_of(text)
    assert 0 <= prefix.time <= prefix.message <= len(text)
    level_of(text)
    time_of(text)


def test_the_prefix_ends_where_the_message_begins() -> None:
    line = "2024-10-19 14:52:45,123 - INFO - loss 0.3"
    prefix = prefix_of(line)
    assert line[: prefix.time] == "2024-10-19 14:52:45,123"
    assert line[prefix.message :] == "loss 0.3"
    assert prefix_of("loss 0.3").message == 0


def test_times() -> None:
    at = datetime(2024, 10, 19, 14, 52, 45, 250_000, tzinfo=UTC).timestamp()
    assert time_of("2024-10-19T14:52:45.25Z x") == at
    assert time_of("[2024/10/19 16:52:45,250+0200] x") == at
    assert time_of("2024-10-19 14:52:45.250000001 - x") == at
    assert time_of("09:15:23 x") is None
    assert time_of("2024-02-31 00:00:00 x") is None


def test_a_traceback_is_marked_from_header_to_exception() -> None:
    lines = ["before", *TRACEBACK, "after", "  indented"]
    assert in_traceback(lines) == [False] + [True] * len(TRACEBACK) + [False, False]


def test_a_traceback_is_known_by_any_of_its_frames() -> None:
    assert in_traceback(TRACEBACK[4:]) == [True, True, True]


def test_a_chain_is_one_error() -> None:
    lines = ["2024-10-19 14:52:45 - INFO - start", *CHAINED, "done"]
    begins = [i for i, line in enumerate(lines) if begins_error(line, lines[max(0, i - 6) : i])]
    assert begins == [1]
    error = read_error(2, lines[1:], None)
    assert (error.type, error.message) == ("RuntimeError", "gave up")
    assert error.traceback == "\n".join(CHAINED)


def test_our_own_last_line_is_no_error_of_its_own() -> None:
    stamp = "2024-10-19 14:52:46 - ERROR - "
    ends = ["Failed: exit code 1 after 3.2 s", "Failed: exit code 127: no such program after 1h 02m 03s"]
    ends += ["Failed: killed by signal 9 (SIGKILL), out of memory on the host after 3m 05s"]
    assert not any(begins_error(stamp + end, TRACEBACK) for end in ends)
    assert (
        begins_error(stamp + "Failed: no more data after 3 s", [])
        and level_of(stamp + ends[0]) is Level.ERROR
    )


def test_a_logged_exception_is_one_error() -> None:
    lines = [
        "2024-10-19 14:52:45 - ERROR - epoch 3 failed",
        *TRACEBACK,
        "2024-10-19 14:52:46 - ERROR - again",
    ]
    begins = [i for i, line in enumerate(lines) if begins_error(line, lines[max(0, i - 6) : i])]
    assert begins == [0, len(lines) - 1]
    error = read_error(1, lines, 5.0)
    assert (error.type, error.message, error.level, error.ts) == ("ValueError", "bad shape", "error", 5.0)
    assert error.told == "epoch 3 failed"
    assert error.traceback == "\n".join(TRACEBACK)


def test_a_stamped_traceback_loses_its_stamp() -> None:
    lines = [
        "2024-10-19 14:52:45 - ERROR - " + TRACEBACK[0],
        *TRACEBACK[1:],
        "2024-10-19 14:52:46 - INFO - on",
    ]
    error = read_error(1, lines, None)
    assert (error.type, error.message) == ("ValueError", "bad shape")
    assert error.traceback == "\n".join(TRACEBACK)


def test_ranks_keep_their_prefix() -> None:
    lines = [f"[rank1]: {line}" for line in TRACEBACK]
    assert all(in_traceback(lines))
    error = read_error(1, lines, None)
    assert (error.type, error.message) == ("ValueError", "bad shape")


def test_an_error_without_a_traceback() -> None:
    error = read_error(1, ["RuntimeError: CUDA out of memory"], None)
    assert (error.type, error.message, error.traceback) == ("RuntimeError", "CUDA out of memory", "")
    error = read_error(1, ["14:00:00 ERROR disk full"], None)
    assert (error.type, error.message) == ("", "disk full")


@given(
    st.lists(
        st.sampled_from([*CHAINED, "x: y", "2024-10-19 14:52:45 - ERROR - e", " "]), min_size=1, max_size=12
    )
)
def test_any_lines_can_be_read_as_an_error(lines: list[str]) -> None:
    assert read_error(1, lines, None).line == 1
    assert len(in_traceback(lines)) == len(lines)
