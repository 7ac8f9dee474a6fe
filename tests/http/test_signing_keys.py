# SPDX-License-Identifier: Apache-2.0
"""Signing keys: devices enrol their own with a one-use token, custodial ones are replaced, any is revoked; each change
is an entry of the log, and records signed before it stay valid."""
import concurrent.futures
import hashlib
import json
import re
import time

import pytest
from conftest import District, ago, kg
from device import UNIVERSAL, WEAK_KEYS, Device, b64, enrol, is_signed_by_nobody, keys_of, permit, prepare
from service import UNSTEADY, Api, shared_data, wait_for


@pytest.fixture
def party(district):
    return district.farm()


def problem(reply):
    return reply.json()["type"].rsplit("/", 1)[1]


def logged_proof(district, event):
    """The proof once a signed head covers the record and its key."""
    for _ in range(200):
        proof = district.admin.read(f"/v1/events/{event}/proof")
        if proof["index"] is not None and proof["key"]["index"] is not None:
            return proof
        time.sleep(0.05)
    raise AssertionError(proof)


def harvest(party):
    return party.record("harvest", ago(hours=1), site="P1", product="PAKCHOI", quantity=kg(1))["event"]


# — enrolment —

@pytest.mark.parametrize("algorithm", ["p256", "ed25519", "sm2"])
def test_a_device_enrols_the_key_it_made(district, party, tmp_path, algorithm):
    device = Device(algorithm, tmp_path)
    reply, _, _ = enrol(district, party, device)
    assert reply.status == 201, reply
    made = reply.json()
    assert made["custody"] == "self" and made["state"] == "active" and made["algorithm"] == algorithm
    assert made["fingerprint"] == device.fingerprint and made["party"] == party.id
    assert reply.headers["location"] == f"/v1/signing-keys/{device.fingerprint}"
    assert district.public.read(reply.headers["location"]) == made
    assert [k["custody"] for k in keys_of(district, party)] == ["service", "self"]
    lines = made["statement"].split("\n\n")[1].splitlines()
    assert len(lines) == 2 and f"/o/{party.id} " in lines[0] and f"/o/{party.id} " not in lines[1]  # itself, the registrar
    assert "custody self\n" in made["statement"]


def test_what_the_qr_says_leads_to_the_enrolment(district, party):
    made = permit(district, party)
    address, token = made["uri"].split("#")
    assert address.endswith("/v1/signing-keys") and token == made["token"] and token.startswith("fte_")
    assert made["qr"].startswith("<svg")
    assert not district.service.rows("SELECT FROM enrolment WHERE token_hash = %s", token.encode())
    assert district.service.rows("SELECT FROM enrolment WHERE token_hash = sha256(%s::bytea)", token.encode())


def test_the_statement_enters_the_log(district, party, tmp_path):
    device = Device()
    enrol(district, party, device)
    for _ in range(200):
        if district.service.rows("SELECT FROM log_leaf WHERE kind = 'key' AND fingerprint = decode(%s, 'hex')", device.fingerprint):
            return
        time.sleep(0.05)
    raise AssertionError("not logged")


def test_a_token_is_good_once(district, party):
    reply, token, _ = enrol(district, party, Device())
    assert reply.status == 201
    other = Device()
    again = district.public.post("/v1/signing-keys:prepare", {"token": token, "spki": b64(other.spki)})
    assert again.status == 422 and problem(again) == "enrolment-token"
    assert len(keys_of(district, party)) == 2


def test_the_same_key_again_is_answered_as_the_first_time(district, party):
    reply, token, note = enrol(district, party, Device())
    again = district.public.post("/v1/signing-keys", {"token": token, "note": note})
    assert again.status == 200 and again.json() == reply.json()
    assert len(keys_of(district, party)) == 2


def test_of_two_devices_with_one_token_one_gets_in(district, party):
    token, devices = permit(district, party)["token"], [Device() for _ in range(6)]
    notes = [device.note(prepare(district, token, device)) for device in devices]

    def send(note):
        return Api(district.service).post("/v1/signing-keys", {"token": token, "note": note}).status
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(send, notes)) == [201] + [422] * 5
    assert len(keys_of(district, party)) == 2


def test_a_token_ends_after_a_day(district, party):
    token = permit(district, party)["token"]
    district.service.cluster.execute(district.service.database,
                                     "UPDATE enrolment SET expires_at = now() - interval '1 second' WHERE fingerprint IS NULL")
    reply = district.public.post("/v1/signing-keys:prepare", {"token": token, "spki": b64(Device().spki)})
    assert reply.status == 422 and problem(reply) == "enrolment-token"


@pytest.mark.parametrize("token", ["", "fte_", "fte_" + "A" * 43, "ftk_" + "A" * 43, "fte_" + "A" * 44])
def test_what_is_no_token_is_refused(district, token):
    reply = district.public.post("/v1/signing-keys:prepare", {"token": token, "spki": b64(Device().spki)})
    assert reply.status == 422 and problem(reply) in ("enrolment-token", "field-range")


def test_only_who_registers_permits(district, party):
    assert party.post("/v1/enrolments", {"party": party.number}).status == 403
    assert district.public.post("/v1/enrolments", {"party": party.number}).status == 401


def refused(district, party, change=lambda text: text, device=None, signer=None, wrap=lambda note: note):
    """The problem of a note that was changed before it was signed."""
    device = device or Device()
    token = permit(district, party)["token"]
    prepared = prepare(district, token, device)
    note = wrap((signer or device).note(prepared, change(prepared["statement"])))
    before = district.service.snapshot()
    reply = district.public.post("/v1/signing-keys", {"token": token, "note": note})
    assert reply.status == 422, reply
    assert district.service.snapshot(but=(*UNSTEADY, "idempotency")).items() <= before.items()
    return problem(reply), reply.json()["errors"][0]["rule"]


def test_a_note_that_another_key_signed_is_refused(district, party):
    assert refused(district, party, signer=Device()) == ("signature", "signature")


@pytest.mark.parametrize("change, rule", [
    (lambda text: text.replace("seq 1\n", "seq 2\n"), "wording"),
    (lambda text: text.replace("custody self", "custody service"), "wording"),
    (lambda text: text.replace("use event", "use inspect"), "wording"),
    (lambda text: text.replace("log ", "log other.", 1), "log"),
    (lambda text: "\n".join(f"at {int(line[3:]) - 90000}" if line.startswith("at ") else line for line in text.split("\n")), "time"),
    (lambda text: "\n".join(f"at {int(line[3:]) + 9000}" if line.startswith("at ") else line for line in text.split("\n")), "time"),
    (lambda text: text.replace("farmtrail/key@v1", "farmtrail/event@v1"), "note"),
    (lambda text: text.replace("reason new-device", "reason lost"), "wording"),
    (lambda text: text.replace("reason new-device\n", ""), "wording"),
    (lambda text: text.replace("reason new-device", "reason other"), "note"),
], ids=["seq", "custody", "use", "log", "late", "future", "kind", "reason", "no reason", "unknown reason"])
def test_a_note_of_other_words_is_refused(district, party, change, rule):
    assert refused(district, party, change) == ("field-range", rule)


def test_a_key_for_another_organisation_is_refused(district, party):
    other = district.farm()
    assert refused(district, party, lambda text: text.replace(f"org {party.id}", f"org {other.id}")) == ("field-range", "organisation")


def test_a_note_with_a_second_signature_is_refused(district, party):
    assert refused(district, party, wrap=lambda note: note + note.splitlines(keepends=True)[-1]) == ("field-range", "note")


def test_a_key_is_enrolled_once(district, party):
    device = Device()
    enrol(district, party, device)
    reply, _, _ = enrol(district, party, device)
    assert reply.status == 409 and problem(reply) == "id-taken"


def test_weak_keys_are_refused(district, party):
    rows = shared_data("crypto-vectors", "ed25519", "weak_public_keys.jsonl").splitlines()
    token, checked = permit(district, party)["token"], 0
    for row in rows:
        raw = bytes.fromhex(json.loads(row)["public"])
        reply = district.public.post("/v1/signing-keys:prepare",
                                     {"token": token, "spki": b64(bytes.fromhex("302a300506032b6570032100") + raw)})
        assert reply.status == 422 and problem(reply) == "key-refused", row
        checked += 1
    infinity = bytes.fromhex("3019301306072a8648ce3d020106082a8648ce3d0301070302" + "0000")
    off_curve = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200" + "04" + "11" * 64)
    for spki in (infinity, off_curve, b"", b"\x30" * 91):
        reply = district.public.post("/v1/signing-keys:prepare", {"token": token, "spki": b64(spki)})
        assert reply.status == 422 and problem(reply) in ("key-refused", "field-range")
    assert checked == len(rows) > 7


def test_weak_keys_prove_nothing_by_their_signatures(district, party):
    """At the other door: a statement of the weak key, with a signature that verifies although nobody made it."""
    assert {json.loads(row)["public"] for row in shared_data("crypto-vectors", "ed25519", "weak_public_keys.jsonl").splitlines()} <= \
        {key.hex() for key in WEAK_KEYS} and len(set(WEAK_KEYS)) == 14
    device = Device("ed25519")
    token = permit(district, party)["token"]
    prepared = prepare(district, token, device)
    at = int(re.search(r"\nat (\d+)\n", prepared["statement"])[1])
    for key in WEAK_KEYS:
        spki = bytes.fromhex("302a300506032b6570032100") + key
        key_id = hashlib.sha256(prepared["name"].encode() + b"\n\x01" + key).digest()[:4]
        text = re.sub(r"\nkey \S+\n", f"\nkey {b64(hashlib.sha256(spki).digest())}\n", prepared["statement"])
        text = re.sub(r"\nvkey \S+\n", lambda _: f"\nvkey {prepared['name']}+{key_id.hex()}+{b64(bytes([1]) + key)}\n", text)
        forged = next(said for said in (text.replace(f"\nat {at}\n", f"\nat {at - n}\n") for n in range(1000))
                      if is_signed_by_nobody(key, said.encode()))
        reply = district.public.post("/v1/signing-keys:prepare", {"token": token, "spki": b64(spki)})
        assert reply.problem() == "key-refused", key.hex()
        reply = district.public.post("/v1/signing-keys", {"token": token, "note": f"{forged}\n— {prepared['name']} {b64(key_id + UNIVERSAL)}\n"})
        assert reply.problem() == "key-refused" and reply.json()["errors"][0]["pointer"] == "/note", (key.hex(), reply)
    assert district.public.post("/v1/signing-keys", {"token": token, "note": device.note(prepared)}).status == 201, "the form was right"


# — why the registrar alone vouches —

def acts(district, action, subject):
    return district.admin.read(f"/v1/audit?action={action}&subject={subject}")["items"]


@pytest.mark.parametrize("reason", ["lost", "compromise", "custody", "staff-change", "new-device", "new-use"])
def test_a_further_key_says_why_it_is_there(district, party, reason):
    reply, _, _ = enrol(district, party, Device(), reason=reason)
    assert reply.status == 201 and reply.json()["furtherReason"] == reason and f"\nreason {reason}\n\n" in reply.json()["statement"]
    assert [key.get("furtherReason") for key in keys_of(district, party)] == [None, reason]
    assert [[act["reason"] for act in acts(district, action, party.id)] for action in ("permitKey", "enrolSigningKey")] == [[reason], [reason]]


def test_without_a_reason_it_is_not_permitted(district, party):
    before = district.service.snapshot()
    for language, word in (("en", "Send reason"), ("zh", "请在许可或更换时填写 reason")):
        reply = district.admin.post("/v1/enrolments", {"party": party.number}, **{"Accept-Language": language})
        assert (reply.status, reply.problem(), reply.pointer()) == (422, "key-reason", "/reason")
        assert reply.json()["errors"][0]["hint"].startswith(word), reply
    for other in ("superseded", "first", ""):
        reply = district.admin.post("/v1/enrolments", {"party": party.number, "reason": other})
        assert (reply.problem(), reply.pointer()) == ("field-range", "/reason")
    assert district.service.snapshot(but=(*UNSTEADY, "idempotency")).items() <= before.items()


def test_whoever_takes_over_from_a_key_needs_no_reason(district, party):
    reply = district.admin.post("/v1/signing-keys:rotate", {"party": party.number, "reason": "lost"})
    assert (reply.problem(), reply.pointer(), reply.json()["errors"][0]["rule"]) == ("field-range", "/reason", "predecessor")
    made = district.admin.make("/v1/signing-keys:rotate", {"party": party.number})
    assert "\nreason " not in made["statement"] and "furtherReason" not in made and "reason" not in acts(district, "rotateSigningKey", party.id)[0]


def test_of_two_that_would_be_the_first_one_is(new_service):
    """Of a party without a key, as there is none otherwise. Both tokens were permitted; which is first is decided under its lock."""
    service = new_service(LOG_SEQUENCER="false").start()
    here = District(service)
    party, devices = here.farm(), [Device(), Device()]
    for statement in ("DELETE FROM log_pending WHERE kind = 'key' AND org_id = %s", "DELETE FROM key_secret s USING signing_key k "
                      "WHERE s.fingerprint = k.fingerprint AND k.org_id = %s", "DELETE FROM key_head WHERE org_id = %s",
                      "DELETE FROM signing_key WHERE org_id = %s"):
        service.cluster.execute(service.database, statement.replace("%s", f"'{party.id}'"))
    none = here.admin.post("/v1/enrolments", {"party": party.number, "reason": "lost"})
    assert (none.problem(), none.json()["errors"][0]["rule"]) == ("field-range", "first-key")
    tokens = [here.admin.make("/v1/enrolments", {"party": party.number})["token"] for _ in devices]
    notes = [device.note(prepare(here, token, device)) for device, token in zip(devices, tokens)]
    holder = service.cluster.connect(service.database)
    holder.autocommit = False
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        try:
            holder.cursor().execute("SELECT FROM party WHERE id = %s FOR UPDATE", [party.id])
            sent = [pool.submit(Api(service).post, "/v1/signing-keys", {"token": token, "note": note}) for token, note in zip(tokens, notes)]
            assert wait_for(lambda: service.value("SELECT count(*) FROM pg_locks WHERE NOT granted") == 2, 30)
        finally:
            holder.close()
        replies = sorted((future.result() for future in sent), key=lambda reply: reply.status)
    assert [reply.status for reply in replies] == [201, 422], replies
    assert (replies[1].problem(), replies[1].pointer()) == ("key-reason", "/token")
    [key] = keys_of(here, party)
    assert key["custody"] == "self" and "\nreason " not in key["statement"]
    assert service.value("SELECT count(*) FROM enrolment WHERE fingerprint IS NULL AND org_id = %s", party.id) == 1, "it may be asked for again"


def test_what_the_database_says_of_reasons_is_held_against_the_statements(new_service):
    service = new_service().start()
    here = District(service)
    party, device = here.farm(), Device()
    assert enrol(here, party, device)[0].status == 201
    # the organisation's first key is of the second before: rows of a key that came back from a mirror have full seconds
    service.cluster.execute(service.database, "UPDATE signing_key SET created_at = created_at - interval '2 seconds' WHERE custody = 'service'")
    assert service.recount()[0] == 0
    found = set()
    for change in ("UPDATE enrolment SET reason = 'lost'", "UPDATE signing_key SET statement = "
                   "convert_to(replace(convert_from(statement, 'UTF8'), E'reason new-device\n', ''), 'UTF8')"):
        service.cluster.execute(service.database, change)
        code, answer = service.recount()
        assert code != 0
        found |= {(difference["part"], difference["subject"], difference["stored"]) for difference in answer["differences"]}
    assert {("key", device.fingerprint, "permitted: lost"), ("key", device.fingerprint, "a further key")} <= found


# — replacing —

def test_another_custodial_key_takes_over_and_earlier_records_stay_valid(district, party, tmp_path):
    before = harvest(party)
    old = keys_of(district, party)[0]
    logged_proof(district, before)
    made = district.admin.make("/v1/signing-keys:rotate", {"party": party.number})
    after = harvest(party)
    states = {k["fingerprint"]: (k["state"], k.get("reason")) for k in keys_of(district, party)}
    assert states == {old["fingerprint"]: ("retired", "superseded"), made["fingerprint"]: ("active", None)}
    assert f"predecessor {b64(bytes.fromhex(old['fingerprint']))}\n" in made["statement"]
    assert len(made["statement"].split("\n\n")[1].splitlines()) == 3  # the new one, the old one, the registrar
    for event, key in ((before, old), (after, made)):
        proof = logged_proof(district, event)
        assert f"key {b64(bytes.fromhex(key['fingerprint']))}\n" in proof["statement"]
        file = tmp_path / f"{event}.json"
        file.write_text(json.dumps(proof))
        done = district.service.farmtrail("verify", str(file), "--data", str(district.service.data))
        assert done.returncode == 0
    revoked = logged_proof(district, before)
    for _ in range(100):
        if "revocation" in revoked["key"]:
            break
        time.sleep(0.05)
        revoked = logged_proof(district, before)
    assert revoked["key"]["revocation"]["index"] > revoked["index"]
    assert "farmtrail/revoke@v1" in revoked["key"]["revocation"]["statement"]


@pytest.mark.parametrize("algorithm", ["p256", "ed25519", "sm2"])
def test_records_are_signed_with_the_algorithm_of_the_key(district, party, tmp_path, algorithm):
    made = district.admin.make("/v1/signing-keys:rotate", {"party": party.number, "algorithm": algorithm})
    assert made["algorithm"] == algorithm
    proof = logged_proof(district, harvest(party))
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(proof))
    assert district.service.farmtrail("verify", str(file), "--data", str(district.service.data)).returncode == 0


def test_records_that_come_while_a_key_is_replaced_are_signed_by_a_key_that_counts(district, party):
    """Sequences stay without gaps, and nothing is logged under a key after its revocation."""
    events = []

    def capture(_):
        api = Api(district.service, party.key)
        made = api.post("/v1/events", {"type": "harvest", "time": ago(hours=1), "site": "P1", "product": "PAKCHOI", "quantity": kg(1)})
        assert made.status == 201, made
        events.append(made.json()["event"])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        captures = [pool.submit(capture, i) for i in range(120)]
        for _ in range(5):
            district.admin.make("/v1/signing-keys:rotate", {"party": party.number})
        for done in captures:
            done.result()
    for _ in range(200):
        waiting = district.service.value("SELECT count(*) FROM log_pending WHERE org_id = %s", party.id)
        if not waiting:
            break
        time.sleep(0.05)
    late = district.service.value(
        "SELECT count(*) FROM log_leaf l JOIN event e ON l.kind = 'event' AND e.org_id = l.org_id AND e.id = l.id"
        " JOIN log_leaf r ON r.kind = 'revoke' AND r.fingerprint = e.key_fingerprint WHERE e.org_id = %s AND l.idx > r.idx", party.id)
    assert waiting == 0 and late == 0
    sequences = district.service.rows("SELECT key_fingerprint, array_agg(seq ORDER BY seq) FROM event WHERE org_id = %s GROUP BY 1", party.id)
    assert sum(len(seqs) for _, seqs in sequences) == 120
    for _, seqs in sequences:
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def test_the_registrars_key_is_not_replaced_here(district):
    registrar = district.service.value("SELECT id::text FROM party WHERE number = 'REGISTRAR'")
    reply = district.admin.post("/v1/signing-keys:rotate", {"party": registrar})
    assert reply.status == 403


# — revoking —

def test_a_revoked_key_signs_no_longer(district, party):
    key = keys_of(district, party)[0]
    reply = district.admin.post(f"/v1/signing-keys/{key['fingerprint']}/revoke", {"reason": "compromise", "since": ago(days=1)})
    assert reply.status == 200 and reply.json()["state"] == "revoked" and reply.json()["reason"] == "compromise"
    refusal = party.refuse("harvest", ago(hours=1), site="P1", product="PAKCHOI", quantity=kg(1))
    assert refusal.status == 409 and problem(refusal) == "no-signing-key"
    again = district.admin.post(f"/v1/signing-keys/{key['fingerprint']}/revoke", {"reason": "ceased"})
    assert again.status == 200 and again.json() == reply.json()
    nothing = district.admin.post("/v1/signing-keys:rotate", {"party": party.number})
    assert nothing.status == 409 and problem(nothing) == "no-signing-key"


def test_what_may_not_be_revoked_is_refused(district, party):
    registrar, log = (district.service.value("SELECT encode(fingerprint, 'hex') FROM signing_key WHERE use = %s", use)
                      for use in ("registrar", "log"))
    for key in (registrar, log):
        assert district.admin.post(f"/v1/signing-keys/{key}/revoke", {"reason": "ceased"}).status == 403
    for key in ("00" * 32, "zz", "00"):
        assert district.admin.post(f"/v1/signing-keys/{key}/revoke", {"reason": "ceased"}).status == 404
    mine = keys_of(district, party)[0]["fingerprint"]
    assert party.post(f"/v1/signing-keys/{mine}/revoke", {"reason": "ceased"}).status == 403
    ahead = district.admin.post(f"/v1/signing-keys/{mine}/revoke", {"reason": "compromise", "since": ago(days=-1)})
    assert ahead.status == 422 and problem(ahead) == "time-future"
    assert keys_of(district, party, state="revoked") == []
