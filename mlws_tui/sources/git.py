"""What state the code was in: commit, branch and the changes that are not committed, asked of git."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from pathlib import Path
from typing import Any

#: Bytes of a diff that are kept.
MAX_DIFF = 1_000_000
#: Names of untracked files that are kept.
MAX_UNTRACKED = 50

# A repository's own settings must not make it run other programs, and nothing is paged or coloured; a diff names
# its files as `git apply` reads them.
_GIT = (
    "git",
    "--no-pager",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "color.ui=false",
    "-c",
    "diff.noprefix=false",
    "-c",
    "diff.mnemonicPrefix=false",
    "-c",
    "diff.relative=false",
)
_UNTRACKED = (
    "ls-files",
    "--others",
    "--exclude-standard",
    "--directory",
    "--no-empty-directory",
    "--full-name",
    "-z",
    ":/",
)
_DIFF = ("diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty")


class _NoAnswer(Exception):
    """Git says no; the message is its first line."""


def snapshot(cwd: Path, timeout: float = 2.0) -> dict[str, Any] | None:
    """The state of the repository that a folder is in, or None where there is no git or no repository.

    Blocking: for a thread. Files that git does not track make nothing dirty; they are named in ``untracked``.

    Args:
        cwd: Any folder of the working tree.
        timeout: Seconds for all of it.

    Returns:
        ``sha``, ``branch``, ``dirty``, ``diff`` (against the commit, at most `MAX_DIFF` bytes; binary files are only
        named), ``untracked``; each None where it could not be had, and then ``reason`` in words.
    """
    deadline = time.monotonic() + timeout
    found: dict[str, Any] = {"sha": None, "branch": None, "dirty": None, "diff": None}
    try:
        if _ask(cwd, deadline, "rev-parse", "--is-inside-work-tree") != "true":
            return None
    except (_NoAnswer, OSError):
        return None
    except subprocess.TimeoutExpired:
        return {**found, "reason": "git did not answer in time"}
    try:
        found["branch"] = _branch(cwd, deadline)
        found["sha"] = _commit(cwd, deadline)
        base = ("HEAD",) if found["sha"] else ("--cached",)
        diff = _ask(cwd, deadline, *_DIFF, *base, limit=MAX_DIFF + 1)
        found["dirty"] = bool(diff)
        found["diff"] = _cut(diff)
        if found["sha"] is None:
            found["reason"] = "there is no commit yet"
        others = _ask(cwd, deadline, *_UNTRACKED, limit=65_536)
        if others:
            found["untracked"] = [name for name in others.split("\0") if name][:MAX_UNTRACKED]
    except subprocess.TimeoutExpired:
        found["reason"] = f"git did not answer within {timeout:g} s"
    except (_NoAnswer, OSError) as error:
        found["reason"] = str(error)
    return found


def _branch(cwd: Path, deadline: float) -> str | None:
    try:
        return _ask(cwd, deadline, "symbolic-ref", "--short", "-q", "HEAD") or None
    except _NoAnswer:
        return None  # a detached HEAD


def _commit(cwd: Path, deadline: float) -> str | None:
    try:
        return _ask(cwd, deadline, "rev-parse", "--verify", "-q", "HEAD^{commit}") or None
    except _NoAnswer:
        return None  # a repository without a commit


def _cut(diff: str) -> str:
    """At most `MAX_DIFF` bytes, in whole lines, and a last line that says so."""
    data = diff.encode()
    if len(data) <= MAX_DIFF:
        return diff
    kept = data[:MAX_DIFF]
    return (
        kept[: kept.rfind(b"\n") + 1].decode(errors="replace")
        + f"\\ the diff is cut after {MAX_DIFF} bytes\n"
    )


def _ask(cwd: Path, deadline: float, *arguments: str, limit: int = 4096) -> str:
    """The first `limit` bytes of git's answer, without the line end of a one-line one.

    Raises:
        _NoAnswer: if git fails.
        OSError: if there is no git or no such folder.
        subprocess.TimeoutExpired: if the time is over.
    """
    env = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    command = [*_GIT, *arguments]
    with subprocess.Popen(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            output = _read(process, deadline, limit)
            if len(output) < limit:
                code = process.wait(max(0.0, deadline - time.monotonic()))
                if code != 0:
                    raise _NoAnswer(f"git {arguments[0]} failed with exit code {code}")
        finally:
            process.kill()
    text = output.decode(errors="replace")
    return text[:-1] if text.count("\n") == 1 and text.endswith("\n") else text


def _read(process: subprocess.Popen[bytes], deadline: float, limit: int) -> bytes:
    """Up to `limit` bytes of the standard output before the deadline."""
    assert process.stdout is not None  # noqa: S101 - it was opened as a pipe
    output = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while len(output) < limit:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise subprocess.TimeoutExpired(process.args, 0.0)
            data = os.read(process.stdout.fileno(), min(1 << 16, limit - len(output)))
            if not data:
                break
            output += data
    return bytes(output)
