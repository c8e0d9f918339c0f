"""The part of the journal pane that offers to mend headings which the journal holds and nothing can read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.journal_edits import Splice
from mlws_tui.domain.words import counted
from mlws_tui.services.drafts import Drafts
from mlws_tui.services.hub import Hub
from mlws_tui.services.journal import JournalService
from mlws_tui.services.pages import Saved
from mlws_tui.services.suggestions import Suggestions
from mlws_tui.ui.actions import Action
from mlws_tui.ui.panes.journal_offers import OfferingPane

if TYPE_CHECKING:
    from mlws_tui.domain.journal import Journal
    from mlws_tui.domain.journalrepair import Repair

log = logging.getLogger(__name__)

#: What hides headings; what else could be mended is told by ``mlws-tui journal lint`` alone.
_HIDES = ("written-ends", "open-block")

REPAIR_ACTIONS = (
    Action("journal.repair", "f", "Repair", "Mend the headings that were found to be text", palette=False),
)


class RepairingPane(OfferingPane):
    """A pane of days that asks once whether to mend what hides some of them. It mends nothing unasked."""

    def __init__(
        self, hub: Hub, journal: JournalService, suggestions: Suggestions | None, *, id: str
    ) -> None:
        drafts: Drafts = journal.drafts
        super().__init__(hub, drafts, suggestions, id=id)
        self._journal = journal
        self._repairs: Sequence[Repair] = ()
        #: The journal before and after a change that is not of the page's text, until it changes again.
        self._beyond: tuple[bytes, bytes] | None = None

    async def look_for_drafts(self) -> None:
        await super().look_for_drafts()
        try:
            found = await asyncio.to_thread(self._journal.repairs)
        except MlwsError as error:  # the caption tells that the journal cannot be read
            log.warning("nothing is known of what could be mended: %s", error)
            return
        self._repairs = [one for one in found if one.splice is not None and one.kind in _HIDES]
        self._clear_question()

    def _clear_question(self) -> None:
        super()._clear_question()
        if self._repairs and self._conflict is None and self._offer is None:
            self._line.ask(_question(self._repairs), (("f", "repair"), ("x", "leave as it is")))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys that mend are there only while it is asked."""
        asked = bool(self._repairs) and self._conflict is None and self._offer is None
        if action == "repair" or (asked and action == "discard"):
            return asked and self.editor.read_only
        return super().check_action(action, parameters)

    def action_repair(self) -> None:
        """Mend what was found, as one change that `u` takes back."""
        self.work(self._repair)

    def action_discard(self) -> None:
        """Leave those headings as they are, where that is asked."""
        if self._repairs and self._conflict is None and self._offer is None:
            self._repairs = ()
            self._clear_question()
        else:
            super().action_discard()

    async def _repair(self) -> None:
        keys = [one.key for one in self._repairs]
        self._repairs = ()
        said = f"mended {counted(len(keys), 'place')} · u takes it back"
        await self._do_beyond(partial(self._journal.repair, keys), said, "Nothing was mended")

    # changes of the journal that are not of the page's text

    async def change_beyond(
        self, change: Callable[[Journal], Sequence[Splice]], said: str, failed: str
    ) -> None:
        """Change the journal beside the page's text, so that `u` takes it back.

        Args:
            change: What `JournalService.change` takes.
            said: What is said when it is done.
            failed: What is said above the reason why it is not.
        """
        await self._do_beyond(partial(self._journal.change, change), said, failed)

    async def _do_beyond(self, do: Callable[[], tuple[bytes, bytes]], said: str, failed: str) -> None:
        try:
            self._beyond = await asyncio.to_thread(do)
        except MlwsError as error:
            said = ""
            self.notify(error.sentence(), title=failed, severity="error", markup=False)
        self._clear_question()
        await self.refresh_page()
        if said:
            self.tell(said)

    def action_undo(self) -> None:
        if self._beyond is None:
            super().action_undo()
        else:
            self.work(self._take_back_beyond)

    async def _take_back_beyond(self) -> None:
        changed, self._beyond = self._beyond, None
        if changed is None:
            return
        before, after = changed

        def change(journal: Journal) -> Sequence[Splice]:
            if journal.data != after:
                raise UsageError("The journal was changed since", hint="undo that first")
            return [Splice(0, len(after), before)]

        try:
            await asyncio.to_thread(self._journal.change, change)
        except MlwsError as error:
            self.notify(error.sentence(), severity="error", markup=False)
        await self.refresh_page()

    def _saved(self, outcome: Saved, stored: str) -> None:
        self._beyond = None
        super()._saved(outcome, stored)


def _question(repairs: Sequence[Repair]) -> str:
    count = len(repairs)
    if all(one.kind == "written-ends" for one in repairs):
        lines = (
            "1 line of the journal is a heading"
            if count == 1
            else f"{count} lines of the journal are headings"
        )
        return f"{lines} that echo wrote as text (line {repairs[0].line}): no day begins there"
    more = f" (and {count - 1} more)" if count > 1 else ""
    return f"{repairs[0].says}{more}"
