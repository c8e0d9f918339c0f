"""A program that logs through the experiment store and writes to a side file what each call has returned for."""

from __future__ import annotations

import asyncio
import os
import sys

from mlws_tui.store import get_experiment_store

UPDATE_EVERY = 20


async def main(acks_path: str, pause: float, steps: int) -> None:
    acks = os.open(acks_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    async with get_experiment_store() as store:
        experiment = await store.create_experiment("torture", "base", "lora", tags=["torture"])
        os.write(acks, f"experiment {experiment.id}\n".encode())
        run = await store.create_run(experiment.id, {"pause": pause})
        os.write(acks, f"run {run.id}\n".encode())
        for step in range(1, steps + 1):
            await store.log_metrics(run.id, step, {"loss": step / 4, "accuracy": 0.25})
            os.write(acks, f"step {step}\n".encode())
            if step % UPDATE_EVERY == 0:
                await store.update_experiment(experiment.id, metrics={"best": step})
                os.write(acks, f"best {step}\n".encode())
            await asyncio.sleep(pause)
        await store.end_run(run.id)
    os.write(acks, b"end\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
