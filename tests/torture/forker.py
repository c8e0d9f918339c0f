"""A training script that forks while a thread of it logs, as data loaders do. Each child logs, too."""

from __future__ import annotations

import os
import sys
import threading

import mlws_tui as mlws

RECORDS = 5


def main(children: int) -> None:
    with mlws.run("forks") as run:
        stop = threading.Event()
        logged = 0

        def log() -> None:
            nonlocal logged
            while not stop.is_set():
                logged += 1
                run.log({"parent": logged}, step=logged)
                stop.wait(0.0002)  # else the main thread seldom comes to fork

        thread = threading.Thread(target=log)
        thread.start()
        for number in range(children):
            pid = os.fork()
            if pid == 0:
                for i in range(RECORDS):
                    run.log({"child": number * RECORDS + i}, step=i)
                os._exit(0)
            _, status = os.waitpid(pid, 0)
            assert status == 0, status
        stop.set()
        thread.join()
        print(run.id, logged, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
