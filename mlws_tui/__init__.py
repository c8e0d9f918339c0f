"""mlws-tui: GPUs, runs, logs, journal and session logs of a training server, in one terminal app.

This module hands on the SDK's names. It imports nothing until one of them is used, so that
``import mlws_tui`` in a training script costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take it as true; importing it from typing would cost every script 8 ms
if TYPE_CHECKING:
    from typing import Any

    from mlws_tui.sdk.logging import setup_experiment_logging as setup_experiment_logging
    from mlws_tui.sdk.run import Run as Run
    from mlws_tui.sdk.run import finish as finish
    from mlws_tui.sdk.run import init as init
    from mlws_tui.sdk.run import log as log
    from mlws_tui.sdk.run import run as run

__version__ = "0.1.0"

_HOMES = {
    "Run": "mlws_tui.sdk.run",
    "finish": "mlws_tui.sdk.run",
    "init": "mlws_tui.sdk.run",
    "log": "mlws_tui.sdk.run",
    "run": "mlws_tui.sdk.run",
    "setup_experiment_logging": "mlws_tui.sdk.logging",
}

__all__ = ["Run", "__version__", "finish", "init", "log", "run", "setup_experiment_logging"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
