"""What the GPU pane costs with eight GPUs at 1 Hz: ``python benchmarks/gpus.py [SECONDS]``.

Builds the stand-in driver library (needs ``cc``), shows the pane at 160×45 on a pseudo-terminal of its own and
prints the time to the first figures, the share of a core, and the bytes that a terminal behind SSH would get.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path
from struct import pack

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = """gpus 8
set * util 60 38 37
set * used 80000000000 50000000000 120
set * temp 58 6 60
set * power 500000 180000 30
set * clock 1980
"""
WARM_UP = 6.0


def show() -> None:
    """The pane alone in an app; runs in the child."""
    from textual.app import App, ComposeResult

    from mlws_tui.services.gpus import GpuService
    from mlws_tui.services.hub import Hub
    from mlws_tui.ui.panes.gpus import GpusPane
    from mlws_tui.ui.widgets.repaint import lean

    class Alone(App[None]):
        def compose(self) -> ComposeResult:
            hub = Hub()
            self.gpus = GpuService(hub)
            yield GpusPane(hub, self.gpus)

        async def on_mount(self) -> None:
            await self.gpus.start()

        async def on_unmount(self) -> None:
            await self.gpus.close()

        def _display(self, screen, renderable) -> None:  # type: ignore[no-untyped-def]
            super()._display(screen, lean(renderable))

    Alone().run()


def child(folder: Path) -> tuple[int, int]:
    """Start the pane on a new pseudo-terminal; returns its pid and our end."""
    library = folder / "libnvidia-ml.so.1"
    source = ROOT / "tests" / "gpus" / "standin" / "nvml.c"
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, source, "-lm", "-lpthread"], check=True)
    (folder / "script").write_text(SCRIPT)
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {
            "LD_LIBRARY_PATH": str(folder),
            "MLWS_NVML_STANDIN": str(folder / "script"),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
        }
        os.execv(sys.executable, [sys.executable, __file__, "--show"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, pack("HHHH", 45, 160, 0, 0))
    return pid, terminal


def read_for(terminal: int, seconds: float, until: bytes | None = None) -> bytes:
    """What is written within the time, or until some bytes have come."""
    got, deadline = b"", time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0 and (until is None or until not in got):
        if select.select([terminal], [], [], left)[0]:
            got += os.read(terminal, 65536)
    return got


def cpu(pid: int) -> float:
    """Seconds of processor time that the process used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        pid, terminal = child(Path(folder))
        read_for(terminal, 20, b"H200")
        first = time.monotonic() - began
        read_for(terminal, WARM_UP)
        used = cpu(pid)
        written = len(read_for(terminal, seconds))
        used = cpu(pid) - used
        os.kill(pid, 15)
        os.close(terminal)
        os.waitpid(pid, 0)
    print(f"first figures {first * 1000:.0f} ms (with building the stand-in)")
    print(f"processor     {used / seconds:.2%} of a core")
    print(f"terminal      {written / seconds:.0f} bytes/s")


if __name__ == "__main__":
    if sys.argv[1:] == ["--show"]:
        show()
    else:
        main()
