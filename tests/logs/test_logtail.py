"""A log under its name: growth, rotation, truncation, deletion, links, and what a reader sees of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlws_tui.domain.logs import START, LogLine, Place
from mlws_tui.sources.logtail import LogTail

AT = " at 00:00:00"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "train.log"


@pytest.fixture
def tail(path: Path) -> Iterator[LogTail]:
    path.write_text("one\ntwo\n")
    tail = LogTail(path, clock=lambda: 0.0)
    yield tail
    tail.close()


def shown(tail: LogTail) -> list[str]:
    """All lines; dividers begin with ``--``."""
    lines = tail.after(START, 5000)
    assert tail.before(tail.state().end, 5000) == lines
    return [("--" if line.divider else "") + line.data.decode() for line in lines]


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def settle(tail: LogTail) -> None:
    tail.look()
    while tail.count():
        pass


def test_growth_is_seen_and_counted(tail: LogTail, path: Path) -> None:
    settle(tail)
    assert not tail.look()
    append(path, "three\nfo")
    assert tail.look()
    settle(tail)
    assert shown(tail) == ["one", "two", "three", "fo"]
    state = tail.state()
    assert (state.lines, state.appended, state.counted, state.missing) == (3, 1, 1.0, "")
    last = tail.before(state.end, 1)[0]
    assert not last.whole
    assert tail.number_of(last.place) == 4


def test_truncation_to_nothing_keeps_the_last_lines(tail: LogTail, path: Path) -> None:
    path.write_text("")
    assert tail.look()
    assert shown(tail) == ["one", "two", f"--truncated{AT}"]
    append(path, "new\n")
    settle(tail)
    assert shown(tail) == ["one", "two", f"--truncated{AT}", "new"]
    assert (tail.state().lines, tail.state().appended) == (1, 1)


def test_copytruncate_to_less(tail: LogTail, path: Path) -> None:
    os.truncate(path, 4)
    settle(tail)
    assert shown(tail) == ["one", "two", f"--truncated{AT}", "one"]


def test_a_long_log_is_remembered_from_a_line_on(path: Path) -> None:
    path.write_text("".join(f"line {i}\n" for i in range(20_000)))
    tail = LogTail(path, clock=lambda: 0.0)
    path.write_text("")
    tail.look()
    lines = shown(tail)
    assert 100 < len(lines) < 20_000
    assert lines[-2:] == ["line 19999", f"--truncated{AT}"]
    assert all(line.startswith("line ") for line in lines[:-1])
    tail.close()


def test_rename_and_a_new_file_drains_the_old_one_first(tail: LogTail, path: Path) -> None:
    append(path, "last of the old\n")
    path.rename(path.with_suffix(".1"))
    path.write_text("first of the new\n")
    settle(tail)
    assert shown(tail) == [
        "one",
        "two",
        "last of the old",
        f"--replaced by a new file{AT}",
        "first of the new",
    ]
    assert tail.state().appended == 2


def test_replacement_by_a_file_of_the_same_size(tail: LogTail, path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_text("ONE\nTWO\n")
    other.replace(path)
    settle(tail)
    assert shown(tail) == ["one", "two", f"--replaced by a new file{AT}", "ONE", "TWO"]


def test_rewriting_in_place_with_the_same_size(tail: LogTail, path: Path) -> None:
    path.write_text("ONE\nTWO\n")
    os.utime(path, ns=(1, 1))
    settle(tail)
    assert shown(tail) == ["one", "two", f"--rewritten{AT}", "ONE", "TWO"]


def test_rewriting_in_place_with_more(tail: LogTail, path: Path) -> None:
    path.write_text("other\nand longer\n")
    settle(tail)
    assert shown(tail) == ["one", "two", f"--rewritten{AT}", "other", "and longer"]


def test_touching_changes_nothing(tail: LogTail, path: Path) -> None:
    os.utime(path, ns=(1, 1))
    assert not tail.look()


def test_deletion_and_recreation(tail: LogTail, path: Path) -> None:
    with path.open("a") as writer:
        path.unlink()
        settle(tail)
        assert shown(tail) == ["one", "two", f"--deleted{AT}"]
        assert not tail.look()
        writer.write("still written\n")
        writer.flush()
        settle(tail)
    assert shown(tail)[2:] == [f"--deleted{AT}", "still written"]
    path.write_text("anew\n")
    settle(tail)
    assert shown(tail)[3:] == ["still written", f"--made anew{AT}", "anew"]


def test_a_link_that_moves(tmp_path: Path) -> None:
    link = tmp_path / "latest.log"
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_text(f"in {name}\n")
    link.symlink_to("a.log")
    tail = LogTail(link, clock=lambda: 0.0)
    fresh = tmp_path / "fresh"
    fresh.symlink_to("b.log")
    fresh.replace(link)
    settle(tail)
    assert shown(tail) == ["in a.log", f"--now a link to {tmp_path / 'b.log'}{AT}", "in b.log"]
    append(tmp_path / "b.log", "more\n")
    settle(tail)
    assert shown(tail)[-1] == "more"
    tail.close()


def test_a_log_that_comes_later(path: Path) -> None:
    tail = LogTail(path, clock=lambda: 0.0)
    assert tail.state().missing == "there is no such file yet"
    assert shown(tail) == []
    path.write_text("here\n")
    settle(tail)
    assert shown(tail) == ["here"]
    assert (tail.state().missing, tail.state().appended) == ("", 1)
    tail.close()


def test_what_is_no_plain_file_says_so(path: Path) -> None:
    path.mkdir()
    tail = LogTail(path)
    assert tail.state().missing == "is no plain file"
    path.rmdir()
    os.mkfifo(path)
    assert tail.look() is False
    tail.close()


def test_a_permission_that_is_lost_and_regained(
    tail: LogTail, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, **_options: bool) -> os.stat_result:
        raise PermissionError(13, "Permission denied", str(self))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", refuse)  # chmod keeps nothing from root
        settle(tail)
    settle(tail)
    append(path, "three\n")
    settle(tail)
    assert shown(tail) == ["one", "two", f"--permission lost{AT}", f"--readable again{AT}", "three"]


def test_many_rotations_hold_few_files_open(tail: LogTail, path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for i in range(30):
        path.rename(path.with_suffix(f".{i}"))
        path.write_text(f"part {i}\n")
        settle(tail)
    lines = shown(tail)
    assert [line for line in lines if line.startswith("part")] == [f"part {i}" for i in range(30)]
    assert len(os.listdir("/proc/self/fd")) <= before + 4


def test_searching_goes_through_all_parts(tail: LogTail, path: Path) -> None:
    append(path, "2024-10-19 14:52:45 - ERROR - first\n")
    tail.look()
    path.rename(path.with_suffix(".1"))
    path.write_text("quiet\nRuntimeError: second\n")
    settle(tail)
    found: list[Place] = []
    place: Place | None = START
    while (place := tail.find_error(place, forward=True, going=lambda: True)) is not None:
        found.append(place)
        place = tail.after(place, 1)[0].next
    texts = [tail.after(place, 1)[0].data for place in found]
    assert texts == [b"2024-10-19 14:52:45 - ERROR - first", b"RuntimeError: second"]
    assert tail.find_error(found[1], forward=False, going=lambda: True) == found[0]
    assert tail.find_error(found[0], forward=False, going=lambda: True) is None
    assert tail.state().errors == 1  # of the file as it is now


steps = st.lists(
    st.one_of(
        st.binary(max_size=30).map(lambda data: ("append", data)),
        st.binary(max_size=30).map(lambda data: ("replace", data)),
        st.sampled_from([("delete", b""), ("truncate", b"")]),
    ),
    max_size=8,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), steps)
def test_whatever_happens_each_line_is_read_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, first: bytes, steps: list[tuple[str, bytes]]
) -> None:
    path = tmp_path_factory.mktemp("log") / "x.log"
    path.write_bytes(first)
    tail = LogTail(path)
    for what, data in steps:
        if what == "append":
            with path.open("ab") as file:
                file.write(data)
        elif what == "replace":
            other = path.with_suffix(".new")
            other.write_bytes(data)
            other.replace(path)
        elif what == "delete":
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(b"")
        settle(tail)
    lines = tail.after(START, 1000)
    assert tail.before(tail.state().end, 1000) == lines
    places = [line.place for line in lines]
    assert places == sorted(set(places))
    walked: list[LogLine] = []
    place = START
    while following := tail.after(place, 1):
        walked += following
        place = following[0].next
    assert walked == lines
    if path.exists():
        live = [line for line in lines if line.place.part == tail.state().end.part and not line.divider]
        content = path.read_bytes()
        if tail.state().size == len(content) and live and live[0].place.offset == 0:
            assert b"\n".join(line.data for line in live) == content.removesuffix(b"\n").replace(
                b"\r\n", b"\n"
            )
    tail.close()
