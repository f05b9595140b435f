"""Whether JSON has the shape that Stripe's library, generated from Stripe's own specification, says it has."""

from __future__ import annotations

import builtins
import sys
import types
import typing
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, get_args, get_origin

import stripe
from stripe import StripeObject

DELEGATED: Final = {"billing_details", "evidence", "fraud_details", "payment_method_details", "enhanced_eligibility"}
"""What we never read, and do not imitate to the last field."""

_PLAIN: Final = (str, int, bool, float, type(None))


@cache
def fields(kind: type) -> dict[str, Any]:
    """The annotated fields of one of the library's classes."""
    own = {**vars(sys.modules[kind.__module__]), **vars(kind)}
    hints: dict[str, Any] = {}
    for name, hint in kind.__annotations__.items():
        if not name.startswith("_") and "ClassVar" not in str(hint):
            hints[name] = typing.get_type_hints(_Holder(name, hint), own, _Names(own))[name]
    return hints


class _Names(dict[str, Any]):
    """What an annotation may name; the library imports its classes when they are first asked for."""

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)
        return getattr(stripe, name, None) or getattr(stripe.checkout, name, Any)


class _Holder:
    """One annotation by itself, so that one name that cannot be found does not hide the others."""

    def __init__(self, name: str, hint: Any) -> None:
        self.__annotations__ = {name: hint}
        self.__module__ = __name__


def faults(value: Any, hint: Any, path: str = "") -> Iterator[str]:
    """What is wrong with a value, each with the path to it."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        yield from _one_of(value, inner, path)
    elif origin is typing.Literal:
        if value not in inner:
            yield f"{path}: {value!r} is none of {inner}"
    elif origin in (list, stripe.ListObject):
        yield from _rows(value, inner[0], path)
    elif hint in _PLAIN:
        if type(value) is not hint:
            yield f"{path}: {value!r} is no {hint.__name__}"
    elif isinstance(hint, type) and issubclass(hint, StripeObject):
        yield from _object(value, hint, path)
    elif not isinstance(value, dict):
        yield f"{path}: {value!r} is no table"


def _one_of(value: Any, kinds: tuple[Any, ...], path: str) -> Iterator[str]:
    # Beside the words it knows the library takes any text, for what Stripe adds; we write only what is known today.
    words = any(get_origin(kind) is typing.Literal for kind in kinds)
    found = [list(faults(value, kind, path)) for kind in kinds if not (words and kind is str)]
    if all(found):
        yield from min(found, key=len)


def _rows(value: Any, kind: Any, path: str) -> Iterator[str]:
    rows = value.get("data") if isinstance(value, dict) else value
    if not isinstance(rows, list):
        yield f"{path}: is no list"
        return
    for number, row in enumerate(rows):
        yield from faults(row, kind, f"{path}[{number}]")


def _object(value: Any, kind: type, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no {kind.__name__}"
        return
    if path.rpartition(".")[2] in DELEGATED:
        return
    known = fields(kind)
    for name in value.keys() - known.keys():
        yield f"{path}.{name}: unknown to {kind.__name__}"
    for name, hint in known.items():
        if name in value:
            yield from faults(value[name], hint, f"{path}.{name}")
        elif type(None) not in get_args(hint) and name != "deleted":
            yield f"{path}.{name}: missing from {kind.__name__}"
