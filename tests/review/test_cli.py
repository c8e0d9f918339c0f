"""``mlws-tui review``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlws_tui.cli.main import main
from mlws_tui.config.workspace import Workspace
from tests.review.kit import BETTER, OOM, fortnight

DAYS = ("--since", "2026-11-14", "--until", "2026-11-20")


def test_forms(
    workspace: Workspace, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fortnight(workspace)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*args: str, code: int = 0) -> Any:
        capfd.readouterr()
        assert main(["--workspace", str(workspace.root), "review", *args]) == code
        return capfd.readouterr()

    page = call(*DAYS).out
    for wanted in (
        "Review of 2026-11-14 to 2026-11-20\n  3 of 7 days written",
        "1 failed (out of memory)",
        "energy 1 kWh (measured of 1 of ",
        "  runs and no words on 2026-11-15 (1 run), 2026-11-17 (2 runs), 2026-11-18 (1 run)",
        f"lora-64  out of memory  2026-11-17  {OOM}",
        "reviews  val/loss  0.3000  better than 0.4000 before",
        "2026-11-16  Insight: a warm-up",
        "since 2026-11-16  Blocker: the second GPU throttles",
        "Open tasks: 2, 1 overdue, the oldest ",
        "pretraining            ━━━━━━━━━━━━━━━━  1 run · 48 GPU-h",
        "Sun 2026-11-15  ",
        "Two days of Pretraining  docs/sessions/2026-11-18-pretraining.md",
    ):
        assert wanted in page, wanted
    assert max(map(len, page.splitlines())) <= 100 and "\x1b" not in page

    document = json.loads(call(*DAYS, "--json").out)
    assert document["days"]["written"] == 3 and document["energy_joules"] == pytest.approx(3.6e6)
    assert document["best"][0] == {
        "experiment": "reviews", "name": "reviews", "metric": "val/loss", "value": 0.3, "run": BETTER,
        "before": 0.4, "change": "better",
    }  # fmt: skip
    assert {"kind": "blocker", "text": "the second GPU throttles", "date": "2026-11-16", "line": 19} in (
        document["standing"]
    )
    assert document["tasks"]["overdue"][0]["due"] == "2026-11-19" and document["reasons"] == {}
    states = {(one["state"], one["reason"]): one["count"] for one in document["runs"]["outcomes"]}
    assert states["failed", "KeyError"] == 1 and states["completed", None] == 2

    month = call("--month", "19.11.2026", "--markdown").out
    assert month.startswith("## Review of November 2026\n\n- ") and f"(`{BETTER}`)" in month
    empty = call("--week", "2001-01-03").out
    assert "Review of 2001-01-01 to 2001-01-07\n  0 of 7 days written\n  no runs\n" in empty
    empty = json.loads(call("--week", "2001-01-03", "--json").out)
    assert empty["gpu_hours"] is None and set(empty["reasons"]) == {"gpu_hours", "energy_joules"}

    told = call(*DAYS, "--log", "--session", "Week 47")
    assert told.out == "" and "is in today's entry, under Review" in told.err and "-week-47.md" in told.err
    assert "- Review of 2026-11-14 to 2026-11-20:" in workspace.journal.read_text()
    assert "already" in call(*DAYS, "--log", code=2).err
    for args, words in (
        (("--week", "--month"), "of a week, of a month"),
        (("--week", "blursday"), "blursday"),
        (("--since", "2026-11-20", "--until", "2026-11-19"), "--since is the first day"),
        (("--json", "--log"), "--json goes with no other form"),
    ):
        refused = call(*args, code=2)
        assert words in refused.err and refused.out == ""
