# SPDX-License-Identifier: Apache-2.0
"""farmtrail monitor: an honest log is followed at the cost of what is new; every way of breaking its word ends in an exit
code for cron and names the entry; what is remembered survives whatever happens to the monitor."""
import json
import os
import signal
import subprocess
import threading

import pytest
from auditor import WIDTH, wait_until_logged
from conftest import District, ago, kg
from loglab import COSIGNATURE, Log, Org, Server, Signer
from service import environment, program, wait_for
from test_signing_keys import Device, enrol

WELL, USED, USAGE, PLANTED, BROKEN, UNREACHABLE, UNWITNESSED, GAPS = range(8)


def monitor(url, *arguments, check=None, json_=True, **settings):
    done = subprocess.run([program("farmtrail"), "monitor", url, *map(str, arguments), *(["--json"] if json_ else [])],
                          env=environment(LANG="en_US.UTF-8", **settings), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, timeout=120)
    assert check is None or done.returncode == check, (done.returncode, done.stdout[-3000:], done.stderr[-2000:])
    return json.loads(done.stdout) if json_ and done.stdout.startswith("{") else done


def url_of(service):
    return f"http://127.0.0.1:{service.port}"


@pytest.fixture
def lab():
    made = Server(Log())
    made.log.record(count=5)
    yield made
    made.close()


@pytest.fixture
def look(lab, tmp_path):
    """One look of a monitor that remembers, at the lab's log."""
    def one(*arguments, check=WELL, **settings):
        return monitor(lab.url, "--log", lab.log.key.vkey, "--state", tmp_path / "state", *arguments, check=check, **settings)
    one.state = tmp_path / "state"
    return one


# — the real thing —
def test_an_honest_log_is_well_and_costs_what_is_new(service, district, tmp_path):
    farm, device = district.farm(), Device()
    for _ in range(3):
        farm.harvest(1)
    assert enrol(district, farm, device)[0].status == 201
    assert district.admin.post(f"/v1/signing-keys/{device.fingerprint}/revoke", {"reason": "ceased"}).status == 200
    assert district.admin.post("/v1/signing-keys:rotate", {"party": farm.number}).status in (200, 201)
    farm.harvest(1)
    size = wait_until_logged(service, district.public).size
    arguments = ("--log", service.data / "log.vkey", "--registrar", service.data / "registrar.vkey", "--state", tmp_path / "state")
    first = monitor(url_of(service), *arguments, check=WELL)
    assert first["size"] >= size and first["read"] == first["size"] and first["verdict"] == "well"
    assert first["log"] == service.origin and first["findings"] == first["gaps"] == first["planted"] == [] and not first["fault"]
    farm.harvest(1)
    wait_until_logged(service, district.public)
    second = monitor(url_of(service), *arguments, check=WELL)
    assert 1 <= second["read"] == second["size"] - first["size"]
    again = monitor(url_of(service), *arguments, "--all", check=WELL)
    assert again["read"] == again["size"] >= second["size"]
    said = monitor(url_of(service), *arguments, json_=False, check=WELL).stdout
    assert said.startswith(f"✓ {service.origin}: ")


def test_a_key_in_my_name_alarms_until_i_know_it(service, district, tmp_path):
    farm, other = district.farm(), district.farm()
    mine = service.rows("SELECT encode(fingerprint, 'hex') FROM signing_key WHERE org_id = %s", farm.id)[0][0]
    wait_until_logged(service, district.public)
    state = ("--log", service.data / "log.vkey", "--state", tmp_path / "state")
    found = monitor(url_of(service), *state, "--mine", farm.id, check=PLANTED)
    assert [(p["key"], p["org"]) for p in found["planted"]] == [(mine, farm.id)]
    monitor(url_of(service), *state, "--known", mine, check=WELL)
    planted, elsewhere = Device(), Device()
    for party, device in ((farm, planted), (other, elsewhere)):
        assert enrol(district, party, device)[0].status == 201
    wait_until_logged(service, district.public)
    for _ in range(2):  # it alarms until it is seen to
        found = monitor(url_of(service), *state, check=PLANTED)
        index = service.value("SELECT idx FROM log_leaf WHERE fingerprint = %s", bytes.fromhex(planted.fingerprint))
        assert found["planted"] == [{"key": planted.fingerprint, "org": farm.id, "index": index,
                                     "reason": "new-device", "text": "another device signs as well"}] and found["verdict"] == "planted"
    said = monitor(url_of(service), *state, json_=False, check=PLANTED).stdout
    assert f"entry {index} states key {planted.fingerprint}" in said
    monitor(url_of(service), *state, "--known", planted.fingerprint, check=WELL)


def test_what_is_held_back_is_a_gap(new_service, tmp_path):
    service = new_service(LOG_SEQUENCER="false").start()
    here = District(service)
    farm = here.farm()
    receipts = [farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(1)) for _ in range(3)]
    events = [receipt["event"] for receipt in receipts]
    service.rows("WITH d AS (DELETE FROM log_pending WHERE id = %s RETURNING 1) SELECT * FROM d", events[1])
    service.stop()
    service.start(LOG_SEQUENCER="true")
    wait_until_logged(service, here.public)
    found = monitor(url_of(service), "--state", tmp_path / "state", "--mirror", tmp_path / "mirror", check=GAPS)
    # who was given a receipt needs nobody's word to see what became of it
    (tmp_path / "receipts").write_text("".join(json.dumps(receipt) + "\n" for receipt in receipts))
    asked = subprocess.run([program("farmtrail"), "mirror", tmp_path / "mirror", tmp_path / "receipts", "--log", service.data / "log.vkey",
                            "--json"], env=environment(), capture_output=True, text=True, check=False)
    assert asked.returncode == GAPS, asked
    assert json.loads(asked.stdout)["missing"] == [{"statement": receipts[1]["statement"], "event": events[1]}]
    key = service.value("SELECT encode(fingerprint, 'hex') FROM signing_key WHERE org_id = %s", farm.id)
    last = service.value("SELECT idx FROM log_leaf WHERE id = %s", events[2])
    seq = 1 + service.value("SELECT count(*) FROM log_leaf WHERE kind = 'event' AND id = %s", events[0])
    assert [(g["key"], g["first"] == g["last"], g["index"]) for g in found["gaps"]] == [(key, True, last)] and seq
    monitor(url_of(service), "--state", tmp_path / "state", check=GAPS)
    monitor(url_of(service), "--state", tmp_path / "state", "--acknowledge", check=WELL)
    assert monitor(url_of(service), "--state", tmp_path / "state", check=WELL)["gaps"][0]["seen"]
    service.stop()


@pytest.mark.parametrize("change, kind", [("entry", "entry"), ("leaf", "entry"), ("gone", "not-served")])
def test_what_was_changed_in_the_database_is_named(new_service, tmp_path, change, kind):
    service = new_service().start()
    here = District(service)
    farm = here.farm()
    events = [farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(1))["event"] for _ in range(4)]
    wait_until_logged(service, here.public)
    index = service.value("SELECT idx FROM log_leaf WHERE id = %s", events[1])
    arguments = ("--log", service.data / "log.vkey", "--state", tmp_path / "state")
    monitor(url_of(service), *arguments, check=WELL)
    flip = "set_byte({0}, {1}, get_byte({0}, {1}) # 1)"
    sql = {"entry": f"UPDATE event SET statement = {flip.format('statement', 60)} WHERE id = %s RETURNING 1",
           "leaf": f"UPDATE log_leaf SET hash = {flip.format('hash', 3)} WHERE id = %s RETURNING 1",
           "gone": "DELETE FROM event WHERE id = %s RETURNING 1"}[change]
    assert service.rows(sql, events[1])
    found = monitor(url_of(service), *arguments, "--all", check=BROKEN)
    assert (found["fault"]["kind"], found["fault"]["first"], found["fault"]["last"]) == (kind, index, index)
    monitor(url_of(service), "--log", service.data / "log.vkey", check=BROKEN)
    service.stop()


# — a log that breaks its word —
def test_a_second_history_is_a_fork_and_both_heads_are_shown(lab, look):
    honest = lab.log
    honest.record(count=300)
    before = look()
    kept = look.state.read_bytes()
    other = honest.copy(100)
    other.record(count=400)
    for size in (len(honest.entries), len(honest.entries) + 40):
        lab.log = other.copy(size)
        for _ in range(2):
            found = look(check=BROKEN)
            assert found["fault"]["kind"] == "forked" and found["fault"]["first"] <= 100 <= found["fault"]["last"]
        assert found["fault"]["headBefore"] == honest.head() and found["fault"]["headNow"] == lab.log.head()
        assert "two histories" in look(check=BROKEN, json_=False).stdout
        found = look("--all", check=BROKEN)
        assert found["fault"]["kind"] == "forked"
    assert look.state.read_bytes() == kept, "what broke its word is not remembered in the place of what held"
    lab.log = honest
    assert look()["size"] == before["size"]


def test_an_entry_taken_out_is_a_fork(lab, look):
    lab.log.record(count=200)
    look()
    shorter = lab.log.copy()
    del shorter.entries[100]
    shorter.record(count=2)
    lab.log = shorter
    found = look(check=BROKEN)
    assert found["fault"]["kind"] == "forked" and found["fault"]["first"] <= 100 <= found["fault"]["last"]


def test_a_smaller_head_is_going_back(lab, look):
    look()
    lab.log = lab.log.copy(4)
    assert look(check=BROKEN)["fault"]["kind"] == "rolled-back"
    lab.answer = lambda path: (404, {}, b"")
    assert look(check=BROKEN)["fault"]["kind"] == "gone"


def test_a_head_of_another_key_is_forged(lab, look):
    look()
    other = Log(lab.log.origin)
    lab.note = lab.log.head().split("\n\n")[0] + "\n\n" + other.key.line(lab.log.head().split("\n\n")[0] + "\n")
    assert look(check=BROKEN)["fault"]["kind"] == "head-forged"
    lab.note = lab.log.head().replace("\n7\n", "\n8\n")
    assert look(check=BROKEN)["fault"]["kind"] == "head-forged"
    lab.note = "nothing\n"
    assert look(check=BROKEN)["fault"]["kind"] == "head-form"


def test_an_entry_that_is_not_what_was_committed_to_is_named(lab, look):
    lab.log.record(count=WIDTH + 50)
    truth = lab.log.bundle(1, 57)
    lab.answer = lambda path: (200, {}, truth.replace(b"at 1", b"at 2", 1)) if "/entries/001" in path else None
    found = look(check=BROKEN)
    assert (found["fault"]["kind"], found["fault"]["first"]) == ("entry", WIDTH)
    assert not look.state.exists()


def test_tiles_that_do_not_lead_to_the_root_are_found(lab, look):
    lab.log.record(count=WIDTH)
    head = lab.log.head()
    lab.log = lab.log.copy()
    lab.log.entries[3] = lab.log.entries[4]
    lab.note = head
    found = look(check=BROKEN)
    assert found["fault"]["kind"] == "tile"


def unnumbered(log, state):
    """States something that no statement of this log is: its number is for the next one."""
    state(log)
    log.farm.seq -= 1


BROKEN_RULES = {
    "vouching": lambda log: log.enrol(Org(log), vouched=False),
    "unexplained": lambda log: log.enrol(Org(log, log.farm.org)),
    "registrar": lambda log: log.enrol(Org(log, use="register")),
    "key-unknown": lambda log: log.record(Org(log)),
    "seq": lambda log: log.entries.append(log.entries[3]),
    "form": lambda log: unnumbered(log, lambda log: log.record(log="other.example")),
    "time": lambda log: log.record(at=9999999999),
    "signature": lambda log: unnumbered(log, lambda log: log.append(
        log.farm.text("event", f"body sha256 {'A' * 43}= 0 text/plain\n"), log.registrar)),
}


@pytest.mark.parametrize("word", BROKEN_RULES)
def test_an_entry_that_breaks_a_rule_is_named_until_somebody_takes_note(lab, look, word):
    look()
    size = len(lab.log.entries)
    BROKEN_RULES[word](lab.log)
    for _ in range(2):
        found = look(check=BROKEN)
        assert [(f["kind"], f["index"], f["seen"]) for f in found["findings"]] == [(word, size, False)]
    assert f"entry {size}: " in look(check=BROKEN, json_=False).stdout
    assert look("--acknowledge", check=WELL)["findings"][0]["seen"]
    lab.log.record()
    assert len(look("--all", check=WELL)["findings"]) == 1
    lab.log.enrol(Org(lab.log), vouched=False)
    assert len(look(check=BROKEN)["findings"]) == 2


# — witnesses —
def test_a_policy_asks_for_witnesses(lab, look, tmp_path):
    witnesses = [Signer(f"witness{n}.example", COSIGNATURE) for n in range(3)]
    policy = tmp_path / "policy"
    policy.write_text(f"log {lab.log.key.vkey}\n" + "".join(f"witness w{n} {w.vkey}\n" for n, w in enumerate(witnesses)) +
                      "group g 2 w0 w1 w2\nquorum g\n")
    for count, code in ((0, UNWITNESSED), (1, UNWITNESSED), (2, WELL)):
        lab.note = lab.log.head(witnesses=witnesses[:count])
        found = monitor(lab.url, "--policy", policy, "--state", tmp_path / "state", check=code)
        assert (found["cosigned"], found["witnesses"]) == (count, 3)
    lab.note = lab.log.head(witnesses=[witnesses[0], Signer("witness1.example", COSIGNATURE)])
    monitor(lab.url, "--policy", policy, check=UNWITNESSED)


# — how it reads —
def test_a_mirror_may_lie_elsewhere_and_keep_whole_tiles_only(lab, look, tmp_path):
    lab.prefix = "/mirror/of/it"
    lab.log.record(count=WIDTH)
    lab.log = lab.log.copy(WIDTH)
    lab.note = lab.log.head(WIDTH - 6)
    lab.answer = lambda path: (404, {}, b"") if ".p/" in path else None
    assert monitor(lab.url + lab.prefix + "/", "--log", lab.log.key.vkey, check=WELL)["read"] == WIDTH - 6


def test_only_what_is_new_is_asked_for(lab, look):
    lab.log.record(count=3 * WIDTH)
    look()
    lab.asked.clear()
    lab.log.record()
    look()
    assert len(lab.asked) == 3 and not any("/000" in path for path in lab.asked), lab.asked


def test_a_server_that_asks_for_patience_gets_it(lab, look):
    refusals = [0]

    def busy(path):
        refusals[0] += 1
        return (429, {"Retry-After": "1"}, b"") if refusals[0] in (2, 4) else None
    lab.answer = busy
    look()
    assert refusals[0] >= 5


def test_no_connection_says_nothing_about_the_log(lab, look):
    look()
    kept = look.state.read_bytes()
    lab.close()
    assert look(check=UNREACHABLE)
    assert look.state.read_bytes() == kept


def test_the_first_look_takes_the_servers_word_and_later_ones_do_not(lab, tmp_path):
    first = monitor(lab.url, "--state", tmp_path / "state", json_=False, check=WELL)
    assert "compare it" in first.stderr
    lab.log = Log(lab.log.origin)
    lab.log.record(count=9)
    found = monitor(lab.url, "--state", tmp_path / "state", check=BROKEN)
    assert found["fault"]["kind"] == "head-forged"


def test_an_empty_log_is_no_fault(lab, look):
    lab.answer = lambda path: (404, {}, b"")
    done = look(json_=False)
    assert "no head yet" in done.stdout and not look.state.exists()


@pytest.mark.parametrize("arguments", [("--log", "nonsense"), ("--mine", "nonsense"), ("--known", "nonsense"),
                                       ("--registrar", "nonsense"), ("--policy", "/nonexistent")])
def test_wrong_usage_is_said(lab, arguments):
    given = arguments if arguments[0] in ("--log", "--policy") else ("--log", lab.log.key.vkey, *arguments)
    monitor(lab.url, *given, check=USAGE)
    monitor("https://me@127.0.0.1:1", check=USAGE)


def test_a_state_is_of_one_log(lab, look, tmp_path):
    look()
    other = Server(Log("other.example"))
    monitor(other.url, "--log", other.log.key.vkey, "--state", look.state, check=USAGE)
    other.close()
    look.state.write_bytes(look.state.read_bytes()[:-20])
    look(check=USED)


# — two at once, and none any more —
class Held:
    """A monitor that is held in the middle of its work."""

    def __init__(self, lab, state):
        self.lab, self.reached, self.go = lab, threading.Event(), threading.Event()
        lab.answer = self.hold
        self.process = subprocess.Popen([program("farmtrail"), "monitor", lab.url, "--log", lab.log.key.vkey, "--state", str(state)],
                                        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert self.reached.wait(60)

    def hold(self, path):
        if "/entries/001" in path and not self.go.is_set():
            self.reached.set()
            self.go.wait(60)

    def end(self):
        self.go.set()
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


def test_two_at_once_do_not_share_a_state(lab, look):
    lab.log.record(count=WIDTH)
    held = Held(lab, look.state)
    done = look(check=USED, json_=False)
    assert "another monitor" in done.stderr
    assert held.end()[0] == WELL
    look()


def test_a_monitor_that_is_killed_loses_nothing(lab, look):
    look()
    kept = look.state.read_bytes()
    lab.log.record(count=WIDTH)
    held = Held(lab, look.state)
    os.kill(held.process.pid, signal.SIGKILL)
    assert held.end()[0] == -signal.SIGKILL
    assert look.state.read_bytes() == kept
    found = look()
    assert found["read"] == WIDTH and wait_for(lambda: look.state.read_bytes() != kept)
