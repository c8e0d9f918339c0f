"""Where a workspace is and where its parts lie."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from mlws_tui.domain.errors import WorkspaceError
from mlws_tui.domain.events import ENV_WORKSPACE, KINDS, STREAMS_DIR

MARKER = ".mlws"


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder of one person's or team's work. `root` is absolute and resolved."""

    root: Path

    @property
    def marker(self) -> Path:
        """``.mlws``: what is the app's own."""
        return self.root / MARKER

    @property
    def config(self) -> Path:
        return self.marker / "config.yaml"

    @property
    def keymap(self) -> Path:
        return self.marker / "keymap.yaml"

    @property
    def streams(self) -> Path:
        return self.root / STREAMS_DIR

    @property
    def worktrees(self) -> Path:
        """Where code is checked out to do a run again."""
        return self.marker / "worktrees"

    @property
    def journal(self) -> Path:
        return self.root / "ACTIVITY.md"

    @property
    def journal_lock(self) -> Path:
        return self.marker / "journal.lock"

    @property
    def sessions(self) -> Path:
        return self.root / "docs" / "sessions"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def logs_of(self, kind: str) -> Path:
        """``logs/training`` and its like.

        Raises:
            WorkspaceError: if there is no such kind.
        """
        if kind not in KINDS:
            raise WorkspaceError(
                f"There is no kind of run called {kind!r}", hint=f"one of {', '.join(KINDS)}"
            )
        return self.logs / kind

    def inside(self, relative: str) -> Path:
        """The path of something inside the workspace that data names.

        The name alone decides: a folder of the workspace may be a link to another disk, and looking could block.

        Raises:
            WorkspaceError: if it would lead outside, or names nothing.
        """
        if not can_name_a_file(relative):
            raise WorkspaceError(f"{relative!r} cannot be the name of a file")
        name = os.path.normpath(relative)
        first = name.partition(os.sep)[0]  # empty where the path is absolute
        if first in ("", os.curdir, os.pardir):
            raise WorkspaceError(f"{relative!r} leads to nothing inside the workspace {self.root}")
        return self.root / name

    def relative(self, path: Path) -> str:
        """How the path is written in streams and on the screen: relative to the workspace where it is inside."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return str(path)


def can_name_a_file(name: str) -> bool:
    """Whether a file may be called so at all: names that come from JSON or a terminal may hold what no name can."""
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON may hold
        return False


def default_root() -> Path:
    """``~/ml-workspace``: offered where there is no other."""
    return Path.home() / "ml-workspace"


def locate(given: str | os.PathLike[str] | None = None, start: Path | None = None) -> Workspace:
    """The workspace to use.

    That is: what is given, else ``MLWS_WORKSPACE``, else the nearest parent with ``.mlws/``, else ``~/ml-workspace``.

    Raises:
        WorkspaceError: if the chosen folder is no workspace; its hint says how to make one.
    """
    chosen = given or os.environ.get(ENV_WORKSPACE)
    if chosen:
        root = Path(chosen).expanduser().resolve()
        if not (root / MARKER).is_dir():
            raise WorkspaceError(f"{root} is no workspace", hint=f"make it one with: mlws-tui init {root}")
        return Workspace(root)
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / MARKER).is_dir():
            return Workspace(folder)
    root = default_root().resolve()
    if (root / MARKER).is_dir():
        return Workspace(root)
    raise WorkspaceError(
        f"There is no workspace in {here} or above it, and {ENV_WORKSPACE} names none",
        hint=f"name the one that you have with --workspace PATH; or make one with: mlws-tui init {root}",
    )
