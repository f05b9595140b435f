"""Checking the trail against its seals, and the seals against the digests that were given out of them.

Rows are hashed here, not in the database: whoever replaces its functions does not make this say yes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from services.audit import archive_check
from services.audit.announced import Told
from services.audit.archives import Archives
from services.audit.checked import ChainVerdict, Finding, Verdict
from services.audit.shelves import INSTALLATION, Shelf
from services.audit.signing import Digest, key_id, read_digest, trouble_of
from services.domain import merkle
from services.domain.dates import parse_since, parse_until
from services.errors import BadInput, Misconfigured
from services.imports.vault import IN_DATABASE, Vault
from services.store import Store
from services.store.door import driver_of

WHO: Final = "select agency, agency_id, zone from debtflow.session_whoami()"
NOW: Final = "select debtflow.kernel_now()"
HEADERS: Final = """
  select number, previous, rows, total, root, first_at, last_at, last_id, sealed_at, pass, pass_at, pass_xmax::text,
         low::text, below::text, cluster, more, head
    from debtflow.audit_seal where agency_id = %s order by number"""
LISTS: Final = """
  select number, leaves, cardinality(ids) as ids, cardinality(ats) as ats
    from debtflow.audit_sealed where agency_id = %s and number between %s and %s"""
KEYS: Final = "select ids, ats from debtflow.audit_sealed where agency_id = %s and number = %s"
# Said here in full: a function of ours could be replaced by another that says what is wanted. One answer a seal: its
# rows one after the other, how long each is, and where each stands; a row of its own for each costs twice the time.
ROWS: Final = """
  select number, array_agg(place), array_agg(pg_catalog.length(said)), string_agg(said, '')
    from (select d.number, u.place, pg_catalog.record_send(row(a.id, a.at, a.agency_id, a.user_id, a.session_id,
                 a.login, a.act, a.entity, a.entity_id, a.entity_ref, a.before::text, a.after::text, a.reason,
                 a.xid)) as said
            from debtflow.audit_sealed d
           cross join unnest(d.ids, d.ats) with ordinality u(id, at, place)
            join debtflow.audit_log a on a.at = u.at and a.id = u.id
           where d.agency_id = %(chain)s and d.number between %(first)s and %(last)s
             and a.agency_id = %(chain)s and a.at between %(since)s and %(until)s
          offset 0) row
   group by number"""
ARCHIVED_LEAVES: Final = "select month, part, place, leaf from debtflow.audit_archive_leaves(%s)"
LEAVES: Final = "select id, at, leaf from debtflow.audit_leaves(%s, %s)"
NAMED: Final = "select * from debtflow.audit_named(%s, %s)"
ADDED: Final = "select * from debtflow.audit_added(%s, %s, %s, %s)"
EVENTS: Final = "select * from debtflow.security_wrong(%s, %s, %s, %s)"
KEPT: Final = "select * from debtflow.audit_kept_wrong(%s, %s, %s)"
STATE: Final = "select waiting, waiting_since from debtflow.audit_seal_state(%s)"
DIGESTS: Final = "select document from debtflow.audit_digest where agency_id = %s order by number, made_at"
CHECKED: Final = "select debtflow.audit_checked(%s, %s, %s, %s)"

# The planner takes an array for tiny. The rows of neighbouring seals stand side by side: they are read once, in one go.
SIDE_BY_SIDE: Final = b"set local enable_nestloop = off; set local enable_mergejoin = off"
AS_EVER: Final = SIDE_BY_SIDE.replace(b"off", b"on")
AT_ONCE: Final = 65_536
NAMES_AT_MOST: Final = 1_000
"""Findings that are listed; beyond it they are counted by seals."""

Progress = Callable[[int, int], None]


class Verifying:
    """Checks the chains of the caller's agency and of the installation; supervisors, administrators and readonly.

    ``publics`` are the public keys that are trusted, ``shelves`` where digests lie outside of the database, ``vault``
    has the files of the months that have left it.
    """

    def __init__(
        self,
        store: Store,
        publics: Sequence[str] = (),
        shelves: Callable[[], Sequence[Shelf]] = tuple,
        vault: Vault = IN_DATABASE,
    ) -> None:
        self._store = store
        self._vault = vault
        self._publics = {key_id(public): public for public in publics}
        self._shelves = shelves

    def verify(
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        digests: Sequence[Digest] = (),
        progress: Progress | None = None,
    ) -> Verdict:
        """Check every seal, and the rows of those in the span; the outcome is written down with who checked.

        ``digests`` are those that somebody kept; the last ones on the shelves are taken as well. Raises BadInput for a
        digest of somebody else's chain.
        """
        ours: list[Digest] = [*digests]

        def work(connection: Connection) -> tuple[ChainVerdict, ...]:
            who = connection.exec_driver_sql(WHO).one()
            now = connection.exec_driver_sql(NOW).scalar_one().astimezone(ZoneInfo(who.zone))
            span = (parse_since(since, now) if since else None, parse_until(until, now) if until else None)
            if any(digest["agency_id"] not in (0, who.agency_id) for digest in ours):
                raise BadInput("digest", "this digest is of another agency")
            return tuple(
                _Chain(connection, chain, name, span, progress or _silent, self._vault).checked(
                    [*self._outside(name), *(digest for digest in ours if digest["agency_id"] == chain)], self._publics
                )
                for chain, name in ((who.agency_id, who.agency), (0, INSTALLATION))
            )

        found = self._store.ask(work)
        for each in found:
            self._write_down(each)
        return Verdict(all(each.ok for each in found), found)

    def _outside(self, name: str) -> list[Digest]:
        return [read_digest(text) for shelf in self._shelves() if (text := shelf.latest(name)) is not None]

    def _write_down(self, found: ChainVerdict) -> None:
        if found.first is not None:
            values = (found.chain == INSTALLATION, found.first, found.last, found.count)
            self._store.act(lambda c: c.exec_driver_sql(CHECKED, values))


class _Chain:
    """One chain being checked."""

    def __init__(
        self,
        connection: Connection,
        chain: int,
        name: str,
        span: tuple[datetime | None, datetime | None],
        progress: Progress,
        vault: Vault,
    ) -> None:
        self._archives = Archives(connection, vault, chain == 0, name, values=chain != 0)
        self._archived: set[int] = set()
        self._connection = connection
        self._driver = driver_of(connection)
        self._chain = chain
        self._installation = chain == 0
        self._name = name
        self._since = span[0] or datetime.min.replace(tzinfo=UTC)
        self._until = span[1] or datetime.max.replace(tzinfo=UTC)
        self._progress = progress
        self._findings: list[Finding] = []
        self._moved: set[tuple[int, datetime]] = set()
        self._hidden = 0
        self._rows = 0

    def checked(self, outside: Sequence[Digest], publics: Mapping[str, str]) -> ChainVerdict:
        if self._driver.info.encoding != "utf-8":
            raise Misconfigured("rows are hashed as UTF-8", hint="take PGCLIENTENCODING out of the environment")
        headers = [header_of(row, self._chain) for row in self._ask(HEADERS, self._chain)]
        self._check_links(headers)
        signed = self._check_digests(headers, outside, publics)
        seals = [h for h in headers if h["last_at"] >= self._since and h["first_at"] < self._until]
        waiting, waiting_since = self._ask(STATE, self._installation)[0]
        self._check_rows(seals)
        self._check_archives({header["number"] for header in seals}, waiting_since)
        self._check_added()
        self._check_events()
        numbers = [header["number"] for header in seals]
        return ChainVerdict(
            self._name, len(headers), headers[-1]["head"].hex() if headers else None, self._rows, self._hidden, waiting,
            waiting_since, signed, min(numbers, default=None), max(numbers, default=None),
            tuple(sorted(self._findings, key=lambda f: (f.at is None, f.at, f.id))),
        )  # fmt: skip

    def _ask(self, query: str, *values: object) -> Sequence[Any]:
        return self._connection.exec_driver_sql(query, values).all()

    def _find(self, kind: str, message: str, **more: Any) -> None:
        self._findings.append(Finding(kind, message, **more))

    # ---- seals and digests

    def _check_links(self, headers: Sequence[Mapping[str, Any]]) -> None:
        """Every seal must be what its head says and follow the one before; the first seal follows nothing."""
        previous, total = merkle.GENESIS, 0
        for place, header in enumerate(headers, start=1):
            number, total = header["number"], total + header["rows"]
            if number != place:
                self._find("seal", f"seal {place} is missing", seal=place)
                return
            if merkle.head(header) != header["head"] or header["total"] != total:
                self._find("seal", f"seal {number} was changed", seal=number)
            elif header["previous"] != previous:
                self._find("seal", f"seal {number} does not follow from the one before", seal=number)
            previous = header["head"]

    def _check_digests(
        self, headers: Sequence[Mapping[str, Any]], outside: Sequence[Digest], publics: Mapping[str, str]
    ) -> int:
        """Each digest must name the head of its seal; how many are signed by a known key.

        One from outside must be signed where keys are known. Inside, anybody who may seal can have given one without.
        """
        heads = {header["number"]: header["head"].hex() for header in headers}
        signed = 0
        for digest, strict in (*((each, False) for each in self._inside()), *((each, True) for each in outside)):
            number, made = digest["number"], digest.get("made_at")
            known = strict or digest.get("key") in publics
            if known and (trouble := trouble_of(digest, publics)):
                self._find("digest", f"the digest of {made} over seal {number}: {trouble}", seal=number)
            elif number not in heads:
                self._find("digest", f"the digest of {made} names seal {number}, and it is gone", seal=number)
            elif heads[number] != digest["head"]:
                self._find("digest", f"seal {number} is not the one that the digest of {made} names", seal=number)
            else:
                signed += digest.get("key") in publics
        return signed

    def _inside(self) -> Iterator[Digest]:
        for row in self._ask(DIGESTS, self._chain):
            try:
                yield read_digest(row.document)
            except BadInput:
                self._find("digest", "a digest that was given is not one any more")

    # ---- rows

    def _check_rows(self, seals: Sequence[Mapping[str, Any]]) -> None:
        total = sum(header["rows"] for header in seals)
        for few in _chunks(seals):
            first, last = few[0]["number"], few[-1]["number"]
            lists = {row.number: row for row in self._ask(LISTS, self._chain, first, last)}
            rows = self._rows_of(few)
            for header in few:
                self._check_seal(header, lists.get(header["number"]), rows.get(header["number"], {}))
                self._rows += header["rows"]
            for row in self._ask(KEPT, self._installation, first, last):
                if (row.id, row.at) in self._moved:
                    continue  # its commitment is not what it was
                words = f"the value kept beside row {row.id}, {row.path}, is not the one that was committed"
                self._find("value", words, id=row.id, at=row.at, columns=(row.path,))
            self._progress(self._rows, total)

    def _rows_of(self, few: Sequence[Mapping[str, Any]]) -> dict[int, dict[int, bytes]]:
        """The hash of each row that the caller may read, by seal and place; a second row in one place is a finding."""
        found: dict[int, dict[int, bytes]] = {}
        span = {
            "chain": self._chain, "first": few[0]["number"], "last": few[-1]["number"],
            "since": min(header["first_at"] for header in few), "until": max(header["last_at"] for header in few),
        }  # fmt: skip
        self._driver.execute(SIDE_BY_SIDE)
        with self._driver.cursor(binary=True) as cursor:
            for number, places, lengths, said in cursor.execute(ROWS, span):
                found[number] = dict(zip(places, merkle.leaves_of(said, lengths), strict=True))
                if len(found[number]) < len(places):
                    self._find("added", f"a row of seal {number} stands there twice", seal=number)
        self._driver.execute(AS_EVER)
        return found

    def _check_seal(self, header: Mapping[str, Any], listed: Any, rows: dict[int, bytes]) -> None:
        number, count = header["number"], header["rows"]
        self._archived = set()
        if listed is None or (len(listed.leaves), listed.ids, listed.ats) != (32 * count, count, count):
            self._find("seal", f"the list of the rows of seal {number} is gone or was changed", seal=number)
            return
        if len(rows) < count:
            self._add_hidden(number, rows)
        if len(rows) < count:
            self._add_archived(number, count, rows)
        if len(rows) == count and merkle.root([rows[place] for place in range(1, count + 1)]) == header["root"]:
            return
        if len(self._findings) < NAMES_AT_MOST and self._name_wrong(number, listed.leaves, rows):
            return
        self._find(
            "seal", f"the rows of seal {number} are not those that were sealed", seal=number, at=header["first_at"]
        )

    def _add_hidden(self, number: int, rows: dict[int, bytes]) -> None:
        """What the caller may not read is hashed by the database, and counted."""
        (keys,) = self._ask(KEYS, self._chain, number)
        places = {key: place for place, key in enumerate(zip(keys.ids, keys.ats, strict=True), start=1)}
        told = [(places[row.id, row.at], row.leaf) for row in self._ask(LEAVES, self._installation, number)]
        if self._installation and self._archives.parts:
            told += [(row.place, row.leaf) for row in self._ask(ARCHIVED_LEAVES, number) if self._fits(row)]
        for place, leaf in told:
            if place not in rows:
                rows[place] = leaf
                self._hidden += 1

    def _fits(self, row: Any) -> bool:
        parts = (part for part in self._archives.parts if (part.month, part.part) == (row.month, row.part))
        return all(self._archives.trouble(part) is None for part in parts)

    def _add_archived(self, number: int, count: int, rows: dict[int, bytes]) -> None:
        if self._installation:
            return
        for place, leaf in self._archives.leaves(number).items():
            if not 0 < place <= count:
                self._findings.append(archive_check.added(self._archives.row(number, place)))
            elif place not in rows:
                rows[place] = leaf
                self._archived.add(place)

    def _name_wrong(self, number: int, leaves: bytes, rows: Mapping[int, bytes]) -> bool:
        named = [
            row
            for row in self._ask(NAMED, self._installation, number)
            if rows.get(row.place) != leaves[32 * row.place - 32 : 32 * row.place]
        ]
        for row in named:
            if row.place in self._archived:
                kept = self._archives.row(number, row.place)
                self._findings.append(archive_check.changed(self._connection, self._chain, number, row.place, kept))
                continue
            where: dict[str, Any] = {"id": row.id, "at": row.at, "seal": number}
            if row.columns is None:
                self._find("removed", f"row {row.id} was removed", **where)
            elif row.columns:
                words = f"row {row.id} was changed: {', '.join(row.columns)}"
                self._find("changed", words, columns=tuple(row.columns), **where)
                self._moved.add((row.now_id, row.now_at))
            else:
                self._find("changed", f"row {row.id} was changed, and so was what the seal noted of it", **where)
        return bool(named)

    def _check_archives(self, seals: Set[int], waiting_since: datetime | None) -> None:
        """Parts against the sealed rows that tell of them, and the bytes of those that hold rows of these seals."""
        told = Told(self._connection, self._archives, self._chain)
        for part in self._archives.parts:
            self._findings.extend(filter(None, [told.wrong(part, waiting_since)]))
            if any(part.first_seal <= number <= part.last_seal for number in seals) and (
                trouble := self._archives.trouble(part)
            ):
                self._find("archive", trouble)
        self._findings.extend(told.left())
        for held in self._archives.seen.values():
            self._findings.extend(archive_check.wrong_rows(held))

    def _check_added(self) -> None:
        for row in self._ask(ADDED, self._installation, self._since, self._until, NAMES_AT_MOST):
            if (row.id, row.at) not in self._moved:
                words = f"row {row.id} was added: {row.act}, {row.entity}/{row.entity_id}"
                self._find("added", words, id=row.id, at=row.at)

    def _check_events(self) -> None:
        """Security events, by the lists of them that were sealed."""
        for row in self._ask(EVENTS, self._installation, self._since, self._until, NAMES_AT_MOST):
            self._find("event", f"security event {row.id} was {row.what}", id=row.id, at=row.at)


def _silent(_done: int, _total: int) -> None:
    pass


def header_of(row: Any, chain: int) -> dict[str, Any]:
    """A seal as it is hashed."""
    known = dict(row._mapping)
    numbers = {key: None if known[key] is None else int(known[key]) for key in ("pass_xmax", "low", "below")}
    return {**known, **numbers, "agency_id": chain}


def _chunks(seals: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Neighbours by number that hold no more rows together than are read at once."""
    chunk: list[Mapping[str, Any]] = []
    rows = 0
    for header in seals:
        if chunk and (rows + header["rows"] > AT_ONCE or header["number"] != chunk[-1]["number"] + 1):
            yield chunk
            chunk, rows = [], 0
        chunk.append(header)
        rows += header["rows"]
    if chunk:
        yield chunk
