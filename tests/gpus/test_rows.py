"""The lines of the pane at every size."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from mlws_tui.domain.gpus import (
    DiskUse,
    GpuFacts,
    GpuFrame,
    GpuProcess,
    GpuSample,
    History,
    HostSample,
    Problem,
    Reading,
    throttles,
)
from mlws_tui.ui.panes.gpu_rows import gpu_lines
from mlws_tui.ui.panes.host_rows import size
from mlws_tui.ui.widgets.cells import Line

AT = 1_700_000_000.0
GIB = 1 << 30


def gpu(index: int, **changes: object) -> GpuSample:
    sample = GpuSample(
        GpuFacts(index, f"GPU-{index}", "NVIDIA H200"),
        taken=AT,
        state="ok",
        reason="",
        utilization=Reading(0.87),
        memory_used=Reading(61 * GIB),
        memory_total=Reading(141 * GIB),
        temperature=Reading(61.0),
        power=Reading(612.0),
        power_limit=Reading(700.0),
        clock_graphics=Reading(1980),
        clock_memory=Reading(2619),
        fan=Reading(reason="not supported"),
        throttle=Reading(()),
        processes=Reading(()),
    )
    return replace(sample, **changes)  # type: ignore[arg-type]


def host(**changes: object) -> HostSample:
    sample = HostSample(
        taken=AT,
        cpu=0.34,
        cores=(0.1, 0.9) * 32,
        memory_used=240 * GIB,
        memory_total=503 * GIB,
        swap_used=0,
        swap_total=8 * GIB,
        load=(12.1, 11.0, 9.8),
        disk=Reading(DiskUse("/work", 62 * GIB, 38 * GIB, 101 * GIB)),
    )
    return replace(sample, **changes)  # type: ignore[arg-type]


def lines(frame: GpuFrame, width: int, height: int) -> list[str]:
    histories: dict[str, History] = {}

    def history(key: str) -> History:
        known = histories.setdefault(key, History())
        if known.first is None:
            for second in range(300):
                known.add(AT - second, second % 100 / 100)
        return known

    return [text(line) for line in gpu_lines(frame, history, width, height)]


def text(line: Line) -> str:
    return "".join(span.text for span in line)


def test_the_row_of_the_design() -> None:
    row = lines(GpuFrame(AT, "h", "580", gpus=(gpu(0), gpu(1))), 56, 2)[0]
    assert row.startswith("0 H200  87% ███████")
    assert "61/141G" in row
    assert "61°" in row
    assert row.endswith("612W")


def test_a_wide_row_has_limits_clocks_and_reasons() -> None:
    row = lines(GpuFrame(AT, "h", "580", gpus=(gpu(0, throttle=Reading(throttles(4))),)), 196, 1)[0]
    assert "612/700W" in row
    assert "1980 MHz" in row
    assert "power cap" in row


@pytest.mark.parametrize("count", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("width", [36, 56, 78, 118, 198])
def test_every_gpu_has_a_row_where_it_fits(count: int, width: int) -> None:
    frame = GpuFrame(AT, "h", "580", gpus=tuple(gpu(index) for index in range(count)), system=host())
    shown = lines(frame, width, count)
    assert len(shown) == count
    assert all(line.lstrip().startswith(str(index)) for index, line in enumerate(shown))


def test_sixteen_gpus_stand_two_abreast_in_a_low_pane() -> None:
    frame = GpuFrame(AT, "h", "580", gpus=tuple(gpu(index) for index in range(16)))
    shown = lines(frame, 78, 8)
    assert len(shown) == 8
    assert shown[0].startswith(" 0 H200  87%")
    assert " │  8 H200  87%" in shown[0]


def test_a_lost_gpu_says_why_since_when_and_what_to_do() -> None:
    lost = GpuSample(
        GpuFacts(3, "GPU-3", "NVIDIA H200"),
        taken=AT,
        state="lost",
        reason="the GPU is lost",
        hint="a reboot brings it back",
        since=AT - 60,
    )
    shown = lines(GpuFrame(AT, "h", "580", gpus=(gpu(0), lost)), 56, 6)
    clock = time.strftime("%H:%M", time.localtime(AT - 60))
    assert f"3 H200 the GPU is lost since {clock}" in shown[1]
    assert "a reboot brings it back" in shown[2]


def test_an_old_figure_tells_its_age() -> None:
    shown = lines(GpuFrame(AT, "h", "580", gpus=(gpu(0, taken=AT - 12),)), 78, 1)
    assert "12 s old" in shown[0]


def test_trouble_is_marked_and_told_in_words() -> None:
    frame = GpuFrame(AT, "h", "580", gpus=(gpu(0, throttle=Reading(throttles(0x40))),))
    shown = lines(frame, 56, 4)
    assert "61°!" in shown[0]
    assert shown[1].strip() == "! hardware thermal slowdown"


def test_processes_share_the_room() -> None:
    many = tuple(
        GpuProcess(pid, GIB, "anna", ("python", f"train{pid}.py"), run="20261120-091203-llama-ft")
        for pid in range(100, 110)
    )
    one = (GpuProcess(7, None, None, ()), GpuProcess(8, 2 * GIB, "me", ("x.sh",), mine=True))
    frame = GpuFrame(AT, "h", "580", gpus=(gpu(0, processes=Reading(many)), gpu(1, processes=Reading(one))))
    shown = lines(frame, 78, 8)
    assert len(shown) == 8
    assert "100 anna" in shown[1]
    assert "llama-ft  train100.py" in shown[1]
    assert "+ 7 more processes" in shown[4]
    assert "not visible from here" in shown[6]
    assert "8 you" in shown[7]
    assert shown[7].rstrip().endswith("2.0G")


def test_control_characters_of_commands_are_only_shown() -> None:
    evil = (GpuProcess(7, GIB, "a\x1b[2J", ("x\x1b]0;title\x07", "\n")),)
    shown = lines(GpuFrame(AT, "h", "580", gpus=(gpu(0, processes=Reading(evil)),)), 78, 3)
    assert not any(ord(character) < 32 for line in shown for character in line)


def test_without_a_gpu_one_line_says_why_and_the_host_follows() -> None:
    frame = GpuFrame(AT, "h", problem=Problem("No NVIDIA driver here", "install it"), system=host())
    shown = lines(frame, 56, 10)
    assert shown[0].rstrip() == "No NVIDIA driver here · install it"
    labels = [line.split()[0] for line in shown[1:] if line.strip()]
    assert labels == ["CPU", "Memory", "Load", "Disk", "Swap", "Cores"]
    assert "34%" in shown[2]
    assert "240G/503G" in shown[3]


def test_a_disk_that_cannot_be_read_says_why() -> None:
    frame = GpuFrame(
        AT, "h", problem=Problem("No"), system=host(disk=Reading(reason="Stale file handle"), swap_total=0)
    )
    assert any(line.startswith("Disk   Stale file handle") for line in lines(frame, 56, 10))


@pytest.mark.parametrize(
    ("amount", "words"),
    [(0, "0B"), (999, "999B"), (1023, "1K"), (61 * GIB, "61G"), (1200 * GIB, "1.2T"), (1 << 60, "1024P")],
)
def test_sizes(amount: int, words: str) -> None:
    assert size(amount) == words


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 220),
    st.integers(1, 50),
    st.integers(0, 17),
    st.integers(0, 4),
    st.sampled_from(["", "NVIDIA 名前", "NVIDIA GeForce RTX 4090 Laptop GPU"]),
)
def test_no_line_is_ever_too_wide(width: int, height: int, count: int, processes: int, name: str) -> None:
    running = tuple(GpuProcess(pid, GIB, "ännä", ("名" * 50,)) for pid in range(processes))
    gpus = tuple(
        gpu(
            index,
            facts=GpuFacts(index, f"GPU-{index}", name),
            processes=Reading(running),
            throttle=Reading(throttles(0x60)),
        )
        for index in range(count)
    )
    frame = GpuFrame(AT, "h", "580", None if count else Problem("Why", "do this"), gpus, host())
    shown = lines(frame, width, height)
    needed = 36  # below this the figures alone do not fit and are cut at the border
    assert all(cell_len(line) <= max(width, needed) for line in shown)
    if count <= height:
        assert len(shown) <= max(height, 2)
