"""An export is there whole or not at all: killed, interrupted, without room, in the way of something."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from mlws_tui.config.schema import Settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.services.export import Request, export_folder
from mlws_tui.services.workbench import Workbench
from tests.export.kit import FORMATS, command, exported, rows
from tests.runs.kit import begun, metrics, record

RUN = "20241019-143000-sentiment"


#: A file may not grow over 100 or 200 kB, as shells differ.
LIMITED = ("sh", "-c", 'ulimit -f 200; exec "$@"', "sh")


def _begun(process: subprocess.Popen[str], folder: Path) -> Path:
    """The partial folder, once metrics are being written into it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for partial in folder.glob("out.partial-*/metrics.csv"):
            return partial.parent
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)
    raise AssertionError("it never began")


def _interrupted(workspace: Workspace, folder: Path, number: int) -> tuple[int, str, Path]:
    process = command(workspace, "--out", str(folder / "out"))
    try:
        partial = _begun(process, folder)
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    return process.returncode, err, partial


def test_killed_it_leaves_nothing_under_its_name(large: Workspace, tmp_path: Path) -> None:
    code, _, partial = _interrupted(large, tmp_path, signal.SIGKILL)
    assert code == -signal.SIGKILL and partial.exists()
    assert list(tmp_path.iterdir()) == [partial]
    done = command(large, "--out", str(tmp_path / "out"), "--what", "runs")
    assert done.communicate(timeout=30)[0] == f"{tmp_path / 'out'}\n"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_interrupted_it_tidies_up(large: Workspace, tmp_path: Path, number: int, code: int) -> None:
    returned, err, _ = _interrupted(large, tmp_path, number)
    assert (returned, err) == (code, "mlws-tui: the export was interrupted: nothing of it was kept\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", FORMATS)
def test_without_room_it_says_so(large: Workspace, tmp_path: Path, kind: str) -> None:
    if kind == "parquet":
        pytest.importorskip("pyarrow")

    process = command(large, "--out", str(tmp_path / "out"), "--format", kind, before=LIMITED)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, ""), err
    assert (
        err.startswith(f"mlws-tui: There is no room for the export {tmp_path / 'out'} (")
        and err.count("\n") == 1
    )
    assert list(tmp_path.iterdir()) == []


async def _export(workspace: Workspace, target: Path, *, force: bool = False) -> None:
    async with await Workbench.open(workspace, Settings()) as bench:
        await bench.ingest.catch_up()
        await export_folder(bench, Request(), target, force=force)


async def test_only_an_export_is_ever_replaced(workspace: Workspace, tmp_path: Path) -> None:
    target = tmp_path / "out"
    record(workspace, RUN, begun(RUN, 1.0), metrics(1, 2.0, loss=1))
    await _export(workspace, target)
    record(workspace, RUN, metrics(2, 3.0, loss=1))
    with pytest.raises(MlwsError, match="exists already"):
        await _export(workspace, target)
    assert len(rows(target, "metrics")) == 1
    await _export(workspace, target, force=True)
    assert len(rows(target, "metrics")) == 2

    (target / "mine.txt").write_text("x")
    with pytest.raises(MlwsError, match="is no export"):
        await _export(workspace, target, force=True)
    (target / "mine.txt").unlink()
    (target / "manifest.json").write_text(json.dumps(["mlws-tui export"]))
    with pytest.raises(MlwsError, match="is no export"):
        await _export(workspace, target, force=True)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["out", "workspace"]


async def test_links_and_files_in_the_way_stay(workspace: Workspace, tmp_path: Path) -> None:
    await _export(workspace, tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "file").write_text("x")
    for name in ("link", "dangling", "file"):
        for force in (False, True):
            with pytest.raises(MlwsError, match=r"exists already|is no export"):
                await _export(workspace, tmp_path / name, force=force)
    assert (tmp_path / "link").is_symlink() and (tmp_path / "file").read_text() == "x"
    with pytest.raises(UsageError, match="There is no folder"):
        await _export(workspace, tmp_path / "none" / "out")
    (tmp_path / "empty").mkdir()
    await _export(workspace, tmp_path / "empty", force=True)


async def test_nobody_else_may_read_it(workspace: Workspace, tmp_path: Path) -> None:
    done = await exported(workspace, tmp_path / "out\x1b[2J\n", Request())
    assert done.path is not None
    assert done.path.stat().st_mode & 0o777 == 0o700
    assert {entry.stat().st_mode & 0o777 for entry in done.path.iterdir()} == {0o600}
