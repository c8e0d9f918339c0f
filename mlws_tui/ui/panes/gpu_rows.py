"""What the GPU pane shows, as lines of styled text for a given size. Pure: every size can be tested."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlws_tui.domain.gpus import (
    OK,
    GpuFrame,
    GpuProcess,
    GpuSample,
    History,
    run_name,
    short_command,
    short_name,
)
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.panes.host_rows import host_lines
from mlws_tui.ui.widgets.cells import Line, Span, fit
from mlws_tui.ui.widgets.meter import bar, course, tall_course

Histories = Callable[[str], History]

_GIB = 1 << 30
#: A figure that is older than this many seconds is shown with its age.
_STALE = 4.0
#: A line of a process is no wider, so that its memory stays near its name.
_WIDEST = 110
#: Lines of the tall course that few GPUs in a high pane get.
_TALLEST = 6
#: From this temperature on it is marked, where the driver does not tell its own limit.
_HOT = 85.0


@dataclass(frozen=True, slots=True)
class Columns:
    """How many cells each part of a GPU's row gets; 0 leaves it out."""

    index: int
    name: int
    util_bar: int
    mem_bar: int
    memory: int
    course: int
    power: int
    limit: bool
    clock: int
    words: int


def gpu_lines(frame: GpuFrame, histories: Histories, width: int, height: int) -> list[Line]:
    """All lines of the pane for a frame; there may be more than `height` where not even the rows fit."""
    if not frame.gpus:
        return _without_gpus(frame, histories, width, height)
    across = 2 if len(frame.gpus) > height and width >= 76 else 1
    if across == 2:
        return _two_abreast(frame, histories, width)
    columns = columns_for(frame.gpus, width)
    blocks = _blocks(frame, histories, columns, width, height)
    spare = height - sum(len(block) for block in blocks)
    host = host_lines(frame, histories, width, spare - 1) if spare >= 3 else []
    spare -= len(host) + 1
    if (rows := min(_TALLEST, spare // len(blocks))) >= 2:
        indent = Span(" " * (columns.index + 1))
        for gpu, block in zip(frame.gpus, blocks, strict=True):
            block += [
                (indent, Span(line, "bar"))
                for line in tall_course(histories(gpu.facts.key), frame.at, width - columns.index - 1, rows)
            ]
    lines = [line for block in blocks for line in block]
    return [*lines, (), *host] if host else lines


def _blocks(
    frame: GpuFrame, histories: Histories, columns: Columns, width: int, height: int
) -> list[list[Line]]:
    """The lines of each GPU: its row, then, as far as they fit, what is wrong and whose processes it runs."""
    notes = [_note(gpu, columns, width) for gpu in frame.gpus]
    spare = height - len(notes) - sum(note is not None for note in notes)
    shares = _share_out([len(gpu.processes.value or ()) for gpu in frame.gpus], spare)
    blocks: list[list[Line]] = []
    for gpu, note, share in zip(frame.gpus, notes, shares, strict=True):
        block = [_row(gpu, frame.at, histories, columns, width)]
        if note is not None and spare >= 0:
            block.append(note)
        blocks.append(block + _process_lines(gpu, share, columns.index + 1, width))
    return blocks


def columns_for(gpus: Sequence[GpuSample], width: int) -> Columns:
    """The columns that fit: figures first, then bars and course, then limits, clocks and reasons in words."""
    index = max(len(str(gpu.facts.index)) for gpu in gpus)
    longest = max((len(_name(gpu)) for gpu in gpus), default=0)
    name = min(longest, 4 if width < 40 else 8 if width < 70 else 14 if width < 110 else 24)
    total = max((gpu.memory_total.value or 0 for gpu in gpus), default=0)
    memory = 2 * len(f"{total / _GIB:.0f}") + 2
    limit = width >= 96
    power = 0 if width < 34 else 9 if limit else 5
    clock = 8 if width >= 112 else 0
    words = 26 if width >= 150 else 0
    fixed = index + 1 + name + 1 + 4 + 1 + memory + 1 + 5 + power + (clock + 1 if clock else 0)
    rest = width - fixed - words
    if rest < 6:
        return Columns(index, name, 0, 0, memory, 0, power, limit, clock, words)
    if rest < 14:
        return Columns(index, name, rest - 1, 0, memory, 0, power, limit, clock, words)
    if rest < 36:
        util_bar = max(8, (rest - 2) * 6 // 10)
        return Columns(index, name, util_bar, 0, memory, rest - 2 - util_bar, power, limit, clock, words)
    util_bar = min(30, (rest - 3) * 36 // 100)
    mem_bar = min(24, (rest - 3) * 26 // 100)
    return Columns(
        index, name, util_bar, mem_bar, memory, rest - 3 - util_bar - mem_bar, power, limit, clock, words
    )


def _row(gpu: GpuSample, at: float, histories: Histories, columns: Columns, width: int) -> Line:
    head = Span(f"{gpu.facts.index:>{columns.index}} ", "strong")
    name = Span(fit(_name(gpu), columns.name) + " ", "muted")
    if gpu.state != OK:
        left = width - columns.index - columns.name - 2
        return head, name, Span(fit(_why(gpu, at), left), "bad" if gpu.since is not None else "muted")
    age = at - gpu.taken if gpu.taken is not None else 0.0
    stale = age > _STALE
    plain = "muted" if stale else "text"
    spans = [head, name, *_utilization(gpu, columns, plain), *_memory(gpu, columns, plain)]
    if columns.course:
        drawn = course(histories(gpu.facts.key), at, columns.course)
        told = fit(f"{age:.0f} s old", columns.course) if stale else drawn
        spans.append(Span(told + " ", "warn" if stale else "course"))
    spans += [*_temperature(gpu, plain), *_power(gpu, columns, plain)]
    if columns.clock:
        clock = gpu.clock_graphics.value
        spans.append(
            Span(fit(f" {clock} MHz" if clock is not None else "", columns.clock + 1, right=True), "muted")
        )
    if columns.words:
        words = gpu.trouble or ", ".join(reason.words for reason in gpu.throttle.value or ())
        spans.append(Span("  " + fit(words, columns.words - 2), "warn" if gpu.trouble else "muted"))
    return tuple(spans)


def _utilization(gpu: GpuSample, columns: Columns, plain: str) -> list[Span]:
    value = gpu.utilization.value
    spans = [Span(fit(f"{value:.0%}" if value is not None else "–", 4, right=True) + " ", plain)]
    if columns.util_bar:
        spans += [Span(bar(value or 0.0, columns.util_bar), "bar"), Span(" ")]
    return spans


def _memory(gpu: GpuSample, columns: Columns, plain: str) -> list[Span]:
    used, total, share = gpu.memory_used.value, gpu.memory_total.value, gpu.memory_share
    text = "–" if used is None or total is None else f"{used / _GIB:.0f}/{total / _GIB:.0f}G"
    full = share is not None and share > 0.95
    spans = [Span(fit(text, columns.memory, right=True) + " ", "warn" if full else plain)]
    if columns.mem_bar:
        spans += [Span(bar(share or 0.0, columns.mem_bar), "bar-alt"), Span(" ")]
    return spans


def _temperature(gpu: GpuSample, plain: str) -> list[Span]:
    value = gpu.temperature.value
    if value is None:
        return [Span("   – ", "muted")]
    hot = value >= (gpu.facts.slowdown - 5 if gpu.facts.slowdown else _HOT)
    mark = "!" if hot or gpu.trouble else " "
    return [Span(f"{value:>3.0f}°{mark}", "warn" if mark == "!" else plain)]


def _power(gpu: GpuSample, columns: Columns, plain: str) -> list[Span]:
    if not columns.power:
        return []
    value, limit = gpu.power.value, gpu.power_limit.value
    if value is None:
        return [Span(fit("–", columns.power, right=True), "muted")]
    if columns.limit and limit is not None:
        return [Span(f"{value:>4.0f}", plain), Span(fit(f"/{limit:.0f}W", columns.power - 4), "muted")]
    return [Span(fit(f"{value:.0f}W", columns.power, right=True), plain)]


def _note(gpu: GpuSample, columns: Columns, width: int) -> Line | None:
    """The line below a row that has something to say for which the row has no room."""
    indent = " " * (columns.index + 1)
    if gpu.state != OK and gpu.hint:
        return (Span(fit(f"{indent}{gpu.hint}", width), "muted"),)
    if gpu.trouble and not columns.words:
        return (Span(fit(f"{indent}! {gpu.trouble}", width), "warn"),)
    return None


def _why(gpu: GpuSample, at: float) -> str:
    if gpu.since is None:
        return gpu.reason
    form = "%H:%M" if at - gpu.since < 86_000 else "%Y-%m-%d %H:%M"
    return f"{gpu.reason} since {time.strftime(form, time.localtime(gpu.since))}"


def _process_lines(gpu: GpuSample, share: int, indent: int, width: int) -> list[Line]:
    processes = gpu.processes.value or ()
    if share <= 0 or not processes:
        return []
    if len(processes) <= share:
        return [_process(process, indent, width) for process in processes]
    left = len(processes) - share + 1
    more = (Span(fit(f"{' ' * indent}+ {left} more processes", width), "muted"),)
    return [*(_process(process, indent, width) for process in processes[: share - 1]), more]


def _process(process: GpuProcess, indent: int, width: int) -> Line:
    width = min(width, _WIDEST)
    user = "you" if process.mine else safe_text(process.user or "")
    memory = "" if process.memory is None else f"{process.memory / _GIB:.1f}G"
    command = safe_text(short_command(process.command)) or "not visible from here"
    spans = [Span(" " * indent + f"{process.pid:>7} ", "muted"), Span(fit(user, 9) + " ", "muted")]
    left = width - indent - 8 - 10 - 8
    if process.run:
        run = safe_text(run_name(process.run))[: max(0, left // 2)]
        spans.append(Span(f"{run}  ", "strong"))
        left -= len(run) + 2
    spans.append(Span(fit(command, max(0, left)), "text" if process.command else "muted"))
    spans.append(Span(fit(memory, 8, right=True), "muted"))
    return tuple(spans)


def _share_out(wanted: Sequence[int], room: int) -> list[int]:
    """How many of the lines each gets, in turn, so that a crowded GPU leaves room for the rest."""
    given = [0] * len(wanted)
    while room > 0 and any(have < want for have, want in zip(given, wanted, strict=True)):
        for place, want in enumerate(wanted):
            if room > 0 and given[place] < want:
                given[place] += 1
                room -= 1
    return given


def _two_abreast(frame: GpuFrame, histories: Histories, width: int) -> list[Line]:
    half = (width - 3) // 2
    columns = columns_for(frame.gpus, half)
    rows = [_row(gpu, frame.at, histories, columns, half) for gpu in frame.gpus]
    down = (len(rows) + 1) // 2
    lines: list[Line] = []
    for y in range(down):
        right = rows[y + down] if y + down < len(rows) else ()
        lines.append((*rows[y], Span(" │ ", "muted"), *right))
    return lines


def _without_gpus(frame: GpuFrame, histories: Histories, width: int, height: int) -> list[Line]:
    if frame.problem is None:
        return [(Span(fit("looking for GPUs …", width), "muted"),)]
    why, hint = frame.problem.sentence, frame.problem.hint
    if len(why) + len(hint) + 3 <= width or height < 6:
        told = Span(fit(why, min(width, len(why))), "warn")
        lines: list[Line] = [(told, Span(fit(f" · {hint}", max(0, width - len(why))), "muted"))]
    else:
        lines = [(Span(fit(why, width), "warn"),), (Span(fit(hint, width), "muted"),)]
    if height >= 8:
        lines.append(())
    return lines + host_lines(frame, histories, width, height - len(lines))


def _name(gpu: GpuSample) -> str:
    return safe_text(short_name(gpu.facts.name)) or "GPU"
