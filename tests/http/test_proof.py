# SPDX-License-Identifier: Apache-2.0
"""Proofs of every kind of record, checked with the project's tool and without it; what is changed is found out; statements
of a key have no gap, and those about a lot build on each other."""
import base64
import hashlib
import json
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from auditor import wait_until_logged
from conftest import ago, kg, line
from service import LOGGED, ROOT, environment, program

TIERS = ("full", "farm", "township", "district")
KINDS = ("plant", "treat", "feed", "medicate", "irrigate", "birth", "move", "death", "harvest", "collect", "catch", "slaughter",
         "pack", "process", "mix", "split", "ship", "receive", "sell")


def sha256_base64(data):
    return base64.b64encode(hashlib.sha256(data if isinstance(data, bytes) else data.encode()).digest()).decode()


def text_of(note):
    """What is signed of a C2SP signed note: everything up to the empty line, with its newline."""
    return note[:note.index("\n\n") + 1]


def lines_of(note, word):
    return [row[len(word) + 1:] for row in text_of(note).splitlines() if row.startswith(word + " ")]


def proof_of(api, event, tier="full"):
    return api.read(f"/v1/events/{event}/proof?tier={tier}")


@pytest.fixture(scope="module")
def story(district):
    """One record of every kind: {kind: (who recorded it, its answer)}."""
    farm, packer = district.farm(), district.packer()
    farm.product("PIG", "meat/pig", unit="HEA")
    farm.product("PORK", "meat/pig")
    told = {}

    def record(api, type_, **members):
        told[type_] = (api, api.record(type_, members.pop("time", ago(hours=30 - len(told))), **members))
        return told[type_][1]["lots"]

    for type_ in ("plant", "treat", "feed", "medicate", "irrigate"):
        record(farm, type_, site="P1", product="草木灰", target="蚜虫", dose="50 kg", note="备注")
    for type_ in ("birth", "move", "death"):
        record(farm, type_, site="P1", quantity={"value": "2", "unit": "HEA"}, animals=["150011200000017"])
    for type_ in ("harvest", "collect", "catch"):
        lot = record(farm, type_, site="P1", product="PAKCHOI", quantity=kg(100), harvester="张三",
                     position={"lat": "29.71", "lon": "106.63"})[0]
    pigs = farm.harvest({"value": "3", "unit": "HEA", "net": kg(330)}, product="PIG")
    record(farm, "slaughter", inputs=[line(pigs, {"value": "1", "unit": "HEA", "net": kg(110)})],
           outputs=[{"product": "PORK", "quantity": kg(80)}])
    for type_ in ("pack", "process", "mix"):
        record(farm, type_, inputs=[line(lot, 10)], outputs=[{"product": "PAKCHOI", "quantity": kg("9.5")}])
    record(farm, "split", inputs=[line(lot, 10)], outputs=[{"product": "PAKCHOI", "quantity": kg(5)}] * 2)
    record(farm, "ship", lots=[line(lot, 20)], to=packer.number, vehicle="渝A12345")
    record(packer, "receive", shipment=told["ship"][1]["shipment"], site="H1", temperature=[{"time": ago(hours=9), "value": "4"}])
    record(packer, "sell", lots=[line(lot, 1)], channel="market")
    assert set(told) == set(KINDS)
    return told


@pytest.fixture(scope="module")
def registrar(service):
    return str(service.data / "registrar.vkey")


def verify(tmp_path, proof, *arguments):
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(proof, ensure_ascii=False), encoding="utf-8")
    done = subprocess.run([program("farmtrail"), "verify", str(path), "--json", *arguments], env=environment(), text=True,
                          capture_output=True, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout)


# — with the project's tool —
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_verifies_at_every_tier(story, registrar, tmp_path, kind):
    api, answer = story[kind]
    for tier in TIERS:
        code, report = verify(tmp_path, proof_of(api, answer["event"], tier), "--registrar", registrar)
        assert (code, report["ok"], report["trusted"], report["tier"]) == (0, True, True, tier), report
        findings = {check["check"]: check["finding"] for check in report["checks"]}
        assert all(findings[name] == "passed" for name in ("statement", "key", "signature", "key-statement", "registrar",
                                                           "manifest", "view")), findings


def test_strangers_get_every_view_but_the_full_one(story, district, tmp_path, registrar):
    api, answer = story["harvest"]
    for stranger in (district.public, district.packer()):
        proof = stranger.read(f"/v1/events/{answer['event']}/proof")
        assert proof["tier"] == "farm" and "张三" not in json.dumps(proof, ensure_ascii=False)
        assert verify(tmp_path, proof, "--registrar", registrar)[1]["trusted"]
        assert stranger.get(f"/v1/events/{answer['event']}/proof?tier=full").status == 404


def test_the_salt_of_one_view_opens_no_other(story):
    api, answer = story["harvest"]
    proofs = {tier: proof_of(api, answer["event"], tier) for tier in TIERS}
    assert len({proof["salt"] for proof in proofs.values()}) == 4
    assert len({proof["statement"] for proof in proofs.values()}) == len({p["manifest"] for p in proofs.values()}) == 1
    for tier, proof in proofs.items():
        hashes = {row.split(" ")[0]: row.split(" ")[1] for row in proof["manifest"].splitlines()[1:]}
        assert sha256_base64(base64.b64decode(proof["salt"]) + proof["view"].encode()) == hashes[tier]
        others = [sha256_base64(base64.b64decode(other["salt"]) + proof["view"].encode()) for name, other in proofs.items()
                  if name != tier]
        assert not set(others) & set(hashes.values())


def test_the_proof_is_that_of_the_record(story):
    for api, answer in story.values():
        proof = proof_of(api, answer["event"])
        assert sha256_base64(text_of(proof["statement"])) == answer["statement"]
        assert json.loads(proof["view"])["eventID"] == f"urn:uuid:{answer['event']}"
        assert proof["index"] is None or proof["checkpoint"]


def test_the_body_is_kept_byte_for_byte(service, story):
    for api, answer in story.values():
        stored = bytes(service.value("SELECT body FROM event WHERE id = %s", answer["event"])).decode()
        assert proof_of(api, answer["event"])["view"] == stored
        assert api.get(f"/v1/events/{answer['event']}").body.decode().count(stored) == 1


# — without it —
def test_the_commands_of_the_readme_verify(story, tmp_path):
    for tool in ("jq", "openssl"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    block = re.search(r"```sh\ncurl [^\n]*/proof > proof.json\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"),
                      re.DOTALL)[1]

    def run(proof):
        (tmp_path / "proof.json").write_text(json.dumps(proof, ensure_ascii=False), encoding="utf-8")
        return subprocess.run(["bash", "-eo", "pipefail", "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False)

    for kind in ("harvest", "receive"):
        for tier in ("full", "farm", "district"):
            proof = proof_of(story[kind][0], story[kind][1]["event"], tier)
            done = run(proof)
            assert done.returncode == 0, (done.stdout, done.stderr)
            said = done.stdout.splitlines()
            assert said[0] == "Verified OK" and said[1].startswith("body sha256 ") and said[2].startswith(tier + " "), said
    for member in ("statement", "manifest", "view"):
        assert run({**proof, member: proof[member].replace("1", "2", 1)}).returncode != 0, member


def test_the_commands_of_the_readme_find_the_record_in_the_log(service, story, tmp_path):
    for tool in ("jq", "openssl", "basenc"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```sh\n(jq -j .checkpoint .*?)```", text, re.DOTALL)[1]
    api, answer = story["harvest"]
    wait_until_logged(service, api)
    (tmp_path / "log.vkey").write_text((service.data / "log.vkey").read_text())
    good = proof_of(api, answer["event"])

    def run(proof):
        (tmp_path / "proof.json").write_text(json.dumps(proof, ensure_ascii=False), encoding="utf-8")
        (tmp_path / "note").write_text(proof["statement"], encoding="utf-8")
        return subprocess.run(["bash", "-eo", "pipefail", "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False)

    done = run(good)
    assert done.returncode == 0 and "Signature Verified Successfully" in done.stdout, (done.stdout, done.stderr)
    assert len(done.stdout.splitlines()[0]) == 64
    forged = good["checkpoint"].replace("\n", "\n1", 1)
    for bad in ({**good, "statement": good["statement"].replace("seq", "sep")}, {**good, "index": good["index"] ^ 1},
                {**good, "path": good["path"][1:]}, {**good, "checkpoint": forged}):
        assert run(bad).returncode != 0, bad


def test_the_key_states_itself_and_the_registrar_vouches(story, registrar):
    api, answer = story["harvest"]
    proof = proof_of(api, answer["event"])
    statement = proof["key"]["statement"]
    assert lines_of(statement, "org") == lines_of(proof["statement"], "org") == [api.id]
    assert lines_of(statement, "key") == lines_of(proof["statement"], "key") == \
        [sha256_base64(base64.b64decode(proof["key"]["spki"]))]
    assert lines_of(statement, "seq") == ["1"]
    signers = [row.split(" ")[1] for row in statement[len(text_of(statement)) + 1:].splitlines()]
    assert len(signers) == 2
    assert open(registrar, encoding="utf-8").read().split("+")[0] in signers


# — what is changed is found out —
def changes(text):
    """The text with each of its characters changed, cut short, and made longer."""
    for i, c in enumerate(text):
        yield text[:i] + ("x" if c in "\n\r\t" or ord(c) > 126 else chr(ord(c) ^ 1) if c not in '"\\' else "x") + text[i + 1:]
    yield text[:-1]
    yield text + "\n"
    yield ""


class Proofs(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        body = json.dumps(self.server.proofs[int(self.path.rsplit("/", 1)[1])], ensure_ascii=False).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def verify_many(tmp_path, registrar):
    """Verifies any number of proofs in one run, as the steps of a trail; answers for each whether it holds."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proofs)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def run(proofs):
        server.proofs = proofs
        url = f"http://127.0.0.1:{server.server_address[1]}"
        steps = [{"type": "harvest", "time": "2026-05-03T08:00:00+08:00",
                  "proof": {"href": f"{url}/{i}", "statement": sha256_base64(text_of(p["statement"] + "\n\n"))}}
                 for i, p in enumerate(proofs)]
        (tmp_path / "trail.json").write_text(json.dumps({"steps": steps}))
        done = subprocess.run([program("farmtrail"), "verify", str(tmp_path / "trail.json"), "--url", url, "--registrar", registrar],
                              env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=300)
        marks = [row[0] for row in done.stdout.splitlines() if row[0] in "✓✗"]
        assert len(marks) == len(proofs), (len(marks), done.stdout[-2000:], done.stderr[-2000:])
        assert done.returncode == (4 if "✗" in marks else 0)
        return [mark == "✓" for mark in marks]

    yield run
    server.shutdown()


@pytest.mark.parametrize("member", ["statement", "manifest", "view", "salt", "spki", "key statement"])
def test_every_changed_character_is_found_out(story, verify_many, member):
    api, answer = story["receive"]
    good = proof_of(api, answer["event"], "district" if member == "view" else "full")
    if member == "spki":
        bad = [{**good, "key": {**good["key"], "spki": text}} for text in changes(good["key"]["spki"])]
    elif member == "key statement":
        bad = [{**good, "key": {**good["key"], "statement": text}} for text in changes(good["key"]["statement"])]
    else:
        bad = [{**good, member: text} for text in changes(good[member])]
    holds = verify_many([good, *bad, good])
    assert holds[0] and holds[-1]
    wrong = [bad[i] for i, held in enumerate(holds[1:-1]) if held]
    assert wrong == [], [w[member] if member in w else w["key"] for w in wrong[:3]]


def test_parts_of_two_proofs_do_not_go_together(story, verify_many):
    (one_api, one), (_, other) = story["harvest"], story["collect"]
    a, b = proof_of(one_api, one["event"]), proof_of(one_api, other["event"])
    foreign = proof_of(story["sell"][0], story["sell"][1]["event"])
    mixed = [{**a, "view": b["view"]}, {**a, "manifest": b["manifest"]}, {**a, "salt": b["salt"]}, {**a, "key": foreign["key"]},
             {**a, "view": b["view"], "salt": b["salt"]}, {**a, "statement": b["statement"]},
             {**a, "key": {**a["key"], "statement": foreign["key"]["statement"]}}]
    assert verify_many([a, b, foreign, *mixed]) == [True] * 3 + [False] * len(mixed)


def test_another_registrar_vouches_for_nothing(story, tmp_path, new_service):
    other = new_service(origin="other.example")
    code, report = verify(tmp_path, proof_of(*map_event(story["harvest"])), "--registrar", str(other.data / "registrar.vkey"))
    assert (code, report["ok"], report["trusted"]) == (4, False, False)


def map_event(pair):
    return pair[0], pair[1]["event"]


# — the signed graph —
def statements(service, org):
    """All statements of an organisation in the order of seq: (seq, note)."""
    rows = service.rows("SELECT seq, statement FROM event WHERE org_id = %s UNION ALL SELECT 1, statement FROM signing_key"
                        " WHERE org_id = %s ORDER BY 1", org, org)
    return [(seq, bytes(note).decode()) for seq, note in rows]


def test_the_sequence_of_a_key_has_no_gap(service, story, farm):
    farm.harvest(5)
    for _ in range(3):
        assert farm.post("/v1/events", {"type": "sell", "time": ago(hours=1), "lots": [line("NONE", 1)]}).status == 409
    farm.harvest(5)
    for org in {api.id for api, _ in story.values()} | {farm.id}:
        told = statements(service, org)
        assert [seq for seq, _ in told] == list(range(1, len(told) + 1)), "a refused record takes no number"
        assert [lines_of(note, "seq") for _, note in told] == [[str(seq)] for seq, _ in told]
        assert service.value("SELECT seq FROM key_head WHERE org_id = %s", org) == len(told)
        assert {tuple(lines_of(note, "log")) for _, note in told} == {(service.origin,)}
        times = [int(lines_of(note, "at")[0]) for _, note in told]
        assert times == sorted(times)


def test_statements_about_a_lot_build_on_each_other(service, farm, packer):
    """prev lines are the newest statements about the lots concerned, no more and no less."""
    a, b = farm.harvest(50, lot="A"), farm.harvest(50, lot="B")
    farm.harvest(50, lot="A")
    mixed = farm.record("mix", ago(hours=9), inputs=[line(a, 20), line(b, 20)],
                        outputs=[{"product": "PAKCHOI", "lot": "M", "quantity": kg(40)}])["lots"][0]
    farm.record("treat", ago(hours=9), lot="M", product="x")
    packer.receive(farm.ship(packer, line(mixed, 10), line(a, 1)))
    packer.record("sell", ago(hours=1), lots=[line(mixed, 1)])
    rows = service.rows("SELECT e.statement, array_agg(DISTINCT t.lot_id::text), array_agg(DISTINCT l.salt), array_agg(DISTINCT l.uri)"
                        " FROM event e JOIN event_thing t ON t.event = e.id JOIN lot l USING (lot_id)"
                        " WHERE e.org_id = ANY(%s::uuid[]) GROUP BY e.org_id, e.id, e.statement, e.recorded_at ORDER BY e.recorded_at",
                        [farm.id, packer.id])
    assert len(rows) == 8
    heads = {}
    for note, lots, salts, uris in rows:
        note = bytes(note).decode()
        assert sorted(lines_of(note, "prev")) == sorted({heads[lot] for lot in lots if lot in heads})
        assert sorted(lines_of(note, "lot"), key=base64.b64decode) == lines_of(note, "lot") and len(lines_of(note, "lot")) == len(lots)
        for lot in lots:
            heads[lot] = sha256_base64(text_of(note))
    stored = service.rows("SELECT lot_id::text, head FROM lot WHERE lot_id = ANY(%s::uuid[])", list(heads))
    assert {lot: base64.b64encode(bytes(head)).decode() for lot, head in stored} == heads


def test_keys_are_queued_for_the_log_before_their_first_event(service, story):
    for org in {api.id for api, _ in story.values()}:
        queued = service.rows(f"SELECT kind, id::text FROM {LOGGED} WHERE org_id = %s ORDER BY part, n", org)
        kinds = [kind for kind, _ in queued if kind in ("key", "event")]
        assert kinds[0] == "key" and kinds.count("key") == 1
        events = service.rows("SELECT id::text FROM event WHERE org_id = %s ORDER BY seq", org)
        assert [id_ for kind, id_ in queued if kind == "event"] == [row[0] for row in events], "in the order of the key's numbers"


def test_a_statement_with_very_many_lots_still_verifies(farm, tmp_path, registrar):
    """Beyond 64 lots a statement sums its lines up; the lines travel with the proof."""
    lots = [farm.harvest(1) for _ in range(70)]
    answer = farm.record("mix", ago(hours=2), inputs=[line(lot, 1) for lot in lots],
                         outputs=[{"product": "PAKCHOI", "quantity": kg(70)}])
    for tier in ("full", "district"):
        proof = proof_of(farm, answer["event"], tier)
        assert lines_of(proof["statement"], "lots")[0].startswith("71 ") and lines_of(proof["statement"], "prevs")[0].startswith("70 ")
        code, report = verify(tmp_path, proof, "--registrar", registrar)
        assert (code, report["ok"]) == (0, True), report
    later = farm.record("sell", ago(hours=1), lots=[line(answer["lots"][0], 1)])
    assert later and verify(tmp_path, proof_of(farm, answer["event"]), "--registrar", registrar)[1]["ok"]
