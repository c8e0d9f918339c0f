"""All terminals that show a command: the one that it was started in, and those that came later."""

from __future__ import annotations

import json
import selectors
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mlws_tui.services.launch.protocol import Channel, Frame, read_window
from mlws_tui.services.launch.replay import Replay
from mlws_tui.services.launch.sockets import Listener

Size = tuple[int, int, int, int]

_STALL = 10.0  # seconds after which a terminal that takes nothing no longer holds up the command
_ENOUGH = 1 << 18  # bytes waiting for one terminal from which on it counts as lagging
_MOST = 16
_SHED = frozenset({Frame.OUT, Frame.ERR, Frame.NOTICE})


@dataclass(eq=False, slots=True)
class Viewer:
    """One client.

    Attributes:
        channel: The connection to it.
        original: Whether the command was started from it.
        keeps: Whether nothing that is for it may be dropped: its output goes into a pipe or file.
        greeted: Whether it has said what it wants.
        size: Of its terminal; None where it has none.
        took_at: When it last took something (monotonic seconds).
        missed: Bytes that were dropped since.
        events: For which the selector watches it.
    """

    channel: Channel
    original: bool
    keeps: bool = False
    greeted: bool = False
    size: Size | None = None
    took_at: float = 0.0
    missed: int = 0
    events: int = 0


class Audience:
    """Shows the command's output to every client and passes on what they send.

    A slow client slows the command down as a slow terminal does, but one that takes nothing for `_STALL` seconds (a
    connection that died without a word) no longer does, and misses output. Where the command was started with its
    output in a pipe, nothing is ever dropped of that.

    Args:
        first: The client that the command was started from; its channel may be closed already.
        listener: Where others come in; None where that is not possible.
        about: What a client that comes is told: ``run``, ``log``, ``terminal``.
        size: Of the first client's terminal; None where it has none.
    """

    def __init__(
        self, first: Channel, listener: Listener | None, about: dict[str, Any], size: Size | None
    ) -> None:
        now = time.monotonic()
        keeps = not about["terminal"]
        original = Viewer(first, original=True, keeps=keeps, greeted=True, size=size, took_at=now)
        self._viewers = [original] if first.open else []
        self._listener = listener
        self._about = about
        self._replay = Replay()
        self._selector: selectors.BaseSelector | None = None
        self._on_frame: Callable[[Viewer, Frame, bytes], None] = lambda _viewer, _kind, _payload: None
        self._on_left: Callable[[Viewer], None] = lambda _viewer: None
        self._on_size: Callable[[Size, bool], None] = lambda _size, _redraw: None

    def open(
        self,
        selector: selectors.BaseSelector,
        on_frame: Callable[[Viewer, Frame, bytes], None],
        on_left: Callable[[Viewer], None],
        on_size: Callable[[Size, bool], None],
    ) -> None:
        """Be heard through this selector, whose keys have a function to be called with the events as their data.

        Args:
            selector: The supervisor's.
            on_frame: Called with what a client sends.
            on_left: Called with a client that went.
            on_size: Called with the size that counts, and whether all is to be drawn again.
        """
        self._selector = selector
        self._on_frame, self._on_left, self._on_size = on_frame, on_left, on_size
        if self._listener is not None:
            selector.register(self._listener, selectors.EVENT_READ, self._come_in)

    @property
    def empty(self) -> bool:
        """Whether nobody looks on."""
        return not self._viewers

    @property
    def behind(self) -> int:
        """Bytes that wait for the client that lags most."""
        return max((viewer.channel.pending for viewer in self._viewers), default=0)

    def newest(self) -> Viewer | None:
        """The client that came last."""
        return next((viewer for viewer in reversed(self._viewers) if viewer.greeted), None)

    def show(self, kind: Frame, data: bytes) -> None:
        """Output of the command."""
        self._replay.feed(kind, data)
        for viewer in self._viewers:
            if viewer.greeted:
                self._took(viewer, viewer.channel.send(kind, data))

    def notice(self, text: str) -> None:
        """A sentence for everybody who looks on."""
        for viewer in self._viewers:
            viewer.channel.send_json(Frame.NOTICE, {"text": text})

    def turn(self) -> None:
        """Once a turn of the loop: who went is let go, who is stalled misses output, and all are watched rightly."""
        for viewer in self._viewers:
            if viewer.channel.pending > _ENOUGH and not viewer.keeps:
                self._relieve(viewer)
        for viewer in tuple(self._viewers):
            self._watch(viewer)
            if not viewer.channel.open:
                self._viewers.remove(viewer)
                self._on_left(viewer)
                if (newest := self.newest()) is not None and newest.size is not None:
                    self._on_size(newest.size, False)

    def close(self) -> None:
        """Take no more in, and stop listening to those who are there."""
        selector, self._selector = self._selector, None
        if self._listener is not None:
            if selector is not None:
                selector.unregister(self._listener)
            self._listener.close()
            self._listener = None
        for viewer in self._viewers:
            if viewer.events and selector is not None:
                selector.unregister(viewer.channel)
            viewer.events = 0

    def farewell(self, code: int, problem: str) -> None:
        """Tell everybody that the command has ended, and let them go."""
        for viewer in self._viewers:
            viewer.channel.send_json(Frame.ENDED, {"code": code, "problem": problem})
        until = time.monotonic() + _STALL
        for viewer in self._viewers:
            viewer.channel.wait_sent(None if viewer.keeps else max(0.0, until - time.monotonic()))
            viewer.channel.close()

    def _come_in(self, _events: int) -> None:
        connection = self._listener.accept() if self._listener is not None else None
        if connection is None:
            return
        channel = Channel(connection)
        if len(self._viewers) >= _MOST:
            channel.send_json(
                Frame.REFUSED, {"title": f"{self._about['run']} is shown in {_MOST} terminals already"}
            )
            channel.close()
            return
        self._viewers.append(Viewer(channel, original=False, took_at=time.monotonic()))

    def _watch(self, viewer: Viewer) -> None:
        if self._selector is None:
            return
        events, channel = 0, viewer.channel
        if channel.open:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if channel.pending else 0)
        if events == viewer.events:
            return
        if not events:
            self._selector.unregister(channel)
        elif not viewer.events:
            self._selector.register(channel, events, lambda happened: self._hear(viewer, happened))
        else:
            self._selector.modify(channel, events, lambda happened: self._hear(viewer, happened))
        viewer.events = events

    def _hear(self, viewer: Viewer, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._took(viewer, viewer.channel.flush())
        if events & selectors.EVENT_READ and viewer.channel.open:
            try:
                for kind, payload in viewer.channel.receive():
                    self._take(viewer, kind, payload)
            except (
                ValueError,
                KeyError,
                TypeError,
                struct.error,
            ):  # whoever that is does not speak our language
                self._drop(viewer)
        if not viewer.channel.open:
            self._forget(viewer)

    def _take(self, viewer: Viewer, kind: Frame, payload: bytes) -> None:
        if not viewer.greeted:
            if kind is not Frame.ATTACH:
                raise ValueError("it did not say what it wants")
            size = json.loads(payload)["size"]
            self._greet(viewer, None if size is None else read_window(struct.pack("!4H", *size)))
        elif kind is Frame.SIZE:
            viewer.size = read_window(payload)
            if viewer is self.newest():
                self._on_size(viewer.size, False)
        else:
            self._on_frame(viewer, kind, payload)

    def _greet(self, viewer: Viewer, size: Size | None) -> None:
        viewer.greeted, viewer.size = True, size
        viewer.channel.send_json(Frame.STARTED, self._about)
        for kind, data in self._replay.frames():
            viewer.channel.send(kind, data)
        if size is not None:
            self._on_size(size, True)

    def _drop(self, viewer: Viewer) -> None:
        self._forget(viewer)
        viewer.channel.close()

    def _forget(self, viewer: Viewer) -> None:
        """Watch it no more; `turn` takes it out."""
        if viewer.events and self._selector is not None:
            self._selector.unregister(viewer.channel)
        viewer.events = 0

    def _took(self, viewer: Viewer, count: int) -> None:
        if count or not viewer.channel.pending:
            viewer.took_at = time.monotonic()
            viewer.missed = 0

    def _relieve(self, viewer: Viewer) -> None:
        if time.monotonic() - viewer.took_at <= _STALL:
            return
        viewer.missed += viewer.channel.shed(_SHED)
        text = f"{viewer.missed} bytes of output are not shown here; the log has them: {self._about['log']}"
        viewer.channel.send_json(Frame.NOTICE, {"text": text})
