import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from served import server


@pytest.fixture(scope="session")
def english_server():
    with server("--lang", "en") as address:
        yield address
