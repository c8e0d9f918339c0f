"""Session logs: made from templates, listed, read and saved in ``docs/sessions/``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mlws_tui.config.workspace import Workspace, can_name_a_file
from mlws_tui.domain.errors import NotFoundError, UsageError
from mlws_tui.domain.events import slug
from mlws_tui.domain.journal_edits import Splice, trim_end
from mlws_tui.domain.markdown import BOM, decode, encode, newline_of
from mlws_tui.domain.runs import Run
from mlws_tui.domain.sessions import TYPES, SessionFacts, facts
from mlws_tui.services.drafts import Drafts, state_folder
from mlws_tui.services.pages import Conflict, Page, Saved, joined, merge_text
from mlws_tui.sources import files

_TRIES = 5
_MAX_NAMES = 1000


@dataclass(frozen=True, slots=True)
class Session:
    """A session log in the list. `name` is its file's name without ``.md``, `modified` in Unix seconds."""

    name: str
    path: Path
    modified: float
    facts: SessionFacts


class SessionsService:
    """Reads and writes session logs. All methods block on the disk: on an event loop call them in a thread.

    Args:
        workspace: Whose session logs these are.
        clock: Tells the local time.
        state_dir: Where recovery files go; by default ``$XDG_STATE_HOME/mlws-tui``.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        clock: Callable[[], datetime] = datetime.now,
        state_dir: Path | None = None,
    ) -> None:
        self.workspace = workspace
        self.folder = workspace.sessions
        self.drafts = Drafts((state_dir or state_folder()) / "recovery")
        self._clock = clock
        self._known: dict[Path, tuple[tuple[int, int, int, int] | None, SessionFacts]] = {}

    # reading

    def list(self) -> list[Session]:
        """All session logs, the newest first; a file that cannot be read is left out."""
        found = []
        for path in self._paths():
            stamp = files.stamp(path)
            known = self._known.get(path)
            if known is None or known[0] != stamp:
                try:
                    known = (stamp, facts(files.read(path).data, path.stem))
                except files.FileError:
                    continue
                self._known[path] = known
            if stamp is not None:
                found.append(Session(path.stem, path, stamp[3] / 1e9, known[1]))
        return sorted(found, key=_newest_first)

    def get(self, name: str) -> Session:
        """A session log by its name, or by any part of it that only one name has.

        Raises:
            NotFoundError: if there is none; the hint names the latest ones.
            UsageError: if several fit.
        """
        sessions = self.list()
        wanted = name.removesuffix(".md").rpartition("/")[2].casefold()
        exact = [session for session in sessions if session.name.casefold() == wanted]
        near = exact or [session for session in sessions if wanted and wanted in session.name.casefold()]
        if len(near) > 1:
            raise UsageError(f"{name!r} fits several session logs", hint=", ".join(s.name for s in near[:5]))
        if not near:
            latest = ", ".join(session.name for session in sessions[:5])
            hint = f"there are: {latest}" if latest else "make one with: mlws-tui session new TITLE"
            raise NotFoundError(f"There is no session log {name!r}", hint=hint)
        return near[0]

    def page(self, name: str) -> Page:
        """The text of a session log for an editor; an empty page where the file is gone.

        Raises:
            MlwsError: if it cannot be read.
        """
        path = self._path(name)
        return self._page(path, files.read(path))

    def facts_of(self, name: str, text: str) -> SessionFacts:
        """What a text says that is not saved yet."""
        return facts(encode(text), name)

    def _paths(self) -> Sequence[Path]:
        try:
            inside = self.folder.resolve()
            return [
                path
                for path in self.folder.glob("*.md")
                if not path.name.startswith(".") and path.is_file() and path.resolve().is_relative_to(inside)
            ]
        except OSError:
            return []

    def _path(self, name: str) -> Path:
        if not name or "/" in name or name.startswith(".") or not can_name_a_file(name):
            raise UsageError(f"{name!r} cannot be the name of a session log")
        path = self.folder / f"{name}.md"
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise UsageError(f"{path} leads out of {self.folder}")
        return path

    def _page(self, path: Path, snapshot: files.Snapshot) -> Page:
        start, end = _span(snapshot.data)
        newline = newline_of(snapshot.data).decode()
        return Page(str(path), decode(snapshot.data[start:end]), newline, exists=snapshot.exists)

    # writing

    def new(self, title: str, session_type: str = "Experiment", runs: Sequence[Run] = ()) -> Session:
        """Make a session log from the template of its type.

        Args:
            title: What it is about; its file is named after it and today's date.
            session_type: One of `TYPES`, or one for which the workspace has a template.
            runs: Runs whose facts the template may state.

        Raises:
            UsageError: if the title is empty or there is no template of that type.
            ConfigError: if the template cannot be rendered.
            MlwsError: if the file cannot be written.
        """
        from mlws_tui.services.templates import Templates  # Jinja2 is wanted for this alone

        title = " ".join(title.split())
        if not title:
            raise UsageError(
                "A session log needs a title", hint='mlws-tui session new "Fine-tuning llama3.1"'
            )
        today = self._clock().date()
        text = Templates(self.workspace).session(title, session_type, today, runs)
        base = f"{today.isoformat()}-{slug(title).lower()}"
        for count in range(1, _MAX_NAMES):
            path = self._path(base if count == 1 else f"{base}-{count}")
            try:
                files.create(path, encode(text), self.workspace.streams)
            except FileExistsError:
                continue
            return Session(path.stem, path, self._clock().timestamp(), facts(encode(text), path.stem))
        raise UsageError(
            f"There are {_MAX_NAMES} session logs called {base} already", hint="choose another title"
        )

    def save(self, name: str, base: str, text: str) -> Saved | Conflict:
        """Save a session log.

        Args:
            name: Its name.
            base: Its text as it was when editing began.
            text: Its text now.

        Returns:
            The page as it is on disk now, merged with what others did to it meanwhile; or, where they changed
            the same lines, the conflict, and then nothing is written.

        Raises:
            MlwsError: if it cannot be read or saved; the file is then as it was.
        """
        path = self._path(name)
        with files.locked(self.workspace.marker / "sessions.lock"):
            for _ in range(_TRIES):
                before = files.read(path)
                page = self._page(path, before)
                merged = merge_text(base, text, page.text, page.newline)
                if merged.clashes:
                    return Conflict(page, text, merged)
                wanted = trim_end(joined(merged, "both", page.newline))
                now = Page(page.key, wanted, page.newline)
                if wanted == page.text:
                    return Saved(now, merged.taken)
                start, end = _span(before.data)
                ending = page.newline.encode() if start == end == len(before.data) else b""
                try:
                    data = Splice(start, end, encode(wanted) + ending).apply(before.data)
                    files.save(path, data, before, self.workspace.streams)
                    return Saved(now, merged.taken)
                except files.ChangedError:
                    continue
        raise files.ChangedError(f"{path} is being changed by another program", hint="save again")


def _span(data: bytes) -> tuple[int, int]:
    """The bytes of a file that an editor shows: without a byte order mark and blank lines at the end."""
    start = len(BOM) if data.startswith(BOM) else 0
    return start, start + len(encode(trim_end(decode(data[start:]))))


def _newest_first(session: Session) -> tuple[int, float, str]:
    day = session.facts.date
    return -(day.toordinal() if day else 0), -session.modified, session.name


def document(session: Session, workspace: Workspace) -> dict[str, object]:
    """A session log as a JSON document."""
    of = session.facts
    return {
        "name": session.name,
        "title": of.title,
        "type": of.type,
        "date": of.date.isoformat() if of.date else None,
        "path": workspace.relative(session.path),
        "words": of.words,
        "placeholders": len(of.placeholders),
        "runs": list(of.runs),
    }


__all__ = ["TYPES", "Session", "SessionsService", "document"]
