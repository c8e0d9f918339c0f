"""The dice of the torture tests."""

from __future__ import annotations

import random

import pytest

from tests.torture.kit import seed_for


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Draws the random moments. pytest shows the seed where a test fails; MLWS_TORTURE_SEED sets it."""
    seed = seed_for(long=request.node.get_closest_marker("torture") is not None)
    print(f"MLWS_TORTURE_SEED={seed}")
    return random.Random(seed)
