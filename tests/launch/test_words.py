"""Small pure parts: names, settings, why a command failed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.cli.run import setting
from mlws_tui.domain.errors import UsageError
from mlws_tui.services.launch.options import default_name
from mlws_tui.services.launch.outcome import from_exit, last_traceback
from mlws_tui.services.launch.recorder import duration


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("python train.py --lr 1", "train"),
        ("/usr/bin/python3.11 -u src/train.py", "train"),
        ("python -W ignore -m pkg.train", "pkg.train"),
        ("python -c pass", "python"),
        ("python", "python"),
        ("./train.py", "train"),
        ("bash-like run.sh", "bash-like"),
        ("scripts/run.sh", "run"),
        ("torchrun --nproc-per-node 8 train.py", "torchrun"),
    ],
)
def test_a_name_from_the_command(command: str, name: str) -> None:
    assert default_name(command.split()) == name


def test_settings_are_json_where_they_parse() -> None:
    assert setting("lr=1e-4") == ("lr", 1e-4)
    assert setting("on=true") == ("on", True)
    assert setting("sizes=[1,2]") == ("sizes", [1, 2])
    assert setting("model=llama3.1:8b") == ("model", "llama3.1:8b")
    assert setting("a=b=c") == ("a", "b=c")
    assert setting("empty=") == ("empty", "")
    for wrong in ("lr", "=1"):
        with pytest.raises(UsageError):
            setting(wrong)


def test_the_last_exception_is_the_reason() -> None:
    tail = [
        "Traceback (most recent call last):", "  File 'a'", "ValueError: old", "Epoch 2",
        "[rank1]: Traceback (most recent call last):", "[rank1]:   File 'b'",
        "[rank1]: torch.OutOfMemoryError: CUDA out of memory. Tried 2 GiB", "[rank1]: more of the message", "",
        "shutting down",
    ]  # fmt: skip
    assert last_traceback(tail) == {
        "type": "torch.OutOfMemoryError",
        "message": "CUDA out of memory. Tried 2 GiB",
        "traceback": "Traceback (most recent call last):\n  File 'b'\n"
        "torch.OutOfMemoryError: CUDA out of memory. Tried 2 GiB\nmore of the message",
    }
    assert last_traceback(["nothing"]) is None
    assert last_traceback(["Traceback (most recent call last):", "  File"]) is None


def test_a_complaint_is_the_reason_where_there_is_no_exception() -> None:
    outcome = from_exit(2, ["usage: x", "x: error: no such option", ""], asked=None)
    assert outcome.error == {"type": "", "message": "exit code 2: x: error: no such option", "traceback": ""}
    assert from_exit(0, [], asked=2).status == "completed"
    assert from_exit(130, [], asked=None).status == "stopped"


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.sampled_from(["Traceback (most recent call last):", "  File", "E: m", "E", "", "x y", "\x00"])
    )
)
def test_any_tail_gives_an_answer(tail: list[str]) -> None:
    assert from_exit(1, tail, asked=None).error is not None


def test_durations() -> None:
    assert [duration(s) for s in (0.04, 12.4, 185, 7385)] == ["0.0 s", "12 s", "3m 05s", "2h 03m 05s"]
