"""What a profile makes of a file, without keeping anything: to try it out, and for the preview beside its editor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Final

from services.domain.files.guess import refuse_unknown
from services.domain.files.reading import Reading
from services.domain.files.record import RawRow
from services.domain.files.records import read_records
from services.domain.findings import Finding
from services.domain.kinds import kind_of
from services.domain.profile import Mapper, Profile, Tally, Verdict, names_known, propose
from services.domain.quoting import redacted
from services.imports.opening import opened
from services.imports.records import without_cards
from services.imports.spool import Source, spooled

FIRST: Final = 50
Terms = tuple[str, date]
"""The currency that the client places in, and the agency's day."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of a file: its header line and its first records, control records among them."""

    header: tuple[str, ...]
    records: tuple[RawRow, ...]


@dataclass(frozen=True, slots=True)
class TriedRow:
    """One record and what became of it; ``state`` is valid, warning or error."""

    row: int
    line: int
    raw: str
    sent: tuple[str, ...]
    cells: Mapping[str, str]
    findings: tuple[Finding, ...]
    state: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What a profile makes of a file or of its beginning; ``rules`` counts rows by severity and rule."""

    header: tuple[str, ...]
    columns: Mapping[str, tuple[int, ...]]
    rows: int
    states: Mapping[str, int]
    rules: Mapping[tuple[str, str], int]
    first: tuple[TriedRow, ...]
    control: Verdict | None

    @property
    def is_good(self) -> bool:
        """Whether every row could be released, and the control records agree."""
        return not self.states.get("error") and (self.control is None or self.control.agrees)


def sample_of(source: Source, profile: Profile, reading: Reading | None = None) -> Sample:
    """The beginning of a file, whatever its header line names; raises BadInput for what is no file of rows."""
    with _records(source, Tally(profile, "USD"), reading) as records:
        return Sample(next(records).cells, tuple(islice(records, FIRST)))


@contextmanager
def _records(source: Source, tally: Tally, reading: Reading | None) -> Iterator[Iterator[RawRow]]:
    """The header line and the records of a file, but for its control records."""
    known = names_known(tally.profile)
    said = (reading or Reading()).over_agreed(tally.profile.reading.reading())
    with spooled(source) as sent, opened(sent.file, sent.size, said, known) as (file, settled):
        yield read_records(file, settled, aside=lambda record: tally.takes(record.cells))


def proposed(sample: Sample, kind: str, *, region: str = "") -> Profile:
    """The profile that the file itself suggests."""
    return propose(kind, sample.header, [record.cells for record in sample.records], region=region)


def try_sample(sample: Sample, profile: Profile, terms: Terms) -> Trial:
    """What the profile makes of the first rows; raises BadInput where the header line does not fit it.

    The control records are not judged: most of the rows are not there.
    """
    tally = Tally(profile, terms[0])
    return _tried(sample.header, (each for each in sample.records if not tally.takes(each.cells)), tally, terms)


def try_file(source: Source, profile: Profile, terms: Terms, reading: Reading | None = None) -> Trial:
    """What the profile makes of a whole file; raises BadInput as staging it would."""
    tally = Tally(profile, terms[0])
    with _records(source, tally, reading) as records:
        head = next(records)
        if profile.is_plain:
            refuse_unknown(head, names_known(profile))
        tried = _tried(head.cells, records, tally, terms)
    return replace(tried, control=tally.verdict())


def _tried(header: Sequence[str], records: Iterable[RawRow], tally: Tally, terms: Terms) -> Trial:
    mapper = Mapper(tally.profile, header)
    states, rules, first = Counter[str](), Counter[tuple[str, str]](), list[TriedRow]()
    for number, record in enumerate(records, start=1):
        row = _tried_row(number, record, mapper, tally, terms)
        states[row.state] += 1
        rules.update({(finding.severity, finding.rule) for finding in row.findings})
        if number <= FIRST:
            first.append(row)
    return Trial(tuple(header), mapper.columns, tally.rows, states, rules, tuple(first), None)


def _tried_row(number: int, record: RawRow, mapper: Mapper, tally: Tally, terms: Terms) -> TriedRow:
    mapped = mapper(record.cells)
    tally.add(mapped)
    currency, today = terms
    kind = kind_of(tally.profile.kind)
    _, findings = kind.check_mapped(record, mapped, mapper.width, currency=currency, today=today)
    cells = without_cards(mapped.cells, findings)
    spoilt = any(finding.rule == "card-number" for finding in findings)
    raw = redacted(record.text) if spoilt else record.text
    sent = tuple(map(redacted, record.cells)) if spoilt else record.cells
    worst = "error" if any(finding.severity == "error" for finding in findings) else "warning" if findings else "valid"
    return TriedRow(number, record.line, raw, sent, cells, findings, worst)
