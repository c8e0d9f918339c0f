"""Running a command as a recorded run: a supervisor in a session of its own, and its client in the terminal."""

from __future__ import annotations

from mlws_tui.services.launch.options import LaunchOptions
from mlws_tui.services.launch.wrapper import Detached, launch, launch_background, launch_detached

__all__ = ["Detached", "LaunchOptions", "launch", "launch_background", "launch_detached"]
