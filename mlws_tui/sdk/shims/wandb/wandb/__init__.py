"""Answers ``import wandb`` below ``mlws-tui run --shim wandb``: what is called is recorded in the run."""

import importlib.util
import os
from typing import Any

_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def _find() -> Any:
    path = os.path.join(os.path.dirname(_FOLDER), "loader.py")
    spec: Any = importlib.util.spec_from_file_location("_mlws_shims", path)
    loader: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loader)
    return loader.calls("wandb", _FOLDER)


_calls = _find()


def __getattr__(name: str) -> Any:
    return getattr(_calls, name)


def __dir__() -> Any:
    return dir(_calls)
