"""What columns show: plain values and short cells."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.runcolumns import cell, header, parse_column, value_of
from mlws_tui.domain.runfields import ALL_FIELDS
from mlws_tui.domain.runs import Latest, Progress, Run, RunError, RunState
from mlws_tui.domain.text import safe_text

NOW = 1_800_000_000.0
RUN = Run(
    "20270101-000000-x",
    "x\x1b[2J",
    "training",
    RunState.RUNNING,
    started=NOW - 7200,
    tags=("lora", "a"),
    config={"lr": 1e-4, "seed": 12345, "optim": {"name": "adam"}, "loss": "mse", "on": True},
    summary={"f1": 0.5},
    gpus=({"name": "H100"},) * 4,
    git={"sha": "0123456789abcdef", "branch": "main"},
    progress=Progress(0.25, 1000, 4000, 1.5, 600.0),
    latest={
        "val/acc": Latest(0.5, 9, NOW, 0.25, 0.75, 0.6, 10),
        "loss": Latest(math.nan, 9, NOW, None, None, None, 3),
    },
    error=RunError("ValueError", "bad\nbatch"),
)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("lr", 1e-4, "0.0001"),
        ("cfg.seed", 12345, "12345"),
        ("optim.name", "adam", "adam"),
        ("config.on", "true", "true"),
        ("loss", "mse", "mse"),
        ("val/acc", 0.5, "0.500"),
        ("val/acc:min", 0.25, "0.250"),
        ("VAL/ACC:MAX".lower(), 0.75, "0.750"),
        ("val/acc:best", 0.75, "0.750"),
        ("val/acc:count", 10, "10"),
        ("summary.f1", 0.5, "0.5"),
        ("f1", 0.5, "0.500"),
        ("status", "running", "running"),
        ("tags", "lora, a", "lora, a"),
        ("sha", "0123456789abcdef", "01234567"),
        ("duration", 7200.0, "2h00m"),
        ("gpu-hours", 8.0, "8"),
        ("progress", 0.25, "25%"),
        ("eta", 600.0, "10m00s"),
        ("step", 1000, "1000"),
        ("age", 7200.0, "2h ago"),
        ("error", "ValueError: bad\nbatch", "ValueError: bad␊batch"),
        ("model", None, ""),
        ("nothing", None, ""),
        ("ended", None, ""),
        ("name", "x\x1b[2J", "x␛[2J"),
    ],
)
def test_values_and_cells(name: str, value: object, shown: str) -> None:
    column = parse_column(name)
    assert value_of(RUN, column, NOW) == value and cell(RUN, column, NOW) == shown


def test_a_figure_that_is_no_number_is_shown_as_such() -> None:
    column = parse_column("metric.loss")
    assert math.isnan(float(value_of(RUN, column, NOW) or 0)) and cell(RUN, column, NOW) == "NaN"
    assert cell(RUN, parse_column("loss:min"), NOW) == ""


@pytest.mark.parametrize(
    ("text", "kind", "key", "stat"),
    [
        ("git", "field", "sha", ""),
        ("loss:MIN", "metric", "loss", "min"),
        ("config.a.b", "config", "a.b", ""),
        ('"my loss":min', "metric", "my loss", "min"),
        ('"config.a"', "any", "config.a", ""),
        (r'"a \" b"', "any", 'a " b', ""),
        ("metric.step", "metric", "step", "last"),
    ],
)
def test_names(text: str, kind: str, key: str, stat: str) -> None:
    column = parse_column(text)
    assert (column.kind, column.key, column.stat) == (kind, key, stat) and header(column)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column"),
        ("loss:mni", "did you mean min?"),
        ("config.lr:min", "only a metric"),
        ('"a', "no column"),
    ],
)
def test_what_names_no_column(text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_column(text)
    assert said in raised.value.sentence()


@given(text=st.text(max_size=30))
def test_any_text_names_a_column_or_says_why_not(text: str) -> None:
    try:
        column = parse_column(text)
    except UsageError:
        return
    assert safe_text(cell(RUN, column, NOW)) == cell(RUN, column, NOW) and header(column) == safe_text(
        header(column)
    )


def test_every_field_can_be_asked_of_a_run_that_has_nothing() -> None:
    bare = Run("20270101-000000-x", "x", "training", RunState.CREATED)
    for field in ALL_FIELDS:
        value_of(bare, parse_column(field.name), NOW)
        assert isinstance(cell(bare, parse_column(field.name), NOW), str)
