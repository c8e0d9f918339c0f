"""What logs of real shapes give, and what lines that only look like metrics do not."""

from __future__ import annotations

import pytest

from tests.extraction.corpus import CASES, FALSE_FRIENDS, Case
from tests.extraction.kit import told


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_log_gives_exactly_its_samples(case: Case) -> None:
    assert told(case.text) == case.gives.split()


@pytest.mark.parametrize("line", FALSE_FRIENDS.splitlines())
def test_a_false_friend_alone_gives_nothing(line: str) -> None:
    assert told(line + "\n") == []


def test_all_false_friends_together_give_nothing() -> None:
    assert told(FALSE_FRIENDS) == []


def test_windows_line_ends_give_the_same() -> None:
    for case in CASES:
        if "\r" not in case.text:
            assert told(case.text.replace("\n", "\r\n")) == case.gives.split()


def test_an_end_without_a_newline_gives_the_same() -> None:
    for case in CASES:
        assert told(case.text.removesuffix("\n")) == case.gives.split()
