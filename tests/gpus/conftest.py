"""A driver to test against: our own ``libnvidia-ml.so.1``, built once and scripted by each test."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest

SOURCE = Path(__file__).parent / "standin" / "nvml.c"
COMMAND = "from mlws_tui.cli.gpu import command; command()"
PATIENCE = 20.0

Document = dict[str, Any]


class Watch:
    """A running ``gpu --watch --json``: its documents as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._documents: Queue[Document] = Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._documents.put(json.loads(line))

    def until(self, holds: Callable[[Document], bool]) -> Document:
        """The next document of which something holds."""
        deadline = time.monotonic() + PATIENCE
        last: Document = {}
        while (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(Empty):
                last = self._documents.get(timeout=left)
                if holds(last):
                    return last
        raise AssertionError(f"never came; the last one was {last}, exit {self.process.poll()}")

    def frames(self, count: int) -> list[Document]:
        """The next documents."""
        return [self._documents.get(timeout=PATIENCE) for _ in range(count)]

    def interrupt(self) -> int:
        """Press ctrl+c and wait for the exit."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=PATIENCE)


class Standin:
    """The built library with a script of its own."""

    def __init__(self, library: Path, script: Path) -> None:
        self.script = script
        self.environment = {
            **os.environ,
            "LD_LIBRARY_PATH": str(library.parent),
            "MLWS_NVML_STANDIN": str(script),
        }

    def write(self, *rules: str) -> None:
        """Replace the script at once."""
        fresh = self.script.with_suffix(".new")
        fresh.write_text("\n".join(rules) + "\n")
        fresh.replace(self.script)

    def run(self, *arguments: str, code: str = COMMAND) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE * 2,
            check=False,
        )

    def document(self) -> Document:
        """What ``gpu --json`` prints now."""
        done = self.run("--json")
        assert (done.returncode, done.stderr) == (0, "")
        document: Document = json.loads(done.stdout)
        return document

    @contextlib.contextmanager
    def watch(self, interval: float = 0.05) -> Iterator[Watch]:
        with subprocess.Popen(
            [sys.executable, "-c", COMMAND, "--json", "--watch", "--interval", str(interval)],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            watch = Watch(process)
            try:
                yield watch
            finally:
                process.kill()
                watch.reader.join()


def _build(folder: Path, *flags: str) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler (cc) to build the stand-in driver library with")
    library = folder / "libnvidia-ml.so.1"
    subprocess.run(
        [compiler, "-O1", "-shared", "-fPIC", *flags, "-o", str(library), str(SOURCE), "-lm", "-lpthread"],
        check=True,
    )
    return library


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build(tmp_path_factory.mktemp("nvml"))


@pytest.fixture(scope="session")
def old_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build(tmp_path_factory.mktemp("nvml-old"), "-DOLD")


@pytest.fixture
def standin(library: Path, tmp_path: Path) -> Standin:
    return Standin(library, tmp_path / "script")


@pytest.fixture
def old_standin(old_library: Path, tmp_path: Path) -> Standin:
    return Standin(old_library, tmp_path / "script")
