"""What a person does with a run's terminal from another program: give it ours, or begin a run that waits for that."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runs import Run


class Terminals:
    """The terminals of a workspace's runs.

    Args:
        workspace: Where the runs are.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def check(self, run: Run) -> None:
        """See whether a run's terminal can be shown.

        Raises:
            MlwsError: if it cannot: why, and what can be done.
        """
        from mlws_tui.services.launch.attaching import check

        await asyncio.to_thread(check, self._workspace, run)

    def show(self, run_id: str) -> None:
        """Give our terminal to a run until the person leaves it or it ends. It blocks: nothing else may write there.

        Keys that the terminal makes signals of, before the run has it, are not for us.

        Raises:
            MlwsError: if the program that does it cannot be started.
        """
        words = ["-P", "-m", "mlws_tui", "--workspace", str(self._workspace.root), "attach", run_id]
        ours = threading.current_thread() is threading.main_thread()  # signals can be set by no other
        before = signal.signal(signal.SIGINT, signal.SIG_IGN) if ours else None
        try:
            subprocess.run([sys.executable, *words], check=False)
        except OSError as error:
            raise MlwsError(f"The terminal of {run_id} cannot be shown: {error.strerror or error}") from error
        finally:
            if ours:
                signal.signal(signal.SIGINT, before)

    async def command_of(self, run_id: str) -> Sequence[str]:
        """What a run that was made and not begun is to run; empty where that is not recorded.

        Raises:
            MlwsError: if it has begun already, or cannot be read.
        """
        from mlws_tui.services.launch.joining import planned

        return (await asyncio.to_thread(planned, self._workspace, run_id)).command

    async def start(self, run_id: str) -> None:
        """Begin a run that was made, in the background, by the command and in the folder that are recorded of it.

        Raises:
            MlwsError: if it has begun already, its command is not known, its folder is gone, or it cannot be executed.
        """
        from mlws_tui.services.launch import LaunchOptions, launch_detached

        options = LaunchOptions(run=run_id)
        started = await asyncio.to_thread(launch_detached, self._workspace, (), options)
        if started.code is not None:
            raise MlwsError(
                f"The command could not be executed: {started.problem}", hint=f"run {run_id} says so"
            )
