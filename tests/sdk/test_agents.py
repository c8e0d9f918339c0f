"""What an agent's run gets by the helpers that time and record."""

from __future__ import annotations

from typing import Any

from mlws_tui.config.workspace import Workspace
from tests.sdk.scripts import of_type, only_stream, run


def events(workspace: Workspace, script: str) -> list[tuple[str, dict[str, Any]]]:
    """Name and data of what a script records, with `r` as its run; every latency is taken out and is a time."""
    code, _, err = run(
        workspace.root, "import asyncio, mlws_tui as m\nr = m.run('a', kind='agents')\n" + script
    )
    assert (code, err) == (0, "")
    found = [(record["name"], record["data"]) for record in of_type(only_stream(workspace.root), "event")]
    for name, data in found:
        assert name in ("retry", "tokens") or 0 <= data.pop("latency") < 60
    return found


def test_what_happens_in_an_interaction_counts_into_it(workspace: Workspace) -> None:
    found = events(
        workspace,
        """
with r.interaction("how many?", model="llama") as asked:
    with r.tool("count", of="apples", name="x") as call:
        call.output = {"count": 3}
    r.retry("count", ValueError("busy"), attempt=1, wait=0.5)
    with r.tool("count", of="pears"):
        pass
    r.tokens(120, 30)
    r.tokens(input=10, output=1, model="small")
    asked.answer = "three"
with r.tool("alone"):
    pass
""",
    )
    assert found == [
        (
            "tool_call",
            {"tool": "count", "arguments": {"of": "apples", "name": "x"}, "output": {"count": 3}, "ok": True},
        ),
        ("retry", {"tool": "count", "attempt": 1, "error": "ValueError: busy", "wait": 0.5}),
        ("tool_call", {"tool": "count", "arguments": {"of": "pears"}, "ok": True}),
        ("tokens", {"input": 120, "output": 30, "total": 150}),
        ("tokens", {"input": 10, "output": 1, "total": 11, "model": "small"}),
        (
            "interaction",
            {
                "question": "how many?",
                "answer": "three",
                "model": "llama",
                "ok": True,
                "tool_calls": 2,
                "retries": 1,
                "input_tokens": 130,
                "output_tokens": 31,
            },
        ),
        ("tool_call", {"tool": "alone", "arguments": {}, "ok": True}),
    ]


def test_an_exception_is_recorded_and_goes_on(workspace: Workspace) -> None:
    found = events(
        workspace,
        """
class Odd(Exception):
    def __str__(self): raise RuntimeError
for error in (KeyError("gone"), Odd(), KeyboardInterrupt()):
    try:
        with r.interaction("q"):
            with r.tool("t"):
                raise error
    except BaseException as caught:
        assert caught is error
with r.tool("t") as call:
    call.ok, call.error = False, "no such page"
""",
    )
    told = ["KeyError: 'gone'"] * 2 + ["Odd"] * 2 + ["KeyboardInterrupt"] * 2 + ["no such page"]
    assert [data["error"] for _, data in found] == told
    assert [data["ok"] for _, data in found] == [False] * 7
    assert [data["tool_calls"] for name, data in found if name == "interaction"] == [1, 1, 1]


def test_concurrent_interactions_keep_their_own_counts(workspace: Workspace) -> None:
    found = events(
        workspace,
        """
async def tool():
    async with r.tool("fetch"):
        await asyncio.sleep(0)
async def ask(question, calls):
    async with r.interaction(question) as asked:
        await asyncio.gather(*(tool() for _ in range(calls)))
        r.tokens(calls, 0)
        asked.answer = calls
async def main():
    await asyncio.gather(ask("one", 1), ask("three", 3))
    async with r.tool("after"):
        pass
asyncio.run(main())
""",
    )
    counts = {
        data["question"]: (data["tool_calls"], data["input_tokens"])
        for name, data in found
        if name == "interaction"
    }
    assert counts == {"one": (1, 1), "three": (3, 3)}
    assert [name for name, _ in found].count("tool_call") == 5


def test_of_what_is_long_the_beginning_is_recorded(workspace: Workspace) -> None:
    found = events(
        workspace,
        """
with r.interaction("q" * 30_000) as asked:
    with r.tool("read", path="a" * 25_000) as call:
        call.output = ["line"] * 10_000
    asked.answer = object
""",
    )
    (_, call), (_, asked) = found
    assert len(asked["question"]) < 20_100 and asked["question"].endswith("(10000 characters left out)")
    assert call["arguments"]["path"].endswith("(5000 characters left out)")
    assert call["output"].startswith('["line","line"') and len(call["output"]) < 20_100
    assert asked["answer"] == "<class 'object'>"


def test_calls_that_make_no_sense_do_not_stop_the_agent(workspace: Workspace) -> None:
    script = "r.tokens('many', None)\nr.retry(None)\nr.finish()\nwith r.interaction(1):\n    r.tool(3).__enter__()\n"
    code, _, err = run(workspace.root, "import mlws_tui as m\nr = m.run('a')\n" + script)
    assert code == 0 and "after the end of run" in err and "Traceback" not in err
