"""The keeper's own process: ``python -m debtflow_tui.embedded FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from debtflow_tui.embedded import keeper

if __name__ == "__main__":
    keeper.run(Path(sys.argv[1]))
