"""The examples of docs/training.md that need a framework."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from mlws_tui.config.workspace import Workspace
from tests.frameworks.kit import run, trainer
from tests.frameworks.test_keras import BACKEND
from tests.frameworks.test_keras import FIT as KERAS
from tests.frameworks.test_lightning import FIT as LIGHTNING
from tests.frameworks.test_lightning import PACKAGE, ROOT
from tests.integrations.test_training_docs import EXAMPLES
from tests.sdk.scripts import metric, only_stream

pytestmark = pytest.mark.frameworks

#: By the module that an example imports: what it leaves open, and what it needs.
BEFORE: dict[str, tuple[str, Any]] = {
    "transformers": (
        f"{trainer()}\nargs = TrainingArguments(**args)\n",
        importlib.util.find_spec("transformers"),
    ),
    "lightning": (
        f"from {ROOT or 'lightning'} import Trainer\n{LIGHTNING.split('trainer =')[0]}\nFAIL_AT = -1\nmodel = Line()\n",
        PACKAGE,
    ),
    "keras": (KERAS.split("watch =")[0], importlib.util.find_spec("keras") and BACKEND),
}


@pytest.mark.parametrize("framework", BEFORE)
def test_the_example_runs_and_records(workspace: Workspace, framework: str) -> None:
    before, there = BEFORE[framework]
    if not there:
        pytest.skip(f"{framework} is not installed here")
    (example,) = (example for example in EXAMPLES if f"integrations.{framework} import" in example)
    code, _, err = run(workspace.root, before + example, KERAS_BACKEND=BACKEND)
    assert code == 0, err
    assert metric(only_stream(workspace.root), "train/loss")
