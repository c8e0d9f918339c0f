"""The demo's programs do what they claim, and the demo clears up after itself."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from mlws_tui.demo.model import CharModel, Size
from mlws_tui.demo.optimizer import AdamW, learning_rate
from mlws_tui.demo.tensor import matmul
from mlws_tui.demo.text import TEXT
from mlws_tui.demo.train import Data

MLWS = [sys.executable, "-m", "mlws_tui"]
SIZE = Size(letters=5, context=3, embedding=2, hidden=4)


def small_batch(count: int) -> list[tuple[tuple[int, ...], int]]:
    source = random.Random(1)
    return [(tuple(source.randrange(5) for _ in range(3)), source.randrange(5)) for _ in range(count)]


def test_the_gradients_are_those_of_the_loss() -> None:
    model, batch = CharModel(SIZE, seed=2), small_batch(6)
    loss, gradients = model.gradients(batch)
    assert loss == pytest.approx(model.loss(batch))
    for name, matrix in model.weights.items():
        for i, row in enumerate(matrix):
            for j, value in enumerate(row):
                row[j] = value + 1e-5
                above = model.loss(batch)
                row[j] = value - 1e-5
                below = model.loss(batch)
                row[j] = value
                assert gradients[name][i][j] == pytest.approx((above - below) / 2e-5, abs=1e-6)


def test_the_loss_falls_on_the_text_it_carries_and_on_what_was_held_out() -> None:
    data = Data(TEXT, SIZE.context)
    model = CharModel(Size(len(data.letters), SIZE.context, embedding=4, hidden=12), seed=0)
    optimizer = AdamW(model.weights)
    before = model.loss(data.train[:300]), model.loss(data.held_out)
    source = random.Random(0)
    for step in range(150):
        _, gradients = model.gradients(source.sample(data.train, 16))
        optimizer.step(model.weights, gradients, learning_rate(step, 150, 0.02))
    assert model.loss(data.train[:300]) < before[0] - 0.5
    assert model.loss(data.held_out) < before[1] - 0.5


def test_a_checkpoint_is_read_back_as_it_was(tmp_path: Path) -> None:
    model, batch = CharModel(SIZE, seed=2), small_batch(4)
    model.save(tmp_path / "best.json")
    other = CharModel(SIZE, seed=3)
    other.load(tmp_path / "best.json")
    assert other.loss(batch) == model.loss(batch)
    assert [path.name for path in tmp_path.iterdir()] == ["best.json"]


def test_no_letter_is_both_learnt_and_held_out() -> None:
    data = Data("abc def " * 50, 8)
    assert len(data.train) + len(data.held_out) + 2 * 8 == len(" ".join(("abc def " * 50).split()))
    assert data.decode(data.encode("fed cab")) == "fed cab"


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"\(1, 2\) and \(3, 1\) do not fit \(2 != 3\)"):
        matmul([[1.0, 2.0]], [[1.0], [2.0], [3.0]])


def ours(folder: Path) -> list[str]:
    """Command lines of processes whose folder lies in this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if os.readlink(entry / "cwd").startswith(str(folder)):
                    found.append((entry / "cmdline").read_bytes().decode(errors="replace"))
            except OSError:
                continue
    return found


def test_headless_runs_all_three_to_their_ends_and_leaves_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [*MLWS, "demo", "--headless", "--minutes", "0", "--epochs", "2"],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    ended = {line.split()[1]: line for line in done.stdout.splitlines()[2:]}
    assert set(ended) == {"char-lm", "sine-adapter", "workspace-agent"}
    assert ended["char-lm"].startswith("✓") and "val/loss" in ended["char-lm"]
    assert ended["sine-adapter"].startswith("✗") and "ValueError: matmul: shapes" in ended["sine-adapter"]
    assert ended["workspace-agent"].startswith("✓") and "completed" in ended["workspace-agent"]
    assert list(tmp_path.iterdir()) == []
    assert ours(tmp_path) == []


def test_a_signal_in_the_middle_ends_the_programs_and_keeps_what_was_to_be_kept(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [*MLWS, "demo", "--headless", "--keep", str(tmp_path / "kept")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert demo.stdout is not None
    assert demo.stdout.readline().startswith("Workspace")
    assert demo.stdout.readline().startswith("Started")
    end = time.monotonic() + 30
    while (
        not list((tmp_path / "kept" / "logs" / "training").glob("*char-lm*.log")) and time.monotonic() < end
    ):
        os.sched_yield()
    demo.send_signal(signal.SIGTERM)
    _, said = demo.communicate(timeout=30)
    assert demo.returncode == 128 + signal.SIGTERM, said
    assert ours(tmp_path) == []
    assert "Started: " in (tmp_path / "kept" / "ACTIVITY.md").read_text()


def named(folder: Path) -> list[str]:
    """Command lines of processes that have this folder in their environment, wherever they are."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"TMPDIR={folder}".encode() in (entry / "environ").read_bytes().split(
                b"\0"
            ):
                found.append((entry / "cmdline").read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_while_it_starts_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    for i in range(number % 3, 12, 3):  # together the three signals come at all twelve moments
        folder = tmp_path / str(i)
        folder.mkdir()
        demo = subprocess.Popen(
            [*MLWS, "demo", "--headless"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(folder)},
            start_new_session=True,
            preexec_fn=partial(signal.signal, number, signal.SIG_DFL),  # also where the tests run under nohup
        )
        time.sleep(0.05 + 0.05 * i)
        demo.send_signal(number)
        # Before Python has set handlers, the signal acts as it does on any program.
        assert demo.wait(timeout=30) in {128 + number, -number, 1}, i
        end = (
            time.monotonic() + 5
        )  # a process that was just reaped by nobody's parent may be seen for a moment
        while named(folder) and time.monotonic() < end:
            time.sleep(0.02)
        assert named(folder) == [], i
        time.sleep(0.05)
        assert list(folder.iterdir()) == [], i
