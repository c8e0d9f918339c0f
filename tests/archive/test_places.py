"""Links, deletion and the offer: what else knows of archived logs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mlws_tui.config.schema import Settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.services.archive import ArchiveService
from mlws_tui.services.deletion import inventory
from mlws_tui.services.logplaces import archived, find_log
from mlws_tui.services.workbench import Workbench
from tests.archive.kit import DAY, NAME, PACK, Archive, lay, tree
from tests.doctor.kit import Doctor, ingest, needs_rights, without_rights

PLAIN = f"training/{NAME}.log"


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        (PLAIN, PLAIN),
        (f"{PLAIN}.gz", PLAIN),
        (f"archive/{PLAIN}.zst", PLAIN),
        (f"archive/{PLAIN}.xz", PLAIN),
        (f"archive/{PLAIN}", PLAIN),
        (f"archive/{NAME}.log.bz2", PLAIN),
        (f"archive/{NAME}.log", PLAIN),
        (f"archive/{PLAIN}.zst", f"archive/{PLAIN}.gz"),
        (PLAIN, f"archive/{PLAIN}.zst"),
        (PLAIN, f"{PLAIN}.gz"),
        (f"archive/{PLAIN}.zst", f"{PLAIN}.gz"),
    ],
)
def test_where_a_log_lies_now(workspace: Workspace, there: str, asked: str) -> None:
    assert find_log(workspace, workspace.logs / asked) == workspace.logs / asked if there != asked else True
    path = lay(workspace, there)
    assert find_log(workspace, workspace.logs / asked) == path


def test_what_is_nowhere_or_elsewhere(workspace: Workspace, tmp_path: Path) -> None:
    lay(workspace, f"archive/{PLAIN}.zst")
    for path in (
        workspace.logs / "agents" / f"{NAME}.txt",
        tmp_path / "x.log",
        workspace.logs,
        Path("/"),
        Path("a\0b"),
    ):
        assert find_log(workspace, path) == path


def test_what_lies_flat_in_the_archive_is_of_no_log_in_a_folder_of_its_own(
    workspace: Workspace, archive: Archive
) -> None:
    flat = lay(workspace, "archive/train.log.zst", data=PACK["zstd"](b"start\n"))
    longer, same = (
        lay(workspace, "training/A/train.log", data=b"start\nof A\n"),
        lay(workspace, "training/train.log", data=b"start\n"),
    )
    assert archive().code == 0
    assert set(tree(workspace)) == {
        "archive/train.log.zst",
        "archive/training/A/train.log.zst",
        "archive/training/train.log.zst",
    }
    (workspace.logs / "archive/training/train.log.zst").unlink()
    assert find_log(workspace, same) == flat
    assert find_log(workspace, workspace.logs / "training/C/train.log").name == "train.log"
    assert archive("training/train.log", "--json").reasons == {
        "logs/training/train.log": "is archived already"
    }
    assert archive("--restore", "training/train.log").code == 0
    assert same.read_bytes() == b"start\n"
    assert flat.exists()  # logs/agents/train.log may be meant, too
    assert not longer.exists()
    answer = archive("--restore", "training/train.log", "--json")
    assert answer.reasons == {"logs/training/train.log": "is not archived"}


def test_a_link_to_a_log_that_is_archived(workspace: Workspace, archive: Archive, doctor: Doctor) -> None:
    log = lay(workspace)
    latest, chain = workspace.logs / "training" / "latest.log", workspace.root / "chain.log"
    latest.symlink_to(log.name)
    chain.symlink_to(latest)
    assert archive().code == 0
    packed = workspace.logs / f"archive/{PLAIN}.zst"
    assert [find_log(workspace, path) for path in (log, latest, chain)] == [packed] * 3
    assert doctor().one("logs")["level"] == "ok"
    assert archive("--restore", "training/latest.log").code == 0
    assert latest.read_bytes() == log.read_bytes()
    assert latest.is_symlink()
    log.unlink()
    assert find_log(workspace, latest) == latest
    latest.unlink()
    latest.symlink_to("latest.log")
    assert find_log(workspace, latest) == latest


def test_logs_below_folders_that_are_links(workspace: Workspace, archive: Archive, tmp_path: Path) -> None:
    (workspace.logs / "training").rmdir()
    (workspace.logs / "training").symlink_to(tmp_path)  # a larger disk
    log = lay(workspace, "training/A/x.log")
    (workspace.logs / "agents" / "A").symlink_to(log.parent)
    (log.parent / "latest.log").symlink_to(tmp_path / "A" / "x.log")
    packed = workspace.logs / "archive/training/A/x.log.zst"
    assert archive("agents/A/x.log").code == 0
    assert packed.exists()
    for name in ("training/A/x.log", "agents/A/x.log", "agents/A/latest.log"):
        assert find_log(workspace, workspace.logs / name) == packed
    assert archive("--restore", "agents/A/latest.log").code == 0
    assert log.exists()


def test_the_list_of_what_is_archived(workspace: Workspace) -> None:
    old = lay(workspace, f"archive/{PLAIN}.zst", days=90)
    new = lay(workspace, "archive/by-hand.log.gz", days=80)
    lay(workspace, "archive/agents/.x.log.zst.partial")
    (workspace.logs / "archive" / "link.log").symlink_to("nowhere")
    assert [(entry.path, entry.kind) for entry in archived(workspace)] == [(new, ""), (old, "training")]
    assert archived(workspace)[1].size == old.stat().st_size


def test_an_archived_log_goes_with_its_run(workspace: Workspace) -> None:
    logs = {
        lay(workspace, f"archive/{PLAIN}.zst"),
        lay(workspace, f"archive/{NAME}.log.gz"),
        lay(workspace, f"agents/{NAME}.log.xz"),
    }
    lay(workspace, f"archive/training/{NAME}-2.log.zst")
    lay(workspace, f"archive/training/{NAME}.txt")
    assert set(inventory(workspace, [NAME]).files) == logs


async def test_the_offer_is_made_once_a_day(workspace: Workspace) -> None:
    noon = 1_732_190_400.0

    async def offered(now: float, after: float = 30.0) -> str:
        async with await Workbench.open(workspace, Settings()) as bench:
            return await ArchiveService(workspace, bench.runs, after, clock=lambda: now).offer()

    days = (time.time() - noon) / DAY
    lay(workspace, days=days + 31)
    assert await offered(noon) == ""  # one log is not worth a word
    for number in range(100):
        lay(workspace, f"agents/{number}.log", days=days + 31, data=b"x" * 1000)
    assert await offered(noon) == ""  # it has looked today
    assert await offered(noon + DAY, after=0) == ""
    assert await offered(noon + DAY) == (
        "101 logs older than 30 days take 206.9 kB: mlws-tui archive packs them, and they can be read as before"
    )
    assert await offered(noon + DAY + 60) == ""
    assert await offered(noon + 2 * DAY)


def test_the_doctor_speaks_of_old_logs(workspace: Workspace, doctor: Doctor) -> None:
    assert doctor().one("old logs")["level"] == "ok"
    for number in range(101):
        lay(workspace, f"agents/{number}.log", data=b"x" * 1000)
    check = doctor().one("old logs")
    assert (check["level"], check["ok"]) == ("advice", True)
    assert check["message"] == "101 logs older than 30 days take 101.0 kB"


def test_the_doctor_looks_at_each_log(workspace: Workspace, doctor: Doctor) -> None:
    lay(workspace, data=b"x" * 2048)
    assert doctor().one("logs")["message"] == "1 log, 2.0 KiB"
    (workspace.logs / "agents" / "latest.log").symlink_to("nowhere.log")
    assert doctor().one("logs")["message"] == "1 link leads nowhere: logs/agents/latest.log"


@needs_rights
def test_the_doctor_names_logs_that_cannot_be_read(workspace: Workspace) -> None:
    lay(workspace).chmod(0)
    lay(workspace, f"archive/{PLAIN}.zst").chmod(0)
    answer = without_rights(workspace)
    assert answer.one("logs")["message"] == f"1 log cannot be read: logs/{PLAIN}"
    assert answer.one("archives")["message"] == f"logs/archive/{PLAIN}.zst cannot be read: permission denied"


def test_the_doctor_misses_no_log_that_is_archived(
    workspace: Workspace, doctor: Doctor, archive: Archive
) -> None:
    log = lay(workspace)
    ingest(workspace)
    assert doctor().one("figures")["message"] == "taken from the text of 1 log"
    assert archive().code == 0
    answer = doctor()
    assert answer.of("lost streams") == []
    assert answer.one("figures")["level"] == "ok"
    (workspace.logs / f"archive/{PLAIN}.zst").unlink()
    assert not log.exists()
    check = doctor().one("figures")
    assert (check["level"], check["message"]) == (
        "advice",
        f"1 log is gone from which figures were read: logs/{PLAIN}",
    )
