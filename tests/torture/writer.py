"""A training script that logs through the SDK and writes to a side file what `log()` has returned for."""

from __future__ import annotations

import os
import sys
import time

import mlws_tui as mlws

NOTE_EVERY = 40


def main(acks_path: str, pause: float, steps: int) -> None:
    acks = os.open(acks_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with mlws.run("torture", config={"pause": pause}) as run:
        os.write(acks, f"run {run.id}\n".encode())
        for step in range(1, steps + 1):
            # Quarters add up exactly in any order, so that an index made again has the very same means.
            run.log({"loss": step / 4, "accuracy": 0.25}, step=step)
            os.write(acks, f"step {step}\n".encode())
            if step % NOTE_EVERY == 0:
                run.note(f"at {step}")
                os.write(acks, f"note at {step}\n".encode())
            time.sleep(pause)
    os.write(acks, b"end\n")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
