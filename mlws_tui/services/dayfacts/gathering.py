"""All sources of facts asked at once: none hides the others, none is asked again for what it told just now."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.daysuggestions import Lines
from mlws_tui.domain.errors import MlwsError
from mlws_tui.services.dayfacts.checkpoints import Checkpoints
from mlws_tui.services.dayfacts.commits import Commits
from mlws_tui.services.dayfacts.datasets import Datasets
from mlws_tui.services.dayfacts.day import Day, Source
from mlws_tui.services.dayfacts.models import Models
from mlws_tui.services.dayfacts.scripts import Scripts
from mlws_tui.store import Store

log = logging.getLogger(__name__)

#: Days of which what was told is kept.
_DAYS = 8
#: A source rests so many times as long as its answer took, and at least so many seconds after any.
_SHARE, _LEAST = 40.0, 4.0
#: What is told of days before yesterday hardly changes: it is good for so many times as long.
_PAST = 20.0


@dataclass(slots=True)
class _Told:
    """What a source told of a day: when (by the monotonic clock), how long that took, and on what it depends."""

    stamp: object = None
    asked: float = 0.0
    took: float = 0.0
    value: Sequence[Lines] = ()


class DayFacts:
    """Gathers what happened on days.

    Args:
        workspace: Whose facts they are.
        store: The index.
        sources: By name; by default all that there are.
    """

    def __init__(
        self, workspace: Workspace, store: Store, sources: Mapping[str, Source] | None = None
    ) -> None:
        self._sources = sources or {
            "models": Models(),
            "checkpoints": Checkpoints(store),
            "datasets": Datasets(workspace, store),
            "commits": Commits(workspace),
            "scripts": Scripts(workspace),
        }
        self._told: dict[date, dict[str, _Told]] = {}
        self._asking: dict[tuple[date, str], asyncio.Task[None]] = {}
        self._stale: set[date] = set()  # of which something changed that nobody was asked about yet

    def unfinished(self, day: date) -> bool:
        """Whether a source is still looking for what it can tell of a day, or will as soon as it has rested."""
        return day in self._stale or any(when == day for when, _ in self._asking)

    async def of_day(self, day: Day, within: float) -> list[Lines]:
        """What the sources tell of a day. One that takes longer tells it when it is asked the next time.

        Args:
            day: The day.
            within: Seconds that are waited at most.
        """
        told = self._told.pop(day.date, {})
        self._told[day.date] = told
        while len(self._told) > _DAYS:
            del self._told[next(iter(self._told))]
        self._stale.discard(day.date)
        for name, source in self._sources.items():
            if (day.date, name) in self._asking:
                continue
            known = told.get(name)
            if known is not None and not _is_due(known, source, day):
                if known.stamp != source.stamp(day):
                    self._stale.add(day.date)
            else:
                task = asyncio.create_task(self._ask(name, source, day, told), name=f"facts: {name}")
                self._asking[day.date, name] = task
        waiting = [task for (when, _), task in self._asking.items() if when == day.date]
        if waiting:
            await asyncio.wait(waiting, timeout=within)
        return [one for name in self._sources if name in told for one in told[name].value]

    async def close(self) -> None:
        """Wait for no source any longer."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _ask(self, name: str, source: Source, day: Day, told: dict[str, _Told]) -> None:
        known = told.get(name, _Told())
        stamp, began = source.stamp(day), time.monotonic()
        value = known.value
        try:
            value = await source.of_day(day)
        except MlwsError as error:  # what it told last stands; the others are told all the same
            log.warning("no %s of %s: %s", name, day.date, error)
        except Exception:  # a fault in one source must not cost the person the facts of all others
            log.exception("no %s of %s", name, day.date)
        finally:
            del self._asking[day.date, name]
        ended = time.monotonic()
        told[name] = _Told(stamp, ended, ended - began, value)


def _is_due(told: _Told, source: Source, day: Day) -> bool:
    age = time.monotonic() - told.asked
    if age < max(_LEAST, _SHARE * told.took):
        return False
    return told.stamp != source.stamp(day) or age >= source.rest * (1.0 if day.recent else _PAST)
