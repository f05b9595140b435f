"""Rows of the trail as a file: CSV for spreadsheets, JSON Lines, Parquet; hashed, counted, and said in the trail."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, Protocol, get_args

from services.audit.results import AuditEvent, Form, Manifest
from services.domain.formulas import shielded
from services.errors import BadInput, Refused

FORMAT: Final = "debtflow-audit-export-1"
COLUMNS: Final = (
    "id", "at", "who", "act", "entity", "before", "after", "reason", "transaction", "session", "origin", "proof",
    "seal", "verified_at",
)  # fmt: skip
Batches = Iterator[Sequence[AuditEvent]]


class Written:
    """Bytes on their way into a file, hashed as they pass."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._at = 0

    closed = False

    def write(self, data: Any) -> int:
        self._hash.update(data)
        self._at += len(data)
        return self._file.write(data)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        """The file is closed by who opened it."""

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class Writer(Protocol):
    """One form of file."""

    def rows(self, events: Sequence[AuditEvent]) -> None:
        """Write some rows."""

    def end(self) -> None:
        """Write what stands at the end."""


def form_of(path: Path, form: str | None) -> Form:
    """The form that is asked for, else the one that the name of the file ends with."""
    wanted = form or path.suffix.removeprefix(".").lower()
    for known in get_args(Form):
        if wanted == known:
            return known  # type: ignore[no-any-return]  # get_args is not typed
    raise BadInput("form", "the trail is taken out as csv, jsonl or parquet", hint="--form csv, or FILE.csv")


def place_of_manifest(path: Path) -> Path:
    """The file beside; raises Refused where it or the file itself is there already."""
    beside = path.with_name(f"{path.name}.manifest.json")
    for each in (path, beside):
        if each.exists():
            raise _is_there(each)
    return beside


def export(path: Path, form: Form, batches: Batches, said: dict[str, object], most: int, limit: int | None) -> Manifest:
    """Write the rows and the manifest; raises Refused where there are more than somebody may take out.

    No file is left where not all of it could be written; none that is there is ever written over.
    """
    beside = place_of_manifest(path)
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    with _removed(half), _writing(path):
        rows, written = _write(half, form, batches, most, limit)
        _appear(half, path)
    whole = {
        "format": FORMAT, "file": path.name, "form": form, "columns": COLUMNS, "rows": rows, "sha256": written, **said,
    }  # fmt: skip
    with _writing(beside), _new(beside) as file:
        file.write((json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode())
    return Manifest(path, rows, written, form, beside)


def _write(half: Path, form: Form, batches: Batches, most: int, limit: int | None) -> tuple[int, str]:
    rows = 0
    with _new(half) as file:
        out = Written(file)
        writer = WRITERS[form](out)
        for events in batches:
            kept = events if limit is None else events[: limit - rows]
            rows += len(kept)
            if rows > most:
                raise Refused(
                    f"you may take out {most:,} rows at once, and these are more", rule="export_limit",
                    hint="ask for less, such as since:-7d; an administrator sets limits: debtflow limit set export",
                    who_may="agency_admin",
                )  # fmt: skip
            writer.rows(kept)
            if rows == limit:
                break
        writer.end()
        file.flush()
        os.fsync(file.fileno())
    return rows, out.sha256


# ---- forms -----------------------------------------------------------------------------------------------------------


class Csv:
    """With a mark for spreadsheets that it is UTF-8, and no cell that one of them would run."""

    def __init__(self, out: Written) -> None:
        self._out = out
        out.write(b"\xef\xbb\xbf" + _line(COLUMNS))

    def rows(self, events: Sequence[AuditEvent]) -> None:
        self._out.write(b"".join(_line([shielded(_text(value)) for value in _values(event)]) for event in events))

    def end(self) -> None:
        """There is no end to write."""


class JsonLines:
    """A document a line."""

    def __init__(self, out: Written) -> None:
        self._out = out

    def rows(self, events: Sequence[AuditEvent]) -> None:
        lines = [_json({k: _moment(v) for k, v in zip(COLUMNS, _values(each), strict=True)}) for each in events]
        self._out.write("".join(f"{line}\n" for line in lines).encode())

    def end(self) -> None:
        """There is no end to write."""


class Parquet:
    """Columns with their types; before and after are JSON."""

    def __init__(self, out: Written) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        moment = pa.timestamp("us", tz="UTC")
        types = {"id": pa.int64(), "at": moment, "transaction": pa.int64(), "session": pa.int64(), "seal": pa.int64(),
                 "verified_at": moment}  # fmt: skip
        self._schema = pa.schema([(name, types.get(name, pa.string())) for name in COLUMNS])
        self._batch = pa.RecordBatch.from_pylist
        self._writer = parquet.ParquetWriter(pa.PythonFile(out, mode="w"), self._schema, compression="zstd")

    def rows(self, events: Sequence[AuditEvent]) -> None:
        lines = [
            {name: _json(value) if isinstance(value, dict) else value
             for name, value in zip(COLUMNS, _values(event), strict=True)}
            for event in events
        ]  # fmt: skip
        if lines:
            self._writer.write_batch(self._batch(lines, schema=self._schema))

    def end(self) -> None:
        self._writer.close()


WRITERS: Final[dict[Form, Callable[[Written], Writer]]] = {"csv": Csv, "jsonl": JsonLines, "parquet": Parquet}


def _values(event: AuditEvent) -> tuple[object, ...]:
    return (
        event.id, event.at, event.who, event.act, event.entity, dict(event.before), dict(event.after), event.reason,
        event.transaction, event.session, event.origin, event.proof.state, event.proof.seal, event.proof.verified_at,
    )  # fmt: skip


def _text(value: object) -> str:
    return "" if value is None else _json(value) if isinstance(value, dict) else str(_moment(value))


def _moment(value: object) -> object:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().encode()


# ---- files -----------------------------------------------------------------------------------------------------------


def _new(path: Path) -> IO[bytes]:
    """Only for their owner, and never over something that is there."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _appear(half: Path, path: Path) -> None:
    """Whole under its name or not at all; a folder that knows no links takes a move."""
    try:
        os.link(half, path)
    except FileExistsError:
        raise _is_there(path) from None
    except OSError:
        half.rename(path)


@contextmanager
def _removed(half: Path) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput("file", f"{path} cannot be written: {error.strerror}", hint="name another place") from None


def _is_there(path: Path) -> Refused:
    return Refused(f"{path} is there already", rule="file_exists", hint="give another name")
