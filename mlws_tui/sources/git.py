"""What state the code was in: commit, branch and the changes that are not committed, asked of git."""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlws_tui.domain.dayfacts import Commit

#: Bytes of a diff that are kept.
MAX_DIFF = 1_000_000
#: Names of untracked files that are kept.
MAX_UNTRACKED = 50
#: Commits of a day that are told, and how many letters of each message's first line.
MAX_COMMITS, MAX_SUBJECT = 100, 200

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
# No signature is checked: that would run another program.
_QUIET = (
    "-c",
    "log.showSignature=false",
    "-c",
    "i18n.logOutputEncoding=UTF-8",
    "--literal-pathspecs",
)
_LOG = ("log", "--branches", "--no-merges", "--no-show-signature", "--no-decorate")
_FIELDS = "--format=%x01%H%x00%at%x00%ae%x00%s%x00"
_SHA = re.compile(r"[0-9a-f]{40,64}")
# Variables of a hook or a shell that would choose another repository than the one that a folder is in.
_PLACES = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX"}
)
# Nothing is fetched that a partial clone lacks.
_OFFLINE = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}
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


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository that a folder is in.

    Attributes:
        top: The top folder of the working tree.
        folder: Where git keeps what concerns this working tree alone.
        shared: What all its working trees have in common: the same for the same repository.
    """

    top: Path
    folder: Path
    shared: Path

    @property
    def name(self) -> str:
        """What people call it."""
        return self.shared.parent.name if self.shared.name == ".git" else self.top.name

    def mark(self) -> tuple[int, ...]:
        """Changes when something was committed in this working tree. It looks at the disk."""
        found = []
        for name in ("HEAD", "logs/HEAD"):
            try:
                found.append((self.folder / name).stat().st_mtime_ns)
            except (OSError, ValueError):
                found.append(0)
        return tuple(found)


def repository(cwd: Path, timeout: float = 2.0) -> Repository | None:
    """The repository that a folder is in; None where there is none, or git refuses or does not answer in time."""
    try:
        answer = _ask(
            cwd,
            time.monotonic() + timeout,
            *("rev-parse", "--show-toplevel", "--absolute-git-dir", "--git-common-dir"),
            limit=16_384,
            elsewhere=False,
        )
        top, folder, shared = answer.removesuffix("\n").split("\n")
        return Repository(Path(top), Path(folder), Path(os.path.realpath(cwd / shared)))
    except (_NoAnswer, OSError, ValueError, subprocess.TimeoutExpired):
        return None


def commits(
    top: Path, first: float, end: float, timeout: float = 2.0, besides: Sequence[str] = ()
) -> list[Commit] | None:
    """The person's own commits of a time on any branch of a repository, newest first, merges left out.

    Args:
        top: The top folder of a working tree.
        first: When the time begins, Unix seconds; those count that were written, not only applied, in it.
        end: When it is over.
        timeout: Seconds for all of it.
        besides: Files and, with a slash at their end, folders below `top`: commits of nothing but them do not count.

    Returns:
        None where git does not tell, or nothing says who the person is.
    """
    deadline = time.monotonic() + timeout
    try:
        who = _ask(top, deadline, *_QUIET, "var", "GIT_AUTHOR_IDENT", elsewhere=False)
        email = who.rpartition("<")[2].partition(">")[0].casefold()
        since = f"--since={max(0, int(first))}"
        names = ("--name-only", "--no-renames", "-z") if besides else ()
        answer = _ask(
            top,
            deadline,
            *(*_QUIET, *_LOG, *names, since, f"-n{5 * MAX_COMMITS}", _FIELDS, "HEAD", "--"),
            limit=MAX_DIFF,
            elsewhere=False,
        )
    except (_NoAnswer, OSError, ValueError, subprocess.TimeoutExpired):
        return None
    parts = (part for part in answer.split("\x01") if not _only_of(part, besides))
    found = [commit for part in parts if (commit := _commit_of(part, email)) is not None]
    return [commit for commit in found if first <= commit.ts < end][:MAX_COMMITS]


def _only_of(part: str, besides: Sequence[str]) -> bool:
    """Whether a commit, as git tells of it, has files, and all of them are these or in these folders."""
    names = [name for field in part.split("\0")[4:] if (name := field.strip("\n"))]
    folders = tuple(one for one in besides if one.endswith("/"))
    return bool(names) and all(name in besides or name.startswith(folders) for name in names)


def _commit_of(part: str, email: str) -> Commit | None:
    sha, _, rest = part.partition("\0")
    ts, _, rest = rest.partition("\0")
    author, _, rest = rest.partition("\0")
    subject = rest.partition("\0")[0]
    if not _SHA.fullmatch(sha) or not ts.isascii() or not ts.isdigit() or author.casefold() != email:
        return None
    return Commit(sha, float(ts), subject.strip()[:MAX_SUBJECT])


def untracked(top: Path, paths: Sequence[Path], timeout: float = 2.0) -> list[Path] | None:
    """Which of these files git neither tracks nor ignores; None where it does not tell.

    Args:
        top: The top folder of the working tree that they are in.
        paths: At most some hundreds.
        timeout: Seconds.
    """
    try:
        answer = _ask(
            top,
            time.monotonic() + timeout,
            *(*_QUIET, "ls-files", "--others", "--exclude-standard", "-z", "--", *map(str, paths)),
            limit=MAX_DIFF,
            elsewhere=False,
        )
    except (_NoAnswer, OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return [top / name for name in answer.split("\0") if name]


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


def _ask(cwd: Path, deadline: float, *arguments: str, limit: int = 4096, elsewhere: bool = True) -> str:
    """The first `limit` bytes of git's answer, without the line end of a one-line one.

    Args:
        cwd: Where it is asked.
        deadline: By the monotonic clock.
        arguments: What it is asked.
        limit: Bytes that are read.
        elsewhere: Whether variables of the shell may name another repository than the folder's.

    Raises:
        _NoAnswer: if git fails.
        OSError: if there is no git or no such folder.
        subprocess.TimeoutExpired: if the time is over.
    """
    here = {key: value for key, value in os.environ.items() if key not in _PLACES} | _OFFLINE
    env = {
        **(os.environ if elsewhere else here),
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
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
