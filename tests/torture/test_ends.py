"""A run that ends while a thread of it still logs: nothing stands after the end, where no reader would look for it."""

from __future__ import annotations

import pytest

from mlws_tui.config.workspace import Workspace
from tests.sdk import scripts

SCRIPT = """
import sys, threading
import mlws_tui as mlws

sys.setswitchinterval(1e-6)
for number in range({runs}):
    run = mlws.run("ends")
    begun = threading.Event()
    def log():
        while not run.finished:
            run.log({{"loss": 0.5}})
            begun.set()
    threads = [threading.Thread(target=log) for _ in range(2)]
    for thread in threads:
        thread.start()
    begun.wait()
    run.finish()
    for thread in threads:
        thread.join()
"""


@pytest.mark.parametrize(
    "runs", [pytest.param(40, id="short"), pytest.param(600, id="long", marks=pytest.mark.torture)]
)
def test_nothing_is_written_after_the_end(workspace: Workspace, runs: int) -> None:
    code, _, told = scripts.run(workspace.root, SCRIPT.format(runs=runs))
    assert code == 0, told
    found = scripts.streams(workspace.root)
    assert len(found) == runs
    after = [run for run, (path,) in found.items() if scripts.records(path)[-1]["type"] != "end"]
    assert not after, f"{len(after)} of {runs} runs go on after their end"
