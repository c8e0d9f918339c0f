"""Frames over a real socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.services.launch.protocol import Channel, Frame, read_window, window

_FRAMES = st.tuples(st.sampled_from(list(Frame)), st.binary(max_size=300))


@pytest.fixture
def pair() -> Iterator[tuple[Channel, Channel]]:
    a, b = (Channel(end) for end in socket.socketpair())
    yield a, b
    a.close()
    b.close()


@settings(max_examples=30, deadline=None)
@given(st.lists(_FRAMES, max_size=20), st.integers(1, 40))
def test_frames_arrive_as_they_were_sent(frames: list[tuple[Frame, bytes]], cut: int) -> None:
    sender, raw = socket.socketpair()
    left, right = socket.socketpair()
    channel, receiver = Channel(sender), Channel(right)
    for kind, payload in frames:
        channel.send(kind, payload)
    channel.close()
    found = []
    while data := raw.recv(cut):
        left.sendall(data)
        found += list(receiver.receive())
    assert found == frames
    for end in (raw, left):
        end.close()
    assert list(receiver.receive()) == []
    assert not receiver.open


def test_what_is_shed_leaves_whole_frames(pair: tuple[Channel, Channel]) -> None:
    sender, receiver = pair
    while sender.pending < 1 << 20:
        sender.send(Frame.OUT, b"x" * 5000)
    sender.send(Frame.STOPPED, b"{}")
    dropped = sender.shed(frozenset({Frame.OUT}))
    assert dropped > 1 << 19 and dropped % 5000 == 0
    sender.send(Frame.ENDED, b"{}")
    found: list[tuple[Frame, bytes]] = []
    while not found or found[-1][0] is not Frame.ENDED:
        sender.flush()
        found += list(receiver.receive())
    assert {payload for kind, payload in found if kind is Frame.OUT} == {b"x" * 5000}
    assert [kind for kind, _ in found][-2:] == [Frame.STOPPED, Frame.ENDED]
    assert sender.pending == 0


def test_a_peer_that_is_gone_is_no_error(pair: tuple[Channel, Channel]) -> None:
    sender, receiver = pair
    receiver.close()
    assert sender.send(Frame.OUT, b"x") == 0
    assert not sender.open
    assert sender.send(Frame.OUT, b"x") == 0
    sender.wait_sent()
    assert receiver.next_frame() is None


def test_sizes() -> None:
    assert read_window(window(24, 80)) == (24, 80, 0, 0)
