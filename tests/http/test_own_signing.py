# SPDX-License-Identifier: Apache-2.0
"""Organisations that sign their records themselves: prepared, signed on the device, sent as a note. The service never signs
for them, and stores what was signed byte for byte or nothing."""
import base64
import concurrent.futures
import contextlib
import hashlib
import hmac
import http.client
import http.server
import json
import subprocess
import threading

import pytest
from conftest import TOWNSHIP, ago, kg, line, uuid7
from device import Device, enrol, keys_of
from service import UNSTEADY, Api, environment, program, wait_for

# What goes on by itself, and what anybody's reading leaves.
ASIDE = (*UNSTEADY, "idempotency", "prepared")


class Own:
    """A cooperative with a key of its own and no other."""

    def __init__(self, district, algorithm="p256", directory=None, only=True):
        self.district, self.party, self.device = district, district.farm(), Device(algorithm, directory)
        reply, _, _ = enrol(district, self.party, self.device)
        assert reply.status == 201
        if only:
            self.end(next(key for key in keys_of(district, self.party) if key["custody"] == "service")["fingerprint"])

    def end(self, fingerprint):
        reply = self.district.admin.post(f"/v1/signing-keys/{fingerprint}/revoke", {"reason": "ceased"})
        assert reply.status == 200, reply

    def record(self, quantity=1, **members):
        return {"id": uuid7(), "type": "harvest", "time": ago(hours=3), "site": "P1", "product": "PAKCHOI", "quantity": kg(quantity),
                **members}

    def prepare(self, record, api=None, device=None):
        return (api or self.party).post("/v1/events:prepare", {"key": (device or self.device).fingerprint, "record": record})

    def prepared(self, record, **more):
        reply = self.prepare(record, **more)
        assert reply.status == 200, reply
        return reply.json()

    def notes(self, prepared, device=None):
        device = device or self.device
        made = {"note": device.note(prepared)}
        if "replacement" in prepared:
            made["replacementNote"] = device.note({**prepared, "statement": prepared["replacement"]["statement"]})
        return made

    def send(self, notes, api=None):
        return (api or self.party).post("/v1/events", notes)

    def capture(self, record, **more):
        reply = self.send(self.notes(self.prepared(record, **more)))
        assert reply.status == 201, reply
        return reply.json()


@pytest.fixture
def own(district):
    return Own(district)


def problem(reply):
    return reply.json()["type"].rsplit("/", 1)[1]


def views(prepared):
    """The lines of the manifest that the body and the secret explain."""
    secret = base64.b64decode(prepared["secret"])
    salt = hmac.new(secret, b"farmtrail/salt@v1\nfull", hashlib.sha256).digest()[:16]
    full = base64.b64encode(hashlib.sha256(salt + prepared["body"].encode()).digest()).decode()
    return full, base64.b64encode(hashlib.sha256(prepared["manifest"].encode()).digest()).decode()


def stored_nothing(district, act):
    before = district.service.snapshot(but=ASIDE)
    result = act()
    assert district.service.snapshot(but=ASIDE) == before
    return result


# — what is prepared and what is stored —

@pytest.mark.parametrize("algorithm", ["p256", "ed25519", "sm2"])
def test_a_record_is_stored_as_its_organisation_signed_it(district, tmp_path, algorithm):
    own = Own(district, algorithm, tmp_path)
    record = own.record()
    prepared = stored_nothing(district, lambda: own.prepared(record))
    full, manifest = views(prepared)
    assert prepared["event"] == record["id"]
    assert f"\nfull {full} {len(prepared['body'].encode())} " in prepared["manifest"]
    assert f"\nbody sha256 {manifest} " in prepared["statement"] and f"\norg {own.party.id}\n" in prepared["statement"]
    assert json.loads(prepared["body"])["eventID"] == f"urn:uuid:{record['id']}"
    notes = own.notes(prepared)
    reply = own.send(notes)
    assert reply.status == 201 and reply.json()["event"] == record["id"] and len(reply.json()["lots"]) == 1
    assert reply.headers["location"] == f"/v1/events/{record['id']}"
    proof = own.party.read(f"/v1/events/{record['id']}/proof?tier=full")
    assert proof["statement"] == notes["note"] and proof["view"] == prepared["body"] and proof["manifest"] == prepared["manifest"]
    assert wait_for(lambda: own.party.read(f"/v1/events/{record['id']}/proof")["index"] is not None)
    assert wait_for(lambda: own.party.read(f"/v1/events/{record['id']}/proof")["key"]["index"] is not None)
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(own.party.read(f"/v1/events/{record['id']}/proof")))
    assert district.service.farmtrail("verify", str(file), "--data", str(district.service.data)).returncode == 0
    assert district.public.read(f"/t/{reply.json()['lots'][0]['code']}", accept="application/json")["originCount"] == 1


def test_the_service_never_signs_for_it(district, own):
    refused = stored_nothing(district, lambda: own.party.post("/v1/events", own.record()))
    assert refused.status == 409 and problem(refused) == "signs-itself"
    assert "/v1/events:prepare" in refused.json()["hint"]
    by_admin = stored_nothing(district, lambda: district.admin.post("/v1/events", {**own.record(), "party": own.party.number}))
    assert by_admin.status == 409 and problem(by_admin) == "signs-itself"
    batch = stored_nothing(district, lambda: own.party.post("/v1/events:batch", {"records": [own.record()], "onError": "proceed"}))
    assert [problem_of["problem"]["type"].rsplit("/", 1)[1] for problem_of in batch.json()["results"]] == ["signs-itself"]
    rotated = district.admin.post("/v1/signing-keys:rotate", {"party": own.party.number})
    assert rotated.status == 409 and problem(rotated) == "no-signing-key"
    held = district.service.value("SELECT count(*) FROM key_secret WHERE fingerprint = decode(%s, 'hex')", own.device.fingerprint)
    assert held == 0


def test_the_service_goes_on_signing_beside_a_device_while_it_has_a_key(district):
    both = Own(district, only=False)
    assert both.party.post("/v1/events", both.record()).status == 201
    both.capture(both.record())
    custody = {row[0] for row in district.service.rows(
        "SELECT k.custody FROM event e JOIN signing_key k ON k.fingerprint = e.key_fingerprint WHERE e.org_id = %s", both.party.id)}
    assert custody == {"self", "service"}


def test_a_chain_of_records_is_signed_one_by_one(district, own):
    shop = district.party("shop")
    lot = own.capture(own.record(10))["lots"][0]
    shipped = own.capture({"id": uuid7(), "type": "ship", "time": ago(hours=2), "lots": [line(lot, 4)], "to": shop.number})
    shop.receive(shipped["shipment"], ago(hours=1))
    assert shop.stock(lot)["on_hand"] == 4 and own.party.stock(lot)["on_hand"] == 6
    sequence = [row[0] for row in district.service.rows("SELECT seq FROM event WHERE org_id = %s ORDER BY recorded_at", own.party.id)]
    assert sequence == [2, 3]


def test_a_correction_with_its_replacement_is_signed_twice(district, own):
    first = own.capture(own.record(10))
    correct = {"id": uuid7(), "type": "correct", "event": first["event"], "reason": "wrong scale", "time": ago(minutes=5),
               "replacement": {"type": "harvest", "time": ago(hours=3), "site": "P1", "product": "PAKCHOI", "quantity": kg(8)}}
    prepared = own.prepared(correct)
    notes = own.notes(prepared)
    alone = stored_nothing(district, lambda: own.send({"note": notes["note"]}))
    assert alone.status == 409 and problem(alone) == "prepared-otherwise"
    swapped = stored_nothing(district, lambda: own.send({"note": notes["note"], "replacementNote": notes["note"]}))
    assert swapped.status == 409 and problem(swapped) == "prepared-otherwise"
    reply = own.send(notes)
    assert reply.status == 201 and reply.json()["replacement"]["event"] == prepared["replacement"]["event"]
    assert own.party.stock(first["lots"][0])["on_hand"] == 8
    assert own.send(notes).json() == reply.json()


def test_a_correction_without_a_time_is_dated_as_prepared(district, own):
    first = own.capture(own.record(10))
    own.capture({"id": uuid7(), "type": "correct", "event": first["event"], "reason": "twice"})
    assert own.party.stock(first["lots"][0])["on_hand"] == 0


# — refusals —

def test_what_is_refused_is_refused_when_it_is_prepared(district, own):
    lot = own.capture(own.record(1))["lots"][0]
    sale = {"id": uuid7(), "type": "sell", "time": ago(hours=1), "lots": [line(lot, 2)]}
    refused = stored_nothing(district, lambda: own.prepare(sale))
    assert refused.status == 409 and problem(refused) == "lot-short"
    assert refused.json()["errors"][0]["pointer"] == "/record/lots/0/quantity"
    naive = own.prepare({**own.record(), "time": "2026-05-03T08:30:00"})
    assert naive.status == 422 and naive.json()["errors"][0]["pointer"] == "/record/time"
    wrong = own.prepare(own.record(type="harvested"))
    assert problem(wrong) == "record-type" and wrong.json()["errors"][0]["pointer"] == "/record/type"
    assert district.service.value("SELECT count(*) FROM prepared WHERE org_id = %s", own.party.id) == 0


def test_only_an_active_key_of_the_organisation_prepares(district, own):
    stranger = Own(district)
    service_key = next(key["fingerprint"] for key in keys_of(district, stranger.party) if key["custody"] == "service")
    for key in (stranger.device.fingerprint, Device().fingerprint, service_key, "00" * 32):
        reply = own.party.post("/v1/events:prepare", {"key": key, "record": own.record()})
        assert reply.status == 409 and problem(reply) == "signing-key-ended" and reply.json()["errors"][0]["pointer"] == "/key"
    assert own.party.post("/v1/events:prepare", {"key": "zz" * 32, "record": own.record()}).status == 422
    assert own.prepare(own.record(), api=stranger.party).status in (404, 409)


def flipped(text, at):
    return text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1:]


def test_a_note_with_one_other_byte_is_refused(district, own):
    note = own.notes(own.prepared(own.record()))["note"]
    seen = set()

    def send_all():
        for at in range(0, len(note), 7):
            if note[at] == "—":
                continue
            reply = own.send({"note": flipped(note, at)})
            assert reply.status in (409, 422), (at, reply)
            seen.add(problem(reply))
    stored_nothing(district, send_all)
    assert seen == {"field-range", "not-prepared", "signature"}
    assert own.send({"note": note}).status == 201


def test_a_note_that_another_key_signed_is_refused(district, own):
    prepared = own.prepared(own.record())
    refused = stored_nothing(district, lambda: own.send(own.notes(prepared, Device())))
    assert refused.status == 422 and problem(refused) == "signature" and refused.json()["errors"][0]["pointer"] == "/note"
    two = own.notes(prepared)["note"]
    doubled = stored_nothing(district, lambda: own.send({"note": two + two.splitlines(keepends=True)[-1]}))
    assert doubled.status == 422 and doubled.json()["errors"][0]["rule"] == "note"
    assert own.send(own.notes(prepared)).status == 201


def test_a_note_of_a_key_that_was_revoked_is_refused(district, own):
    notes = own.notes(own.prepared(own.record()))
    own.end(own.device.fingerprint)
    refused = stored_nothing(district, lambda: own.send(notes))
    assert refused.status == 409 and problem(refused) == "signing-key-ended"
    without = own.party.post("/v1/events", own.record())
    assert without.status == 409 and problem(without) == "no-signing-key"


def test_a_note_of_another_is_nobodys_to_send(district, own):
    notes, stranger = own.notes(own.prepared(own.record())), Own(district)
    colleague = Api(district.service, district.key(["capture"], parties=[own.party.id]))
    for api in (stranger.party, colleague, district.admin):
        refused = stored_nothing(district, lambda: own.send(notes, api))
        assert refused.status == 409 and problem(refused) == "not-prepared", refused
    made = own.send(notes).json()
    # In, it is its organisation's: whoever acts for that gets the first answer, nobody else.
    assert own.send(notes, colleague).json() == made and own.send(notes, district.admin).json() == made
    for bounds in ({"parties": [stranger.party.id]}, {"region": "500109"}):
        refused = own.send(notes, Api(district.service, district.key(["capture"], **bounds)))
        assert refused.status == 409 and problem(refused) == "not-prepared"
    assert own.send(notes, Api(district.service, district.key(["capture"], region=TOWNSHIP))).json() == made


def test_a_preparation_ends(district, own):
    notes = own.notes(own.prepared(own.record()))
    district.service.cluster.execute(district.service.database, "UPDATE prepared SET expires_at = now()")
    refused = stored_nothing(district, lambda: own.send(notes))
    assert refused.status == 409 and problem(refused) == "not-prepared"


def test_of_what_is_prepared_with_one_key_the_newest_are_kept(district, own):
    notes = [own.notes(own.prepared(own.record())) for _ in range(18)]
    assert district.service.value("SELECT count(*) FROM prepared WHERE org_id = %s", own.party.id) == 16
    assert problem(own.send(notes[0])) == "not-prepared"
    assert own.send(notes[-1]).status == 201


@pytest.mark.parametrize("change", ["sequence", "head", "master data"])
def test_what_was_prepared_on_other_facts_is_prepared_again(district, own, change):
    lot = own.capture(own.record(10))["lots"][0]
    sale = {"id": uuid7(), "type": "sell", "time": ago(hours=1), "lots": [line(lot, 2)]}
    notes = own.notes(own.prepared(sale))
    if change == "sequence":
        own.capture(own.record())
    elif change == "head":
        other = Device()
        assert enrol(district, own.party, other)[0].status == 201
        second = own.prepared({"id": uuid7(), "type": "sell", "time": ago(hours=2), "lots": [line(lot, 3)]}, device=other)
        assert own.send(own.notes(second, other)).status == 201
    else:
        path = f"/v1/parties/{own.party.id}"
        read = district.admin.get(path)
        body = {k: read.json()[k] for k in ("number", "kind", "name", "region")}
        assert district.admin.put(path, {**body, "name": {"zh": "另一名称"}}, if_match=read.headers["etag"]).status == 200
    refused = stored_nothing(district, lambda: own.send(notes))
    assert refused.status == 409 and problem(refused) == "prepared-otherwise"
    assert own.capture(sale)["event"] == sale["id"]


def test_goods_that_went_meanwhile_are_told_as_such(district, own):
    lot = own.capture(own.record(10))["lots"][0]
    notes = own.notes(own.prepared({"id": uuid7(), "type": "sell", "time": ago(hours=1), "lots": [line(lot, 8)]}))
    own.capture({"id": uuid7(), "type": "sell", "time": ago(hours=1), "lots": [line(lot, 5)]})
    refused = stored_nothing(district, lambda: own.send(notes))
    assert refused.status == 409 and problem(refused) == "lot-short"


# — again, and at once —

def test_the_same_note_again_gets_the_first_answer(district, own):
    record = own.record()
    notes = own.notes(own.prepared(record))
    first = own.send(notes)
    for _ in range(2):
        again = own.send(notes)
        assert again.status == 200 and again.json() == first.json()
    captured = own.prepared(record)
    assert captured == {"event": record["id"], "captured": first.json()}
    other = own.prepare({**record, "quantity": kg(7)})
    assert other.status == 409 and problem(other) == "id-taken"


def test_the_same_note_at_once_is_one_record(district, own):
    notes = own.notes(own.prepared(own.record()))
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: own.send(notes, Api(district.service, own.party.key)), range(6)))
    assert sorted(reply.status for reply in replies) == [200] * 5 + [201]
    assert len({json.dumps(reply.json(), sort_keys=True) for reply in replies}) == 1


def test_of_two_devices_at_once_one_wins_and_the_other_prepares_again(district, own):
    lot = own.capture(own.record(100))["lots"][0]
    devices = [own.device, Device(), Device(), Device()]
    for device in devices[1:]:
        assert enrol(district, own.party, device)[0].status == 201
    sales = [{"id": uuid7(), "type": "sell", "time": ago(hours=1), "lots": [line(lot, 1)]} for _ in devices]
    notes = [own.notes(own.prepared(sale, device=device), device) for sale, device in zip(sales, devices)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda note: own.send(note, Api(district.service, own.party.key)), notes))
    assert sorted(reply.status for reply in replies) == [201, 409, 409, 409]
    assert {problem(reply) for reply in replies if reply.status == 409} == {"prepared-otherwise"}
    for sale, device, reply in zip(sales, devices, replies):
        if reply.status == 409:
            assert own.send(own.notes(own.prepared(sale, device=device), device)).status == 201
    assert own.party.stock(lot)["sold"] == 4


def test_an_idempotency_key_holds_for_both_steps(district, own):
    record = {key: value for key, value in own.record().items() if key != "id"}
    body = {"key": own.device.fingerprint, "record": record}
    first, again = (own.party.post("/v1/events:prepare", body, idempotency_key="step-1") for _ in range(2))
    assert first.status == again.status == 200 and again.headers["idempotent-replayed"] == "true" and again.json() == first.json()
    notes = own.notes(first.json())
    made, kept = (own.party.post("/v1/events", notes, idempotency_key="step-2") for _ in range(2))
    assert made.status == kept.status == 201 and kept.headers["idempotent-replayed"] == "true" and kept.json() == made.json()


def test_a_body_is_a_record_or_a_note(own):
    both = own.party.post("/v1/events", {**own.record(), "note": "dry leaves"})
    assert both.status == 409 and problem(both) == "signs-itself"  # a remark in a record is no signature
    bare = own.party.post("/v1/events", {"note": "dry leaves"})
    assert bare.status == 422 and bare.json()["errors"][0] | {"rule": "note", "pointer": "/note"} == bare.json()["errors"][0]
    assert own.party.post("/v1/events", {}).json()["errors"][0]["pointer"] == "/type"


# — farmtrail on the device —

@pytest.fixture
def card(district, tmp_path):
    """A directory with the signing key of a cooperative that has no other, as `farmtrail key enrol` left it."""
    party, file = district.farm(), tmp_path / "coop.key"
    (tmp_path / "api.key").write_text(party.key + "\n")

    def farmtrail(*arguments, text="", check=0, url=f"http://127.0.0.1:{district.service.port}"):
        done = subprocess.run([program("farmtrail"), *arguments, "--url", url, "--key-file", str(tmp_path / "api.key"), "--lang", "en"],
                              input=text, capture_output=True, text=True, check=False, timeout=120, env=environment())
        assert done.returncode == check, done
        return done
    token = district.admin.make("/v1/enrolments", {"party": party.number, "reason": "new-device"})["token"]
    fingerprint = farmtrail("key", "enrol", token, "--keep", str(file)).stdout.strip()
    keys = keys_of(district, party)
    assert [key["custody"] for key in keys] == ["service", "self"] and keys[1]["fingerprint"] == fingerprint
    assert district.admin.post(f"/v1/signing-keys/{keys[0]['fingerprint']}/revoke", {"reason": "ceased"}).status == 200
    farmtrail.party, farmtrail.file, farmtrail.district = party, file, district
    return farmtrail


def harvest_text(**members):
    return json.dumps({"type": "harvest", "time": ago(hours=3), "site": "P1", "product": "PAKCHOI", "quantity": kg(10), **members})


def test_the_command_line_makes_a_key_and_signs_with_it(card, tmp_path):
    assert card.file.stat().st_mode & 0o777 == 0o600 and card.file.read_text().startswith("PRIVATE+KEY+")
    made = json.loads(card("event", "add", "-", "--sign", str(card.file), "--json", text=harvest_text()).stdout)
    proof = card.party.read(f"/v1/events/{made['event']}/proof")
    assert f"org {card.party.id}\n" in proof["statement"]
    refused = card("event", "add", "-", text=harvest_text(), check=1)
    assert "signs its records itself" in refused.stderr
    lot = made["lots"][0]["id"]
    outbox = tmp_path / "outbox"
    records = [{"id": uuid7(), "type": "sell", "time": ago(hours=1), "lots": [line(lot, n)]} for n in (1, 2, 3)]
    outbox.write_text("\n".join(json.dumps(record) for record in records))
    for _ in range(2):  # sent again they are in already
        done = card("event", "add", str(outbox), "--sign", str(card.file)).stdout
        assert [done.count(record["id"]) for record in records] == [1, 1, 1]
    assert card.party.stock(made["lots"][0])["sold"] == 6
    correct = {"type": "correct", "event": made["event"], "reason": "scale", "time": ago(minutes=1),
               "replacement": json.loads(harvest_text(quantity={"value": "24", "unit": "jin"}))}
    card("event", "add", "-", "--sign", str(card.file), text=json.dumps(correct))
    assert card.party.stock(made["lots"][0])["on_hand"] == 6


@pytest.mark.parametrize("algorithm", ["ed25519", "sm2"])
def test_a_key_of_another_algorithm_signs_as_well(card, tmp_path, algorithm):
    token = card.district.admin.make("/v1/enrolments", {"party": card.party.number, "reason": "new-device"})["token"]
    file = str(tmp_path / algorithm)
    card("key", "enrol", token, "--keep", file, "--algorithm", algorithm)
    card("event", "add", "-", "--sign", file, text=harvest_text())
    assert [key["algorithm"] for key in keys_of(card.district, card.party)][-1] == algorithm


def test_a_key_file_is_never_written_over_and_never_shared(card, tmp_path):
    token = card.district.admin.make("/v1/enrolments", {"party": card.party.number, "reason": "new-device"})["token"]
    before = card.file.read_bytes()
    assert "exists" in card("key", "enrol", token, "--keep", str(card.file), check=1).stderr
    assert card.file.read_bytes() == before and len(keys_of(card.district, card.party)) == 2
    card.file.chmod(0o644)
    assert "0600" in card("event", "add", "-", "--sign", str(card.file), text=harvest_text(), check=1).stderr
    for content in ("", "PRIVATE+KEY+", "x" * 600, before.decode().replace("PRIVATE", "PUBLIC"),
                    before.decode().replace(before.decode().split("+")[3], "00000000")):
        bad = tmp_path / "bad.key"
        bad.write_text(content)
        bad.chmod(0o600)
        assert "not the file of a signing key" in card("event", "add", "-", "--sign", str(bad), text=harvest_text(), check=1).stderr


@contextlib.contextmanager
def liar(port, lie):
    """A server between the device and ours, which lies about what is to be signed. Gives its address and what reached it."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(self.path)
            if self.path.endswith(":prepare"):
                body = lie.before(body)
            upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            upstream.request("POST", self.path, body, {name: self.headers[name] for name in ("Authorization", "Content-Type")
                                                       if self.headers[name]})
            reply = upstream.getresponse()
            answer = reply.read()
            upstream.close()
            if self.path.endswith(":prepare") and reply.status == 200:
                answer = lie.after(answer)
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.headers["Content-Type"])
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    thread.join()
    server.server_close()


class Lie:
    def __init__(self, record=None, **answer):
        self.record, self.answer = record, answer

    def before(self, body):
        asked = json.loads(body)
        if self.record:
            asked["record"].update(self.record)
        return json.dumps(asked).encode() if self.record else body

    def after(self, body):
        told = json.loads(body)
        return json.dumps({**told, **{name: change(told[name]) for name, change in self.answer.items()}}).encode()


@pytest.mark.parametrize("lie, said", [
    (Lie(record={"quantity": kg(11)}), "farmtrail:request"),
    (Lie(body=lambda body: body.replace('"quantity":10', '"quantity":11')), "statement"),
    (Lie(secret=lambda secret: base64.b64encode(bytes(32)).decode()), "statement"),
    (Lie(statement=lambda text: text.replace("seq ", "seq 1")), None),
    (Lie(statement=lambda text: text.replace("farmtrail/event@v1", "farmtrail/recall@v1")), "statement"),
    (Lie(statement=lambda text: text.replace("\nkey ", "\nkey A")), "statement"),
    (Lie(), ""),
], ids=["record", "body", "secret", "sequence", "kind", "key", "honest"])
def test_the_device_signs_nothing_but_its_record(card, lie, said):
    before = card.district.service.value("SELECT count(*) FROM event WHERE org_id = %s", card.party.id)
    with liar(card.district.service.port, lie) as (url, seen):
        done = card("event", "add", "-", "--sign", str(card.file), text=harvest_text(), url=url, check=0 if said == "" else 4 if said else 1)
    if said:
        assert f"so not signed: {said}" in done.stderr
    assert ("/v1/events" in seen) == (not said)
    stored = card.district.service.value("SELECT count(*) FROM event WHERE org_id = %s", card.party.id)
    assert stored == before + (said == "")


def test_a_key_is_not_lent_to_another_statement(card, tmp_path):
    """What enrols must enrol this key and none of the service's."""
    token = card.district.admin.make("/v1/enrolments", {"party": card.party.number, "reason": "new-device"})["token"]
    for lie in (Lie(statement=lambda text: text.replace("custody self", "custody service")),
                Lie(statement=lambda text: text.replace("use event", "use register")),
                Lie(name=lambda name: name + "x")):
        with liar(card.district.service.port, lie) as (url, seen):
            done = card("key", "enrol", token, "--keep", str(tmp_path / "new.key"), url=url, check=4)
        assert "nothing was signed" in done.stderr and seen == ["/v1/signing-keys:prepare"] and not (tmp_path / "new.key").exists()
