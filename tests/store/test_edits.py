"""Appending to the stream of edits."""

from __future__ import annotations

import errno
import json
import os
import resource
import stat
import threading
from pathlib import Path

import pytest

from mlws_tui.domain.errors import StoreError
from mlws_tui.sources.edits import EditsLog


def test_what_is_appended_is_in_the_file_and_the_offset_is_after_it(tmp_path: Path) -> None:
    edits = EditsLog(tmp_path / "streams")
    file, offset = edits.append({"type": "set", "ts": 1.0, "run": "r", "name": "é"})
    path = tmp_path / "streams" / file
    assert file.startswith("_edits/") and path.stat().st_size == offset
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    _, second = edits.append({"type": "set", "ts": 2.0})
    assert second == path.stat().st_size > offset
    assert [json.loads(line)["ts"] for line in path.read_bytes().splitlines()] == [1.0, 2.0]


def test_after_an_unfinished_line_a_new_one_begins(tmp_path: Path) -> None:
    edits = EditsLog(tmp_path)
    file, _ = edits.append({"type": "set", "ts": 1.0})
    with (tmp_path / file).open("ab") as stream:
        stream.write(b'{"type":"se')
    _, offset = edits.append({"type": "set", "ts": 2.0})
    assert offset == (tmp_path / file).stat().st_size
    assert (tmp_path / file).read_bytes().splitlines()[1:] == [b'{"type":"se', b'{"type":"set","ts":2.0}']


def test_many_at_once_stay_whole(tmp_path: Path) -> None:
    def add(number: int) -> None:
        for i in range(25):
            EditsLog(tmp_path).append({"type": "set", "n": number, "i": i, "text": "x" * 5000})

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [file] = (tmp_path / "_edits").iterdir()
    records = [json.loads(line) for line in file.read_bytes().splitlines()]
    assert sorted((record["n"], record["i"]) for record in records) == [
        (n, i) for n in range(4) for i in range(25)
    ]


def test_where_there_is_no_room_nothing_is_left_of_it(tmp_path: Path) -> None:
    edits = EditsLog(tmp_path)
    file, offset = edits.append({"type": "set", "ts": 1.0})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (offset + 1000, hard))
    try:
        with pytest.raises(StoreError, match="could not be saved"):
            edits.append({"type": "set", "text": "x" * 5000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / file).stat().st_size == offset


def test_what_the_disk_does_not_confirm_stays_as_a_reader_may_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits = EditsLog(tmp_path)
    file, offset = edits.append({"type": "set", "ts": 1.0})

    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="did not confirm"):
        edits.append({"type": "set", "ts": 2.0})
    lines = (tmp_path / file).read_bytes().splitlines()
    assert [json.loads(line)["ts"] for line in lines] == [1.0, 2.0]
    assert (tmp_path / file).stat().st_size > offset


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    file, _ = EditsLog(tmp_path).append({"type": "set"})
    path = tmp_path / file
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError):
        EditsLog(tmp_path).append({"type": "set"})


def test_what_is_no_plain_file_takes_no_change(tmp_path: Path) -> None:
    log = EditsLog(tmp_path)
    file, _ = log.append({"type": "set"})
    (tmp_path / file).unlink()
    os.mkfifo(tmp_path / file)
    with pytest.raises(StoreError, match="it is no plain file"):
        log.append({"type": "set"})
