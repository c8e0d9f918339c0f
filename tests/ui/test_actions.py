"""Actions as keys: those of the registry, and those that a person gives them."""

from __future__ import annotations

from typing import ClassVar

import pytest
from textual.app import App
from textual.binding import BindingType

from mlws_tui.config.workspace import Workspace
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.registry import SCOPES, all_actions
from tests.ui.stage import Still, furnish, screen_text


class Bound(App[None]):
    """An app with one action that has no key of its own, and one that has."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        [Action("app.pack", "", "Pack", "Pack."), Action("app.wait", "w", "Wait", "Wait.")]
    )

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    def action_pack(self) -> None:
        self.done.append("pack")

    def action_wait(self) -> None:
        self.done.append("wait")


async def test_an_action_without_keys_can_be_given_one() -> None:
    app = Bound()
    async with app.run_test() as pilot:
        await pilot.press("w", "f8")
        app.set_keymap({"app.pack": "f8"})
        await pilot.press("f8", "w")
    assert app.done == ["wait", "pack", "wait"]


def test_each_scope_has_a_title() -> None:
    assert {action.scope for action in all_actions()} == set(SCOPES)


@pytest.mark.parametrize(("key", "says"), [("slash", "enter keep"), ("colon", "enter go")])
async def test_the_footer_tells_the_keys_of_the_line_in_which_one_types(
    workspace: Workspace, key: str, says: str
) -> None:
    furnish(workspace)
    stage = Still(workspace)
    async with stage.app.run_test(size=(80, 24)) as pilot:
        await stage.ready(pilot, "llama-ft")
        await pilot.press("3")
        await stage.sees(pilot, "step 620")
        await pilot.press(key)
        await stage.sees(pilot, says, "esc back", "↑ earlier")
        foot = screen_text(stage.app).splitlines()[-1]
        assert ("^r regex" in foot) == (key == "slash")
        assert "/ find" not in foot
        await stage.leave()
