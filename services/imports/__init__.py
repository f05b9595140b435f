"""Import files: staged, reviewed, released."""

from services.imports.results import (
    BATCH_STATES,
    ROW_STATES,
    AlikePreview,
    Batch,
    Change,
    Changed,
    ImportRow,
    News,
    Progress,
    RowPage,
    RuleCount,
    ValueCount,
    Verdict,
    Where,
)
from services.imports.service import Imports

__all__ = [
    "BATCH_STATES",
    "ROW_STATES",
    "AlikePreview",
    "Batch",
    "Change",
    "Changed",
    "ImportRow",
    "Imports",
    "News",
    "Progress",
    "RowPage",
    "RuleCount",
    "ValueCount",
    "Verdict",
    "Where",
]
