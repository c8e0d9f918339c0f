"""Frames between the client in the person's terminal and the supervisor, over a stream socket.

A frame is one byte that says what it is, the length of its payload (4 bytes, big endian) and the payload.
"""

from __future__ import annotations

import json
import selectors
import socket
import struct
from collections import deque
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

_HEAD = struct.Struct("!BI")
_SIZE = struct.Struct("!4H")
_READ = 1 << 16


class Frame(IntEnum):
    """What a frame is. The first group goes to the supervisor, the second comes from it."""

    BEGIN = 1  # JSON: what to run; always the first frame
    INPUT = 2  # bytes typed at the terminal
    SIZE = 3  # the terminal's size
    SIGNAL = 4  # JSON: number of a signal for the command
    CONTINUE = 5  # the client goes on after a stop

    STARTED = 65  # JSON: run, log
    OUT = 66  # bytes of the command's terminal or standard output
    ERR = 67  # bytes of its standard error
    STOPPED = 68  # JSON: signal that stopped the command
    ENDED = 69  # JSON: code to exit with, problem (a sentence or empty)
    REFUSED = 70  # JSON: title, detail, hint: nothing was run
    NOTICE = 71  # JSON: a sentence for the person


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

    def wait_sent(self) -> None:
        """Send all that waits, for as long as the peer is there."""
        with selectors.DefaultSelector() as selector:
            if self.open:
                selector.register(self._socket, selectors.EVENT_WRITE)
            while self.flush() or (self.open and self._waiting):
                if self.open and self._waiting:
                    selector.select()

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
        try:
            data = self._socket.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        self._received += data
        while len(self._received) >= _HEAD.size:
            kind, length = _HEAD.unpack_from(self._received)
            end = _HEAD.size + length
            if len(self._received) < end:
                return
            payload = bytes(self._received[_HEAD.size : end])
            del self._received[:end]
            yield Frame(kind), payload

    def wait_frame(self) -> tuple[Frame, bytes] | None:
        """The first frame, waiting for it; None if the peer goes first. Only for the beginning of a conversation."""
        if not self.open:
            return None
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            while self.open:
                selector.select()
                for frame in self.receive():
                    return frame
        return None

    def close(self) -> None:
        """Give the connection up; what waits is dropped."""
        if self.open:
            self.open = False
            self._waiting.clear()
            self.pending = 0
            self._socket.close()
