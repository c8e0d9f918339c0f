"""The part of a pane that asks what is to be kept where a page was changed on both sides."""

from __future__ import annotations

from functools import partial

from mlws_tui.domain.words import counted
from mlws_tui.services.pages import Conflict
from mlws_tui.ui.panes.writingedit import EditingPane

_CONFLICT = (
    ("m", "keep mine"),
    ("d", "take the disk's"),
    ("b", "both, the disk's first"),
    ("v", "side by side"),
)
_GONE = (("m", "write it again"), ("d", "let it go"))


class ConflictPane(EditingPane):
    """A pane that settles conflicts: by one key, or place by place. What one side alone changed is kept in any case."""

    _choices: tuple[str, ...] = ()  # what was chosen side by side, and not saved yet

    def _ask(self, conflict: Conflict) -> None:
        self._conflict, self._choices = conflict, ()
        self.editor.read_only = True
        self._ask_again(conflict)
        self.tell(trouble="not saved yet")
        self.refresh_bindings()

    def _ask_again(self, conflict: Conflict) -> None:
        chosen = sum(map(bool, self._choices))
        told = f"{chosen} of {counted(len(self._choices), 'place')} settled, nothing written: v goes on"
        words = told if chosen else _clash(conflict)
        self._line.ask(words, _CONFLICT if conflict.page.exists else _GONE)

    async def _settle(self, *choices: str) -> None:
        if self._take_choice(choices):
            await self.save()

    def _take_choice(self, choices: tuple[str, ...]) -> bool:
        """Have the text that the choices give in the editor, as one change."""
        conflict = self._conflict
        if conflict is None:
            return False
        known = self._page.text if self._page is not None else ""
        self._conflict = None
        self._page = conflict.page
        self._others.take_in(self.editor, conflict.settled(*choices), known, conflict.page.text)
        self._clear_question()
        return True

    def action_mine(self) -> None:
        self.work(partial(self._settle, "mine"))

    def action_disk(self) -> None:
        self.work(partial(self._settle, "theirs"))

    def action_both(self) -> None:
        self.work(partial(self._settle, "both"))

    def action_side_by_side(self) -> None:
        """Settle each place by itself; nothing is written before all are, and what was chosen is still there later."""
        from mlws_tui.ui.screens.conflict import ConflictScreen, Settled

        conflict = self._conflict
        if conflict is None:
            return

        def settled(decided: Settled | None) -> None:
            if decided is None or self._conflict is not conflict:
                return
            if decided.later:
                self._choices = decided.choices
                self._ask_again(conflict)
            elif not decided.edit:
                self.work(partial(self._settle, *decided.choices))
            elif self._take_choice(decided.choices):
                self.edit()
                self.work(self._keep_draft)

        name = self.name_of(conflict.page.key)
        self.app.push_screen(ConflictScreen(conflict, name, self._choices), settled)


def _clash(conflict: Conflict) -> str:
    """What stands on disk where the two sides differ, in one sentence."""
    if not conflict.page.exists:
        return "This was removed from the disk while you wrote in it."
    clashes = conflict.clashes
    theirs = clashes[0].theirs[0].strip() if clashes and clashes[0].theirs else ""
    others = len(clashes) - 1
    more = f" (and {others} more {'place' if others == 1 else 'places'})" if others > 0 else ""
    return f"On disk this now reads: {theirs}{more}" if theirs else f"On disk these lines are gone{more}"
