"""What people write for the app: settings, keys, themes, templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from mlws_tui.config.keymap import load_keymap
from mlws_tui.config.load import load
from mlws_tui.config.resources import user_folder
from mlws_tui.domain.checkup import Check, fine, problem
from mlws_tui.domain.errors import ConfigError, MlwsError
from mlws_tui.domain.sessions import TYPES
from mlws_tui.services.doctor.case import Case
from mlws_tui.services.doctor.words import counted
from mlws_tui.services.templates import Templates


def config(case: Case) -> list[Check]:
    """The settings files hold nothing that is passed over."""
    loaded = load(case.workspace, case.known.themes)
    changed = sum(item.origin != "default" for item in loaded.effective)
    words = (
        f"{counted(changed, 'setting')} of your own, the rest are defaults" if changed else "all are defaults"
    )
    return _checks("config", loaded.problems, words)


def keymap(case: Case) -> list[Check]:
    """The keymap holds."""
    keys, problems = load_keymap(case.workspace, case.known.actions)
    return _checks(
        "keymap", problems, f"{counted(len(keys), 'key')} of your own" if keys else "the default keys"
    )


def themes(case: Case) -> list[Check]:
    """Each theme file can be used."""
    return _checks("themes", case.known.problems, f"{counted(len(case.known.themes), 'theme')}")


def templates(case: Case) -> list[Check]:
    """Each template of an entry or a session log can be filled; the shipped ones always can."""
    folders = (case.workspace.marker / "templates", user_folder() / "templates")
    own = [path for folder in folders for path in folder.glob("*.md")]
    if not own:
        return [fine("templates", "the shipped ones")]
    return _checks("templates", list(_template_problems(case)), f"{counted(len(own), 'file')} of your own")


def _template_problems(case: Case) -> Iterator[MlwsError]:
    today = datetime.fromtimestamp(case.now).date()
    rendered = Templates(case.workspace)
    try:
        rendered.day(today)
    except MlwsError as error:
        yield error
    for name in TYPES:
        try:
            rendered.session("A title", name, today, [])
        except MlwsError as error:
            yield error


def _checks(name: str, problems: Sequence[ConfigError | MlwsError], otherwise: str) -> list[Check]:
    return [problem(name, one.title, one.hint) for one in problems] or [fine(name, otherwise)]
