"""What a script gets by calling the SDK, read from the streams it left."""

from __future__ import annotations

import os
import sys

from mlws_tui.config.workspace import Workspace
from tests.sdk.scripts import metric, of_type, only_stream, records, run, streams


def test_a_run_leaves_the_records_of_the_design(workspace: Workspace) -> None:
    code, _, err = run(
        workspace.root,
        """
        import mlws_tui as mlws
        with mlws.run("llama-ft", kind="training", experiment="reviews", config={"lr": 1e-4, "deep": {"r": 8}},
                      tags=["lora"], model="llama3.1:8b", dataset="imdb", parent="20200101-000000-before") as run:
            run.log({"loss": 0.452, "val/loss": 0.389}, step=1)
            run.log({"loss": 0.4, "nested": {"a": 1, "b": 2.5}})
            run.progress(2, total=10, epoch=1)
            run.artifact("config.json", kind="config")
            run.event("tool_call", tool="search", latency=0.2)
            run.alert("slow", "data loader", level="info")
            run.note("looks good")
            run.summary["accuracy"] = 0.873
            run.summary.update(f1=0.852)
        """,
    )
    assert (code, err) == (0, "")
    found = only_stream(workspace.root)
    assert [r["type"] for r in found] == [
        *("run", "metrics", "metrics", "progress", "artifact", "event", "alert", "note", "set", "set", "end")
    ]
    head = found[0]
    assert head["v"] == 1
    assert head["id"] == next(iter(streams(workspace.root)))
    assert head["config"] == {"lr": 1e-4, "deep": {"r": 8}}
    assert (head["experiment"], head["model"], head["dataset"]) == ("reviews", "llama3.1:8b", "imdb")
    assert (head["rank"], head["world_size"], head["attempt"], head["tz"]) == (0, 1, 1, "+00:00")
    assert "log" not in head  # nothing wrote one
    assert head["pid_start"] > 0 and head["boot_id"] and head["cwd"] == str(workspace.root)
    assert metric(found, "loss") == [(1, 0.452), (2, 0.4)]
    assert metric(found, "nested/b") == [(2, 2.5)]
    assert found[3] == {"type": "progress", "ts": found[3]["ts"], "step": 2, "total": 10, "epoch": 1}
    assert found[-1]["status"] == "completed"
    assert all(isinstance(r["ts"], float) for r in found)


def test_numbers_of_other_libraries_and_what_is_no_number(workspace: Workspace) -> None:
    _, _, err = run(
        workspace.root,
        """
        import mlws_tui as m
        class Scalar:
            def item(self): return 0.5
        class Broken:
            def item(self): raise RuntimeError("on the wrong device")
        class F64(float): pass
        with m.run("x") as r:
            for _ in range(2):
                r.log({"a": Scalar(), "b": Broken(), "c": F64(2.0), "d": True, "e": "text", "f": None, "g": 2**70,
                       "h": float("nan"), "i": float("inf"), "j": -float("inf"), 7: 1.0, "k\\n\\u2028\\"": 1, "l": [1]})
            r.log({"ok": 1}, step="seven")
            r.log({"ok": 2}, step=Scalar())
        """,
    )
    found = only_stream(workspace.root)
    values = of_type(found, "metrics")[0]["values"]
    assert values == {
        "a": 0.5, "c": 2.0, "d": 1, "g": float(2**70), "h": "NaN", "i": "Infinity", "j": "-Infinity", "7": 1.0,
        'k\n\u2028"': 1,
    }  # fmt: skip
    assert metric(found, "ok") == [(3, 1), (0.5, 2)]
    for name in ("'b'", "'e'", "'f'", "'l'"):
        assert err.count(f"metric {name} is no number") == 1


def test_a_missing_workspace_is_made_and_said_once(tmp_path) -> None:
    script = "import mlws_tui as m; m.run('x').finish(); m.run('y').finish()"
    _, _, err = run(tmp_path, script)
    home = os.path.realpath(os.environ["HOME"])
    assert err.count("made the workspace") == 1
    assert len(os.listdir(f"{home}/ml-workspace/.mlws/streams")) == 3  # two runs and _wake


def test_a_workspace_that_cannot_be_made_does_not_stop_training(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    code, out, err = run(
        tmp_path,
        """
        import mlws_tui as m
        with m.run("x") as r:
            r.log({"a": 1}); r.note("n"); r.summary["s"] = 1; r.logger.info("only here")
            print(r.id == "")
        r.finish()
        """,
        MLWS_WORKSPACE=str(tmp_path / "file" / "below"),
    )
    assert (code, out) == (0, "True\n")
    assert err.count("mlws:") == 1


def test_resume_is_a_new_attempt_of_the_same_run(workspace: Workspace) -> None:
    _, first, _ = run(
        workspace.root, "import mlws_tui as m; r = m.run('x'); r.log({'a': 1}, step=1); print(r.id)"
    )
    _, again, _ = run(
        workspace.root, f"import mlws_tui as m; r = m.run('x', resume={first.strip()!r}); print(r.id)"
    )
    assert again == first
    (paths,) = streams(workspace.root).values()
    assert sorted(records(path)[0]["attempt"] for path in paths) == [1, 2]


def test_importing_and_beginning_a_run_loads_nothing_heavy(workspace: Workspace) -> None:
    heavy = (
        "textual",
        "rich",
        "sqlite3",
        "aiosqlite",
        "pynvml",
        "click",
        "asyncio",
        "yaml",
        "msgspec",
        "subprocess",
    )
    _, out, _ = run(
        workspace.root,
        f"import sys, mlws_tui as m\nm.run('x').finish()\nprint([name for name in {heavy} if name in sys.modules])",
    )
    assert out == "[]\n"
    assert sys.version_info >= (3, 11)


def test_options_that_do_not_exist_do_not_stop_training(workspace: Workspace) -> None:
    _, _, err = run(
        workspace.root,
        """
        import mlws_tui as m
        run = m.init("x", project="mine", entity="me")
        run.log({"a": 1}, commit=False)
        run.log()
        run.progress()
        run.event("tool", name="search", self=1)
        run.summary.update(5)
        m.log({"a": 2}, commit=True)
        m.log(7)
        m.finish(quiet=True)
        """,
    )
    found = only_stream(workspace.root)
    assert metric(found, "a") == [(1, 1), (2, 2)]
    assert of_type(found, "event")[0]["data"] == {"name": "search", "self": 1}
    assert found[-1]["status"] == "completed"
    assert "project, entity" in err and "Traceback" not in err


def test_a_config_of_attributes_and_a_tag_that_is_one_text(workspace: Workspace) -> None:
    run(
        workspace.root,
        """
        import argparse, mlws_tui as m
        loop = {"lr": float("nan")}
        loop["self"] = loop
        m.run("a", config=argparse.Namespace(lr=0.1, layers=[1, 2]), tags="lora").finish()
        m.run("b", config=loop).finish()
        m.run("c", config=7).finish()
        """,
    )
    heads = [records(path)[0] for (path,) in streams(workspace.root).values()]
    by_name = {head["name"]: head for head in heads}
    assert by_name["a"]["config"] == {"lr": 0.1, "layers": [1, 2]}
    assert by_name["a"]["tags"] == ["lora"]
    assert by_name["b"]["config"]["lr"] == "NaN"
    assert by_name["c"]["config"] == {"config": "7"}


def test_the_modules_log_goes_to_the_run_begun_last(workspace: Workspace) -> None:
    run(
        workspace.root,
        "import mlws_tui as m\nm.init('outer')\nwith m.run('inner'):\n    m.log({'in': 1})\nm.log({'out': 1})",
    )
    found = {records(path)[0]["name"]: records(path) for (path,) in streams(workspace.root).values()}
    assert metric(found["inner"], "in") == [(1, 1)]
    assert metric(found["outer"], "out") == [(1, 1)]


def test_any_numbers_come_back_from_the_stream(workspace: Workspace) -> None:
    code, _, err = run(
        workspace.root,
        """
        import json, math
        from hypothesis import given, settings, strategies as st
        import mlws_tui as m
        from mlws_tui.domain.events import decode_number
        run = m.run("x")
        names = st.text(st.characters(exclude_categories=["Cs"]))
        numbers = st.floats() | st.integers() | st.booleans()
        seen = open(run._writer.path)
        seen.readline()

        def same(a, b):
            return math.isclose(a, b, rel_tol=1e-15) or (math.isnan(a) and math.isnan(b))

        @settings(max_examples=30, deadline=None, database=None)
        @given(st.dictionaries(names, numbers, min_size=1, max_size=5), st.integers() | st.floats(allow_nan=False))
        def back(values, step):
            run.log(values, step=step)
            record = json.loads(seen.readline(), parse_constant=lambda name: 1 / 0)
            assert record["values"].keys() == values.keys()
            for name, value in values.items():
                assert same(decode_number(record["values"][name]), float(value))
        back()
        """,
    )
    assert code == 0, err


def test_calls_as_users_of_other_trackers_write_them(workspace: Workspace) -> None:
    code, _, err = run(
        workspace.root,
        """
        import mlws_tui as m
        with m.run("x") as r:
            r.summary({"best": 0.15})
            r.event("checkpoint", {"path": "best.pt"}, step=3)
        """,
    )
    assert (code, err) == (0, "")
    found = only_stream(workspace.root)
    assert of_type(found, "set")[0]["summary"] == {"best": 0.15}
    assert of_type(found, "event")[0]["data"] == {"path": "best.pt", "step": 3}
