"""The doctor, called on a new workspace."""

from __future__ import annotations

import pytest

from mlws_tui.config.workspace import Workspace
from tests.doctor.kit import Doctor


@pytest.fixture
def doctor(workspace: Workspace, capsysbinary: pytest.CaptureFixture[bytes]) -> Doctor:
    """Calls ``mlws-tui doctor --json`` on the workspace."""
    return Doctor(workspace, capsysbinary)
