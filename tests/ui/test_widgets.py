"""The status line and the tab line, read as text."""

from textual.app import App, ComposeResult

from mlws_tui.ui.keynames import key_label
from mlws_tui.ui.widgets.statusline import StatusLine
from mlws_tui.ui.widgets.tabline import TabLine


class Harness(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.picked: list[str] = []

    def compose(self) -> ComposeResult:
        yield TabLine({"gpus": "1 GPUs", "runs": "2 Runs", "log": "3 Log"}, id="tabs")
        yield StatusLine(id="status")

    def on_tab_line_picked(self, event: TabLine.Picked) -> None:
        self.picked.append(event.pane)


async def test_the_status_line_drops_what_does_not_fit_and_keeps_the_state() -> None:
    app = Harness()
    async with app.run_test(size=(40, 5)):
        line = app.query_one(StatusLine)
        line.show_keys((("z", "zoom"), ("n", "new"), ("?", "keys"), ("ctrl+p", "commands")))
        line.show_state("index kept by pid 12")
        text = line.render_line(0).text
        assert len(text) == 40
        assert text.startswith(" z zoom  ? keys ") and " n " not in text
        assert text.endswith("index kept by pid 12 ")
        assert "commands" not in text


async def test_the_keys_for_help_and_for_leaving_are_always_there() -> None:
    app = Harness()
    async with app.run_test(size=(60, 5)):
        line = app.query_one(StatusLine)
        keys = [(letter, f"action {letter}") for letter in "abcdefgh"]
        line.show_keys((*keys, ("?", "keys"), ("z", "zoom"), ("q", "quit")))
        assert line.render_line(0).text.rstrip() == " a action a  b action b  c action c  ? keys  q quit"
        line.show_state("index kept by pid 12, all is read and written")
        assert line.render_line(0).text.startswith(" ? keys ")


async def test_the_status_line_shows_hostile_state_as_text() -> None:
    app = Harness()
    async with app.run_test(size=(60, 5)):
        line = app.query_one(StatusLine)
        line.show_state("disk \x1b]0;x\x07 [red]full[/b]", trouble=True)
        text = line.render_line(0).text
        assert "\x1b" not in text and "\x07" not in text
        assert "[red]full[/b]" in text


async def test_a_click_on_a_tab_names_its_pane() -> None:
    app = Harness()
    async with app.run_test(size=(60, 5)) as pilot:
        app.query_one(TabLine).mark("gpus", frozenset({"gpus"}))
        assert app.query_one(TabLine).render_line(0).text.startswith(" 1 GPUs  2 Runs  3 Log ")
        await pilot.click("#tabs", offset=(10, 0))
        await pilot.click("#tabs", offset=(50, 0))
        assert app.picked == ["runs"]


def test_keys_are_written_as_a_person_reads_them() -> None:
    assert key_label("j,down") == "j ↓"
    assert key_label("question_mark") == "?"
    assert key_label("ctrl+p") == "^p"
