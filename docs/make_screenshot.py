"""Makes docs/screenshot.svg from the real app: the demo trains, the app looks on, its screen is saved.

python docs/make_screenshot.py [--seconds 75] [--size 120x40] [--theme NAME] [OUT.svg]
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
from pathlib import Path

from mlws_tui.config.load import load_settings
from mlws_tui.config.resources import theme_folders
from mlws_tui.services.demo import Demo, Pace
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.app import MlwsApp, Opened
from mlws_tui.ui.themes import load_themes

HERE = Path(__file__).resolve().parent
_WEB_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


async def photograph(demo: Demo, seconds: float, size: tuple[int, int], theme: str) -> str:
    """The app's screen as SVG after so many seconds of training."""
    settings, _ = load_settings(demo.workspace)
    themes, _ = load_themes(theme_folders(demo.workspace))

    async def open_bench() -> Opened:
        return Opened(await Workbench.open(demo.workspace, settings))

    app = MlwsApp(open_bench, themes=themes, theme=theme or settings.theme)
    try:
        async with app.run_test(size=size) as pilot:
            await asyncio.sleep(seconds)
            await pilot.pause()
            # Fonts from the net have no place in a repository; the reader's own monospace serves.
            return _WEB_FONT.sub("", app.export_screenshot(title="mlws-tui"))
    finally:
        await app.shut_down()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", nargs="?", type=Path, default=HERE / "screenshot.svg")
    parser.add_argument("--seconds", type=float, default=75)
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--theme", default="")
    options = parser.parse_args()
    columns, rows = map(int, options.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        demo = Demo(Path(folder, "ml-workspace"))
        try:
            demo.start(Pace(minutes=options.seconds / 60 * 1.6))
            svg = asyncio.run(photograph(demo, options.seconds, (columns, rows), options.theme))
        finally:
            demo.close()
    options.out.write_text(svg, encoding="utf-8")
    print(f"{options.out}: {len(svg)} characters")


if __name__ == "__main__":
    main()
