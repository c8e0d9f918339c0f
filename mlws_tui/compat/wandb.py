"""``import mlws_tui.compat.wandb as wandb``: the calls that a script has for wandb, recorded in runs of ours."""

from __future__ import annotations

from typing import Any

from mlws_tui.sdk.compat import wandb as _calls


def __getattr__(name: str) -> Any:
    return getattr(_calls, name)


def __dir__() -> list[str]:
    return dir(_calls)
