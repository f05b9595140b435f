"""The way in: ``debtflow`` and ``python -m debtflow_tui``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from debtflow_tui.cli.run import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
