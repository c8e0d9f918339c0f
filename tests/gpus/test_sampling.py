"""What the sampler makes of a driver: figures, reasons, GPUs that fall away and come back."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.gpus.conftest import Document, Standin

UNSEEN_PID = 4_194_303


def gpu(document: Document, index: int) -> Document:
    found: list[Document] = [gpu for gpu in document["gpus"] if gpu["index"] == index]
    assert len(found) == 1, document
    return found[0]


def states(document: Document) -> list[str]:
    return [gpu["state"] for gpu in document["gpus"]]


def test_figures_have_their_units(standin: Standin) -> None:
    standin.write(
        "gpus 2",
        "driver 570.1",
        "set * util 87",
        "set * used 1000",
        "set * total 4000",
        "set * reserved 500",
        "set 0 temp 61",
        "set 0 power 612345",
        "set 0 limit 700000",
        "set 0 clock 1980",
        "set 0 memclock 2619",
        "set 0 fan 40",
        "set 0 throttle 72",
        "set 1 util 0",
        "set 1 throttle 1",
    )
    document = standin.document()
    assert document["driver"] == "570.1"
    assert document["error"] is None
    first, second = document["gpus"]
    assert first["name"] == "NVIDIA H200"
    assert (first["utilization"], first["memory_used"], first["memory_total"]) == (0.87, 1000, 4000)
    assert (first["temperature"], first["power"], first["power_limit"]) == (61, 612.345, 700)
    assert first["clocks"] == {"graphics": 1980, "memory": 2619}
    assert first["fan"] == 0.4
    assert first["throttle"] == ["hardware slowdown", "hardware thermal slowdown"]
    assert (first["state"], first["reasons"]) == ("ok", {})
    assert (second["utilization"], second["throttle"]) == (0, [])
    assert (second["fan"], second["reasons"]) == (None, {"fan": "not supported"})


def test_a_driver_without_the_newer_calls_gives_the_same_figures(old_standin: Standin) -> None:
    old_standin.write(
        "gpus 1",
        "set 0 util 5",
        "set 0 used 900",
        "set 0 reserved 100",
        "set 0 temp 44",
        "set 0 throttle 4",
        f"process 0 {os.getpid()} 77",
    )
    first = old_standin.document()["gpus"][0]
    assert (first["utilization"], first["memory_used"], first["temperature"]) == (0.05, 1000, 44)
    assert first["throttle"] == ["power cap"]
    assert [process["pid"] for process in first["processes"]] == [os.getpid()]


def test_processes_tell_user_command_memory_and_run(standin: Standin) -> None:
    code = "import sys; print('up', flush=True); sys.stdin.read()"
    environment = {**os.environ, "MLWS_RUN_ID": "20261120-091203-llama-ft"}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as child:
        assert child.stdout is not None and child.stdout.readline() == b"up\n"
        standin.write(
            "gpus 1",
            f"process 0 {UNSEEN_PID} -1",
            f"process 0 {child.pid} 5000",
        )
        mine, unseen = standin.document()["gpus"][0]["processes"]
        child.communicate()
    assert (mine["pid"], mine["memory"], mine["run"]) == (child.pid, 5000, "20261120-091203-llama-ft")
    assert mine["user"]
    assert "sys.stdin.read()" in mine["command"]
    assert unseen == {
        "pid": UNSEEN_PID,
        "user": None,
        "command": None,
        "memory": None,
        "sm": None,
        "run": None,
    }


def test_names_need_not_be_text(standin: Standin) -> None:
    standin.write("gpus 1", r"name 0 NVIDIA \xff\xfe9000", "set 0 util 3")
    first = standin.document()["gpus"][0]
    assert first["name"] == "NVIDIA \ufffd\ufffd9000"
    assert first["utilization"] == 0.03


def test_what_a_gpu_lacks_is_named_and_the_rest_stays(standin: Standin) -> None:
    standin.write(
        "gpus 2",
        "fail 0 MemoryInfo 3",
        "fail 0 UtilizationRates 3",
        "fail 0 PowerUsage 4",
        "set 1 util 4294967295",
    )
    unified, nonsense = standin.document()["gpus"]
    assert unified["state"] == "ok"
    assert unified["temperature"] == 30
    assert unified["reasons"] == {
        "utilization": "not supported",
        "memory_used": "not supported",
        "memory_total": "not supported",
        "power": "no permission",
        "fan": "not supported",
    }
    assert (nonsense["utilization"], nonsense["reasons"]["utilization"]) == (None, "the driver gave nonsense")


def test_what_is_not_supported_is_not_asked_again(standin: Standin) -> None:
    standin.write("gpus 1", "fail 0 UtilizationRates 3", "fail 0 PowerUsage 4")
    with standin.watch() as watch:
        watch.until(lambda document: states(document) == ["ok"])
        standin.write("gpus 1", "set 0 util 50")
        after = watch.until(lambda document: document["gpus"][0]["power"] is not None)
    assert after["gpus"][0]["reasons"]["utilization"] == "not supported"


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        (15, "lost", "the GPU is lost"),
        (16, "reset required", "the GPU needs a reset"),
        (999, "unreadable", "unknown error of the driver"),
        (2, "lost", "the driver does not know this GPU any more"),
    ],
)
def test_a_gpu_that_fails_keeps_its_index_and_comes_back(
    standin: Standin, code: int, state: str, reason: str
) -> None:
    well = ("gpus 3", "set * util 10", "set 2 util 30")
    standin.write(*well)
    with standin.watch() as watch:
        before = watch.until(lambda document: states(document) == ["ok"] * 3)
        standin.write(*well, f"fail 1 * {code}")
        failed = watch.until(lambda document: states(document) == ["ok", state, "ok"])
        later = watch.frames(8)[-1]
        standin.write(*well)
        back = watch.until(lambda document: states(document) == ["ok"] * 3)
    gone = gpu(failed, 1)
    assert gone["uuid"] == gpu(before, 1)["uuid"]
    assert gone["reasons"]["state"] == gone["reasons"]["utilization"] == reason
    assert gone["utilization"] is None
    assert gone["since"] == gpu(later, 1)["since"]
    assert gpu(later, 2)["utilization"] == 0.3
    assert gpu(back, 1)["since"] is None
    assert gpu(back, 1)["utilization"] == 0.1


def test_a_gpu_that_is_lost_at_the_start_leaves_the_others_their_places(standin: Standin) -> None:
    standin.write("gpus 3", "fail 1 * 15", "set 2 util 66")
    document = standin.document()
    assert [gpu["index"] for gpu in document["gpus"]] == [0, 1, 2]
    assert states(document) == ["ok", "lost", "ok"]
    assert gpu(document, 2)["utilization"] == 0.66


def test_a_slow_gpu_ages_alone(standin: Standin) -> None:
    standin.write("gpus 3")
    with standin.watch() as watch:
        watch.until(lambda document: states(document) == ["ok"] * 3)
        standin.write("gpus 3", "delay 1 * 60000")
        stuck = watch.until(lambda document: gpu(document, 0)["taken"] > gpu(document, 1)["taken"])
        later = watch.frames(3)[-1]
    assert gpu(later, 1)["taken"] == gpu(stuck, 1)["taken"]
    assert gpu(later, 0)["taken"] > gpu(stuck, 0)["taken"]
    assert gpu(later, 2)["taken"] > gpu(stuck, 2)["taken"]


def test_a_driver_that_hangs_does_not_keep_the_program_from_leaving(standin: Standin) -> None:
    standin.write("gpus 2")
    with standin.watch() as watch:
        watch.until(lambda document: states(document) == ["ok"] * 2)
        standin.write("gpus 2", "delay * * 600000")
        watch.frames(3)
        assert watch.interrupt() == 0


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (12, "No "),
        (9, "kernel module is not loaded"),
        (18, "driver was updated"),
        (4, "No permission"),
        (17, "the operating system blocked the request"),
    ],
)
def test_a_driver_that_cannot_be_opened_is_explained_and_tried_again(
    standin: Standin, code: int, words: str
) -> None:
    standin.write("gpus 1", f"init {code}")
    with standin.watch() as watch:
        without = watch.until(lambda document: document["error"] is not None)
        assert words in without["error"]
        assert without["hint"]
        assert (without["gpus"], without["driver"]) == ([], None)
        standin.write("gpus 1")
        there = watch.until(lambda document: document["error"] is None and states(document) == ["ok"])
    assert there["driver"]


def test_a_driver_without_a_gpu_says_so(standin: Standin) -> None:
    standin.write("gpus 0")
    assert "sees no GPU" in standin.document()["error"]


def test_a_reloaded_driver_is_opened_again_and_uuids_keep_their_indices(standin: Standin) -> None:
    well = ("gpus 2", "set 0 util 10", "set 1 util 20")
    standin.write(*well)
    with standin.watch() as watch:
        before = watch.until(lambda document: states(document) == ["ok"] * 2)
        standin.write(*well, "fail * * 1", "init 9")
        gone = watch.until(lambda document: "kernel module is not loaded" in (document["error"] or ""))
        assert [gpu["index"] for gpu in gone["gpus"]] == [0, 1]
        standin.write(*well, "order 1 0")
        back = watch.until(lambda document: states(document) == ["ok"] * 2)
    assert back["error"] is None
    assert [gpu["uuid"] for gpu in back["gpus"]] == [gpu["uuid"] for gpu in before["gpus"]]
    assert [gpu["utilization"] for gpu in back["gpus"]] == [0.1, 0.2]
