"""What docs/training.md shows is what works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from tests.sdk.scripts import metric, of_type, only_stream, run

DOCS = Path(__file__).parents[2] / "docs" / "training.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
ALONE = [example for example in EXAMPLES if "integrations" not in example]


@pytest.mark.parametrize("example", ALONE, ids=["loop", "agent", "wandb", "trackio"])
def test_the_example_runs_and_records(workspace: Workspace, example: str) -> None:
    (workspace.root / "model.pt").write_bytes(b"weights")
    code, _, err = run(workspace.root, example)
    assert (code, err) == (0, "")
    found = only_stream(workspace.root)
    assert found[-1]["status"] == "completed"
    assert len(metric(found, "train/loss")) in (10, 100) or len(of_type(found, "event")) == 3
