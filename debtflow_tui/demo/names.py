"""People who do not exist, with phones and addresses that belong to nobody.

Phones are in 555-0100 to 555-0199, which the North American plan keeps for fiction; addresses end in example.com, .net
and .org (RFC 2606).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from importlib.resources import files
from random import Random
from typing import Final

_HERE: Final = files(__package__)
GIVEN: Final = tuple((_HERE / "given_names.txt").read_text("utf-8").split())
SURNAMES: Final = tuple((_HERE / "surnames.txt").read_text("utf-8").split())

AREAS: Final = (
    202, 203, 205, 206, 207, 208, 212, 213, 214, 216, 217, 218, 219, 225, 228, 229, 231, 239, 240, 248, 251,
    252, 253, 254, 256, 260, 262, 270, 281, 301, 302, 303, 304, 305, 307, 308, 309, 312, 313, 314, 315, 316,
    317, 318, 319, 320, 321, 323, 330, 334, 336, 352, 360, 361, 386, 402, 404, 405, 406, 407, 408, 409, 410,
    412, 413, 414, 415, 417, 419, 423, 425, 432, 434, 435, 440, 443, 469, 478, 479, 480, 484,
)  # fmt: skip

LONG_NAMES: Final = ("Smith-Villalobos", "de la Fuente", "van der Heijden", "St. Clair", "Ng", "Fitzwilliam-Abernathy")


@dataclass(frozen=True, slots=True)
class Someone:
    """One person as a creditor would write them down; empty where the creditor does not know."""

    first: str
    last: str
    ssn_last4: str
    email: str
    phone: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def name_reversed(self) -> str:
        return f"{self.last}, {self.first}"


def someone(dice: Random) -> Someone:
    """The next person; the same dice give the same people."""
    first = dice.choice(GIVEN)
    last = dice.choice(LONG_NAMES if dice.random() < 0.03 else SURNAMES)
    if dice.random() < 0.08:
        first = f"{first} {dice.choice('ABCDEFGHJKLMNPRSTW')}."
    ssn = f"{dice.randrange(10_000):04d}" if dice.random() < 0.9 else ""
    phone = f"+1{dice.choice(AREAS)}55501{dice.randrange(100):02d}"
    domain = f"example.{dice.choice(('com', 'net', 'org'))}"
    email = f"{_mailbox(first)}.{_mailbox(last)}{dice.randrange(1, 99)}@{domain}"
    return Someone(first, last, ssn, email if dice.random() < 0.7 else "", phone if dice.random() < 0.92 else "")


# By the client's reference: the README's debtor, who owes twice; somebody whose debts two collectors hold; and names
# that try what a screen can take. What happens to them is told in `morning`.
OMAR: Final = "HX-21893"
_OMAR: Final = Someone("Omar", "Torres", "6125", "omar.torres25@example.org", "+13365550165")
_MARISOL: Final = Someone("Marisol", "Adeyemi", "3307", "marisol.adeyemi12@example.org", "+13125550177")
CAMEOS: Final = {
    "HX-21533": _OMAR,
    OMAR: _OMAR,
    "HX-20002": _MARISOL,
    "PU-20001": _MARISOL,
    "PU-20003": Someone("[bold red]Ruth[/]", "O'Bracket", "1180", "", "+13125550131"),
    "PU-20005": Someone("小明", "王", "", "", "+12065550164"),
    "PU-20007": Someone(
        "Maximiliane Theodora Wilhelmine", "Hohenstein-Waldenburg-Schillingsfürst-Bartenstein", "9026", "", ""
    ),
}


def _mailbox(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ø", "o").replace("ł", "l"))
    return "".join(char for char in plain.lower() if char.isascii() and char.isalpha())
