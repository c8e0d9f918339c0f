"""The stream file itself: whole lines whatever threads, forks and the disk do."""

from __future__ import annotations

import json
import os
import stat

from mlws_tui.config.workspace import Workspace
from mlws_tui.sdk.place import claim
from mlws_tui.sdk.stream import StreamWriter
from tests.sdk.scripts import metric, of_type, only_stream, records, run, streams


def test_streams_are_the_persons_alone(workspace: Workspace) -> None:
    run(workspace.root, "import mlws_tui as m; m.run('x').finish()")
    ((path,),) = streams(workspace.root).values()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in (workspace.streams / "_wake").iterdir()] == [path.parent.name]


def test_threads_share_a_run(workspace: Workspace) -> None:
    run(
        workspace.root,
        """
        import mlws_tui as m, threading
        with m.run("x") as r:
            def work(n):
                for i in range(500):
                    r.log({f"t{n}": i}, step=i)
            threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
            [t.start() for t in threads]; [t.join() for t in threads]
        """,
    )
    found = only_stream(workspace.root)
    for n in range(8):
        assert metric(found, f"t{n}") == [(i, i) for i in range(500)]


def test_a_forked_child_writes_a_file_of_its_own(workspace: Workspace) -> None:
    code, _, err = run(
        workspace.root,
        """
        import mlws_tui as m, os, threading
        stop = threading.Event()
        with m.run("x") as r:
            def work():
                while not stop.is_set():
                    r.log({"parent": 1})
            thread = threading.Thread(target=work); thread.start()
            for n in range(20):
                pid = os.fork()
                if pid == 0:
                    if n % 2:
                        r.log({"child": n}, step=n)
                    os._exit(0)
                assert os.waitpid(pid, 0)[1] == 0
            stop.set(); thread.join()
        """,
    )
    assert (code, err) == (0, "")
    (paths,) = streams(workspace.root).values()
    assert len(paths) == 11
    heads = [records(path) for path in paths]
    children = [found for found in heads if found[0]["role"] == "child"]
    assert sorted(metric(found, "child")[0][0] for found in children) == list(range(1, 20, 2))
    assert all(found[0]["id"] == paths[0].parent.name and not of_type(found, "end") for found in children)


def test_a_full_disk_lets_training_go_on_with_one_warning(workspace: Workspace) -> None:
    code, out, err = run(
        workspace.root,
        """
        import mlws_tui as m, resource
        r = m.init("x")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
        for i in range(3000):
            r.log({"a": i}, step=i)
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        r.finish()
        print("trained to the end")
        """,
    )
    assert (code, out) == (0, "trained to the end\n")
    assert err.count("mlws:") == 1 and "the disk is full" in err
    ((path,),) = streams(workspace.root).values()
    parsed, torn = [], 0
    for line in path.read_bytes().splitlines():
        try:
            parsed.append(json.loads(line))
        except ValueError:
            torn += 1
    steps = [step for step, _ in metric(parsed, "a")]
    assert torn <= 1 and steps == sorted(set(steps))
    assert steps[-1] == 2999 and len(steps) >= 1000
    (alert,) = of_type(parsed, "alert")
    assert alert["text"].startswith(f"{3000 - len(steps)} records were lost")
    assert [end["status"] for end in of_type(parsed, "end")] == ["completed"]


def test_every_writer_has_a_file_of_its_own(workspace: Workspace) -> None:
    root = str(workspace.root)
    name = claim(root, "x", "training")
    writers = [StreamWriter(root, name) for _ in range(3)]
    for number, writer in enumerate(writers):
        writer.write({"type": "note", "text": str(number)})
        writer.close()
        writer.close()
        writer.write({"type": "note", "text": "too late"})
    assert len({writer.path for writer in writers}) == 3
    for number, writer in enumerate(writers):
        with open(writer.path) as file:
            assert [json.loads(line)["text"] for line in file] == [str(number)]


def test_a_closed_writer_stays_closed_in_a_child(workspace: Workspace) -> None:
    code, _, err = run(
        workspace.root,
        f"""
        import os
        from mlws_tui.sdk.stream import StreamWriter
        root = {str(workspace.root)!r}
        os.mkdir(root + "/.mlws/streams/20241019-143000-x")
        writer = StreamWriter(root, "20241019-143000-x")
        writer.close()
        if (pid := os.fork()) == 0:
            writer.write({{"type": "note"}})
            os._exit(0)
        os.waitpid(pid, 0)
        """,
    )
    assert (code, err) == (0, "")
    assert len(os.listdir(workspace.streams / "20241019-143000-x")) == 1


def test_a_grandchild_writes_its_own_file_too(workspace: Workspace) -> None:
    script = """
    import mlws_tui as m, os
    with m.run("x") as r:
        if (pid := os.fork()) == 0:
            r.log({"a": 1})
            if (pid := os.fork()) == 0:
                r.log({"a": 2})
                os._exit(0)
            os.waitpid(pid, 0)
            os._exit(0)
        os.waitpid(pid, 0)
    """
    assert run(workspace.root, script)[0] == 0
    (paths,) = streams(workspace.root).values()
    assert len(paths) == 3
    assert sorted(value for path in paths for _, value in metric(records(path), "a")) == [1, 2]


def test_the_folder_taken_away_does_not_stop_training(workspace: Workspace) -> None:
    script = """
    import mlws_tui as m, os, shutil
    with m.run("x") as r:
        shutil.rmtree(os.path.dirname(r._writer.path))
        r.log({"a": 1})
        if (pid := os.fork()) == 0:
            r.log({"a": 2}); r.log({"a": 3})
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
    print("trained")
    """
    code, out, err = run(workspace.root, script)
    assert (code, out) == (0, "trained\n")
    assert err.count("mlws:") == 1  # the child's, which could open no file
