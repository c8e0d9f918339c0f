"""Bytes of a terminal to lines of a log."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.loglines import MAX_LINE, NOTE_EVERY, LogFolder


def lines(*chunks: bytes) -> list[str]:
    folder = LogFolder()
    found: list[str] = []
    for chunk in chunks:
        found += folder.feed(chunk)
    return found + folder.close()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"one\ntwo\r\nthree", ["one", "two", "three"]),
        (b"a\n\nb\n", ["a", "", "b"]),
        (b"\x1b[1;31mred\x1b[0m \x1b[38;5;12mblue\x1b[m\n", ["red blue"]),
        (b"\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n", ["alink"]),
        (b"\x1bPq#0;2;0\x1b\\after\x1b(B\x1b=\n", ["after"]),
        (b"0%\r50%\r100%\n", ["100%"]),
        (b"0%\r50%\r100%", ["100%"]),
        (b"\r  1/9 [=>  ]\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\r  9/9 [====]\n", ["  9/9 [====]"]),
        (b"long text\rshort\x1b[K\n", ["short"]),
        (b"bar 10%\r       \rtext\n", ["text"]),
        (b"|\x08/\x08-\x08done\n", ["done"]),
        (b"nul\x00s\x07 and tab\there\n", ["nuls and tab\there"]),
        (b"caf\xc3\xa9 \xff\n", ["café \ufffd"]),
        (b"half \xc3", ["half \ufffd"]),
        (b"\x1b]0;never ended\nnext\n", ["]0;never ended", "next"]),
        (b"end \x1b", ["end "]),
        (b"end \x1b[3", ["end [3"]),
        ("日本\n".encode(), ["日本"]),
        (b"10\x1b[5G50\n", ["10  50"]),
    ],
)
def test_what_a_person_would_read(data: bytes, expected: list[str]) -> None:
    assert lines(data) == expected
    assert lines(*(data[at : at + 1] for at in range(len(data)))) == expected


def test_bars_on_several_lines_are_given_once_at_their_end() -> None:
    data = b"a: 0%\n\rb: 0%\x1b[A"
    for percent in range(1, 101):
        data += f"\ra: {percent}%\n\rb: {percent}%\x1b[A".encode()
    assert lines(data + b"\n\nafter\n") == ["a: 0%", "a: 100%", "b: 100%", "after"]


def test_text_printed_over_a_display_that_is_redrawn() -> None:
    up = b"\r\x1b[2K\x1b[1A\x1b[2K"
    found = lines(b"step 1\nrest 9" + up + b"step 2\nrest 8" + up + b"printed\nstep 3\nrest 7\n")
    assert found[0] == "step 1"
    assert "printed" in found
    assert found[-2:] == ["step 3", "rest 7"]


def bar(step: int) -> bytes:
    return f" {step * 10}%|{'#' * step}    | {step}/10 [00:0{step}<00:10,  1.0it/s]".encode()


def test_the_bar_beside_a_line_is_kept_as_it_tells_the_step() -> None:
    drawn = b"".join(b"\r" + bar(step) for step in (1, 2, 3))
    cleared = b"\r" + b" " * 60 + b"\r"
    found = lines(
        drawn + cleared + b"{'loss': 1}\n" + b"\r" + bar(3) + b"\r" + bar(4) + cleared + b"{'loss': 2}\r\n"
    )
    told = [bar(3), b"{'loss': 1}", bar(4), b"{'loss': 2}"]
    assert found == [line.decode() for line in told]
    late = lines(drawn + cleared + b"{'loss': 1}\n" + b"\r" + bar(4) + b"\r" + bar(5))
    assert [line.split("|")[0] for line in late] == [" 30%", "{'loss': 1}", " 40%", " 50%"]


def test_the_bar_of_another_output_is_given_once() -> None:
    folder = LogFolder()
    assert folder.feed(b"\r" + bar(3)) == []
    assert folder.bar() == [bar(3).decode()]
    assert folder.bar() == []
    folder.feed(b"\r" + bar(4))
    assert folder.bar() == [bar(4).decode()]
    assert folder.close() == []


def test_an_unfinished_line_is_noted_each_ten_seconds() -> None:
    folder = LogFolder()
    noted = []
    for second in range(31):
        folder.feed(f"\r{second}%".encode())
        noted += folder.tick(float(second))
    assert noted == ["10%", "21%"]
    assert folder.feed(b"\r100%\n") == ["100%"]


def test_what_was_noted_is_not_told_again_unless_it_changed() -> None:
    folder = LogFolder()
    folder.feed(b"Continue? ")
    assert folder.tick(0) == []
    assert folder.tick(NOTE_EVERY) == ["Continue? "]
    assert folder.tick(5 * NOTE_EVERY) == []
    assert folder.feed(b"\n") == []


def test_lines_that_come_in_halves_are_not_noted() -> None:
    folder = LogFolder()
    for second in range(30):
        assert folder.feed(b"half a line\nanother h") == (
            ["half a line"] if second == 0 else ["another hhalf a line"]
        )
        assert folder.tick(second) == []


def test_a_very_long_line_comes_in_pieces() -> None:
    found = lines(b"x" * (2 * MAX_LINE + 5) + b"\nnext\n")
    assert [len(line) for line in found] == [MAX_LINE, MAX_LINE, 5, 4]
    assert lines(b"x" * MAX_LINE + b"\n") == ["x" * MAX_LINE]


_PIECES = st.sampled_from(
    [
        b"text", b" ", b"10%", b"\n", b"\r", b"\r\n", b"\x08", b"\t", b"\x0c", b"\x00", b"[", b"5", b"m",
        b"\x1b", b"\x1b[K", b"\x1b[2K", b"\x1b[A", b"\x1b[2A", b"\x1b[31m", b"\x1b[B", b"\x1b[5C", b"\x1b[3D",
        b"\x1b[H", b"\x1b[J", b"\x1b]0;t\x07", b"\x1b]8;;", b"\x1b\\", b"\x1bP", b"\x1bM", b"\x1bD",
        b"\xc3", b"\xa9", b"\xff", b"\xe2\x82", "é".encode(), b"\x9b",
    ]
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.lists(_PIECES | st.binary(max_size=6), max_size=40), st.data())
def test_how_it_is_cut_makes_no_difference(pieces: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    chunks = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert lines(*chunks) == lines(whole)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30), max_size=20))
def test_plain_text_is_kept_line_by_line(texts: list[str]) -> None:
    assert lines("".join(f"{text}\n" for text in texts).encode()) == texts
    assert lines("".join(f"{text}\r\n" for text in texts).encode()) == texts


@settings(max_examples=33, deadline=None)
@given(st.lists(_PIECES | st.binary(max_size=6), max_size=60))
def test_no_control_character_gets_through(pieces: list[bytes]) -> None:
    for line in lines(*pieces):
        assert not any(ord(character) < 32 and character != "\t" for character in line)
        assert not any(0x7F <= ord(character) < 0xA0 for character in line)
