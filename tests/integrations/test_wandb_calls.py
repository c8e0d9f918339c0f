"""Scripts that are written for wandb, with one line changed."""

from __future__ import annotations

from typing import Any

from mlws_tui.config.workspace import Workspace
from tests.sdk.scripts import metric, of_type, only_stream, records, run, streams
from tests.store.kit import ingested

IMPORT = "import mlws_tui.compat.wandb as wandb\n"


def ran(workspace: Workspace, script: str, **env: str) -> tuple[str, str]:
    """stdout and stderr of a script that must not fail."""
    code, out, err = run(workspace.root, IMPORT + script, **env)
    assert code == 0, err
    return out, err


def settings(found: list[dict[str, Any]], field: str) -> dict[str, Any]:
    return {key: value for record in of_type(found, "set") for key, value in record.get(field, {}).items()}


async def test_a_usual_script_leaves_a_usual_run(workspace: Workspace) -> None:
    out, err = ran(
        workspace,
        """
import argparse
run = wandb.init(project="sentiment", entity="me", name="first", group="sweep-1", job_type="train", tags=["lora"],
                 notes="warm start", config={"lr": 0.1, "optim": {"name": "adam"}}, dir="/tmp", mode="online",
                 save_code=True, settings=wandb.Settings(console="off"))
print(wandb.run is run, run.name, wandb.config.lr, wandb.config["optim"]["name"], wandb.config.get("none", 7))
wandb.config.update(argparse.Namespace(seed=3), allow_val_change=True)
wandb.config.batch = 16
wandb.config.setdefaults({"lr": 5, "extra": 1})
print(sorted(wandb.config.keys()), wandb.config.as_dict()["seed"], "lr" in wandb.config)
for step in range(3):
    wandb.log({"loss": 1 / (step + 1), "val": {"loss": step}})
wandb.summary["accuracy"] = 0.9
run.summary.update({"f1": 0.8})
run.summary.best = 3
print(wandb.summary["loss"], dict(wandb.summary)["accuracy"], wandb.run.summary.best)
wandb.alert(title="slow", text="data", level=wandb.AlertLevel.WARN, wait_duration=300)
run.tags = run.tags + ("new",)
run.name = "renamed"
wandb.watch(object()); wandb.save("none-*.pt"); wandb.login(); wandb.require("core")
wandb.finish()
print(wandb.run)
""",
    )
    assert out.splitlines() == [
        "True first 0.1 adam 7",
        "['batch', 'extra', 'lr', 'optim', 'seed'] 3 True",
        "0.3333333333333333 0.9 3",
        "None",
    ]
    assert err.splitlines() == ["mlws: watch() is ignored: gradients and parameters are not recorded"]
    found = only_stream(workspace.root)
    assert metric(found, "loss") == [(0, 1.0), (1, 0.5), (2, 1 / 3)]
    assert metric(found, "val/loss") == [(0, 0), (1, 1), (2, 2)]
    async with ingested(workspace.root) as store:
        (listed,) = (await store.list_runs()).runs
        told = await store.get_run(listed.id)
    assert told is not None and (told.name, told.experiment, told.state) == (
        "renamed",
        "sentiment",
        "completed",
    )
    assert told.tags == ("lora", "group:sweep-1", "job:train", "new") and told.notes == "warm start"
    assert told.config == {"lr": 0.1, "optim": {"name": "adam"}, "seed": 3, "batch": 16, "extra": 1}
    assert told.summary == {"accuracy": 0.9, "f1": 0.8, "best": 3}
    (alert,) = of_type(found, "alert")
    assert (alert["level"], alert["title"]) == ("warning", "slow")


def test_steps_are_counted_as_wandb_counts_them(workspace: Workspace) -> None:
    ran(
        workspace,
        """
wandb.init()
wandb.log({"a": 0}, commit=False)
wandb.log({"b": 0})
wandb.log({"a": 1})
wandb.log({"a": 5}, step=5)
wandb.log({"b": 5})
wandb.log({"a": 6})
wandb.log({"a": 10}, step=10, commit=True)
wandb.log({"a": 11})
wandb.log({"late": 2}, step=2)
wandb.log({})
wandb.log({"a": 13})
wandb.log({"a": "x", "b": 14}, step="no number")
""",
    )
    found = only_stream(workspace.root)
    assert metric(found, "a") == [(0, 0), (1, 1), (5, 5), (6, 6), (10, 10), (11, 11), (13, 13)]
    assert metric(found, "b") == [(0, 0), (5, 5), (14, 14)]
    assert metric(found, "late") == [(2, 2)]
    assert settings(found, "summary") == {"a": "x"}


def test_a_metric_may_be_the_axis_of_others(workspace: Workspace) -> None:
    ran(
        workspace,
        """
wandb.init()
wandb.define_metric("tokens")
wandb.define_metric("eval/*", step_metric="tokens", summary="max", goal="maximize")
wandb.log({"loss": 1.0, "eval/f1": 0.5, "tokens": 1000})
wandb.log({"loss": 0.9, "eval/f1": 0.6})
wandb.finish()
wandb.init()
wandb.define_metric("trainer/global_step")
wandb.define_metric("*", step_metric="trainer/global_step", step_sync=True)
wandb.log({"loss": 1.0, "trainer/global_step": 50})
wandb.log({"other": 1.0})
wandb.log({"loss": 0.5, "trainer/global_step": 100}, step=7)
""",
    )
    first, second = (records(path) for (path,) in streams(workspace.root).values())
    assert metric(first, "eval/f1") == [(1000, 0.5), (1000, 0.6)]
    assert metric(first, "loss") == [(0, 1.0), (1, 0.9)] and metric(first, "tokens") == [(0, 1000)]
    assert metric(second, "loss") == [(50, 1.0), (7, 0.5)] and metric(second, "other") == [(50, 1.0)]


def test_files_and_tables_are_recorded_and_what_is_in_memory_is_told(workspace: Workspace) -> None:
    for name in ("a.png", "m.pt", "n.txt"):
        (workspace.root / name).write_text("data")
    (workspace.root / "folder").mkdir()
    _, err = ran(
        workspace,
        """
wandb.init()
table = wandb.Table(columns=["text", "label"], data=[["good", 1]])
table.add_data("bad", 0)
table.add_column("score", [0.5, float("nan")])
class Frame:
    columns = ["a"]
    class values:
        tolist = staticmethod(lambda: [[1], [2]])
wandb.log({"loss": 1, "picture": wandb.Image("a.png", caption="one"), "table": table,
           "frame": wandb.Table(dataframe=Frame()), "memory": [wandb.Image([[0, 1]]), wandb.Image([[1, 0]])],
           "dist": wandb.Histogram([1, 2]),
           "curve": wandb.plot.roc_curve([1], [0.5]), "odd": wandb.Table(data=7)})
artifact = wandb.Artifact("weights", type="model", metadata={"epoch": 1})
artifact.add_file("m.pt", name="model.ckpt", policy="immutable")
artifact.add_dir("folder")
artifact.add_reference("s3://bucket/x")
with artifact.new_file("note.txt") as file:
    file.write("hello")
print(wandb.log_artifact(artifact, aliases=["best"]).wait().name)
wandb.log_artifact("n.txt", type="result")
wandb.run.log_model("m.pt", name="again")
wandb.save("*.txt")
""",
    )
    found = only_stream(workspace.root)
    assert metric(found, "loss") == [(0, 1)]
    assert [(record["path"], record["kind"]) for record in of_type(found, "artifact")] == [
        ("a.png", "image"),
        *((path, "checkpoint") for path in ("m.pt", "folder", "artifacts/weights/note.txt")),
        ("n.txt", "result"),
        ("m.pt", "checkpoint"),
        ("n.txt", "file"),
    ]
    table, frame, odd = (record["data"] for record in of_type(found, "event"))
    assert table["columns"] == ["text", "label", "score"] and table["count"] == 2
    assert table["rows"] == [["good", 1, 0.5], ["bad", 0, "NaN"]] and frame["rows"] == [[1], [2]]
    assert odd["rows"] == []
    assert sorted(line.split()[1] for line in err.splitlines() if "is not kept" in line) == [
        "Histogram",
        "Image",
        "Plotly",
    ]


def test_a_second_init_gives_the_open_run_or_another_one(workspace: Workspace) -> None:
    out, _ = ran(
        workspace,
        """
wandb.config.early = 1
first = wandb.init(name="one", config={"a": 1})
print(wandb.init(name="two", config={"b": 2}) is first, dict(first.config))
with wandb.init(name="three", reinit=True) as third:
    print(third is first, first.mlws.finished, wandb.run.name)
print(wandb.run, third.mlws.finished)
""",
    )
    assert out == "True {'early': 1, 'a': 1, 'b': 2}\nFalse True three\nNone True\n"
    assert len(streams(workspace.root)) == 2


def test_the_same_id_goes_on_with_its_run(workspace: Workspace) -> None:
    begin = 'wandb.init(project="p", id="abc123", name="shown", resume="allow"); print(wandb.run.mlws.id)'
    first, _ = ran(workspace, begin)
    again, _ = ran(workspace, begin.replace('"allow"', "True"))
    elsewhere, _ = ran(workspace, begin.replace('"p"', '"q"'))
    anew, _ = ran(workspace, begin.replace('"allow"', '"never"'))
    assert first == again and len({first, elsewhere, anew}) == 3
    attempts = [records(path)[0]["attempt"] for path in streams(workspace.root)[first.strip()]]
    assert sorted(attempts) == [1, 2]


def test_a_run_that_goes_on_counts_its_steps_on(workspace: Workspace) -> None:
    begin = 'run = wandb.init(project="p", id="abc", resume="allow"); print(run.resumed, run.step)\n'
    log = 'for n in range(3): wandb.log({"x": n})\n'
    assert ran(workspace, begin + log)[0] == "False 0\n"
    late = 'wandb.log({"x": 9}, step=100)\nfor n in range(6000): wandb.alert("a" * 50, "b" * 50)\n'
    assert ran(workspace, begin + log + late)[0] == "True 3\n"
    assert ran(workspace, begin + log)[0] == "True 101\n"
    (paths,) = streams(workspace.root).values()
    steps = sorted(step for path in paths for step, _ in metric(records(path), "x"))
    assert steps == [0, 1, 2, 3, 4, 5, 100, 101, 102, 103]


def test_what_scripts_use_below_the_module_is_there(workspace: Workspace) -> None:
    out, _ = ran(
        workspace,
        """
print(len(wandb.util.generate_id()), issubclass(wandb.errors.CommError, wandb.Error), wandb.errors.UsageError)
print(wandb.sdk.wandb_run.Run is wandb.Run, wandb.data_types.Table is wandb.Table, wandb.sdk.lib.RunDisabled)
for part in (wandb.util, wandb.errors, wandb.sdk, wandb.sdk.lib):
    try:
        part.download
    except AttributeError as error:
        print(error)
""",
    )
    first, second, *refused = out.splitlines()
    assert first.startswith("8 True") and second.startswith("True True")
    parts = ("wandb.util", "wandb.errors", "wandb.sdk", "wandb.sdk.lib")
    assert refused == [f"{part}.download is not known to mlws" for part in parts]


def test_the_environment_says_what_the_script_does_not(workspace: Workspace) -> None:
    env = {
        "WANDB_PROJECT": "p",
        "WANDB_NAME": "n",
        "WANDB_TAGS": "a,b",
        "WANDB_RUN_GROUP": "g",
        "WANDB_NOTES": "why",
    }
    ran(workspace, "wandb.init()", **env)
    head, note, _ = only_stream(workspace.root)
    assert (head["experiment"], head["name"], head["tags"]) == ("p", "n", ["a", "b", "group:g"])
    assert note["notes"] == "why"


def test_a_disabled_run_records_nothing(workspace: Workspace) -> None:
    script = "run = wandb.init(config={{'lr': 1}}{}); wandb.log({{'a': 1}}); print(wandb.config.lr, run.id)"
    for given, env in (
        (", mode='disabled'", {}),
        ("", {"WANDB_MODE": "disabled"}),
        ("", {"WANDB_DISABLED": "true"}),
    ):
        out, err = ran(workspace, script.format(given), **env)
        assert out == "1 unrecorded\n" and err == ""
    assert not streams(workspace.root)


def test_what_needs_a_server_is_refused_in_words(workspace: Workspace) -> None:
    out, _ = ran(
        workspace,
        """
for call in (lambda: wandb.sweep({}), lambda: wandb.agent("x"), wandb.Api, lambda: wandb.use_artifact("a:latest")):
    try:
        call()
    except RuntimeError as error:
        print(error)
print(hasattr(wandb, "nothing"))
""",
    )
    lines = out.splitlines()
    assert lines[0] == lines[1] and "mlws-tui run --config" in lines[0]
    assert "mlws-tui runs list" in lines[2] and "'a:latest' cannot be fetched" in lines[3]
    assert lines[4] == "False"


def test_calls_that_make_no_sense_do_not_stop_training(workspace: Workspace) -> None:
    _, err = ran(
        workspace,
        """
wandb.log({"a": 1})
wandb.alert("x")
wandb.define_metric("x", step_metric="y")
wandb.finish(quiet=True)
run = wandb.init(project=7, config="text", tags=5, notes=3, nonsense=1, resume=object())
run = wandb.init(config=[1], tags="one") if run is None else run
run.log(5); run.log({"a": object()}); run.log({"a": 1}, nonsense=2)
run.alert(None, level=7)
run.define_metric(None)
run.some_new_method(1, x=2)
wandb.config.update(7)
wandb.log_artifact(5)
wandb.save(None)
run.tags = None
run.finish("odd")
run.log({"a": 2})
""",
    )
    assert "Traceback" not in err and "call wandb.init() first" in err


def test_a_script_that_fails_or_is_left_open_ends_as_it_ends(workspace: Workspace) -> None:
    code, _, _ = run(
        workspace.root, IMPORT + "wandb.init(name='a'); wandb.log({'x': 1}); raise ValueError('no')"
    )
    assert code == 1 and only_stream(workspace.root)[-1]["error"]["message"] == "no"
    ran(workspace, "wandb.init(name='b')")
    ran(workspace, "wandb.init(name='c').finish(exit_code=3)")
    ends = [records(path)[-1] for (path,) in streams(workspace.root).values()]
    assert {(end["status"], end["exit_code"]) for end in ends} == {
        ("failed", None),
        ("completed", None),
        ("failed", 3),
    }
