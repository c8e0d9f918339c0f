"""The pane on a screen, fed by the stand-in driver."""

from __future__ import annotations

import os

from tests.gpus.conftest import Standin

PICTURE = "import runpy; runpy.run_module('tests.gpus.picture', run_name='__main__')"
EIGHT = (
    "gpus 8",
    "driver 580.95.05",
    "set * util 87",
    "set * used 65498251264",
    "set * temp 61",
    "set * power 612000",
)


def picture(standin: Standin, *arguments: str) -> list[str]:
    done = standin.run(*arguments, code=PICTURE)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_eight_gpus_at_58_columns(standin: Standin) -> None:
    standin.write(*EIGHT, f"process 3 {os.getpid()} 1073741824")
    screen = picture(standin, "58", "14", "1.0G")
    assert screen[0].startswith("╭─ 1 GPUs ── 8 × H200")
    assert "driver 580.95.05" in screen[-1]
    assert screen[1].startswith("│ 0 H200  87% ███")
    assert "61/140G" in screen[1]
    assert "612W" in screen[1]
    assert f"{os.getpid()} you" in screen[5]


def test_rows_that_do_not_fit_are_reached_by_keys(standin: Standin) -> None:
    standin.write(*EIGHT, "fail 2 * 15")
    screen = picture(standin, "50", "6", "87%", "G")
    assert [line[2] for line in screen[1:-1]] == ["4", "5", "6", "7"]
    screen = picture(standin, "50", "6", "the GPU is lost", "j", "k", "j")
    assert [line[2] for line in screen[1:-1]] == ["1", "2", "3", "4"]
    assert "1 out of order" in screen[0]
    assert "the GPU is lost since" in screen[2]


def test_one_gpu_in_a_high_pane_gets_a_tall_course(standin: Standin) -> None:
    standin.write("gpus 1", "set 0 util 100")
    screen = picture(standin, "58", "20", "100%")
    assert sum("█" in line for line in screen) >= 5


def test_without_a_driver_the_pane_says_why_and_shows_the_host(standin: Standin) -> None:
    standin.write("init 9")
    screen = picture(standin, "58", "12", "Memory")
    assert "kernel module is not loaded" in screen[1]
    labels = [line[2:9].strip() for line in screen]
    assert {"CPU", "Memory", "Load", "Disk"} <= set(labels)
