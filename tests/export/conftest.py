"""A workspace whose export takes a while."""

from __future__ import annotations

import asyncio

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.workspace import init
from tests.export.kit import LARGE, many_points
from tests.runs.kit import opened


@pytest.fixture(scope="package")
def large(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """200,000 points, all in the index. Nothing is to be recorded in it."""
    workspace = init(tmp_path_factory.mktemp("large") / "w").workspace
    many_points(workspace, LARGE, 40_000)
    asyncio.run(_ingest(workspace))
    return workspace


async def _ingest(workspace: Workspace) -> None:
    async with opened(workspace):
        pass
