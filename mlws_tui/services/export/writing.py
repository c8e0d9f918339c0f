"""Batches on their way into a file: read here, written in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import BinaryIO, ParamSpec, TypeVar

from mlws_tui.services.export.formats import FORMATS, TableWriter
from mlws_tui.services.export.tables import Column, Row

P = ParamSpec("P")
T = TypeVar("T")


async def write_table(
    file: BinaryIO,
    format: str,  # noqa: A002 - the word that everybody uses
    columns: Sequence[Column],
    batches: AsyncGenerator[Sequence[Row], None],
    tell: Callable[[int], None],
) -> int:
    """Write a table into the file; how many rows it got. The file is neither flushed nor closed.

    Args:
        file: Open for writing.
        format: One of FORMATS.
        columns: What a row holds.
        batches: The rows.
        tell: Hears how many are written, after each batch.

    Raises:
        OSError: if the file cannot be written.
        StoreError: if the rows cannot be read.
    """
    writer: TableWriter | None = None
    rows = 0
    try:
        writer = await in_thread(FORMATS[format], file, columns)
        async with aclosing(batches):
            async for batch in batches:
                await in_thread(writer.write, batch)
                rows += len(batch)
                tell(rows)
        await in_thread(writer.close)
        writer = None
    finally:
        if writer is not None:
            await in_thread(writer.abort)
    return rows


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run it in a thread; who is cancelled waits for its end, so that nobody tidies up under its hands."""
    job = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        await asyncio.wait({job})
        if not job.cancelled():
            job.exception()  # nobody's any more
        raise
