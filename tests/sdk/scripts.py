"""Runs small training scripts as processes of their own and reads what they left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def start(root: Path, script: str, **env: str) -> subprocess.Popen[str]:
    """Start a script in a workspace; its stdout and stderr can be read."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **env},
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def run(root: Path, script: str, **env: str) -> tuple[int, str, str]:
    """Run a script to its end: exit code, stdout, stderr."""
    return finish(start(root, script, **env))


def streams(root: Path) -> dict[str, list[Path]]:
    """The stream files by run id."""
    folder = root / ".mlws" / "streams"
    return {
        entry.name: sorted(entry.glob("*.jsonl"))
        for entry in sorted(folder.iterdir())
        if entry.is_dir() and not entry.name.startswith("_")
    }


def records(path: Path) -> list[dict[str, Any]]:
    """Every record of a stream; fails on a line that does not parse."""
    data = path.read_bytes()
    assert data.endswith(b"\n")
    return [json.loads(line) for line in data.splitlines() if line]


def only_stream(root: Path) -> list[dict[str, Any]]:
    """The records of the one stream there is."""
    ((path,),) = streams(root).values()
    return records(path)


def of_type(found: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [record for record in found if record["type"] == kind]


def metric(found: list[dict[str, Any]], name: str) -> list[tuple[Any, Any]]:
    """(step, value) of one metric in the order written."""
    return [(r["step"], r["values"][name]) for r in of_type(found, "metrics") if name in r["values"]]


Env = Mapping[str, str]
