"""How a client writes a kind of file, and what becomes of its records: pure, and known to nobody below."""

from services.domain.profile.control import Tally, Verdict
from services.domain.profile.fields import KINDS, Field, fields_of
from services.domain.profile.mapper import KEPT, RULES, Mapped, Mapper, missing, names_known
from services.domain.profile.model import Column, ControlRecord, Profile, profile_of
from services.domain.profile.suggest import Suggestion, propose, suggest
from services.domain.profile.toml import changes, read_toml, to_toml

__all__ = [
    "KEPT",
    "KINDS",
    "RULES",
    "Column",
    "ControlRecord",
    "Field",
    "Mapped",
    "Mapper",
    "Profile",
    "Suggestion",
    "Tally",
    "Verdict",
    "changes",
    "fields_of",
    "missing",
    "names_known",
    "profile_of",
    "propose",
    "read_toml",
    "suggest",
    "to_toml",
]
