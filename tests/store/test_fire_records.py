"""Streams under fire: odd times, names, values and processes in records that are whole."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.domain.metricnames import importance
from mlws_tui.domain.runs import RunEvent
from mlws_tui.services.hub import Hub
from mlws_tui.services.runs import RunsService
from mlws_tui.sources.edits import EditsLog
from mlws_tui.sources.processes import boot_id, booted_at, pid_namespace
from mlws_tui.store.metrics import LONGEST_NAME, MOST_NAMES
from mlws_tui.store.queries import IN_LIST, ON_PAGE, count_happenings, happenings
from mlws_tui.store.schema import prepare, shipped_migrations
from tests.store.kit import RUN, header, ingested, metrics, workspace, write

FILE = f"{RUN}/gpu1-7-aa.jsonl"
BEGUN = 1729348200.0  # what the id of RUN says, at +00:00


# Times.


@pytest.mark.parametrize(
    "ts", [None, "yesterday", "NaN", True, [], 1e308, 10**400, -5.0, 1e400], ids=lambda ts: str(ts)[:9]
)
async def test_a_time_that_is_none_is_that_of_the_records_before(tmp_path: Path, ts: Any) -> None:
    odd = {"type": "metrics", "ts": ts, "step": 2, "values": {"loss": 2.0}}
    streams = workspace(tmp_path).streams
    write(streams, FILE, [header(), metrics(1, 1001.0, loss=1.0), odd, {**odd, "type": "note", "text": "x"}])
    async with ingested(tmp_path) as store:
        points = await store.points(RUN, "loss")
        assert (points.ts, points.value) == ([1001.0, 1001.0], [1.0, 2.0])
        run = await store.get_run(RUN)
        assert run is not None and (run.started, run.last_seen, run.bad_lines) == (1000.0, 1001.0, 0)
        assert [event.ts for event in await store.happenings(RUN)] == [1001.0]


@pytest.mark.parametrize("bare", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
async def test_bare_nan_and_infinities_are_read_as_values_and_are_no_times(
    tmp_path: Path, bare: bytes
) -> None:
    line = b'{"type":"metrics","ts":%s,"step":%s,"values":{"loss":%s,"acc":0.5}}\n' % (bare, bare, bare)
    write(workspace(tmp_path).streams, FILE, [header(), line, line])
    async with ingested(tmp_path) as store:
        loss, acc = await store.points(RUN, "loss"), await store.points(RUN, "acc")
        assert repr(loss.value[0]) in ("nan", "inf", "-inf") and acc.value == [0.5, 0.5]
        assert (acc.step, acc.ts) == ([0, 1], [1000.0, 1000.0])


async def test_without_any_time_a_run_began_when_its_id_says(tmp_path: Path) -> None:
    head = {"type": "run", "v": 1, "name": "x", "tz": "+00:00"}
    write(workspace(tmp_path).streams, FILE, [head, {"type": "metrics", "values": {"loss": 1}}])
    async with ingested(tmp_path) as store:
        run = await store.get_run(RUN)
        assert run is not None and run.started == run.last_seen == BEGUN
        assert (await store.points(RUN, "loss")).ts == [BEGUN]


async def test_a_clock_that_jumps_makes_nothing_negative_and_changes_no_order(tmp_path: Path) -> None:
    times = [5000.0, 9e9, 4000.0, 4001.0]  # the second from the future, the others back by hours
    records = [metrics(step, ts, loss=float(step)) for step, ts in enumerate(times)]
    progress = [{"type": "progress", "ts": ts, "step": step, "total": 9} for step, ts in enumerate(times)]
    end = {"type": "end", "ts": 3000.0, "status": "completed"}
    write(workspace(tmp_path).streams, FILE, [header(ts=5000.0), *records, *progress, end])
    async with ingested(tmp_path) as store:
        points = await store.points(RUN, "loss")
        assert (points.step, points.ts) == ([0, 1, 2, 3], times)
        run = await store.get_run(RUN)
        assert run is not None and run.latest["loss"].last == 3.0 and run.state == "completed"
        assert run.duration(9e9) == 0.0
        assert run.progress is not None and run.progress.eta is None


# Values, steps and names.


@pytest.mark.parametrize("values", [None, [1, 2], "loss", 5, True, {"loss": {"deep": 1}}, {}])
async def test_values_that_are_no_object_of_numbers_say_nothing(tmp_path: Path, values: Any) -> None:
    odd = {"type": "metrics", "ts": 1001.0, "step": 1, "values": values}
    write(workspace(tmp_path).streams, FILE, [header(), odd, metrics(2, 1002.0, loss=2.0)])
    async with ingested(tmp_path) as store:
        run = await store.get_run(RUN)
        assert run is not None and run.bad_lines == 0 and set(run.latest) == {"loss"}
        assert (await store.points(RUN, "loss")).value == [2.0]


@pytest.mark.parametrize(
    ("step", "taken"),
    [
        (7, 7),
        (1.5, 1.5),
        (-3, -3),
        (1e300, 1e300),
        *((odd, 0) for odd in ("7", True, None, 2**63, 10**400, "NaN")),
    ],
    ids=lambda step: str(step)[:9],
)
async def test_a_step_that_is_none_is_the_points_number(tmp_path: Path, step: Any, taken: float) -> None:
    write(workspace(tmp_path).streams, FILE, [header(), metrics(step, 1001.0, loss=1.0)])
    async with ingested(tmp_path) as store:
        assert (await store.points(RUN, "loss")).step == [taken]


NAMES = [
    "",
    " ",
    "a/b",
    "a.b",
    "a b",
    "🔥 loss",
    "é",
    "a\nb",
    "a\tb",
    "\0",
    "a\0b",
    "\x1b[31m",
    "%_\\",
    "'\"; --",
]


async def test_any_text_may_be_a_name(tmp_path: Path) -> None:
    long = ["x" * 10_000, "x" * 9_999 + "y", "🔥" * 5_000]
    values = {name: float(number) for number, name in enumerate([*NAMES, *long])}
    write(
        workspace(tmp_path).streams, FILE, [header(), *(metrics(step, 1001.0, **values) for step in (1, 2))]
    )
    async with ingested(tmp_path) as store:
        names = {info.name for info in await store.series(RUN)}
        assert set(NAMES) < names and len(names) == len(values)
        assert max(map(len, names)) == LONGEST_NAME + 9
        for number, name in enumerate(NAMES):
            assert (await store.points(RUN, name)).value == [float(number)] * 2
            assert sum(bucket.count for bucket in (await store.curve(RUN, name)).buckets) == 2


async def test_100_000_names_are_cut_to_what_can_be_shown(tmp_path: Path) -> None:
    names = [f"layer{number}/grad" for number in range(100_000)]
    record = metrics(1, 1001.0, **dict.fromkeys(names, 2.0), loss=0.5, **{"val/acc": 0.7})
    write(workspace(tmp_path).streams, FILE, [header(), record, metrics(2, 1002.0, loss=0.4, other=1)])
    async with ingested(tmp_path) as store:
        [listed] = (await store.list_runs()).runs
        assert list(listed.latest)[:2] == ["loss", "val/acc"] and len(listed.latest) == IN_LIST
        kept = MOST_NAMES + 2
        assert listed.more_metrics == kept - IN_LIST
        run = await store.get_run(RUN)
        assert run is not None and len(run.latest) == ON_PAGE and run.more_metrics == kept - ON_PAGE
        assert (run.latest["loss"].count, run.latest[names[0]].last) == (2, 2.0)
        assert len(await store.series(RUN)) == kept
        assert run.problems == (
            f"{FILE} has more than {MOST_NAMES:,} names of metrics: "
            f"{100_000 - MOST_NAMES + 1} values under further names are in the file alone",
        )


async def test_what_a_list_carries_of_many_names_is_what_people_look_at_in_all_attempts(
    tmp_path: Path,
) -> None:
    streams = workspace(tmp_path).streams
    names = [f"{part}/{number}" for number in range(80) for part in ("x", "val/loss", "acc")]
    parts = (names[:160], names[120:])
    for attempt, part in enumerate(parts, 1):
        values = {name: float(attempt) for name in part}
        head = header(ts=1000.0 * attempt, pid=attempt, attempt=attempt)
        write(streams, f"{RUN}/gpu1-{attempt}-aa.jsonl", [head, metrics(1, 1001.0 * attempt, **values)])
    async with ingested(tmp_path) as store:
        [listed] = (await store.list_runs()).runs
        assert list(listed.latest) == sorted(names, key=lambda name: (importance(name), name))[:IN_LIST]
        assert listed.more_metrics == len(names) - IN_LIST
        run = await store.get_run(RUN)
        assert run is not None and set(run.latest) == set(names) and run.more_metrics == 0
        assert all(run.latest[name] == latest for name, latest in listed.latest.items())
        shared = run.latest[names[130]]
        assert (shared.count, shared.min, shared.last) == (2, 1.0, 2.0)


def test_an_index_of_before_learns_how_many_names_its_files_have(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    prepare(path, shipped_migrations()[:1])
    with contextlib.closing(sqlite3.connect(path)) as index:
        index.execute(
            "INSERT INTO streams (id, file, run) VALUES (5, 'r/a.jsonl', 'r'), (6, 'r/b.jsonl', 'r')"
        )
        index.execute("INSERT INTO series (stream, name) VALUES (5, 'a'), (5, 'b')")
        index.commit()
    prepare(path)
    with contextlib.closing(sqlite3.connect(path)) as index:
        assert index.execute("SELECT id, names, left_out, tail FROM streams ORDER BY id").fetchall() == [
            (5, 2, 0, None),
            (6, 0, 0, None),
        ]


async def test_happenings_come_in_pages(tmp_path: Path) -> None:
    notes = [{"type": "note", "ts": 1000.0 + number // 3, "text": str(number)} for number in range(2000)]
    write(workspace(tmp_path).streams, FILE, [header(), *notes])
    async with ingested(tmp_path) as store:
        whole = await store.happenings(RUN)
    with contextlib.closing(sqlite3.connect(store.path)) as index:
        assert count_happenings(index, RUN) == len(whole) == 2000
        assert [event.data["text"] for event in whole] == [str(number) for number in range(2000)]
        pages: list[RunEvent] = []
        while page := happenings(index, RUN, limit=300, offset=len(pages)):
            pages += page
        assert pages == whole
        assert happenings(index, RUN, limit=5, newest=True) == whole[-5:]
        assert happenings(index, RUN, limit=5, offset=5, newest=True) == whole[-10:-5]


# Processes that are not what they seem.


def _process(**fields: Any) -> dict[str, Any]:
    """The facts of this process, as a stream would tell them."""
    stat = Path(f"/proc/{os.getpid()}/stat").read_text()
    facts = {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "pid_start": int(stat.rsplit(")", 1)[1].split()[19]),
        "boot_id": boot_id(),
        "pid_ns": pid_namespace(),
    }
    return facts | fields


HOUR = 3600.0
SPOKE = booted_at() + 10.0


@pytest.mark.parametrize(
    ("facts", "spoke", "soon", "later"),
    [
        (_process(), SPOKE, "running", "running"),
        (_process(pid_start=1), SPOKE, "crashed", "crashed"),  # the pid was given to another process since
        (
            _process(boot_id="before"),
            SPOKE - HOUR,
            "crashed",
            "crashed",
        ),  # this machine was started again since
        (_process(boot_id="other"), SPOKE, "running", "lost"),  # another machine of the same name
        (
            _process(boot_id="other", host="far"),
            SPOKE,
            "running",
            "lost",
        ),  # a stream copied from another host
        (_process(boot_id=None, host="far"), SPOKE, "running", "lost"),
        (_process(pid_ns="pid:[1]"), SPOKE, "running", "lost"),  # a container's
        (_process(pid="7"), SPOKE, "created", "created"),
    ],
)
async def test_a_state_is_said_of_what_can_be_seen_from_here(
    tmp_path: Path, facts: dict[str, Any], spoke: float, soon: str, later: str
) -> None:
    place = workspace(tmp_path)
    write(place.streams, FILE, [header(ts=spoke, **facts)])
    now = [spoke + 1]
    async with ingested(tmp_path) as store:
        service = RunsService(
            place, store, EditsLog(place.streams), Hub(), lost_after=600, clock=lambda: now[0]
        )
        assert (await service.get(RUN)).state == soon
        now[0] += HOUR
        run = await service.get(RUN)
        assert run.state == later and (run.duration(now[0]) or 0) >= 0
