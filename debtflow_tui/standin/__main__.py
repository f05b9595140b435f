"""``python -m debtflow_tui.standin``: the stand-in as a process; its first line on stdout says where it is."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from debtflow_tui.embedded.process import running_pid
from debtflow_tui.standin.server import StandIn
from services.errors import DebtFlowError


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; gives the exit code."""
    parser = ArgumentParser(prog="python -m debtflow_tui.standin", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="an address of this machine alone")
    parser.add_argument("--state", type=Path, help="a file that keeps what happened")
    parser.add_argument("--settles-after", type=int, help="seconds until bank debits and refunds come out")
    parser.add_argument("--webhooks", metavar="URL", help="where events go, on this machine")
    parser.add_argument("--secret", default="whsec_standin", help="what webhooks are signed with")
    parser.add_argument("--lives-with", type=Path, metavar="FOLDER", help="ends with the server of these data")
    given = parser.parse_args(arguments)
    try:
        server = StandIn(given.port, host=given.host, state=given.state, settles_after=given.settles_after)
    except DebtFlowError as error:
        sys.stderr.write(f"{error.message}\n")
        return error.exit_code
    with server:
        if given.webhooks:
            server.listen(given.webhooks, given.secret)
        sys.stdout.write(json.dumps({"url": server.url, "key": server.key}) + "\n")
        sys.stdout.flush()
        try:
            while not server.ended(1.0) and (given.lives_with is None or running_pid(given.lives_with)):
                pass
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
