"""What every test stands on: an environment of its own, and a workspace to work in."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.workspace import init

#: Variables of a person's shell or a cluster's launcher that would change what the programs under test do.
_FOREIGN_PREFIXES = ("MLWS_", "XDG_", "SLURM_", "TORCHELASTIC_", "TEXTUAL", "GIT_", "OLLAMA_")
_FOREIGN = frozenset(
    (
        *(
            "CUDA_VISIBLE_DEVICES",
            "NVIDIA_VISIBLE_DEVICES",
            "RANK",
            "LOCAL_RANK",
            "WORLD_SIZE",
            "LOCAL_WORLD_SIZE",
        ),
        *(
            "GROUP_RANK",
            "MASTER_ADDR",
            "MASTER_PORT",
            "NO_COLOR",
            "FORCE_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
        ),
        *("COLUMNS", "LINES", "COLORTERM", "PYTHONUNBUFFERED", "PYTHONWARNINGS", "EDITOR", "VISUAL"),
        "PYTHONDONTWRITEBYTECODE",  # hundreds of programs under test would each compile all that they import
    )
)

sys.dont_write_bytecode = False  # nor should each worker compile all the tests again

# The machines that run the tests may be slow and shared: an example's time says nothing. The suite tries the same
# examples each time, so that it fails for what was changed; `--hypothesis-profile=explore` looks for new ones.
settings.register_profile("mlws", deadline=None, derandomize=True, max_examples=20)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("mlws")


# Below nohup, or a runner that ignores it, every program under test would ignore a hang-up, too.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """Set what was collected aside: it stays to the end and need not be looked through for garbage again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty home, UTC, and nothing of the person's settings. Yields the home."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name == "TEXTUAL_SNAPSHOT_TEMPDIR":  # the snapshot plugin's own
                continue
            if name in _FOREIGN or name.startswith(_FOREIGN_PREFIXES):
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("TZ", "UTC")
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("TEXTUAL_ANIMATIONS", "none")
        time.tzset()
        yield home
    time.tzset()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A new workspace, as ``mlws-tui init`` makes it."""
    return init(tmp_path / "workspace").workspace
