# SPDX-License-Identifier: Apache-2.0
"""Codes that are issued, put into use and withdrawn, alerts that are closed, and endorsements, while server, signer or database are killed: what was
acknowledged is there and stated in the log, what was not is asked for again under its id, and is there once."""
import collections
import http.client
import json
import random
import signal
import sys
import threading
import time
from pathlib import Path
from unittest import mock

import pytest
from load import Patient, tools
from service import Api, Cluster, Service, build_directory, program, wait_for
from test_crash import kill_all, kill_database, kill_server, kill_signer

with mock.patch.dict(sys.modules, {"conftest": tools}):
    from auditor import wait_until_logged


STATED_ACTS = "SELECT count(*) FROM act_statement WHERE kind <> 'verifier'"  # that one is the program's own


class Acts(Patient):
    """One who issues, activates and voids codes, and an inspector who closes an alert and opens it again, endorses a record and takes
    it back, in turn."""

    def __init__(self, service):
        self.service, district = service, tools.District(service)
        farm, inspector = district.farm(), district.inspector("500X01")
        made = farm.record("harvest", tools.ago(days=2), site="P1", product="PAKCHOI", quantity=tools.kg(3000))
        self.lot, self.event = made["lots"][0], made["event"]
        self.office = district.party("authority", "500X01", "OFFICE").number
        assert district.admin.post("/v1/signing-keys:rotate", {"party": self.office, "use": "inspect", "reason": "new-use"}).status == 201
        self.alert = farm.record("treat", tools.ago(days=3), site="P1", product="1.8%乳油", active=["阿维菌素"])["alerts"][0]
        self.farm, self.inspector = Api(service, farm.key), Api(service, inspector.key)
        self.done, self.made, self.open, self.endorsed = collections.Counter(), [], True, False

    def send(self, api, target, body):
        """Once. None: nobody knows what became of it."""
        try:
            reply = api.post(target, body)
        except (OSError, http.client.HTTPException):
            api.local.port = None
            return None
        return None if reply.status in (500, 503) else reply

    def outcome(self, api, target, body):
        while True:
            reply = self.until_answered(api, target, body)
            if reply.status != 409 or reply.problem() != "not-logged-yet":  # an endorsement names a place in the log
                assert reply.status in (200, 201), (target, body, reply)
                return reply.json()
            time.sleep(0.05)

    def request(self, act):
        if act == "issue":
            return self.farm, "/v1/codes", {"id": tools.uuid7(), "kind": "item", "lot": self.lot["id"], "count": 2}
        if act in ("activate", "void"):
            return self.farm, f"/v1/codes:{act}", {"codes": [self.made[-1]["code"]]}
        if act == "endorse":
            body = {"says": "withdrawn" if self.endorsed else "agrees", "party": self.office}
            return self.inspector, f"/v1/events/{self.event}/endorsements", body
        deed = {"id": tools.uuid7(), **({"action": "close", "reason": "wrong_product"} if self.open else {"action": "reopen"})}
        return self.inspector, f"/v1/alerts/{self.alert}/actions", deed

    def took(self, act, answer):
        self.done[act] += 1
        if act == "issue":
            self.made.append(answer)
        if act == "endorse":
            self.endorsed = not self.endorsed
            assert ("withdrawnAt" not in answer) == self.endorsed
        if act == "alert":
            self.open = not self.open
            assert answer["state"] == ("open" if self.open else "closed")

    def step(self, act):
        self.took(act, self.outcome(*self.request(act)))

    def check(self):
        """As many statements as acts, each in the log; rows that say what was acknowledged; and a recount that finds nothing."""
        wait_until_logged(self.service, self.farm)
        acts = sum(self.done.values())
        assert self.service.value(STATED_ACTS) == acts, self.done
        assert self.service.value("SELECT count(*) FROM log_leaf WHERE kind IN ('codes', 'alert', 'endorse')") == acts
        issues = {str(row[0]) for row in self.service.rows("SELECT id FROM item_issue")}
        assert len(issues) == self.done["issue"] == len({one["code"] for one in self.made})
        marks = collections.Counter(row[0] for row in self.service.rows("SELECT state FROM code_mark"))
        assert (marks["activated"], marks["voided"]) == (self.done["activate"], self.done["void"])
        state = self.inspector.read(f"/v1/alerts/{self.alert}")
        assert state["state"] == ("open" if self.open else "closed")
        assert sum(deed["action"] in ("close", "reopen") for deed in state["timeline"]) == self.done["alert"]
        told = [step for step in self.farm.read(f"/v1/lots/{self.lot['id']}/trail")["steps"] if step["event"] == self.event]
        assert len(told[0].get("endorsements", [])) * 2 - self.endorsed == self.done["endorse"] == self.service.value("SELECT count(*) FROM endorsement")
        code, answer = self.service.recount()
        assert code == 0, answer


@pytest.fixture(scope="module")
def alone():
    cluster = Cluster()
    made = Service(cluster, "acts")
    try:
        yield made.start()
    finally:
        made.close()
        cluster.close()


@pytest.fixture(scope="module")
def acts(alone):
    return Acts(alone)


def test_acts_survive_that_anything_is_killed(alone, acts, kills):
    ended, errors = threading.Event(), []

    def run():
        try:
            while not ended.is_set():
                for act in ("issue", "activate", "alert", "endorse", "void"):
                    acts.step(act)
        except BaseException as e:  # told to the test, which runs on another thread
            errors.append(e)

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    for kill in [kill_server, kill_signer, kill_database, kill_all] * (kills - 1):
        before = sum(acts.done.values())
        assert wait_for(lambda: errors or sum(acts.done.values()) >= before + 5, 120) and not errors, errors
        time.sleep(random.uniform(0, 0.1))
        kill(alone)
    ended.set()
    worker.join()
    assert not errors, errors
    assert acts.repeated, "no client noticed a kill"
    acts.check()


@pytest.mark.parametrize("act", ("issue", "activate", "alert", "void", "endorse"))
def test_killed_before_and_after_an_act_is_committed(alone, acts, act):
    if b"FARMTRAIL_FAILPOINT" not in Path(program("farmtraild")).read_bytes():
        pytest.skip(f"{build_directory()} has no failpoints: meson configure -Dfailpoints=true")
    if not acts.made:
        acts.step("issue")
    for step, is_in in (("act-1-stated", 0), ("act-2-committed", 1)):
        if act in ("activate", "void"):
            acts.step("issue")  # a code that was neither activated nor withdrawn
        request, before = acts.request(act), sum(acts.done.values())
        wait_until_logged(alone, acts.farm)  # what is taken back is covered by a head
        alone.stop()
        alone.start(FAILPOINT=step)
        assert acts.send(*request) is None
        assert wait_for(lambda: alone.process.poll() is not None) and alone.process.returncode == -signal.SIGKILL
        assert alone.value(STATED_ACTS) == before + is_in
        alone.start()
        acts.took(act, acts.outcome(*request))
        assert json.dumps(acts.outcome(*request)), "again it is the same"
    acts.check()
