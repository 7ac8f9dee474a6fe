# SPDX-License-Identifier: Apache-2.0
"""An inspector's office puts its signature under a record, with a key that is for nothing else, and takes it back: who may, what
pages, trails, bundles and the log say of it, and what whoever changes rows or keeps a log that lies is found out by."""
import concurrent.futures
import contextlib
import copy
import hashlib
import http.server
import re
import subprocess
import threading
import urllib.request

import pytest
from auditor import wait_until_logged
from conftest import District, ago, kg, uuid7
from device import Device, b64, enrol
from loglab import Org
from loglab import b64 as lab64
from service import Api, environment, program, wait_for
from test_monitor import BROKEN, WELL, lab, look, monitor, url_of  # noqa: F401: fixtures
from test_trail_proofs import bundle_of, verify

HERE, ELSEWHERE = "500X01", "500101"  # Liangjiang, where the farm is; Wanzhou


class Office:
    """An inspector's office with officers who see its district, and a key that the service keeps unless told otherwise."""

    def __init__(self, here, region=HERE, key=True):
        self.here, self.party = here, here.party("authority", region, "OFFICE")
        self.inspector = here.inspector(region)
        self.number = self.party.number
        if key:
            self.make_key(reason="new-use")

    def make_key(self, **more):
        reply = self.here.admin.post("/v1/signing-keys:rotate", {"party": self.number, "use": "inspect", **more})
        assert reply.status == 201 and reply.json()["use"] == "inspect", reply
        return reply.json()

    def say(self, event, says="agrees", api=None, **more):
        wait_until_logged(self.here.service, self.here.public)
        return (api or self.inspector).post(f"/v1/events/{event}/endorsements", {"says": says, "party": self.number, **more})

    def endorse(self, event, says="agrees", status=201):
        reply = self.say(event, says)
        assert reply.status == status, reply
        return reply.json()


class World:
    """A farm whose field was treated and harvested; its lot's code."""

    def __init__(self, service):
        self.service, self.here = service, District(service)
        self.admin, self.public = self.here.admin, self.here.public
        self.farm = self.here.farm()
        self.office = Office(self.here)

    def harvest(self, farm=None):
        """Of a farm of its own: what was done in the field of another shows nowhere."""
        self.farm = farm or self.here.farm()
        made = self.farm.record("harvest", ago(days=2), site="P1", product="PAKCHOI", quantity=kg(10))
        return made["event"], made["lots"][0]

    def trail(self, lot, query=""):
        return self.public.read(f"/t/{lot['code']}{query}", Accept="application/json")

    def step(self, lot, event):
        return next(step for step in self.trail(lot)["steps"] if step["event"] == event)

    def page(self, lot, language="en"):
        """What a reader sees, and the ids of what is there."""
        found = self.public.get(f"/t/{lot['code']}?lang={language}", Accept="text/html").body.decode()
        return re.sub("<[^>]*>", "", found) + " ".join(re.findall("id=[a-z]+", found))

    def statements(self):
        return [bytes(row[0]).decode() for row in
                self.service.rows("SELECT statement FROM act_statement WHERE kind = 'endorse' ORDER BY recorded_at, id")]

    def differences(self):
        code, answer = self.service.recount()
        assert code == (4 if answer["differences"] else 0)
        return {(d["part"], d["subject"]) for d in answer["differences"]}

    def execute(self, sql):
        self.service.cluster.execute(self.service.database, sql)


@pytest.fixture(scope="module")
def world(new_service):
    made = World(new_service(LOG_SWEEP="20", LOG_PATROL="1").start())
    yield made
    made.service.stop()


@contextlib.contextmanager
def changing(origin, asked, instead):
    """A service in between that hands one question over as another."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
            path = instead if self.path == asked else self.path
            names = ("Authorization", "Content-Type", "Accept")
            request = urllib.request.Request(origin + path, body, {n: self.headers[n] for n in names if self.headers[n]}, method=self.command)
            with urllib.request.urlopen(request, timeout=60) as reply:
                told = reply.read()
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.headers["Content-Type"])
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST = answer

        def log_message(self, *arguments):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def line_of(statement, word):
    return re.search(f"^{word} (.*)$", statement, re.M).group(1)


# — what it says, and where it shows —

def test_an_office_endorses_a_record_and_takes_it_back(world, tmp_path):
    event, lot = world.harvest()
    assert "endorsements" not in world.step(lot, event) and world.trail(lot)["endorsedSteps"] == 0
    made = world.office.endorse(event)
    text = made["statement"]
    record = world.admin.read(f"/v1/events/{event}")
    assert text.startswith("farmtrail/endorse@v1\n") and line_of(text, "org") == made["party"] == world.office.party.id
    assert line_of(text, "prev") == record["statement"] and line_of(text, "says") == "agrees" and line_of(text, "view") == "full"
    assert int(line_of(text, "entry")) == world.service.value("SELECT idx FROM log_leaf WHERE kind = 'event' AND id = %s", event)
    assert record["endorsements"] == [made]
    told = world.step(lot, event)["endorsements"]
    assert [(e["party"]["id"], e["party"]["kind"], "withdrawnAt" in e) for e in told] == [(made["party"], "authority", False)]
    assert world.trail(lot)["endorsedSteps"] == 1
    assert f"Endorsed by Party {world.office.number} on 20" in world.page(lot) and 'id=endorsed' in world.page(lot)
    assert f"主体{world.office.number}已于 20" in world.page(lot, "zh") and "核签" in world.page(lot, "zh")
    district = world.public.read(f"/t/{lot['code']}?tier=district", Accept="application/json")
    assert [list(e) for s in district["steps"] for e in s.get("endorsements", [])] == [["at"]], "an office tells its township"
    # said again it says nothing new; taken back it stays, as what was taken back
    assert world.office.endorse(event, status=200) == made
    back = world.office.endorse(event, "withdrawn")
    assert back["id"] == made["id"] and line_of(back["withdrawal"], "says") == "withdrawn" and back["statement"] == text
    assert world.office.endorse(event, "withdrawn", status=200) == back
    assert "took it back on 20" in world.page(lot) and "撤回" in world.page(lot, "zh") and 'id=endorsed' not in world.page(lot)
    assert world.trail(lot)["endorsedSteps"] == 0 and "withdrawnAt" in world.step(lot, event)["endorsements"][0]
    again = world.office.endorse(event)
    assert again["id"] != made["id"] and ["withdrawnAt" in e for e in world.step(lot, event)["endorsements"]] == [True, False]
    assert world.service.value("SELECT count(*) FROM endorsement WHERE event = %s", event) == 3 and world.differences() == set()
    wait_until_logged(world.service, world.public)
    vkeys = [(world.service.data / name).read_text().strip() for name in ("log.vkey", "registrar.vkey")]
    trusting = ("--log", vkeys[0], "--registrar", vkeys[1])
    assert monitor(url_of(world.service), *trusting, check=WELL)["findings"] == []
    bundle = bundle_of(world.here, lot)
    code, report, checks = verify(world.service, tmp_path, bundle, "--log", str(world.service.data / "log.vkey"))
    assert code == 0 and checks["endorsements"] == "passed", report
    assert "1 stand, 1 were taken back" in next(c["text"] for c in report["checks"] if c["check"] == "endorsements")
    acts = {row["action"] for row in world.admin.read("/v1/audit?limit=50")["items"] if row.get("subject") == event}
    assert acts == {"endorseEvent", "withdrawEndorsement"}


def test_what_was_done_in_the_field_shows_in_trails_that_were_kept(world):
    farm = world.here.farm()
    treated = farm.record("treat", ago(days=9), site="P1", product="1.8%乳油", active=["阿维菌素"])["event"]
    _, lot = world.harvest(farm)
    assert "endorsements" not in world.step(lot, treated)
    world.office.endorse(treated)
    assert len(world.step(lot, treated)["endorsements"]) == 1
    assert len(world.trail(lot, "?asOf=" + world.trail(lot)["asOf"].replace("+", "%2B")).get("steps")) > 1


def test_it_is_of_the_old_record_alone(world, tmp_path):
    event, lot = world.harvest()
    world.office.endorse(event)
    record = {"type": "harvest", "time": ago(days=2), "site": "P1", "product": "PAKCHOI", "quantity": kg(9)}
    corrected = world.farm.record("correct", ago(), event=event, reason="misread", replacement=record)
    new = corrected["replacement"]["event"]
    assert len(world.step(lot, event)["endorsements"]) == 1 and "endorsements" not in world.step(lot, new)
    assert world.trail(lot)["endorsedSteps"] == 0
    assert "not what stands in its place" in world.page(lot) and "不适用于更正后的记录" in world.page(lot, "zh")
    assert verify(world.service, tmp_path, bundle_of(world.here, lot))[0] == 0
    world.office.endorse(new)
    assert world.trail(lot)["endorsedSteps"] == 1


def test_of_an_erased_record_it_says_that_the_farm_view_was_looked_at(world, tmp_path):
    event, lot = world.harvest()
    world.office.endorse(event)
    assert world.admin.post(f"/v1/events/{event}/erase", {"reason": "request"}).status == 200
    other = Office(world.here)
    assert line_of(other.endorse(event)["statement"], "view") == "farm"
    assert verify(world.service, tmp_path, bundle_of(world.here, lot))[0] == 0 and world.differences() == set()


def test_of_a_record_that_is_erased_meanwhile_it_says_so_too(world):
    """Who asks to endorse has read the record, and waits for the office's key while it is erased. Keys are locked in the order of
    their fingerprints: an office that waited with the farm's in hand would keep the erasure waiting too."""
    def first_key(party):
        return bytes(world.service.value("SELECT fingerprint FROM key_head WHERE org_id = %s ORDER BY 1 LIMIT 1", party.id))
    office = first_key(world.office.party)
    event, _ = world.harvest(next(farm for farm in iter(world.here.farm, None) if first_key(farm) > office))
    wait_until_logged(world.service, world.public)
    holder = world.service.cluster.connect(world.service.database)
    holder.autocommit = False
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        try:
            holder.cursor().execute("SELECT FROM key_head WHERE org_id = %s FOR UPDATE", [world.office.party.id])
            deed = pool.submit(lambda: world.office.say(event))
            assert wait_for(lambda: world.service.value("SELECT count(*) FROM pg_locks WHERE NOT granted"), 30)
            assert world.admin.post(f"/v1/events/{event}/erase", {"reason": "request"}).status == 200
        finally:
            holder.close()
        reply = deed.result()
    assert reply.status == 201 and line_of(reply.json()["statement"], "view") == "farm" and world.differences() == set()


def test_of_endorsing_and_erasing_at_once_the_log_tells_which_was_first(world):
    seen = set()
    for _ in range(8):
        event, _ = world.harvest()
        wait_until_logged(world.service, world.public)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            erased = pool.submit(world.admin.post, f"/v1/events/{event}/erase", {"reason": "request"})
            said = world.office.say(event)
            assert said.status == 201 and erased.result().status == 200, (said, erased.result())
        wait_until_logged(world.service, world.public)
        [(before,)] = world.service.rows("SELECT a.idx < b.idx FROM log_leaf a, log_leaf b WHERE a.kind = 'endorse' AND b.kind = 'erase'"
                                         " AND b.id = %s AND a.id = (SELECT id FROM endorsement WHERE event = b.id)", event)
        view = line_of(said.json()["statement"], "view")
        assert view == ("full" if before else "farm")
        seen.add(view)
    assert world.differences() == set(), seen


# — who may —

def test_who_may_not(world):
    event, _ = world.harvest()
    office, said = world.office, world.statements()
    wait_until_logged(world.service, world.public)
    path, body = f"/v1/events/{event}/endorsements", {"says": "agrees", "party": office.number}
    assert world.public.post(path, body).status == 401
    assert world.farm.post(path, body).status == 403, "without the scope"
    clerk = Api(world.service, world.here.key(["capture", "read", "inspect"], parties=[world.farm.id]))
    assert clerk.post(path, body).problem() == "reference-unknown", "for an office that the key does not act for"
    assert clerk.post(path, {"says": "agrees"}).status == 403, "a farm is no office"
    assert office.inspector.post(path, {"says": "agrees"}).pointer() == "/party"
    assert office.inspector.post(path, {**body, "says": "perhaps"}).pointer() == "/says"
    far = Office(world.here, ELSEWHERE)
    assert far.say(event).status == 404, "what one does not see"
    assert far.inspector.post(path, body).status == 404
    assert office.inspector.post(path, {**body, "party": far.number}).problem() == "reference-unknown"
    assert office.inspector.post(f"/v1/events/{uuid7()}/endorsements", body).status == 404
    assert office.say(event, "withdrawn").problem() == "not-endorsed"
    bare = Office(world.here, key=False)
    assert bare.say(event).problem() == "no-signing-key", "the key that records is not for it"
    assert world.admin.post("/v1/signing-keys:rotate", {"party": world.farm.number, "use": "inspect"}).status == 403
    assert world.admin.post("/v1/enrolments", {"party": world.farm.number, "use": "inspect", "reason": "new-use"}).status == 403
    unexplained = world.admin.post("/v1/signing-keys:rotate", {"party": bare.number, "use": "inspect"})
    assert (unexplained.problem(), unexplained.pointer()) == ("key-reason", "/reason"), "none of its own signs it"
    assert world.statements() == said and world.differences() == set()


def test_a_key_that_was_revoked_endorses_no_more_and_what_it_endorsed_stands(world, tmp_path):
    event, lot = world.harvest()
    office = Office(world.here, key=False)
    old = office.make_key(reason="new-use")
    made = office.endorse(event)
    other = office.make_key()
    assert other["fingerprint"] != old["fingerprint"] and "predecessor" in other["statement"]
    acts = world.admin.read(f"/v1/audit?action=rotateSigningKey&subject={office.party.id}")["items"]
    assert len(acts) == 2, "with one to take over from and without"
    office.endorse(event, "withdrawn")
    assert world.admin.post(f"/v1/signing-keys/{other['fingerprint']}/revoke", {"reason": "ceased"}).status == 200
    assert office.say(event).problem() == "no-signing-key"
    assert world.step(lot, event)["endorsements"][0]["party"]["id"] == made["party"]
    wait_until_logged(world.service, world.public)
    assert verify(world.service, tmp_path, bundle_of(world.here, lot), "--log", str(world.service.data / "log.vkey"))[0] == 0
    office.party.site("P1")
    assert office.party.record("irrigate", ago(hours=1), site="P1"), "the office records as before"
    assert world.differences() == set()


def test_of_two_at_once_one_endorses(world):
    event, _ = world.harvest()
    wait_until_logged(world.service, world.public)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda n: world.office.say(event), range(6)))
    assert sorted(r.status for r in replies) == [200] * 5 + [201] and len({r.body for r in replies}) == 1
    assert world.service.value("SELECT count(*) FROM endorsement WHERE event = %s", event) == 1


def test_what_is_said_last_has_the_latest_time(world):
    """Another server's clock is ahead, or who asked first has waited for this: what stands is still what was said last."""
    event, _ = world.harvest()
    world.office.endorse(event)
    world.office.endorse(event, "withdrawn")
    world.execute(f"UPDATE endorsement SET at = at + interval '5 seconds' WHERE event = '{event}'")
    again = world.office.endorse(event)
    assert world.office.endorse(event, status=200) == again and "withdrawnAt" not in again
    assert world.service.value("SELECT count(*) FROM endorsement WHERE event = %s", event) == 3
    back = world.office.endorse(event, "withdrawn")
    assert back["id"] == again["id"] and "withdrawnAt" in back and world.differences() == set()


def test_it_waits_for_the_key_before_it_locks_lots(world):
    event, lot = world.harvest()
    wait_until_logged(world.service, world.public)
    holder, asker = (world.service.cluster.connect(world.service.database) for _ in range(2))
    holder.autocommit = asker.autocommit = False
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        try:
            holder.cursor().execute("SELECT FROM key_head FOR UPDATE")
            deed = pool.submit(lambda: world.office.say(event))
            assert wait_for(lambda: world.service.value("SELECT count(*) FROM pg_locks WHERE NOT granted"), 30)
            cursor = asker.cursor()
            cursor.execute("SELECT FROM lot WHERE number = %s FOR UPDATE NOWAIT", [lot["number"]])
            assert cursor.rowcount == 1
        finally:
            asker.close()
            holder.close()
        assert deed.result().status == 201


@pytest.mark.parametrize("algorithm", ["p256", "sm2"])
def test_an_office_that_keeps_its_key_signs_itself(world, tmp_path, algorithm):
    event, lot = world.harvest()
    office, device = Office(world.here, key=False), Device(algorithm, tmp_path)
    reply, _, _ = enrol(world.here, office.party, device, use="inspect")
    assert reply.status == 201 and reply.json()["use"] == "inspect", reply
    assert office.say(event).problem() == "signs-itself"
    assert world.admin.post("/v1/signing-keys:rotate", {"party": office.number, "use": "inspect"}).problem() == "signs-itself"
    path = f"/v1/events/{event}/endorsements:prepare"

    def prepared(says="agrees", key=device):
        made = office.inspector.post(path, {"says": says, "party": office.number, "key": key.fingerprint})
        assert made.status == 200, made
        return made.json()
    first = prepared()
    assert first["done"] is False and line_of(first["statement"], "org") == office.party.id
    assert office.inspector.post(path, {"says": "agrees", "party": office.number, "key": "00" * 32}).problem() == "no-signing-key"
    for change in (("says agrees", "says withdrawn"), ("view full", "view farm"), ("\nentry ", "\nentry 1"), ("\nat 1", "\nat 2")):
        forged = device.note(first, first["statement"].replace(*change))
        assert office.say(event, note=forged).problem() == "prepared-otherwise", change
    assert office.say(event, note=Device().note(first)).problem() == "signature"
    assert office.say(event, note="farmtrail").pointer() == "/note"
    note = device.note(first)
    made = office.say(event, note=note)
    assert made.status == 201 and made.json()["statement"] == note
    assert office.say(event, note=note).status == 200, "the same again is answered as the first time"
    assert prepared() == {"done": True}
    back = prepared("withdrawn")
    assert office.say(event, "withdrawn", note=device.note(back)).status == 201
    assert world.service.value("SELECT count(*) FROM endorsement WHERE event = %s", event) == 2 and world.differences() == set()
    assert verify(world.service, tmp_path, bundle_of(world.here, lot))[0] == 0
    # a key for endorsements signs no record
    record = {"type": "harvest", "time": ago(hours=3), "site": "P1", "product": "PAKCHOI", "quantity": kg(1)}
    assert office.party.post("/v1/events:prepare", {"key": device.fingerprint, "record": record}).problem() == "signing-key-ended"


def test_the_command_line_endorses_with_a_key_of_its_own(world, tmp_path):
    event, lot = world.harvest()
    other, _ = world.harvest()
    wait_until_logged(world.service, world.public)
    office, file = Office(world.here, key=False), tmp_path / "office.key"
    (tmp_path / "api.key").write_text(office.inspector.key + "\n")

    def card(*arguments, check=0, url=url_of(world.service)):
        done = subprocess.run([program("farmtrail"), *map(str, arguments), "--url", url, "--key-file", tmp_path / "api.key", "--lang", "en"],
                              capture_output=True, text=True, check=False, timeout=120, env=environment())
        assert done.returncode == check, done
        return done
    token = world.admin.make("/v1/enrolments", {"party": office.number, "use": "inspect", "reason": "new-use"})["token"]
    card("key", "enrol", token, "--keep", file, check=4)  # it was asked for a key that records
    assert not file.exists()
    card("key", "enrol", token, "--keep", file, "--use", "inspect")
    card("event", "endorse", event, "--party", office.number, check=1)  # the service has no key to sign with
    words = ("event", "endorse", event, "--party", office.number, "--sign", file)
    made = card(*words).stdout.strip()
    assert world.admin.read(f"/v1/events/{event}")["endorsements"][0]["id"] == made and "already" in card(*words).stdout
    wait_until_logged(world.service, world.public)
    card(*words, "--withdraw")
    assert "withdrawnAt" in world.step(lot, event)["endorsements"][0]
    # a service that words something else gets no signature
    with changing(url_of(world.service), f"/v1/events/{event}/endorsements:prepare", f"/v1/events/{other}/endorsements:prepare") as url:
        assert "nothing was signed" in card(*words, url=url, check=4).stderr
    assert world.admin.read(f"/v1/events/{other}")["endorsements"] == []


def test_a_key_is_enrolled_for_what_it_was_permitted(world):
    office, device = Office(world.here, key=False), Device()
    token = world.admin.make("/v1/enrolments", {"party": office.number, "use": "inspect", "reason": "new-use"})["token"]
    text = world.public.post("/v1/signing-keys:prepare", {"token": token, "spki": b64(device.spki)}).json()
    assert "\nuse inspect\n" in text["statement"]
    note = device.note(text, text["statement"].replace("use inspect", "use event"))
    assert world.public.post("/v1/signing-keys", {"token": token, "note": note}).status == 422


# — who changes rows, or leaves something out —

def test_what_was_changed_behind_the_statements_is_named(world):
    event, _ = world.harvest()
    other, _ = world.harvest()
    made = world.office.endorse(event)
    wait_until_logged(world.service, world.public)

    def swept(part):
        return wait_for(lambda: (part, made["id"]) in {(p, s.split()[-1]) for p, s in
                                                       world.service.rows("SELECT part, subject FROM log_alteration")}, 60)
    subject = ("act", f"endorsement {made['id']}")
    world.execute(f"UPDATE endorsement SET event = '{other}' WHERE id = '{made['id']}'")
    assert world.differences() == {subject} and swept("act")
    world.execute(f"UPDATE endorsement SET event = '{event}', party = event_org WHERE id = '{made['id']}'")
    assert world.differences() == {subject}, "of another office"
    world.execute(f"CREATE TABLE saved AS SELECT * FROM endorsement WHERE id = '{made['id']}'; DELETE FROM endorsement WHERE id = '{made['id']}'")
    assert world.differences() == {subject}, "gone"
    world.execute(f"UPDATE saved SET party = '{world.office.party.id}'; INSERT INTO endorsement TABLE saved;"
                  " INSERT INTO endorsement SELECT gen_random_uuid(), event_org, event, party, at FROM saved")
    assert {part for part, _ in world.differences()} == {"act"} and len(world.differences()) == 1, "one that nobody signed"
    world.execute("DELETE FROM endorsement n WHERE NOT EXISTS (SELECT FROM act_statement s WHERE s.id = n.id)")
    assert world.differences() == set()
    world.execute("UPDATE act_statement SET body = convert_to(replace(convert_from(body, 'UTF8'), 'agrees', 'withdrawn'), 'UTF8')"
                  f" WHERE id = '{made['id']}'")
    assert ("body", made["id"]) in world.differences() and swept("body")
    world.execute("UPDATE act_statement SET body = convert_to(replace(convert_from(body, 'UTF8'), 'withdrawn', 'agrees'), 'UTF8')"
                  f" WHERE id = '{made['id']}'; DROP TABLE saved")
    assert world.differences() == set()


def test_a_bundle_that_tells_it_otherwise_does_not_hold(world, tmp_path):
    event, lot = world.harvest()
    second = Office(world.here)
    world.office.endorse(event)
    second.endorse(event)
    second.endorse(event, "withdrawn")
    wait_until_logged(world.service, world.public)
    bundle = bundle_of(world.here, lot)
    logged = ("--log", str(world.service.data / "log.vkey"))
    kinds = [step["statement"].split("\n")[0] for step in bundle["steps"]]
    places = [i for i, kind in enumerate(kinds) if kind == "farmtrail/endorse@v1"]
    assert len(places) == 3 and verify(world.service, tmp_path, bundle, *logged)[0] == 0

    def told(changed, finding, code):
        got = verify(world.service, tmp_path, changed, *logged)
        assert (got[2]["endorsements"], got[0]) == (finding, code), got[1]

    def changed(change):
        other = copy.deepcopy(bundle)
        change(other, next(step for step in other["trail"]["steps"] if step["event"] == event))
        return other
    told(changed(lambda b, s: b["steps"].pop(places[0])), "failed", 4)  # told and not signed
    told(changed(lambda b, s: b["steps"].pop(places[2])), "failed", 4)  # taken back, which nobody signed
    told(changed(lambda b, s: s["endorsements"][1].pop("withdrawnAt")), "failed", 4)
    told(changed(lambda b, s: s["endorsements"][0]["party"].update(id=world.farm.id)), "failed", 4)
    without = changed(lambda b, s: (b.pop("trail"), b["steps"].pop(next(i for i, x in enumerate(b["steps"]) if x.get("event") == event))))
    told(without, "missing", 7)
    for old, new in (("says agrees", "says withdrawn"), ("view full", "view farm"), ("\nentry ", "\nentry 1")):
        def flip(b, s, old=old, new=new):
            b["steps"][places[0]]["statement"] = b["steps"][places[0]]["statement"].replace(old, new)
        assert verify(world.service, tmp_path, changed(flip), *logged)[0] == 4


# — a log that lies —

def test_a_log_in_which_keys_do_what_they_are_not_for(lab, look):  # noqa: F811
    log = lab.log
    office = log.enrol(Org(log, use="inspect"))
    recorded = log.record()
    hashed = {i: lab64(hashlib.sha256(entry.split(b"\n\n")[0] + b"\n").digest()) for i, entry in enumerate(log.entries)}

    def endorse(by, entry, prev=None, says="agrees"):
        text = by.text("endorse", f"prev {prev or hashed[entry]}\nentry {entry}\nview full\nsays {says}\n")
        return log.append(text, by), lab64(hashlib.sha256(text.encode()).digest())
    good, stated = endorse(office, recorded)
    assert look()["findings"] == []
    endorse(office, good, stated, "withdrawn")
    assert look()["findings"] == [], "what stood before the look is fetched and proved"
    lies = [endorse(log.farm, recorded)[0], log.record(by=office), endorse(office, recorded, lab64(b"\0" * 32))[0],
            endorse(office, recorded - 1)[0], endorse(office, 3)[0], endorse(office, len(log.entries) + 5, hashed[recorded])[0],
            endorse(office, recorded, says="withdrawn")[0], endorse(office, 0)[0]]
    kinds = ["office", "office", "endorsed", "endorsed", None, *["endorsed"] * 3]  # an earlier record may be endorsed, no key
    found = look(check=BROKEN)["findings"]
    assert [(f["kind"], f["index"]) for f in sorted(found, key=lambda f: f["index"])] == [(k, i) for k, i in zip(kinds, lies) if k]
