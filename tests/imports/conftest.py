from __future__ import annotations

import pytest

from services.imports import Imports
from tests.support.house import House


@pytest.fixture
def imports(house: House) -> Imports:
    """The service as bea, a supervisor, has it."""
    return Imports(house.store("bea"))
