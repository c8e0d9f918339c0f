"""Times and levels for lines that have none."""

from __future__ import annotations

import pytest

from mlws_tui.domain.logstamps import Stamper, carries_time, level_of

WHEN = 1729348200.0  # 2024-10-19 14:30:00 UTC, the tests' time zone


def stamped(*lines: str) -> list[str]:
    stamper = Stamper()
    return [stamper.stamp(line, WHEN) for line in lines]


def test_a_line_without_a_time_gets_one() -> None:
    assert stamped("Epoch 1/3", "", "  ") == ["2024-10-19 14:30:00 - INFO - Epoch 1/3", "", "  "]


@pytest.mark.parametrize(
    "line",
    [
        "2024-10-19 14:30:00 - INFO - x",
        "2024-10-19T14:30:00.123Z x",
        "[2024-10-19 14:30:00,123][__main__][INFO] - x",
        "INFO:root:2024/10/19 14:30 x",
        "[10/19 14:30:00 d2.utils]: eta: 0:10:43",
        "09:15:23 INFO  x",
        "[09:15:23] x",
        "INFO 09:15:23 x",
        "(APIServer pid=23283) INFO 08-12 09:15:23 [core.py:1] x",
        "I0812 09:15:23.456789 1234 file.cc:10] x",
        "Oct 19 14:30:00 host kernel: x",
        "[rank0]: 2024-10-19 14:30:00 x",
    ],
)
def test_a_time_of_its_own_is_enough(line: str) -> None:
    assert carries_time(line)
    assert stamped(line) == [line]


@pytest.mark.parametrize(
    "line",
    [
        "eta: 0:52:06, time: 0.939",
        " 50%|████ | 19/38 [00:01<00:01, loss=0.397]",
        "{'loss': 0.2729, 'epoch': 0.1}",
        "Train Epoch: 1 [640/60000 (1%)]",
        " iteration      130/    1000 | elapsed time per iteration (ms): 1615.7",
        "step:26/4300 train_time:39482ms",
        "listening on 127.0.0.1:8080",
    ],
)
def test_false_friends_are_no_times(line: str) -> None:
    assert stamped(line) == [f"2024-10-19 14:30:00 - INFO - {line}"]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("ERROR: bad", "ERROR"),
        ("[WARNING] hot", "WARNING"),
        ("WARN hot", "WARNING"),
        ("DEBUG:root:x", "DEBUG"),
        ("CRITICAL x", "CRITICAL"),
        ("slurmstepd: error: *** JOB 1 CANCELLED ***", "ERROR"),
        ("train.py: error: unrecognized arguments: -x", "ERROR"),
        ("fatal: not a git repository", "CRITICAL"),
        ("/a/b.py:33: UserWarning: slow", "WARNING"),
        ("torch.OutOfMemoryError: CUDA out of memory", "ERROR"),
        ("Traceback (most recent call last):", "ERROR"),
        ("error rate: 3", "INFO"),
        ("Errors: 0", "INFO"),
        ("no ERROR here", "INFO"),
    ],
)
def test_a_line_names_its_level(line: str, level: str) -> None:
    assert level_of(line) == level


def test_json_lines_stay_as_they_are() -> None:
    assert stamped('{"a": 1}', '{"a": 1', '{"a": nope}')[0] == '{"a": 1}'
    assert stamped('{"a": nope}')[0].endswith('INFO - {"a": nope}')


TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "a.py", line 1, in <module>',
    "    1 / 0",
    "ZeroDivisionError: division by zero",
    "",
    "The above exception was the direct cause of the following exception:",
    "",
    "Traceback (most recent call last):",
    '  File "a.py", line 3, in <module>',
    "RuntimeError: no",
    "  more of it",
]


def test_further_lines_of_a_traceback_stay_as_they_are() -> None:
    found = stamped(*TRACEBACK, "Epoch 2")
    assert found[0] == "2024-10-19 14:30:00 - ERROR - Traceback (most recent call last):"
    assert found[1:-1] == TRACEBACK[1:]
    assert found[-1] == "2024-10-19 14:30:00 - INFO - Epoch 2"


def test_a_traceback_below_a_line_with_its_own_time_belongs_to_that() -> None:
    head = "2024-10-19 14:29:59 - ERROR - step failed"
    assert stamped(head, *TRACEBACK) == [head, *TRACEBACK]


def test_tracebacks_of_ranks() -> None:
    of_rank = [f"[rank0]: {line}" for line in TRACEBACK[:4]]
    assert stamped(*of_rank)[1:] == of_rank[1:]
