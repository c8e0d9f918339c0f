"""Keys in one burst in the whole app, while a day turns: none is lost, and none goes where it is not for."""

from __future__ import annotations

from typing import Literal

import pytest
from textual import events
from textual._xterm_parser import XTermParser

from mlws_tui.config.workspace import Workspace
from tests.ui.stage import Still, until

LOG = b"# Log\n\n## 2026-11-20\n\n- a\n\n## 2026-11-19\n\n- c\n"


def burst(raw: str) -> list[events.Key]:
    """What the app is told of these bytes; ``^`` is escape."""
    keys: list[events.Key] = []
    for part in raw.split("^"):
        keys += [event for event in XTermParser().feed(part) if isinstance(event, events.Key)]
        keys.append(events.Key("escape", "\x1b"))
    return keys[:-1]


async def test_each_key_of_a_burst_is_for_the_day_that_comes(workspace: Workspace) -> None:
    still = Still(workspace)
    async with still.app.run_test(size=(120, 40)) as pilot:
        await still.ready(pilot)
        pane = still.app.desk.editors[0]
        for raw, today, before in (
            ("4[\rquit now^]", b"- a", b"- cquit now"),
            ("[\r\rabc\rd^]", b"- a", b"- c\n- abc\n- d"),
            ("[\rabc\x13def^]", b"- a", b"- cabcdef"),
            ("[otwo\r[1] x^]", b"- a", b"- c\n- two\n- [1] x"),
            ("[\rabc^]\rdef^", b"- adef", b"- cabc"),
        ):
            workspace.journal.write_bytes(LOG)
            await pane.load()
            for key in burst(raw):
                still.app.post_message(key)
            wanted = LOG.replace(b"- a", today).replace(b"- c", before)
            await until(
                pilot,
                lambda wanted=wanted: workspace.journal.read_bytes() == wanted,  # type: ignore[misc]
                lambda: str(workspace.journal.read_bytes()),
            )
            await until(pilot, lambda: pane.editor.read_only and pane.editor.text.startswith("- a"))
        workspace.journal.write_bytes(LOG)
        await pane.load()
        for key in burst("[\rleft\x11"):  # who leaves at once takes nothing back
            still.app.post_message(key)
        await until(pilot, lambda: not still.app.is_running or still.app.return_code is not None)
        assert workspace.journal.read_bytes() == LOG.replace(b"- c", b"- cleft")
    await still.leave()


@pytest.mark.parametrize("keys", ["vim", "emacs"])
async def test_keys_of_vim_and_emacs_that_are_typed_ahead_are_commands(
    workspace: Workspace, keys: Literal["vim", "emacs"]
) -> None:
    workspace.journal.write_bytes(LOG)
    raw = "4[\r\rhello^:wq\r" if keys == "vim" else "4[\r\rhello\x18\x13"
    still = Still(workspace)
    async with still.app.run_test(size=(120, 40)) as pilot:
        await still.ready(pilot)
        still.app.desk.editors[0].set_writing(keys)
        for key in burst(raw):
            still.app.post_message(key)
        wanted = LOG.replace(b"- c", b"- c\n- hello")
        await until(
            pilot,
            lambda: workspace.journal.read_bytes() == wanted,
            lambda: str(workspace.journal.read_bytes()),
        )
    await still.leave()
