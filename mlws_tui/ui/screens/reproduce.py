"""What doing a run again takes: the code, the command, what differs today; and the word to go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.reproduction import Difference, ReproductionPlan, command_line, listed, split_new
from mlws_tui.domain.reproscript import script
from mlws_tui.domain.runs import Run
from mlws_tui.domain.text import safe_text
from mlws_tui.services import clipboard
from mlws_tui.services.reproducing import blocked
from mlws_tui.services.workbench import Workbench

#: Differences that are listed; of more their number is told. Characters of a name; of a path its end is shown.
_MOST, _NAME = 200, 30
_Part = Content | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Again:
    """The word to go."""

    plan: ReproductionPlan
    without_diff: bool


class ReproduceScreen(ModalScreen[Again | None]):
    """Shows how a run would be done again; nothing of it is run before the person says so.

    Args:
        bench: The open workspace.
        run: The run.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close"),
        Binding("G", "go", "Go"),
        Binding("w", "without", "Without the changes"),
        Binding("Y,y", "copy", "Copy the script"),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
        Binding("pagedown,space", "scroll(10)", "Page down", show=False),
        Binding("pageup", "scroll(-10)", "Page up", show=False),
    ]
    DEFAULT_CSS = """
    ReproduceScreen { align: center middle; background: $background 60%; }
    ReproduceScreen > Vertical {
        width: 104; max-width: 100%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    ReproduceScreen VerticalScroll { height: auto; max-height: 100%; scrollbar-size-vertical: 1; padding: 1 0; }
    ReproduceScreen Static { width: 1fr; height: auto; }
    """

    def __init__(self, bench: Workbench, run: Run) -> None:
        super().__init__()
        self._bench = bench
        self._run = run
        self._plan: ReproductionPlan | None = None
        self._without = False
        self._share: float | None = None  # of the data that is read
        # Kept by name: what the look finds may come when the screen has closed and is emptied already.
        self._box = Vertical()
        self._words = Static("looking at today…", id="reproduce-plan", markup=False)

    def compose(self) -> ComposeResult:
        with self._box:
            self._box.border_title = Content(f"Do again: {safe_text(self._run.name)}")
            with VerticalScroll(can_focus=False):
                yield self._words
            self._box.border_subtitle = "esc closes"

    def on_mount(self) -> None:
        self._looking = self.set_interval(0.25, self._tell_read)
        self.run_worker(self._look(), name="reproduce")

    async def _look(self) -> None:
        try:
            self._plan = await self._bench.reproducing.plan(self._run.id, progress=self._read)
        except MlwsError as error:
            self._words.update(Content(safe_text(error.sentence())))
            return
        finally:
            self._looking.stop()
        self._show()

    def _read(self, done: int, total: int) -> None:
        """Hear from the thread that reads data how far it is; the screen looks now and then."""
        self._share = done / max(1, total)

    def _tell_read(self) -> None:
        if self._plan is None and self._share is not None:
            words = f"reading the data to compare it: {self._share:.0%}"
            self._words.update(Content(words))

    def _show(self) -> None:
        if self._plan is None:
            return
        self._words.update(_content(self._plan, self._without))
        keys = []
        if not blocked(self._plan, without_diff=self._without):
            keys.append("G starts it")
        if self._plan.diff or self._plan.diff_problem:
            keys.append("w with changes" if self._without else "w without changes")
        words = " · ".join([*keys, "y copies a script", "esc closes"])
        self._box.border_subtitle = Content(words)

    def action_go(self) -> None:
        if self._plan is None:
            return
        problem = blocked(self._plan, without_diff=self._without)
        if problem:
            self.notify(safe_text(problem), severity="error", markup=False)
            return
        self.dismiss(Again(self._plan, self._without))

    def action_without(self) -> None:
        self._without = not self._without
        self._show()

    def action_copy(self) -> None:
        if self._plan is not None:
            self.run_worker(self._copy(self._plan), name="copy")

    async def _copy(self, plan: ReproductionPlan) -> None:
        text = script(plan, str(self._bench.workspace.root), without_diff=self._without)
        copied = await clipboard.copy(text)
        if copied.sequence and self.app._driver is not None:
            self.app._driver.write(copied.sequence)
        cut = ", cut: it is too much for the terminal" if copied.cut else ""
        self.notify(f"copied the script{cut}", markup=False)

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


def _content(plan: ReproductionPlan, without: bool) -> Content:
    """The plan as a page."""
    parts: list[_Part] = []
    if plan.repository is not None:
        parts += _row("code", f"commit {plan.sha[:12]} of {plan.repository}")
        parts += _row("checkout", "a new folder of the workspace; yours is not touched")
        parts += _row("changes", _changes(plan, without))
    below = "the top of it" if plan.below == "." else plan.below
    parts += _row("folder", below if plan.repository is not None else plan.cwd or "not recorded")
    parts += _row("command", command_line(plan.command) or "not recorded")
    for problem in plan.problems:
        parts += [("\n✗ ", "$text-error"), (safe_text(problem), "$text-error")]
    if plan.diff_problem and not without:
        parts += [("\n✗ ", "$text-error"), (safe_text(plan.diff_problem), "$text-error")]
    for note in plan.notes:
        parts += [("\n▲ ", "$text-warning"), Content(safe_text(note))]
    if plan.problems or plan.diff_problem or plan.notes:
        parts.append(Content("\n"))
    parts += _differences(plan.differences)
    if plan.same:
        parts += [("\nas it was  ", "$text-muted"), (safe_text(", ".join(plan.same)), "$text-muted")]
    return Content.assemble(*parts)


def _changes(plan: ReproductionPlan, without: bool) -> str:
    if without:
        return "left out"
    lines = plan.diff.count("\n")
    return f"{lines:,} lines of diff that were not committed are restored" if lines else "none"


def _differences(differences: tuple[Difference, ...]) -> list[_Part]:
    if not differences:
        return [("\nnothing else that was recorded differs today", "$text-success")]
    shown, new = split_new(differences)
    parts: list[_Part] = [("\ndiffers today\n", "bold")]
    names = [f"{one.kind} {one.name}".strip() for one in shown]
    names = [name if len(name) <= _NAME else f"…{name[1 - _NAME :]}" for name in names]
    width = max(map(len, names), default=0)
    for name, one in list(zip(names, shown, strict=True))[:_MOST]:
        then, now = safe_text(one.then or "none"), safe_text(one.now or "none")
        parts += [Content(f"  {safe_text(name):<{width}}  "), (then, "$text-muted"), (" → ", "$text-muted")]
        parts += [(f"{now}\n", "$text-error" if not one.now else "$text-warning")]
    if len(shown) > _MOST:
        parts.append((f"  and {len(shown) - _MOST} more\n", "$text-muted"))
    if new:
        word = "package that was" if len(new) == 1 else "packages that were"
        parts.append((f"  and {len(new)} {word} not there: {safe_text(listed(new))}\n", "$text-muted"))
    return parts


def _row(name: str, value: str) -> list[_Part]:
    return [(f"{name:<10}", "$text-muted"), Content(f"{safe_text(value)}\n")]
