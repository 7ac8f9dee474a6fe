# SPDX-License-Identifier: Apache-2.0
"""The threat table: who attacks, and the tests that show what stops or exposes them. A row without a test, or with one that is
gone, is red."""
import base64
import hashlib
import json
import random
import re
import subprocess
import uuid

import pytest
from auditor import wait_until_logged
from conftest import ago, kg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from device import Device, enrol, keys_of, permit, prepare
from loglab import COSIGNATURE, Log, Org, Server, Signer, b64
from service import ROOT, shared_data
from test_monitor import BROKEN, PLANTED, UNWITNESSED, WELL, monitor, url_of

# To add a row: its attacker as the table calls him, and the tests, as FILE::NAME below tests/.
THREATS = {
    "outside forger, no key": [
        "http/test_threats.py::test_outside_forger", "unit/core/test_bundle.c::every_flipped_field_is_found",
        "http/test_proof.py::test_every_changed_character_is_found_out", "http/test_verify.py::test_another_logs_policy_accepts_nothing"],
    "malicious cooperative back-dating": [
        "http/test_threats.py::test_malicious_cooperative_back_dating", "unit/core/test_bundle.c::a_late_record_says_how_late",
        "http/test_seen.py::test_a_time_far_from_its_place_is_told_and_is_no_alarm",
        "http/test_seen.py::test_a_head_that_was_not_there_before_alarms",
        "unit/core/test_bundle.c::a_revocation_counts_from_its_place_in_the_log"],
    "cooperative rewriting its own past": [
        "http/test_threats.py::test_cooperative_rewriting_its_own_past", "http/test_init.py::test_the_server_runs_with_the_rights_of_its_own_role",
        "http/test_correct.py::test_both_records_are_seen"],
    "cooperative denying a record": [
        "http/test_signing_keys.py::test_weak_keys_are_refused", "http/test_signing_keys.py::test_weak_keys_prove_nothing_by_their_signatures",
        "browser/test_verifier.py::test_weak_keys_verify_nothing", "vectors/crypto/test_ed25519.c::weak_keys_are_refused_and_verify_nothing",
        "http/test_signing_keys.py::test_a_note_that_another_key_signed_is_refused"],
    "server admin edits a row": [
        "http/test_monitor.py::test_what_was_changed_in_the_database_is_named",
        "http/test_log_altered.py::test_the_sequencer_does_not_start_on_changed_rows", "http/test_log_altered.py::test_what_was_changed_is_named",
        "http/test_trail_proofs.py::test_a_row_that_was_edited_breaks_the_bundle"],
    "server admin drops or reorders": [
        "http/test_monitor.py::test_an_entry_taken_out_is_a_fork", "http/test_trail_proofs.py::test_a_record_that_is_left_out_is_missing",
        "unit/core/test_bundle.c::a_hidden_middle_record_shows_as_a_missing_prev",
        "http/test_witness.py::test_another_history_is_refused_by_every_witness_and_told"],
    "server withholds (never logs)": [
        "http/test_monitor.py::test_what_is_held_back_is_a_gap", "http/test_trail_proofs.py::test_what_is_not_logged_yet_is_told",
        "http/test_receipt.py::test_who_prefers_to_wait_is_answered_under_a_head",
        "http/test_mirror.py::test_receipts_are_found_in_the_log",
        "http/test_mirror.py::test_a_last_record_that_the_server_hides_is_found"],
    "server plants a key for cooperative A": [
        "http/test_threats.py::test_server_plants_a_key", "http/test_threats.py::test_server_that_does_not_ask_why",
        "http/test_signing_keys.py::test_of_two_that_would_be_the_first_one_is",
        "http/test_monitor.py::test_a_key_in_my_name_alarms_until_i_know_it", "unit/core/test_log_follow.c::a_key_is_vouched_for",
        "unit/core/test_log_follow.c::a_further_key_has_a_reason"],
    "split-view server": [
        "http/test_threats.py::test_split_view_server", "http/test_monitor.py::test_a_second_history_is_a_fork_and_both_heads_are_shown",
        "http/test_witness.py::test_another_history_is_refused_by_every_witness_and_told",
        "http/test_witness.py::test_a_trail_with_two_cosignatures_holds_under_its_policy_alone"],
    "colluding server + 1 witness": ["http/test_threats.py::test_colluding_server_and_one_witness"],
    "lying web page": [
        "browser/test_verifier.py::test_every_flipped_field_is_told_as_the_command_line_tells_it",
        "http/test_trail_proofs.py::test_the_served_page_is_the_one_that_the_command_line_prints",
        "http/test_verifier_stated.py::test_the_served_file_is_the_one_that_the_log_states"],
    "database thief": ["http/test_threats.py::test_database_thief", "http/test_backup.py::test_an_archive_without_the_key_asks_for_it",
                       "http/test_row_security.py::test_the_public_role_reads_no_personal_column",
                       "http/test_sealed.py::test_a_stolen_database_tells_nothing_personal",
                       "http/test_sealed.py::test_what_was_written_before_is_sealed_at_the_start",
                       "http/test_sealed.py::test_without_its_key_nothing_opens"],
    "organisation key thief": [
        "http/test_threats.py::test_organisation_key_thief", "http/test_signing_keys.py::test_a_revoked_key_signs_no_longer",
        "unit/core/test_bundle.c::what_a_stolen_key_signed_is_doubtful"],
    "log key thief": [
        "http/test_threats.py::test_log_key_thief", "http/test_succession.py::test_the_drill",
        "http/test_succession.py::test_what_the_old_key_signs_beyond_the_end_is_a_fork",
        "http/test_succession.py::test_history_that_was_cut_alarms", "crash/test_succession.py::test_killed_while_the_log_ends"],
    "QR cloner": ["http/test_item_scans.py::test_a_code_seen_in_many_networks_is_suspicious",
                  "http/test_item_scans.py::test_copies_raise_an_alert_and_one_shopper_does_not",
                  "unit/core/test_risk.c::a_code_that_many_scan_is_on_several_packs"],
    "data protection claimant": [
        "unit/core/test_bundle.c::what_was_removed_says_since_when_and_the_rest_holds",
        "unit/core/test_log_follow.c::only_the_registrar_states_an_erasure",
        "http/test_persons.py::test_nothing_names_the_person_any_more", "http/test_persons.py::test_what_is_left_verifies",
        "http/test_persons.py::test_what_has_no_place_here_is_refused", "crash/test_erase.py::test_killed_while_a_person_is_erased"],
    "operator error (two sequencers, restore, bit flip, crash)": [
        "crash/test_log.py::test_two_sequencers_are_started_at_once", "crash/test_log.py::test_the_sequencer_is_killed",
        "crash/test_log.py::test_the_signer_is_killed", "crash/test_log.py::test_the_database_is_killed",
        "http/test_log_altered.py::test_yesterdays_database_is_refused", "http/test_log_altered.py::test_what_was_changed_is_named",
        "http/test_recover.py::test_what_a_mirror_has_comes_back", "http/test_recover.py::test_killed_it_is_done_or_not"],
    "resource abuse through proofs": [
        "http/test_threats.py::test_resource_abuse_through_proofs", "http/test_log.py::test_a_tile_has_no_other_name",
        "http/test_log.py::test_nothing_beyond_the_head_is_served"],
}


# — the table —
def test_every_threat_has_its_tests():
    for attacker, tests in THREATS.items():
        assert tests, attacker
        for test in tests:
            file, name = test.split("::")
            source = (ROOT / "tests" / file).read_text()
            found = re.search(rf"^def {name}\(" if file.endswith(".py") else rf"^static void {name}\(void \*\*state\)", source, re.M)
            assert found, f"{attacker}: {test} is gone"


def test_every_row_of_the_reference_is_here():
    table = shared_data("reference", "tamper-evidence.md")
    rows = re.findall(r"^\| ([^|]+) \|", table.split("## 5. Threat model")[1].split("## 6.")[0], re.M)
    assert [row for row in rows if row not in ("attacker", "---")] == list(THREATS)


@pytest.fixture
def lab():
    made = Server(Log())
    made.log.record(count=8)
    yield made
    made.close()


@pytest.fixture
def policy(lab, tmp_path):
    """Two of three witnesses, and the file that says so."""
    witnesses = [Signer(f"witness{n}.example", COSIGNATURE) for n in range(3)]
    path = tmp_path / "policy"
    path.write_text(f"log {lab.log.key.vkey}\n" + "".join(f"witness w{n} {w.vkey}\n" for n, w in enumerate(witnesses)) +
                    "group g 2 w0 w1 w2\nquorum g\n")
    return path, witnesses


# — the attackers —
def test_outside_forger(lab):
    """Changes an octet of what somebody signed; says it again; says it in another log."""
    entry, chance = lab.log.entries[4], random.Random(4)
    for at in chance.sample(range(len(entry)), 25):
        lab.log.entries[4] = entry[:at] + bytes([entry[at] ^ 1]) + entry[at + 1:]
        found = monitor(lab.url, "--log", lab.log.key.vkey, check=BROKEN)
        assert found["findings"][0]["index"] == 4, at
    lab.log.entries[4] = entry
    lab.log.entries.append(entry)
    assert monitor(lab.url, "--log", lab.log.key.vkey, check=BROKEN)["findings"][0]["kind"] == "seq"
    other = Server(Log("other.farmtrail.example"))
    other.log.entries.append(lab.log.entries[1])
    assert monitor(other.url, "--log", other.log.key.vkey, check=BROKEN)["findings"][0]["kind"] == "form"
    other.close()


def test_malicious_cooperative_back_dating(service, district, farm, lab, tmp_path):
    """Is taken at its word, and the word is shown beside when it was given; against a revocation places count, not times."""
    event = farm.record("harvest", ago(days=31), site="P1", product="PAKCHOI", quantity=kg(1))["event"]
    wait_until_logged(service, district.public)
    proof = tmp_path / "proof.json"
    proof.write_text(json.dumps(district.public.read(f"/v1/events/{event}/proof")))
    assert "Recorded 31 days late" in service.farmtrail("verify", str(proof), "--lang", "en").stdout
    lab.log.append(lab.log.registrar.text("revoke", f"revoked {b64(lab.log.farm.fingerprint)}\nreason ceased\nsince 2000000000\n"),
                   lab.log.registrar)
    lab.log.record(at=1000)
    found = monitor(lab.url, "--log", lab.log.key.vkey, check=BROKEN)["findings"]
    assert [f["kind"] for f in found] == ["key-ended"]


def test_cooperative_rewriting_its_own_past(district, farm):
    event = farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(1))["event"]
    before = farm.read(f"/v1/events/{event}/proof")["statement"]
    for method in ("PUT", "PATCH", "DELETE", "POST"):
        for path in (f"/v1/events/{event}", f"/v1/events/{event}/epcis", f"/epcis/events/{event}"):
            assert farm.request(method, path, {}).status in (404, 405), (method, path)
    farm.record("correct", ago(hours=1), event=event, reason="typing error")
    assert farm.read(f"/v1/events/{event}/proof")["statement"] == before, "what was signed stands, with the correction beside it"


def test_split_view_server(lab, policy, tmp_path):
    """Two who were shown two histories need only compare their heads: one look of one at the other's is enough."""
    state, key = tmp_path / "state", lab.log.key.vkey
    monitor(lab.url, "--log", key, "--state", state, check=WELL)
    lab.log = lab.log.copy(5)
    lab.log.record(count=20)
    monitor(lab.url, "--log", key, check=WELL)
    assert monitor(lab.url, "--log", key, "--state", state, check=BROKEN)["fault"]["kind"] == "forked"
    lab.note = lab.log.head(witnesses=policy[1][:1])
    monitor(lab.url, "--policy", policy[0], check=UNWITNESSED)


def test_colluding_server_and_one_witness(lab, policy):
    path, witnesses = policy
    honest, fork = lab.log, lab.log.copy(5)
    fork.record(count=20)
    lab.note = honest.head(witnesses=witnesses[:2])
    monitor(lab.url, "--policy", path, check=WELL)
    lab.log, lab.note = fork, fork.head(witnesses=witnesses[2:])
    found = monitor(lab.url, "--policy", path, check=UNWITNESSED)
    assert (found["cosigned"], found["witnesses"]) == (1, 3)


def test_log_key_thief(lab, policy):
    """Signs heads like the log itself; witnesses do not follow him, and neither does a policy."""
    stolen = lab.log.copy(0)
    stolen.registrar = Org(stolen, use="register")
    stolen.enrol(stolen.registrar)
    stolen.farm = stolen.enrol(Org(stolen))
    stolen.record(count=30)
    lab.log = stolen
    monitor(lab.url, "--log", stolen.key.vkey, check=WELL)
    monitor(lab.url, "--policy", policy[0], check=UNWITNESSED)


def test_organisation_key_thief(lab, tmp_path):
    """Signs with the number that the owner uses too: both are seen. From the revocation on nothing of his counts."""
    state = ("--log", lab.log.key.vkey, "--state", tmp_path / "state")
    lab.log.record()
    lab.log.farm.seq -= 1
    lab.log.record()
    assert [f["kind"] for f in monitor(lab.url, *state, check=BROKEN)["findings"]] == ["seq"]
    monitor(lab.url, *state, "--acknowledge", check=WELL)
    lab.log.append(lab.log.registrar.text("revoke", f"revoked {b64(lab.log.farm.fingerprint)}\nreason compromise\nsince 1\n"),
                   lab.log.registrar)
    monitor(lab.url, *state, check=WELL)
    index = lab.log.record()
    found = monitor(lab.url, *state, check=BROKEN)["findings"][1:]
    assert [(f["kind"], f["index"]) for f in found] == [("key-ended", index)]


def test_server_plants_a_key(service, district, tmp_path):
    """A second key, for which the registrar alone vouches: without a reason it does not enter the log, with one A is warned and told it."""
    farm, planted = district.farm(), Device()
    wait_until_logged(service, district.public)
    mine = ("--log", service.data / "log.vkey", "--state", tmp_path / "mine")
    monitor(url_of(service), *mine, "--mine", farm.id, "--known", keys_of(district, farm)[0]["fingerprint"], check=WELL)
    refused = district.admin.post("/v1/enrolments", {"party": farm.number})
    assert (refused.status, refused.problem(), refused.pointer()) == (422, "key-reason", "/reason")
    assert not service.rows("SELECT FROM enrolment WHERE org_id = %s", farm.id)
    monitor(url_of(service), *mine, check=WELL)
    assert enrol(district, farm, planted, reason="lost")[0].status == 201
    wait_until_logged(service, district.public)
    found = monitor(url_of(service), *mine, check=PLANTED)
    assert [(key["key"], key["reason"], key["text"]) for key in found["planted"]] == \
        [(planted.fingerprint, "lost", "an earlier key was lost")] and not found["findings"]
    for language, words in (("en", "with the reason: an earlier key was lost\n"), ("zh", "原密钥遗失\n")):
        assert words in monitor(url_of(service), *mine, "--lang", language, check=PLANTED, json_=False).stdout
    monitor(url_of(service), "--log", service.data / "log.vkey", "--state", tmp_path / "others", check=WELL)


def test_server_that_does_not_ask_why(lab, tmp_path):
    """What an honest server refuses stands in this log: whoever follows it is warned, and the other reasons help nobody."""
    state = ("--log", lab.log.key.vkey, "--state", tmp_path / "state")
    known = [argument for org in (lab.log.farm, Org(lab.log)) for argument in ("--known", org.fingerprint.hex())]
    monitor(lab.url, *state, "--mine", lab.log.farm.org, *known, check=WELL)
    explained, silent = (lab.log.enrol(Org(lab.log, lab.log.farm.org), by=by) for by in ("reason new-device\n", ""))
    for mine in (state, ("--log", lab.log.key.vkey, "--state", tmp_path / "others")):
        found = monitor(lab.url, *mine, check=BROKEN)
        assert [(f["kind"], f["index"], f["key"]) for f in found["findings"]] == \
            [("unexplained", len(lab.log.entries) - 1, silent.fingerprint.hex())]
        assert "without a reason" in monitor(lab.url, *mine, check=BROKEN, json_=False).stdout
        assert monitor(lab.url, *mine, "--acknowledge")
    planted = monitor(lab.url, *state, check=PLANTED)["planted"]
    assert [(key["key"], key.get("reason")) for key in planted] == \
        [(explained.fingerprint.hex(), "new-device"), (silent.fingerprint.hex(), None)]


def test_database_thief(service, district, farm):
    """Finds no key: neither those of the interface, nor the one that opens the organisations', nor one of theirs open."""
    permitted = district.admin.make("/v1/enrolments", {"party": farm.number, "reason": "new-device"})
    dump = subprocess.run([service.cluster.programs / "pg_dump", "-h", service.cluster.directory, "-U", "postgres", service.database],
                          capture_output=True, check=True).stdout
    assert len(dump) > 100_000 and b"COPY public.key_secret" in dump
    secrets = [(service.data / "secrets" / name).read_bytes() for name in ("kek", "code.key", "data.key")]
    for secret in (service.admin_key.encode(), farm.key.encode(), permitted["token"].encode(), *secrets):
        bare = secret.strip()
        spellings = {bare, bare.hex().encode(), base64.b64encode(bare)}
        if re.fullmatch(rb"[0-9a-f]{64}", bare):
            spellings |= {bytes.fromhex(bare.decode()), base64.b64encode(bytes.fromhex(bare.decode()))}
        assert not [spelling for spelling in spellings if spelling in dump]
    assert b"PRIVATE KEY" not in dump
    # With the key-encryption key, which is in no dump, every key opens; with another, or for another organisation, none does.
    kek, wrong = bytes.fromhex((service.data / "secrets" / "kek").read_text().strip()), bytes(32)
    keys = service.rows("SELECT s.fingerprint, k.org_id::text, k.use, k.algorithm, s.wrapped FROM key_secret s JOIN signing_key k USING (fingerprint)")
    assert {use for _, _, use, _, _ in keys} >= {"event", "registrar", "log"}
    roles = {"event": 0, "registrar": 1, "log": 2}
    for fingerprint, org, use, algorithm, wrapped in keys:
        nonce, sealed = bytes(wrapped)[:12], bytes(wrapped)[12:]
        bound = [uuid.UUID(org).bytes, bytes(fingerprint), bytes([1, roles[use]])]
        plain = AESGCM(kek).decrypt(nonce, sealed, b"".join(bound))
        private = plain[1:]
        assert plain[0] == algorithm % 256 and len(private) == 32
        if algorithm == 1:
            public = Ed25519PrivateKey.from_private_bytes(private).public_key()
        elif algorithm == 2:
            public = ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1()).public_key()
        if algorithm in (1, 2):
            spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            assert hashlib.sha256(spki).digest() == bytes(fingerprint), "this is the key that signs, and nothing of it is seen:"
        assert not [said for said in (private, private.hex().encode(), base64.b64encode(private)) if said in dump]
        for key, words in ((wrong, bound), (kek, [uuid.uuid4().bytes, *bound[1:]]), (kek, [bound[0], bytes(32), bound[2]])):
            with pytest.raises(InvalidTag):
                AESGCM(key).decrypt(nonce, sealed, b"".join(words))


def test_resource_abuse_through_proofs(service, district, farm, lab, tmp_path):
    """What is too long or too many is refused before it costs anything, and for that reason."""
    size = wait_until_logged(service, district.public).size
    for name in ("0/000.p/300", "0/000.p/256", f"0/{size // 256 + 1:03}", "entries/999", "0/x999/x999/x999/999", "9/000"):
        assert district.public.get(f"/log/tile/{name}").problem() in ("not-found", "bad-request", "field-range"), name
    device = Device()
    token = permit(district, farm)["token"]
    text, line = device.note(prepare(district, token, device)).split("\n\n")
    for note, slug, rule in ((f"{text}\n\n{'x' * 20_000}\n{line}", "field-range", "maxLength"), (f"{text}\n\n{line * 2}", "field-range", "note"),
                             (f"{text}\n\n{line * 10_000}", "body-too-large", None)):
        reply = district.public.post("/v1/signing-keys", {"token": token, "note": note})
        assert reply.problem() == slug and (rule is None or reply.json()["errors"][0]["rule"] == rule), reply
    assert district.admin.post("/v1/log/cosignatures", {"size": size, "lines": line * 10_000}).problem() == "body-too-large"
    assert district.public.post("/v1/signing-keys", {"token": token, "note": f"{text}\n\n{line}"}).status == 201, "and nothing else was wrong"
    # an entry at the limits, and beyond each: 16 signatures, 64 records that it builds on, 16 KiB
    body = f"body sha256 {b64(bytes(32))} 0 text/plain\n"
    def state(signatures, prevs, name=""):
        links = "".join(f"prev {b64(n.to_bytes(32, 'big'))}\n" for n in range(prevs))
        text = lab.log.farm.text("event", links + body)
        strange = f"— {name or 'x'} {b64(bytes(68))}\n" * (signatures - 1)
        lab.log.entries.append(f"{text}\n{lab.log.farm.line(text)}{strange}".encode())
        return len(lab.log.entries) - 1
    state(16, 0), state(1, 64), state(16, 64)
    monitor(lab.url, "--log", lab.log.key.vkey, check=WELL)
    beyond = [state(17, 0), state(1, 65), state(400, 0), state(16, 64, "x" * 250 + "." * 700)]
    assert len(lab.log.entries[beyond[-1]]) > 16 * 1024 > len(lab.log.entries[beyond[1]])
    found = monitor(lab.url, "--log", lab.log.key.vkey, check=BROKEN)["findings"]
    assert [(f["kind"], f["index"]) for f in found] == [("form", index) for index in beyond]
    event = farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(1))["event"]
    proof = district.public.read(f"/v1/events/{event}/proof")
    proof["statement"] += proof["statement"].split("\n\n")[1] * 16
    (tmp_path / "proof").write_text(json.dumps(proof))
    assert service.farmtrail("verify", str(tmp_path / "proof"), "--data", str(service.data), check=False).returncode == 4
    assert district.public.get("/readyz").status == 200
