"""``mlws-tui gpu`` for people, and what must not be imported or left running."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

from mlws_tui.domain.changes import Change
from mlws_tui.domain.gpus import GpuFrameReady
from mlws_tui.services.gpus import GpuService
from mlws_tui.services.hub import Hub
from tests.gpus.conftest import Standin


def test_the_table_has_a_line_for_each_gpu_and_its_processes(standin: Standin) -> None:
    standin.write(
        "gpus 3",
        "set * util 42",
        "set * power 300000",
        "set 1 throttle 64",
        f"process 0 {os.getpid()} 1073741824",
        "fail 2 * 16",
    )
    done = standin.run()
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].endswith("driver 580.95.05")
    assert lines[1].split() == ["0", "H200", "42%", "0.0/140.4", "GiB", "30°C", "300", "W/700", "W"]
    assert lines[2].split()[0] == str(os.getpid())
    assert "1.0 GiB" in lines[2]
    assert lines[3].endswith("! hardware thermal slowdown")
    assert "the GPU needs a reset (nvidia-smi --gpu-reset -i 2, or reboot)" in lines[4]


def test_no_driver_is_an_answer(standin: Standin) -> None:
    standin.write("init 18")
    done = standin.run()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "The NVIDIA driver was updated under the running kernel module (reboot the host)\n"
    document = standin.document()
    assert (document["driver"], document["gpus"]) == (None, [])
    assert document["system"]["memory_total"] > 0


def test_watching_ends_quietly(standin: Standin) -> None:
    standin.write("gpus 1")
    with standin.watch() as watch:
        assert len(watch.frames(3)) == 3
        assert watch.interrupt() == 0


def test_the_library_is_only_imported_by_a_worker() -> None:
    code = "import sys, mlws_tui.cli.gpu, mlws_tui.services.gpus; print('pynvml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


async def test_the_service_publishes_and_leaves_no_thread(tmp_path: Path) -> None:
    hub = Hub()
    service = GpuService(hub, interval=0.02, disk=tmp_path)
    told = asyncio.Event()

    def heard(change: Change) -> None:
        system = change.frame.system if isinstance(change, GpuFrameReady) else None
        if system is not None and system.disk.value is not None:
            told.set()

    hub.subscribe(heard)
    service.set_pace(shown=True)
    before = threading.active_count()
    await service.start()
    await asyncio.wait_for(told.wait(), 20)
    await service.close()
    await service.close()
    names = {thread.name for thread in threading.enumerate()}
    assert not {"gpu-driver", "gpu-0", "host"} & names
    assert threading.active_count() <= before + 2  # the loop's own executor and a disk that is still asked
    assert service.frame.system is not None
    disk = service.frame.system.disk.value
    assert disk is not None and 0 < disk.used <= disk.total
    assert 0 <= service.frame.system.cpu <= 1
    assert service.history("cpu").first is not None


async def test_a_service_that_never_started_can_be_closed() -> None:
    await GpuService(Hub()).close()
