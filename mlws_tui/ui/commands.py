"""The command palette: every registered action by name."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from mlws_tui.ui.actions import Action
from mlws_tui.ui.keynames import key_label
from mlws_tui.ui.registry import SCOPES, all_actions
from mlws_tui.ui.screens.desk import Desk


class ActionCommands(Provider):
    """Offers the actions of the registry; choosing one goes to its pane and does it."""

    def _offers(self) -> list[tuple[str, Action]]:
        actions = [action for action in all_actions() if action.palette]
        return [(a.title if a.scope == "app" else f"{SCOPES[a.scope]}: {a.title}", a) for a in actions]

    def _help(self, action: Action) -> str:
        """What the action does and the key that does it too."""
        keymap: dict[str, str] = getattr(self.app, "keys_in_force", {})
        keys = keymap.get(action.id, action.keys)
        return f"{action.help}  ·  {key_label(keys)}" if keys else action.help

    def _run(self, action: Action) -> None:
        desk = self.screen
        if isinstance(desk, Desk):
            desk.run_worker(desk.run_action_of(action), exit_on_error=False)

    async def discover(self) -> Hits:
        for name, action in self._offers():
            yield DiscoveryHit(name, partial(self._run, action), help=self._help(action))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, action in self._offers():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), partial(self._run, action), help=self._help(action))
