"""The one registry of actions: keys, footer, help, palette and ``mlws-tui keys`` all read it."""

from __future__ import annotations

from dataclasses import replace

from mlws_tui.ui.actions import Action

APP_ACTIONS: tuple[Action, ...] = (
    Action("app.pane-1", "1", "GPUs", "Go to the GPUs", call="pane('gpus')"),
    Action("app.pane-2", "2", "Runs", "Go to the runs", call="pane('runs')"),
    Action("app.pane-3", "3", "Log", "Go to the log of the selected run", call="pane('log')"),
    Action("app.pane-4", "4", "Journal", "Go to the journal", call="pane('journal')"),
    Action("app.pane-5", "5", "Session", "Go to the session logs", call="pane('session')"),
    Action("app.next-pane", "tab", "Next pane", "Go to the next pane", palette=False),
    Action("app.previous-pane", "shift+tab", "Previous pane", "Go to the previous pane", palette=False),
    Action("app.keys", "question_mark", "Keys", "List the keys of the focused pane", footer=True),
    Action("app.zoom", "z", "Zoom", "Show the focused pane alone, or all panes again", footer=True),
    Action("app.new-session", "n", "New session", "Begin a session log from the template", footer=True),
    Action("app.search", "ctrl+f", "Search", "Search all that was written", footer=True),
    Action("app.tasks", "", "Tasks", "List what is still to be done, of all days"),
    Action("app.review", "", "Review", "See what a week of work came to"),
    Action("app.theme", "ctrl+t", "Theme", "Change the colours for this sitting"),
    Action("app.palette", "ctrl+p", "Commands", "Find and run any command", footer=True, palette=False),
    Action(
        "app.suspend", "ctrl+z", "Suspend", "Put the app in the background; fg brings it back", palette=False
    ),
    Action(
        "app.archive",
        "",
        "Archive old logs",
        "Pack logs that are older than the settings say; they can be read as before",
    ),
    Action("app.quit", "q,ctrl+q", "Quit", "Save what is unsaved and leave", footer=True),
)

SCOPES: dict[str, str] = {
    "app": "Everywhere",
    "gpus": "GPUs",
    "runs": "Runs",
    "chart": "Chart, with the cursor in it",
    "log": "Log",
    "journal": "Journal",
    "session": "Session",
    "page": "Pages of runs",
    "runpage": "Page of a run",
    "compare": "Comparison",
    "lineage": "Lineage",
    "tasks": "Tasks",
    "days": "Days of the journal",
    "review": "Review",
    "search": "Search",
}

PANE_TITLES: dict[str, str] = {
    "gpus": "1 GPUs",
    "runs": "2 Runs",
    "log": "3 Log",
    "journal": "4 Journal",
    "session": "5 Session",
}


def all_actions() -> list[Action]:
    """Every action of the app, its panes and the pages of runs, in the order of the screen."""
    from mlws_tui.ui.panes.gpus import GpusPane
    from mlws_tui.ui.panes.journal import JournalPane
    from mlws_tui.ui.panes.log import LogPane
    from mlws_tui.ui.panes.runs import RunsPane
    from mlws_tui.ui.panes.session import SessionPane
    from mlws_tui.ui.screens.compare import ComparePage
    from mlws_tui.ui.screens.days import DaysScreen
    from mlws_tui.ui.screens.lineage import LineagePage
    from mlws_tui.ui.screens.review import ReviewScreen
    from mlws_tui.ui.screens.runpage import RunPage
    from mlws_tui.ui.screens.search import SearchScreen
    from mlws_tui.ui.screens.tasks import TasksScreen

    actions = list(APP_ACTIONS)
    for pane in (GpusPane, RunsPane, LogPane, JournalPane, SessionPane):
        actions.extend(pane.ACTIONS)
    pages = {
        action.id: replace(action, palette=False)  # they are offered by the page itself alone
        for page in (RunPage, ComparePage, LineagePage, TasksScreen, DaysScreen, ReviewScreen, SearchScreen)
        for action in page.ACTIONS
    }
    order = list(SCOPES)
    return [*actions, *sorted(pages.values(), key=lambda action: order.index(action.scope))]
