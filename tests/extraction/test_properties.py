"""What holds for any bytes, however they come."""

from __future__ import annotations

import json
import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.extraction import Extracted, Extractor
from tests.extraction.corpus import CASES, FALSE_FRIENDS
from tests.extraction.kit import extract, rules

TEXTS = [case.text.encode() for case in CASES]
#: Some lines in a row of each kind of log, so that a text changes from one to the other as files do.
MIXED = st.lists(st.sampled_from([*TEXTS, FALSE_FRIENDS.encode()]), min_size=1, max_size=3).map(b"".join)
LINES = sorted(
    {line for text in TEXTS for line in text.split(b"\n") if b"\r" not in line and b"\x08" not in line}
)


def joined(pieces: list[Extracted]) -> tuple[list[object], object, list[object]]:
    """What the pieces gave together; by text, as no NaN equals another."""
    progress = [piece.progress for piece in pieces if piece.progress is not None]
    return (
        [repr(sample) for piece in pieces for sample in piece.samples],
        progress[-1] if progress else None,
        [repr(fact) for piece in pieces for fact in piece.facts],
    )


@settings(max_examples=30, deadline=None)
@given(MIXED, st.data())
def test_any_cuts_give_the_same(text: bytes, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=12).map(sorted))
    extractor = Extractor(rules())
    bounds = [0, *cuts, len(text)]
    pieces = [extractor.feed(text[start:end]) for start, end in pairwise(bounds)]
    pieces.append(extractor.feed(b"", final=True))
    assert joined(pieces) == joined([extract(text)])


@settings(max_examples=30, deadline=None)
@given(MIXED, st.data())
def test_another_extractor_goes_on_where_one_stopped(text: bytes, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=5).map(sorted))
    extractor = Extractor(rules())
    pieces = []
    at = 0
    for cut in cuts:
        pieces.append(extractor.feed(text[at:cut]))
        state = json.loads(json.dumps(extractor.state(), allow_nan=False))
        at = extractor.offset
        assert at <= cut
        extractor = Extractor(rules(), state)
        pieces.append(extractor.feed(text[at:cut]))
        at = cut
    pieces.append(extractor.feed(text[at:], final=True))
    assert joined(pieces) == joined([extract(text)])


BYTES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(LINES),
        st.sampled_from(
            [b"\r", b"\n", b"\x08\x08", b"\x1b[A", b"\0", b"loss: ", b"1e999", b"Epoch ", b"{", b"1,0", b"%|"]
        ),
    ),
    max_size=20,
).map(b"".join)


@settings(max_examples=30, deadline=None)
@given(BYTES)
def test_no_bytes_raise_and_states_are_json(data: bytes) -> None:
    extractor = Extractor(rules())
    extractor.feed(data[: len(data) // 2])
    json.dumps(extractor.state(), allow_nan=False)
    found = extractor.feed(data[len(data) // 2 :], final=True)
    assert extractor.offset == len(data)
    assert all(0 <= sample.offset < len(data) and len(sample.name) <= 200 for sample in found.samples)


NUMBER = re.compile(rb"(?<![\d.])[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?|nan|inf")
#: What another program writes into the middle of a line begins like this.
SECOND = [line for line in LINES if line[:1].isalpha() or line[:1] == b"["]


def figures(line: bytes) -> set[str]:
    """The whole numbers of a line, as they are and as per cent."""
    plain = re.sub(rb"\x1b\[[0-9;]*m", b"", line)
    texts = [found.replace(b",", b"") for found in NUMBER.findall(plain)]
    shares = [text + b"e-2" for text in texts if text.replace(b".", b"").isdigit()]
    return {repr(float(text)) for text in [*texts, *shares]}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(LINES), st.sampled_from(SECOND), st.data())
def test_glued_lines_yield_no_value_that_is_not_whole_in_one_of_them(
    first: bytes, second: bytes, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(first)))
    head = first[:cut]
    if head.rstrip() != head:
        return  # a line that ended
    found = extract(first + b"\n" + head + second + b"\n").samples
    assert {repr(sample.value) for sample in found} <= figures(first) | figures(second)


def test_a_long_line_is_looked_at_in_its_end_only_and_costs_no_memory() -> None:
    long = b"x" * 300_000 + b" step 10 loss 2.5\n"
    whole = extract(long + b"step 20 loss 2.4\n")
    assert [sample.step for sample in whole.samples][-1] == 20
    extractor = Extractor(rules())
    for start in range(0, 300_000, 1000):
        extractor.feed(long[start : start + 1000])
    assert 300_000 - extractor.offset <= 70_000
    assert len(json.dumps(extractor.state())) < 2_000


def test_names_and_states_are_bounded() -> None:
    lines = [
        f"step {i} loss_{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)} 0.5 other: {i}"
        for i in range(3000)
    ]
    found = extract("\n".join(lines))
    assert len({sample.name for sample in found.samples}) <= 500
