"""What the editor of profiles needs of the services."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from services.domain.profile import Profile
    from services.imports.profiles import KeptProfile


class ProfileShelf(Protocol):
    """Where profiles are kept, version by version."""

    def show(self, client: str, kind: str = "placements", version: int | None = None) -> KeptProfile | None: ...

    def history(self, client: str, kind: str = "placements") -> tuple[KeptProfile, ...]: ...

    def terms(self, client: str) -> tuple[str, date]: ...

    def keep(self, client: str, profile: Profile, *, after: int, note: str = "") -> KeptProfile: ...
