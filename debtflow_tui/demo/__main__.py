"""``python -m debtflow_tui.demo HOME URL``: the demo's worker and its door for webhooks, until its server is gone."""

import sys
from pathlib import Path

from debtflow_tui.demo.crew import main

sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
