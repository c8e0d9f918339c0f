"""Fills one template in a process of its own, whose time, memory and output are bounded by the kernel.

A template is a small program, and a workspace may come from somebody else: Jinja2's sandbox keeps it from the
machine, but not from running for ever or from asking for all the memory. ``python -m mlws_tui.services.rendering``
takes the request on stdin and answers on stdout, both as JSON.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

#: Seconds of processor time until it is told to stop; one more, and the kernel stops it.
_SECONDS = 2
#: Bytes of memory beyond those that the interpreter has already.
_MEMORY = 256 * 1024 * 1024
#: More characters than this are no page that a person goes on to write.
_LONGEST = 1_000_000


class _TooMuchError(Exception):
    """The template does not come to an end within the bounds."""


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    _bound()
    json.dump(_answer(request["folders"], request["name"], request["context"]), sys.stdout)


def _bound() -> None:
    signal.signal(signal.SIGXCPU, _stop)
    seconds = int(time.process_time()) + _SECONDS
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    memory = pages * resource.getpagesize() + _MEMORY
    _limit(resource.RLIMIT_CPU, seconds, seconds + 1)
    _limit(resource.RLIMIT_AS, memory, memory)
    _limit(resource.RLIMIT_FSIZE, 0, 0)
    _limit(resource.RLIMIT_CORE, 0, 0)


def _limit(kind: int, soft: int, hard: int) -> None:
    """Set a limit, or keep the lower one that the person or the server has set."""
    allowed = resource.getrlimit(kind)[1]
    if allowed != resource.RLIM_INFINITY:
        soft, hard = min(soft, allowed), min(hard, allowed)
    resource.setrlimit(kind, (soft, hard))


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _TooMuchError("this takes too long")


def _answer(folders: list[str], name: str, context: dict[str, Any]) -> dict[str, Any]:
    """``text``; else ``missing``, a template that there is not; else ``problem`` with its ``file`` and ``line``."""
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    try:
        return {"text": _joined(environment.get_template(name).generate(context))}
    except TemplateNotFound as error:
        return {"missing": str(error.name or name)}
    except TemplateSyntaxError as error:
        return _problem(str(error.message), error.filename, error.lineno)
    except MemoryError as error:
        return _problem("this needs too much memory", *_place(error, folders))
    except RecursionError as error:
        return _problem("this is nested too deep, or calls itself", *_place(error, folders))
    except (TemplateError, _TooMuchError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        return _problem(str(error) or type(error).__name__, *_place(error, folders))
    except (AttributeError, SyntaxError, OSError) as error:
        return _problem(str(error), *_place(error, folders))


def _joined(pieces: Iterable[str]) -> str:
    kept: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > _LONGEST:
            raise _TooMuchError(f"this makes more than {_LONGEST:,} characters")
        kept.append(piece)
    return "".join(kept)


def _problem(what: str, file: str | None, line: int | None) -> dict[str, Any]:
    return {"problem": what, "file": file, "line": line}


def _place(error: BaseException, folders: list[str]) -> tuple[str | None, int | None]:
    """The innermost line of a template that the error passed through."""
    place: tuple[str | None, int | None] = (None, None)
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(tuple(f"{folder}/" for folder in folders)):
            place = file, trace.tb_lineno
        trace = trace.tb_next
    return place


if __name__ == "__main__":
    main()
