"""Scripts that are written for trackio, with one line changed."""

from __future__ import annotations

from mlws_tui.config.workspace import Workspace
from tests.sdk.scripts import metric, of_type, only_stream, records, run, streams

IMPORT = "import mlws_tui.compat.trackio as trackio\n"


def test_a_usual_script_leaves_a_usual_run(workspace: Workspace) -> None:
    code, out, err = run(
        workspace.root,
        IMPORT
        + """
run = trackio.init(project="sentiment", name="first", group="g", space_id="me/space", config={"lr": 0.1})
trackio.config.update({"seed": 3}, allow_val_change=True)
trackio.config["n"] = 7
for epoch in range(3):
    trackio.log({"train_loss": 1 / (epoch + 1), "nested": {"a": epoch}})
trackio.log({"train_loss": 0.1}, step=10)
trackio.log({"train_loss": 0.05})
trackio.log({"table": trackio.Table(columns=["a"], data=[[1]])})
trackio.alert(title="Overfitting", text="val above train", level=trackio.AlertLevel.ERROR)
trackio.log_system({"gpu": 1})
print(trackio.config["lr"], trackio.context_vars.current_project.get(), trackio.context_vars.current_space_id.get(),
      trackio.context_vars.current_run.get() is run)
trackio.finish()
trackio.sync(project="sentiment")
trackio.show()
""",
    )
    assert code == 0, err
    assert out == "0.1 sentiment None True\n"
    assert "nothing is sent anywhere" in err and "see the runs with" in err and "Traceback" not in err
    found = only_stream(workspace.root)
    head = found[0]
    assert (head["name"], head["experiment"], head["tags"]) == ("first", "sentiment", ["group:g"])
    assert [record["config"] for record in of_type(found, "set")] == [{"seed": 3}, {"n": 7}]
    assert metric(found, "train_loss") == [(0, 1.0), (1, 0.5), (2, 1 / 3), (10, 0.1), (11, 0.05)]
    assert metric(found, "nested/a") == [(0, 0), (1, 1), (2, 2)]
    assert of_type(found, "alert")[0]["level"] == "error" and found[-1]["status"] == "completed"


def test_a_second_init_is_a_run_of_its_own_and_resuming_goes_on(workspace: Workspace) -> None:
    script = 'trackio.init(project="p", name="n"{}).log({{"a": 1}})\n'
    code, _, err = run(
        workspace.root, IMPORT + script.format("") + script.format(', resume="must"') + script.format("")
    )
    assert (code, err) == (0, "")
    attempts = sorted(
        [records(path)[0]["attempt"] for path in paths]
        for paths in map(sorted, streams(workspace.root).values())
    )
    assert sorted(map(sorted, attempts)) == [[1], [1, 2]]
