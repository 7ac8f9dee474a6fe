# SPDX-License-Identifier: Apache-2.0
"""Codes that are issued, put into use and withdrawn, and alerts that a person closes, are stated and logged: who may do everything
in the database brings no withdrawn code back, and closes no alert, without being named."""
import concurrent.futures
import json

import pytest
from auditor import wait_until_logged
from conftest import District, ago
from service import LOGGED, wait_for
from test_monitor import WELL, monitor, url_of


class World:
    """A lot with codes: some in use, some withdrawn; and an alert that was closed."""

    def __init__(self, service):
        self.service, self.here = service, District(service)
        self.farm = self.here.farm()
        self.lot = self.farm.harvest(3000, time=ago(days=2))
        made = self.farm.make("/v1/codes", {"kind": "item", "lot": self.lot["id"], "count": 1500})
        self.first, self.last = made["code"], made["last"]
        self.codes = [row.split(",")[1] for row in self.farm.get(made["list"]).body.decode().splitlines()[1:]]
        self.mark("activate", {"from": self.first, "to": self.last})
        self.mark("void", {"from": self.codes[1000], "to": self.codes[1100], "reason": "lost"})
        self.mark("void", {"codes": [self.codes[3], self.codes[7]]})
        self.other = self.farm.harvest(3, time=ago(days=9))
        self.alert = self.farm.record("treat", ago(days=3), site="P1", product="1.8%乳油", active=["阿维菌素"])["alerts"][0]
        self.inspector = self.here.inspector("500X01")
        self.act("close", reason="wrong_product", note="Zhang San says so")
        self.issue = service.value("SELECT id::text FROM item_issue")

    def mark(self, what, body, times=1):
        for _ in range(times):
            reply = self.farm.post(f"/v1/codes:{what}", body)
            assert reply.status == 200, reply
        return reply.json()

    def act(self, action, **words):
        reply = self.inspector.post(f"/v1/alerts/{self.alert}/actions", {"action": action, **words})
        assert reply.status == 200, reply

    def stated(self):
        return [(kind, json.loads(bytes(body))) for kind, body in self.service.rows("SELECT kind, body FROM act_statement WHERE kind <> 'verifier' ORDER BY id")]

    def execute(self, sql, *values):
        connection = self.service.cluster.connect(self.service.database)
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            assert cursor.rowcount > 0, sql
        connection.close()

    def differences(self):
        code, answer = self.service.recount()
        assert code == (4 if answer["differences"] else 0)
        return {(d["part"], d["subject"]): (d["stored"], d["derived"]) for d in answer["differences"]}


@pytest.fixture(scope="module")
def world(new_service):
    made = World(new_service(LOG_SWEEP="20", LOG_PATROL="1").start())
    yield made
    made.service.stop()


def test_one_statement_a_request_and_no_code_in_it(world):
    stated = world.stated()
    assert [(kind, body["action"]) for kind, body in stated] == [
        ("codes", "issue"), ("codes", "activated"), ("codes", "voided"), ("codes", "voided"), ("alert", "close")]
    assert stated[2][1]["ranges"] == [{"issue": world.issue, "first": 1000, "last": 1100}]
    assert [(r["first"], r["last"]) for r in stated[3][1]["ranges"]] == [(3, 3), (7, 7)]
    assert (stated[4][1]["alert"], stated[4][1]["reason"]) == (world.alert, "wrong_product")
    said = json.dumps(stated)
    assert "Zhang San" not in said and not any(code in said for code in world.codes)
    assert world.differences() == {}
    # said again it says nothing new
    world.mark("void", {"codes": [world.codes[3]]}, times=2)
    assert len(world.stated()) == 5
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda n: world.farm.post("/v1/codes:void", {"codes": [world.codes[20 + n % 2]]}).status, range(16))) == {200}
    assert len(world.stated()) == 7, "two codes, one statement each"
    world.act("reopen")
    world.act("acknowledge")
    world.act("close", reason="handled")
    assert [body["action"] for kind, body in world.stated() if kind == "alert"] == ["close", "reopen", "close"]
    wait_until_logged(world.service, world.here.public)
    kinds = dict(world.service.rows(f"SELECT kind, count(*)::int FROM {LOGGED} WHERE kind IN ('codes', 'alert') GROUP BY kind"))
    assert kinds == {"codes": 6, "alert": 3} and world.differences() == {}
    vkeys = [(world.service.data / name).read_text().strip() for name in ("log.vkey", "registrar.vkey")]
    assert monitor(url_of(world.service), "--log", vkeys[0], "--registrar", vkeys[1], check=WELL)["findings"] == []
    # where the service has no key of the organisation, the registrar says it
    key = world.here.admin.read(f"/v1/signing-keys?party={world.farm.id}")["items"][0]["fingerprint"]
    assert world.here.admin.post(f"/v1/signing-keys/{key}/revoke", {"reason": "ceased"}).status == 200
    world.mark("void", {"codes": [world.codes[30]]})
    by = world.service.value("SELECT k.use FROM act_statement a JOIN signing_key k ON k.fingerprint = a.key_fingerprint ORDER BY a.id DESC LIMIT 1")
    assert by == "registrar" and world.differences() == {}


def test_what_was_changed_behind_the_statements_is_named(world):
    """Each by the recount, and what a statement says and no row does by the sweep too."""
    issue, public = world.issue, world.here.public
    assert public.read(f"/t/{world.codes[3]}", Accept="application/json")["verdict"] == "voided"
    wait_until_logged(world.service, public)
    # a withdrawn code is good again, and part of a range that lies in two blocks; what a person did about an alert is gone
    world.execute("CREATE SCHEMA saved; CREATE TABLE saved.mark AS TABLE code_mark; CREATE TABLE saved.deed AS TABLE alert_action;"
                  " DELETE FROM code_mark WHERE state = 'voided' AND first IN (0, 3); DELETE FROM alert_action")
    subjects = {f"codes of {issue} from 3 to 3", f"codes of {issue} from 1024 to 1100", f"alert {world.alert}"}
    found = world.differences()
    assert {subject for part, subject in found if part == "act"} == subjects and found["act", f"codes of {issue} from 3 to 3"] == ("nothing", "voided")
    def swept():
        return {row[0] for row in world.service.rows("SELECT subject FROM log_alteration WHERE part = 'act'")}
    assert wait_for(lambda: swept() == subjects, 60), swept()
    world.execute("INSERT INTO alert_action SELECT org_id, alert, id, at, key_id, party, action, 'duplicate', note, assignee, region, stated"
                  " FROM saved.deed; UPDATE alert_action SET reason = 'duplicate' WHERE action = 'close'")
    assert ("act", f"alert {world.alert}") in world.differences(), "with another reason"
    world.execute("DELETE FROM alert_action; INSERT INTO alert_action TABLE saved.deed")
    # a code of a competitor is withdrawn, under the name of a statement and without
    world.execute("DELETE FROM code_mark; INSERT INTO code_mark TABLE saved.mark")
    world.execute("INSERT INTO code_mark SELECT code, state, 40, 41, at, key, reason, stated FROM code_mark WHERE state = 'voided' AND first = 3")
    assert world.differences() == {("act", f"codes of {issue} from 40 to 41"): ("voided", "no statement")}
    world.execute("UPDATE code_mark SET stated = NULL, at = now() WHERE first = 40")
    assert world.differences() == {("act", f"codes of {issue} from 40 to 41"): ("voided", "no statement")}
    world.execute("DELETE FROM code_mark WHERE first = 40")
    # codes move to another lot; are more than were issued
    world.execute("UPDATE code SET id = (SELECT lot_id FROM lot WHERE uri = %s) WHERE issue = %s", world.other["uri"], issue)
    assert ("act", f"issue {issue}") in world.differences()
    world.execute("UPDATE code SET id = (SELECT lot_id FROM item_issue) WHERE kind = 'item'")
    world.execute("UPDATE code SET items = 1024 WHERE kind = 'item'")
    assert ("act", f"issue {issue}") in world.differences()
    world.execute("UPDATE code SET items = 476 WHERE kind = 'item' AND place = 1024")
    # an alert is closed by nobody; or by a line that nobody stated
    world.act("reopen")
    world.execute("UPDATE alert SET state = 'closed' WHERE id = %s", world.alert)
    assert world.differences() == {("act", f"alert {world.alert}"): ("closed", "reopen")}
    world.execute("INSERT INTO alert_action (org_id, alert, id, at, key_id, action, reason)"
                  " SELECT org_id, alert, gen_random_uuid(), now(), key_id, 'close', 'handled' FROM alert_action LIMIT 1")
    assert world.differences() == {("act", f"alert {world.alert}"): ("close", "no statement")}
    world.execute("DELETE FROM alert_action WHERE stated IS NULL AND action = 'close'; UPDATE alert SET state = 'open'")


def test_a_statement_that_was_changed_or_removed_is_named(world):
    wait_until_logged(world.service, world.here.public)
    alert = world.service.value("SELECT id::text FROM act_statement WHERE kind = 'alert' LIMIT 1")
    ids = [row[0] for row in world.service.rows("SELECT id::text FROM act_statement WHERE kind <> 'verifier' ORDER BY id")]
    world.execute("UPDATE act_statement SET body = convert_to(replace(convert_from(body, 'UTF8'), '\"first\":1000', '\"first\":1001'), 'UTF8')"
                  " WHERE id = %s", ids[2])
    world.execute("UPDATE act_statement SET body = 'no JSON' WHERE id = %s", ids[1])
    world.execute("DELETE FROM act_statement WHERE id = %s", alert)
    found = world.differences()
    assert {("body", ids[2]), ("body", ids[1])} <= set(found)
    assert {part for part, _ in found} >= {"body", "act", "sequence"}, found
    def parts():
        return {(part, subject) for part, subject in world.service.rows("SELECT part, subject FROM log_alteration")}
    assert wait_for(lambda: {("body", f"codes {ids[1]}"), ("body", f"codes {ids[2]}"), ("entry", f"alert {alert}")} <= parts(), 60), parts()


@pytest.mark.parametrize("what", ["issue", "close"])
def test_it_waits_for_the_key_before_it_locks_anything_else(world, what):
    """As who records does: locked the other way round, the two wait for each other until one is thrown out."""
    holder, asker = (world.service.cluster.connect(world.service.database) for _ in range(2))
    holder.autocommit = asker.autocommit = False
    if what == "close" and world.inspector.read(f"/v1/alerts/{world.alert}")["state"] == "closed":
        world.act("reopen")
    deeds = {"issue": lambda: world.farm.make("/v1/codes", {"kind": "item", "lot": world.lot["id"], "count": 3}),
             "close": lambda: world.act("close", reason="wrong_product")}
    rows = {"issue": ("SELECT FROM lot WHERE number = %s FOR UPDATE NOWAIT", world.lot["number"]),
            "close": ("SELECT FROM alert WHERE id = %s FOR UPDATE NOWAIT", world.alert)}
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        try:
            holder.cursor().execute("SELECT FROM key_head FOR UPDATE")
            deed = pool.submit(deeds[what])
            assert wait_for(lambda: world.service.value("SELECT count(*) FROM pg_locks WHERE NOT granted"), 30)
            statement, value = rows[what]
            cursor = asker.cursor()
            cursor.execute(statement, [value])
            assert cursor.rowcount == 1
        finally:
            asker.close()
            holder.close()
        deed.result()
