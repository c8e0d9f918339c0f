"""How what ``mlws-tui tasks`` did is taken back: commands that a person can copy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mlws_tui.cli.output import say

if TYPE_CHECKING:
    from mlws_tui.domain.tasks import Task
    from mlws_tui.services.tasks import TasksService

#: Above so many letters one would not type it: the journal itself is quicker.
_LONGEST = 300


def say_closed(service: TasksService, tasks: Sequence[Task]) -> None:
    """Tell how tasks that were ticked or cancelled are opened again, or become what they were."""
    _say(service, [("tick --off", tasks)])


def say_opened(service: TasksService, tasks: Sequence[Task]) -> None:
    """Tell how tasks that were opened again are closed as they were; these are the tasks as they stood before."""
    done = [task for task in tasks if task.state == "done"]
    _say(service, [("tick", done), ("cancel", [task for task in tasks if task.state == "cancelled"])])


def say_put_off(service: TasksService, tasks: Sequence[Task]) -> None:
    """Tell how tasks that were put off are listed again, or wait as long as before."""
    today = service.today()
    before = {task.starts for task in tasks if task.starts is not None and task.starts > today}
    _say(service, [("postpone", tasks)], before.pop().isoformat() if len(before) == 1 else "today")


def say_added(service: TasksService, before: Iterable[Task]) -> None:
    """Tell how what was written since is taken back: carried tasks open again where they stood, new ones cancelled.

    Args:
        service: As it is now.
        before: All tasks as they were before.
    """
    was = {task.key: task.state for task in before}
    now = service.list()
    moved = [task for task in now if task.state == "moved" and was.get(task.key, "moved") != "moved"]
    new = [task for task in now if task.key not in was and task.state == "open"]
    _say(service, [("tick --off", moved), ("cancel", new)])


def _say(service: TasksService, steps: Sequence[tuple[str, Sequence[Task]]], last: str = "") -> None:
    from mlws_tui.domain.tasks import short_keys

    keys = short_keys(service.list())
    commands = [
        " ".join(("mlws-tui tasks", verb, *(keys[task.key] for task in tasks), *filter(None, [last])))
        for verb, tasks in steps
        if tasks
    ]
    told = "; ".join(commands)
    if 0 < len(told) <= _LONGEST:
        say(f"to take it back: {told}")
