"""Settings that a person gave hold over the script's; artifacts' sizes and hashes; a run that is described anew."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlws_tui.config.workspace import Workspace
from mlws_tui.sdk.given import ENV_CONFIG, over
from tests.sdk.scripts import of_type, only_stream, records, run, streams
from tests.store.kit import ingested

RUN = "20241019-143000-wrapped"


def wrapped(workspace: Workspace, script: str, config: object) -> tuple[int, str, str]:
    """Run a script as below ``mlws-tui run``."""
    (workspace.root / ".mlws" / "streams" / RUN).mkdir(parents=True)
    text = config if isinstance(config, str) else json.dumps(config)
    return run(workspace.root, script, MLWS_RUN_ID=RUN, MLWS_WORKSPACE=str(workspace.root), MLWS_CONFIG=text)


def test_what_was_given_holds_over_the_scripts_config(workspace: Workspace) -> None:
    code, out, err = wrapped(
        workspace,
        """
        import mlws_tui as m
        run = m.run("x", config={"lr": 0.1, "optim": {"name": "adam", "eps": 1}, "seed": 0, "data.size": 3})
        run.configure({"lr": 0.3, "layers": 2})
        print(run.config["lr"], run.config["optim"], run.config["data.size"], run.config["new"], run.config["layers"])
        run.configure({"lr": 0.3, "depth": 1}, actual=True)
        run.configure({"more": 1})
        print(run.config["lr"], run.config["depth"])
        other = m.run("second", config={"lr": 0.2})
        print(other.config)
        """,
        {"lr": 0.5, "optim.eps": 2, "optim": {"beta": 3}, "data.size": 4, "new": True},
    )
    assert (code, err) == (0, "mlws: lr was given as 0.5, but the script uses 0.3\n")
    assert out == "0.5 {'name': 'adam', 'eps': 2, 'beta': 3} 4 True 2\n0.3 1\n{'lr': 0.2}\n"
    (first,) = streams(workspace.root)[RUN]
    found = records(first)
    assert found[0]["config"]["lr"] == 0.5
    assert [record["config"] for record in of_type(found, "set")] == [
        {"layers": 2},
        {"lr": 0.3, "depth": 1},
        {"more": 1},
    ]


@pytest.mark.parametrize("text", ["{", "[1]", "7", '"lr"'])
def test_what_is_no_object_is_told_and_ignored(workspace: Workspace, text: str) -> None:
    script = "import mlws_tui as m; print(m.run('x', config={'lr': 1}).config)"
    code, out, err = wrapped(workspace, script, text)
    assert (code, out) == (0, "{'lr': 1}\n") and err.count(ENV_CONFIG) == 1


_KEYS = st.text(st.sampled_from("ab."), min_size=1, max_size=3)
_CONFIGS = st.recursive(
    st.dictionaries(_KEYS, st.integers() | st.none(), max_size=3),
    lambda inner: st.dictionaries(_KEYS, inner | st.integers(), max_size=3),
    max_leaves=5,
)


@given(_CONFIGS, _CONFIGS)
def test_any_settings_are_found_again(script: dict[str, object], person: dict[str, object]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENV_CONFIG, json.dumps(person))
        before = json.dumps(script)
        merged = over(script)
        assert json.dumps(script) == before
        assert over(merged) == merged  # what holds once holds again
        for key, value in person.items():
            if "." not in key and not isinstance(value, dict):
                assert merged[key] == value


async def test_artifacts_have_sizes_and_hashes(workspace: Workspace) -> None:
    (workspace.root / "a.bin").write_bytes(b"x" * 3_000_000)
    (workspace.root / "folder" / "deep").mkdir(parents=True)
    (workspace.root / "folder" / "one").write_bytes(b"12345")
    (workspace.root / "folder" / "deep" / "two").write_bytes(b"123")
    code, _, err = run(
        workspace.root,
        """
        import mlws_tui as m
        with m.run("x") as run:
            run.artifact("a.bin", "checkpoint", hash=True)
            run.artifact("folder", hash=True)
            run.artifact("missing", hash=True)
            run.describe(name="better", notes="a remark", tags_add=["new"])
        """,
    )
    assert (code, err) == (0, "")
    found = of_type(only_stream(workspace.root), "artifact")
    assert [record["bytes"] for record in found] == [3_000_000, 8, None]
    digests = [hashlib.sha256(b"x" * 3_000_000).hexdigest(), None, None]
    assert [record.get("sha256") for record in found] == digests
    async with ingested(workspace.root) as store:
        (listed,) = (await store.list_runs()).runs
        assert (listed.name, listed.notes, listed.tags) == ("better", "a remark", ("new",))


def test_what_was_given_holds_over_the_config_of_other_trackers_calls_too(workspace: Workspace) -> None:
    code, out, err = wrapped(
        workspace,
        """
        import mlws_tui.compat.wandb as wandb
        wandb.init(config={"lr": 0.1, "seed": 0})
        wandb.config.update({"lr": 0.2, "batch": 8})
        print(wandb.config.lr, wandb.config.seed, wandb.config.new)
        wandb.config.update({"lr": 0.3}, allow_val_change=True)
        wandb.config.depth = 2
        print(wandb.config.lr, wandb.config.depth)
        """,
        {"lr": 0.5, "new": True},
    )
    assert code == 0, err
    assert out == "0.5 0 True\n0.3 2\n" and err == "mlws: lr was given as 0.5, but the script uses 0.3\n"
    (first,) = streams(workspace.root)[RUN]
    assert [record["config"] for record in of_type(records(first), "set")] == [
        {"batch": 8},
        {"lr": 0.3},
        {"depth": 2},
    ]


def test_what_json_has_no_number_for_is_a_number_again(workspace: Workspace) -> None:
    script = "import mlws_tui as m; print(m.run('x', config={'lr': 1.0, 'name': ''}).config)"
    given = {"lr": "NaN", "name": "none", "deep": {"low": ["-Infinity", "a"]}}
    code, out, _ = wrapped(workspace, script, given)
    assert (code, out) == (0, "{'lr': nan, 'name': 'none', 'deep': {'low': [-inf, 'a']}}\n")
