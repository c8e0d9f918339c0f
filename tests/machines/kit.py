"""How the state machines are run: their loop, their length, their seed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.torture.kit import seed_for

T = TypeVar("T")
PATIENCE = 30.0

#: Examples, and whether they are others each time.
LENGTHS = [
    pytest.param(18, False, id="short"),
    pytest.param(200, True, id="long", marks=pytest.mark.torture),
]


class AsyncMachine(RuleBasedStateMachine):
    """A machine with a loop of its own, so that what runs in the background lives from rule to rule."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it to its end; it never takes so long that a person would wonder whether it hangs."""

        async def limited() -> T:
            async with asyncio.timeout(PATIENCE):
                return await work

        return self._runner.run(limited())

    async def close(self) -> None:
        """What an example leaves open."""

    def teardown(self) -> None:
        try:
            self.do(self.close())
        finally:
            self._runner.close()


def run_machine(machine: type[AsyncMachine], examples: int, fresh: bool) -> None:
    """Try so many examples of at most thirty steps, new ones where `fresh`."""
    chosen = seed_for(long=fresh)
    print(f"MLWS_TORTURE_SEED={chosen}")
    how = settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        database=None,
        derandomize=False,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(chosen)(machine), settings=how)
