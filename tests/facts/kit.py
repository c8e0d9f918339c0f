"""A model server, a repository and a workbench of today for the tests of facts."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from mlws_tui.config.load import load_settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.services.workbench import Workbench

_WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")


@contextlib.asynccontextmanager
async def opened(workspace: Workspace, now: float) -> AsyncIterator[Workbench]:
    settings, _ = load_settings(workspace)
    async with await Workbench.open(workspace, settings, clock=lambda: now) as bench:
        await bench.ingest.catch_up()
        yield bench


@contextlib.contextmanager
def served(answer: Any, status: int = 200) -> Iterator[str]:
    """A server that speaks Ollama's API; its address, as ``OLLAMA_HOST`` has it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status if self.path == "/api/tags" else 404)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def model(
    name: str, ts: float, size: int = 4_900_000_000, parent: str = "", zone: str = "Z"
) -> Mapping[str, Any]:
    """A model as ``/api/tags`` lists it."""
    when = datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%dT%H:%M:%S.123456789") + zone
    details = {"parent_model": parent, "format": "gguf", "family": "llama", "parameter_size": "8.0B"}
    return {
        "name": name,
        "model": name,
        "modified_at": when,
        "size": size,
        "digest": f"{abs(hash(name)):064x}"[:64],
        "details": details,
    }


def git(folder: Path, *arguments: str, **environment: str) -> str:
    """What git answers there."""
    env = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent", **environment}
    done = subprocess.run(
        ["git", *_WHO, *arguments], cwd=folder, check=True, capture_output=True, text=True, env=env
    )
    return done.stdout.strip()


def repository(folder: Path) -> Path:
    """A new repository in a folder, whose person is Ada."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.email", "ada@example.org")
    git(folder, "config", "user.name", "Ada")
    return folder


def commit(folder: Path, subject: str, ts: float, *, email: str = "ada@example.org") -> str:
    """Commit nothing but a message; the commit's name."""
    when = {"GIT_AUTHOR_DATE": f"{int(ts)} +0000", "GIT_COMMITTER_DATE": f"{int(ts)} +0000"}
    git(folder, "commit", "-q", "--allow-empty", "-m", subject, GIT_AUTHOR_EMAIL=email, **when)
    return git(folder, "rev-parse", "HEAD")
