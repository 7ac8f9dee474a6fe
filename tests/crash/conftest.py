# SPDX-License-Identifier: Apache-2.0
"""A service with a cluster of its own that may be killed at any instant. --long: 200 kills in a row instead of 8."""
import sys
from pathlib import Path

import pytest

HTTP = Path(__file__).resolve().parents[1] / "http"
sys.path.insert(0, str(HTTP))

from service import Cluster, Service  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="kill 200 times under one load instead of 8")


@pytest.fixture
def is_long(request):
    return request.config.getoption("--long")


@pytest.fixture
def kills():
    """How many times a test kills one part of the service."""
    return 3


@pytest.fixture(scope="session")
def service():
    cluster = Cluster()
    made = None
    try:
        made = Service(cluster, "farmtrail")
        made.start()
        yield made
        if made.process.poll() is None:
            made.stop()
    finally:
        if made:
            made.close()
        cluster.close()
