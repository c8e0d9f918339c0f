"""What is pasted stays text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser

from mlws_tui.ui.paste import PasteGuard

START, END = "\x1b[200~", "\x1b[201~"
_PIECES = st.lists(
    st.sampled_from([START, END, "\x1b", "a", "q", "[", "2", "0", "1", "~", "\x1bPq"]), max_size=30
)


@given(_PIECES, st.lists(st.integers(1, 5), max_size=80))
def test_it_does_not_matter_how_it_comes_in_pieces(pieces: list[str], cuts: list[int]) -> None:
    text = "".join(pieces)
    whole, parts, guard, at = PasteGuard()(text), "", PasteGuard(), 0
    for cut in [*cuts, len(text)]:
        parts += guard(text[at : at + cut])
        at += cut
    assert parts == whole


@given(_PIECES)
def test_outside_of_a_paste_nothing_changes(pieces: list[str]) -> None:
    text = "".join(pieces).replace(START, "")
    if START not in text:
        assert PasteGuard()(text) == text


def test_a_hostile_paste_is_one_paste() -> None:
    hostile = "evil\x1b]52;c;aGk=\x07\x1bPq\x1b\\\x1b[A\x1bq"
    parser = XTermParser()
    got = list(parser.feed(PasteGuard()(f"x{START}{hostile}{END}y")))
    assert [event.text for event in got if isinstance(event, events.Paste)] == [
        hostile.replace("\x1b", "\u241b")
    ]
    assert [event.character for event in got if isinstance(event, events.Key)] == ["x", "y"]
