"""Packages in a comparison: only runs that told theirs are held against each other."""

from __future__ import annotations

from dataclasses import replace

from mlws_tui.domain.comparison import compare_runs
from mlws_tui.domain.runs import Run, RunState


def test_a_run_that_told_no_packages_does_not_differ_in_each_of_them() -> None:
    silent = Run("20261120-120000-a", "a", "training", RunState.COMPLETED)
    one = replace(silent, id="20261120-120001-b", environment={"packages": {"torch": "2.5", "numpy": "2.1"}})
    other = replace(one, environment={"packages": {"torch": "2.6", "numpy": "2.1"}})
    rows = {row.key: row.values for row in compare_runs([silent, one], 0.0).environment}
    assert rows == {"packages": ("not recorded", "2")}
    rows = {row.key: row.values for row in compare_runs([silent, one, other], 0.0).environment}
    assert list(rows) == ["packages", "torch"]
    assert rows["torch"][1:] == ("2.5", "2.6")
