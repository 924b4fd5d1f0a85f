"""Real sockets, and nothing left behind on them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
