"""The log pane as a person uses it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual import events

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.logs import LogLine, Place
from mlws_tui.domain.needle import Needle
from mlws_tui.ui.widgets.cells import Span
from mlws_tui.ui.widgets.logrows import crop, sgr_style, spans_of, wrap
from tests.logs.conftest import append, numbered, screen_of
from tests.logs.test_text import FORBIDDEN, raw_lines

TEN = [f"line {i}" for i in range(90, 100)]


async def test_the_last_page_is_shown_and_followed(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(100))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == TEN)
        assert "training/20261120-091203-llama-ft.log ── follow" in screen.title
        await screen.until(lambda now: "100 lines" in now.foot)
        append(log, "line 100\nline 101")
        await screen.until(lambda now: now.lines[-2:] == ["line 100", "line 101⋯"])
        append(log, " done\n")
        await screen.until(lambda now: now.lines[-1] == "line 101 done")


async def test_scrolling_up_stops_following_and_counts_what_comes(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(100))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == TEN)
        await screen.press("k", "k")
        await screen.until(lambda now: now.lines[0] == "line 88")
        assert "paused" in screen.title
        append(log, numbered(28, 100))
        await screen.until(lambda now: "paused ▼ 28 new" in now.title)
        assert screen.lines[0] == "line 88"
        await screen.until(lambda now: "line 89 of 128" in now.foot)
        await screen.press("G")
        await screen.until(lambda now: now.lines[-1] == "line 127" and "follow" in now.title)


async def test_moving_by_pages_and_to_the_ends(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(100))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == TEN)
        await screen.press("g")
        await screen.until(lambda now: now.lines[0] == "line 0")
        await screen.press("pagedown", "j", "k", "pagedown")
        await screen.until(lambda now: now.lines[0] == "line 18")
        await screen.press("pageup")
        await screen.until(lambda now: now.lines[0] == "line 9")
        for _ in range(12):
            await screen.press("space")
        await screen.until(lambda now: now.lines == TEN and "follow" in now.title)


async def test_a_short_log_stays_followed(workspace: Workspace, log: Path) -> None:
    log.write_text("only\n")
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == ["only"])
        await screen.press("k", "g", "pageup", "j")
        append(log, "more\n")
        await screen.until(lambda now: now.lines == ["only", "more"] and "follow" in now.title)


async def test_no_log_yet_then_one(workspace: Workspace, log: Path) -> None:
    async with screen_of(workspace) as screen:
        await screen.until(lambda now: now.lines == ["No log: select a run that writes one"])
        screen.show(log)
        await screen.until(lambda now: now.lines == ["No log yet: training/20261120-091203-llama-ft.log"])
        log.touch()
        await screen.until(lambda now: now.lines == ["Nothing is written yet"])
        append(log, "now\n")
        await screen.until(lambda now: now.lines == ["now"])
        screen.pane.show_log(None)
        await screen.until(lambda now: now.lines == ["No log: select a run that writes one"])


async def test_another_log_takes_the_place_of_the_first(workspace: Workspace, log: Path) -> None:
    log.write_text("first\n")
    other = log.with_name("other.log")
    other.write_text("second\n")
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == ["first"])
        screen.show(other)
        screen.show(log)
        screen.show(other)
        await screen.until(lambda now: now.lines == ["second"] and "other.log" in now.title)


async def test_a_truncated_log_shows_a_divider(workspace: Workspace, log: Path) -> None:
    log.write_text("old\n")
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == ["old"])
        log.write_text("")
        await screen.until(lambda now: len(now.lines) == 2)
        assert screen.lines[1].startswith("── truncated at ")
        append(log, "new\n")
        await screen.until(lambda now: now.lines[0] == "old" and now.lines[2:] == ["new"])


async def test_finding_forward_and_back(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(50) + "needle one\n" + numbered(50) + "Needle two\n" + numbered(50))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: len(now.lines) == 10)
        await screen.press("slash")
        await screen.press(*"needl")
        await screen.until(lambda now: "Needle two" in now.lines)
        await screen.press("e", "enter", "N")
        await screen.until(lambda now: "needle one" in now.lines)
        await screen.press("N")
        await screen.until(lambda now: "no 'needle' before this" in now.foot)
        await screen.press("n")
        await screen.until(lambda now: "Needle two" in now.lines)
        await screen.press("escape", "n")
        await screen.until(lambda now: "nothing to find yet" in now.foot)


async def test_escape_while_typing_goes_back(workspace: Workspace, log: Path) -> None:
    log.write_text("Start here\n" + numbered(100))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == TEN)
        await screen.press("slash", "S", "t")
        await screen.until(lambda now: now.lines[0] == "Start here")
        await screen.press("x")
        await screen.until(lambda now: "not found: Stx" in now.foot)
        await screen.press("escape")
        await screen.until(lambda now: now.lines == TEN and "follow" in now.title)


async def test_jumping_between_errors(workspace: Workspace, log: Path) -> None:
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: bad\n'
    log.write_text(numbered(50) + trace + numbered(50) + "14:00:00 ERROR disk\n" + numbered(50))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: "2 errors" in now.foot)
        await screen.press("E")
        await screen.until(lambda now: "14:00:00 ERROR disk" in now.lines)
        await screen.press("E")
        await screen.until(lambda now: "ValueError: bad" in now.lines)
        await screen.until(lambda now: "line 51 of 154" in now.foot)
        await screen.press("E")
        await screen.until(lambda now: "no error before this" in now.foot)
        await screen.press("e")
        await screen.until(lambda now: "14:00:00 ERROR disk" in now.lines)


async def test_long_lines_are_cut_scrolled_and_wrapped(workspace: Workspace, log: Path) -> None:
    log.write_text("begin " + "x" * 60 + " end\nshort\n")
    async with screen_of(workspace, log, size=(40, 8)) as screen:
        await screen.until(lambda now: now.lines == ["begin " + "x" * 29 + "›", "short"])
        await screen.press("l", "l", "l")
        await screen.until(lambda now: now.lines[0].endswith("x end"))
        await screen.press("w")
        await screen.until(lambda now: now.lines == ["begin " + "x" * 30, "x" * 30 + " end", "short"])
        append(log, numbered(4))
        await screen.until(lambda now: now.lines[0] == "x" * 30 + " end")
        await screen.press("k")
        await screen.until(lambda now: now.lines[0] == "begin " + "x" * 30)
        await screen.press("j")
        await screen.until(lambda now: now.lines[0] == "x" * 30 + " end" and "follow" in now.title)


async def test_hostile_lines_are_shown_as_they_are(workspace: Workspace, log: Path) -> None:
    log.write_bytes(
        b"\x1b]52;c;aGk=\x07copied\n\x1b]0;title\x1b\\\n\x1b[2Jclear\n\x9b31mc1\n[@click=app.bell]x[/] [red\n"
        + "bidi\u202e \u2066\n".encode()
        + b"nul\0 \xff\xfe\n\x1b[31mred\x1b[0m\r\n"
    )
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: len(now.lines) == 8)
        assert not FORBIDDEN & set("".join(screen.rows))
        assert screen.lines == [
            "␛]52;c;aGk=␇copied",
            "␛]0;title␛\\",
            "␛[2Jclear",
            "\ufffd31mc1",
            "[@click=app.bell]x[/] [red",
            "bidi\ufffd \ufffd",
            "nul␀ \ufffd\ufffd",
            "red",
        ]


@pytest.mark.parametrize("size", [(58, 5), (30, 20), (200, 60)])
async def test_any_size_and_a_new_one(workspace: Workspace, log: Path, size: tuple[int, int]) -> None:
    log.write_text(numbered(300))
    async with screen_of(workspace, log, size=size) as screen:
        await screen.until(lambda now: now.lines[-1:] == ["line 299"] and len(now.lines) == size[1] - 2)
        await screen.pilot.resize_terminal(90, 30)
        await screen.until(lambda now: now.lines[-1:] == ["line 299"] and len(now.lines) == 28)


async def test_a_hidden_pane_is_up_to_date_when_it_comes_back(workspace: Workspace, log: Path) -> None:
    log.write_text("before\n")
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == ["before"])
        screen.pane.display = False
        await screen.pilot.pause()
        append(log, "meanwhile\n")
        screen.pane.display = True
        await screen.until(lambda now: now.lines == ["before", "meanwhile"])


async def test_the_wheel_scrolls(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(100))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == TEN)
        screen.pane.post_message(events.MouseScrollUp(screen.pane, 5, 5, 0, -1, 0, False, False, False))
        await screen.until(lambda now: now.lines[0] == "line 87")


def line_of(data: bytes) -> LogLine:
    return LogLine(Place(0, 0), Place(0, len(data) + 1), data)


needles = st.text(st.sampled_from("los 名m["), max_size=2).map(Needle)


@given(
    raw_lines.map(lambda text: text.encode("utf-8", "surrogatepass")), needles, st.booleans(), st.booleans()
)
def test_spans_are_the_line_and_hold_no_control_character(
    data: bytes, needle: Needle, traced: bool, here: bool
) -> None:
    line = line_of(data)
    spans = spans_of(line, traced=traced, needle=needle, here=here)
    text = "".join(span.text for span in spans)
    assert not FORBIDDEN & set(text)
    marked = "".join(span.text for span in spans if span.style in ("find", "here"))
    found = sum(end - start for start, end in needle.spans(text))
    assert len(marked) == found or (here and not found)
    assert bool(marked) == bool(found or (here and text))


@given(raw_lines.map(lambda text: text.encode("utf-8", "surrogatepass")), st.integers(2, 30))
def test_a_limit_leaves_out_only_what_is_not_wanted(data: bytes, limit: int) -> None:
    whole = spans_of(line_of(data), traced=False, needle=Needle("l"), here=False)
    some = spans_of(line_of(data), traced=False, needle=Needle("l"), here=False, limit=limit)
    assert crop(some, 0, limit - 1) == crop(whole, 0, limit - 1)


cells = st.text(st.sampled_from("ab 名é😀"), max_size=30)


@given(cells, st.integers(2, 20), st.integers(0, 20))
def test_rows_have_the_width_they_may_have(text: str, width: int, left: int) -> None:
    line = (Span(text[:3], "text"), Span(text[3:], "bad"))
    rows = wrap(line, width)
    assert "".join(span.text for row in rows for span in row) == text
    assert all(cell_len("".join(span.text for span in row)) <= width for row in rows)
    assert cell_len("".join(span.text for span in crop(line, left, width))) <= width


def test_a_logs_own_colours_have_styles() -> None:
    (span,) = spans_of(
        line_of(b"\x1b[1;4;38;5;208;48;2;1;2;3mx"), traced=False, needle=Needle(""), here=False
    )
    style = sgr_style(span.style)
    assert style is not None
    assert style.color is not None and style.color.number == 208
    assert style.bgcolor is not None and style.bgcolor.triplet == (1, 2, 3)
    assert style.bold and style.underline and not style.italic
    assert sgr_style("muted") is None
