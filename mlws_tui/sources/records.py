"""The records of a log: mostly a line each; a traceback with the error line above it is one."""

from __future__ import annotations

from collections.abc import Iterator

from mlws_tui.domain.levels import Grouper, begins_record
from mlws_tui.sources.lines import Found
from mlws_tui.sources.stretch import Source, text_of, whole_until

_LONGEST = 2_000  # lines of a record; what is longer is no traceback
_AT_ONCE = 50


def records_from(source: Source, offset: int) -> Iterator[list[Found]]:
    """The records from a place on at which one begins.

    Args:
        source: Part of a log.
        offset: As `record_start` gives it.
    """
    grouper = Grouper()
    record: list[Found] = []
    blank: list[Found] = []
    for line in _lines_from(source, offset):
        joins = grouper.take(text_of(line.data))
        if joins is None:
            blank.append(line)
            continue
        if joins and len(record) < _LONGEST:
            record += [*blank, line]
        else:
            if record:
                yield record
            yield from ([one] for one in blank)
            record = [line]
        blank = []
    if record:
        yield record
    yield from ([one] for one in blank)


def record_of(source: Source, offset: int) -> list[Found]:
    """The record that the line at the offset belongs to; empty where there is no line."""
    for record in records_from(source, record_start(source, offset)):
        if record[-1].end > offset:
            return record
    return []


def record_start(source: Source, offset: int) -> int:
    """A place at or before the offset, as near as it can be told, at which a record begins for certain."""
    count = 4
    while True:
        lines = source.reader.before(offset, count)
        texts = [text_of(line.data) for line in lines]
        for i in range(len(lines) - 1, 0, -1):
            if begins_record(texts[i], texts[i - 1]):
                return lines[i].start
        if len(lines) < count or count > _LONGEST:
            return lines[0].start if lines else offset
        count *= 4


def settled(source: Source) -> int:
    """Up to where no line that comes can change the records: before the last one, where that may still grow."""
    end = whole_until(source)  # what an unfinished line will be is not known yet
    grouper = Grouper()
    begun = end
    for line in _lines_from(source, record_start(source, end)):
        if line.start >= end:
            break
        if grouper.take(text_of(line.data)) is False:
            begun = line.start
    return begun if grouper.open else end


def goes_on(source: Source, offset: int) -> bool:
    """Whether the line at the offset may belong to the record of the line before it."""
    grouper = Grouper()
    for line in _lines_from(source, record_start(source, offset)):
        if line.start >= offset:
            break
        grouper.take(text_of(line.data))
    return grouper.open


def _lines_from(source: Source, offset: int) -> Iterator[Found]:
    while lines := source.reader.after(offset, _AT_ONCE):
        yield from lines
        offset = lines[-1].end
