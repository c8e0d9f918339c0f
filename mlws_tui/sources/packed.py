"""Packed logs: what a file is packed with, its text piece by piece, and its text as a file that fills up."""

from __future__ import annotations

import bz2
import errno
import logging
import lzma
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from mlws_tui.sources.spool import Spool
from mlws_tui.sources.zstdsteps import Steps

log = logging.getLogger(__name__)

#: The suffix that each packing gives a file.
SUFFIXES = {"zstd": ".zst", "gzip": ".gz", "bzip2": ".bz2", "xz": ".xz"}

_MOST = 1 << 20  # bytes of text in a piece
_BUFFER = 1 << 20
_READ = (
    16 * 1024
)  # packed bytes given to a decoder at once: where they are damaged, no more than these are lost
_MOST_MEMORY = 256 << 20  # of a decoder; `xz -9` needs 65 MB
_PADDED = ("gzip", "xz")  # zeros may follow the archive, as tapes leave them


class DamagedError(ValueError):
    """An archive cannot be unpacked any further. Its text is a clause: what is wrong."""


def packing_of(path: Path) -> str | None:
    """What a file is packed with (``gzip``, ``bzip2``, ``xz``, ``zstd``), by its first bytes.

    None where it is not packed or cannot be read. It blocks.
    """
    try:
        if not path.is_file():  # a pipe would wait for its writer
            return None
        with path.open("rb") as file:
            head = file.read(10)
    except OSError:
        return None
    if head[:3] == b"\x1f\x8b\x08":
        return "gzip"
    if head[:3] == b"BZh" and head[3:4].isdigit() and head[4:] in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90"):
        return "bzip2"
    if head[:6] == b"\xfd7zXZ\0":
        return "xz"
    # The second one is a frame that is passed over: parallel packers begin with it.
    if head[:4] == b"\x28\xb5\x2f\xfd" or (0x50 <= head[0:1].ljust(1)[0] <= 0x5F and head[1:4] == b"*M\x18"):
        return "zstd"
    return None


def unpack(file: BinaryIO, packing: str) -> Iterator[bytes]:
    """The text of an archive in pieces of at most a megabyte, one member or frame after another.

    Args:
        file: The archive, at its beginning.
        packing: As `packing_of` tells it.

    Raises:
        DamagedError: where it ends early or is damaged; all pieces that are sound come before.
        OSError: if it cannot be read.
    """
    decoder: _Decoder | None = None
    rest, at = b"", 0  # packed bytes that no decoder has had, and where they end
    while data := rest or file.read(_READ):
        at += 0 if rest else len(data)
        rest = b""
        if decoder is None:
            if packing in _PADDED and not (data := data.lstrip(b"\0")):
                continue
            decoder = _decoder(packing)
        try:
            yield from decoder.feed(data)
        except (zlib.error, lzma.LZMAError, _BrokenError) as error:
            raise DamagedError(f"the archive is damaged near byte {at:,}") from error
        if decoder.eof:
            rest, decoder = decoder.unused_data, None
    if decoder is not None or at == 0:
        raise DamagedError("the archive ends early")


class _BrokenError(Exception):
    """A decoder refused what it was given."""


class _Decoder(Protocol):
    """One member or frame of an archive."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def feed(self, data: bytes) -> Iterator[bytes]: ...


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            piece = self._stream.decompress(data, _MOST)
            data = self._stream.unconsumed_tail
            if piece:
                yield piece
            elif not data or self.eof:
                return


class _Blocks:
    """bzip2 and xz, whose decoders are used alike."""

    def __init__(self, stream: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._stream = stream

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def feed(self, data: bytes) -> Iterator[bytes]:
        while not self.eof:
            try:
                piece = self._stream.decompress(data, _MOST)
            except (OSError, ValueError) as error:  # so bz2 calls it
                raise _BrokenError from error
            data = b""
            if piece:
                yield piece
            elif self._stream.needs_input:
                return


class _Zstd:
    """Its decoder takes no limit, and some bytes can be 128 KB of text: it gets no more than a block at once."""

    def __init__(self) -> None:
        import zstandard

        self._broken = zstandard.ZstdError
        self._stream = zstandard.ZstdDecompressor(max_window_size=_MOST_MEMORY // 2).decompressobj()
        self._steps = Steps()
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        return self._stream.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self.eof:
            step = data[: self._steps.left]
            data = data[len(step) :]
            try:
                piece = self._stream.decompress(step)
            except self._broken as error:
                raise _BrokenError from error
            if piece:
                yield piece
            self._steps.take(step)
        self.unused_data = data


def _decoder(packing: str) -> _Decoder:
    match packing:
        case "gzip":
            return _Gzip()
        case "bzip2":
            return _Blocks(bz2.BZ2Decompressor())
        case "xz":
            return _Blocks(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MOST_MEMORY))
        case "zstd":
            return _Zstd()
    raise ValueError(f"there is no packing called {packing!r}")


class Unpacking:
    """The text of an archive as a file that fills up in a thread of its own.

    Args:
        path: The archive.
        changed: Called in that thread whenever more is there, and at the end.
        spool: Takes the text, and is closed with this; by default one of its own.

    Raises:
        OSError: if there is no place for the text.

    Attributes:
        path: Where the text can be read while it fills up and until `close`.
        share: Share of the archive that is read (0-1).
        problem: Why it was not all unpacked, in one sentence without a full stop; empty where it was.
        done: Whether nothing more comes.
    """

    def __init__(
        self, path: Path, changed: Callable[[], None] | None = None, spool: Spool | None = None
    ) -> None:
        self._archive = path
        self._changed = changed
        self._spool = spool or Spool()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"unpack {path.name}", daemon=True)
        self.path = self._spool.path
        self.share = 0.0
        self.problem = ""
        self.done = False

    def start(self) -> None:
        """Begin to unpack."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and give the space back. Readers of the path close before."""
        self._stop.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        self._spool.close()

    def _work(self) -> None:
        try:
            self._fill()
        except DamagedError as error:
            self.problem = f"This is what could be unpacked: {error}"
        except OSError as error:
            self.problem = _sentence(self._archive, error)
        except Exception as error:  # a thread has nobody above it who would hear of it
            log.exception("unpacking %s failed", self._archive)
            self.problem = f"It is not all unpacked ({type(error).__name__}: {error})"
        finally:
            self.done = True
            self._tell()

    def _fill(self) -> None:
        packing = packing_of(self._archive)
        with self._archive.open("rb", buffering=_BUFFER) as file:
            if packing is None:
                raise DamagedError("the file is no archive that is known")
            size = file.seek(0, 2)
            file.seek(0)
            told = 0
            for piece in unpack(file, packing):
                if self._stop.is_set():
                    return
                self._spool.write(piece)
                self.share = min(1.0, file.tell() / size)
                if self._spool.size - told >= _MOST or not told:
                    told = self._spool.size
                    self._tell()
        self.share = 1.0

    def _tell(self) -> None:
        if self._changed is not None and not self._stop.is_set():
            self._changed()


def _sentence(archive: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" of {error.filename}" if error.filename else ""
        return f"It is not all unpacked: the disk{where} would soon be full"
    return f"{archive.name} could not be unpacked: {(error.strerror or str(error)).lower()}"
