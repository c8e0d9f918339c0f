"""The keys of the log pane; where there is a custom for a key, it is that of lnav and less."""

from __future__ import annotations

from mlws_tui.ui.actions import Action

LOG_ACTIONS: tuple[Action, ...] = (
    Action("log.find", "slash", "Find", "Find text, as you type it.", footer=True),
    Action("log.next-match", "n", "Next match", "Go to the next line with the text.", palette=False),
    Action("log.previous-match", "N", "Match before", "Go to the line with the text before.", palette=False),
    Action("log.regex", "ctrl+r", "Regular expression", "Find by regular expression, or plain text again."),
    Action("log.goto", "colon", "Go to", "Go to a line, share or time: 1200, 50%, 14:30.", footer=True),
    Action("log.filters", "f", "Filters", "Choose which lines are shown.", footer=True),
    Action("log.filters-off", "x", "Filters off", "Show all lines, or the filtered ones again."),
    Action("log.next-error", "e", "Next error", "Go to the next error."),
    Action("log.previous-error", "E", "Error before", "Go to the error before.", footer=True),
    Action("log.next-warning", "w", "Next warning", "Go to the next warning."),
    Action("log.previous-warning", "W", "Warning before", "Go to the warning before."),
    Action("log.follow", "G,end", "Follow", "Go to the last line and follow the log.", footer=True),
    Action("log.first", "g,home", "First line", "Go to the first line."),
    Action("log.down", "j,down", "Down", "Go down by a line; at the end, follow.", palette=False, call="move(1)"),
    Action("log.up", "k,up", "Up", "Go up by a line; the view follows no more.", palette=False, call="move(-1)"),
    Action("log.page-down", "pagedown,space", "Page down", "Go down by a page.", palette=False, call="page(1)"),
    Action("log.page-up", "pageup,b", "Page up", "Go up by a page.", palette=False, call="page(-1)"),
    Action("log.half-down", "ctrl+d", "Half a page down", "Go down by half a page.", palette=False, call="page(0.5)"),
    Action("log.half-up", "ctrl+u", "Half a page up", "Go up by half a page.", palette=False, call="page(-0.5)"),
    Action("log.left", "h,left", "Left", "Show the lines further left.", palette=False, call="aside(-1)"),
    Action("log.right", "l,right", "Right", "Show the lines further right.", palette=False, call="aside(1)"),
    Action("log.wrap", "S,ctrl+w", "Wrap", "Wrap long lines, or cut them again."),
    Action("log.open", "enter", "Open", "Read the whole line; fold or unfold a traceback.", footer=True),
    Action("log.fold", "F", "Fold tracebacks", "Fold all tracebacks to a line each, or unfold them."),
    Action("log.mark", "m", "Mark", "Mark the line, or take its mark away."),
    Action("log.next-mark", "u", "Next mark", "Go to the next marked line."),
    Action("log.previous-mark", "U", "Mark before", "Go to the marked line before."),
    Action("log.stretch", "V", "Select lines", "Select lines from here on; y copies them."),
    Action("log.copy", "y", "Copy", "Copy the line, or the selected ones, also over SSH."),
    Action("log.moment", "c", "Show in the chart", "Show the moment of the line in the chart."),
    Action("log.merge", "M", "Merge logs", "Merge the run's logs by time, or show one again."),
    Action("log.next-log", "right_square_bracket", "Next log", "Show the run's next log.", call="other(1)"),
    Action("log.previous-log", "left_square_bracket", "Log before", "Show the run's log before.", call="other(-1)"),
    Action("log.density", "D", "Overview", "Show where errors and matches are, or hide it."),
    Action("log.clear", "escape", "Clear", "End the selection, then the search.", palette=False),
)  # fmt: skip
