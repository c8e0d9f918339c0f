"""Beginning a run in the way of another tracker: what all of their ``init`` have in common."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from mlws_tui.domain.events import KINDS
from mlws_tui.sdk import place
from mlws_tui.sdk.compat.config import Config
from mlws_tui.sdk.compat.earlier import earlier, last_step
from mlws_tui.sdk.compat.session import Session, labels_in
from mlws_tui.sdk.compat.shared import Shared
from mlws_tui.sdk.notice import warn
from mlws_tui.sdk.run import Unnamed
from mlws_tui.sdk.run import run as begin_run
from mlws_tui.sdk.running import Run

#: What ``resume`` may be for an earlier run of that name to go on.
_GOES_ON = ("allow", "must", "auto")

_open: list[Shared] = []


class Tracker:
    """The one open run of a tracker's module, and the configuration that is set before there is one."""

    def __init__(self) -> None:
        self.current: Session | None = None
        self.early = Config()

    @property
    def config(self) -> Config:
        """The open run's, else the one for the next run."""
        return self.early if self.current is None else self.current.config

    def begin(
        self,
        *,
        project: str | None,
        name: str | None,
        tracker_id: str | None = None,
        config: Any = None,
        group: str | None = None,
        job_type: str | None = None,
        tags: object = None,
        notes: str | None = None,
        resume: object = None,
        disabled: bool = False,
    ) -> Session:
        """Begin a run: the project is its experiment, group and job type are tags. Never raises."""
        settings = self.early
        self.early = Config()
        settings.update(config)
        labels = labels_in(tags)
        if group:
            labels.append(f"group:{group}")
        if job_type and job_type not in KINDS:
            labels.append(f"job:{job_type}")
        chosen = name or tracker_id
        shown = str(chosen or project or _script())
        asked = str(tracker_id or name or "")
        twin = next((one for one in _open if one.fits(asked, self)), None)
        if disabled:
            shared = Shared(Run(None, {"name": shown, "config": {}}), asked, self)
        elif twin is not None:
            shared = twin.join(self)
        else:
            before = _resumed(resume, tracker_id or name, project)
            run = begin_run(
                # By its id a later script finds it again.
                str(tracker_id or shown) if chosen else Unnamed(shown),
                kind=job_type if job_type in KINDS else "training",
                experiment=project,
                config=settings,
                tags=labels,
                resume=before,
            )
            goes_on = before is not None and run.id == before
            shared = Shared(run, asked, self, resumed=goes_on, step=_next_step(run.id) if goes_on else 0)
            _open[:] = [one for one in _open if one.open] + [shared]
        session = Session(
            shared,
            settings,
            project=project,
            tracker_id=tracker_id,
            group=group,
            job_type=job_type,
            tags=labels,
            over=self._over,
        )
        if session.name != shown and twin is None:
            session.name = shown
        if notes:
            session.notes = notes
        self.current = session
        return session

    def _over(self, session: Session) -> None:
        if self.current is session:
            self.current = None


def ignored(where: str, options: Mapping[str, Any]) -> None:
    """Tell of options that nobody knows, once."""
    if options:
        warn(f"{where} has no option {', '.join(options):.100}; it is ignored")


def _resumed(resume: object, name: str | None, project: str | None) -> str | None:
    """The id of the run that goes on, if the script wants one to and there is one."""
    if resume is not True and str(resume).lower() not in _GOES_ON:
        return None
    if name is None:
        return None
    try:
        return earlier(place.find(), str(name), project)
    except OSError:  # a workspace that cannot be read: beginning the run tells it
        return None


def _next_step(run: str) -> float:
    """The step after the last one that was recorded in a run: from there it is counted on."""
    try:
        last = last_step(place.find(), run)
    except OSError as error:
        warn(f"steps are counted from 0 again, as the streams of {run} cannot be read: {error.strerror}")
        return 0
    return 0 if last is None else last + 1


def _script() -> str:
    stem = os.path.basename(sys.argv[0] if sys.argv else "").removesuffix(".py")
    return stem if stem and stem not in ("-c", "-m", "__main__") else "run"
