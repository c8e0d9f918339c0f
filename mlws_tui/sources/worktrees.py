"""Working trees of a repository beside the person's own, which is never touched. Everything here blocks."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from mlws_tui.domain.errors import MlwsError

_ASKING, _WORKING = 20.0, 900.0  # seconds that git has to answer, and to check out files
# No program of a hook or a monitor runs, and nothing is asked of the person or paged.
_GIT = (
    "git",
    "--no-pager",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "color.ui=false",
)
# Variables of a hook or a shell that would choose another repository.
_PLACES = frozenset(
    f"GIT_{name}"
    for name in (
        *("DIR", "WORK_TREE", "INDEX_FILE", "COMMON_DIR", "NAMESPACE", "PREFIX"),
        *("OBJECT_DIRECTORY", "ALTERNATE_OBJECT_DIRECTORIES"),
    )
)
_APPLY = ("apply", "--whitespace=nowarn")


def toplevel(folder: Path) -> Path | None:
    """The top folder of the working tree that a folder is in; for a folder that is gone, the nearest one above."""
    place = folder
    while not _is_folder(place):
        if place == place.parent:
            return None
        place = place.parent
    try:
        answer = _git(place, "rev-parse", "--show-toplevel")
    except MlwsError:
        return None
    return Path(answer) if answer else None


def _is_folder(place: Path) -> bool:
    try:
        return place.is_dir()
    except (OSError, ValueError):  # what was recorded is too long for a path
        return False


def has_commit(repository: Path, sha: str) -> bool:
    """Whether the commit is in the repository."""
    try:
        _git(repository, "cat-file", "-e", f"{sha}^{{commit}}")
    except MlwsError:
        return False
    return True


def head(repository: Path) -> str:
    """The commit that is checked out there; empty where there is none yet."""
    try:
        return _git(repository, "rev-parse", "--verify", "-q", "HEAD^{commit}")
    except MlwsError:
        return ""


def kinds_in_commit(repository: Path, sha: str, paths: Sequence[str]) -> dict[str, str]:
    """Which of these paths, relative to the top folder, the commit has: ``blob`` or ``tree`` of each that is there."""
    if not paths:
        return {}
    asked = "".join(f"{sha}:{path}\n" for path in paths)
    answers = _git(repository, "cat-file", "--batch-check=%(objecttype)", text=asked).splitlines()
    told = zip(paths, answers, strict=False)
    return {path: kind for path, kind in told if kind in ("blob", "tree")}


def uses_lfs(repository: Path, sha: str) -> bool:
    """Whether files of the commit are kept in Git LFS, by what its top folder says."""
    try:
        return "filter=lfs" in _git(repository, "cat-file", "blob", f"{sha}:.gitattributes")
    except MlwsError:
        return False


def add_worktree(repository: Path, place: Path, sha: str) -> None:
    """Check a commit out into a new folder, on no branch.

    Raises:
        MlwsError: if git cannot; then the folder is gone again.
    """
    try:
        _git(repository, "worktree", "add", "--detach", str(place), sha, patience=_WORKING)
    except MlwsError:
        remove_worktree(repository, place)
        raise


def remove_worktree(repository: Path, place: Path) -> None:
    """Take such a folder away again, with all that is in it; nothing happens where it is none."""
    try:
        _git(repository, "worktree", "remove", "--force", str(place), patience=_WORKING)
    except MlwsError:
        return


def refused_diff(repository: Path, sha: str, diff: str) -> str:
    """Why a diff cannot be applied to a commit, in git's words; empty where it can be. Nothing is checked out."""
    with tempfile.TemporaryDirectory(prefix="mlws-") as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        try:
            _git(repository, "read-tree", sha, more=index, patience=_WORKING)
            _git(repository, *_APPLY, "--cached", "--check", "-", more=index, text=diff, patience=_WORKING)
        except MlwsError as error:
            return first_line(error)
    return ""


def apply_diff(place: Path, diff: str) -> None:
    """Apply a diff in a working tree: all of it or nothing.

    Raises:
        MlwsError: if it does not fit.
    """
    _git(place, *_APPLY, "-", text=diff, patience=_WORKING)


def first_line(error: MlwsError) -> str:
    """What git said, its first line."""
    return next((line for line in error.detail.splitlines() if line.strip()), error.title)


def inside(folder: Path, top: Path) -> str | None:
    """A folder relative to the top one, ``.`` for itself; None where it is not in it. Links are followed."""
    try:
        place, above = folder.resolve(), top.resolve()
    except (OSError, RuntimeError):  # links that go round in a circle
        return None
    return place.relative_to(above).as_posix() if place.is_relative_to(above) else None


def _git(
    folder: Path,
    *arguments: str,
    text: str | None = None,
    more: Mapping[str, str] = MappingProxyType({}),
    patience: float = _ASKING,
) -> str:
    """Git's answer without the line end at its end.

    Raises:
        MlwsError: if it cannot be started, says no (`detail` has its words) or does not answer in time.
    """
    env = {name: value for name, value in os.environ.items() if name not in _PLACES}
    env |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **more}
    what = f"git {arguments[0]}"
    try:
        done = subprocess.run(
            [*_GIT, *arguments],
            cwd=folder,
            env=env,
            input=None if text is None else text.encode("utf-8", "surrogateescape"),
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MlwsError(f"{what} did not answer within {patience:.0f} s in {folder}") from error
    except OSError as error:
        raise MlwsError(f"{what} cannot be started: {error.strerror or error}") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        first = next((line for line in said.splitlines() if line.strip()), f"exit code {done.returncode}")
        raise MlwsError(f"{what} failed in {folder}: {first}", detail=said)
    return done.stdout.decode(errors="surrogateescape").rstrip("\n")
