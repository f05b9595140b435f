"""What has left the database, for those who oversee an agency: which parts there are, whether they hold, their rows."""

from __future__ import annotations

import base64
import binascii
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import reduce
from itertools import groupby
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from services.audit.announced import Told
from services.audit.archive_check import part_findings
from services.audit.archives import Archived, Archives, span_of
from services.audit.checked import Finding
from services.audit.entities import Target, resolve
from services.audit.parquet import Part
from services.audit.reading import events_of
from services.audit.results import AuditEvent, AuditPage
from services.audit.shelves import INSTALLATION
from services.domain.trail import AuditQuery
from services.errors import BadInput, NotFound
from services.imports.vault import IN_DATABASE, Vault
from services.store import Store

if TYPE_CHECKING:
    import pyarrow

WHO: Final = "select agency, agency_id, zone from debtflow.session_whoami()"
NOW: Final = "select debtflow.kernel_now()"
WAITING: Final = "select waiting_since from debtflow.audit_seal_state(false)"
MONTHS: Final = "select coalesce((select months from debtflow.audit_online), 24)"
SET: Final = "select debtflow.audit_online_set(%s)"
VALUES: Final = "select audit_id, path, value from debtflow.audit_archive_values(%s::bigint[], %s::bigint[])"
NUMBERS: Final = "select id, number from debtflow.account where id = any (%s)"
LINES: Final = "select id from debtflow.payment_batch_line where id = any (%s)"
LARGEST_PAGE: Final = 500
Keep = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Shelves:
    """The parts of the agency's chain and of the installation's, the latest first, and how long the trail stays."""

    months_online: int
    parts: tuple[Archived, ...]


@dataclass(frozen=True, slots=True)
class PartVerdict:
    """A part that was read back; no findings where each row is as it was sealed."""

    part: Archived
    findings: tuple[Finding, ...]


def keep_online(store: Store, months: int) -> None:
    """Say how many whole months of the trail stay in the database; the installation's owner, others NotAllowed."""
    store.act(lambda c: c.exec_driver_sql(SET, (months,)))


class Archive:
    """The archived trail of the caller's agency; supervisors, administrators and readonly."""

    def __init__(self, store: Store, vault: Vault = IN_DATABASE) -> None:
        self._store = store
        self._vault = vault

    def list(self) -> Shelves:
        """What there is; a part whose month is still in the database is among them."""

        def work(connection: Connection) -> Shelves:
            code = connection.exec_driver_sql(WHO).one().agency
            chains = ((False, code), (True, INSTALLATION))
            parts = [part for it, name in chains for part in Archives(connection, self._vault, it, name).parts]
            return Shelves(connection.exec_driver_sql(MONTHS).scalar_one(), tuple(parts))

        return self._store.ask(work)

    def verify(self, month: date | None = None) -> tuple[PartVerdict, ...]:
        """Read every part of the agency back, or those of a month, and compare each row with its seal."""

        def work(connection: Connection) -> tuple[PartVerdict, ...]:
            who = connection.exec_driver_sql(WHO).one()
            archives = Archives(connection, self._vault, False, who.agency, values=True)
            chosen = [part for part in archives.parts if month in (None, part.month)]
            if month is not None and not chosen:
                raise NotFound(f"nothing of {month:%Y-%m} is archived", rule="archive_known")
            told = Told(connection, archives, who.agency_id)
            since = connection.exec_driver_sql(WAITING).scalar_one()
            return tuple(
                PartVerdict(part, tuple(part_findings(connection, archives, part, who.agency_id, told, since)))
                for part in chosen
            )

        return self._store.ask(work)

    def events(self, query: AuditQuery, *, limit: int = 50, after: str | None = None) -> AuditPage:
        """A page of what has left the database, newest first; ``after`` is the ``next`` of the page before.

        Raises Refused where a file is not what was put there.
        """
        if not 1 <= limit <= LARGEST_PAGE:
            raise BadInput("limit", f"a page has 1 to {LARGEST_PAGE} events")
        if query.text or query.of_security:
            raise BadInput("query", "in archives neither words nor security events are looked for",
                           hint="narrow it by who:, act:, entity:, since:")  # fmt: skip
        place = _place(after)

        def work(connection: Connection) -> AuditPage:
            who = connection.exec_driver_sql(WHO).one()
            archives = Archives(connection, self._vault, False, who.agency)
            now = connection.exec_driver_sql(NOW).scalar_one().astimezone(ZoneInfo(who.zone))
            keep = _filter(query, resolve(connection, query, mine=None), query.window(now), place)
            months = _months(archives, query.window(now), place)
            rows = _page(connection, archives, months, keep, limit + 1)
            last = rows[limit - 1] if len(rows) > limit else None
            return AuditPage(_events(connection, rows[:limit]), _cursor(last) if last is not None else None)

        return self._store.ask(work)


def _months(
    archives: Archives, window: tuple[datetime | None, datetime | None], place: tuple[datetime, int] | None
) -> Iterator[list[Archived]]:
    """The parts of each month that has left, the latest first, as far as the question reaches."""
    since, until = window
    for _, parts in groupby(archives.parts, key=lambda part: part.month):
        month = list(parts)
        first, last = span_of(month[0].month)
        reaches = (since is None or last > since) and (until is None or first < until)
        if month[0].gone_at is not None and reaches and (place is None or first <= place[0]):
            yield month


def _page(
    connection: Connection, archives: Archives, months: Iterator[Sequence[Archived]], keep: Keep, most: int
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for month in months:
        found = [row for part in month for row in _newest(Part(archives.data(part)).table(), keep, most)]
        rows += sorted(_visible(connection, found), key=lambda row: (row["at"], row["id"]), reverse=True)
        if len(rows) >= most:
            break
    return rows[:most]


def _newest(table: pyarrow.Table, keep: Keep, most: int) -> list[dict[str, Any]]:
    chosen = table.filter(keep(table)).sort_by([("at", "descending"), ("id", "descending")])
    found: list[dict[str, Any]] = chosen.slice(0, most).to_pylist()
    return found


def _visible(connection: Connection, rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Lines of a batch are as blind here as they are in the database."""
    lines = [row["entity_id"] for row in rows if row["entity"] == "payment_batch_line"]
    seen = set(connection.exec_driver_sql(LINES, (lines,)).scalars()) if lines else set()
    yield from (row for row in rows if row["entity"] != "payment_batch_line" or row["entity_id"] in seen)


def _filter(
    query: AuditQuery,
    target: Target,
    window: tuple[datetime | None, datetime | None],
    place: tuple[datetime, int] | None,
) -> Keep:
    """The question as a mask over the rows of a part."""

    def keep(table: pyarrow.Table) -> Any:
        import pyarrow.compute as pc

        equal = {"user_id": target.user, "entity": target.kind, "xid": query.transaction}
        masks = [pc.equal(table[name], value) for name, value in equal.items() if value is not None]
        if query.act_like is not None:
            masks.append(pc.match_like(table["act"], query.act_like))
        if target.entities:
            masks.append(reduce(pc.or_, (
                pc.and_(pc.equal(table["entity"], kind), pc.equal(table["entity_id"], number))
                for kind, number in target.entities
            )))  # fmt: skip
        return pc.fill_null(reduce(pc.and_, masks, _between(table, window, place)), False)

    return keep


def _between(
    table: pyarrow.Table, window: tuple[datetime | None, datetime | None], place: tuple[datetime, int] | None
) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    at = table["at"]

    def instant(value: datetime) -> Any:
        return pa.scalar(value.astimezone(UTC), at.type)

    mask = pc.is_valid(at)
    if window[0] is not None:
        mask = pc.and_(mask, pc.greater_equal(at, instant(window[0])))
    if window[1] is not None:
        mask = pc.and_(mask, pc.less(at, instant(window[1])))
    if place is not None:
        same = pc.and_(pc.equal(at, instant(place[0])), pc.less(table["id"], place[1]))
        mask = pc.and_(mask, pc.or_(pc.less(at, instant(place[0])), same))
    return mask


def _events(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> tuple[AuditEvent, ...]:
    known: defaultdict[tuple[int, str], dict[str, str]] = defaultdict(dict)
    asked = ([row["seal"] for row in rows], [row["id"] for row in rows])
    for each in connection.exec_driver_sql(VALUES, asked) if rows else ():
        side, _, column = each.path.partition(".")
        known[each.audit_id, side][column] = each.value
    accounts = [row["entity_id"] for row in rows if row["entity"] == "account"]
    found = connection.exec_driver_sql(NUMBERS, (accounts,)).all() if accounts else ()
    numbers = {each.id: each.number for each in found}
    return events_of(connection, [_as_read(row, numbers) for row in rows], security=False, known=known)


def _as_read(row: Mapping[str, Any], numbers: Mapping[int, str]) -> SimpleNamespace:
    """A row as the database gives it."""
    before, after = (None if row[side] is None else json.loads(row[side]) for side in ("before", "after"))
    number = numbers.get(row["entity_id"]) if row["entity"] == "account" else None
    more = {"before": before, "after": after, "ref": number or row["entity_ref"], "transaction": row["xid"]}
    return SimpleNamespace(**{**row, **more})


def _cursor(row: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(f"{row['at'].isoformat()} {row['id']}".encode()).decode()


def _place(cursor: str | None) -> tuple[datetime, int] | None:
    if cursor is None:
        return None
    try:
        at, number = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
        return datetime.fromisoformat(at), int(number)
    except (ValueError, binascii.Error) as error:
        raise BadInput(
            "after", "this is not where a page ended", hint="give `next` of the page before, unchanged"
        ) from error
