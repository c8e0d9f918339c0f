"""In what today differs from the day a run was recorded: Python, packages, GPUs, system, data."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mlws_tui.domain.reproduction import Difference, ReproductionPlan, compare_packages, listed, same_python
from mlws_tui.domain.sizes import size_words
from mlws_tui.sources import surroundings


@dataclass
class Today:
    """What was found: differences, what is as it was (in words), and what could not be compared (in sentences)."""

    differences: list[Difference] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def compare(self, kind: str, then: str, now: str) -> None:
        """Compare one thing, of which both are known."""
        if then == now:
            self.same.append(f"{kind} {now}")
        else:
            self.differences.append(Difference(kind, "", then, now))


def look_at_today(plan: ReproductionPlan) -> Today:
    """Compare what can be read at once. It blocks on files; nothing is run."""
    from mlws_tui.services.launch.environment import (
        graphics,
        system,
    )  # what starts commands is not needed to list

    today = Today()
    _python(plan, today)
    environment = plan.run.environment
    if "os" in environment:
        today.compare("system", str(environment["os"]), system())
    if "driver" in environment or "gpus" in environment:
        now = graphics(os.environ.get("CUDA_VISIBLE_DEVICES"))
        today.compare("driver", str(environment.get("driver", "")), str(now.get("driver", "")))
        today.compare("GPUs", _counted(environment.get("gpus")), _counted(now.get("gpus")))
    return today


def _python(plan: ReproductionPlan, today: Today) -> None:
    """Compare the Python of the command, and what is installed in it."""
    if not plan.command:
        return
    packages = plan.run.environment.get("packages")
    recorded = isinstance(packages, Mapping) and packages
    if plan.repository is not None and not recorded and not plan.run.python:
        today.notes.append("which Python and packages it had was not recorded")
    interpreter = surroundings.interpreter_of(plan.command[0], Path(plan.cwd or "/"))
    if interpreter is None:
        if recorded or plan.run.python:
            today.notes.append(
                f"which Python {plan.command[0]} would use is not known: packages are not compared"
            )
        return
    found = surroundings.look_into(interpreter)
    if plan.run.python and "." in found.version:
        if same_python(plan.run.python, found.version):
            today.same.append(f"Python {plan.run.python}")
        else:
            today.differences.append(Difference("Python", "", plan.run.python, found.version))
    if isinstance(packages, Mapping) and packages and found.packages:
        changed = compare_packages(packages, found.packages)
        today.differences += changed
        if not changed:
            today.same.append(f"{len(packages)} packages")
    elif recorded:
        today.notes.append(f"no packages are found for {interpreter}: they are not compared")
    _editable(plan, found, today)


def _editable(plan: ReproductionPlan, found: surroundings.Interpreter, today: Today) -> None:
    """Packages that are imported from the checkout, whatever folder the command runs in."""
    if plan.repository is None:
        return
    top = plan.repository
    names = [name for name, place in found.editable.items() if Path(place).is_relative_to(top)]
    if names:
        today.notes.append(
            f"{listed(names)} is imported from {top} as it is now (pip install -e), not from the commit"
        )


async def compare_data(
    data: Sequence[object], cwd: Path, *, hashes: bool, progress: Callable[[int, int], None]
) -> Today:
    """Compare the files of data that a run named with those of today.

    Args:
        data: What was recorded: of each file its ``path``, ``bytes`` and ``sha256``.
        cwd: Where relative paths begin.
        hashes: Whether to read them; else only their sizes are compared.
        progress: Hears how many bytes are read, and of how many.
    """
    left = threading.Event()
    try:
        return await asyncio.to_thread(_compare_data, data, cwd, hashes, progress, left)
    finally:
        left.set()  # whoever is cancelled does not leave a thread behind that reads on


def _compare_data(
    data: Sequence[object],
    cwd: Path,
    hashes: bool,
    progress: Callable[[int, int], None],
    left: threading.Event,
) -> Today:
    today = Today()
    to_read: list[tuple[str, Path, int, str]] = []
    for one in data:
        if not isinstance(one, Mapping) or not isinstance(one.get("path"), str):
            continue
        name, then = str(one["path"]), one.get("bytes")
        file = cwd / name
        size = surroundings.size_of(file)
        told = size_words(then) if isinstance(then, int) else "there"
        if size is None:
            today.differences.append(Difference("data", name, told, ""))
        elif isinstance(then, int) and size != then:
            today.differences.append(Difference("data", name, told, size_words(size)))
        elif isinstance(one.get("sha256"), str) and one["sha256"]:
            to_read.append((name, file, size, str(one["sha256"])))
        else:
            today.notes.append(f"data {name} has the size that it had; its content was not recorded")
    if not hashes:
        today.notes += [f"data {name} has the size that it had; it was not read" for name, *_ in to_read]
        return today
    _read(to_read, today, progress, left)
    return today


def _read(
    files: Sequence[tuple[str, Path, int, str]],
    today: Today,
    progress: Callable[[int, int], None],
    left: threading.Event,
) -> None:
    """Compare the content of files."""
    total, done = sum(size for _, _, size, _ in files), 0

    def more(count: int) -> None:
        nonlocal done
        done += count
        progress(done, total)

    for name, file, _, then in files:
        try:
            now = surroundings.sha256_of(file, more, left.is_set)
        except OSError as error:
            today.notes.append(f"data {name} cannot be read: {error.strerror or error}")
            continue
        if now == then:
            today.same.append(f"data {name}")
        elif now:
            today.differences.append(Difference("data", name, f"sha256 {then[:8]}…", f"sha256 {now[:8]}…"))


def _counted(names: object) -> str:
    """``2 × NVIDIA H200, NVIDIA L4``; empty for what is no list."""
    counts = Counter(map(str, names)) if isinstance(names, list | tuple) else Counter()
    return ", ".join(name if count == 1 else f"{count} × {name}" for name, count in sorted(counts.items()))
