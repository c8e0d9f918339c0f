"""What docs/streams.md tells others to write is what we read."""

from __future__ import annotations

import math
import os
import pwd
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from mlws_tui.domain.runs import Run
from mlws_tui.sources.processes import boot_id
from tests.store.kit import ingested, workspace

DOCS = Path(__file__).parents[2] / "docs" / "streams.md"


def example(language: str) -> str:
    found = re.findall(
        rf"^```{language}\n(.*?)^```$", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert len(found) == 1
    return str(found[0])


def folder(tmp_path: Path) -> Path:
    root = workspace(tmp_path / "workspace").root
    assert list((root / ".mlws").iterdir()) == [root / ".mlws" / "streams"]
    return root


async def only_run(root: Path, name: str) -> Run:
    async with ingested(root) as store:
        (listed,) = (await store.list_runs()).runs
        run = await store.get_run(listed.id)
        assert run is not None and run.name == name and not run.bad_lines and not run.problems
        [process] = run.processes
        assert (process.host, process.boot_id) == (os.uname().nodename, boot_id()) and process.start
        assert process.pid_ns == os.readlink("/proc/self/ns/pid")
        assert (await store.points(run.id, "loss")).step == [1, 2, 3]
    [path] = (root / ".mlws" / "streams" / listed.id).iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert (root / ".mlws" / "streams" / "_wake" / listed.id).exists()
    return run


@pytest.mark.parametrize(("last_line", "code"), [("", 0), ("exit 3", 3)])
async def test_the_shell_script_records_a_run(tmp_path: Path, last_line: str, code: int) -> None:
    root = folder(tmp_path)
    script = example("bash") + last_line
    done = subprocess.run(
        ["bash", "-c", script], cwd=root, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (code, "")
    run = await only_run(root, "by-hand")
    assert (run.state, run.exit_code) == ("completed" if code == 0 else "failed", code)
    assert run.config == {"lr": 0.001} and run.tags == ("shell",) and run.summary == {"accuracy": 0.87}
    assert run.latest["loss"].last == 0.6 and run.progress is not None and run.progress.fraction == 1.0


def test_a_second_script_in_the_same_second_gets_an_id_of_its_own(tmp_path: Path) -> None:
    root = folder(tmp_path)
    fixed = example("bash").replace("$(date +%Y%m%d-%H%M%S)", "20241019-143000")
    for _ in range(3):
        subprocess.run(["bash", "-c", fixed], cwd=root, timeout=30, check=True)
    names = {entry.name for entry in (root / ".mlws" / "streams").iterdir()} - {"_wake"}
    assert names == {f"20241019-143000-by-hand{number}" for number in ("", "-2", "-3")}


@pytest.mark.skipif(shutil.which("rustc") is None, reason="there is no Rust compiler here")
async def test_the_rust_program_records_a_run(tmp_path: Path) -> None:
    root = folder(tmp_path)
    source, program = tmp_path / "by_hand.rs", tmp_path / "by_hand"
    source.write_text(example("rust"), encoding="utf-8")
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)  # where rustup keeps the compiler; HOME is a test's own
    env = {"RUSTUP_HOME": str(home / ".rustup"), **os.environ}
    build = ["rustc", "--edition", "2021", "-D", "warnings", "-o", program, source]
    subprocess.run(build, cwd=tmp_path, timeout=120, check=True, env=env)
    subprocess.run([tmp_path / "by_hand"], cwd=root, timeout=30, check=True)
    run = await only_run(root, "from-rust")
    assert run.state == "completed" and run.latest["loss"].last == 1 / 3
    assert math.isnan(run.latest["grad/norm"].last) and run.latest["grad/norm"].count == 3
    async with ingested(root) as store:
        [note] = await store.happenings(run.id)
        assert note.data == {"text": 'any "text"\n of any kind'}
