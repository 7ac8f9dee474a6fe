# SPDX-License-Identifier: Apache-2.0
"""Killed at any place while a person is erased: the person is there whole or gone whole, and asking again ends it."""
import contextlib
import http.client
import signal
import sys
import threading
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


def test_a_person_with_many_records_goes_in_steps(service, tmp_path):
    """Killed between two steps: asked again it goes on. What is recorded meanwhile, with an id that stands before what was looked at
    already, goes as well."""
    person = Person(tools.District(service))
    early = tools.uuid7()
    def harvest(id_):
        return {"id": id_, "type": "harvest", "time": tools.ago(days=3), "site": person.place, "product": "PAKCHOI", "quantity": tools.kg(1),
                "harvester": f"harvester {person.name}"}
    done = person.api.post("/v1/events:batch", {"records": [harvest(tools.uuid7()) for _ in range(450)], "onError": "rollback"})
    assert done.status == 200, done
    held = tmp_path / "held"
    def left():
        return service.value("SELECT count(*) FROM event WHERE org_id = %s AND view_secret IS NOT NULL", person.id)
    before = left()
    def start(ask):
        if service.process.poll() is None:
            service.stop()
        service.start(FAILPOINT=f"erase-1-records={held}")
        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        assert wait_for(held.exists, 60)
        return asking
    def unanswered():
        with contextlib.suppress(OSError, http.client.HTTPException):
            person.erase()
    asking = start(unanswered)
    held.unlink()
    assert wait_for(held.exists, 60) and before > left() > 200, "one step is in"
    service.process.kill()
    service.process.wait()
    asking.join()
    held.unlink()
    answers, sale = [], {"id": early, "type": "sell", "time": tools.ago(minutes=1), "lots": [tools.line(person.lot, 1)], "note": f"to {person.name}"}
    asking = start(lambda: answers.append(person.erase().status))
    late = threading.Thread(target=lambda: answers.append(person.api.post("/v1/events", sale).status), daemon=True)
    late.start()
    assert wait_for(lambda: held.unlink(missing_ok=True) or len(answers) == 2, 120)
    asking.join()
    late.join()
    assert 200 in answers and found(service, set(person.words())) == []
    assert left() == 1, "the shipment names nobody; of the late sale as of all others nothing is left"
    service.stop()
    service.start()
    assert service.recount()[0] == 0
