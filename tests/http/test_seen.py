# SPDX-License-Identifier: Apache-2.0
"""The line `seen` of a statement: the newest published head of the log that its signer knew, a lower bound of its time."""
import base64
import hashlib
import json
import re
import time

import pytest
from auditor import entries_of, head_of, leaf_hash, root_of, wait_until_logged
from conftest import ago, kg
from loglab import b64
from service import wait_for
from test_monitor import BROKEN, WELL, lab, look, monitor, url_of  # noqa: F401: fixtures
from test_own_signing import card, harvest_text, own, problem  # noqa: F401: fixtures

SEEN = re.compile(rb"^seen (\d+) (\S+)$", re.M)


def test_what_the_service_signs_names_heads_that_were_there_before(service, district, tmp_path):
    farm = district.farm()
    before = wait_until_logged(service, district.public)
    farm.site("P9")
    farm.harvest(1)
    head = wait_until_logged(service, district.public)
    entries = entries_of(district.public, head.size)
    leaves, named, kinds = [leaf_hash(entry) for entry in entries], set(), set()
    for index, entry in enumerate(entries):
        found = SEEN.search(entry.partition(b"\n\n")[0])
        if found:
            size, root = int(found[1]), base64.b64decode(found[2])
            assert 0 < size <= index
            assert size in named or root_of(leaves[:size]) == root
            named.add(size)
            kinds.add(entry.split(b"@")[0])
    assert {b"farmtrail/event", b"farmtrail/party", b"farmtrail/site"} <= kinds
    event = farm.read("/v1/events?limit=1")["items"][0]["id"]
    said = farm.read(f"/v1/events/{event}/proof")["statement"]
    assert int(SEEN.search(said.encode())[1]) >= before.size, "the newest, from memory"
    monitor(url_of(service), "--log", service.data / "log.vkey", "--state", tmp_path / "state", check=WELL)


# — who signs itself —
def prepare(own, head=None, **changed):
    seen = {"size": head.size, "root": b64(head.root), **changed} if head else None
    return own.party.post("/v1/events:prepare", {"key": own.device.fingerprint, "record": own.record(),
                                                 **({"seen": seen} if seen else {})})


def test_an_organisation_names_the_head_that_it_has_verified_and_no_other(service, district, own):
    assert not SEEN.search(prepare(own).json()["statement"].encode()), "nobody puts words into its mouth"
    head = wait_until_logged(service, district.public)
    reply = prepare(own, head)
    assert reply.status == 200, reply
    prepared = reply.json()
    assert prepared["statement"].endswith(f"seen {head.size} {b64(head.root)}\n")
    made = own.send(own.notes(prepared))
    assert made.status == 201
    proof = own.party.read(f"/v1/events/{made.json()['event']}/proof")
    assert proof["statement"].startswith(prepared["statement"])
    for wrong, at in (({"root": b64(bytes(32))}, "/seen"), ({"size": head.size + 10**6}, "/seen"), ({"size": head.size - 1}, "/seen"),
                      ({"root": "!" * 44}, "/seen/root"), ({"size": 0}, "/seen/size")):
        reply = prepare(own, head, **wrong)
        assert reply.status == 422 and reply.pointer() == at, (wrong, reply)
    other = prepare(own, head).json()
    other["statement"] = other["statement"].replace(f"seen {head.size} ", f"seen {head.size - 1} ")
    assert problem(own.send(own.notes(other))) == "not-prepared"


def test_the_command_line_names_the_head_that_its_monitor_verified(card, service, district, tmp_path):  # noqa: F811
    wait_until_logged(service, district.public)
    state = tmp_path / "state"
    size = monitor(url_of(service), "--log", service.data / "log.vkey", "--state", state, check=WELL)["size"]
    made = json.loads(card("event", "add", "-", "--sign", str(card.file), "--seen", str(state), "--json", text=harvest_text()).stdout)
    assert f"\nseen {size} " in card.party.read(f"/v1/events/{made['event']}/proof")["statement"]
    card("event", "add", "-", "--sign", str(card.file), "--seen", str(card.file), text=harvest_text(), check=2)


# — a log that lies —
def record(log, seen="", **changed):
    by = log.farm
    return log.append(by.text("event", f"body sha256 {b64(hashlib.sha256(b'').digest())} 0 text/plain\n{seen}", **changed), by)


def seen_of(log, size):
    return f"seen {size} {b64(root_of([leaf_hash(entry) for entry in log.entries[:size]]))}\n"


def test_a_head_that_was_there_is_no_alarm(lab, look):  # noqa: F811
    for size in (1, 3, len(lab.log.entries)):
        record(lab.log, seen_of(lab.log, size))
    assert look()["findings"] == []
    record(lab.log, seen_of(lab.log, 2))  # of a tree that this look has not read
    record(lab.log, seen_of(lab.log, len(lab.log.entries)))
    assert look()["findings"] == []


@pytest.mark.parametrize("wrong", ["root", "itself", "later"])
@pytest.mark.parametrize("looked", [False, True])
def test_a_head_that_was_not_there_before_alarms(lab, look, wrong, looked):  # noqa: F811
    log = lab.log
    if looked:
        look()
    size = len(log.entries)
    index = record(log, {"root": f"seen 2 {b64(bytes(32))}\n", "itself": f"seen {size + 1} {b64(bytes(32))}\n",
                         "later": f"seen {size + 7} {b64(bytes(32))}\n"}[wrong])
    log.record(count=2)
    found = look(check=BROKEN)
    assert [(f["kind"], f["index"], f["seen"]) for f in found["findings"]] == [("seen", index, False)]


def test_a_time_far_from_its_place_is_told_and_is_no_alarm(lab, look):  # noqa: F811
    index = lab.log.record(at=int(time.time()) - 3 * 86400)
    for _ in range(2):
        assert [(f["kind"], f["index"], f["seen"]) for f in look()["findings"]] == [("late", index, True)]
        lab.log.record()
    lab.log.record(at=int(time.time()) - 3600)
    assert len(look()["findings"]) == 1, "an hour is not far"


def test_a_step_says_between_which_heads_it_was_recorded(service, district):
    """Whatever time it claims: after the head that its signer had seen, before the first published one that covers it."""
    farm = district.farm()
    wait_until_logged(service, district.public)
    made = farm.record("harvest", ago(days=31), site="P1", product="PAKCHOI", quantity=kg(3))
    wait_until_logged(service, district.public)
    code = made["lots"][0]["code"]

    def step():
        return district.public.read(f"/t/{code}", Accept="application/json")["steps"][0]
    assert wait_for(lambda: "before" in step().get("recordedBetween", {}), 60), step()
    statement, index = service.rows("SELECT e.statement, l.idx FROM event e JOIN log_leaf l USING (id) WHERE e.id = %s AND l.kind = 'event'",
                                    made["event"])[0]
    seen = int(SEEN.search(bytes(statement)).group(1))
    time_of = "SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') FROM log_checkpoint WHERE "
    expected = {"after": service.value(time_of + f"size = {seen}"),
                "before": service.value(time_of + f"size > {index} AND NOT waits ORDER BY size LIMIT 1")}
    told = step()["recordedBetween"]
    assert {name: value[:26] for name, value in told.items()} == expected and told["after"] < step()["recordedAt"] < told["before"]
    assert step()["time"][:10] < told["after"][:10]
    for language, words in (("en", "By the public log it was recorded after"), ("zh-CN", "公开日志可证：登记在")):
        page = district.public.get(f"/t/{code}", Accept="text/html", **{"Accept-Language": language}).body.decode()
        bounds = re.search(r"<p class=\"m s\" data-bounds>(.*?)</p>", page).group(1)
        assert words in bounds and bounds.count("<time ") == 2
    then = farm.read(f"/v1/lots/{made['lots'][0]['id']}/trail?asOf={step()['recordedAt'].replace('+', '%2B')}")
    assert "recordedBetween" not in then["steps"][0], "what is told about then stays the same"
