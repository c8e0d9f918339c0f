"""Logs with a file size limit at each byte of a record in turn, lifts the limit and finishes; prints the runs' ids."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import mlws_tui as mlws
from mlws_tui.domain.events import STREAMS_DIR

FREE = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def main() -> None:
    streams = Path(os.environ["MLWS_WORKSPACE"]) / STREAMS_DIR
    room = 0
    longest = 1
    while room <= longest:
        run = mlws.run("torn")
        (file,) = (streams / run.id).glob("*.jsonl")
        before = file.stat().st_size
        run.log({"loss": 0.5}, step=1)
        size = file.stat().st_size
        longest = size - before
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, resource.RLIM_INFINITY))
        run.log({"loss": 0.5}, step=2)
        run.log({"loss": 0.5}, step=3)
        resource.setrlimit(resource.RLIMIT_FSIZE, FREE)
        run.finish()
        print(run.id, flush=True)
        room += 1


if __name__ == "__main__":
    main()
