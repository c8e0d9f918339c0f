"""Frames between a client in a person's terminal and the supervisor, over a stream socket.

A frame is one byte that says what it is, the length of its payload (4 bytes, big endian) and the payload.
"""

from __future__ import annotations

import json
import select
import selectors
import socket
import struct
import time
from collections import deque
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

_HEAD = struct.Struct("!BI")
_SIZE = struct.Struct("!4H")
_READ = 1 << 16


class Frame(IntEnum):
    """What a frame is. The first group goes to the supervisor, the second comes from it."""

    BEGIN = 1  # JSON: what to run; always the first frame of the client that started the supervisor
    INPUT = 2  # bytes typed at the terminal
    SIZE = 3  # the terminal's size
    SIGNAL = 4  # JSON: number of a signal for the command
    CONTINUE = 5  # the client goes on after a stop
    ATTACH = 6  # JSON: size (or null); always the first frame of a client that came later

    STARTED = 65  # JSON: run, log, terminal (whether the command has one)
    OUT = 66  # bytes of the command's terminal or standard output
    ERR = 67  # bytes of its standard error
    STOPPED = 68  # JSON: signal that stopped the command
    ENDED = 69  # JSON: code to exit with, problem (a sentence or empty)
    REFUSED = 70  # JSON: title, detail, hint: nothing was run
    NOTICE = 71  # JSON: a sentence for the person


_KNOWN = frozenset(Frame)


def window(rows: int, columns: int, width: int = 0, height: int = 0) -> bytes:
    """A terminal's size as a payload; width and height in pixels."""
    return _SIZE.pack(rows, columns, width, height)


def read_window(payload: bytes) -> tuple[int, int, int, int]:
    """The inverse of `window`.

    Raises:
        struct.error: if the payload is no size.
    """
    rows, columns, width, height = _SIZE.unpack(payload)
    return rows, columns, width, height


class Channel:
    """One end of the connection. Only the methods named `wait_` block; once the peer is gone, sending does nothing."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._waiting: deque[tuple[Frame, bytes]] = deque()
        self._sent_of_first = 0
        self._received = bytearray()
        self.pending = 0  #: bytes that wait to be sent
        self.open = True

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, kind: Frame, payload: bytes = b"") -> int:
        """Queue a frame and send what goes at once; returns the number of bytes that went."""
        if not self.open:
            return 0
        frame = _HEAD.pack(kind, len(payload)) + payload
        self._waiting.append((kind, frame))
        self.pending += len(frame)
        return self.flush()

    def send_json(self, kind: Frame, document: Mapping[str, Any]) -> int:
        """Queue a frame whose payload is a JSON object."""
        return self.send(kind, json.dumps(document).encode())

    def flush(self) -> int:
        """Send as much as the peer takes now; returns the number of bytes."""
        total = 0
        while self._waiting and self.open:
            frame = self._waiting[0][1]
            try:
                sent = self._socket.send(memoryview(frame)[self._sent_of_first :])
            except BlockingIOError:
                break
            except OSError:
                self.close()
                break
            total += sent
            self.pending -= sent
            self._sent_of_first += sent
            if self._sent_of_first == len(frame):
                self._waiting.popleft()
                self._sent_of_first = 0
        return total

    def wait_sent(self, seconds: float | None = None) -> None:
        """Send all that waits, for as long as the peer is there, but no longer than `seconds` where given."""
        until = None if seconds is None else time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            if self.open:
                selector.register(self._socket, selectors.EVENT_WRITE)
            while self.flush() or (self.open and self._waiting):
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    return
                if self.open and self._waiting:
                    selector.select(left)

    def shed(self, kinds: frozenset[Frame]) -> int:
        """Drop waiting frames of these kinds, but for one that is sent in part; returns the payload bytes dropped."""
        kept: deque[tuple[Frame, bytes]] = deque()
        dropped = 0
        for position, (kind, frame) in enumerate(self._waiting):
            if kind in kinds and not (position == 0 and self._sent_of_first):
                dropped += len(frame) - _HEAD.size
                self.pending -= len(frame)
            else:
                kept.append((kind, frame))
        self._waiting = kept
        return dropped

    def receive(self) -> Iterator[tuple[Frame, bytes]]:
        """The whole frames that one read brings; `open` is false once the peer has gone."""
        if data := self._read():
            self._received += data
        while (frame := self._take()) is not None:
            yield frame

    def next_frame(self) -> tuple[Frame, bytes] | None:
        """The next frame, waiting for it; None if the peer goes first. Only where nobody calls `receive` yet."""
        while True:
            if (frame := self._take()) is not None:
                return frame
            if not self.open:
                return None
            poll = select.poll()
            poll.register(self._socket, select.POLLIN)
            poll.poll()
            data = self._read()
            if data:
                self._received += data

    def _take(self) -> tuple[Frame, bytes] | None:
        """The first whole frame of what was received; one of a later version, which we do not know, is passed over."""
        while len(self._received) >= _HEAD.size:
            kind, length = _HEAD.unpack_from(self._received)
            end = _HEAD.size + length
            if len(self._received) < end:
                return None
            payload = bytes(self._received[_HEAD.size : end])
            del self._received[:end]
            if kind in _KNOWN:
                return Frame(kind), payload
        return None

    def _read(self) -> bytes | None:
        """What one read brings; None where there is nothing yet. Closes the channel once the peer has gone."""
        try:
            data = self._socket.recv(_READ)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        if not data:
            self.close()
        return data

    def close(self) -> None:
        """Give the connection up; what waits is dropped."""
        if self.open:
            self.open = False
            self._waiting.clear()
            self.pending = 0
            self._socket.close()
