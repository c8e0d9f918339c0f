"""Names, throttle reasons, readings and histories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlws_tui.domain.gpus import (
    GpuFacts,
    GpuSample,
    History,
    Reading,
    run_name,
    short_command,
    short_name,
    throttles,
)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("NVIDIA H200", "H200"),
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("NVIDIA A100-SXM4-80GB", "A100"),
        ("NVIDIA GeForce RTX 4090", "RTX 4090"),
        ("NVIDIA RTX 6000 Ada Generation", "RTX 6000 Ada"),
        ("Tesla T4", "T4"),
        ("NVIDIA GB10", "GB10"),
        ("", ""),
        ("NVIDIA", "NVIDIA"),
    ],
)
def test_short_names(name: str, short: str) -> None:
    assert short_name(name) == short


@pytest.mark.parametrize(
    ("words", "short"),
    [
        (("/env/bin/python3.11", "-u", "/home/a/train.py", "--lr", "1"), "train.py --lr 1"),
        (("python", "-m", "torch.distributed.run", "x.py"), "torch.distributed.run x.py"),
        (("python", "-c", "print(1)"), "-c print(1)"),
        (("/usr/bin/ollama", "serve"), "ollama serve"),
        (("python",), "python"),
        (("/",), "/"),
        ((), ""),
    ],
)
def test_short_commands(words: tuple[str, ...], short: str) -> None:
    assert short_command(words) == short


def test_run_names() -> None:
    assert run_name("20261120-091203-llama-ft") == "llama-ft"
    assert run_name("something-else") == "something-else"


def test_only_what_slows_in_earnest_is_trouble() -> None:
    normal = GpuSample(GpuFacts(0), throttle=Reading(throttles(0x1 | 0x2 | 0x4 | 0x10 | 0x100)))
    assert normal.trouble == ""
    bad = GpuSample(GpuFacts(0), throttle=Reading(throttles(0x4 | 0x20 | 0x80)))
    assert bad.trouble == "thermal slowdown, power brake"


def test_a_history_keeps_means_of_slots() -> None:
    history = History(span=5, capacity=3)
    assert history.first is None
    for at, value in ((100, 0.2), (102, 0.4), (107, 1.0)):
        history.add(at, value)
    assert history.first == 20
    assert history.mean(20) == pytest.approx(0.3)
    assert history.mean(21) == 1.0
    assert history.mean(22) is None
    for at in (110, 115, 120):
        history.add(at, 0.5)
    assert history.mean(21) is None


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1)), max_size=200), st.integers(1, 20))
def test_a_history_never_grows_and_stays_in_range(points: list[tuple[float, float]], capacity: int) -> None:
    history = History(span=7, capacity=capacity)
    for at, value in points:
        history.add(at, value)
    means = [history.mean(slot) for slot in {history.slot(at) for at, _ in points}]
    known = [mean for mean in means if mean is not None]
    assert len(known) <= capacity
    assert all(-1e-9 <= mean <= 1 + 1e-9 for mean in known)
