"""Reads the text of a log in the order of the file and gives what it tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from mlws_tui.domain.extraction import telling
from mlws_tui.domain.extraction.clock import Clock
from mlws_tui.domain.extraction.cutting import Cutter, Segment
from mlws_tui.domain.extraction.found import Extracted, Fact, ProgressSeen, Sample
from mlws_tui.domain.extraction.gate import Gate, Offered
from mlws_tui.domain.extraction.jsonrecords import json_record
from mlws_tui.domain.extraction.names import is_counter, is_metric
from mlws_tui.domain.extraction.numbers import seconds
from mlws_tui.domain.extraction.plans import NOTHING, FactSpot, Plan, Planner
from mlws_tui.domain.extraction.reading import read_counters, read_items
from mlws_tui.domain.extraction.rules import RuleSet
from mlws_tui.domain.extraction.shapes import split
from mlws_tui.domain.extraction.tables import columns, row_values
from mlws_tui.domain.extraction.track import UNKNOWN, Track, Where

#: A line that is no JSON object and longer than this is looked at only in its end.
_LONG = 16 * 1024
_TAIL = 4 * 1024
_MAX_PLANS = 4096
_MAX_RULES = 100
_MAX_TRACE = 2000
#: Text without a number that is longer is prose.
_MAX_WORDS = 400
#: So much may stand before a JSON object: time, level and logger.
_HEAD = 160
#: Buffers are written in pages: a file that ends in the middle of a line there was cut off.
_PAGE = 4096
#: A row so many lines below its table's last one is of something else.
_TABLE_ENDS = 400
_ESCAPES = re.compile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?|[()*+][0-9A-Z]|[=>78]|)")
_HELD_OUT = re.compile(r"(?:^|[/_])(?:eval|val|valid|validation|test|predict)(?:[/_]|$)")


class Extractor:
    """Takes the bytes of one log in order and gives samples, progress and facts.

    The pieces may be cut anywhere. What one piece leaves unfinished waits inside for the next.
    """

    def __init__(self, rules: RuleSet, state: Mapping[str, Any] | None = None) -> None:
        state = state or {}
        self._rules = rules
        self._planner = Planner(rules)
        self._plans: dict[str, Plan] = {}
        self._rows: dict[str, Plan] = {}
        self._cutter = Cutter(state.get("cutter", {}))
        self._track = Track(state.get("track", {}))
        self._gate = Gate(state.get("gate", {}))
        self._clock = Clock(state.get("clock"))
        self._trace: int = state.get("trace", 0)
        self._tables: dict[str, list[Any]] = dict(state.get("tables", {}))  # rule: columns, last line
        self._block: list[Any] | None = state.get("block")  # the rule's name, step and its basis
        self._lent: list[Any] | None = state.get("lent")  # a record that waits for the bar beside it
        self._counts: dict[str, int] = dict(state.get("counts", {}))
        self._late: dict[str, list[Any]] = dict(state.get("late", {}))
        self._begun: list[str] = list(state.get("begun", []))  # rules that have fit a line
        self._samples: list[Sample] = []
        self._facts: list[Fact] = []
        self._progress: ProgressSeen | None = None
        self._segment = Segment(b"", 0, 1, False, True)
        self._ts: float | None = None  # of the JSON object that the line is

    @property
    def offset(self) -> int:
        """Bytes of the file that are taken in: where to go on reading with `state`."""
        return self._cutter.offset

    def state(self) -> dict[str, Any]:
        """What another extractor goes on with, given the bytes from `offset` on. Can be written as JSON."""
        return {
            "cutter": self._cutter.state(),
            "track": self._track.state(),
            "gate": self._gate.state(),
            "clock": self._clock.last,
            "trace": self._trace,
            "tables": {name: list(table) for name, table in self._tables.items()},
            "block": self._block,
            "lent": self._lent,
            "counts": dict(self._counts),
            "late": dict(self._late),
            "begun": list(self._begun),
        }

    def feed(self, data: bytes, *, final: bool = False) -> Extracted:
        """What is certain after these further bytes.

        Args:
            data: The next bytes of the file.
            final: Nothing follows for now: a last line without an end counts, and nothing waits any longer.
        """
        self._samples, self._facts, self._progress = [], [], None
        unended = final and not data.endswith((b"\n", b"\r"))
        for segment in self._cutter.cut(data, final=final):
            self._take(segment)
        if final:
            self._finish(cut=unended and self.offset % _PAGE == 0)
        return Extracted(self._samples, self._progress, self._facts)

    def _finish(self, *, cut: bool) -> None:
        self._return_lent(None)
        self._samples.extend(self._gate.finish())
        for kind, (name, value, line, offset, ts) in self._late.items():
            self._facts.append(Fact(kind, name, value, line, offset, ts))
        self._late = {}
        if cut and self._samples and self._samples[-1].offset == self._segment.offset:
            self._samples.pop()

    # -- one line, or one redraw of it

    def _take(self, segment: Segment) -> None:
        text = segment.data.decode("utf-8", "replace")
        if "\x1b" in text or "\0" in text:
            text = _ESCAPES.sub("", text).replace("\0", "")
        self._segment = segment
        if self._trace and self._in_trace(text):
            return
        if text.isspace() or not text:
            return
        self._ts = None
        if "{" in text:
            text = self._json(text)
            if not text:
                return
        if len(text) > _LONG:
            text = text[-_TAIL:].partition(" ")[2]
        if self._block is not None:
            if text[0] in " \t":
                self._block_row(text)
                return
            self._block = None
        pieces = split(text)
        key = text if len(pieces) == 1 else "0".join(pieces[::2])
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plan(key, pieces, text)
        if self._lent is not None and not plan.draws:
            self._return_lent(None)
        if plan is not NOTHING:
            self._run(plan, pieces, text)

    def _plan(self, key: str, pieces: list[str], text: str) -> Plan:
        if len(pieces) == 1 and len(text) > _MAX_WORDS:
            return NOTHING
        plan = self._planner.plan(pieces)
        if len(self._plans) >= _MAX_PLANS:
            self._plans.clear()
        if len(key) <= 4 * _MAX_WORDS:
            self._plans[key] = plan
        return plan

    def _run(self, plan: Plan, pieces: list[str], text: str) -> None:
        ts = self._time(plan, text)
        for fact in plan.facts:
            self._fact(fact, pieces, text, ts)
        if plan.trace:
            self._trace = 1
            return
        if plan.heads:
            self._tables.update({name: [columns(text), self._segment.line] for name in plan.heads})
        if not plan.told:
            return
        if plan.draws:
            self._return_lent((plan, pieces, ts))
        else:
            if self._gate.holding and not plan.bar:
                self._samples.extend(self._gate.settle())
            self._record(plan, pieces, text, ts)

    def _time(self, plan: Plan, text: str) -> float | None:
        if not plan.timed:
            return self._ts
        return self._clock.read(text, full=plan.stamped)

    # -- records

    def _record(self, plan: Plan, pieces: list[str], text: str, ts: float | None) -> None:
        if plan.others:
            plan = max((plan, *plan.others), key=self._headed)
        counters = read_counters(plan, pieces)
        if counters is None:
            return
        rank = counters.pop("rank", 0)
        rule = plan.rule
        values = read_items(plan.items, pieces)
        if rule is not None and rule.header:
            values = self._table_row(plan, pieces)
            if not values:
                return
        if rule is not None and rule.lasting and counters.get("iter") != counters.get("iters"):
            return
        first = rule.epochs_from if rule is not None else None
        by_epoch = rule is not None and rule.by_epoch
        where = self._track.where(
            plan.told, {} if rule and rule.lasting else counters, first=first, by_epoch=by_epoch
        )
        if not rank and not (rule and rule.lasting):
            passing = self._track.epoch if by_epoch and "epoch" not in counters else None
            self._tell_progress(counters, where, ts, passing)
        if not values:
            if rule is not None and rule.block:
                self._block = [plan.told, where.step, where.basis, ts]
            return
        if rule is None and not counters:
            self._results(values, text, ts)
        if where.basis == "order" and not where.own:
            if rule is not None and rule.beside:
                self._lent = [
                    [[name, _plain(value)] for name, value, _ in values],
                    plan.told,
                    self._segment.line,
                    self._segment.offset,
                    ts,
                    rank,
                    self._track.drawn(),
                ]
                return
            where = self._track.at_epoch()
        bar = f"{plan.told}|{counters.get('iters', 0)}" if plan.bar else ""
        full = bool(bar) and counters.get("iter") == counters.get("iters")
        # A name that comes in the middle of a file may be of two lines that were glued together.
        new = plan.told not in self._begun
        if new and rule is not None and len(self._begun) < _MAX_RULES:
            self._begun.append(plan.told)
        shape = 0 if rule is not None else crc32(text.translate(_NO_DIGITS).encode())
        plain = where.step if where.own and where.basis == "step" and not bar and not rank else None
        for name, value, likely in values:
            if plain is not None and self._gate.quick(name, value, plain):
                segment = self._segment
                self._samples.append(Sample(name, value, plain, segment.line, segment.offset, ts, plan.told))
                continue
            known = (likely or new) if rule is not None else (likely and plan.sure)
            self._offer(name, value, where, plan.told, ts, rank, known=known, bar=bar, full=full, shape=shape)

    def _results(self, values: list[tuple[str, float, bool]], text: str, ts: float | None) -> None:
        """Scores on a line of their own are results, until they come so often that they are a series."""
        for name, value, _ in values:
            if is_metric(name) and not self._gate.knows(name):
                self._tell(Fact("result", name, value, self._segment.line, self._segment.offset, ts))

    def _offer(
        self,
        name: str,
        value: float,
        where: Where,
        rule: str,
        ts: float | None,
        rank: int = 0,
        *,
        known: bool = True,
        bar: str = "",
        full: bool = False,
        shape: int = 0,
        line: int | None = None,
        offset: int | None = None,
    ) -> None:
        segment = self._segment
        sample = Sample(
            name,
            value,
            where.step,
            segment.line if line is None else line,
            segment.offset if offset is None else offset,
            ts,
            rule,
        )
        offered = Offered(
            sample, where.basis, self._track.epoch, where.own, rank, known, bar, full, segment.drawn, shape
        )
        self._samples.extend(self._gate.offer(offered))

    def _block_row(self, text: str) -> None:
        pieces = split(text)
        key = text if len(pieces) == 1 else "0".join(pieces[::2])
        plan = self._rows.get(key)
        if plan is None:
            plan = self._planner.row(pieces)
            if len(self._rows) >= _MAX_PLANS:
                self._rows.clear()
            self._rows[key] = plan
        if self._block is not None and plan is not NOTHING:
            rule, step, basis, ts = self._block
            where = Where(step, basis)
            for name, value, _ in read_items(plan.items, pieces):
                if (
                    step is not None or self._gate.last(name) != value
                ):  # a summary repeats what was told before
                    self._offer(name, value, where, rule, ts)

    def _headed(self, plan: Plan) -> int:
        """The last line of the table that a row would be of; 0 where there was no such table."""
        return int(self._tables.get(plan.told, (None, 0))[1])

    def _table_row(self, plan: Plan, pieces: list[str]) -> list[tuple[str, float, bool]]:
        """The values of a row, if it stands below its header and has as many columns."""
        rule = plan.rule
        table = self._tables.get(rule.name) if rule is not None else None
        if table is None or rule is None or plan.row is None:
            return []
        names, last = table
        if self._segment.line > last + _TABLE_ENDS:
            del self._tables[rule.name]
            return []
        table[1] = self._segment.line
        values = row_values(names, plan.row.read(pieces))
        return [
            (rule.names.get(name, rule.prefix + name), value, True)
            for name, value in values
            if name not in rule.skip and not is_counter(name)
        ]

    # -- bars

    def _bar(self, plan: Plan, pieces: list[str], ts: float | None) -> None:
        counters = read_counters(plan, pieces)
        if counters is None or plan.nested:
            return
        rank = counters.pop("rank", 0)
        values = read_items(plan.items, pieces)
        elapsed = seconds(plan.elapsed.read(pieces)) if plan.elapsed is not None else None
        where, main = self._track.bar(
            plan.desc, counters, counts=bool(values), first=plan.first, elapsed=elapsed or 0.0
        )
        if main and not rank:
            inner = bool(values) and "epoch" not in counters and self._track.epoch is not None
            self._tell_bar(counters, where, ts, inner=inner)
        new = plan.told not in self._begun
        if new and values and len(self._begun) < _MAX_RULES:
            self._begun.append(plan.told)
        sure = "epoch" in counters or plan.sure
        full = counters["iter"] == counters["iters"]
        for name, value, likely in values:
            known = sure and (likely or new)
            self._offer(name, value, where, plan.told, ts, rank, known=known, bar="bar", full=full)

    def _return_lent(self, bar: tuple[Plan, list[str], float | None] | None) -> None:
        """Give the record that waits, if one does, the step of the bar beside it, which may have come just now."""
        if self._lent is None:
            if bar is not None:
                self._bar(*bar)
            return
        values, rule, line, offset, ts, rank, above = self._lent
        self._lent = None
        if bar is not None:
            self._bar(*bar)
        held_out = any(_HELD_OUT.search(name) for name, _ in values)
        where, other = self._track.beside(above, held_out=held_out)
        if self._gate.takes(values, where.step):
            where = UNKNOWN if self._gate.takes(values, other.step) else other
        for name, value in values:
            self._offer(name, float(value), where, rule, ts, rank, line=line, offset=offset)

    # -- JSON

    def _json(self, text: str) -> str:
        """What is left to read: the text itself, of a JSON object the message in it, or nothing."""
        stripped = text.strip()
        if "json" in self._rules.off or stripped[-1] != "}":
            return text
        head, _, body = stripped.partition("{")
        if head and ('"' not in body[:3] or len(head) > _HEAD):
            return text
        record = json_record("{" + body)
        if record is None or (head and not record.sure):
            return text
        self._ts = record.ts if record.ts is not None or not head else self._clock.read(text, full=False)
        if record.message and not record.sure:
            return record.message.partition("\n")[0]
        self._return_lent(None)
        epoch = int(record.epoch) if record.epoch is not None and record.epoch == int(record.epoch) else None
        counters = {"step": record.step, "total": record.total, "epoch": epoch, "epochs": record.epochs}
        given = {name: value for name, value in counters.items() if value is not None}
        if record.step is None and epoch is None:
            where = UNKNOWN
        else:
            where = self._track.where("json", given, first=None, by_epoch=record.step is None)
            self._tell_progress(given, where, self._ts, record.epoch)
        shape = crc32(" ".join(name for name, _ in record.values).encode())
        for name, value in record.values:
            self._offer(name, value, where, "json", self._ts, known=record.sure, shape=shape)
        return ""

    # -- progress and facts

    def _tell_progress(
        self, counters: Mapping[str, int], where: Where, ts: float | None, part: float | None = None
    ) -> None:
        if not counters.keys() & {"total", "epochs", "iters"} and part is None:
            return
        counted = "epoch" in counters or part is not None
        epochs = counters.get("epochs", self._track.epochs if counted else None)
        total: float | None = counters.get("total")
        iters = counters.get("iters")
        if total is None and iters is not None and epochs is not None and where.basis == "step":
            total = iters * epochs
        step = where.step if where.own and where.basis == "step" else None
        if total is None and iters is not None and self._track.epoch is None and step is not None:
            total = iters if step <= iters else None
        epoch = part if part is not None else counters.get("epoch")
        self._see(step, total, epoch, epochs, ts)

    def _tell_bar(self, counters: Mapping[str, int], where: Where, ts: float | None, *, inner: bool) -> None:
        total: float | None = counters["iters"]
        epoch, epochs = counters.get("epoch"), counters.get("epochs")
        if inner:  # below a line that tells the epoch
            epoch, epochs = self._track.epoch, self._track.epochs
        if epoch is not None:
            total = counters["iters"] * epochs if epochs is not None else None
        self._see(where.step, total, epoch, epochs, ts)

    def _see(
        self,
        step: float | None,
        total: float | None,
        epoch: float | None,
        epochs: float | None,
        ts: float | None,
    ) -> None:
        self._progress = ProgressSeen(
            step, total, epoch, epochs, self._segment.line, self._segment.offset, ts
        )

    def _fact(self, spot: FactSpot, pieces: list[str], text: str, ts: float | None) -> None:
        if spot.kind == "complaint":
            complaint = telling.complaint(text)
            if complaint is not None:
                kind, name, message = complaint
                self._tell(Fact(kind, name, message, self._segment.line, self._segment.offset, ts))
            return
        name = spot.name if isinstance(spot.name, str) else telling.shown(spot.name.read(pieces))
        value = telling.value_of(spot.kind, spot.value.read(pieces))
        if value is not None:
            self._tell(Fact(spot.kind, name, value, self._segment.line, self._segment.offset, ts))

    def _tell(self, fact: Fact) -> None:
        count = self._counts[fact.kind] = self._counts.get(fact.kind, 0) + 1
        if count <= telling.MOST:
            self._facts.append(fact)
        else:
            self._late[fact.kind] = [fact.name, fact.value, fact.line, fact.offset, fact.ts]

    def _in_trace(self, text: str) -> bool:
        """Whether the line belongs to the traceback that has begun; its last one tells the exception."""
        self._trace += 1
        found = telling.traceback_line(text)
        if found is True and self._trace <= _MAX_TRACE:
            return True
        self._trace = 0
        if isinstance(found, bool):
            return False
        ts = self._clock.read(text, full=False)
        self._tell(Fact("error", found[0], found[1], self._segment.line, self._segment.offset, ts))
        return True


_NO_DIGITS = dict.fromkeys(range(ord("0"), ord("9") + 1))


def _plain(value: float) -> float | str:
    return value if value - value == 0 else str(value)
