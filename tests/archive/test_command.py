"""``mlws-tui archive``: what is packed, what stays, what it says, and the way back."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.sources.packed import packing_of, unpack
from tests.archive.kit import NAME, PACK, Archive, lay, text, tree
from tests.doctor.kit import ingest, record
from tests.store.kit import RUN

PACKED = f"archive/training/{NAME}.log.zst"
PLAIN = f"training/{NAME}.log"


def content(path: Path) -> bytes:
    packing = packing_of(path)
    assert packing is not None
    with path.open("rb") as file:
        return b"".join(unpack(file, packing))


@pytest.mark.parametrize(("given", "suffix"), [((), ".zst"), (("--format", "gzip"), ".gz")])
def test_old_logs_are_packed(
    workspace: Workspace, archive: Archive, given: tuple[str, ...], suffix: str
) -> None:
    old = lay(workspace)
    old.chmod(0o640)
    before = old.stat()
    lay(workspace, "agents/ranks/20240102-000000-deep.out.1")
    young = lay(workspace, "training/20240103-000000-young.log", days=29)
    lay(workspace, "experiments/model.pt")
    answer = archive("--json", *given)
    assert answer.code == 0, answer.err
    packed = workspace.logs / f"archive/training/{NAME}.log{suffix}"
    assert set(tree(workspace)) == {
        f"archive/training/{NAME}.log{suffix}",
        f"archive/agents/ranks/20240102-000000-deep.out.1{suffix}",
        "training/20240103-000000-young.log",
        "experiments/model.pt",
    }
    assert content(packed) == text()
    assert young.read_bytes() == text()
    status = packed.stat()
    assert (status.st_mtime_ns, stat.S_IMODE(status.st_mode)) == (before.st_mtime_ns, 0o640)
    document = answer.document
    assert document["archived"][0] == {
        "path": f"logs/training/{NAME}.log",
        "target": f"logs/archive/training/{NAME}.log{suffix}",
        "before": len(text()),
        "after": status.st_size,
    }
    assert document["before"] == 2 * len(text())
    assert document["after"] < document["before"] / 2
    assert (document["left"], document["problem"], document["dry_run"]) == ([], None, False)
    assert archive("--json").document["archived"] == []


def test_it_tells_what_it_did(workspace: Workspace, archive: Archive) -> None:
    lay(workspace)
    kept = lay(workspace, "training/20240102-000000-kept.log")
    os.link(kept, workspace.root / "second")
    answer = archive()
    first, second, last = answer.out.splitlines()
    assert first.startswith(f"logs/training/{NAME}.log → logs/archive/training/{NAME}.log.zst  106.9 kB → ")
    assert second == "logs/training/20240102-000000-kept.log stays: it has a second name (a hard link)"
    assert last.startswith("1 log archived: 106.9 kB before, ")
    assert last.endswith("; 1 left as it is")
    assert (answer.code, answer.err) == (0, "")


def test_a_dry_run_changes_nothing(workspace: Workspace, archive: Archive) -> None:
    lay(workspace)
    kept = lay(workspace, "training/20240102-000000-kept.log")
    os.link(kept, workspace.root / "second")
    before = tree(workspace)
    answer = archive("--dry-run", "--json")
    assert [each["path"] for each in answer.document["archived"]] == [f"logs/training/{NAME}.log"]
    assert answer.document["after"] is None
    assert list(answer.reasons) == ["logs/training/20240102-000000-kept.log"]
    assert "1 log to be archived: 106.9 kB; 1 left as it is" in archive("--dry-run").out
    assert tree(workspace) == before
    assert not (workspace.marker / "archive.lock").exists()


@pytest.mark.parametrize(
    ("age", "days", "moved"),
    [
        ("20d", 19, 0),
        ("20d", 21, 1),
        ("12h", 1, 1),
        ("2w", 13, 0),
        ("1y", 364, 0),
        ("3m", 91, 1),
        ("7", 8, 1),
        ("0d", 0, 1),
    ],
)
def test_ages(workspace: Workspace, archive: Archive, age: str, days: float, moved: int) -> None:
    lay(workspace, days=days)
    assert len(archive("--dry-run", "--json", "--older-than", age).document["archived"]) == moved


def test_the_setting_says_what_is_old(workspace: Workspace, archive: Archive) -> None:
    lay(workspace, days=60)
    workspace.config.write_text("logs:\n  archive_after: 90\n")
    assert archive("--dry-run", "--json").document["archived"] == []
    workspace.config.write_text("logs:\n  archive_after: 0\n")
    assert len(archive("--dry-run", "--json").document["archived"]) == 1


@pytest.mark.parametrize("name", [f"logs/{PLAIN}", PLAIN, f"{NAME}.log", RUN, RUN[:17]])
def test_one_by_name_and_back(workspace: Workspace, archive: Archive, name: str) -> None:
    log = lay(workspace, days=1)
    other = lay(workspace, "training/20240105-000000-other.log")
    log.chmod(0o600)
    before = log.stat()
    record(workspace, RUN, {"type": "run", "ts": 1001.0, "log": f"logs/{PLAIN}"})
    ingest(workspace)
    assert archive(name, "--older-than", "2d").code == 1
    assert archive(name).code == 0
    assert set(tree(workspace)) == {PACKED, "training/20240105-000000-other.log"}
    again = archive(name, "--json")
    assert (again.code, again.reasons) == (1, {f"logs/{PLAIN}": "is archived already"})
    assert (
        archive("--restore", name, "--dry-run", "--json").document["restored"][0]["target"] == f"logs/{PLAIN}"
    )
    assert archive("--restore", name, "--json").code == 0
    assert tree(workspace) == {PLAIN: text(), "training/20240105-000000-other.log": other.read_bytes()}
    after = log.stat()
    assert (after.st_mtime_ns, after.st_mode) == (before.st_mtime_ns, before.st_mode)
    answer = archive("--restore", name, "--json")
    assert (answer.code, answer.reasons) == (1, {f"logs/{PLAIN}": "is not archived"})


@pytest.mark.parametrize("packing", list(PACK))
def test_what_others_packed_comes_back(workspace: Workspace, archive: Archive, packing: str) -> None:
    suffix = {"gzip": "gz", "bzip2": "bz2", "xz": "xz", "zstd": "zst"}[packing]
    lay(workspace, f"{PLAIN}.{suffix}", data=PACK[packing](text()))
    assert archive().out == "0 logs archived\n"
    assert archive("--restore", f"logs/{PLAIN}.{suffix}").code == 0
    assert tree(workspace) == {PLAIN: text()}


def test_what_is_no_old_log_stays(workspace: Workspace, archive: Archive) -> None:
    target = lay(workspace, "elsewhere/target.log")
    (workspace.logs / "training" / "latest.log").symlink_to(target)
    (workspace.logs / "agents" / "folder").symlink_to(target.parent)
    lay(workspace, "training/.hidden.log")
    lay(workspace, "training/packed.log", data=PACK["gzip"](text()))
    (workspace.logs / "training" / "empty.log").touch()
    os.mkfifo(workspace.logs / "training" / "pipe.log")
    before = set(tree(workspace))
    answer = archive("--json", "--older-than", "0")
    assert (answer.code, answer.document["archived"]) == (0, [])
    assert answer.reasons == {"logs/training/packed.log": "is packed already"}
    answer = archive("training/latest.log", "training/empty.log", "--json")
    assert (answer.code, answer.reasons) == (
        1,
        {"logs/training/latest.log": "is a link", "logs/training/empty.log": "is empty"},
    )
    assert set(tree(workspace)) == before


@pytest.mark.parametrize(
    ("args", "code", "sentence"),
    [
        (("/etc/passwd",), 2, "/etc/passwd is no log of this workspace (those lie in logs/experiments, "),
        (("ACTIVITY.md",), 2, "ACTIVITY.md is no log of this workspace"),
        (("training/none.log",), 1, "There is no log training/none.log (mlws-tui logs list shows them)"),
        (("none",), 1, "There is no run 'none'"),
        (("--restore",), 2, "--restore needs the runs or files to bring back"),
        (("--restore", "x", "--older-than", "1d"), 2, "--older-than is for archiving"),
        (("--older-than", "3q"), 2, "Invalid value for '--older-than': '3q' is no age, such as 30d"),
        (("--format", "rar"), 2, "Invalid value for '--format'"),
    ],
)
def test_wrong_calls(
    workspace: Workspace, archive: Archive, args: tuple[str, ...], code: int, sentence: str
) -> None:
    answer = archive(*args)
    assert (answer.code, answer.out) == (code, "")
    assert answer.err.startswith(f"mlws-tui: {sentence}")
    assert answer.err.count("\n") == 1
