"""Import files: staged, reviewed, released."""

from services.imports.results import BATCH_STATES, ROW_STATES, Batch, ImportRow, Progress, RowPage, RuleCount
from services.imports.service import Imports

__all__ = ["BATCH_STATES", "ROW_STATES", "Batch", "ImportRow", "Imports", "Progress", "RowPage", "RuleCount"]
