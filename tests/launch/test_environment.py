"""What is recorded of packages, system and data; runs that were made before; what a script is given."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mlws_tui.domain.errors import UsageError
from mlws_tui.sdk.place import claim
from mlws_tui.services.launch.environment import fingerprint, packages, system
from mlws_tui.services.launch.joining import planned
from tests.gpus.conftest import Standin
from tests.gpus.conftest import _build as build
from tests.launch.conftest import PYTHON, Recorded, run, wait_for

Script = Callable[[str], list[str]]


def _environment(recorded: Recorded, run_id: str | None = None) -> dict[str, Any]:
    """The last one that was recorded, once packages are in it: they may come after the end."""

    def found() -> dict[str, Any] | None:
        told = [record["environment"] for record in recorded.records(run_id) if "environment" in record]
        return told[-1] if told and "packages" in told[-1] else None

    known: dict[str, Any] = wait_for(found, what="the environment")
    return known


def test_packages_system_and_data_are_recorded(recorded: Recorded, tmp_path: Path) -> None:
    data = tmp_path / "train.jsonl"
    data.write_bytes(b"x" * 3_000_000)
    done = run([PYTHON, "-c", "pass"], "--data", "train.jsonl")
    assert done.returncode == 0, done.stderr
    hashed = hashlib.sha256(data.read_bytes()).hexdigest()

    def known() -> bool:
        data_known = _environment(recorded).get("data") or [{}]
        return bool(data_known[0].get("sha256"))

    wait_for(known, what="the hash")
    told = _environment(recorded)
    assert told["packages"]["msgspec"] == msgspec.__version__
    assert told["os"] == system() and "Linux" in told["os"]
    assert told["data"] == [{"path": str(data), "bytes": 3_000_000, "sha256": hashed}]


def test_packages_of_another_python(recorded: Recorded, tmp_path: Path) -> None:
    place = tmp_path / "site"
    (place / "Some_Thing-1.2.dist-info").mkdir(parents=True)
    python = tmp_path / "python3"
    python.write_text(
        f"#!/bin/sh\n[ \"$1\" = -V ] && exec echo Python 3.4.5\nprintf '%s\\n' '' {place} /none\n"
    )
    python.chmod(0o755)
    run([str(python), "train.py"])
    assert _environment(recorded)["packages"] == {"some-thing": "1.2"}
    assert any(record.get("python") == "3.4.5" for record in recorded.records())


def test_names_and_versions_of_what_is_installed(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for name in (
        "ruamel.yaml-0.18.6.dist-info",
        "torch-2.5.1+cu124.dist-info",
        "old-1.0-py3.8.egg-info",
        "x.py",
    ):
        (first / name).mkdir(parents=True)
    (second / "torch-1.0.dist-info").mkdir(parents=True)
    found = packages([str(first), str(second), str(tmp_path / "none"), str(first / "x.zip")])
    assert found == {"old": "1.0", "ruamel-yaml": "0.18.6", "torch": "2.5.1+cu124"}
    assert fingerprint(tmp_path / "none") == {"path": str(tmp_path / "none"), "bytes": None, "sha256": None}


def test_gpus_that_were_granted_and_their_driver(tmp_path: Path) -> None:
    driver = Standin(build(tmp_path), tmp_path / "rules")
    driver.write("gpus 3", "fail 1 Name 15")
    code = (
        "import json\nfrom mlws_tui.services.launch.environment import graphics\n"
        "print(json.dumps([graphics(given) for given in (None, '2,1', 'GPU-00000002-1111', '', '9')]))"
    )
    told = json.loads(driver.run(code=code).stdout)
    assert [one["gpus"] for one in told] == [
        ["NVIDIA H200", "unknown", "NVIDIA H200"],
        ["NVIDIA H200", "unknown"],
        ["NVIDIA H200"],
        [],
        [],
    ]
    assert {one["driver"] for one in told} == {"580.95.05"}
    driver.write("init 18")
    assert json.loads(driver.run(code=code).stdout) == [{}] * 5


def test_data_that_is_not_there_is_told_before_anything_runs(recorded: Recorded, tmp_path: Path) -> None:
    for path in ("none.csv", "."):
        done = run(["true"], "--data", path)
        assert done.returncode == 2 and done.stderr.startswith(f"mlws-tui: --data {path} ")
    assert recorded.ids() == []


def _fork(recorded: Recorded, **record: Any) -> str:
    root = recorded.workspace.root
    run_id = claim(str(root), "forked", "agents", 1000.0)
    facts = {
        "type": "run",
        "v": 1,
        "ts": 1000.0,
        "id": run_id,
        "name": "forked",
        "kind": "agents",
        "pid": None,
    }
    path = recorded.workspace.streams / run_id / "host-1-a.jsonl"
    path.write_text('{"no": "type"}\n' + json.dumps({**facts, **record}) + "\n")
    return run_id


def test_a_run_that_was_made_before_is_started_once(recorded: Recorded, script: Script) -> None:
    run_id = _fork(recorded, config={"lr": 1, "deep": {"a": 2}}, given={"lr": 0.5}, parent="p")
    command = script(
        "import os\nimport mlws_tui as mlws\n"
        "run = mlws.run('x', config={'lr': 9, 'seed': 3})\nprint(os.environ['MLWS_CONFIG'], run.config, run.id)\n"
    )
    done = run(command, "--as", run_id, "--config", "bs=8", env={**os.environ, "MLWS_CONFIG": "{}"})
    given, _, rest = done.stdout.partition("} ")
    assert json.loads(given + "}") == {"lr": 0.5, "bs": 8}, done.stderr
    assert "'lr': 0.5" in rest and "'seed': 3" in rest and rest.rstrip().endswith(run_id)
    assert recorded.ids() == [run_id]
    first = recorded.first(run_id)
    assert (first["name"], first["kind"], first["config"]) == ("forked", "agents", {"lr": 0.5, "bs": 8})
    assert recorded.log(run_id).startswith("20")
    again = run(["true"], "--as", run_id)
    assert (again.returncode, again.stdout) == (2, "") and "was started already" in again.stderr
    none = run(["true"], "--as", "20240101-000000-none")
    assert none.returncode == 2 and "There is no run" in none.stderr


def test_two_that_start_one_run_at_once(recorded: Recorded) -> None:
    run_id = _fork(recorded)
    assert planned(recorded.workspace, run_id).given == {}
    (recorded.workspace.logs / "agents").mkdir(exist_ok=True)
    (recorded.workspace.logs / "agents" / f"{run_id}.log").touch()  # the other one was a moment earlier
    done = run(["true"], "--as", run_id)
    assert done.returncode == 1 and done.stderr == f"mlws-tui: {run_id} was started already\n"
    with pytest.raises(UsageError):
        planned(recorded.workspace, "../../etc")


def test_what_was_given_to_an_outer_run_is_not_given_to_an_inner_one(recorded: Recorded) -> None:
    inner = f"{PYTHON} -m mlws_tui run --name inner -- sh -c 'echo inner=$MLWS_CONFIG'"
    done = run(["sh", "-c", f"echo outer=$MLWS_CONFIG; {inner}"], "--config", "lr=1")
    assert done.stdout == 'outer={"lr": 1}\ninner=\n'
    assert run(["true"], "--config", f"x={'y' * 100_000}").returncode == 2


def test_a_shim_stands_in_for_a_tracker(recorded: Recorded) -> None:
    code = "import trackio\ntrackio.init(project='p')\ntrackio.log({'loss': 0.5})\ntrackio.finish()"
    done = run([PYTHON, "-c", code], "--shim", "trackio")
    assert done.returncode == 0, done.stderr
    files = (recorded.workspace.streams / recorded.ids()[0]).glob("*.jsonl")
    assert sum('"metrics"' in path.read_text() for path in files) == 1
    wrong = subprocess.run(
        [PYTHON, "-m", "mlws_tui", "run", "--shim", "nope", "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert wrong.returncode == 2 and "nope" in wrong.stderr
