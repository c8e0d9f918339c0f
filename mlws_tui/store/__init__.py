"""The index: a SQLite file that is made from the streams and can be thrown away."""

from __future__ import annotations

from mlws_tui.store.facade import Store

__all__ = ["Store"]
