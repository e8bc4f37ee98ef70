"""One Gatehouse for the tests that leave it as it was, and houses of their own for those that do not."""

import os

import pytest

from house import BINARY, House


def pytest_configure(config):
    config.addinivalue_line("markers", "soak: only in ./run test soak")
    config.addinivalue_line("markers", "alone: measures time or fills the machine, so nothing else runs beside it")


def pytest_sessionstart(session):
    if not session.config.option.collectonly and not os.access(BINARY, os.X_OK):
        pytest.exit(f"{BINARY} is not there: ./run build", returncode=3)


@pytest.fixture(scope="session")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    house = House(folder / "data", folder / "log")
    house.start()
    first = house.pid
    try:
        yield house
        assert house.process.poll() is None and house.pid == first, f"the server did not live through the tests: {house.tail()}"
        assert house.stop() == 0, house.tail()
    finally:
        house.kill()


@pytest.fixture
def new_house(tmp_path):
    """Makes houses; what a test leaves running is ended."""
    made = []

    def make(*options, started=True):
        number = len(made)
        house = House(tmp_path / f"data{number}", tmp_path / f"log{number}")
        made.append(house)
        return house.start(*options) if started else house

    yield make
    for house in made:
        house.kill()


@pytest.fixture
def client(house):
    from openai import OpenAI

    with OpenAI(base_url=house.public.url + "/v1", api_key=house.key, max_retries=0, timeout=120) as client:
        yield client
