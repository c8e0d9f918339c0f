"""The panes of one workbench. A module of its own, as importing them all takes longer than the first frame may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.pane import Pane
from mlws_tui.ui.panes.gpus import GpusPane
from mlws_tui.ui.panes.journal import JournalPane
from mlws_tui.ui.panes.log import LogPane
from mlws_tui.ui.panes.runs import RunsPane
from mlws_tui.ui.panes.session import SessionPane
from mlws_tui.ui.panes.writing import WritingPane

if TYPE_CHECKING:
    from mlws_tui.services.completion import Offer


class _Completer:
    """Completes words; who does it is built when there is the first one to complete."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    async def offers(self, line: str, column: int, *, asked: bool = False) -> Sequence[Offer]:
        return await self._bench.completions.offers(line, column, asked=asked)


class Furniture:
    """The five panes, each with the services that it needs and no others."""

    def __init__(self, bench: Workbench) -> None:
        self.gpus = GpusPane(bench.hub, bench.gpus)
        self.runs = RunsPane(bench)
        self.log = LogPane(bench.hub, bench.logs, bench.remembered)
        keys, completer = bench.settings.journal.keys, _Completer(bench)
        self.journal = JournalPane(
            bench.hub, bench.journal, bench.suggestions, keys=keys, completions=completer
        )
        self.session = SessionPane(bench.hub, bench.sessions, keys=keys, completions=completer)

    def panes(self) -> dict[str, Pane]:
        """The panes by name."""
        return {
            "gpus": self.gpus,
            "runs": self.runs,
            "log": self.log,
            "journal": self.journal,
            "session": self.session,
        }

    def editors(self) -> tuple[WritingPane, ...]:
        """The panes that may hold unsaved text."""
        return (self.journal, self.session)
