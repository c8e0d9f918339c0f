"""Where in its training a program is, as its lines and bars tell it one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

#: How a step came about: from the line or a bar, from the epoch, or not at all.
Basis = Literal["step", "epoch", "order"]
#: A bar that was not drawn beside so many records is no longer theirs.
_STALE = 3
_MOST = 16
#: Whoever writes beside a bar draws it again at once: a bar that is so much later, in seconds, is not that one.
_AT_ONCE = 1


@dataclass(frozen=True, slots=True)
class Where:
    """The step of a line's values, and how it came about. ``own`` is False where it is not from the line itself."""

    step: float | None
    basis: Basis
    own: bool = True


UNKNOWN = Where(None, "order", False)


class Track:
    """Turns the counters of lines into steps."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self.epoch: int | None = state.get("epoch")
        self.epochs: int | None = state.get("epochs")
        self.step: int | None = state.get("step")
        self._first: dict[str, int] = dict(state.get("first", {}))
        # rule: last epoch, last count, what is added, whether the count goes on from epoch to epoch
        self._counts: dict[str, list[int]] = {
            key: list(value) for key, value in state.get("counts", {}).items()
        }
        # bar: its step, whether it is full, its seconds
        self._bars: dict[str, list[float]] = {
            key: list(value) for key, value in state.get("bars", {}).items()
        }
        self._main: str = state.get("main", "")
        self._last: str = state.get("last", "")
        self._stale: int = state.get("stale", 0)

    def state(self) -> dict[str, Any]:
        """What a later track goes on with."""
        return {
            "epoch": self.epoch,
            "epochs": self.epochs,
            "step": self.step,
            "first": dict(self._first),
            "counts": {key: list(value) for key, value in self._counts.items()},
            "bars": {key: list(value) for key, value in self._bars.items()},
            "main": self._main,
            "last": self._last,
            "stale": self._stale,
        }

    def where(self, rule: str, counters: Mapping[str, int], *, first: int | None, by_epoch: bool) -> Where:
        """The step of a line with these counters.

        Args:
            rule: Name of the rule, which counts on its own.
            counters: What the line counts.
            first: Number of the first epoch, where the rule knows it.
            by_epoch: Whether the epoch is the step, whatever the line counts.
        """
        epoch = counters.get("epoch", self.epoch)
        if "epoch" in counters:
            self._begin_epoch(counters["epoch"], counters.get("epochs"))
        if by_epoch:
            return UNKNOWN if epoch is None else Where(epoch, "epoch")
        if "step" in counters:
            self.step = counters["step"]
            return Where(self.step, "step")
        if "iter" in counters:
            self.step = self._counted(rule, epoch, counters["iter"], counters.get("iters"), first)
            return Where(self.step, "step")
        if "item" in counters:
            return Where(counters["item"], "step")
        if "epoch" in counters:
            return Where(epoch, "epoch") if self.step is None else Where(self.step, "step", False)
        return UNKNOWN

    def at_epoch(self) -> Where:
        """The step of a value whose line tells none: how far the training is, else in which epoch."""
        if self.step is not None:
            return Where(self.step, "step", False)
        return UNKNOWN if self.epoch is None else Where(self.epoch, "epoch", False)

    def bar(
        self, desc: str, counters: Mapping[str, int], *, counts: bool, first: int | None, elapsed: float = 0.0
    ) -> tuple[Where, bool]:
        """A bar was drawn: the step it tells, and whether it is the bar of the training as a whole.

        Args:
            desc: What stands before it.
            counters: ``iter``, ``iters`` and perhaps an epoch.
            counts: Whether it holds metrics itself; one that does and begins anew is in its next epoch.
            first: Number of the first epoch, where the bar tells it.
            elapsed: Seconds that it says it runs.
        """
        done, total = counters["iter"], counters["iters"]
        if "epoch" in counters:
            self._begin_epoch(counters["epoch"], counters.get("epochs"))
            step = self._counted("bar", counters["epoch"], done, total, first)
            key = "epoch"
        elif counts and total > 1:
            step = self._counted("bar", self.epoch, done, total, first)
            key = f"{desc[:60]}|{total}"
        else:
            step = done
            key = f"{desc[:60]}|{total}"
        if counts or key == "epoch":
            self.step = step
        if key not in self._bars and len(self._bars) >= _MOST:
            self._bars.pop(next(name for name in self._bars if name != self._main))
        self._bars[key] = [step, int(done >= total), elapsed]
        self._last = key
        if key == self._main:
            self._stale = 0
        main = self._bars.get(self._main)
        return Where(step, "step"), main is None or key in (self._main, "epoch")

    def drawn(self) -> dict[str, Any]:
        """The bars as they are drawn above a record, for `beside`."""
        keys = {self._main, self._last} & self._bars.keys()
        return {"last": self._last, "bars": {key: list(self._bars[key]) for key in sorted(keys)}}

    def beside(self, above: Mapping[str, Any], *, held_out: bool) -> tuple[Where, Where]:
        """The step of a record that tells none, from the bars beside it; and the next best.

        The bar behind the record, which may have been drawn meanwhile, is of its moment if it is no later than the
        one above it; else the one above is.

        Args:
            above: What `drawn` gave at the record.
            held_out: Whether it is of an evaluation, whose own bar is not the one of the training.
        """
        main = self._bars.get(self._main)
        near = self._last
        if near != self._main and (bar := above["bars"].get(above["last"])) and not bar[1]:
            near = above["last"]
        if not held_out and near in self._bars and near != self._main and above["last"] != self._main:
            self._stale += 1
            if main is None or main[1] == 1 or self._stale >= _STALE:
                self._main, self._stale = near, 0
                main = self._bars[self._main]
        if main is None:
            return UNKNOWN, UNKNOWN
        behind = Where(main[0], "step", False)
        before = above["bars"].get(self._main)
        if before is None or before[0] == main[0]:
            return behind, UNKNOWN
        if 0 <= main[2] - before[2] <= _AT_ONCE:
            return behind, UNKNOWN
        return Where(before[0], "step", False), behind

    def _begin_epoch(self, epoch: int, epochs: int | None) -> None:
        self.epoch = epoch
        if epochs is not None:
            self.epochs = epochs

    def _counted(self, rule: str, epoch: int | None, count: int, of: int | None, first: int | None) -> int:
        """The global step of the ``count`` of an epoch."""
        last = self._counts.pop(rule, None)
        if len(self._counts) >= _MOST:
            self._counts.pop(next(iter(self._counts)))
        base, goes_on = (last[2], last[3]) if last else (0, 0)
        number = epoch if epoch is not None else 0
        if (
            last is not None
            and number > last[0]
            and count > last[1]
            and (of is None or number - last[0] == 1)
        ):
            # An epoch later and the count went on: it is a count of the whole training, or the first line is late.
            goes_on = int(of is None or (last[1] < of * 0.98 and count > of * 0.02 + last[1]))
        elif last is not None and count < last[1]:
            goes_on = 0
        if of is None:
            if last is not None and number > last[0] and count < last[1]:
                base += last[1]
            elif last is not None and number < last[0]:
                base = 0
            step = base + count
        elif epoch is None:
            if last is not None and count < last[1]:
                base += of
            step = base + count
        else:
            begin = first if first is not None else self._first_epoch(rule, epoch)
            step = count if goes_on else max(epoch - begin, 0) * of + count
        self._counts[rule] = [number, count, base, goes_on]
        return step

    def _first_epoch(self, rule: str, epoch: int) -> int:
        known = self._first.get(rule)
        if known is None or epoch < known:
            if known is None and len(self._first) >= _MOST:
                self._first.clear()
            self._first[rule] = known = 0 if epoch == 0 else 1
        return known
