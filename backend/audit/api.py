"""The audit trail for other domains: the unit of work's writer, and the check that the trail is whole."""

from backend.audit.service import write_audit
from backend.audit.verifier import Findings, verify

__all__ = ["Findings", "verify", "write_audit"]
