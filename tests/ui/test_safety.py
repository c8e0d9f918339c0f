"""The barrier at the edge of the terminal."""

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from mlws_tui.ui.safety import ControlBarrier

BLACK = Color.parse("black")
FORBIDDEN = {
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    *"\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069",
}


@given(st.lists(st.text(max_size=30), max_size=5))
def test_no_control_character_passes(texts: list[str]) -> None:
    segments = [Segment(text, Style(bold=True)) for text in texts]
    for segment in ControlBarrier().apply(segments, BLACK):
        assert not FORBIDDEN & set(segment.text)


def test_clean_text_is_handed_on_untouched() -> None:
    segments = [Segment("loss 0.312 ▇▅▃ 訓練"), Segment("é", Style(italic=True))]
    assert ControlBarrier().apply(segments, BLACK) is segments


def test_the_width_in_cells_is_kept() -> None:
    (segment,) = ControlBarrier().apply([Segment("a\x1b[2J\tb")], BLACK)
    assert segment.cell_length == len("a\x1b[2J\tb")
