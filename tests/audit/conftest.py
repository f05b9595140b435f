from __future__ import annotations

from tests.imports.conftest import _storage, bucket

__all__ = ["_storage", "bucket"]
