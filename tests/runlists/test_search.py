"""What a filter finds in the index is what a naive reader of every run's page finds."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.runcolumns import Value, value_of
from mlws_tui.domain.runfields import ALL_FIELDS, parse_column
from mlws_tui.domain.runs import Run, RunState
from tests.runlists.kit import NOW, Desk, desk, run_id

#: A filter and whether a run fits it, told without any of the code under test.
Case = tuple[str, Callable[[Run], bool]]
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
}


@pytest.fixture(scope="module")
def all_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("lists")) as found:
        yield found


def _config(run: Run, key: str) -> Any:
    if key in run.config:
        return run.config[key]
    above, _, name = key.partition(".")
    inner = run.config.get(above)
    return inner.get(name) if isinstance(inner, dict) else None


def _known(value: object) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except ValueError:
        return None


def _compared(text: str, sign: str, limit: float, figure: Callable[[Run], object]) -> Case:
    def fits(run: Run) -> bool:
        known = _known(figure(run))
        return known is not None and _SIGNS[sign](known, limit)

    return f"{text}{sign}{limit!r}", fits


def _figure(name: str, stat: str) -> Callable[[Run], object]:
    return lambda run: getattr(run.latest[name], stat) if name in run.latest else None


def _words(run: Run) -> str:
    error = (run.error.type, run.error.message) if run.error else ()
    told = (run.id, run.name, run.experiment, run.model, *run.tags, run.notes, *error)
    return "\n".join(filter(None, told)).lower()


_signs = st.sampled_from(sorted(_SIGNS))
_limits = st.sampled_from([0.0, 1e-4, 0.25, 0.5, 1.0, 1.5, 3.0])
_leaf: st.SearchStrategy[Case] = st.one_of(
    st.sampled_from(["LORA", "memory", "run-1", "bad batch", "llama", "sweep", "nothing", "späť"]).map(
        lambda word: (f'"{word}"', lambda run: word.lower() in _words(run))
    ),
    st.sampled_from(["lora", "a b", "none"]).map(lambda tag: (f'tag:"{tag}"', lambda run: tag in run.tags)),
    st.sampled_from(["lora", "a b"]).map(lambda tag: (f'tag!="{tag}"', lambda run: tag not in run.tags)),
    st.builds(lambda s, v: _compared("lr", s, v, lambda run: _config(run, "lr")), _signs, _limits),
    st.builds(
        lambda s, v: _compared("config.optim.wd", s, v, lambda run: _config(run, "optim.wd")), _signs, _limits
    ),
    st.builds(lambda s, v: _compared('"my key"', s, v, lambda run: _config(run, "my key")), _signs, _limits),
    st.builds(
        lambda stat, s, v: _compared(f"loss:{stat}", s, v, _figure("loss", stat)),
        st.sampled_from(["last", "min", "max", "mean", "count"]),
        _signs,
        _limits,
    ),
    st.builds(lambda s, v: _compared("val/acc:best", s, v, _figure("val/acc", "max")), _signs, _limits),
    st.builds(lambda s, v: _compared("human", s, v, _figure("human", "last")), _signs, _limits),
    st.builds(lambda s, v: _compared("gpus", s, v, lambda run: len(run.gpus) or None), _signs, _limits),
    st.sampled_from([60.0, 3600.0]).map(
        lambda v: _compared("duration", ">", v, lambda run: run.duration(NOW))
    ),
    st.sampled_from(list(RunState)).map(
        lambda state: (f"state:{state.value}", lambda run: run.state is state)
    ),
    st.sampled_from(["adam", "sgd"]).map(
        lambda name: (f"optim.name:{name}", lambda run: _config(run, "optim.name") == name)
    ),
    st.just(("optim.name:adam*", lambda run: str(_config(run, "optim.name")).startswith("adam"))),
    st.just(("bf16:true", lambda run: _config(run, "bf16") is True)),
    st.just(("name~[13]$", lambda run: re.search("[13]$", run.name) is not None)),
    st.just(("has:reward", lambda run: "reward" in run.latest)),
    st.just(
        ("git:" + "0" * 38 + "1", lambda run: str((run.git or {}).get("sha")).startswith("0" * 38 + "1"))
    ),
    st.just(("since:7d", lambda run: run.started is not None and run.started >= NOW - 7 * 86_400)),
    st.just(("loss:nan", lambda run: "loss" in run.latest and math.isnan(run.latest["loss"].last))),
    st.just(("summary.f1:0.7", lambda run: run.summary.get("f1") == 0.7)),
    st.just(("is:running", lambda run: run.state is RunState.RUNNING)),
)


def _joined(inner: st.SearchStrategy[Case]) -> st.SearchStrategy[Case]:
    return st.one_of(
        inner.map(lambda one: (f"-({one[0]})", lambda run: not one[1](run))),
        st.tuples(inner, inner).map(
            lambda two: (f"({two[0][0]}) {two[1][0]}", lambda run: two[0][1](run) and two[1][1](run))
        ),
        st.tuples(inner, inner).map(
            lambda two: (f"({two[0][0]} or {two[1][0]})", lambda run: two[0][1](run) or two[1][1](run))
        ),
    )


@settings(max_examples=40)
@given(case=st.recursive(_leaf, _joined, max_leaves=5))
def test_the_index_finds_what_a_naive_reader_finds(all_runs: Desk, case: Case) -> None:
    text, fits = case
    listed = [run for run in all_runs.runs if not run.archived and not run.deleted]
    index = all_runs.index(text)
    assert set(index.ids) == {run.id for run in listed if fits(run)}
    assert (index.total, index.all) == (len(index.ids), len(listed))


@pytest.mark.parametrize(
    "name",
    [field.name for field in ALL_FIELDS if field.name != "age"]
    + ["lr", "config.optim.name", "optim.wd", "loss", "loss:min", "loss:mean", "loss:count", "val/acc:best"]
    + ["reward:max", "human", "summary.f1", "layers", "bf16"],
)
def test_sorted_by_a_column_the_values_are_in_order_and_runs_without_one_come_last(
    all_runs: Desk, name: str
) -> None:
    column = parse_column(name)
    values = {run.id: value_of(run, column, NOW) for run in all_runs.runs}
    for order, way in ((name, 1), (f"-{name}", -1)):
        ids = all_runs.index("", order, everything=True).ids
        assert sorted(ids) == sorted(values)
        told = [_sortable(values[run]) for run in ids]
        known = [one for one in told if one is not None]
        assert known == sorted(known, reverse=way < 0) and told[: len(known)] == known


def _sortable(value: Value) -> tuple[bool, float | str] | None:
    """Numbers before texts; NaN is no place to be sorted to."""
    figure = _known(value)
    if value is None or (figure is not None and math.isnan(figure)):
        return None
    return (False, figure) if figure is not None else (True, str(value).casefold())


def test_running_ones_come_first_and_then_the_newest(all_runs: Desk) -> None:
    index = all_runs.index()
    assert set(index.ids[:2]) == {run_id(10), run_id(11)} and index.running == 2
    started = {run.id: run.started for run in all_runs.runs}
    for part in (index.ids[:2], index.ids[2:]):
        begun = [started[run] or 0.0 for run in part]
        assert begun == sorted(begun, reverse=True)


def test_what_was_put_away_or_deleted_is_found_where_it_is_asked_for(all_runs: Desk) -> None:
    away, gone = {run_id(3), run_id(4)}, {run_id(5)}
    assert not (away | gone) & all_runs.found("")
    assert all_runs.found("is:archived") == away and all_runs.found("is:deleted") == gone
    assert all_runs.found("is:archived or is:deleted") == away | gone
    assert away | gone <= set(all_runs.index(everything=True).ids)
    assert all_runs.found("is:best") == {run_id(7)} == all_runs.found("has:best")
    assert all_runs.found("is:noted") == {run_id(6)}


@pytest.mark.parametrize("key", ["tag", "experiment", "model", "state", "optim.name", "gpus"])
def test_groups_hold_all_runs_that_have_the_value(all_runs: Desk, key: str) -> None:
    index = all_runs.index(group=key)
    column = parse_column(key if key in ("tag", "experiment", "model", "state", "gpus") else f"config.{key}")
    listed = {run.id: run for run in all_runs.runs if not run.archived and not run.deleted}
    seen: set[str] = set()
    newest: list[float] = []
    for group in index.groups:
        ids = index.ids[group.first : group.first + group.count]
        seen |= set(ids)
        for run in ids:
            told = value_of(listed[run], column, NOW)
            held = listed[run].tags if key == "tag" else () if told is None else (str(told),)
            assert group.label in held or (group.label == f"no {key}" and not held)
        states = [listed[run].state for run in ids]
        assert group.running == states.count(RunState.RUNNING)
        assert group.failed == states.count(RunState.FAILED) + states.count(RunState.CRASHED)
        if group.label != f"no {key}":
            newest.append(max(listed[run].started or 0.0 for run in ids))
        if group.best is not None:
            figures = [run.latest.get(group.best.metric) for run in map(listed.__getitem__, ids)]
            low = "loss" in group.best.metric
            bests = [one.min if low else one.max for one in figures if one is not None]
            known = [one for one in bests if one is not None]
            assert group.best.run in ids and group.best.value == (min(known) if low else max(known))
    assert seen == set(listed) and index.total == len(listed)
    labels = [group.label for group in index.groups]
    assert f"no {key}" not in labels[:-1]
    if column.kind == "config" or key == "gpus":
        named = [label for label in labels if label != f"no {key}"]
        assert named == sorted(named, key=lambda label: label.casefold())
    else:
        assert newest == sorted(newest, reverse=True)


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ("loss:min", "cannot be grouped by the figure"),
        ("started", "cannot be grouped by started"),
        ("optim.nam", "did you mean optim.name?"),
        ("no/such", "No run has a config key"),
    ],
)
def test_what_runs_cannot_be_grouped_by_is_said(all_runs: Desk, group: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        all_runs.index(group=group)
    assert said in raised.value.sentence()


def test_names_that_no_run_has_are_told(all_runs: Desk) -> None:
    assert all_runs.index("lrr<3 lr<3", "-foo:min", "host").unknown == ("lrr", "foo:min")


def test_an_expression_that_never_ends_is_given_up(all_runs: Desk) -> None:
    with pytest.raises(UsageError, match="takes too long"):
        all_runs.index('dataset~"(a|a)+$"')
