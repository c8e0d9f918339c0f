"""Scripts that import wandb and trackio themselves, with our folders put first on their module path."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import UsageError
from mlws_tui.services.launch.shims import SHIMS, shim_env
from tests.sdk.scripts import metric, of_type, only_stream, records, streams

BOTH = """
import importlib.metadata, importlib.util, sys
import trackio, wandb
assert len(wandb.util.generate_id(12)) == 12 and issubclass(wandb.errors.CommError, wandb.Error)
assert not isinstance(7, wandb.sdk.lib.RunDisabled)
import trackio.context_vars, wandb.util
from wandb.errors import CommError
from wandb.sdk.lib import RunDisabled
from wandb.sdk.lib.config_util import ConfigError
from wandb.sdk.wandb_run import Run
from wandb.wandb_run import Run as Same
from wandb import Artifact, Image, data_types
assert wandb.run is None and Run is Same and data_types.Image is Image
for module in (trackio, wandb):
    assert importlib.metadata.version(module.__name__) == module.__version__
    assert importlib.metadata.packages_distributions()[module.__name__][0] == module.__name__
assert isinstance(wandb.init(project="p"), Run) and len(wandb.util.generate_id()) == 8
wandb.log({"loss": 0.5})
"""


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """A Python without mlws-tui and all that it needs."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    return tmp_path / "venv" / "bin" / "python"


@functools.cache
def older_python() -> str | None:
    """A Python that is too old for us and can be started, if there is one."""
    known = filter(None, (shutil.which(f"python3.{minor}") for minor in (8, 9, 10, 7)))
    tried = (python for python in known if subprocess.run([python, "-c", ""], check=False).returncode == 0)
    return next(tried, None)


def ran(
    python: str | Path, script: str, workspace: Workspace, **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-c", script],
        cwd=workspace.root,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_python_that_does_not_know_us_records_here(workspace: Workspace, stranger: Path) -> None:
    script = (
        BOTH
        + "import importlib.util as u; print([n for n in ('textual', 'rich', 'msgspec') if u.find_spec(n)])"
    )
    done = ran(stranger, script, workspace, **shim_env(["wandb", "trackio"], {}))
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "[]\n")
    assert metric(only_stream(workspace.root), "loss") == [(0, 0.5)]


def test_a_python_that_knows_us_does_so_too_and_hands_it_on(workspace: Workspace) -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BOTH!r}], check=True)"
    done = ran(sys.executable, child, workspace, **shim_env(["wandb,trackio"], os.environ))
    assert (done.returncode, done.stderr) == (0, "")
    assert metric(only_stream(workspace.root), "loss") == [(0, 0.5)]


def test_a_trainer_that_reports_to_both_leaves_one_run(workspace: Workspace) -> None:
    script = """
import trackio, wandb
wandb.init(project="p", name="n", config={"a": 1})
trackio.init(project="p", name="n", config={"b": 2})
for step in range(3):
    row = {"loss": 1 / (step + 1), "bad": float("nan"), "train/global_step": step}
    wandb.define_metric("*", step_metric="train/global_step")
    wandb.log(row)
    trackio.log(row)
trackio.log({"only": 1})
trackio.finish()
wandb.log({"loss": 0.1, "train/global_step": 3})
wandb.init(project="p", name="n", reinit="create_new").finish()
wandb.finish()
"""
    done = ran(sys.executable, script, workspace, **shim_env(SHIMS, {}))
    assert (done.returncode, done.stderr) == (0, "")
    first, other = (records(path) for (path,) in streams(workspace.root).values())
    assert metric(first, "loss") == [(0, 1.0), (1, 0.5), (2, 1 / 3), (3, 0.1)]
    assert metric(first, "bad") == [(0, "NaN"), (1, "NaN"), (2, "NaN")] and metric(first, "only") == [(2, 1)]
    assert first[-1]["type"] == other[-1]["type"] == "end"
    assert [record["config"] for record in of_type(first, "set")] == [{"b": 2}]


@pytest.mark.parametrize("there", [False, True])
def test_an_older_python_gets_a_sentence_and_the_real_module(
    workspace: Workspace, tmp_path: Path, there: bool
) -> None:
    older = older_python()
    if older is None:
        pytest.skip("there is no older Python here")
    if there:
        (tmp_path / "wandb").mkdir()
        (tmp_path / "wandb" / "__init__.py").write_text("real = True")
        (tmp_path / "wandb" / "more.py").write_text("")
    env = shim_env(["wandb"], {"PYTHONPATH": str(tmp_path)})
    done = ran(older, "import wandb\nimport wandb.more\nprint(wandb.real)", workspace, **env)
    assert "needs Python 3.11 or newer" in done.stderr
    if there:
        assert (done.returncode, done.stdout) == (0, "True\n")
    else:
        assert done.returncode == 1 and "No module named 'wandb'" in done.stderr


def test_the_variables_keep_the_persons_own_path_behind_ours() -> None:
    assert shim_env([], {"PYTHONPATH": "/x"}) == {}
    once = shim_env(["trackio, wandb", "trackio"], {"PYTHONPATH": "/x::/y"})
    folders = [Path(part) for part in once["PYTHONPATH"].split(":")]
    assert [folder.name for folder in folders] == ["trackio", "wandb", "x", "y"]
    assert all((folder / folder.name / "__init__.py").is_file() for folder in folders[:2])
    assert shim_env(["trackio", "wandb"], once) == once  # a wrapper below a wrapper
    assert shim_env(SHIMS, {}).keys() == {"PYTHONPATH"}
    with pytest.raises(UsageError, match="mlflow"):
        shim_env(["wandb,mlflow"], {})
