"""Profiles in memory: for drawing their editor."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from services.domain.profile import Profile
from services.errors import Stale
from services.imports.profiles import KeptProfile
from tests.screens.fakes import NOW, TODAY, Fake

FILE = """Kunden-Nr.;Vorname;Nachname;Hauptforderung;Zinsen;Fälligkeit;Telefonnummer;Art
K-1001;Quillfeather;Oyelaran;1.250,00;3,50;30.11.2025;030 901820;RT
K-1002;Désirée;Brûlé;80,00;0,00;02.11.2025;;PL
K-1003;[b]Ev il[/b];山田 太郎;12,5;;31.02.2025;0171 5550143;XX
K-1004;Søren;Ålund;2.000,00;0,00;13.10.2025;040 555 0199;RT
"""


def german(tmp_path: Path) -> Path:
    """A file that only a profile can read."""
    path = tmp_path / "nord.csv"
    path.write_text(FILE, "utf-8")
    return path


@dataclass
class FakeProfiles(Fake):
    """Keeps versions in a list."""

    kept: list[KeptProfile] = field(default_factory=list)

    def show(self, client: str, kind: str = "placements", version: int | None = None) -> KeptProfile | None:
        self.enter("show", client, kind, version)
        return self.kept[-1] if self.kept else None

    def history(self, client: str, kind: str = "placements") -> tuple[KeptProfile, ...]:
        self.enter("history", client, kind)
        return tuple(reversed(self.kept))

    def terms(self, client: str) -> tuple[str, date]:
        self.enter("terms", client)
        return "EUR", TODAY

    def keep(self, client: str, profile: Profile, *, after: int, note: str = "") -> KeptProfile:
        self.enter("keep", client, profile, after, note)
        if after != len(self.kept):
            raise Stale(f"the profile is at version {len(self.kept)} meanwhile", rule="profile-version")
        at = NOW - timedelta(days=1)
        made = KeptProfile(after + 1, client, profile.kind, after + 1, profile.body(), note or None, "bea", at, 0)
        self.kept.append(made)
        return made
