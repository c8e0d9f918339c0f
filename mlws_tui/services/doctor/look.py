"""All checks, one after another. None of them can keep the others from being made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlws_tui.domain.checkup import BrokenLink, Check, Group, Report, advice, fine, problem
from mlws_tui.domain.errors import MlwsError
from mlws_tui.services.doctor import disk, documents, folders, index, logs, machine, settings, streams
from mlws_tui.services.doctor.case import Case
from mlws_tui.services.doctor.links import broken_links
from mlws_tui.services.doctor.words import counted

Looker = Callable[[Case], Sequence[Check]]

#: The name is what a check is called that fails itself.
_GROUPS: tuple[tuple[str, tuple[tuple[str, Looker], ...]], ...] = (
    (
        "Workspace",
        (
            ("folders", folders.layout),
            ("owner", folders.ownership),
            ("privacy", folders.privacy),
            ("file system", disk.filesystem),
            ("space", disk.space),
            ("state", folders.state),
        ),
    ),
    (
        "Index",
        (
            ("index", index.soundness),
            ("counts", index.counts),
            ("journal mode", index.journal),
            ("ingest", index.lease),
            ("streams read", index.behind),
            ("copies", index.copies),
        ),
    ),
    (
        "Streams",
        (
            ("streams", streams.files),
            ("records", streams.records),
            ("half lines", streams.half_lines),
            ("deleted runs", streams.deleted),
            ("edits", streams.edits),
            ("marks", streams.marks),
            ("clock", machine.clock),
        ),
    ),
    (
        "Logs",
        (
            ("logs", logs.files),
            ("figures", logs.figures),
            ("archives", logs.archives),
            ("twice", logs.twice),
            ("old logs", logs.old),
            ("half archives", logs.half),
            ("set aside", logs.aside),
        ),
    ),
    (
        "Documents",
        (
            ("ACTIVITY.md", documents.activity),
            ("session logs", documents.sessions),
            ("leftovers", documents.leftovers),
        ),
    ),
    (
        "Settings",
        (
            ("config", settings.config),
            ("keymap", settings.keymap),
            ("themes", settings.themes),
            ("templates", settings.templates),
        ),
    ),
    (
        "Machine",
        (
            ("mlws-tui", machine.programs),
            ("sqlite", machine.sqlite),
            ("inotify", machine.inotify),
            ("gpu", machine.gpu),
        ),
    ),
)
_LINKS_BELONG_TO = "Documents"


def look(case: Case) -> Report:
    """Look at everything and change nothing. It blocks, for a second or two; deep, for as long as it takes."""
    broken: list[BrokenLink] = []

    def links(case: Case) -> Sequence[Check]:
        broken.extend(broken_links(case))
        return [_links_check(broken)]

    groups: list[Group] = []
    for title, lookers in _GROUPS:
        checks = [check for name, looker in lookers for check in _guarded(name, looker, case)]
        if title == _LINKS_BELONG_TO:
            checks += _guarded("links", links, case)
        groups.append(Group(title, tuple(checks)))
    return Report(tuple(groups), tuple(broken))


def _guarded(name: str, looker: Looker, case: Case) -> Sequence[Check]:
    try:
        return looker(case)
    except MlwsError as error:
        return [problem(name, error.title, error.hint)]
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return [problem(name, f"this could not be looked at: {error.strerror or error}{where}")]
    except (
        Exception
    ) as error:  # the person wants the other checks as well; what went wrong is told as one of them
        return [
            problem(name, f"this check failed itself: {type(error).__name__}: {error}", "please report it")
        ]


def _links_check(broken: Sequence[BrokenLink]) -> Check:
    if not broken:
        return fine("links", "all lead somewhere")
    return advice(
        "links", f"{counted(len(broken), 'link leads', 'links lead')} nowhere", "they are listed below"
    )
