"""A file of nothing but line ends."""

from __future__ import annotations

import io

import pytest

from services.domain.files.guess import guess
from services.domain.files.reading import Reading
from services.errors import BadInput


class Counted(io.BytesIO):
    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


def test_a_file_of_blank_lines_is_not_read_through_for_each_guess() -> None:
    size = 2 << 20
    file = Counted(b"\n" * size)
    with pytest.raises(BadInput, match="the file is empty"):
        guess(file, Reading())
    assert file.taken < 3 * size
