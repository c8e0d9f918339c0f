"""The chart of runs on a screen: what it draws, and what its keys do."""

from __future__ import annotations

from mlws_tui.config.workspace import Workspace
from tests.charts.kit import A, B, seated, two_runs
from tests.runs.kit import HOSTILE, alive, begun, metrics, record

LIVE = "20241023-090000-live"


async def test_two_runs_in_one_chart_and_the_keys_of_it(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, [A, B], 90, 16) as seat:
        text = await seat.see("a lr1e-4 loss 0.120")
        assert "b lr3e-4 loss 0.110" in text and "d lr3e-4 val/loss 0.210" in text
        assert "loss, val/loss · metric 1 of 5 · EMA light" in text and "◆" in text and "!" in text
        await seat.press("e", "x")
        await seat.see(lambda text: "EMA strong" in text and text.split("\n")[-1].strip().startswith("epoch"))
        await seat.press("X", "y")
        await seat.see("log x · log y · EMA strong")
        await seat.press("M")
        await seat.see("system/cpu · metric 5 of 5")


async def test_of_three_runs_one_metric_is_drawn_at_a_time(workspace: Workspace) -> None:
    two_runs(workspace)
    record(workspace, LIVE, begun(LIVE, 100.0, name="other"), metrics(1, 101.0, loss=3.0))
    async with seated(workspace, [A, B, LIVE], 100, 12) as seat:
        text = await seat.see("c other 3")
        assert "loss · one metric at a time · metric 1 of " in text and "val/loss" not in text
        await seat.press("m")
        text = await seat.see("a llama-lr1e-4 0.220")
        assert "val/loss · one metric at a time · metric 2 of " in text and "other" not in text


async def test_zoom_follows_the_end_and_pans(workspace: Workspace) -> None:
    record(
        workspace,
        LIVE,
        begun(LIVE, 100.0, **alive()),
        *(metrics(i, 100.0 + i, loss=i / 100) for i in range(1, 101)),
    )
    async with seated(workspace, [LIVE], 80, 12) as seat:
        await seat.see("━ loss 1 ")
        await seat.press("plus")
        await seat.see(lambda text: "zoomed, follows" in text and "100" in text.split("\n")[-1])
        record(workspace, LIVE, *(metrics(i, 100.0 + i, loss=i / 100) for i in range(101, 151)))
        await seat.came()
        await seat.see(lambda text: "150" in text.split("\n")[-1] and " 60 " not in text.split("\n")[-1])
        await seat.press("less_than_sign")
        await seat.see(lambda text: "zoomed ─" in text and "150" not in text.split("\n")[-1])
        await seat.press("0")
        await seat.see(lambda text: "zoomed" not in text)


async def test_a_metric_is_found_by_its_name_and_the_chart_is_exported(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, [A], 80, 20) as seat:
        await seat.see("a loss 0.120")
        await seat.press("full_stop", "*", "u", "enter")
        await seat.see("━ cpu 19")
        await seat.press("P", "enter")
        picture = workspace.root / "charts" / "system-cpu-of-llama-lr1e-4.svg"
        await seat.see(lambda _: picture.is_file())
        await seat.press("P", *["down"] * 3, "enter")
        await seat.see(lambda _: any("copied 21 lines" in told.message for told in seat.app._notifications))


async def test_hostile_names_harm_nothing(workspace: Workspace) -> None:
    record(
        workspace,
        LIVE,
        begun(LIVE, 100.0, name=HOSTILE, **alive()),
        metrics(1, 101.0, **{f"loss{HOSTILE}": 1.0, "[b]x[/b]": 2}),
        {"type": "alert", "ts": 101.0, "title": HOSTILE},
    )
    async with seated(workspace, [LIVE], 80, 16) as seat:
        text = await seat.see("[b]x[/b]")
        await seat.press("m")
        text += await seat.see("␛]52")
        await seat.press("c")
        text += await seat.see("! evil␛]52")
        await seat.press("full_stop")
        text += await seat.see("[b]x[/b]")
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in text.replace("\n", ""))
