"""The index: a SQLite file that is made from the streams and can be thrown away; and the store for programs over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlws_tui.store.facade import Store

if TYPE_CHECKING:
    from mlws_tui.domain.experiments import Experiment, ExperimentRun
    from mlws_tui.services.experiments import ExperimentStore, get_experiment_store

__all__ = ["Experiment", "ExperimentRun", "ExperimentStore", "Store", "get_experiment_store"]

_PUBLIC = frozenset(__all__)


def __getattr__(name: str) -> Any:
    """What programs import from here, without the store itself standing on the services."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mlws_tui.services import experiments

    return getattr(experiments, name)
