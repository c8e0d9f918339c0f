"""What the machine can tell of why a command was killed: its memory and its job's time."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from mlws_tui.sdk.facts import job_is_over
from mlws_tui.sources.cgroups import oom_kills


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was known when the command began. `kills`: how often the kernel had killed for want of memory."""

    kills: int | None

    @classmethod
    def now(cls) -> Evidence:
        """As it is at this moment."""
        return cls(oom_kills())

    def oom_killed(self) -> bool:
        """Whether the kernel has killed for want of memory since."""
        kills = oom_kills()
        return kills is not None and self.kills is not None and kills > self.kills

    def out_of_time(self) -> bool:
        """Whether the time of the job that this is part of is over, or as good as over."""
        return job_is_over(os.environ, time.time())
