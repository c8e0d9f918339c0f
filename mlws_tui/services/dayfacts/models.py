"""Models that came to the local model server on a day."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from functools import partial

from mlws_tui.domain.daysuggestions import Lines, of_models
from mlws_tui.services.dayfacts.day import Day
from mlws_tui.sources import ollama


class Models:
    """Tells of models that were pulled or created; nothing where no server answers."""

    rest = 30.0

    def stamp(self, day: Day) -> object:
        return os.environ.get("OLLAMA_HOST", "")

    async def of_day(self, day: Day) -> Sequence[Lines]:
        url = ollama.address(os.environ.get("OLLAMA_HOST", ""))
        held = await asyncio.to_thread(ollama.models, url) or []
        own = [model for model in held if day.first <= model.modified < day.end]
        return [partial(of_models, sorted(own, key=lambda one: (one.modified, one.name)))]
