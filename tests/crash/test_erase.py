# SPDX-License-Identifier: Apache-2.0
"""Killed at any place while a person is erased: the person is there whole or gone whole, and asking again ends it."""
import signal
import sys
from pathlib import Path
from unittest import mock

import pytest
from load import tools
from service import Cluster, Service, build_directory, program, wait_for

with mock.patch.dict(sys.modules, {"conftest": tools}):  # that of the http suite, whose persons these are
    from persons import Person, found

# Where it dies, and whether the person is gone then.
STEPS = (("erase-1-records", False), ("erase-2-versions", False), ("erase-3-row", False), ("erase-4-committed", True))


@pytest.fixture(scope="module")
def service():
    if b"FARMTRAIL_FAILPOINT" not in Path(program("farmtraild")).read_bytes():
        pytest.skip(f"{build_directory()} has no failpoints: meson configure -Dfailpoints=true")
    cluster = Cluster()
    made = Service(cluster, "erase")
    try:
        yield made.start()
    finally:
        made.close()
        cluster.close()


@pytest.mark.parametrize("step, gone", STEPS)
def test_killed_while_a_person_is_erased(service, step, gone):
    person = Person(tools.District(service))
    service.stop()
    service.start(FAILPOINT=step)
    with pytest.raises(OSError):
        person.erase()
    assert wait_for(lambda: service.process.poll() is not None) and service.process.returncode == -signal.SIGKILL
    words = set(person.words())
    assert set(found(service, words)) == (set() if gone else words), step
    service.start()
    assert person.erase().status == 200
    assert found(service, words) == [] and service.value("SELECT count(*) FROM master_erasure WHERE id = %s", person.id) == 2
    code, answer = service.recount()
    assert code == 0, answer
