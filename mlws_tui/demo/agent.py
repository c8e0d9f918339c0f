"""An agent that answers questions about the workspace by calling tools: the demo's agent run.

It thinks by rules, not by a model; its tool calls, their failures and the retries are real, and each is recorded.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import mlws_tui as mlws
from mlws_tui.demo.tools import Toolbox

_ATTEMPTS = 4


class Agent:
    """Answers questions and records every interaction, tool call and retry in its run.

    Args:
        run: Where they are recorded.
        toolbox: What it can do.
        pause: Seconds before it tries again what failed.

    Attributes:
        training_log: Where the training's log lies, once it was found.
    """

    def __init__(self, run: mlws.Run, toolbox: Toolbox, pause: float) -> None:
        self._run = run
        self._toolbox = toolbox
        self._pause = pause
        self._calls = 0
        self._retries = 0
        self.training_log: str | None = None

    def ask(self, question: str, plan: Callable[[Agent], str]) -> str:
        """Answer a question by following a plan; a plan that fails for good is an answer too."""
        print(f"Question: {question}")
        with self._run.interaction(question) as asked:
            try:
                answer = plan(self)
            except (OSError, ValueError) as error:
                answer = f"I could not find out: {error}"
            asked.answer = answer
        print(f"Answer: {answer}")
        self._calls += asked.tool_calls
        self._run.log({"latency": asked.latency, "tool_calls": self._calls, "retries": self._retries})
        return answer

    def call(self, tool: str, **arguments: Any) -> Any:
        """Call a tool, with some more attempts where it fails.

        Raises:
            OSError: if the last attempt failed on the file system.
            ValueError: if the last attempt found nothing.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._once(tool, arguments)
            except (OSError, ValueError) as error:
                if attempt == _ATTEMPTS or isinstance(error, FileNotFoundError):
                    raise
                self.note_retry(tool, attempt, error, self._pause)
                time.sleep(self._pause)
        raise AssertionError("the last attempt returns or raises")

    def note_retry(self, tool: str, attempt: int, error: Exception, wait: float | None = None) -> None:
        """Record that an attempt failed and another way or another time is tried, after so many seconds."""
        self._retries += 1
        print(f"Retry: {tool} failed, attempt {attempt}: {error}")
        self._run.retry(tool, error, attempt=attempt, wait=wait)

    def _once(self, tool: str, arguments: dict[str, Any]) -> Any:
        call = self._run.tool(tool, **arguments)
        try:
            with call:
                call.output = self._toolbox.tools[tool](**arguments)
        finally:
            outcome = call.error or "ok"
            print(f"Tool call: {tool} {json.dumps(arguments)} -> {outcome} in {call.latency * 1000:.1f} ms")
        return call.output


def newest_log(agent: Agent) -> str:
    """The log of the training run: first by the name that many programs use, then by looking."""
    if agent.training_log is None:
        usual = "logs/training/latest.log"
        try:
            agent.call("read_log", path=usual, lines=1)
            agent.training_log = usual
        except FileNotFoundError as error:
            agent.note_retry("read_log", 1, error)
            names = [name for name in agent.call("list_files", folder="logs/training") if "char-lm" in name]
            if not names:
                raise ValueError("there is no log of the training yet") from None
            agent.training_log = f"logs/training/{names[-1]}"
    return agent.training_log


def about_loss(agent: Agent) -> str:
    """How the training goes."""
    figures = agent.call("loss_statistics", path=newest_log(agent))
    return f"the loss went from {figures['first']:.3f} to {figures['last']:.3f} over {figures['count']} lines"


def about_failures(agent: Agent) -> str:
    """What failed, and why."""
    for name in agent.call("list_files", folder="logs/training"):
        error = agent.call("find_error", path=f"logs/training/{name}")
        if error is not None:
            return f"{name} failed: {error}"
    return "nothing failed so far"


def about_disk(agent: Agent) -> str:
    """How much the runs have written."""
    sizes = {folder: agent.call("disk_use", folder=folder) for folder in ("logs", "checkpoints")}
    return ", ".join(f"{folder} hold {size / 1000:.1f} kB" for folder, size in sizes.items())


QUESTIONS: tuple[tuple[str, Callable[[Agent], str]], ...] = (
    ("How does the training go?", about_loss),
    ("Did anything fail, and why?", about_failures),
    ("How much have the runs written to disk?", about_disk),
)


def main(args: Sequence[str] | None = None) -> None:
    """Ask the questions again and again, as the command line says."""
    parser = argparse.ArgumentParser(description="An agent that answers questions about a workspace.")
    parser.add_argument("--rounds", type=int, default=4, help="how often to ask the questions")
    parser.add_argument("--pause", type=float, default=5.0, help="seconds between two questions")
    given = parser.parse_args(args)
    root = Path(os.environ.get("MLWS_WORKSPACE") or Path.cwd())
    with mlws.run(
        "workspace-agent", kind="agents", experiment="demo", config={"rounds": given.rounds}
    ) as run:
        agent = Agent(run, Toolbox(root), pause=max(0.05, given.pause / 5))
        total = given.rounds * len(QUESTIONS)
        for number in range(total):
            question, plan = QUESTIONS[number % len(QUESTIONS)]
            agent.ask(question, plan)
            run.progress(number + 1, total)
            time.sleep(max(0.0, given.pause))


if __name__ == "__main__":
    main()
