"""The shipped rules hold what their examples promise; a person's own are read strictly and come first."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from mlws_tui.config.metricrules import load_rules, read_rules
from mlws_tui.config.resources import shipped
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.extraction import Rule, extract_file
from mlws_tui.domain.extraction.rules import rule_problem

FILES = sorted((shipped("templates") / "metrics").glob("*.yaml"))
SHIPPED = [(path.stem, rule) for path in FILES for rule in read_rules(path)[0]]


def test_every_shipped_file_is_sound() -> None:
    assert len(FILES) > 15
    for path in FILES:
        assert read_rules(path)[1] == []


@pytest.mark.parametrize(("file", "rule"), SHIPPED, ids=[rule.name for _, rule in SHIPPED])
def test_an_example_gives_what_its_rule_says(file: str, rule: Rule) -> None:
    every, _ = load_rules(None)
    assert rule.examples or rule.block or not rule_problem(rule) or not rule.pairs
    for example in rule.examples:
        found = extract_file(every, [example.text.encode() + b"\n"])
        if rule.fact:
            assert rule.fact in [fact.kind for fact in found.facts], example.text
            continue
        by_rule = [sample for sample in found.samples if sample.rule == rule.name]
        values = {sample.name: sample.value for sample in by_rule}
        assert values.keys() == example.gives.keys(), example.text
        assert all(math.isclose(values[name], value) for name, value in example.gives.items()), values
        if example.step is not None:
            assert {sample.step for sample in by_rule} == {example.step}


def write(folder: Path, text: str, name: str = "own.yaml") -> Path:
    """A file of rules of a person."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def own_folder(workspace: Workspace) -> Path:
    return workspace.marker / "templates" / "metrics"


def test_a_workspaces_rule_comes_first(workspace: Workspace) -> None:
    write(own_folder(workspace), "rules:\n  - name: own\n    line: 'iter {step}: loss {cost}, {*}'\n")
    every, problems = load_rules(workspace)
    found = extract_file(every, [b"iter 5: loss 2.5, time 12.00ms, mfu 1.0%\n"])
    assert problems == []
    assert [(sample.name, sample.value, sample.step, sample.rule) for sample in found.samples] == [
        ("cost", 2.5, 5, "own")
    ]


def test_a_shipped_rule_is_switched_off_by_its_name(workspace: Workspace) -> None:
    write(own_folder(workspace), "off: [json, nanogpt-iter]\n")
    every, problems = load_rules(workspace)
    assert problems == []
    assert "nanogpt-iter" not in [rule.name for rule in every.rules]
    found = extract_file(every, [b'{"step": 1, "loss": 0.5}\n'])
    assert "json" not in {sample.rule for sample in found.samples}


def test_the_persons_own_rules_replace_shipped_ones_of_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "mlws-tui" / "templates" / "metrics"
    write(folder, "rules:\n  - name: nanogpt-iter\n    line: 'iter {step}: loss {own}, {*}'\n")
    every, _ = load_rules(None)
    assert [sample.name for sample in extract_file(every, [b"iter 5: loss 2.5, x\n"]).samples] == ["own"]


def test_a_bad_rule_costs_only_itself_and_is_told_with_its_line(workspace: Workspace) -> None:
    text = """
rules:
  - name: bad-regex
    match: 'loss ('
  - name: figure
    match: 'stage 2: (?P<loss>{num})'
  - name: odd-key
    line: 'x {loss}'
    pair: true
  - name: nothing
    match: 'hello'
  - name: both
    line: a
    match: b
  - name: good
    line: 'myloss is {loss}'
of: [json]
"""
    path = write(own_folder(workspace), text)
    every, problems = load_rules(workspace)
    told = "\n".join(problem.sentence() for problem in problems)
    assert f"{path}, line 4: rule bad-regex: it cannot be understood" in told
    assert "rule figure: the figure 2 stands in it" in told
    assert "pair is no key of a rule (did you mean pairs?)" in told
    assert "rule nothing: it names no metric" in told
    assert "rule both: a rule needs line or match, and not both" in told
    assert "of is no key of a file of rules" in told
    assert len(problems) == 6
    assert "good" in [rule.name for rule in every.rules]
    assert "json" not in every.off


def test_an_unknown_name_that_is_switched_off_is_told(workspace: Workspace) -> None:
    write(own_folder(workspace), "off: [nanogpt-itr]\n")
    _, problems = load_rules(workspace)
    assert [problem.hint for problem in problems] == ["did you mean nanogpt-iter?"]


def test_a_rule_that_takes_too_long_does_not_fit(workspace: Workspace) -> None:
    write(own_folder(workspace), "rules:\n  - name: slow\n    match: '(?:a|a|aa)+(?P<loss>{num})!'\n")
    every, problems = load_rules(workspace)
    assert problems == []
    assert not extract_file(every, [b"a" * 60 + b" 5\n"]).samples
