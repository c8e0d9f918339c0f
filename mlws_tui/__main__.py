"""``python -m mlws_tui`` is ``mlws-tui``."""

from __future__ import annotations

import sys

from mlws_tui.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
