"""Execution logs: the classic helper, and a run's logger."""

from __future__ import annotations

from pathlib import Path

from mlws_tui.config.workspace import Workspace
from tests.sdk.scripts import of_type, only_stream, records, run, streams


def test_the_logger_writes_the_execution_log(workspace: Workspace) -> None:
    _, out, _ = run(
        workspace.root,
        "import mlws_tui as m\nwith m.run('x') as r: r.logger.info('Epoch 1/3'); print(r.log_file)",
    )
    with open(out.strip()) as file:
        assert file.read().endswith(" - INFO - Epoch 1/3\n")


def test_a_log_is_recorded_once_it_is_there(workspace: Workspace) -> None:
    script = """
    import os, mlws_tui as m
    with m.run('x') as r:
        assert not os.path.exists(r.log_file)
        r.logger.info('first'); r.logger.info('second')
    with m.run('x', resume=r.id) as again: again.logger.info('third')
    m.run('y').finish()
    """
    code, _, err = run(workspace.root, script)
    assert code == 0, err
    found = {records(paths[0])[0]["name"]: paths for paths in streams(workspace.root).values()}
    attempts = sorted((of_type(records(path), "run") for path in found["x"]), key=lambda told: told[0]["ts"])
    (begun, told), (resumed,) = attempts
    log = f"logs/training/{begun['id']}.log"
    assert "log" not in begun
    assert told == {"type": "run", "ts": told["ts"], "v": 1, "id": begun["id"], "log": log}
    assert resumed["log"] == log
    assert len((workspace.root / log).read_text().splitlines()) == 3
    assert not any("log" in record for record in records(found["y"][0]))


def test_a_forked_child_tells_of_the_log_that_it_makes(workspace: Workspace) -> None:
    script = """
    import os, mlws_tui as m
    with m.run('x') as r:
        if not (child := os.fork()):
            r.logger.info('of the child'); os._exit(0)
        os.waitpid(child, 0)
    """
    code, _, err = run(workspace.root, script)
    assert code == 0, err
    (paths,) = streams(workspace.root).values()
    (child,) = (told for path in paths if (told := records(path))[0]["role"] == "child")
    assert "log" in child[-1] and (workspace.root / child[-1]["log"]).is_file()


def test_the_classic_helper_makes_a_log_and_a_run(workspace: Workspace) -> None:
    _, out, _ = run(
        workspace.root,
        """
        import mlws_tui as m
        logger, path = m.setup_experiment_logging("sentiment-analysis")
        logger.info("Accuracy: 87.3%")
        print(path)
        """,
    )
    line, path = out.splitlines()
    assert line.endswith(" - INFO - Accuracy: 87.3%") and path.startswith("logs/experiments/2")
    head = only_stream(workspace.root)[0]
    assert (head["kind"], head["log"], head["name"]) == ("experiments", path, "sentiment-analysis")
    assert (workspace.root / path).read_text().strip() == line


def test_the_classic_helper_works_with_no_workspace(tmp_path) -> None:
    code, out, err = run(
        tmp_path, "import mlws_tui as m; print(m.setup_experiment_logging('x', 'logs')[1].exists())"
    )
    assert (code, out, err) == (0, "True\n", "")


def test_the_helpers_run_bears_its_logs_name(workspace: Workspace) -> None:
    script = """
    import mlws_tui as m
    for _ in range(2):
        logger, path = m.setup_experiment_logging("tune", log_dir="logs/training")
        logger.info("once")
    """
    _, out, _ = run(workspace.root, script)
    assert out.count("once") == 2
    logs = sorted((workspace.root / "logs" / "training").iterdir())
    assert [log.read_text().count("once") for log in logs] == [1, 1]
    assert {log.stem for log in logs} == set(streams(workspace.root))
    for name, (path,) in streams(workspace.root).items():
        head = records(path)[0]
        assert (head["id"], head["log"], head["kind"]) == (name, f"logs/training/{name}.log", "training")


def test_below_the_wrapper_the_logger_prints_and_the_wrapper_has_the_log(workspace: Workspace) -> None:
    wrapper = "20241019-143000-wrapped"
    (workspace.streams / wrapper).mkdir(mode=0o700)
    log = workspace.root / "logs" / "experiments" / f"{wrapper}.log"
    log.write_text("")
    script = "import mlws_tui as m\nwith m.run('x', kind='training') as r: r.logger.info('Epoch 1/3')"
    _, out, err = run(workspace.root, script, MLWS_RUN_ID=wrapper, MLWS_WORKSPACE=str(workspace.root))
    assert out.endswith(" - INFO - Epoch 1/3\n") and err == ""
    assert log.read_text() == ""
    assert only_stream(workspace.root)[0]["log"] == f"logs/experiments/{wrapper}.log"


def test_a_log_that_cannot_be_made_leaves_the_terminal(workspace: Workspace) -> None:
    (workspace.root / "logs" / "training").rmdir()
    (workspace.root / "logs" / "training").write_text("in the way")
    code, _, err = run(
        workspace.root, "import mlws_tui as m\nwith m.run('x') as r: r.logger.info('still said')"
    )
    assert code == 0 and not any("log" in record for record in only_stream(workspace.root))
    assert "still said" in err and err.count("mlws: no log file") == 1


def test_a_log_outside_the_kinds_is_a_log_alone(workspace: Workspace) -> None:
    _, out, _ = run(
        workspace.root, "import mlws_tui as m; print(m.setup_experiment_logging('x', 'elsewhere')[1])"
    )
    assert (workspace.root / Path(out.strip())).exists()
    assert streams(workspace.root) == {}
