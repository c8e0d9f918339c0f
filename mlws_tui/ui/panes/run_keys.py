"""The keys of the list of runs."""

from __future__ import annotations

from mlws_tui.ui.actions import Action

#: What the last line of the screen names, as far as there is room.
FOOTER = frozenset(
    f"runs.{name}" for name in ("open", "filter", "mark", "compare", "sort", "experiment", "fork", "stop")
)

LIST_ACTIONS: tuple[Action, ...] = (
    Action("runs.open", "enter", "Open", "Read all there is of the run"),
    Action("runs.filter", "slash", "Filter", "Filter as you type: tag:lora lr<1e-4 status:running"),
    Action("runs.mark", "space", "Mark", "Mark the run, or take its mark away, and go on to the next one"),
    Action("runs.mark-all", "ctrl+a", "Mark all", "Mark all runs that are listed"),
    Action("runs.unmark", "u", "Unmark", "Take all marks away"),
    Action("runs.compare", "equals_sign", "Compare", "Compare the marked runs"),
    Action("runs.sort", "s", "Sort", "Sort by a column, a metric or a setting"),
    Action("runs.reverse", "S", "Reverse", "Turn the order round"),
    Action("runs.group", "b", "Group by", "Group by experiment, tag, model or a setting"),
    Action("runs.fold", "left", "Fold", "Fold the group, so that only its header is seen"),
    Action("runs.unfold", "right", "Unfold", "Unfold the group"),
    Action("runs.columns", "o", "Columns", "Choose the columns of the list"),
    Action("runs.views", "v", "Views", "Show a saved view, or save this one"),
    Action("runs.facts", "f", "Facts", "Read its facts beside the list, or see the chart again"),
    Action("runs.lineage", "L", "Lineage", "See what the run was forked from, and what from it"),
    Action("runs.experiment", "E", "Experiment", "Read the page of the run's experiment"),
    Action("runs.charts", "w", "Charts", "See all metrics as a grid of charts, of the marked runs or the selected one"),
    Action("runs.next", "j,down", "Next run", "Select the next run", palette=False, call="move(1)"),
    Action("runs.previous", "k,up", "Run before", "Select the run before", palette=False, call="move(-1)"),
    Action("runs.page-down", "pagedown", "Page down", "Go down by a page", palette=False, call="page(1)"),
    Action("runs.page-up", "pageup", "Page up", "Go up by a page", palette=False, call="page(-1)"),
    Action("runs.first", "g,home", "First run", "Select the first run", call="end(0)"),
    Action("runs.last", "G,end", "Last run", "Select the last run", call="end(1)"),
    Action("runs.back", "escape", "Back", "Go back from the facts; clear the filter", palette=False),
)  # fmt: skip
