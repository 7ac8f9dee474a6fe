# SPDX-License-Identifier: Apache-2.0
"""A service with a cluster of its own that may be killed at any instant. --long: 200 kills instead of a minute's."""
import sys
from pathlib import Path

import pytest

HTTP = Path(__file__).resolve().parents[1] / "http"
sys.path.insert(0, str(HTTP))

from service import Cluster, Service  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="kill 200 times instead of 18")


@pytest.fixture
def kills(request):
    """How many times a test kills."""
    return 34 if request.config.getoption("--long") else 3


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
