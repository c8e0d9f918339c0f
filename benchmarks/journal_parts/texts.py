"""A journal as a person has it after years: days with sections, bullets, tasks, code and paragraphs."""

from __future__ import annotations

import random
from datetime import date, timedelta

_SECTIONS = ("Models", "Experiments", "Agents", "Datasets", "Code", "Workspace", "Learning", "Next Steps")
_WORDS = (
    *(
        "accuracy",
        "loss",
        "epoch",
        "batch",
        "llama",
        "qwen",
        "checkpoint",
        "data",
        "tokens",
        "cleaned",
        "again",
    ),
    *(
        "better",
        "worse",
        "than",
        "before",
        "learning",
        "rate",
        "schedule",
        "cosine",
        "warmup",
        "adapter",
        "sampler",
    ),
)


def ten_years(lines: int, today: date) -> bytes:
    """About so many lines, newest first; the newest entry is today's."""
    rng = random.Random(7)
    written, day = ["# Activity log", ""], today
    while len(written) < lines:
        written += [f"## {day.isoformat()}", "", *_day(rng, day)]
        day -= timedelta(days=1)
    return ("\n".join(written) + "\n").encode()


def _day(rng: random.Random, day: date) -> list[str]:
    written: list[str] = []
    for section in _SECTIONS:
        if rng.random() < 0.7:
            written.append(f"### {section}")
            for _ in range(rng.randint(1, 7)):
                written += _item(rng, day)
            written.append("")
    return written


def _item(rng: random.Random, day: date) -> list[str]:
    text, kind = " ".join(rng.choices(_WORDS, k=rng.randint(4, 12))), rng.random()
    if kind < 0.1:
        return [f"- [{rng.choice(' x>')}] {text}"]
    if kind < 0.25:
        run = f"{day:%Y%m%d}-{rng.randint(0, 23):02d}3000-{rng.choice(_WORDS)}"
        return [f"- Completed: [{run}](logs/experiments/{run}.log)", f"  - {text} {rng.random():.4f}"]
    if kind < 0.28:
        return ["", "```bash", "# " + text, "python train.py --lr 3e-4", "```", ""]
    if kind < 0.33:
        return ["", text + ".", ""]
    return ["- " + text]
