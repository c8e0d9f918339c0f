"""A real fine-tuning by TRL on the CPU."""

from __future__ import annotations

import importlib.util

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.launch.shims import shim_env
from tests.frameworks.kit import TRAINER, run
from tests.sdk.scripts import metric, only_stream

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.skipif(importlib.util.find_spec("trl") is None, reason="trl is not installed here"),
]

#: The model and tokens of the other trainings, by SFTTrainer.
SFT = (
    "report_to, callbacks, extra = 'none', [], {}\n"
    + TRAINER.split("args =")[0]
    + """
from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from trl import SFTConfig, SFTTrainer
words = {f"w{n}": n for n in range(30)} | {"<eos>": 30, "<unk>": 31}
base = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
base.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=base, eos_token="<eos>", pad_token="<eos>", unk_token="<unk>")
data = Dataset.from_dict({"text": ["w1 w2 w3 w4 w5"] * 16})
args = SFTConfig("checkpoints/sft", max_steps=4, per_device_train_batch_size=2, logging_steps=1, use_cpu=True,
    report_to=REPORT, disable_tqdm=True, max_length=8, bf16=False, save_strategy="no", run_name="sft")
SFTTrainer(model, args, train_dataset=data, processing_class=tokenizer, callbacks=CALLBACKS).train()
"""
)


def test_the_callback_takes_trls_trainers(workspace: Workspace) -> None:
    ours = "from mlws_tui.integrations.transformers import MlwsCallback\nREPORT, CALLBACKS = 'none', [MlwsCallback()]\n"
    code, _, err = run(workspace.root, ours + SFT)
    assert code == 0, err
    found = only_stream(workspace.root)
    assert [step for step, _ in metric(found, "train/loss")] == [1, 2, 3, 4]
    assert [step for step, _ in metric(found, "train/mean_token_accuracy")] == [1, 2, 3, 4]
    assert found[-1]["status"] == "completed"


def test_trls_own_reports_come_here_through_the_shims(workspace: Workspace) -> None:
    both = "REPORT, CALLBACKS = ['trackio'], []\n"
    code, _, err = run(workspace.root, both + SFT, **shim_env(["trackio,wandb"], {}))
    assert code == 0, err
    assert [step for step, _ in metric(only_stream(workspace.root), "train/loss")] == [1, 2, 3, 4]
