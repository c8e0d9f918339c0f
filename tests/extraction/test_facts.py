"""What a log tells beside its metrics."""

from __future__ import annotations

import pytest

from tests.extraction.kit import extract


def facts(text: str) -> list[tuple[str, str, object]]:
    """Kind, name and value of each fact."""
    return [(fact.kind, fact.name, fact.value) for fact in extract(text).facts]


@pytest.mark.parametrize(
    ("message", "fact"),
    [
        ("Model: llama3.1:8b", ("model", "", "llama3.1:8b")),
        ("Using model: bert-base-uncased", ("model", "", "bert-base-uncased")),
        ("Dataset: imdb (1000 samples)", ("dataset", "", "imdb (1000 samples)")),
        ('Config: {"lr": 0.001, "fp16": true}', ("config", "", {"lr": 0.001, "fp16": True})),
        ("config: lr=0.001, epochs=3", ("config", "", {"lr": "0.001", "epochs": "3"})),
        ("Saved checkpoint to checkpoints/best.pt", ("checkpoint", "", "checkpoints/best.pt")),
        ("Saving model checkpoint to out/checkpoint-500", ("checkpoint", "", "out/checkpoint-500")),
        ("Results saved to results.json", ("saved", "", "results.json")),
        ("Peak memory: 18.2 GB", ("memory", "", "18.2 GB")),
        ("Max memory allocated: 17.3GiB", ("memory", "", "17.3GiB")),
        ("Training completed in 22m 44s", ("duration", "", 1364.0)),
        ("Training took 1:02:03", ("duration", "", 3723.0)),
        ("Total training time: 2 hours", ("duration", "", 7200.0)),
        ("Global seed set to 42", ("seed", "", 42)),
        ("number of parameters: 123.59M", ("parameters", "", 123_590_000.0)),
        ("Trainable parameters: 124,439,808", ("parameters", "", 124_439_808.0)),
        ("Command: python train.py --lr 0.1", ("command", "", "python train.py --lr 0.1")),
    ],
)
def test_a_message_tells_a_fact(message: str, fact: tuple[str, str, object]) -> None:
    assert fact in facts(f"2024-10-19 14:52:45 - INFO - {message}\n")
    assert fact in facts(f"{message}\n")


def test_scores_on_a_line_are_results() -> None:
    found = extract("2024-10-19 14:52:45 - INFO - Accuracy: 87.3%, F1: 0.852\n")
    assert [(fact.kind, fact.name, fact.value) for fact in found.facts] == [
        ("result", "accuracy", 0.873),
        ("result", "f1", 0.852),
    ]
    assert [sample.name for sample in found.samples] == ["accuracy", "f1"]
    assert found.facts[0].ts is not None


def test_the_last_line_of_a_traceback_is_the_error() -> None:
    trace = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    loss: 0.5\n'
    found = facts(f"{trace}ValueError: bad value: 3\nstep 1 loss 0.5\n")
    assert found == [("error", "ValueError", "bad value: 3")]
    ranked = "".join(f"[rank0]: {line}\n" for line in f"{trace}torch.OutOfMemoryError: CUDA out".splitlines())
    assert facts(ranked) == [("error", "OutOfMemoryError", "CUDA out")]


def test_warnings_and_errors() -> None:
    text = (
        "2024-10-19 14:52:45 - WARNING - GPU is hot\n"
        "/x/y.py:12: FutureWarning: this goes\n"
        "2024-10-19 14:52:45 - ERROR - it failed\n"
        "  5%|▌         | 25/500 [00:10<03:10,  2.50it/s]slurmstepd: error: *** JOB 1 CANCELLED ***\n"
    )
    assert facts(text) == [
        ("warning", "", "GPU is hot"),
        ("warning", "FutureWarning", "this goes"),
        ("error", "", "it failed"),
        ("error", "", "slurmstepd: error: *** JOB 1 CANCELLED ***"),
    ]


def test_what_a_fact_says_is_safe_to_show() -> None:
    ((_, _, value),) = facts("Saved checkpoint to a\u202eb/c.pt\n") or [("", "", "")]
    assert "\u202e" not in str(value)
    (fact,) = facts("ERROR: \x1b]0;title\x07 \u202e evil\n")
    assert "\x1b" not in str(fact[2]) and "\u202e" not in str(fact[2])


def test_a_flood_of_warnings_is_bounded_and_the_last_is_told() -> None:
    found = facts("".join(f"WARNING: number {i}\n" for i in range(3000)))
    assert len(found) == 1001
    assert found[-1] == ("warning", "", "number 2999")
