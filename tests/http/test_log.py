# SPDX-License-Identifier: Apache-2.0
"""The public log: what is stated is in it, it is served as C2SP tlog-tiles, and strangers' tools audit it."""
import base64
import json
import re
import time

import pytest
from auditor import WIDTH, Head, audit, entries_of, head_of, leaf_hash, node_hash, root_of, tile_path, wait_until_logged
from conftest import District, ago, kg
from service import STATED, wait_for


@pytest.fixture(scope="module")
def grown(service, district):
    """A log of more than two tiles, and its head."""
    farm = district.farm()
    while service.value("SELECT (SELECT count(*) FROM log_pending) + (SELECT count(*) FROM log_leaf)") < 2 * WIDTH + 40:
        farm.harvest(1)
    return wait_until_logged(service, district.public)


def vkey_of(service):
    return (service.data / "log.vkey").read_text().strip()


# — what is in it —
def test_every_statement_is_in_it_once(service, district, grown):
    entries = entries_of(district.public, grown.size)
    stated = [bytes(row[0]) for row in service.rows(f"SELECT statement FROM {STATED}")]
    assert len(set(entries)) == len(entries)
    assert set(entries) <= set(stated) and len(stated) >= grown.size
    wait_until_logged(service, district.public)
    assert service.rows("SELECT count(*), min(idx), max(idx) + 1 FROM log_leaf")[0] == (len(stated), 0, len(stated))


def test_keys_are_stated_before_they_sign(district, grown):
    enrolled = set()
    for entry in entries_of(district.public, grown.size):
        key = re.search(rb"\nkey (\S+)\n", entry)[1]
        if entry.startswith(b"farmtrail/key@v1\n"):
            enrolled.add(key)
        assert key in enrolled, entry


def test_the_log_key_is_stated_in_the_log(service, district, grown):
    vkey = vkey_of(service)
    assert district.public.get("/log/vkey").body.decode() == vkey + "\n"
    assert vkey.startswith(service.origin + "+")
    stated = [e for e in entries_of(district.public, grown.size) if f"\nvkey {vkey}\n".encode() in e]
    assert len(stated) == 1 and b"\nuse log\n" in stated[0]
    signers = re.findall("^— (\\S+) ".encode(), stated[0], re.M)
    assert service.origin.encode() in signers and len(signers) == 2, "by itself and by the registrar"


# — how it is served —
def test_the_head_is_a_checkpoint(service, district, grown):
    reply = district.public.get("/log/checkpoint")
    assert reply.status == 200 and reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["access-control-allow-origin"] == "*" and reply.headers["cache-control"] == "no-cache"
    head = Head(reply.body.decode())
    assert head.origin == service.origin and head.size >= grown.size
    assert re.fullmatch(rf"— {re.escape(service.origin)} [A-Za-z0-9+/=]+\n", head.signatures)


def test_tiles_hold_the_tree(district, grown):
    public, size = district.public, grown.size
    leaves = [leaf_hash(entry) for entry in entries_of(public, size)]
    assert root_of(leaves) == grown.root
    read = b""
    for first in range(0, size, WIDTH):
        reply = public.get(tile_path(0, first // WIDTH, min(WIDTH, size - first)))
        assert reply.status == 200 and reply.headers["content-type"] == "application/octet-stream"
        assert "immutable" in reply.headers["cache-control"] and reply.headers["access-control-allow-origin"] == "*"
        read += reply.body
    assert read == b"".join(leaves)
    above = public.get(tile_path(1, 0, size // WIDTH))
    assert above.body == b"".join(root_of(leaves[n * WIDTH:(n + 1) * WIDTH]) for n in range(size // WIDTH))


def test_a_partial_tile_is_the_beginning_of_the_whole(district, grown):
    for level in (0, "entries"):
        whole = district.public.get(tile_path(level, 0)).body
        for width in (1, 2, 255):
            part = district.public.get(tile_path(level, 0, width))
            assert part.status == 200 and whole.startswith(part.body) and len(part.body) < len(whole)


def test_nothing_beyond_the_head_is_served(service, district, grown):
    head = wait_until_logged(service, district.public)
    last, rest = divmod(head.size, WIDTH)
    for level in (0, "entries"):
        if rest:
            assert district.public.get(tile_path(level, last, rest)).status == 200
        for path in (tile_path(level, last, rest + 1), tile_path(level, last), tile_path(level, last + 1, 1),
                     tile_path(level, 999999999, 1)):
            assert district.public.get(path).problem() == "not-found", path
    for path in (tile_path(1, 0), tile_path(1, 0, last + 1), tile_path(2, 0, 1), tile_path(7, 0, 1), tile_path(63, 0, 1)):
        assert district.public.get(path).problem() == "not-found", path


def test_where_logs_lie_that_have_ended_there_is_none_while_none_has(district, grown):
    assert [log["ended"] for log in district.public.read("/v1/logs")["items"]] == [False]
    for number in (0, 1, 2):
        for name in ("checkpoint", "vkey", "tile/0/000", "tile/entries/000"):
            assert district.public.get(f"/log/{number}/{name}").status == 404, name


@pytest.mark.parametrize("name", ["0/000.p/0", "0/000.p/256", "0/000.p/300", "0/000.p/01", "00/000", "64/000", "0/00", "0/x000/000",
                                  "0/000/", "entries/1", "entries/-01", "data/000", "0/000.p/1.p/1"])
def test_a_tile_has_no_other_name(district, grown, name):
    assert district.public.get(f"/log/tile/{name}").status in (400, 404)


# — what strangers make of it —
def test_strangers_audit_a_log_that_grows(service, district, grown):
    farm, old = district.farm(), grown
    for _ in range(3):
        for _ in range(20):
            farm.harvest(1)
        time.sleep(0.3)
        good, said = audit(service, vkey_of(service), old)
        assert good, said
        old = head_of(district.public)
    good, said = audit(service, vkey_of(service), wait_until_logged(service, district.public))
    assert good and int(said.split()[1]) >= grown.size + 60


def test_the_auditor_sees_what_is_wrong(service, district, grown):
    """The judge is judged: another key, another past."""
    good, said = audit(service, vkey_of(service).replace(service.origin, "another.example"))
    assert not good, said
    forged = Head(grown.note.replace(f"\n{grown.size}\n", f"\n{grown.size - 1}\n"))
    good, said = audit(service, vkey_of(service), forged)
    assert not good and "checkpoint" in said, said


def test_heads_are_a_second_apart_while_it_grows(new_service):
    service = new_service().start()
    here = District(service)
    farm, end = here.farm(), time.monotonic() + 4
    while time.monotonic() < end:
        farm.harvest(1)
    wait_until_logged(service, here.public)
    times = [row[0] for row in service.rows("SELECT at FROM log_checkpoint ORDER BY size")]
    assert len(times) >= 3
    assert all((b - a).total_seconds() > 0.9 for a, b in zip(times, times[1:])), "at most one a second"
    heads = service.rows("SELECT size, checkpoint FROM log_checkpoint ORDER BY size")
    leaves = [bytes(row[0]) for row in service.rows("SELECT hash FROM log_leaf ORDER BY idx")]
    for size, note in heads:
        head = Head(bytes(note).decode())
        assert head.size == size and head.root == root_of(leaves[:size])
    service.stop()


# — proofs —
def wait_for_proof(api, event, seconds=10):
    proof = wait_for(lambda: (lambda p: p if p["index"] is not None else None)(api.read(f"/v1/events/{event}/proof")), seconds)
    assert proof, "it is never published"
    return proof


def root_from(entry, place, size):
    """RFC 9162 §2.1.3.2, from the outside."""
    at, last, value = place["index"], size - 1, leaf_hash(entry)
    for step in map(base64.b64decode, place["path"]):
        if at & 1 or at == last:
            value = node_hash(step, value)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = node_hash(value, step)
        at, last = at >> 1, last >> 1
    assert last == 0
    return value


def test_a_record_and_its_key_are_proved_under_one_head(service, district, grown, tmp_path):
    farm = district.farm()
    events = [farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(1))["event"] for _ in range(3)]
    for event in events:
        proof = wait_for_proof(district.public, event)
        head = Head(proof["checkpoint"])
        assert root_from(proof["statement"].encode(), proof, head.size) == head.root
        assert root_from(proof["key"]["statement"].encode(), proof["key"], head.size) == head.root
        assert proof["key"]["index"] < proof["index"] < head.size
        path = tmp_path / "proof.json"
        path.write_text(json.dumps(proof))
        done = service.farmtrail("verify", str(path), "--registrar", str(service.data / "registrar.vkey"), "--log",
                                 str(service.data / "log.vkey"), "--json")
        found = {check["check"]: check["finding"] for check in json.loads(done.stdout)["checks"]}
        assert found["inclusion"] == found["checkpoint"] == "passed", found


def test_a_proof_waits_for_the_head_that_covers_it(new_service):
    service = new_service(LOG_SEQUENCER="false").start()
    here = District(service)
    event = here.farm().record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(1))["event"]
    proof = here.public.read(f"/v1/events/{event}/proof")
    assert (proof["index"], proof["checkpoint"], proof["path"]) == (None, None, [])
    assert (proof["key"]["index"], proof["key"]["path"]) == (None, [])
    assert here.public.get(f"/v1/events/{event}/tlog-proof").problem() == "not-logged-yet"
    assert here.public.get("/log/checkpoint").problem() == "not-found"
    assert here.public.read("/readyz")["log"] == "standing by"
    service.stop()
    service.start(LOG_SEQUENCER="true")
    assert wait_for_proof(here.public, event)["index"] > 0
    service.stop()


def test_a_tlog_proof_holds_index_path_and_head(service, district, grown):
    farm = district.farm()
    event = farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(1))["event"]
    whole = wait_for_proof(district.public, event)
    reply = district.public.get(f"/v1/events/{event}/tlog-proof")
    assert reply.status == 200 and len(reply.body) < 1600
    head, index, *path = reply.body.decode().split("\n\n")[0].split("\n")
    assert head == "c2sp.org/tlog-proof@v1" and index == f"index {whole['index']}"
    checkpoint = Head("\n\n".join(reply.body.decode().split("\n\n")[1:]))
    assert root_from(whole["statement"].encode(), {"index": whole["index"], "path": path}, checkpoint.size) == checkpoint.root
    assert district.public.get("/v1/events/00000000-0000-7000-8000-000000000000/tlog-proof").status == 404
