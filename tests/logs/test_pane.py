"""The log pane as a person uses it."""

from __future__ import annotations

import gzip
import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual import events

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.logquery import Query
from mlws_tui.domain.logs import LogLine, Place
from mlws_tui.domain.showing import shown
from mlws_tui.services.remembered import Remembered
from mlws_tui.ui.widgets.cells import Span
from mlws_tui.ui.widgets.logrows import crop, sgr_style, spans_of, wrap
from mlws_tui.ui.widgets.logstrip import DensityStrip
from mlws_tui.ui.widgets.logview import LogView
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
        assert screen.cursor is None
        await screen.press("k")
        await screen.until(lambda now: now.cursor == "line 99" and "paused" in now.title)
        await screen.press("k")
        await screen.until(lambda now: now.cursor == "line 98")
        assert screen.lines == TEN
        append(log, numbered(28, 100))
        await screen.until(lambda now: "paused ▼ 28 new" in now.title)
        assert screen.lines == TEN
        await screen.until(lambda now: "line 99 of 128" in now.foot)
        await screen.press(*"k" * 10)
        await screen.until(lambda now: now.cursor == now.lines[0] == "line 88")
        await screen.press("G")
        await screen.until(lambda now: now.lines[-1] == "line 127" and "follow" in now.title)


async def test_moving_by_pages_and_to_the_ends(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(100))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == TEN)
        await screen.press("g")
        await screen.until(lambda now: now.cursor == now.lines[0] == "line 0")
        await screen.press("pagedown", "j", "pagedown")
        await screen.until(lambda now: now.lines[0] == "line 18" and now.cursor == "line 19")
        await screen.press("pageup", "ctrl+d")
        await screen.until(lambda now: now.lines[0] == "line 13" and now.cursor == "line 14")
        await screen.press("ctrl+u")
        await screen.until(lambda now: now.lines[0] == "line 9" and now.cursor == "line 10")
        await screen.press("pageup", "pageup")
        await screen.until(lambda now: now.cursor == "line 0")
        await screen.press(*["space"] * 13)
        await screen.until(lambda now: now.lines == TEN and "follow" in now.title)


async def test_the_cursor_at_the_last_line_goes_on_to_follow(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(100))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == TEN)
        await screen.press("k", "k", "j")
        await screen.until(lambda now: now.cursor == "line 99" and "paused" in now.title)
        await screen.press("j")
        await screen.until(lambda now: now.cursor is None and "follow" in now.title)


async def test_a_click_puts_the_cursor_on_a_line(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(100))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == TEN)
        await screen.pilot.click(LogView, offset=(4, 3))
        await screen.until(lambda now: now.cursor == "line 93" and "paused" in now.title)


async def test_a_short_log_stays_followed(workspace: Workspace, log: Path) -> None:
    log.write_text("only\n")
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == ["only"])
        await screen.press("k", "g", "pageup", "j", "j")
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
        await screen.press("n", "e")
        await screen.until(lambda now: "ne" in now.bar)
        await screen.press("e")
        await screen.until(lambda now: now.cursor == "needle one" and "1 of 2" in now.bar)
        await screen.press("enter", "n")
        await screen.until(lambda now: now.cursor == "Needle two" and "2 of 2" in now.foot)
        await screen.press("n")
        await screen.until(lambda now: now.cursor == "needle one" and "from the top" in now.foot)
        await screen.press("N")
        await screen.until(lambda now: now.cursor == "Needle two" and "from the end" in now.foot)
        await screen.press("escape", "n")
        await screen.until(lambda now: "nothing to find yet" in now.foot)
        await screen.press("slash", "up")
        await screen.until(lambda now: "/ nee" in now.bar)


async def test_escape_while_typing_goes_back(workspace: Workspace, log: Path) -> None:
    log.write_text("Start here\n" + numbered(100))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == TEN)
        await screen.press("slash", "S", "t")
        await screen.until(lambda now: now.cursor == "Start here")
        await screen.press("x")
        await screen.until(lambda now: "not found: Stx" in now.bar)
        await screen.press("escape")
        await screen.until(lambda now: now.lines == TEN and "follow" in now.title)


async def test_finding_by_a_regular_expression(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(100))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == TEN)
        await screen.press("slash", "ctrl+r", *"e 4", "left_square_bracket")
        await screen.until(lambda now: "/.*" in now.bar and "unterminated character set" in now.bar)
        await screen.press("2", "right_square_bracket", "$")
        await screen.until(lambda now: now.cursor == "line 42" and "1 of 1" in now.bar)
        await screen.press("enter", "ctrl+r", "n")
        await screen.until(lambda now: "not found: e 4[2]$" in now.foot)


async def test_going_to_a_line(workspace: Workspace, log: Path) -> None:
    log.write_text("".join(f"line {i:02}\n" for i in range(100)))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: "100 lines" in now.foot)
        for typed, line in [("12", "line 11"), ("-2", "line 98"), ("50%", "line 50")]:
            await screen.press("colon", *typed, "enter")
            await screen.until(lambda now, line=line: now.cursor == line)  # type: ignore[misc]
        await screen.press("colon", *"1,000", "enter")
        await screen.until(lambda now: "there are 100 lines" in now.bar)
        await screen.press("escape")
        await screen.until(lambda now: ":" not in now.bar and now.cursor == "line 50")


async def test_going_to_a_time(workspace: Workspace, log: Path) -> None:
    log.write_text("".join(f"2026-11-20 09:{i:02}:00 - INFO - step {i}\n" for i in range(60)))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: len(now.lines) == 10)
        await screen.press("colon", *"9:30", "enter")
        await screen.until(lambda now: (now.cursor or "").endswith("step 30"))
        await screen.press("colon", *"+10m", "enter")
        await screen.until(lambda now: (now.cursor or "").endswith("step 40"))
        await screen.press("colon", *"nowhere", "enter")
        await screen.until(lambda now: "is no place" in now.bar)
        await screen.press("escape")
        screen.pane.go_to_moment(None, 17, "loss")
        await screen.until(lambda now: (now.cursor or "").endswith("step 17"))
        await screen.press("c")
        await screen.until(lambda now: len(now.app.moments) == 1)
        assert screen.app.moments[0].step == 17
        assert time.localtime(screen.app.moments[0].ts).tm_min == 17


async def test_marks_are_kept(workspace: Workspace, log: Path, memory: Remembered) -> None:
    log.write_text(numbered(100))
    async with screen_of(workspace, log, (80, 12), memory) as screen:
        await screen.until(lambda now: now.lines == TEN)
        await screen.press("m", "g", "j", "j", "m")
        await screen.until(lambda now: "◈line 2" in now.text)
        await screen.press("k", "k", "u")
        await screen.until(lambda now: "◈line 2" in now.text)
        await screen.press("u")
        await screen.until(lambda now: "◈line 99" in now.text)
        await screen.press("u")
        await screen.until(lambda now: "no mark there" in now.foot)
    async with screen_of(workspace, log, (80, 12), memory) as screen:
        await screen.until(lambda now: "◆line 99" in now.text)
        await screen.press("U")
        await screen.until(lambda now: "◈line 2" in now.text)
        await screen.press("m")
        await screen.until(lambda now: "▌line 2" in now.text)


async def test_filters_hide_lines_and_say_so(workspace: Workspace, log: Path, memory: Remembered) -> None:
    log.write_text(numbered(50) + "14:00:00 ERROR disk\n" + numbered(50) + "14:00:00 WARNING hot\n")
    async with screen_of(workspace, log, (80, 11), memory) as screen:
        await screen.until(lambda now: "102 lines" in now.foot)
        await screen.press("f", "space")
        await screen.until(lambda now: "[x] + warnings and errors" in now.text)
        await screen.press("escape")
        await screen.until(lambda now: now.lines == ["14:00:00 ERROR disk", "14:00:00 WARNING hot"])
        await screen.until(lambda now: "filtered: 2 of 102 lines" in now.foot and "· filtered" in now.title)
        append(log, numbered(5) + "14:00:01 ERROR more\n")
        await screen.until(lambda now: now.lines[2:] == ["14:00:01 ERROR more"])
        await screen.press("x")
        await screen.until(lambda now: len(now.lines) == 9 and "filtered" not in now.foot)
        await screen.press("x")
        await screen.until(lambda now: len(now.lines) == 3)
        await screen.press("f", "space", "a", *"e 1", "ctrl+o", "enter", "escape")
        await screen.until(lambda now: "filtered: 85 of 108 lines" in now.foot)
    async with screen_of(workspace, log, (80, 11), memory) as screen:
        await screen.until(lambda now: "filtered: 85 of 108 lines" in now.foot)
        await screen.press("f", "j", "j", "d", "escape")
        await screen.until(lambda now: "filtered" not in now.foot and "108 lines" in now.foot)


TRACE = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    go()\nValueError: bad\n'


async def test_a_traceback_is_folded_to_its_exception(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(4) + TRACE + "after\n")
    header = "Traceback … ValueError: bad  ▾ 4 lines"
    async with screen_of(workspace, log, (80, 11)) as screen:
        await screen.until(lambda now: now.lines[4:] == [header, *TRACE.splitlines()[1:], "after"])
        await screen.press("k", "k", "enter")
        await screen.until(lambda now: now.lines[4:] == [header.replace("▾", "▸"), "after"])
        await screen.until(lambda now: (now.cursor or "").startswith("Traceback"))
        await screen.press("j")
        await screen.until(lambda now: now.cursor == "after")
        await screen.press("F")
        append(log, TRACE + "last\n")
        await screen.until(lambda now: len([line for line in now.lines if "▸ 4 lines" in line]) == 2)
        await screen.press("slash", *"go(", "enter")
        await screen.until(lambda now: (now.cursor or "").strip() == "go()")


async def test_one_line_alone(workspace: Workspace, log: Path) -> None:
    log.write_text('plain\n{"ts": 1729348200, "level": "ERROR", "msg": "disk", "more": {"free": 0}}\n')
    async with screen_of(workspace, log, size=(80, 24)) as screen:
        await screen.until(lambda now: len(now.lines) == 2 and "ERROR" in now.lines[1])
        assert "disk" in screen.lines[1] and '"level"' not in screen.lines[1]
        await screen.press("enter")
        await screen.until(lambda now: '"free": 0' in now.text and "Line 2" in now.text)
        await screen.press("escape", "g", "enter")
        await screen.until(lambda now: "Line 1" in now.text and "plain" in now.text)


async def test_several_logs_of_one_run(workspace: Workspace, log: Path) -> None:
    other = log.with_name("rank1.log")
    log.write_text("2026-11-20 09:00:00 zero\n2026-11-20 09:00:02 two\n")
    other.write_text("2026-11-20 09:00:01 one\n")
    async with screen_of(workspace) as screen:
        screen.pane.show_log(log, "a run", logs=[("rank0", log), ("rank1", other)])
        await screen.until(lambda now: len(now.lines) == 2)
        await screen.press("right_square_bracket")
        await screen.until(lambda now: now.lines == ["2026-11-20 09:00:01 one"] and "rank1.log" in now.title)
        await screen.press("M")
        await screen.until(lambda now: [line.split()[-1] for line in now.lines] == ["zero", "one", "two"])
        assert "2 logs by time" in screen.title and screen.lines[1].startswith("[rank1] ")
        await screen.press("M")
        await screen.until(lambda now: len(now.lines) == 2)


async def test_the_overview_shows_errors_and_goes_there(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(100) + "14:00:00 ERROR disk\n" + numbered(300))
    async with screen_of(workspace, log, size=(80, 20)) as screen:
        await screen.until(lambda now: any(sign in now.rows[-2] for sign in "▂▃▅▇"))
        at = next(i for i, cell in enumerate(screen.rows[-2]) if cell in "▂▃▅▇")
        assert 10 < at < 30
        await screen.pilot.click(DensityStrip, offset=(at - 1, 0))
        await screen.until(lambda now: "paused" in now.title and "14:00:00 ERROR disk" in now.lines)
        await screen.press("D")
        await screen.until(lambda now: not any(sign in now.rows[-2] for sign in "▂▃▅▇"))


async def test_copying_lines(workspace: Workspace, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    log.write_text(numbered(100))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == TEN)
        await screen.press("k", "k", "V", "k", "k")
        await screen.until(lambda now: now.text.count("│line") == 2 and "selecting" in now.title)
        await screen.press("y")
        await screen.until(lambda now: "copied 3 lines" in now.foot)
        assert screen.text.count("│line") == 0
        await screen.press("y")
        await screen.until(lambda now: "copied the line" in now.foot)


async def test_a_packed_log_is_read_in_place(workspace: Workspace, log: Path) -> None:
    packed = log.with_name(log.name + ".gz")
    packed.write_bytes(gzip.compress(numbered(100).encode()))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: now.lines == TEN)
        await screen.press("g")
        await screen.until(lambda now: now.cursor == "line 0" and "line 1 of 100" in now.foot)


async def test_it_says_why_a_log_cannot_be_read(workspace: Workspace, log: Path) -> None:
    log.mkdir()
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: "cannot be read: is no plain file" in now.text)
        assert "waiting" in screen.title


ANY_KEYS = (
    *(
        "j",
        "k",
        "g",
        "G",
        "space",
        "b",
        "ctrl+u",
        "n",
        "N",
        "e",
        "W",
        "m",
        "u",
        "V",
        "y",
        "enter",
        "escape",
        "F",
        "S",
    ),
    *("l", "M", "D", "right_square_bracket", "x", "f", "slash", "colon", "up", "ctrl+r", "5", "o", "a", "c"),
)


@pytest.mark.parametrize("size", [(30, 6), (100, 24)])
async def test_any_keys_in_any_order(workspace: Workspace, log: Path, size: tuple[int, int]) -> None:
    chance = random.Random(size[0])
    text = "".join(
        chance.choice([TRACE, "x" * 90 + "\n", '{"level": "error"}\n', "名 \x1b[31m\a\n"]) for _ in range(60)
    )
    other = log.with_name("other.log")
    log.write_text(text)
    other.write_text(text)
    async with screen_of(workspace, size=size) as screen:
        screen.pane.show_log(log, "a run", logs=[("one", log), ("two", other)])
        for number in range(60):
            await screen.press(chance.choice(ANY_KEYS))
            if number % 20 == 7:
                append(log, text)
            if number % 20 == 17:
                log.write_text(text)
            assert not FORBIDDEN & set("".join(screen.rows))


async def test_it_says_that_a_run_wrote_no_log(workspace: Workspace, log: Path) -> None:
    async with screen_of(workspace) as screen:
        screen.pane.show_log(None, "gone", ended="crashed")
        await screen.until(lambda now: now.lines == ["gone wrote no log"])
        screen.pane.show_log(log, "gone", ended="crashed")
        await screen.until(lambda now: "This run wrote no log" in now.text)


async def test_it_says_how_a_run_ended_in_place_of_following_it(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(100))
    async with screen_of(workspace, log) as screen:
        screen.pane.show_log(log, "gone", ended="crashed")
        await screen.until(lambda now: "── crashed" in now.title)
        await screen.press("k")
        await screen.until(lambda now: now.cursor == "line 99" and "── crashed" in now.title)
        append(log, numbered(2, 100))  # somebody writes all the same
        await screen.until(lambda now: "paused ▼ 2 new" in now.title)


async def test_jumping_between_errors(workspace: Workspace, log: Path) -> None:
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: bad\n'
    log.write_text(numbered(50) + trace + numbered(50) + "14:00:00 ERROR disk\n" + numbered(50))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: "2 errors" in now.foot)
        await screen.press("E")
        await screen.until(lambda now: "14:00:00 ERROR disk" in now.lines)
        await screen.press("E")
        await screen.until(lambda now: "ValueError: bad" in now.lines)
        await screen.until(
            lambda now: "line 51 of 154" in now.foot and "ValueError: bad" in (now.cursor or "")
        )
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
        await screen.press("S")
        await screen.until(lambda now: now.lines == ["begin " + "x" * 30, "x" * 30 + " end", "short"])
        append(log, numbered(4))
        await screen.until(lambda now: now.lines[0] == "x" * 30 + " end")
        await screen.press(*"k" * 6)
        await screen.until(lambda now: now.lines[0] == "begin " + "x" * 30)
        await screen.press(*"j" * 6)
        await screen.until(lambda now: now.lines[0] == "x" * 30 + " end" and "follow" in now.title)


async def test_a_line_longer_than_the_window_is_read_row_by_row(workspace: Workspace, log: Path) -> None:
    log.write_text("a" * 36 + "".join(str(i % 10) * 36 for i in range(8)) + "z" * 10 + "\nlast\n")
    async with screen_of(workspace, log, size=(40, 6)) as screen:
        await screen.until(lambda now: now.lines[-1] == "last")
        await screen.press("S", "k", "k")
        await screen.until(lambda now: now.lines[-1] == "last" and now.cursor == "6" * 36)
        await screen.press("k", "k")
        await screen.until(lambda now: now.lines[0] == "4" * 36)
        await screen.press("j")
        await screen.until(lambda now: now.lines[-1] == "z" * 10)
        await screen.press("j")
        await screen.until(lambda now: now.cursor == "last")


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
        await screen.until(lambda now: now.lines[0] == "line 87" and now.cursor == "line 96")


def line_of(data: bytes) -> LogLine:
    return LogLine(Place(0, 0), Place(0, len(data) + 1), data)


queries = st.one_of(
    st.text(st.sampled_from("los 名m["), max_size=2).map(Query),
    st.sampled_from(["[lo]s+", "^.", ".$", "x*", "(", "名|m"]).map(lambda text: Query(text, regex=True)),
)


@given(
    raw_lines.map(lambda text: text.encode("utf-8", "surrogatepass")), queries, st.booleans(), st.booleans()
)
def test_spans_are_the_line_and_hold_no_control_character(
    data: bytes, query: Query, traced: bool, here: bool
) -> None:
    line = line_of(data)
    spans = spans_of(line, traced=traced, query=query, here=here)
    text = "".join(span.text for span in spans)
    assert not FORBIDDEN & set(text)
    assert text == shown(data).text
    marked = "".join(span.text for span in spans if span.style in ("find", "here"))
    assert len(marked) == sum(end - start for start, end in query.spans(text))


@given(raw_lines.map(lambda text: text.encode("utf-8", "surrogatepass")), st.integers(2, 30))
def test_a_limit_leaves_out_only_what_is_not_wanted(data: bytes, limit: int) -> None:
    whole = spans_of(line_of(data), traced=False, query=Query("l"), here=False)
    some = spans_of(line_of(data), traced=False, query=Query("l"), here=False, limit=limit)
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
    (span,) = spans_of(line_of(b"\x1b[1;4;38;5;208;48;2;1;2;3mx"), traced=False, query=Query(), here=False)
    style = sgr_style(span.style)
    assert style is not None
    assert style.color is not None and style.color.number == 208
    assert style.bgcolor is not None and style.bgcolor.triplet == (1, 2, 3)
    assert style.bold and style.underline and not style.italic
    assert sgr_style("muted") is None


async def test_filters_that_are_looked_through_hold_no_key_up(workspace: Workspace, log: Path) -> None:
    log.write_text("the needle\n" + f"{'x' * 79}\n" * 200_000)
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: "follow" in now.title and "xxx" in now.lines[0])
        await screen.press("f", "a", "ctrl+r", *"need+le$")
        screen.hit("enter", "escape")
        await screen.until(lambda now: "Filtering: no line so far" in now.text and "filtering" in now.foot)
        screen.hit("k", "pagedown", "j", "g")
        await screen.until(lambda now: now.cursor == "the needle")
        assert "filtering" in screen.foot
        await screen.until(lambda now: "filtered: 1 of 200,001 lines" in now.foot)
        await screen.press("j")
        await screen.until(lambda now: "follow" in now.title and now.lines[0] == "the needle")


async def test_marks_are_of_one_file_and_of_no_other_of_its_name(
    workspace: Workspace, log: Path, memory: Remembered
) -> None:
    other = workspace.root / "training" / log.name
    other.parent.mkdir()
    for path in (log, other):
        path.write_text("one\ntwo\n")
    async with screen_of(workspace, log, memory=memory) as screen:
        await screen.until(lambda now: now.lines == ["one", "two"])
        await screen.press("m")
        await screen.until(lambda now: "◆" in now.text)
        screen.show(other)
        await screen.until(lambda now: now.lines == ["one", "two"] and "◆" not in now.text)
        screen.show(log)
        await screen.until(lambda now: "◆" in now.text)


async def test_a_place_that_is_none_can_be_typed_again(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(50))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: "line 49" in now.lines[-1])
        await screen.press("colon", *"soon", "enter")
        await screen.until(lambda now: "is no place" in now.bar)
        await screen.press("ctrl+u", *"7", "enter")
        await screen.until(lambda now: now.cursor == "line 6")


async def test_a_traceback_is_folded_from_each_of_its_lines(workspace: Workspace, log: Path) -> None:
    log.write_text("one\n2024-10-19 14:30:00 - ERROR - failed\n" + TRACE + "after\n")
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: len(now.lines) == 7)
        for way in (["g", "j"], ["g", "j", "j", "j", "j"]):
            await screen.press(*way, "enter")
            await screen.until(lambda now: len(now.lines) == 4 and "▸ 4 lines" in now.text)
            await screen.press("g", "j", "enter")
            await screen.until(lambda now: len(now.lines) == 7 and "▾ 4 lines" in now.text)
        await screen.press("g", "enter")
        await screen.until(lambda now: "Line 1" in now.text)


async def test_there_is_no_other_mark(workspace: Workspace, log: Path) -> None:
    log.write_text(numbered(5))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: len(now.lines) == 5)
        await screen.press("g", "m", "u")
        await screen.until(lambda now: "the only mark" in now.foot)


async def test_the_count_of_matches_stands_still_on_other_lines(workspace: Workspace, log: Path) -> None:
    log.write_text("find me\n" + numbered(5) + "find me\n" + numbered(5))
    async with screen_of(workspace, log, (80, 20)) as screen:
        await screen.until(lambda now: len(now.lines) == 12)
        await screen.press("g", "slash", *"find", "enter")
        await screen.until(lambda now: "1 of 2" in now.foot)
        await screen.press("V", "j", "j", "j")
        await screen.until(lambda now: now.cursor == "line 2" and "2 matches" in now.foot)
        await screen.press("n")
        await screen.until(lambda now: "2 of 2" in now.foot)


async def test_filters_that_hide_nothing_or_all(workspace: Workspace, log: Path) -> None:
    log.write_text("14:00:00 ERROR one\n14:00:01 WARNING two\n")
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: len(now.lines) == 2)
        await screen.press("f", "space", "escape")
        await screen.until(lambda now: "filters on" in now.foot and "2 lines" in now.foot)
        assert "filtered" not in screen.title
        append(log, "14:00:02 INFO three\n")
        await screen.until(lambda now: "filtered: 2 of 3 lines" in now.foot and "· filtered" in now.title)
        log.with_name("other.log").write_text("all is well\n" * 200)
        screen.show(log.with_name("other.log"))
        await screen.until(lambda now: "No line passes the filters" in now.text)
        await screen.press("colon", *"132", "enter")
        await screen.until(lambda now: "no line to go to: all are hidden" in now.text)


async def test_what_was_copied_is_not_said_where_one_types(
    workspace: Workspace, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    log.write_text(numbered(5))
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: "line 4" in now.lines)
        await screen.press("y")
        await screen.until(lambda now: "copied the line" in now.foot)
        await screen.press("colon")
        await screen.until(lambda now: "1200" in now.bar and "copied" not in now.text)
        await screen.press("escape", "y", "colon", "1", "0")
        await screen.until(lambda now: "10" in now.bar and "copied" not in now.text)


async def test_a_log_that_is_no_text_says_so(workspace: Workspace, log: Path) -> None:
    log.write_bytes(bytes(range(256)) * 20)
    async with screen_of(workspace, log) as screen:
        await screen.until(lambda now: "binary" in now.foot)
        other = log.with_name("other.log")
        other.write_text("größer\n" * 50 + "\x1b[31mred\x1b[0m\n")
        screen.show(other)
        await screen.until(lambda now: "red" in now.lines[-1] and "51 lines" in now.foot)
        assert "binary" not in screen.foot


async def test_the_whole_of_a_cut_line_opens_around_the_match(workspace: Workspace, log: Path) -> None:
    log.write_text("one\n" + "x" * 200_000 + " needle " + "y" * 200_000 + "\n")
    async with screen_of(workspace, log, (80, 24)) as screen:
        await screen.until(lambda now: "one" in now.lines)
        await screen.press("slash", *"needle", "enter")
        await screen.until(lambda now: "1 of 1" in now.foot)
        await screen.press("enter")
        await screen.until(lambda now: "bytes before …" in now.text)
        assert "needle" in screen.text
