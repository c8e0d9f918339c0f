"""What the app costs on a terminal: first frame, bytes and CPU at rest, beside an empty Textual app.

    python benchmarks/terminal_cost.py [--seconds 20] [--size 120x40] [--workspace PATH]

Prints for each program: seconds to the first frame (the marker is on the screen), bytes of that frame, then over a
window of so many seconds the CPU share of the process tree and the bytes a second to the terminal. Without
``--workspace`` a new one with one finished run in it is used.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.e2e.terminal import Terminal

EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("ready")
Empty().run()
"""
RUN = """
import mlws_tui as mlws
with mlws.run("bench") as run:
    for step in range(2000):
        run.log({"loss": 1 / (step + 1)}, step=step)
"""


def cpu_seconds(root: int) -> float:
    """User and system time of a process and its children, from /proc."""
    ticks = os.sysconf("SC_CLK_TCK")
    total, parents = 0.0, {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                fields = Path(entry.path, "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents[int(entry.name)] = (int(fields[1]), (int(fields[11]) + int(fields[12])) / ticks)
    wanted = {root}
    for _ in range(4):
        wanted |= {pid for pid, (parent, _time) in parents.items() if parent in wanted}
    for pid in wanted:
        total += parents.get(pid, (0, 0.0))[1]
    return total


def measure(command: list[str], marker: str, columns: int, rows: int, seconds: float) -> dict[str, float]:
    """One start and one window at rest."""
    begun = time.monotonic()
    terminal = Terminal(command, columns=columns, rows=rows)
    try:
        terminal.wait_for(marker)
        first, size = time.monotonic() - begun, len(terminal.raw)
        if seconds:
            pump(terminal, 3.0)
        before, cpu, start = len(terminal.raw), cpu_seconds(terminal.pid), time.monotonic()
        pump(terminal, seconds)
        window = max(time.monotonic() - start, 1e-9)
        return {
            "first": first,
            "first_bytes": float(size),
            "cpu": 100 * (cpu_seconds(terminal.pid) - cpu) / window,
            "rate": (len(terminal.raw) - before) / window,
        }
    finally:
        terminal.close()


def pump(terminal: Terminal, seconds: float) -> None:
    """Read what the program writes for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        terminal._read(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--starts", type=int, default=7)
    parser.add_argument("--workspace")
    options = parser.parse_args()
    columns, rows = map(int, options.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        workspace = options.workspace or folder
        mlws = [sys.executable, "-m", "mlws_tui"]
        if not options.workspace:
            subprocess.run([*mlws, "init", workspace], check=True, capture_output=True)
            env = {**os.environ, "MLWS_WORKSPACE": workspace}
            subprocess.run([sys.executable, "-c", RUN], check=True, env=env, cwd=workspace)
            subprocess.run([*mlws, "--workspace", workspace, "runs", "list"], check=True, capture_output=True)
        programs = {
            "empty Textual app": ([sys.executable, "-c", EMPTY], "ready"),
            "mlws-tui": ([*mlws, "--workspace", workspace], "5 Session"),
        }
        print(f"{'':20}{'first frame s':>16}{'bytes':>9}{'CPU %':>8}{'bytes/s':>9}")
        for name, (command, marker) in programs.items():
            firsts = [measure(command, marker, columns, rows, 0)["first"] for _ in range(options.starts)]
            rest = measure(command, marker, columns, rows, options.seconds)
            spread = f"{statistics.median(firsts):.3f} ({min(firsts):.3f})"
            print(f"{name:20}{spread:>16}{rest['first_bytes']:9.0f}{rest['cpu']:8.2f}{rest['rate']:9.0f}")


if __name__ == "__main__":
    main()
