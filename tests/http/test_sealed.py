# SPDX-License-Identifier: Apache-2.0
"""What a stolen database tells: nobody's name, credit number, home or position, and nothing that was said about a person; while
everybody who may see these is shown them. With the key of the data directory lost, nothing of it opens."""
import base64
import secrets
from urllib.parse import quote

import pytest
from conftest import TOWNSHIP, District, ago, kg, line, uuid7
from persons import SEALED, USCC, dump_of, found, gln, word
from service import Api, wait_for
from test_epcis import amount, capture, document, event, new_class
from test_own_signing import Own
from vault import InvalidTag, Vault, is_sealed

WIDE = "?limit=1000"


def number():
    """Digits that no other number has, as a coordinate prints them: without zeros, which may be dropped at its end."""
    return "".join(secrets.choice("123456789") for _ in range(8))


class Told:
    """A service in use to which everything personal that it takes was told, each word once; where each is shown, and to whom."""

    def __init__(self, service):
        self.service, self.words, self.shown = service, {}, []
        self.district = District(service)
        self.admin = self.district.admin
        self.persons()
        self.records()
        self.partners()
        self.officers()

    def word(self, what, made=None):
        self.words[what] = made or word()
        return self.words[what]

    def show(self, api, path, *whats, raw=False):
        self.shown.append((api, path, [self.words[what] for what in whats], raw))

    def persons(self):
        uscc = "9" + "".join(secrets.choice(USCC) for _ in range(17))
        body = {"number": self.district.number("FARM"), "kind": "family_farm", "region": TOWNSHIP, "personal": True,
                "name": {"zh": f"张{self.word('name')}", "en": f"Zhang {self.word('name in English')}"},
                "uscc": self.word("credit number", uscc), "gln": self.word("GLN", gln())}
        self.person = self.admin.make("/v1/parties", body)
        changed = {**body, "name": {"zh": f"张{self.word('new name')}", "en": "Zhang"}, "reason": f"因{self.word('reason of a version')}"}
        assert self.admin.put(f"/v1/parties/{self.person['id']}", changed, if_match="*").status == 200
        self.secret = self.district.key(["capture", "read", "register"], parties=[self.person["id"]], name=f"钥 {self.word('name of a key')}")
        self.farmer = Api(self.service, self.secret)
        # no number of its own: it does not go by its credit number
        other = "9" + "".join(secrets.choice(USCC) for _ in range(17))
        self.numberless = self.admin.make("/v1/parties", {"kind": "family_farm", "region": TOWNSHIP, "personal": True, "name": {"zh": "李"},
                                                         "uscc": self.word("credit number without a number", other)})
        lon, lat = self.word("longitude", number()), self.word("latitude", number())
        self.home = self.admin.make("/v1/sites", {
            "party": self.person["id"], "number": "HOME", "kind": "plot", "region": TOWNSHIP, "personal": True,
            "name": {"zh": f"屋{self.word('name of a home')}", "en": f"Home {self.word('name of a home in English')}"},
            "commodity": "vegetable/leafy/pak-choi", "geometry": {"type": "Point", "coordinates": [float(f"106.{lon}"), float(f"29.{lat}")]}})
        self.admin.make("/v1/products", {"party": self.person["id"], "number": "PAKCHOI", "name": {"zh": "小白菜"}, "unit": "KGM",
                                         "commodity": "vegetable/leafy/pak-choi"})
        path = f"/v1/parties/{self.person['id']}"
        self.show(self.farmer, path, "new name", "credit number", "GLN", "reason of a version")
        self.show(self.farmer, path + "?version=1", "name", "name in English")
        self.show(self.admin, f"/v1/parties/{self.numberless['id']}", "credit number without a number")
        self.show(self.farmer, f"/v1/sites/{self.home['id']}", "name of a home", "name of a home in English", "longitude", "latitude")
        self.show(self.admin, "/v1/keys" + WIDE, "name of a key")

    def record(self, type_, time_, *whats, api=None, **members):
        made = (api or self.farmer).record(type_, time_, **members)
        self.show(api or self.farmer, f"/v1/events/{made['event']}", *whats)
        return made

    def records(self):
        position = {"lat": self.word("position", f"29.{number()[:6]}"), "lon": "106.5", "accuracyM": 8}
        self.harvest = self.record("harvest", ago(days=5), "harvester", "note", "device", "position", site="HOME", product="PAKCHOI",
                                   quantity=kg(100), harvester=f"收 {self.word('harvester')}", note=f"记 {self.word('note')}",
                                   device=f"机 {self.word('device')}", position=position)
        self.lot = self.harvest["lots"][0]
        self.record("inspect", ago(days=4), "findings", site="HOME", findings=[self.word("findings")])
        self.record("sample", ago(days=4), "taker", lots=[line(self.lot, 1)], sample={"id": "S-1", "taker": self.word("taker")})
        shop = self.district.party("shop")
        self.record("ship", ago(days=3), "vehicle", lots=[line(self.lot, 20)], to=shop.number, vehicle=f"渝A {self.word('vehicle')}")
        wrong = self.record("harvest", ago(days=4), "harvester before a correction", site="HOME", product="PAKCHOI", quantity=kg(7),
                            harvester=self.word("harvester before a correction"))
        right = {"type": "harvest", "time": ago(days=4), "site": "HOME", "product": "PAKCHOI", "quantity": kg(8),
                 "harvester": self.word("harvester after a correction")}
        corrected = self.record("correct", ago(days=3), event=wrong["event"], reason="x", replacement=right)
        self.show(self.farmer, f"/v1/events/{corrected['replacement']['event']}", "harvester after a correction")
        batch = [{**right, "harvester": self.word("harvester in a batch"), "id": uuid7(), "quantity": kg(3)}]
        results = self.farmer.post("/v1/events:batch", {"records": batch}).json()["results"]
        self.show(self.farmer, f"/v1/events/{results[0]['event']}", "harvester in a batch")
        keyed = self.farmer.post("/v1/events", {**right, "id": uuid7(), "quantity": kg(5), "harvester": self.word("harvester with a key")},
                                 Idempotency_Key=f"key {uuid7()}")
        assert keyed.status == 201
        own = Own(self.district)
        own.prepared(own.record(harvester=self.word("harvester of a preparation")))  # waits for its note
        sent = own.capture(own.record(quantity=2, harvester=self.word("harvester of a note")))
        self.show(own.party, f"/v1/events/{sent['event']}", "harvester of a note")

    def partners(self):
        packer, uri = self.district.packer(), new_class()
        told = event(eventID=f"urn:uuid:{uuid7()}", action="ADD", bizStep="commissioning", quantityList=[amount(uri, 5)],
                     readPoint={"id": f"https://places.example/{self.word('place of a partner')}"}, **{"ex:worker": self.word("extension")})
        assert capture(packer, document(told)).status == 202
        self.show(packer, f"/v1/events/{told['eventID'].removeprefix('urn:uuid:')}/epcis", "extension", "place of a partner")
        refused = event(eventID=f"urn:uuid:{uuid7()}", action=self.word("refused value"), quantityList=[amount(uri, 5)])
        job = capture(packer, document(refused))
        if job.status == 202:
            self.show(packer, job.headers["location"])

    def officers(self):
        self.farmer.record("treat", ago(days=3), site="HOME", product="1.8%乳油", active=["阿维菌素"])
        early = self.farmer.record("harvest", ago(days=2), site="HOME", product="PAKCHOI", quantity=kg(10))
        officer, alert = self.district.inspector(TOWNSHIP), early["alerts"][0]
        for action in ({"action": "assign", "assignee": self.word("assignee")}, {"action": "comment", "note": self.word("comment")}):
            assert officer.post(f"/v1/alerts/{alert}/actions", action).status == 200
        self.show(officer, f"/v1/alerts/{alert}", "assignee", "comment")
        assert self.district.public.get(f"/t/{self.lot['code']}").status == 200

    def missing(self):
        """What somebody who may see it is not shown."""
        found = []
        for api, path, words, _ in self.shown:
            body = api.get(path).body.decode()
            found += [(path, w) for w in words if w not in body]
        return found


def leaked(service, words):
    """Which words a copy of the database holds: as they are, in hexadecimal, in base64 at any offset."""
    dump = dump_of(service)
    lower = dump.lower()
    found = []
    for what, w in words.items():
        octets = w.encode()
        spellings = [octets.hex().encode()]
        for shift in range(3):  # what base64 makes of it behind 0, 1 or 2 octets, without the ends that neighbours share
            coded = base64.b64encode(b"\0" * shift + octets)
            spellings.append(coded[4 if shift else 0:len(coded) - 4])
        if octets.lower() in lower or spellings[0] in lower or any(s in dump for s in spellings[1:] if len(s) >= 8):
            found.append(what)
    return found


@pytest.fixture(scope="module")
def told(new_service):
    service = new_service(LOG_SWEEP="10").start()
    yield Told(service)
    service.stop()


def is_done(service):
    return service.value("SELECT count(*) FROM sealing WHERE done_at IS NOT NULL") == 1


def test_a_stolen_database_tells_nothing_personal(told):
    assert len(told.words) > 25
    assert leaked(told.service, told.words) == []
    assert told.service.stored("SELECT count(*) FROM event WHERE NOT is_sealed(body) OR NOT is_sealed(view_secret)") == [(0,)]
    # the search finds what it should: words in the clear are found, in whatever form
    clear = {"a number": told.person["number"], "a lot": told.lot["uri"], "an id": told.harvest["event"]}
    assert leaked(told.service, clear) == list(clear)


def test_who_may_see_it_is_shown_it(told):
    assert told.missing() == []
    stranger = told.district.party("shop")
    for path in (f"/v1/parties/{told.person['id']}", "/v1/parties" + WIDE, f"/v1/events/{told.harvest['event']}", f"/t/{told.lot['code']}"):
        for api in (stranger, told.district.public):
            body = api.get(path).body.decode()
            assert not [w for w in told.words.values() if w in body], path
            assert "sealed" not in body and "\\u0001" not in body


def test_a_person_is_found_by_the_whole_name(told):
    def found(api, q):
        return [p["id"] for p in api.read("/v1/parties?q=" + quote(q))["items"]]

    for q in (f"张{told.words['new name']}", told.words["credit number"], told.words["credit number"].lower()):
        assert found(told.farmer, q) == found(told.admin, q) == [told.person["id"]]
        assert found(told.district.party("shop"), q) == []
    assert found(told.admin, told.words["new name"]) == []
    home = told.admin.read(f"/v1/sites?party={told.person['id']}&q={quote('屋' + told.words['name of a home'])}")["items"]
    assert [s["id"] for s in home] == [told.home["id"]]
    keys = told.admin.read(f"/v1/keys?q={quote('钥 ' + told.words['name of a key'])}")["items"]
    assert len(keys) == 1
    taken = told.admin.post("/v1/parties", {"kind": "shop", "region": TOWNSHIP, "name": {"zh": "二"}, "uscc": told.words["credit number"]})
    assert taken.status == 409


def test_all_of_it_is_there_after_a_restart(told):
    told.service.stop()
    told.service.start()
    assert told.missing() == []
    assert told.service.recount()[0] == 0


def unseal(service):
    """The database as the version before wrote it."""
    vault = service.vault
    connection = service.cluster.connect(service.database)
    try:
        with connection, connection.cursor() as cursor:
            for table, (keys, columns) in SEALED.items():
                cursor.execute(f"SELECT {', '.join(keys + columns)} FROM {table}")
                for row in cursor.fetchall():
                    values = [vault.open(value) for value in row[len(keys):]]
                    cursor.execute(f"UPDATE {table} SET {', '.join(f'{c} = %s' for c in columns)} WHERE {' AND '.join(f'{k} = %s' for k in keys)}",
                                   (*values, *row[:len(keys)]))
            cursor.execute("UPDATE event SET flags = flags & ~48")
            cursor.execute("UPDATE site SET geometry = ST_SetSRID(ST_Point(106.5, 29.5), 4326) WHERE personal")
            cursor.execute("UPDATE sealing SET done_at = NULL")
            cursor.execute("DELETE FROM prepared")
    finally:
        connection.close()


def test_what_was_written_before_is_sealed_at_the_start(told):
    """While records come in, killed again and again: nothing is lost, nothing stays clear, and nothing counts as altered."""
    service, flags = told.service, "SELECT id::text, flags FROM event ORDER BY id"
    before = service.rows(flags)
    service.stop()
    unseal(service)
    there = {k: v for k, v in told.words.items() if k not in ("harvester of a preparation", "refused value", "longitude", "latitude")}
    assert set(leaked(service, there)) >= set(there) - {"harvester with a key"}
    for _ in range(3):
        process = service.spawn()
        wait_for(lambda p=process: service.stored("SELECT count(*) FROM event WHERE is_sealed(body)")[0][0] or p.poll() is not None, 60)
        process.kill()
        process.wait()
    service.start()
    late = told.farmer.record("harvest", ago(days=1), site="HOME", product="PAKCHOI", quantity=kg(4), harvester=told.word("harvester meanwhile"))
    assert wait_for(lambda: is_done(service), 120)
    assert leaked(service, told.words) == []
    assert [row for row in service.rows(flags) if row[0] != late["event"]] == before
    assert service.value("SELECT count(*) FROM site WHERE personal AND geometry IS NOT NULL") == 0
    assert told.missing() == []
    assert service.recount()[0] == 0
    assert service.value("SELECT count(*) FROM log_alteration") == 0


def test_without_its_key_nothing_opens(told, tmp_path):
    """Neither the service nor a thief: the start says what is missing, and what another key would do is not done."""
    service = told.service
    service.stop()
    path = service.data / "secrets" / "data.key"
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    kept = path.read_bytes()
    body, name = service.stored("SELECT body FROM event LIMIT 1")[0][0], service.stored("SELECT name_zh FROM party WHERE personal LIMIT 1")[0][0]
    assert is_sealed(body) and is_sealed(name)
    try:
        path.unlink()
        for said in ("is missing", "is not the key"):
            assert service.spawn().wait(60) == 1
            assert "secrets/data.key" in service.log()[-2000:] and said in service.log()[-2000:]
            verify = service.farmtrail("verify", "--data", str(service.data), check=False)
            assert verify.returncode not in (0, 4) and "data.key" in verify.stderr
            path.write_text(secrets.token_hex(32) + "\n")
            with pytest.raises(InvalidTag):
                Vault(service.data).open(body)
            with pytest.raises(InvalidTag):
                Vault(service.data).open(name)
    finally:
        path.write_bytes(kept)
    service.start()
    assert told.missing() == []


def test_an_erasure_takes_it_all(told):
    """What is sealed is gone too: with the key at hand nothing of it is found any more."""
    reply = told.admin.post(f"/v1/parties/{told.person['id']}/erase", {"reason": "request"})
    assert reply.status in (200, 201), reply
    gone = [told.words[w] for w in ("name", "new name", "credit number", "harvester", "note", "device", "position", "findings", "taker",
                                    "harvester after a correction", "harvester in a batch", "harvester meanwhile")]
    assert found(told.service, gone) == []
