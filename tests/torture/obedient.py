"""A training script that logs as many steps as each line on its stdin says, and says the last step when it has."""

from __future__ import annotations

import sys

import mlws_tui as mlws


def main() -> None:
    with mlws.run("obedient") as run:
        print(run.id, flush=True)
        step = 0
        for line in sys.stdin:
            for step in range(step + 1, step + 1 + int(line)):  # noqa: B020 - it goes on where it was
                run.log({"loss": step / 4}, step=step)
            print(step, flush=True)


if __name__ == "__main__":
    main()
