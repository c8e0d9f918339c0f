"""Raw lines become safe, coloured, folded text."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from mlws_tui.domain.ansi import PLAIN, Sgr, StyleSpan, sgr_after, styled
from mlws_tui.domain.logquery import Query
from mlws_tui.domain.showing import shown
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
    ("line", "told"),
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
        (b"abcdef\x1b[3G\x1b[1Kx\ry", "y xdef"),
        (b"abcdef\x1b[1K\x1b[2G\x1b[1Kx\x1b[3Gy", " xy   "),
        (b"abc\x1b[2Kd\re", "e  d"),
        (b"abc\x1b[12G\td", "abc             d"),
        ("名名\b\b\bx".encode(), " x名"),
        ("名名\rx".encode(), "x 名"),
        ("名名\r\x1b[1K".encode(), "  名"),
        ("名e\u0301\b\ty\rab".encode(), "ab      y"),
        ("e\x1b[1m\u0301\rx\tz".encode(), "x       z"),
    ],
)
def test_what_is_shown(line: bytes, told: str) -> None:
    assert styled(line).text == told


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
def test_a_query_is_plain_text(needle: str, text: str) -> None:
    found = Query(needle).spans(text)
    fold = str.lower if needle == needle.lower() else str
    assert bool(found) == (fold(needle) in fold(text))
    assert all(fold(text[start:end]) == fold(needle) for start, end in found)


LONG = 64 * 1024
#: Lines of which each token once took as long as the row before it.
HOSTILE = {
    "tabs": ("\t", " " * 8 * LONG),
    "a table": ("ab\t", "ab      " * (LONG // 3) + "a"),
    "a redrawn table": ("\x1b[Kab\t", "ab      " * (LONG // 6) + "a"),
    "wide columns": ("名\x1b[9G\t", None),
    "tabs after erasures": ("\x1b[2K\t", None),
    "erasures of the left": ("x\x1b[1K", None),
    "erasures after jumps": ("\x1b[Gx\x1b[99999G\x1b[1K", None),
    "erasures of all": ("x\x1b[2K", None),
    "returns": ("名\r", None),
    "steps back": ("a\b", None),
    "marks": ("\x1b[m\u0301\r\x1b[2G", None),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_line_takes_long(name: str) -> None:
    token, expected = HOSTILE[name]
    line = ("x" * (LONG // 2) if expected is None else "") + token * (LONG // len(token) + 1)
    text, spans = styled(line[:LONG])
    assert spans == ()
    assert len(text) <= 8 * LONG
    if expected is not None:
        assert text == expected


def test_an_endless_colour_changes_nothing_and_is_not_kept() -> None:
    endless = "1;" * 30_000
    assert styled(f"\x1b[{endless}mx") == ("x", ())
    assert sgr_after(Sgr(bold=True), endless) == Sgr(bold=True)


def test_long_lines_do_not_fill_the_memory() -> None:
    tracemalloc.start()
    try:
        for i in range(200):
            shown(f"{i} ".encode() + b"x" * 60_000)
            styled(f"\x1b[{'1;' * 30_000}{i}mx")
        kept, _most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 8 << 20


TOKENS = ["a", "bc", "名", "e\u0301", "\t", "\b", "\b\b", "\r", "\x1b[5G", "\x1b[12G"]
ERASURES = ["\x1b[K", "\x1b[0K", "\x1b[1K", "\x1b[2K"]


@settings(max_examples=40)
@given(st.lists(st.sampled_from([*TOKENS, *ERASURES]), max_size=14))
def test_a_row_is_that_of_a_plain_terminal(tokens: list[str]) -> None:
    assert styled("".join(["\r", *tokens])).text == screen_of(tokens)


def screen_of(tokens: list[str]) -> str:
    """What a terminal has in its row that does everything at once and in full."""
    cells: list[str] = []
    at = 0
    for token in tokens:
        if token == "\r":
            at = 0
        elif token[0] == "\b":
            at = max(0, at - len(token))
        elif token[-1] == "G":
            at = int(token[2:-1]) - 1
        elif token in ("\x1b[K", "\x1b[0K"):
            cells = halved(cells, at)[:at]
        elif token == "\x1b[1K":
            cells = [" "] * min(at + 1, len(cells)) + halved(cells, at + 1)[at + 1 :]
        elif token == "\x1b[2K":
            cells = []
        else:
            wide = {"\t": [" "] * (8 - at % 8), "名": ["名", ""], "e\u0301": ["e\u0301"]}
            new = wide.get(token, list(token))
            cells += [" "] * (at - len(cells))
            end = at + len(new)
            cells = halved(cells, at)[:at] + new + halved(cells, end)[end:]
            at = end
    return "".join(cells)


def halved(cells: list[str], column: int) -> list[str]:
    """The cells without the wide character that lies across a column's left edge."""
    if 0 < column < len(cells) and not cells[column]:
        return [*cells[: column - 1], " ", " ", *cells[column + 1 :]]
    return cells


@given(raw_lines)
def test_the_quick_way_of_colours_is_the_slow_one(line: str) -> None:
    quick = styled(line)
    assert styled(line + "\r") == quick
