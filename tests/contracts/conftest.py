import pytest
from served import server


@pytest.fixture(scope="session")
def english_server():
    with server("--lang", "en") as address:
        yield address
