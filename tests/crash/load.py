# SPDX-License-Identifier: Apache-2.0
"""Clients that record without pause and repeat a record under its id until it is answered; and what must then be true."""
import base64
import collections
import hashlib
import http.client
import importlib.util
import json
import random
import subprocess
import threading
import time
from decimal import Decimal
from pathlib import Path

from service import Api, environment, program, wait_for

spec = importlib.util.spec_from_file_location("http_conftest", Path(__file__).parents[1] / "http" / "conftest.py")
tools = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tools)

RETRIED = (503, 500)
GIVE_UP_S = 120


class Patient:
    """Sends what it sends until it is answered, and counts how often that was in vain."""
    repeated = 0

    def until_answered(self, api, target, body, **headers):
        end = time.monotonic() + GIVE_UP_S
        while True:
            try:
                reply = api.post(target, body, **headers)
                if reply.status not in RETRIED:
                    return reply
                self.passes(reply.problem())
            except (OSError, http.client.HTTPException):
                api.local.port = None  # the connection is of no use any more
            assert time.monotonic() < end, "the service does not come back"
            self.repeated += 1
            time.sleep(0.02)

    def passes(self, problem):
        """Instead of an answer came this."""


def go_on_while_killed(service, clients, kills, acts):
    """Each client takes steps on a thread of its own; each kill comes when so many more acts were answered."""
    errors, ended = [], threading.Event()

    def run(client):
        try:
            while not ended.is_set():
                client.step()
        except BaseException as e:  # told to the test, which runs on another thread
            errors.append(e)

    def count():
        return sum(sum(client.done.values()) for client in clients)
    threads = [threading.Thread(target=run, args=(client,), daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    for kill in kills:
        before = count()
        assert wait_for(lambda: errors or count() >= before + acts, 120) and not errors, errors
        time.sleep(random.uniform(0, 0.1))
        kill(service)
    ended.set()
    for thread in threads:
        thread.join()
    assert not errors, errors
    assert sum(client.repeated for client in clients), "no client noticed a kill"


class Client(Patient, threading.Thread):
    """Harvests, packs, mixes, splits, ships to the packer, sells and corrects, of its own lots; knows what was acknowledged."""

    def __init__(self, load, seed):
        super().__init__(daemon=True)
        self.load, self.random = load, random.Random(seed)
        self.farm, self.packer = load.farm, load.packer
        self.acknowledged = {}  # id → (request, answer bytes)
        self.keys = {}  # id → who sent it with which Idempotency-Key, of records that have no id of their own
        self.replacements = set()  # ids of records that were told with a correction
        self.refused, self.retried = collections.Counter(), collections.Counter()  # by the problem's slug
        self.error = None
        self.stock = {}  # what this client knows to be on hand at the farm: lot id → amount
        self.sold = []  # (event, lot, amount) of sales that stand

    def run(self):
        try:
            while not self.load.ended.wait(self.load.pause_s):
                self.step()
        except BaseException as e:  # told to the test, which runs on another thread
            self.error = e

    def send(self, api, record, target="/v1/events", **headers):
        """Until it is answered; the answer's status is 200 when an earlier attempt had arrived."""
        body = json.dumps(record).encode()
        return body, self.until_answered(api, target, body, **headers)

    def passes(self, problem):
        self.retried[problem] += 1

    def record(self, api, type_, **members):
        record = {"type": type_, "time": tools.ago(minutes=1), **members}
        key = {"Idempotency_Key": tools.uuid7()} if self.random.random() < 0.3 else {}
        if not key:
            record["id"] = tools.uuid7()
        body, reply = self.send(api, record, **key)
        if reply.status in (200, 201):
            assert not key or reply.status == 201, "answered as it was first"
            event = reply.json()["event"]
            assert event not in self.acknowledged and record.get("id", event) == event
            self.acknowledged[event] = (body, reply.body)
            if key:
                self.keys[event] = api, key
            return reply.json()
        self.refused[reply.problem()] += 1
        return None

    def plot(self):
        return f"P{self.random.randint(1, self.load.plots)}"

    def step(self):
        choice = self.random.random()
        lot = self.random.choice(list(self.stock)) if self.stock else None
        if lot is None or choice < 0.4:
            amount = self.random.randint(5, 50)
            made = self.record(self.farm, "harvest", site=self.plot(), product="PAKCHOI", quantity=tools.kg(amount))
            self.stock[made["lots"][0]["id"]] = amount
        elif choice < 0.45:
            self.batch()
        elif choice < 0.5:
            self.record(self.farm, "treat", site=self.plot(), product="草木灰")
        elif choice < 0.62:
            made = self.use({lot: 2}, "sell", lots=[tools.line(lot, 2)])
            if made:
                self.sold.append((made["event"], lot, 2))
        elif choice < 0.67 and self.sold:
            self.correct()
        elif choice < 0.75:
            self.transform("pack", {lot: 2}, [2])
        elif choice < 0.80:
            inputs = {lot: 1, self.random.choice(list(self.stock)): 1}
            self.transform("mix", inputs, [len(inputs)])
        elif choice < 0.85:
            self.transform("split", {lot: 2}, [1, 1])
        else:
            sent = self.use({lot: 1}, "ship", lots=[tools.line(lot, 1)], to=self.packer.number)
            if sent:
                assert self.record(self.packer, "receive", shipment=sent["shipment"]) is not None

    def batch(self):
        """Two harvests and a sale of the first: all are in, or none."""
        harvests = [{"id": tools.uuid7(), "type": "harvest", "time": tools.ago(minutes=1), "site": self.plot(), "product": "PAKCHOI",
                     "quantity": tools.kg(3)} for _ in range(2)]
        sale = {"id": tools.uuid7(), "type": "sell", "time": tools.ago(minutes=1), "lots": [tools.line(harvests[0]["id"], 1)]}
        _, reply = self.send(self.farm, {"records": [*harvests, sale]}, "/v1/events:batch")
        results = reply.json()["results"]
        assert {result["status"] for result in results} in ({200}, {201}), "all of a batch or nothing"
        for record, result in zip([*harvests, sale], results):
            members = {name: value for name, value in result.items() if name not in ("index", "status")}
            self.acknowledged[record["id"]] = (json.dumps(record).encode(),
                                               json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode())
        for result, amount in zip(results, (2, 3)):
            self.stock[result["lots"][0]["id"]] = amount

    def transform(self, type_, inputs, outputs):
        made = self.use(inputs, type_, inputs=[tools.line(lot, amount) for lot, amount in inputs.items()],
                        outputs=[{"product": "PAKCHOI", "quantity": tools.kg(amount)} for amount in outputs])
        for lot, amount in zip(made["lots"] if made else [], outputs):
            self.stock[lot["id"]] = amount

    def correct(self):
        """A sale of 2 was one of 1, or none at all."""
        event, lot, amount = self.sold.pop(self.random.randrange(len(self.sold)))
        left = self.random.randint(0, amount - 1)
        replacement = {"replacement": {"id": tools.uuid7(), "type": "sell", "time": tools.ago(minutes=1),
                                       "lots": [tools.line(lot, left)]}} if left else {}
        made = self.record(self.farm, "correct", event=event, reason="数错了", **replacement)
        assert made is not None
        self.stock[lot] += amount - left
        if left:
            assert made["replacement"]["event"] == replacement["replacement"]["id"]
            self.replacements.add(made["replacement"]["event"])

    def use(self, taken, type_, **members):
        enough = all(self.stock[lot] >= amount for lot, amount in taken.items())
        made = self.record(self.farm, type_, **members)
        assert (made is not None) == enough, "stock differs from what was acknowledged"
        for lot, amount in taken.items() if made else ():
            self.stock[lot] -= amount
        return made


class Load:
    """Clients on a fresh farm and packer; each waits so long after an answer."""

    def __init__(self, service, clients=8, plots=4, pause_s=0):
        self.service, self.plots, self.pause_s = service, plots, pause_s
        district = tools.District(service)
        self.farm, self.packer, self.ended = district.farm(), district.packer(), threading.Event()
        for n in range(2, plots + 1):
            self.farm.site(f"P{n}")
        seed = random.randrange(1 << 32)
        print(f"seed {seed}")
        self.clients = [Client(self, seed + n) for n in range(clients)]

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, kind, *_):
        self.ended.set()
        for client in self.clients:
            client.join(GIVE_UP_S + 60)
        if kind is None:
            for client in self.clients:
                if client.error:
                    raise client.error
            assert not any(client.is_alive() for client in self.clients)

    def count(self):
        """Events that were acknowledged, those told with a correction included."""
        return sum(len(client.acknowledged) + len(client.replacements) for client in self.clients)

    def wait_for_more(self, count, seconds=GIVE_UP_S):
        """So much is acknowledged from now on: the service works (again)."""
        end, wanted = time.monotonic() + seconds, self.count() + count
        while self.count() < wanted:
            broken = next((client.error for client in self.clients if client.error), None)
            if broken:
                raise broken
            assert time.monotonic() < end, f"only {self.count()} of {wanted} records were acknowledged: {self.service.log()[-3000:]}"
            time.sleep(0.01)

    def stored(self):
        """{id: (SHA-256 of the request, answer)} of what these clients recorded."""
        rows = self.service.rows("SELECT id::text, request_sha256, answer FROM event WHERE org_id = ANY(%s::uuid[])",
                                 [self.farm.id, self.packer.id])
        found = {row[0]: (bytes(row[1]), bytes(row[2])) for row in rows}
        assert len(found) == len(rows), "an event is stored twice"
        return found

    # — what must be true —
    def check(self, verify=40):
        acknowledged = {id_: pair for client in self.clients for id_, pair in client.acknowledged.items()}
        keys = {id_: key for client in self.clients for id_, key in client.keys.items()}
        check_records(self, acknowledged, keys, set().union(*(client.replacements for client in self.clients)))
        check_sequences(self.service)
        check_stock(self.service)
        check_recount(self.service)
        check_directories(self.service)
        check_proofs(self, random.sample(sorted(acknowledged), min(verify, len(acknowledged))))


def check_recount(service):
    """All that is stored follows from the signed records."""
    code, answer = service.recount()
    assert code == 0, (answer["count"], answer["differences"][:20])


def check_records(load, acknowledged, keys, replacements):
    """Each acknowledged record is there once, with the answer that was given; a repetition gives it again."""
    stored = load.stored()
    assert set(acknowledged) <= set(stored), f"{len(set(acknowledged) - set(stored))} acknowledged records are gone"
    for id_, (body, answer) in acknowledged.items():
        assert stored[id_] == (hashlib.sha256(body).digest(), answer)
    # nothing else: each client waits for its answer, so all that is stored was acknowledged
    assert set(stored) == set(acknowledged) | replacements
    for id_ in random.sample(sorted(acknowledged), min(20, len(acknowledged))):
        body, answer = acknowledged[id_]
        if id_ in keys:
            api, key = keys[id_]
            assert api.post("/v1/events", body, **key).body == answer
            continue
        replies = {api.post("/v1/events", body).status for api in (load.farm, load.packer)}
        assert replies == {200, 409}, "repeated by who recorded it, and by another"
    assert len(load.stored()) == len(stored)


def text_of(note):
    return note[:note.index("\n\n") + 1]


def check_sequences(service):
    """The numbers of each key have no gap, and each stored statement says the one in its row."""
    for org, seqs, head in service.rows(
            "SELECT h.org_id::text, (SELECT array_agg(s.seq ORDER BY s.seq) FROM (SELECT seq, key_fingerprint FROM event"
            " UNION ALL SELECT seq, key_fingerprint FROM master_version UNION ALL SELECT seq, key_fingerprint FROM act_statement) s"
            " WHERE s.key_fingerprint = h.fingerprint), h.seq FROM key_head h"):
        assert (seqs or []) == list(range(2, head + 1)), f"{org}: the key's own statement is 1"
    for seq, note, digest in service.rows("SELECT seq, statement, statement_sha256 FROM event"):
        text = text_of(bytes(note).decode())
        assert f"\nseq {seq}\n" in text and hashlib.sha256(text.encode()).digest() == bytes(digest)


def amounts(event, name):
    return [(thing["epcClass"], Decimal(str(thing["quantity"]))) for thing in event.get(name, []) if "quantity" in thing]


def check_stock(service):
    """Stock is what the signed bodies say when they are read in the order of recording."""
    stock, made = collections.defaultdict(Decimal), collections.defaultdict(Decimal)
    rows = service.rows("SELECT body FROM event e LEFT JOIN correction c ON c.org_id = e.org_id AND c.event = e.id"
                        " WHERE c.event IS NULL AND e.declaration_time IS NULL ORDER BY e.recorded_at")
    for (body,) in rows:
        event = json.loads(bytes(body), parse_float=Decimal)
        who = event["farmtrail:party"] if isinstance(event.get("farmtrail:party"), str) else \
            event["farmtrail:pins"]["farmtrail:party"]["farmtrail:id"]
        kind = event["farmtrail:record"]
        for uri, amount in amounts(event, "inputQuantityList"):
            stock[uri, who, "on_hand"] -= amount
        for uri, amount in amounts(event, "outputQuantityList") + (amounts(event, "quantityList") if kind == "harvest" else []):
            stock[uri, who, "on_hand"] += amount
            made[uri] += amount
        for uri, amount in amounts(event, "quantityList"):
            if kind == "sell":
                stock[uri, who, "on_hand"] -= amount
                stock[uri, who, "sold"] += amount
            elif kind == "ship":
                stock[uri, who, "on_hand"] -= amount
                stock[uri, who, "in_transit"] += amount
            elif kind == "receive":
                stock[uri, event["sourceList"][0]["source"], "in_transit"] -= amount
                stock[uri, who, "on_hand"] += amount
    expected = {key: amount for key, amount in stock.items() if amount}
    found = {}
    for uri, holder, on_hand, in_transit, sold, destroyed, deficit in service.rows(
            "SELECT l.uri, p.uri, h.on_hand, h.in_transit, h.sold, h.destroyed, h.deficit FROM lot_holding h"
            " JOIN lot l USING (org_id, lot_id) JOIN party p ON p.id = h.holder"):
        found.update({(uri, holder, name): amount for name, amount in (
            ("on_hand", on_hand), ("in_transit", in_transit), ("sold", sold), ("destroyed", destroyed), ("deficit", deficit))
            if amount})
    assert found == expected
    assert {uri: total for uri, total in service.rows("SELECT uri, total FROM lot")} == dict(made)


def check_directories(service):
    """Every event, lot and code is found by its name, queued for the log once, and nothing points to what is not there."""
    for sql in ("SELECT count(*) FROM event FULL JOIN event_key k USING (org_id, id) WHERE event.id IS NULL OR k.id IS NULL",
                "SELECT count(*) FROM event e FULL JOIN (SELECT org_id, id FROM log_pending WHERE kind = 'event' UNION ALL SELECT org_id, id FROM log_leaf"
                " WHERE kind = 'event') q USING (org_id, id)"
                " WHERE e.id IS NULL OR q.id IS NULL",
                "SELECT count(*) - count(DISTINCT (org_id, id)) FROM (SELECT org_id, id FROM log_pending WHERE kind = 'event'"
                " UNION ALL SELECT org_id, id FROM log_leaf WHERE kind = 'event') q",
                "SELECT count(*) FROM lot l LEFT JOIN code c USING (code) WHERE c.id IS DISTINCT FROM l.lot_id",
                "SELECT count(*) FROM code c LEFT JOIN lot l ON l.lot_id = c.id WHERE l.lot_id IS NULL",
                "SELECT count(*) FROM thing t LEFT JOIN lot l ON l.lot_id = t.id WHERE t.kind = 'lot' AND l.lot_id IS NULL",
                "SELECT abs(count(*) - 2 * (SELECT count(*) FROM lot)) FROM thing WHERE kind = 'lot'",
                "SELECT count(*) FROM lot l LEFT JOIN event e ON e.id = l.created_event WHERE e.id IS NULL",
                "SELECT count(*) FROM event_thing t LEFT JOIN event e ON e.org_id = t.event_org AND e.id = t.event WHERE e.id IS NULL",
                "SELECT count(*) FROM lot_edge t LEFT JOIN event e ON e.org_id = t.event_org AND e.id = t.event WHERE e.id IS NULL",
                "SELECT count(*) FROM shipment s LEFT JOIN event e ON e.id = s.event WHERE e.id IS NULL",
                "SELECT count(*) FROM lot l WHERE head IS DISTINCT FROM (SELECT e.statement_sha256 FROM event_thing t JOIN event e"
                " ON e.org_id = t.event_org AND e.id = t.event WHERE t.lot_id = l.lot_id ORDER BY t.recorded_at DESC LIMIT 1)"):
        assert service.value(sql) == 0, sql


def check_proofs(load, ids):
    registrar = str(load.service.data / "registrar.vkey")
    path = load.service.data / "proof.json"
    admin = Api(load.service, load.service.admin_key)
    for id_ in ids:
        path.write_text(json.dumps(admin.read(f"/v1/events/{id_}/proof?tier=full")))
        done = subprocess.run([program("farmtrail"), "verify", str(path), "--registrar", registrar], env=environment(),
                              capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout
        assert base64.b64encode(hashlib.sha256(text_of(json.loads(path.read_text())["statement"]).encode()).digest()).decode() == \
            load.service.value("SELECT encode(statement_sha256, 'base64') FROM event WHERE id = %s", id_)
