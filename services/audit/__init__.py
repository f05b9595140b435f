"""The audit trail."""

from services.audit.changes import Change, brief, changes
from services.audit.checked import ChainVerdict, Finding, Verdict
from services.audit.names import Names
from services.audit.results import AuditEvent, AuditPage, EntityState, Manifest, Proof, SavedFilter
from services.audit.service import Audit

__all__ = [
    "Audit",
    "AuditEvent",
    "AuditPage",
    "ChainVerdict",
    "Change",
    "EntityState",
    "Finding",
    "Manifest",
    "Names",
    "Proof",
    "SavedFilter",
    "Verdict",
    "brief",
    "changes",
]
