"""``mlws-tui gpu``: what the GPUs do, once or again and again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import click

from mlws_tui.cli.documents import iso
from mlws_tui.cli.output import emit_json
from mlws_tui.domain.changes import Change
from mlws_tui.domain.gpus import (
    OK,
    GpuFrame,
    GpuFrameReady,
    GpuProcess,
    GpuSample,
    HostSample,
    Reading,
    run_name,
    short_command,
    short_name,
)
from mlws_tui.domain.text import safe_text
from mlws_tui.services.gpus import GpuService
from mlws_tui.services.hub import Hub

_GIB = 1 << 30
_HOME_AND_CLEAR = "\x1b[H\x1b[J"


@click.command("gpu")
@click.option("--json", "as_json", is_flag=True, help="One JSON document; with --watch one a line.")
@click.option("--watch", is_flag=True, help="Print again at each interval, until ctrl+c.")
@click.option(
    "--interval",
    type=click.FloatRange(min=0.02),
    default=1.0,
    show_default=True,
    help="Seconds between two looks with --watch.",
)
def command(as_json: bool, watch: bool, interval: float) -> None:
    """Show utilization, memory, temperature, power and processes of each GPU, or why there is none."""
    try:
        asyncio.run(_watch(interval, as_json) if watch else _once(as_json))
    except KeyboardInterrupt:
        return


async def _once(as_json: bool) -> None:
    frame = await GpuService(Hub()).once()
    if as_json:
        emit_json(document(frame))
    else:
        click.echo(table(frame))


async def _watch(interval: float, as_json: bool) -> None:
    in_place = sys.stdout.isatty() and not as_json
    async for frame in _frames(interval):
        if as_json:
            emit_json(document(frame))
        else:
            click.echo((_HOME_AND_CLEAR if in_place else "") + table(frame) + ("" if in_place else "\n"))


async def _frames(interval: float) -> AsyncIterator[GpuFrame]:
    hub = Hub()
    service = GpuService(hub, interval=interval)
    fresh: asyncio.Queue[GpuFrame] = asyncio.Queue()

    def heard(change: Change) -> None:
        if isinstance(change, GpuFrameReady):
            fresh.put_nowait(change.frame)

    hub.subscribe(heard)
    service.set_pace(shown=True)
    await service.start()
    try:
        while True:
            yield await fresh.get()
    finally:
        await service.close()


def document(frame: GpuFrame) -> dict[str, Any]:
    """A frame as the JSON document of ``gpu``: shares 0–1, bytes, watts, °C, MHz, times as ISO 8601."""
    problem, system = frame.problem, frame.system
    return {
        "host": frame.host,
        "taken": iso(frame.at),
        "driver": frame.driver or None,
        "error": problem.sentence if problem is not None else None,
        "hint": problem.hint or None if problem is not None else None,
        "gpus": [_gpu(gpu) for gpu in frame.gpus],
        "system": _system(system) if system is not None else None,
    }


def _system(system: HostSample) -> dict[str, Any]:
    return {
        "cpu": system.cpu,
        "cores": list(system.cores),
        "memory_used": system.memory_used,
        "memory_total": system.memory_total,
        "swap_used": system.swap_used,
        "swap_total": system.swap_total,
        "load": list(system.load),
    }


def _gpu(gpu: GpuSample) -> dict[str, Any]:
    figures: dict[str, Reading[Any]] = {
        "utilization": gpu.utilization,
        "memory_used": gpu.memory_used,
        "memory_total": gpu.memory_total,
        "temperature": gpu.temperature,
        "power": gpu.power,
        "power_limit": gpu.power_limit,
        "fan": gpu.fan,
    }
    clocks = {"graphics": gpu.clock_graphics, "memory": gpu.clock_memory}
    reasons = {name: reading.reason for name, reading in figures.items() if reading.value is None}
    reasons |= {f"clocks.{name}": reading.reason for name, reading in clocks.items() if reading.value is None}
    for name, listed in (("throttle", gpu.throttle), ("processes", gpu.processes)):
        if listed.value is None:
            reasons[name] = listed.reason
    if gpu.state != OK:
        reasons["state"] = gpu.reason
    return {
        "index": gpu.facts.index,
        "uuid": gpu.facts.uuid or None,
        "name": gpu.facts.name or None,
        **{name: reading.value for name, reading in figures.items()},
        "clocks": {name: reading.value for name, reading in clocks.items()},
        "throttle": [reason.words for reason in gpu.throttle.value or ()],
        "processes": [_process(process) for process in gpu.processes.value or ()],
        "state": gpu.state,
        "since": iso(gpu.since),
        "taken": iso(gpu.taken),
        "hint": gpu.hint or None,
        "reasons": reasons,
    }


def _process(process: GpuProcess) -> dict[str, Any]:
    return {
        "pid": process.pid,
        "user": process.user,
        "command": " ".join(process.command) or None,
        "memory": process.memory,
        "sm": None,
        "run": process.run,
    }


def table(frame: GpuFrame) -> str:
    """A frame as text for a person: a line for each GPU, its processes below."""
    if not frame.gpus:
        problem = frame.problem
        if problem is None:
            return "No answer from the GPU driver yet"
        return f"{problem.sentence} ({problem.hint})" if problem.hint else problem.sentence
    width = max(len(_name(gpu)) for gpu in frame.gpus)
    lines = [f"{frame.host}  driver {frame.driver}"]
    if frame.problem is not None:
        lines.append(frame.problem.sentence)
    for gpu in frame.gpus:
        lines.append(_row(gpu, width))
        lines += [_process_row(process) for process in gpu.processes.value or ()]
    return "\n".join(lines)


def _row(gpu: GpuSample, width: int) -> str:
    head = f"{gpu.facts.index:>2}  {_name(gpu):<{width}}"
    if gpu.state != OK:
        return f"{head}  {gpu.reason}" + (f" ({gpu.hint})" if gpu.hint else "")
    memory = "–"
    if gpu.memory_used.value is not None and gpu.memory_total.value is not None:
        memory = f"{gpu.memory_used.value / _GIB:.1f}/{gpu.memory_total.value / _GIB:.1f} GiB"
    figures = (
        _figure(gpu.utilization, ".0%", "", 4),
        f"{memory:>16}",
        _figure(gpu.temperature, ".0f", "°C", 5),
        _figure(gpu.power, ".0f", " W", 6) + _figure(gpu.power_limit, ".0f", " W", 0, before="/"),
    )
    return "  ".join((head, *figures)) + (f"  ! {gpu.trouble}" if gpu.trouble else "")


def _figure(reading: Reading[float], form: str, unit: str, width: int, *, before: str = "") -> str:
    if reading.value is None:
        return "" if before else f"{'–':>{width}}"
    return f"{before + format(reading.value, form) + unit:>{width}}"


def _process_row(process: GpuProcess) -> str:
    memory = "–" if process.memory is None else f"{process.memory / _GIB:.1f} GiB"
    run = f"{run_name(process.run)}  " if process.run else ""
    command_line = short_command(process.command) or "not visible from here"
    return (
        f"    {process.pid:>8}  {process.user or '–':<10} {memory:>10}  {safe_text(run + command_line)[:120]}"
    )


def _name(gpu: GpuSample) -> str:
    return safe_text(short_name(gpu.facts.name)) or "GPU"
