"""``make bench``: every ratio in one table, and with ``--json FILE`` for scripts."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import auditing, cards, hooks, imports, keyed, lookup, paint, posting, seals, trail, transfers
from benchmarks.report import Row, save, table
from benchmarks.server import bench

SUBJECTS = ("posting", "batches", "cards", "webhooks", "audit", "seals", "transfers", "lookup", "pages",
            "imports", "paint")  # fmt: skip


def main() -> None:
    """Measure what is asked for; the whole takes about half an hour."""
    asked = _arguments()
    rows: list[Row] = []
    if "paint" in asked.only:
        rows += paint.measure()
    if {"posting", "batches", "cards", "webhooks", "audit", "seals"} & set(asked.only):
        rows += _money(asked)
    if "transfers" in asked.only:
        with bench(scale=1) as server:
            rows += transfers.measure(server, seconds=asked.seconds, rounds=asked.rounds)
    if "lookup" in asked.only:
        with bench(scale=1) as server:
            rows += lookup.measure(server, accounts=asked.accounts, questions=300)
    if "pages" in asked.only:
        with bench(scale=1) as server:
            rows += trail.measure(server, sizes=sorted({10_000, asked.pages}), questions=asked.questions)
    if "imports" in asked.only:
        with bench(scale=1) as server:
            rows += imports.measure(server, rows=asked.rows)
    print(table(rows))
    if asked.json:
        save(rows, asked.json)


def _money(asked: argparse.Namespace) -> list[Row]:
    """What is measured on the same accounts, in one server."""
    rows: list[Row] = []
    with bench(scale=50) as server:
        accounts = posting.furnish(server)
        if "posting" in asked.only:
            rows += posting.measure(server, accounts, seconds=asked.seconds, rounds=asked.rounds)
        mixed = [number for numbers in zip(*accounts, strict=True) for number in numbers]
        if "batches" in asked.only:
            rows += keyed.measure(server, mixed, seconds=asked.seconds, rounds=asked.rounds)
        if "cards" in asked.only:
            rows += cards.measure(
                server, mixed, seconds=asked.seconds, rounds=asked.rounds, instalments=asked.instalments
            )
        if "webhooks" in asked.only:
            rows += hooks.measure(server, mixed[::-1], seconds=asked.seconds, rounds=asked.rounds)
        if "audit" in asked.only:
            rows += auditing.measure(server, mixed, seconds=asked.seconds, rounds=asked.rounds)
        if "seals" in asked.only:
            rows += seals.measure(server, mixed, rows=asked.trail, seconds=asked.seconds, rounds=asked.rounds)
    return rows


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON as well")
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, default=SUBJECTS, help="measure only these")
    parser.add_argument("--accounts", type=int, default=1_000_000, help="accounts for the lookups")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the placements file")
    parser.add_argument("--trail", type=int, default=1_000_000, help="rows of the trail that is sealed and checked")
    parser.add_argument("--pages", type=int, default=10_000_000, help="rows of the trail that is browsed")
    parser.add_argument("--questions", type=int, default=200, help="questions of each kind to that trail")
    parser.add_argument("--instalments", type=int, default=10_000, help="instalments of the round over plans")
    parser.add_argument("--seconds", type=float, default=5, help="length of one posting run")
    parser.add_argument("--rounds", type=int, default=3, help="posting runs a case; the median counts")
    return parser.parse_args()


if __name__ == "__main__":
    main()
