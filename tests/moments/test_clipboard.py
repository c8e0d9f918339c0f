"""Copying out of a terminal, and out of the multiplexers that it may run in."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from mlws_tui.services.clipboard import MOST, copy
from tests.e2e.terminal import Terminal

HOSTILE = "log line\nzwei: ü 😀 \x1b]52;c;aGFjaw==\x07 \x1b[2J [@click=quit]x \x00\x9b"
PLAIN = {"PATH": os.environ["PATH"]}
_OSC = re.compile(rb"\x1b\]52;[a-z]?;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)")


def text_in(raw: bytes) -> str | None:
    """What a terminal that is sent these bytes takes into its clipboard."""
    found = _OSC.search(raw)
    return None if found is None else base64.b64decode(found[1]).decode()


async def test_the_terminal_is_asked_in_base64_only() -> None:
    copied = await copy(HOSTILE, PLAIN)
    assert (copied.way, copied.cut) == ("terminal", False)
    assert text_in(copied.sequence.encode()) == HOSTILE
    assert re.fullmatch(r"\x1b\]52;c;[A-Za-z0-9+/=]+\x07", copied.sequence)


async def test_too_long_a_text_is_cut_between_two_characters() -> None:
    copied = await copy("x" + "ü" * MOST, PLAIN)
    assert copied.cut
    assert text_in(copied.sequence.encode()) == "x" + "ü" * ((MOST - 1) // 2)


async def test_half_a_surrogate_does_no_harm() -> None:
    assert text_in((await copy("a\ud800b", PLAIN)).sequence.encode()) == "a?b"


async def test_a_tmux_that_is_not_there_is_passed_through(tmp_path: Path) -> None:
    copied = await copy("hello", {"PATH": str(tmp_path), "TMUX": "/nowhere,1,0"})
    assert copied.way == "terminal"
    assert copied.sequence == "\x1bPtmux;\x1b\x1b]52;c;aGVsbG8=\x07\x1b\\"


async def test_an_older_tmux_gets_a_buffer_and_the_terminal_is_asked(tmp_path: Path) -> None:
    old = tmp_path / "tmux"
    old.write_text(f'#!/bin/sh\n[ "$2" = -w ] && exit 1\nexec cat > "{tmp_path}/buffer"\n')
    old.chmod(0o755)
    copied = await copy(HOSTILE, {"PATH": f"{tmp_path}:{PLAIN['PATH']}", "TMUX": "/tmp/x,1,0"})
    assert copied.way == "tmux"
    assert copied.sequence.startswith("\x1bPtmux;")
    assert (tmp_path / "buffer").read_bytes().decode() == HOSTILE


@pytest.fixture
def tmux() -> Iterator[Mapping[str, str]]:
    """A real tmux server; the environment of a program inside of it."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    folder = tempfile.mkdtemp(prefix="mlws", dir="/tmp")  # a short path: sockets ask for one
    outside = {**PLAIN, "TMUX_TMPDIR": folder, "TERM": "xterm-256color", "HOME": folder, "LC_ALL": "C.UTF-8"}
    command = ["tmux", "-L", "moments", "-f", "/dev/null"]

    def run(*words: str) -> str:
        return subprocess.run(
            [*command, *words], env=outside, check=True, capture_output=True, text=True
        ).stdout

    try:
        run("new-session", "-d", "-x", "80", "-y", "24", "cat")
        yield {**outside, "TMUX": run("display-message", "-p", "#{socket_path},#{pid},0").strip()}
    finally:
        subprocess.run([*command, "kill-server"], env=outside, check=False, capture_output=True)
        shutil.rmtree(folder)


async def test_tmux_has_it_in_a_buffer_whatever_its_size(tmux: Mapping[str, str]) -> None:
    text = HOSTILE + "x" * 3 * MOST
    copied = await copy(text, tmux)
    assert (copied.way, copied.sequence, copied.cut) == ("tmux", "", False)
    shown = await asyncio.to_thread(
        subprocess.run, ["tmux", "show-buffer"], env=dict(tmux), check=True, capture_output=True
    )
    assert shown.stdout.decode() == text


async def test_tmux_hands_it_to_the_terminal_of_its_client(tmux: Mapping[str, str]) -> None:
    outside = {name: value for name, value in tmux.items() if name != "TMUX"}
    attach = ["env", "-u", "TMUX", "tmux", "-L", "moments", "attach"]
    client = Terminal(attach, columns=80, rows=24, env=outside)
    try:
        await asyncio.to_thread(client.wait_for, "[0]")
        await copy(HOSTILE, tmux)
        await asyncio.to_thread(client.wait_for, lambda _: text_in(bytes(client.raw)) is not None)
        assert text_in(bytes(client.raw)) == HOSTILE
    finally:
        client.close()


async def test_gnu_screen_hands_it_to_its_terminal(tmp_path: Path) -> None:
    if shutil.which("screen") is None:
        pytest.skip("GNU screen is not installed")
    text = HOSTILE + "0123456789" * 300
    copied = await copy(text, {**PLAIN, "STY": "1.x"})
    sequence = tmp_path / "sequence"
    sequence.write_text(copied.sequence)
    folder = tempfile.mkdtemp(prefix="mlws", dir="/tmp")  # a short path: sockets ask for one
    Path(folder).chmod(0o700)
    show = f"import time; print(open({str(sequence)!r}, newline='').read() + 'shown', flush=True); time.sleep(60)"
    inside = Terminal(
        ["screen", "-S", "moments", "-c", "/dev/null", sys.executable, "-c", show],
        env={"SCREENDIR": folder, "LC_ALL": "C.UTF-8"},
    )
    try:
        await asyncio.to_thread(inside.wait_for, "shown")
        await asyncio.to_thread(inside.wait_for, lambda _: text_in(bytes(inside.raw)) is not None)
        assert text_in(bytes(inside.raw)) == text
    finally:
        inside.close()
        leave = ["screen", "-S", "moments", "-X", "quit"]
        await asyncio.to_thread(subprocess.run, leave, env={**PLAIN, "SCREENDIR": folder}, check=False)
        shutil.rmtree(folder)
