"""Raw lines become safe, coloured, folded text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mlws_tui.domain.ansi import PLAIN, Sgr, StyleSpan, sgr_after, styled
from mlws_tui.domain.needle import Needle
from mlws_tui.domain.text import cell_width, safe_text

FORBIDDEN = {
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    *"\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff",
}
pieces = st.one_of(
    st.sampled_from(
        ["\x1b", "[", "m", ";", "0", "\r", "\b", "\t", "\0", "\n", "\u202e", "名", "é", "\ud800"]
    ),
    st.sampled_from(["31m", "\x1b[0m", "\x1b[38;5;9m", "\x1b[K", "\x1b[2K", "\x1b[7G", "\x1b[999999999G"]),
    st.sampled_from(["\x9b31m", "\x1b]52;c;eA==\x07", "loss 0.3"]),
)
raw_lines = st.lists(pieces, max_size=20).map("".join)


@given(st.text())
def test_safe_text_has_no_control_character_and_keeps_its_length(text: str) -> None:
    safe = safe_text(text, tab=" ")
    assert len(safe) == len(text)
    assert not FORBIDDEN & set(safe)


@given(st.one_of(st.binary(max_size=200), raw_lines))
def test_a_styled_line_has_no_control_character_and_its_spans_lie_in_order(line: bytes | str) -> None:
    text, spans = styled(line)
    assert not FORBIDDEN & set(text)
    ends = [0, *(edge for span in spans for edge in (span.start, span.end)), len(text)]
    assert ends == sorted(ends)
    assert all(span.start < span.end and span.sgr != PLAIN for span in spans)


@given(raw_lines)
def test_colours_never_change_the_text(line: str) -> None:
    text = "".join(character for character in line if character not in "\x1b\r\b\t\0\ud800")
    coloured = "".join(f"\x1b[3{i % 8}m{character}" for i, character in enumerate(text))
    assert styled(coloured).text == styled(text).text


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"plain", "plain"),
        (b"", ""),
        (b"\xff\xfe caf\xc3\xa9 \xe2\x82", "\ufffd\ufffd café \ufffd"),
        (b"a\0b" + b"\0" * 5000, "a␀b␀×5000"),
        (b"\x1b]0;title\x07x", "␛]0;title␇x"),
        (b"\x1b]52;c;aGk=\x1b\\x", "␛]52;c;aGk=␛\\x"),
        (b"\x1b[2Jgone", "␛[2Jgone"),
        (b"\x1b[>4;2m\x1b[?25l", "␛[>4;2m␛[?25l"),
        (b"\x1b", "␛"),
        (b"[@click=app.bell]hi[/]", "[@click=app.bell]hi[/]"),
        ("right\u202eleft".encode(), "right\ufffdleft"),
        (b"  0%|   |\r 50%|#  |\r100%|###|", "100%|###|"),
        (b" 50%|#  | 1/2\r100%", "100%|#  | 1/2"),
        (b" 50%|#  | 1/2\r\x1b[K100%", "100%"),
        (b" 50%|#  | 1/2\x1b[2K\r100%", "100%"),
        (b"1/9 [..]\b\b\b\b\b\b\b\b2/9 [=.]", "2/9 [=.]"),
        (b"a\tb\tc", "a       b       c"),
        ("名\tb".encode(), "名      b"),
        (b"12345678\t9", "12345678        9"),
        (b"abc\x1b[2Gx", "axc"),
        (b"\b\b\ba", "a"),
        (b"ok\r", "ok"),
        (b"abcdef\x1b[3G\x1b[1K", "   def"),
    ],
)
def test_what_is_shown(line: bytes, shown: str) -> None:
    assert styled(line).text == shown


def test_colours_become_spans() -> None:
    line = styled(b"\x1b[1;31mERR\x1b[0m x \x1b[38;5;208mo\x1b[48;2;1;2;3mb\x1b[39mc\x1b[m")
    assert line.text == "ERR x obc"
    assert line.spans == (
        StyleSpan(0, 3, Sgr(foreground=1, bold=True)),
        StyleSpan(6, 7, Sgr(foreground=208)),
        StyleSpan(7, 8, Sgr(foreground=208, background=(1, 2, 3))),
        StyleSpan(8, 9, Sgr(background=(1, 2, 3))),
    )


@pytest.mark.parametrize(
    ("parameters", "sgr"),
    [
        ("", PLAIN),
        ("0", PLAIN),
        ("97;104", Sgr(foreground=15, background=12)),
        ("38:2::9:8:7", Sgr(foreground=(9, 8, 7))),
        ("38:5:9", Sgr(foreground=9)),
        ("38;5", PLAIN),
        ("38", PLAIN),
        ("38;2;999;0;0;1", Sgr(bold=True)),
        ("1;2;3;4;7;9;22;24", Sgr(italic=True, reverse=True, strike=True)),
        ("5;8;73;99999999999", PLAIN),
    ],
)
def test_renditions(parameters: str, sgr: Sgr) -> None:
    assert sgr_after(PLAIN, parameters) == sgr


@pytest.mark.parametrize(
    "text", ["loss 0.312", "訓練データ", "é", "e\u0301", "▇▅▃ ✓ ☠", "😀", "한국어", "ｆｕｌｌ"]
)
def test_widths_are_those_of_the_screen(text: str) -> None:
    assert cell_width(text) == cell_len(text)


@given(
    st.text(st.sampled_from("abAB.[*名"), min_size=1, max_size=3),
    st.text(st.sampled_from("abAB.[*名"), max_size=30),
)
def test_a_needle_is_plain_text(needle: str, text: str) -> None:
    found = Needle(needle).spans(text)
    fold = str.lower if needle == needle.lower() else str
    assert bool(found) == (fold(needle) in fold(text))
    assert all(fold(text[start:end]) == fold(needle) for start, end in found)


@given(raw_lines)
def test_the_quick_way_of_colours_is_the_slow_one(line: str) -> None:
    quick = styled(line)
    assert styled(line + "\r") == quick
