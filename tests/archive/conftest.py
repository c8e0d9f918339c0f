"""The command, called on a new workspace."""

from __future__ import annotations

import pytest

from mlws_tui.config.workspace import Workspace
from tests.archive.kit import Archive
from tests.doctor.kit import Doctor


@pytest.fixture
def archive(workspace: Workspace, capsysbinary: pytest.CaptureFixture[bytes]) -> Archive:
    """Calls ``mlws-tui archive`` on the workspace."""
    return Archive(workspace, capsysbinary)


@pytest.fixture
def doctor(workspace: Workspace, capsysbinary: pytest.CaptureFixture[bytes]) -> Doctor:
    """Calls ``mlws-tui doctor --json`` on the workspace."""
    return Doctor(workspace, capsysbinary)
