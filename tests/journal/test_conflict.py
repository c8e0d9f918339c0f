"""What was changed on both sides: settled place by place, side by side; what one side alone did is always kept."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.text import cell_width
from mlws_tui.domain.worddiff import beside, words_apart
from mlws_tui.services.pages import Conflict, Page, gone, merge_text
from mlws_tui.ui.screens.conflict import ConflictScreen
from mlws_tui.ui.widgets.cells import Span
from mlws_tui.ui.widgets.sidebyside import side_by_side, wrapped
from tests.journal.panes import corner, panes, question, until, write_outside

LOG = b"## 2024-10-20\n\n- a\n- b\n- c\n- d\n- e\n\n## 2024-10-19\n\n- c\n"
LINES = st.lists(st.text("ab \u4e2d\u0301", max_size=12), max_size=5)


def conflict(base: str, mine: str, disk: str) -> Conflict:
    return Conflict(Page("k", disk), mine, merge_text(base, mine, disk, "\n"))


def test_a_choice_for_each_place_and_the_rest_of_both_sides() -> None:
    two = conflict("a\nb\nc\nd\ne", "a1\nb\nc\nd!\ne1\nf", "a2\nb\nb+\nc\nd\ne2\nf")
    assert len(two.clashes) == 2
    assert two.settled("mine", "theirs") == "a1\nb\nb+\nc\nd\ne2\nf"
    assert two.settled("both") == "a2\na1\nb\nb+\nc\nd\ne2\nf\nd!\ne1\nf"
    assert gone(Page("k", "", exists=False), "a", "a\nmore").settled("mine") == "a\nmore"


@settings(max_examples=25)
@given(LINES, LINES, st.integers(20, 60))
def test_side_by_side_shows_every_sign_of_both_within_the_width(
    left: list[str], right: list[str], width: int
) -> None:
    pairs = list(beside(left, right))
    assert [line for line, _, _ in pairs if line is not None] == left
    assert [line for _, line, _ in pairs if line is not None] == right
    for mine, theirs in zip(left, right, strict=False):
        for line, pieces in zip((mine, theirs), words_apart(mine, theirs), strict=True):
            assert "".join(piece for piece, _ in pieces) == line
    lines = side_by_side(left, right, width)
    assert all(sum(cell_width(span.text) for span in line) <= width for line in lines)
    for text in left:
        assert "".join(span.text for line in wrapped([Span(text)], 8) for span in line) == text


async def test_each_place_is_settled_side_by_side_and_esc_decides_nothing(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        pane.editor.focus()
        await pilot.press(
            "j", "i", "end", *" 1", "up", "home", "end", *" 0", "down", "down", "down", "end", *" 4"
        )
        await pilot.press("enter", *"mine")
        theirs = (
            LOG.replace(b"- b\n", b"- two\n")
            .replace(b"- d\n", b"- four\n")
            .replace(b"- a\n", b"- a\n- new\n")
        )
        await write_outside(app, pilot, workspace.journal, LOG, theirs)
        assert "will ask" in corner(pane)
        await pilot.press("escape")
        await until(lambda: "side by side" in question(pane), pilot)
        await pilot.press("v", "enter", "escape")  # nothing is settled, so enter says so
        assert not isinstance(app.screen, ConflictScreen)
        assert workspace.journal.read_bytes() == theirs and pane.unsaved
        await pilot.press("v", "n", "p", "b", "q")  # what was chosen is still there when one comes back
        assert "1 of 2 places settled" in question(pane) and workspace.journal.read_bytes() == theirs
        await pilot.press("v", "n", "d", "enter")
        await until(lambda: not pane.unsaved and not question(pane), pilot)
        assert b"- four\n" in workspace.journal.read_bytes()
        assert b"- b 1\n" in workspace.journal.read_bytes()
        assert b"- new\n" in workspace.journal.read_bytes()
        assert b"<<<" not in workspace.journal.read_bytes()


async def test_a_journal_that_was_removed_is_written_again_when_the_person_says_so(
    workspace: Workspace,
) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        pane.editor.focus()
        await pilot.press("i", *"!")
        workspace.journal.unlink()
        await pilot.press("ctrl+s")
        await until(lambda: "removed" in question(pane), pilot)
        assert not workspace.journal.exists()
        await pilot.press("m")
        await until(lambda: workspace.journal.exists() and not pane.unsaved, pilot)
        assert b"- a\n- b\n- c\n- d\n- e!" in workspace.journal.read_bytes()


async def test_a_file_that_was_only_touched_says_nothing(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        app.journal.editor.focus()
        await pilot.press("i", *"!")
        workspace.journal.chmod(0o600)
        await write_outside(app, pilot, workspace.journal, LOG, LOG)
        assert corner(app.journal) == "unsaved" and not question(app.journal)
