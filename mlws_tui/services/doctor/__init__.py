"""The doctor: looks at everything in a workspace, changes nothing, and mends what is safe where it is told to."""

from __future__ import annotations

from mlws_tui.services.doctor.case import Case, Known
from mlws_tui.services.doctor.look import look
from mlws_tui.services.doctor.mend import mend

__all__ = ["Case", "Known", "look", "mend"]
