"""Several ranks under the wrapper are one run, also when one of them dies and the others hang."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable

from mlws_tui.config.load import load_settings
from mlws_tui.domain.endings import told
from mlws_tui.domain.runs import Run
from mlws_tui.services.workbench import Workbench
from tests.launch.conftest import RUN, Recorded, ended, wait_for

_LAUNCHER = """
import os, subprocess, sys
RANK = '''
import mlws_tui as mlws, sys
run = mlws.run("multi")
print("rank " + run.id + chr(10), end="", flush=True)
if sys.stdin.readline() == "fail\\\\n":
    raise ValueError("of one rank")
'''
env = {**os.environ, "WORLD_SIZE": "3", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29507"}
ranks = [
    subprocess.Popen([sys.executable, "-c", RANK], env={**env, "RANK": str(rank)}, stdin=subprocess.PIPE, text=True)
    for rank in range(3)
]
print("pids", *(rank.pid for rank in ranks), flush=True)
sys.stdin.readline()
for number, rank in enumerate(ranks):
    if rank.poll() is None:
        rank.communicate("fail\\n" if number == 1 else "\\n")
sys.exit(any(rank.returncode for rank in ranks))
"""


async def _now(recorded: Recorded) -> Run:
    settings, _ = load_settings(recorded.workspace)
    async with await Workbench.open(recorded.workspace, settings) as bench:
        await bench.ingest.catch_up()
        return await bench.runs.get("@last")


async def test_a_rank_that_dies_while_others_hang_is_told_and_then_its_run_fails_with_the_error_of_a_rank(
    recorded: Recorded, script: Callable[[str], list[str]]
) -> None:
    command = [*RUN, "--name", "multi", "--", *script(_LAUNCHER)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as wrapper:
        assert wrapper.stdin is not None and wrapper.stdout is not None
        pids = [int(word) for word in wrapper.stdout.readline().split()[1:]]
        assert {wrapper.stdout.readline() for _ in range(3)} == {f"rank {recorded.ids()[0]}\n"}
        os.kill(pids[2], signal.SIGKILL)
        wait_for(lambda: ended(pids[2]), what="the rank's end")
        run = await _now(recorded)
        assert (run.ranks, told(run)) == (3, "running, but rank 2 of 3 is gone")
        wrapper.stdin.write("\n")
        wrapper.stdin.close()
        assert wrapper.wait(20) == 1
    run = await _now(recorded)
    assert told(run) == "failed: ValueError: of one rank"
    assert run.error is not None and "of one rank" in run.error.traceback
    assert len(recorded.ids()) == 1
