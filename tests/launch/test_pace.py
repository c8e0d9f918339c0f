"""The time left: by the recent pace, also from epochs, through pauses, resumes and clocks that jump."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.pace import advance, place_of, seconds_left
from mlws_tui.domain.runs import Progress

_VALUES = st.one_of(st.floats(), st.integers(), st.none(), st.booleans(), st.text(max_size=2))


def _after(records: Iterable[tuple[float, dict[str, Any]]]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for ts, record in records:
        kept = advance(kept, record, ts)
    return kept


def _left(steps: Iterable[tuple[float, float]], total: float = 1000) -> float | None:
    return seconds_left(_after((ts, {"step": step, "total": total}) for ts, step in steps))


def test_an_even_pace() -> None:
    assert _left([(0, 0)]) is None
    assert _left([(0, 0), (10, 100)]) == 90
    assert _left((ts, ts * 2) for ts in range(201)) == 300
    assert _left([(0, 0), (10, 1000)]) == 0


def test_a_slow_start_is_forgotten_and_a_new_pace_is_taken() -> None:
    slow_start = [(0.0, 0.0), *((600.0 + ts, float(ts)) for ts in range(500))]
    left = _left(slow_start)
    assert left is not None and 500 <= left <= 900
    slower = [(float(ts), ts * 1.0) for ts in range(300)] + [
        (300.0 + 4 * step, 300.0 + step) for step in range(300)
    ]
    left = _left(slower)
    assert left is not None and math.isclose(left, 401 * 4, rel_tol=0.1)


def test_pauses_that_come_again_are_part_of_the_pace() -> None:
    clock, records = 0.0, []
    for step in range(501):
        records.append((clock, float(step)))
        clock += 50 if step % 100 == 99 else 1  # an evaluation each hundred steps
    left = _left(records)
    assert left is not None and math.isclose(left, 500 * 1.49, rel_tol=0.15)


def test_a_jump_by_a_resume_is_no_pace() -> None:
    records = [(0.0, 0.0), (1.0, 500.0), *((1.0 + ts, 500.0 + ts) for ts in range(1, 60))]
    assert _left(records) == 441
    begun_anew = [
        *((float(ts), ts * 10.0) for ts in range(50)),
        *((50.0 + ts, float(ts)) for ts in range(20)),
    ]
    assert _left(begun_anew) == 981


def test_epochs_alone_tell_as_well() -> None:
    kept = _after((ts * 60.0, {"epoch": ts, "epochs": 10}) for ts in range(4))
    assert (place_of(kept), seconds_left(kept)) == ((3, 10), 420)
    with_steps = advance(kept, {"step": 30, "total": 100}, 200.0)
    assert (place_of(with_steps), seconds_left(with_steps)) == ((30, 100), None)


def test_it_counts_down_between_records() -> None:
    progress = Progress(eta=90.0, ts=1000.0)
    assert [progress.eta_at(now) for now in (1000, 1030, 2000, 900)] == [90, 60, 0, 90]
    assert Progress(ts=1.0).eta_at(5) is None


def test_few_marks_are_kept_however_many_records_come() -> None:
    kept = _after((ts * 0.5, {"step": ts, "total": 100_000}) for ts in range(20_000))
    assert len(kept["marks"]) < 60
    left = seconds_left(kept)
    assert left is not None and math.isclose(left, 40_000.5, rel_tol=0.01)


_RECORDS = st.dictionaries(st.sampled_from(["step", "total", "epoch", "epochs"]), _VALUES)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.floats(0, 1e10), _RECORDS), max_size=12))
def test_whatever_is_told_nothing_is_negative(records: list[tuple[float, dict[str, Any]]]) -> None:
    left = seconds_left(_after(records))
    assert left is None or left >= 0
