"""The desk: the screen on which the panes lie side by side, or one above the other where there is less room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widget import Widget

from mlws_tui.domain.changes import Change, FileChanged, IndexState, Notice, RunsChanged
from mlws_tui.domain.endings import word
from mlws_tui.domain.errors import MlwsError
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.keynames import key_label
from mlws_tui.ui.layout import PANES, Layout, choose
from mlws_tui.ui.registry import APP_ACTIONS, PANE_TITLES, SCOPES
from mlws_tui.ui.widgets.statusline import StatusLine
from mlws_tui.ui.widgets.tabline import TabLine

if TYPE_CHECKING:
    from mlws_tui.domain.runs import Run
    from mlws_tui.services.archive import ArchiveService
    from mlws_tui.services.workbench import Workbench
    from mlws_tui.ui.furniture import Furniture
    from mlws_tui.ui.pane import Pane
    from mlws_tui.ui.panes.log import LogPane
    from mlws_tui.ui.panes.runs import RunsPane
    from mlws_tui.ui.panes.writing import WritingPane
    from mlws_tui.ui.screens.jumping import Jumping
    from mlws_tui.ui.widgets.editor import MarkdownEditor

SIDE_PANES = ("gpus", "journal", "session")


class Blank(Widget):
    """A pane's place before the pane is there: its border and title are the first that a person sees."""

    def __init__(self, name: str) -> None:
        super().__init__(id=name, classes="pane")
        self.border_title = PANE_TITLES[name]

    def render(self) -> str:
        """Nothing: a widget of its own accord shows its name."""
        return ""


class Desk(Screen[None]):
    """Puts the panes together: layout by size, focus, the run that is selected, the status line.

    It begins with empty places, so that it can be shown at once, and is furnished when the workbench is open.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        # Searching is there while one types, too, where the key would go to the text.
        replace(one, priority=True) if isinstance(one, Binding) and one.id == "app.search" else one
        for one in bindings(APP_ACTIONS)
    ]
    DEFAULT_CSS = """
    Desk { layout: vertical; background: $background; }
    Desk #body { height: 1fr; }
    Desk #upper { height: 2fr; }
    Desk #left, Desk #right { width: 1fr; }
    Desk .pane { border: round $border-blurred; border-title-color: $text-muted; padding: 0; height: 1fr;
                 border-subtitle-color: $text-muted; border-title-style: none; background: $background; }
    Desk .pane:focus-within { border: round $border; border-title-color: $foreground; border-title-style: bold; }
    Desk #log { height: 1fr; min-height: 6; }
    Desk.-five #gpus { height: 9; }
    Desk.-five.-tall #gpus { height: 14; }
    Desk.-three #upper { height: 3fr; }
    Desk.-three #log { height: 2fr; }
    Desk TabLine { display: none; }
    Desk.-tabs TabLine { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[str, Widget] = {name: Blank(name) for name in PANES}
        self._furniture: Furniture | None = None
        self._jumping: Jumping | None = None
        self._bench: Workbench | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._problem = ""
        self._run: Run | None = None
        self._log: Path | None = None
        self._here = "runs"
        self._side = "journal"
        self._zoomed = False
        self._alone = False  # the journal is shown alone because there is nothing else
        self._layout: Layout | None = None
        self._tabs = TabLine({name: PANE_TITLES[name] for name in PANES}, id="tabs")
        self._status = StatusLine(id="status")
        self._upper = Horizontal(id="upper")
        self._left, self._right = Vertical(id="left"), Vertical(id="right")

    def compose(self) -> ComposeResult:
        places = self._places
        yield self._tabs
        with Vertical(id="body"):
            with self._upper:
                with self._left:
                    yield places["gpus"]
                    yield places["runs"]
                with self._right:
                    yield places["journal"]
                    yield places["session"]
            yield places["log"]
        yield self._status

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, self._show_keys)
        self._arrange()

    def on_unmount(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()

    async def furnish(self, bench: Workbench) -> None:
        """Put the panes in their places."""
        from mlws_tui.services.workspace import journal_alone
        from mlws_tui.ui.furniture import Furniture
        from mlws_tui.ui.screens.jumping import Jumping

        if self._here == "runs" and await asyncio.to_thread(journal_alone, bench.workspace):
            self._here = "journal"
            self._alone = self._zoomed = True
        self._bench = bench
        self._furniture = Furniture(bench)
        self._jumping = Jumping(self, bench, self._furniture, self.go_to)
        self._unsubscribe = bench.hub.subscribe(self._hear)
        bench.reminders.busy = lambda: any(not pane.editor.read_only for pane in self.editors)
        with self.app.batch_update():
            for name, pane in self._furniture.panes().items():
                await self._replace(name, pane)
            self.go_to(self._here)
        for editor in self.editors:
            await editor.load()
        self.run_worker(self._offer_archive(), group="archive")

    async def _replace(self, name: str, pane: Pane) -> None:
        blank = self._places[name]
        parent = cast(Widget, blank.parent)
        place = list(parent.children).index(blank)
        pane.display = blank.display
        await blank.remove()
        await parent.mount(pane, before=place if place < len(parent.children) else None)
        self._places[name] = pane

    @property
    def editors(self) -> tuple[WritingPane, ...]:
        """The panes that may hold unsaved text."""
        return self._furniture.editors() if self._furniture is not None else ()

    def _hear(self, change: Change) -> None:
        if isinstance(change, Notice):
            severity: Literal["information", "warning"] = "information" if change.mild else "warning"
            self.notify(change.text, severity=severity, timeout=8 if change.mild else 20, markup=False)
        if self._alone and isinstance(change, RunsChanged | FileChanged):
            self.run_worker(self._look_for_more(), group="alone", exclusive=True)
        if not isinstance(change, IndexState):
            return
        words, trouble = _index_words(change)
        self._status.show_state(words, trouble=trouble)
        if change.problem and change.problem != self._problem and change.hint:
            # The line has no room for what to do about it.
            self.notify(f"{change.problem}: {change.hint}", severity="warning", timeout=20, markup=False)
        self._problem = change.problem

    async def _look_for_more(self) -> None:
        """Show the other panes, too, once there is something for them."""
        from mlws_tui.services.workspace import journal_alone

        alone = self._bench is None or await asyncio.to_thread(journal_alone, self._bench.workspace)
        if self._alone and not alone:
            self._alone = self._zoomed = False
            self._arrange()

    # layout and focus

    def on_resize(self, event: events.Resize) -> None:
        if self._layout is not None:  # the first arrangement is on_mount's: before it there are no panes
            self._arrange()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        names = [node.id for node in event.widget.ancestors_with_self if node.id in PANES]
        if names and names[0] is not None and names[0] != self._here:
            self._here = names[0]
            self._arrange()
            if self._here == "log":  # more logs may have been begun since the run was selected
                self._look_for_logs()
        self._show_keys()

    def go_to(self, name: str) -> None:
        """Give the focus to a pane, bringing it on the screen where it is not."""
        self._here = name
        self._arrange()
        if self._furniture is not None:
            self.set_focus(self._furniture.panes()[name].focus_target)
        self._show_keys()

    def _arrange(self) -> None:
        if self._here in SIDE_PANES:
            self._side = self._here
        width, height = self.app.size
        layout = choose(width, height, self._here, self._side, self._zoomed)
        self._tabs.mark(self._here, layout.shown)
        self.set_class(height >= 50, "-tall")
        if layout == self._layout:
            return
        self._layout = layout
        for name in ("five", "three", "one", "zoom"):
            self.set_class(layout.name == name, f"-{name}")
        self.set_class(layout.tabs, "-tabs")
        for name in PANES:
            self._places[name].display = name in layout.shown
        for column in (self._left, self._right):
            column.display = any(pane.display for pane in column.children)
        self._upper.display = bool(layout.shown - {"log"})

    def _show_keys(self, _screen: Screen[object] | None = None) -> None:
        """Show the keys that would do something now: while text is typed, letters are not among them."""
        shown: dict[str, tuple[str, str]] = {}
        for active in self.active_bindings.values():
            binding = active.binding
            if not binding.show or not active.enabled or binding.id is None or binding.id in shown:
                continue
            shown[binding.id] = (key_label(binding.key), binding.description.lower())
        mine = [words for name, words in shown.items() if not name.startswith("app.")]
        ours = [shown[action.id] for action in APP_ACTIONS if action.id in shown]
        panes = (("1-5", "pane"),) if ours and ("q", "quit") in ours else ()
        self._status.show_keys((*panes, *mine, *ours))

    @on(TabLine.Picked)
    def _tab_picked(self, event: TabLine.Picked) -> None:
        self.go_to(event.pane)

    def action_pane(self, name: str) -> None:
        self.go_to(name)

    def action_next_pane(self) -> None:
        self.go_to(PANES[(PANES.index(self._here) + 1) % len(PANES)])

    def action_previous_pane(self) -> None:
        self.go_to(PANES[PANES.index(self._here) - 1])

    def action_zoom(self) -> None:
        self._zoomed, self._alone = not self._zoomed, False
        self._arrange()

    # what the panes have to do with each other

    def on_runs_pane_selected(self, event: RunsPane.Selected) -> None:
        if self._furniture is None or self._bench is None:
            return
        run = self._run = event.run
        path: Path | None = None
        if run is not None and run.log:
            try:
                path = self._bench.workspace.inside(run.log)
            except MlwsError as error:
                self.notify(error.sentence(), severity="warning", markup=False)
        self._show_log(path)
        self._look_for_logs()

    def _show_log(self, path: Path | None, logs: Sequence[tuple[str, Path]] = ()) -> None:
        furniture, run = self._furniture, self._run
        self._log = path
        if furniture is not None:
            title, ended = ("", "") if run is None else (run.name, "" if run.state.live else word(run))
            furniture.log.show_log(path, title, ended=ended, logs=logs)

    def _look_for_logs(self) -> None:
        if self._run is not None:
            self.run_worker(self._find_logs(self._run), group="logs-of-run", exclusive=True)

    async def _find_logs(self, run: Run) -> None:
        """Tell the log pane of all logs of the run, such as those of its ranks."""
        from mlws_tui.services.runlogs import logs_of_run

        bench = self._bench
        if bench is None:
            return
        logs = await asyncio.to_thread(logs_of_run, bench.workspace, run)
        if run is self._run and logs:
            self._show_log(self._log or logs[0][1], logs)

    def on_runs_pane_point(self, event: RunsPane.Point) -> None:
        """From a point of the chart to its line."""
        if self._furniture is None or self._run is None:
            return
        if self._log is None:
            self.notify(f"{self._run.name} has no log to look into", markup=False)
            return
        self.go_to("log")
        self._furniture.log.go_to_moment(event.ts, event.step, event.name)

    def on_runs_pane_jumped(self, event: RunsPane.Jumped) -> None:
        """From a page of a run to what belongs to another pane."""
        self.go_where(event.jump)

    def on_writing_pane_jumped(self, event: WritingPane.Jumped) -> None:
        """From the journal or a session log to where a link leads."""
        self.go_where(event.jump)

    def go_where(self, jump: Jump | None) -> None:
        """Go to a place; nothing happens before the workbench is open."""
        if self._jumping is not None:
            self._jumping.follow(jump)

    def action_search(self) -> None:
        self.go_where(Jump("search", ""))

    def action_tasks(self) -> None:
        self.go_where(Jump("tasks", ""))

    def action_review(self) -> None:
        self.go_where(Jump("review", ""))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """With Emacs' keys ctrl+f is a step forward while one types."""
        if action == "search" and any(one.keys == "emacs" and one.has_focus for one in self._typed_in()):
            return False
        return super().check_action(action, parameters)

    def _typed_in(self) -> list[MarkdownEditor]:
        return [pane.editor for pane in self.editors if not pane.editor.read_only]

    def on_log_pane_moment(self, event: LogPane.Moment) -> None:
        """From a line to its point in the chart."""
        self.run_worker(self._show_moment(event), group="moment", exclusive=True)

    async def _show_moment(self, event: LogPane.Moment) -> None:
        if self._furniture is None:
            return
        runs = self._furniture.runs
        try:
            found = await runs.show_moment(event.ts, event.step, event.name)
        except MlwsError as error:
            self.notify(error.sentence(), severity="warning", markup=False)
            return
        if not found:
            why = "" if event.ts is not None or event.step is not None else ": it tells neither time nor step"
            self.notify(f"The chart has no point near this line{why}", markup=False)
            return
        self.go_to("runs")
        self.call_after_refresh(self._make_room, runs)

    def _make_room(self, runs: RunsPane) -> None:
        """Show the pane alone where its chart has no room beside the others."""
        if not runs.charted and not self._zoomed:
            self.action_zoom()
        self.call_after_refresh(lambda: self.set_focus(runs.focus_target))

    # actions of the app as a whole

    def action_new_session(self) -> None:
        from mlws_tui.ui.screens.prompt import PromptScreen

        furniture = self._furniture
        if furniture is None:
            return

        async def made(title: str | None) -> None:
            if title:
                await furniture.session.new_session(title)
                self.go_to("session")
                await self._look_for_more()

        self.app.push_screen(
            PromptScreen("New session log: title", "becomes docs/sessions/DATE-title.md"), made
        )

    def action_theme(self) -> None:
        self.app.search_themes()

    def action_palette(self) -> None:
        self.app.action_command_palette()

    def action_keys(self) -> None:
        from mlws_tui.ui.screens.keys import KeysScreen

        keymap: dict[str, str] = getattr(self.app, "keys_in_force", {})
        groups: list[tuple[str, tuple[Action, ...]]] = [(SCOPES["app"], APP_ACTIONS)]
        if self._furniture is not None:
            own = self._furniture.panes()[self._here].ACTIONS
            scopes = dict.fromkeys(action.scope for action in own)
            groups[:0] = [(SCOPES[scope], tuple(a for a in own if a.scope == scope)) for scope in scopes]
        self.app.push_screen(KeysScreen(groups, keymap))

    def action_archive(self) -> None:
        """Pack the old logs; what was done is told at the end."""
        archive = self._archive()
        if archive is not None:
            self.notify("Archiving old logs…", markup=False)
            self.run_worker(self._do_archive(archive), group="archive")

    async def _do_archive(self, archive: ArchiveService) -> None:
        try:
            outcome = await archive.archive()
        except MlwsError as error:
            self.notify(error.sentence(), severity="warning", timeout=20, markup=False)
            return
        severity: Literal["information", "warning"] = "warning" if outcome.problem else "information"
        self.notify(outcome.sentence(), severity=severity, timeout=20, markup=False)

    async def _offer_archive(self) -> None:
        archive = self._archive()
        offer = await archive.offer() if archive is not None else ""
        if offer:
            self.notify(offer, timeout=20, markup=False)

    def _archive(self) -> ArchiveService | None:
        from mlws_tui.services.archive import ArchiveService

        bench = self._bench
        if bench is None:
            return None
        return ArchiveService(bench.workspace, bench.runs, bench.settings.logs.archive_after)

    async def run_action_of(self, action: Action) -> None:
        """Do what the palette asked for: an action of the app, or of a pane after going there."""
        if action.scope == "app":
            await self.run_action(action.method)
            return
        self.go_to(action.scope)
        await self._places[action.scope].run_action(action.method)

    async def action_suspend(self) -> None:
        await self.app.run_action("suspend_desk")

    async def action_quit(self) -> None:
        await self.app.run_action("quit")


def _index_words(state: IndexState) -> tuple[str, bool]:
    if state.problem:
        return state.problem, True
    if state.behind > 1_000_000:
        return f"reading {state.behind / 1e6:.0f} MB of streams", False
    if state.role == "follower" and state.holder_pid:
        return f"index kept by pid {state.holder_pid}", False
    if state.role == "read-only":
        return "index read-only", True
    return "", False
