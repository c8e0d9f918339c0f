"""Packed logs are unpacked as far as they can be, whatever they are packed with and whatever became of them."""

from __future__ import annotations

import gzip
import os
import random
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.sources.packed import DamagedError, Unpacking, packing_of, unpack
from mlws_tui.sources.spool import Spool
from tests.archive.kit import PACK, text

ALL = pytest.mark.parametrize("packing", list(PACK))
DEADLINE = 20.0


@contextmanager
def unpacked(path: Path, spool: Spool | None = None) -> Iterator[Unpacking]:
    """The archive, after all of it was unpacked."""
    ended = threading.Event()
    unpacking: Unpacking

    def changed() -> None:
        if unpacking.done:
            ended.set()

    unpacking = Unpacking(path, changed, spool)
    unpacking.start()
    try:
        assert ended.wait(DEADLINE)
        yield unpacking
    finally:
        unpacking.close()


@ALL
def test_each_packing_with_several_members(tmp_path: Path, packing: str) -> None:
    archive = tmp_path / "any-name"
    archive.write_bytes(PACK[packing](text()) + PACK[packing](b"") + PACK[packing](b"the end\n"))
    assert packing_of(archive) == packing
    with unpacked(archive) as found:
        assert (found.share, found.problem) == (1.0, "")
        assert found.path.read_bytes() == text() + b"the end\n"
        with found.path.open("rb") as one, found.path.open("rb") as other:  # each reads at its own place
            assert one.read(10) == other.read(10)
        assert stat.S_IMODE(found.path.stat().st_mode) == 0o600
    assert not found.path.exists()


@ALL
def test_an_archive_that_ends_early(tmp_path: Path, packing: str) -> None:
    archive = tmp_path / "x.log.gz"
    whole = PACK[packing](text())
    archive.write_bytes(PACK[packing](b"first\n" * 1000) + whole[: len(whole) - 9])
    with unpacked(archive) as found:
        assert found.problem == "This is what could be unpacked: the archive ends early"
        data = found.path.read_bytes()
        assert data.startswith(b"first\n" * 1000)
        assert (b"first\n" * 1000 + text()).startswith(data)


@ALL
def test_an_archive_that_is_damaged(tmp_path: Path, packing: str) -> None:
    archive = tmp_path / "x.log"
    archive.write_bytes(PACK[packing](text()) + b"this is no archive\n" * 10)
    with unpacked(archive) as found:
        assert "the archive is damaged near byte" in found.problem
        assert found.path.read_bytes() == text()


@pytest.mark.parametrize("packing", ["gzip", "xz"])
def test_zeros_after_an_archive_are_no_damage(tmp_path: Path, packing: str) -> None:
    archive = tmp_path / "x.log"
    archive.write_bytes(PACK[packing](text()) + b"\0" * 40_000 + PACK[packing](b"more\n") + b"\0" * 512)
    with unpacked(archive) as found:
        assert (found.problem, found.path.read_bytes()) == ("", text() + b"more\n")


@ALL
@given(
    data=st.binary(max_size=2000),
    flips=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(1, 255)), max_size=3),
)
@settings(max_examples=30)
def test_no_bytes_make_it_fail_otherwise(
    tmp_path_factory: pytest.TempPathFactory, packing: str, data: bytes, flips: list[tuple[int, int]]
) -> None:
    packed = bytearray(PACK[packing](data))
    for place, bits in flips:
        packed[place % len(packed)] ^= bits
    archive = tmp_path_factory.getbasetemp() / f"flipped-{packing}"
    archive.write_bytes(packed)
    with archive.open("rb") as file:
        try:
            found = b"".join(unpack(file, packing))
        except DamagedError:
            assert flips
        else:
            assert flips or found == data


def test_a_bomb_fills_no_disk(tmp_path: Path) -> None:
    archive = tmp_path / "bomb.gz"
    archive.write_bytes(gzip.compress(b"\0" * (64 << 20)))
    whole_disk = os.statvfs(tmp_path).f_blocks * os.statvfs(tmp_path).f_frsize
    with unpacked(archive, Spool(tmp_path, keep=whole_disk)) as found:
        assert found.problem == f"It is not all unpacked: the disk of {tmp_path} would soon be full"
        assert found.share < 0.5
        assert found.path.stat().st_size < (8 << 20)
    assert os.listdir(tmp_path) == ["bomb.gz"]


@ALL
def test_pieces_are_small(tmp_path: Path, packing: str) -> None:
    archive = tmp_path / "bomb"
    archive.write_bytes(PACK[packing](b"\0" * (48 << 20)))
    with archive.open("rb") as file:
        pieces = [len(piece) for piece in unpack(file, packing)]
    assert sum(pieces) == 48 << 20
    assert max(pieces) <= 1 << 20


def _zstd(size: bool, checksum: bool, data: bytes, level: int = 3) -> bytes:
    packer = zstandard.ZstdCompressor(level=level, write_content_size=size, write_checksum=checksum)
    if size:
        return packer.compress(data)
    stream = packer.compressobj()  # as a pipe is packed: a window in the place of the length
    return b"".join((stream.compress(data), stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK), stream.flush()))


@given(
    frames=st.lists(
        st.one_of(
            st.builds(
                lambda size, checksum, data, times: (_zstd(size, checksum, data * times), data * times),
                st.booleans(),
                st.booleans(),
                st.binary(max_size=200),
                st.sampled_from([1, 2, 1000, 5000]),
            ),
            st.binary(max_size=300).map(
                lambda data: (b"\x57\x2a\x4d\x18" + len(data).to_bytes(4, "little") + data, b"")
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=30)
def test_zstd_frames_of_all_shapes(
    tmp_path_factory: pytest.TempPathFactory, frames: list[tuple[bytes, bytes]]
) -> None:
    archive = tmp_path_factory.getbasetemp() / "frames"
    archive.write_bytes(b"".join(packed for packed, _ in frames))
    with archive.open("rb") as file:
        assert b"".join(unpack(file, "zstd")) == b"".join(plain for _, plain in frames)


def test_zstd_of_what_cannot_be_packed(tmp_path: Path) -> None:
    data = random.Random(5).randbytes(700_000)
    archive = tmp_path / "x.zst"
    archive.write_bytes(_zstd(True, True, data) + _zstd(False, False, data, level=19))
    with archive.open("rb") as file:
        assert b"".join(unpack(file, "zstd")) == data * 2


def test_a_fault_of_ours_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "x.zst"
    archive.write_bytes(PACK["zstd"](text()))
    monkeypatch.setitem(sys.modules, "zstandard", None)  # as where it was not installed
    with unpacked(archive) as found:
        assert found.problem.startswith("It is not all unpacked (ModuleNotFoundError: ")
        assert found.share < 1


def test_what_is_no_archive(tmp_path: Path) -> None:
    plain = tmp_path / "x.gz"
    plain.write_bytes(b"plain text\n")
    os.mkfifo(tmp_path / "pipe")
    assert [packing_of(path) for path in (plain, tmp_path, tmp_path / "none", tmp_path / "pipe")] == [
        None
    ] * 4
    with unpacked(plain) as found:
        assert found.problem == "This is what could be unpacked: the file is no archive that is known"
    with unpacked(tmp_path / "none.gz") as found:
        assert found.problem == "none.gz could not be unpacked: no such file or directory"


def test_it_stops_when_it_is_closed(tmp_path: Path) -> None:
    archive = tmp_path / "x.gz"
    archive.write_bytes(gzip.compress(b"\0" * (100 << 20)))
    begun = threading.Event()
    unpacking = Unpacking(archive, begun.set)
    unpacking.start()
    assert begun.wait(DEADLINE)
    unpacking.close()
    unpacking.close()
    assert unpacking.done
    assert unpacking.problem == ""
