"""Tiny trainings that the tests of frameworks run as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.sdk.scripts import finish, records, start, streams

OFFLINE = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}

#: A Trainer over random tokens: 2 epochs of 4 steps, evaluated and saved after each. `report_to`, `callbacks` and
#: `extra` are the test's own.
TRAINER = """
import os, sys, torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments
torch.manual_seed(0)
model = GPT2LMHeadModel(
    GPT2Config(n_layer=1, n_head=2, n_embd=8, n_positions=16, vocab_size=32, bos_token_id=1, eos_token_id=2)
)
tokens = [torch.randint(0, 32, (8,)) for _ in range(16)]
data = [{"input_ids": one, "labels": one} for one in tokens]
args = dict(output_dir="checkpoints/tiny", num_train_epochs=2, per_device_train_batch_size=4, logging_steps=1,
            eval_strategy="epoch", save_strategy="epoch", learning_rate=0.01, use_cpu=True, disable_tqdm=True,
            report_to=report_to, run_name="tiny-gpt2", dataloader_pin_memory=False)
args.update(extra)
trainer = Trainer(model, TrainingArguments(**args), train_dataset=data, eval_dataset=data[:4], callbacks=callbacks)
"""


def trainer(callbacks: str = "[]", report_to: str = "'none'", extra: str = "{}") -> str:
    """The script up to the trainer, with those options as Python writes them."""
    return f"report_to, callbacks, extra = {report_to}, {callbacks}, {extra}\n{TRAINER}"


def environment(**env: str) -> dict[str, str]:
    """The variables of a process that asks nothing of the web."""
    return {**os.environ, **OFFLINE, **env}


def run(root: Path, script: str, **env: str) -> tuple[int, str, str]:
    """Run a script in the workspace to its end: exit code, stdout, stderr."""
    return finish(start(root, script, **OFFLINE, **env))


def command(root: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run ``mlws-tui`` in the workspace."""
    return subprocess.run(
        [sys.executable, "-m", "mlws_tui", *args],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=300,
        env=environment(**env),
        check=False,
    )


def streams_by_role(root: Path) -> dict[str, list[dict[str, Any]]]:
    """The records of a launch's streams by the role that wrote them: ``wrapper`` and ``rank``."""
    found = [records(path) for paths in streams(root).values() for path in paths]
    return {stream[0].get("role", "rank"): stream for stream in found}
