"""Logs' text becomes series, facts and runs in the index."""

from __future__ import annotations

from mlws_tui.services.harvest.roll import Limits
from mlws_tui.services.harvest.service import Harvester

__all__ = ["Harvester", "Limits"]
