"""Finding the run that a script goes on with, by the name that it has for it."""

from __future__ import annotations

import os
import re

from mlws_tui.domain.events import STREAMS_DIR, decode, is_run_id, slug
from mlws_tui.sdk.marks import plainly

#: How many runs are looked into, newest first: the wrapper's have a name of their own.
MOST = 300
_HEAD = 1 << 20  # bytes of a stream in which its first record is looked for


def earlier(root: str, name: str, experiment: str | None) -> str | None:
    """The id of the newest run of that name in an experiment, or the run whose id it is; None where there is none.

    Args:
        root: The workspace's folder.
        name: The id or name that the script gives.
        experiment: The experiment it must be of, if any.
    """
    streams = os.path.join(root, STREAMS_DIR)
    if is_run_id(name) and os.path.isdir(os.path.join(streams, name)):
        return name
    fitting = re.compile(rf"\d{{8}}-\d{{6}}-{re.escape(slug(name))}(-\d+)?")
    try:
        newest = sorted(filter(is_run_id, os.listdir(streams)), reverse=True)
    except FileNotFoundError:
        return None
    named = [run for run in newest if fitting.fullmatch(run)]
    looked = [*named, *(run for run in newest if not fitting.fullmatch(run))][:MOST]
    return next((run for run in looked if _is_of(os.path.join(streams, run), name, experiment)), None)


def _is_of(folder: str, name: str, experiment: str | None) -> bool:
    """Whether the script gave the run that name and experiment."""
    for entry in sorted(os.listdir(folder)):
        if not entry.endswith(".jsonl"):
            continue
        try:
            with open(os.path.join(folder, entry), "rb", opener=plainly) as file:
                head = decode(file.readline(_HEAD))
        except (OSError, ValueError):  # what cannot be read, or a broken head, says nothing
            continue
        if head.get("role") == "rank":
            return (head.get("name"), head.get("experiment")) == (name, experiment)
    return False
