"""What is told of a run besides its output: what is at hand, and later what other programs must be asked for."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlws_tui.domain.events import ENV_RUN_ID, is_run_id
from mlws_tui.sdk.facts import process_facts
from mlws_tui.sources.git import snapshot

_VERSION = re.compile(rb"Python (\d+\.\d+\.\d+\S*)")
_PYTHON = re.compile(r"python[\d.]*")


def first_facts(command: Sequence[str], now: float) -> dict[str, Any]:
    """The fields of the ``run`` record that this process knows of itself, for a command that it is about to run."""
    facts = {**process_facts(now), "role": "wrapper", "cmd": list(command), "attempt": 1}
    facts.pop("python")  # this interpreter's version, not the command's
    outer = os.environ.get(ENV_RUN_ID)
    if outer and is_run_id(outer):
        facts["launched_by"] = outer
    return facts


def slow_facts(program: str | None, cwd: Path, env: Mapping[str, str], timeout: float) -> dict[str, Any]:
    """The state of the code and the version of the command's Python. Blocking: for a thread.

    Args:
        program: Path of what is executed.
        cwd: Where.
        env: The command's environment.
        timeout: Seconds for each of the two.
    """
    facts: dict[str, Any] = {}
    git = snapshot(cwd, timeout)
    if git is not None:
        facts["git"] = git
    version = python_version(program, env, timeout)
    if version is not None:
        facts["python"] = version
    return facts


def python_version(program: str | None, env: Mapping[str, str], timeout: float) -> str | None:
    """Version of the Python that the command is, or that its first line names, else of the one on its PATH."""
    interpreter = find_interpreter(program, env)
    if interpreter is None:
        return None
    if os.path.realpath(interpreter) == os.path.realpath(sys.executable):
        return platform.python_version()
    try:
        answer = subprocess.run(
            [interpreter, "-V"],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = _VERSION.search(answer.stdout + answer.stderr)  # Python 2 tells it on stderr
    return match[1].decode() if match else None


def find_interpreter(program: str | None, env: Mapping[str, str]) -> str | None:
    """Path of the Python that the command is, or that its first line names, else of the one on its PATH."""
    path = env.get("PATH", os.defpath)
    interpreter = _interpreter(program) if program else None
    if interpreter is not None and Path(interpreter).is_absolute():
        return interpreter
    names = (interpreter,) if interpreter else ("python", "python3")
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def _interpreter(program: str) -> str | None:
    """The Python that a program is or names in its ``#!`` line: a path, or a name to look up."""
    if _PYTHON.fullmatch(Path(program).name):
        return program
    try:
        with Path(program).open("rb") as file:
            line = file.readline(256)
    except OSError:
        return None
    if not line.startswith(b"#!"):
        return None
    words = [word for word in line[2:].decode(errors="replace").split() if not word.startswith("-")]
    if words and Path(words[0]).name == "env":
        words = words[1:]
    return words[0] if words and _PYTHON.fullmatch(Path(words[0]).name) else None
