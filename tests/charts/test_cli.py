"""``mlws-tui metrics``: points, sums, and charts as files and text."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from mlws_tui.cli.main import cli
from mlws_tui.config.workspace import Workspace
from tests.charts.kit import A, B, two_runs


@pytest.fixture
def workspace_of_two(workspace: Workspace) -> Workspace:
    two_runs(workspace)
    return workspace


def call(workspace: Workspace, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--workspace", str(workspace.root), "metrics", *arguments])


def test_several_runs_and_metrics(workspace_of_two: Workspace) -> None:
    both = call(workspace_of_two, A, B, "val/loss", "--json")
    (one, two) = json.loads(both.output)["runs"]
    assert (one["run"], two["run"], list(one["series"])) == (A, B, ["val/loss"])
    lines = call(workspace_of_two, A, B, "*loss").output.splitlines()
    assert lines[0].split("\t") == [A, "loss", "1", "2.1"] and lines[-1].startswith(f"{B}\tval/loss\t100\t")
    cpu = call(workspace_of_two, A, "system/cpu", "--json").output
    told = json.loads(cpu)["series"]["system/cpu"]
    assert (told["value"][-1], told["source"], told["step"][0]) == (19, "system", "NaN")
    assert "no metric 'nope'" in call(workspace_of_two, A, "nope").stderr
    assert call(workspace_of_two, "nope").exit_code != 0


def test_charts_as_svg_csv_and_text(workspace_of_two: Workspace, tmp_path: Path) -> None:
    picture = tmp_path / "a.svg"
    answer = call(workspace_of_two, A, B, "loss", "--svg", str(picture), "--x", "time", "--log-y", "--text")
    assert answer.exit_code == 0 and "a lr1e-4 0.120  b lr3e-4 0.110" in answer.output
    assert "time" in answer.output and not any(ord(c) < 32 for c in answer.output.replace("\n", ""))
    assert "lr3e-4" in "".join(ElementTree.parse(picture).getroot().itertext())
    rows = list(
        csv.DictReader(io.StringIO(call(workspace_of_two, A, "loss", "system/cpu", "--csv", "-").output))
    )
    assert len(rows) == 120 and rows[0]["value"] == "2.1" and float(rows[-2]["step"]) == pytest.approx(90)
    few = list(csv.DictReader(io.StringIO(call(workspace_of_two, A, "--csv", "-", "--points", "8").output)))
    assert sum(int(row["points"]) for row in few) == 105 and {"low", "high"} <= few[0].keys()


def test_what_cannot_be_drawn_is_refused(workspace_of_two: Workspace, tmp_path: Path) -> None:
    for arguments, said in (
        ((A, "--csv", "-", "--text"), "Only one thing"),
        ((A, "--json", "--text"), "A chart is no JSON"),
        ((A, "nope", "--text"), "There is no metric nope"),
        ((A, "--svg", str(tmp_path / "no" / "where.svg")), "could not be written"),
    ):
        answer = call(workspace_of_two, *arguments)
        assert answer.exit_code != 0 and said in str(answer.exception)
    noted = call(workspace_of_two, A, "lo*", "--text", "--x", "epoch")
    assert "epoch" in noted.output
