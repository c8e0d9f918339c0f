"""Which run a process belongs to."""

from __future__ import annotations

import os
import time

from mlws_tui.config.workspace import Workspace
from tests.sdk.scripts import finish, records, run, start, streams

ONE = "import mlws_tui as m\nwith m.run('x') as r:\n    r.log({'a': 1})\n    print(r.id)"


def torchrun(rank: int, port: int = 29500, world: int = 8, **more: str) -> dict[str, str]:
    return {
        "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(world), "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port), **more,
    }  # fmt: skip


def test_eight_ranks_of_one_launch_are_one_run(workspace: Workspace) -> None:
    processes = [start(workspace.root, ONE, **torchrun(rank)) for rank in range(8)]
    ids = {finish(process)[1] for process in processes}
    assert len(ids) == 1
    (paths,) = streams(workspace.root).values()
    assert sorted(records(path)[0]["rank"] for path in paths) == list(range(8))
    assert {records(path)[0]["world_size"] for path in paths} == {8}


def test_ranks_meet_by_the_slurm_step(workspace: Workspace) -> None:
    def env(rank: int, step: int) -> dict[str, str]:
        return {
            "SLURM_JOB_ID": "77", "SLURM_STEP_ID": str(step), "SLURM_PROCID": str(rank), "SLURM_STEP_NUM_TASKS": "4",
        }  # fmt: skip

    processes = [start(workspace.root, ONE, **env(rank, step)) for step in (0, 1) for rank in range(4)]
    ids = [finish(process)[1] for process in processes]
    assert len(set(ids[:4])) == 1 and len(set(ids[4:])) == 1
    assert len(set(ids)) == 2


def test_the_next_launch_at_the_same_port_is_another_run(workspace: Workspace) -> None:
    for _ in range(2):
        processes = [start(workspace.root, ONE, **torchrun(rank, world=2)) for rank in range(2)]
        assert len({finish(process)[1] for process in processes}) == 1
    assert len(streams(workspace.root)) == 2


def test_a_meeting_place_of_an_old_launch_is_not_joined(workspace: Workspace) -> None:
    env = torchrun(0, TORCHELASTIC_RUN_ID="job7")
    run(workspace.root, ONE, **env)
    (place,) = [path for path in (workspace.streams / "_rendezvous").iterdir() if ".rank" not in path.name]
    old = time.time() - 3600
    os.utime(place, (old, old))
    run(workspace.root, ONE, **{**env, "RANK": "1"})
    assert len(streams(workspace.root)) == 2


def test_a_half_written_meeting_place_holds_nobody_up_for_long(workspace: Workspace) -> None:
    folder = workspace.streams / "_rendezvous"
    folder.mkdir()
    (folder / "torchelastic-0-job8-0").touch()
    code, _, err = run(workspace.root, ONE, **torchrun(3, TORCHELASTIC_RUN_ID="job8"))
    assert (code, err) == (0, "")
    assert len(streams(workspace.root)) == 1


def test_ten_runs_of_a_sweep_are_ten(workspace: Workspace) -> None:
    run(
        workspace.root,
        "import mlws_tui as m\nfor lr in range(10):\n    with m.run('sweep', config={'lr': lr}) as r: r.log({'a': lr})",
    )
    found = streams(workspace.root)
    assert len(found) == 10
    assert sorted(records(path)[0]["config"]["lr"] for (path,) in found.values()) == list(range(10))


def test_below_the_wrapper_the_first_run_joins_and_the_next_is_launched_by_it(workspace: Workspace) -> None:
    wrapper = "20241019-143000-wrapped"
    (workspace.streams / wrapper).mkdir(mode=0o700)
    script = "import mlws_tui as m\nfor n in range(3):\n    with m.run('mine') as r: r.log({'a': n})"
    run(workspace.root, script, MLWS_RUN_ID=wrapper, MLWS_WORKSPACE=str(workspace.root))
    found = streams(workspace.root)
    assert len(found) == 3 and len(found[wrapper]) == 1
    others = [records(path)[0] for name, (path,) in found.items() if name != wrapper]
    assert [head["launched_by"] for head in others] == [wrapper, wrapper]


def test_ranks_below_the_wrapper_all_join_it(workspace: Workspace) -> None:
    wrapper = "20241019-143000-wrapped"
    (workspace.streams / wrapper).mkdir(mode=0o700)
    processes = [
        start(
            workspace.root,
            ONE,
            MLWS_RUN_ID=wrapper,
            MLWS_WORKSPACE=str(workspace.root),
            **torchrun(rank, world=4),
        )
        for rank in range(4)
    ]
    assert {finish(process)[1].strip() for process in processes} == {wrapper}
    # another process of a rank that has already joined, as in a shell script of two trainings, is a run of its own
    _, other, _ = run(
        workspace.root, ONE, MLWS_RUN_ID=wrapper, MLWS_WORKSPACE=str(workspace.root), **torchrun(0, world=4)
    )
    assert other.strip() != wrapper


def test_a_run_id_from_the_environment_cannot_lead_out_of_the_workspace(workspace: Workspace) -> None:
    code, out, _ = run(workspace.root, ONE, MLWS_RUN_ID="../../../tmp", MLWS_WORKSPACE=str(workspace.root))
    assert code == 0
    assert list(streams(workspace.root)) == [out.strip()]


def test_the_same_name_in_the_same_second_gets_a_number(workspace: Workspace) -> None:
    processes = [start(workspace.root, ONE) for _ in range(6)]
    ids = {finish(process)[1].strip() for process in processes}
    assert len(ids) == 6 == len(streams(workspace.root))


def test_ranks_that_resume_are_one_attempt(workspace: Workspace) -> None:
    _, first, _ = run(workspace.root, ONE)
    script = f"import mlws_tui as m\nwith m.run('x', resume={first.strip()!r}) as r:\n    r.log({{'a': 1}})"
    for _ in range(2):
        processes = [start(workspace.root, script, **torchrun(rank, world=4)) for rank in range(4)]
        assert [finish(process)[2] for process in processes] == [""] * 4
    ((name, paths),) = streams(workspace.root).items()
    assert name == first.strip()
    heads = [records(path)[0] for path in paths]
    assert sorted((head["attempt"], head["rank"]) for head in heads) == [
        (1, 0), *((attempt, rank) for attempt in (2, 3) for rank in range(4))
    ]  # fmt: skip


def test_resuming_what_is_not_there_begins_anew(workspace: Workspace) -> None:
    for wrong in ("20200101-000000-gone", "../../etc", ""):
        code, _, err = run(workspace.root, f"import mlws_tui as m; m.run('x', resume={wrong!r}).finish()")
        assert code == 0 and err.count("there is no run") == 1
    assert len(streams(workspace.root)) == 3


def test_a_restarted_launch_is_a_run_of_its_own(workspace: Workspace) -> None:
    for restart in ("0", "1"):
        env = torchrun(0, world=2, TORCHELASTIC_RUN_ID="job", TORCHELASTIC_RESTART_COUNT=restart)
        processes = [start(workspace.root, ONE, **{**env, "RANK": rank}) for rank in ("0", "1")]
        assert len({finish(process)[1] for process in processes}) == 1
    assert len(streams(workspace.root)) == 2


def test_a_broken_meeting_place_is_not_joined(workspace: Workspace) -> None:
    folder = workspace.streams / "_rendezvous"
    folder.mkdir()
    for number, content in enumerate(
        [b"\xff\xfe", b"[]", b'{"run":"../../x","attempt":1}', b'{"run":"20200101-000000-gone","attempt":1}']
    ):
        (folder / f"torchelastic-0-job{number}-0").write_bytes(content)
        env = torchrun(1, TORCHELASTIC_RUN_ID=f"job{number}")
        code, _, err = run(workspace.root, ONE, **env)
        assert (code, err) == (0, "")
    assert len(streams(workspace.root)) == 4


def test_a_child_process_of_a_script_without_wrapper_has_a_run_of_its_own(workspace: Workspace) -> None:
    script = f"""
    import mlws_tui as m, subprocess, sys
    with m.run("parent") as r:
        subprocess.run([sys.executable, "-c", {ONE!r}], check=True)
    """
    run(workspace.root, script)
    heads = [records(path)[0] for (path,) in streams(workspace.root).values()]
    assert sorted(head["name"] for head in heads) == ["parent", "x"]
    assert not any("launched_by" in head for head in heads)
