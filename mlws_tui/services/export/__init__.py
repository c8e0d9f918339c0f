"""Runs, metrics, events and experiments as files that other programs read."""

from mlws_tui.services.export.formats import FORMATS
from mlws_tui.services.export.service import Exported, Request, check, export_folder, export_table
from mlws_tui.services.export.tables import TABLES
from mlws_tui.store.snapshots import Selection

__all__ = [
    "FORMATS",
    "TABLES",
    "Exported",
    "Request",
    "Selection",
    "check",
    "export_folder",
    "export_table",
]
