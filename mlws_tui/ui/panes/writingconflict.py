"""The part of a pane that asks what is to be kept where a page was changed on both sides."""

from __future__ import annotations

from functools import partial

from mlws_tui.services.pages import Conflict
from mlws_tui.ui.panes.writingedit import EditingPane

_CONFLICT = (("m", "mine"), ("d", "the disk's"), ("b", "both"), ("v", "side by side"))
_GONE = (("m", "write it again"), ("d", "let it go"))


class ConflictPane(EditingPane):
    """A pane that settles conflicts: by one key, or place by place. What one side alone changed is kept in any case."""

    def _ask(self, conflict: Conflict) -> None:
        self._conflict = conflict
        self.editor.read_only = True
        self._line.ask(_clash(conflict), _CONFLICT if conflict.page.exists else _GONE)
        self.tell(trouble="not saved yet")
        self.refresh_bindings()

    async def _settle(self, *choices: str) -> None:
        if self._take_choice(choices):
            await self.save()

    def _take_choice(self, choices: tuple[str, ...]) -> bool:
        """Have the text that the choices give in the editor, as one change."""
        conflict = self._conflict
        if conflict is None:
            return False
        self._conflict = None
        self._page = conflict.page
        self.editor.apply_text(conflict.settled(*choices))
        self._clear_question()
        return True

    def action_mine(self) -> None:
        self.work(partial(self._settle, "mine"))

    def action_disk(self) -> None:
        self.work(partial(self._settle, "theirs"))

    def action_both(self) -> None:
        self.work(partial(self._settle, "both"))

    def action_side_by_side(self) -> None:
        """Settle each place by itself; nothing is decided before all are."""
        from mlws_tui.ui.screens.conflict import ConflictScreen, Settled

        conflict = self._conflict
        if conflict is None:
            return

        def settled(decided: Settled | None) -> None:
            if decided is None or self._conflict is not conflict:
                return
            if not decided.edit:
                self.work(partial(self._settle, *decided.choices))
            elif self._take_choice(decided.choices):
                self.edit()
                self.work(self._keep_draft)

        self.app.push_screen(ConflictScreen(conflict, self.name_of(conflict.page.key)), settled)


def _clash(conflict: Conflict) -> str:
    """What stands on disk where the two sides differ, in one sentence."""
    if not conflict.page.exists:
        return "This was removed from the disk while you wrote in it."
    clashes = conflict.clashes
    theirs = clashes[0].theirs[0].strip() if clashes and clashes[0].theirs else ""
    others = len(clashes) - 1
    more = f" (and {others} more {'place' if others == 1 else 'places'})" if others > 0 else ""
    return f"On disk this now reads: {theirs}{more}" if theirs else f"On disk these lines are gone{more}"
