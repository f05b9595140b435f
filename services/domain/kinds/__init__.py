"""The five kinds of file that a creditor sends: what a row of each must be."""

from services.domain.kinds.kind import KINDS, Kind, kind_of

__all__ = ["KINDS", "Kind", "kind_of"]
