"""How a row travels between Python and the database: cells, findings and what it would become."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from json.encoder import encode_basestring as _quoted
from typing import Any

from pydantic import BaseModel

from services.domain.columns import LAYOUTS
from services.domain.files.reading import Reading
from services.domain.findings import Finding
from services.domain.names import fold
from services.domain.placement import PlacementRow
from services.domain.profile.control import Tally
from services.domain.profile.mapper import KEPT
from services.domain.quoting import redacted

_NUL, _NUL_SHOWN = "\0", "\N{SYMBOL FOR NULL}"
_REF_LIMIT = 64
_CARD = "card-number"
_STAYING = KEPT | {_CARD}
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_KNOWN = dict.fromkeys(column for layout in LAYOUTS.values() for column in layout.columns)


def kept(text: str) -> str:
    """The text as the database can hold it: no NUL byte, no half character."""
    if _is_kept(text):
        return text
    if text.isascii():
        return text.replace(_NUL, _NUL_SHOWN)
    return text.replace(_NUL, _NUL_SHOWN).encode("utf-8", "replace").decode("utf-8")


def as_sent(cells: Mapping[str, str]) -> dict[str, str]:
    """Kept cells as the rules must see them: what was a NUL byte is one again."""
    return {column: text.replace(_NUL_SHOWN, _NUL) for column, text in cells.items()}


def without_cards(cells: Mapping[str, str], findings: Iterable[Finding]) -> dict[str, str]:
    """The cells with payment card numbers taken out: what must not be stored is not copied out of the file either."""
    spoilt = {finding.column for finding in findings if finding.rule == _CARD}
    if not spoilt:
        return dict(cells)
    return {column: redacted(text) if column in spoilt else text for column, text in cells.items()}


def still_spoilt(findings: Iterable[Finding], corrected: Iterable[str]) -> tuple[Finding, ...]:
    """Findings that the kept cells cannot show again, for cells that nobody has corrected."""
    touched = set(corrected)
    return tuple(finding for finding in findings if finding.rule in _STAYING and finding.column not in touched)


def reference(cells: Mapping[str, str]) -> str | None:
    """What duplicates are recognised by; None where the cell cannot be a reference."""
    ref = kept(cells.get("external_ref", "").strip())
    return ref if 0 < len(ref) <= _REF_LIMIT else None


def cells_json(cells: Mapping[str, str]) -> str:
    if _is_kept("".join([*cells, *cells.values()])):
        return _flat(cells)
    return _flat({kept(column): kept(text) for column, text in cells.items()})


def _is_kept(text: str) -> bool:
    return text.isascii() and _NUL not in text


def findings_json(findings: Iterable[Finding]) -> str:
    return kept(_dumps([asdict(finding) for finding in findings])) if findings else "[]"


def control_json(tally: Tally) -> str | None:
    """How the file compares with its control records; None where its profile knows none."""
    verdict = tally.verdict()
    if verdict is None:
        return None
    sums = {name: amount.json() for name, amount in verdict.sums.items()}
    found = [asdict(finding) for finding in verdict.findings]
    return kept(_dumps({"rows": verdict.rows, "sums": sums, "unread": dict(verdict.unread), "findings": found}))


def parsed_json(row: BaseModel | None) -> str | None:
    """The row as its release reads it: a placement by `placement_write`, the others by the names of their model."""
    if row is None:
        return None
    if not isinstance(row, PlacementRow):
        return _dumps(row.model_dump(mode="json"))
    return _flat(
        {
            "ref": row.external_ref,
            "name": row.debtor_name,
            "first_norm": fold(row.first_name),
            "last_norm": fold(row.last_name),
            "ssn4": row.ssn_last4,
            "email": row.email,
            "phone": row.phone,
            "amount": row.amount_minor,
            "interest": row.interest_minor,
            "fees": row.fees_minor,
            "costs": row.costs_minor,
            "due_on": row.due_date.isoformat() if row.due_date else None,
            "creditor": row.creditor_name,
            "kind": row.account_type,
        }
    )


def terms_json(reading: Reading) -> str:
    """How the file was read, as `import_stage_close` takes it."""
    plain = {"encoding": reading.encoding or "", "delimiter": reading.delimiter or ""}
    return kept(_dumps({**plain, "reading": reading.facts()}))


def read_findings(found: list[dict[str, Any]]) -> tuple[Finding, ...]:
    return tuple(Finding(**each) for each in found)


def read_cells(cells: Mapping[str, str]) -> dict[str, str]:
    """The cells in a steady order, our columns first: `jsonb` keeps none."""
    known = [column for column in _KNOWN if column in cells]
    return {column: cells[column] for column in [*known, *sorted(cells.keys() - set(known))]}


def _flat(values: Mapping[str, str | int | None]) -> str:
    """One level of JSON: what stands in every row of a file is written in a third of the time."""
    return "{" + ",".join([f"{_quoted(key)}:{_scalar(value)}" for key, value in values.items()]) + "}"


def _scalar(value: str | int | None) -> str:
    if value is None:
        return "null"
    return _quoted(value) if isinstance(value, str) else str(value)


def _dumps(value: object) -> str:
    return _ENCODER.encode(value)
