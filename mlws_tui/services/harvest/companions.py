"""Which logs are no runs of their own, as they go with the log of a run: those of other ranks, errors, a server."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from mlws_tui.domain.events import KINDS
from mlws_tui.services.harvest.finding import base_of, stem_of
from mlws_tui.services.runlogs import goes_with

#: Of several logs of one name the first of these is the run's own.
_ORDER = (".log", ".out", ".txt", ".jsonl", ".err")


def companions(
    logs: Collection[str], named: Mapping[str, Collection[str]], speaking: Collection[str]
) -> set[str]:
    """Those of the logs that are beside another one: `services.runlogs.logs_of_run` counts them to that one's run.

    Args:
        logs: Paths of what may be a log, relative to the workspace.
        named: The logs that runs name, by run.
        speaking: Runs that processes tell of.
    """
    claimed = {path for paths in named.values() for path in paths}
    own = _own_of_each(logs, claimed)
    return {
        path
        for path in logs
        if path not in claimed
        and base_of(path) not in claimed
        and (_in_folder(path, own, speaking) or _goes_with_another(path, logs, named, own, speaking))
    }


def _own_of_each(logs: Collection[str], claimed: Collection[str]) -> dict[tuple[str, str], str]:
    """The own log of each folder and stem: one that a run names, else by how it ends."""
    own: dict[tuple[str, str], str] = {}
    for base in sorted({base_of(path) for path in logs}, key=lambda path: (path not in claimed, _rank(path))):
        own.setdefault((base.rpartition("/")[0], stem_of(base)), base)
    return own


def _rank(path: str) -> tuple[int, str]:
    return next((at for at, end in enumerate(_ORDER) if path.endswith(end)), len(_ORDER)), path


def _in_folder(path: str, own: Mapping[tuple[str, str], str], speaking: Collection[str]) -> bool:
    """Whether it lies in a folder that is named after a run, or after the log beside that folder."""
    parts = path.split("/")
    for depth in range(1, len(parts) - 1):
        if depth == 1 and parts[0] == "logs" and parts[1] in KINDS:
            continue
        if parts[depth] in speaking or ("/".join(parts[:depth]), parts[depth]) in own:
            return True
    return False


def _goes_with_another(
    path: str,
    logs: Collection[str],
    named: Mapping[str, Collection[str]],
    own: Mapping[tuple[str, str], str],
    speaking: Collection[str],
) -> bool:
    base = base_of(path)
    folder, _, name = base.rpartition("/")
    for stem, rest in _beginnings(name):
        if not goes_with(name, rest):
            continue
        if own.get((folder, stem), base) != base:
            return True
        if stem in speaking:
            exact = stem == stem_of(base)
            if not exact or any(one in logs for one in named.get(stem, ())):
                return True
    return False


def _beginnings(name: str) -> Iterator[tuple[str, str]]:
    for at, letter in enumerate(name):
        if at and letter in ".-_":
            yield name[:at], name[at:]
