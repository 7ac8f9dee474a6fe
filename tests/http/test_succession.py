# SPDX-License-Identifier: Apache-2.0
"""The log's key was stolen: the log ends at a head that its witnesses know, and another goes on behind it under a name and a key of
its own. Nothing that was acknowledged is lost, what was proved stays proved, and what the thief signs is found out."""
import concurrent.futures
import json

import pytest
from auditor import WIDTH, audit, entries_of, head_of, wait_until_logged
from conftest import District, ago
from loglab import COSIGNATURE, Log, Org, Server, Signer
from service import Api, wait_for
from test_monitor import BROKEN, UNWITNESSED, WELL, monitor, url_of
from test_witness import Watched

HOLDS, NOT_VERIFIED = 0, 4


def succeed(here, log, reason="compromise", **more):
    return here.admin.post("/v1/log:succeed", {"log": log, "reason": reason, **more})


def verify(service, path, policy, check):
    done = service.farmtrail("verify", str(path), "--policy", str(policy), "--registrar", str(service.data / "registrar.vkey"),
                             "--lang", "en", check=False)
    assert done.returncode == check, done.stdout
    return done.stdout


def save(here, code, path):
    path.write_text(json.dumps(here.public.read(f"/t/{code}/proofs")))
    return path


@pytest.fixture
def alone(new_service):
    """A service whose log waits for nobody."""
    service = new_service().start()
    yield service
    service.stop()


@pytest.fixture
def watched(new_service, tmp_path):
    made = Watched(new_service, tmp_path)
    yield made
    made.close()


def grow(service, here, farm, count=1):
    lots = [farm.harvest(1) for _ in range(count)]
    wait_until_logged(service, here.public)
    return lots[-1]


def test_the_drill(watched, tmp_path):
    """Two of three witnesses, a head that waits and one that the thief signs; the log goes on without either."""
    service, here, old = watched.service, watched.here, watched.policy
    origin, old_key = service.origin, (service.data / "log.vkey").read_text().strip()
    lot = watched.farm.harvest(1)
    watched.grow(3)
    watched.feed("--policy", old)
    published, trust = watched.head(), ("--registrar", service.data / "registrar.vkey", "--state", tmp_path / "state")
    before = save(here, lot["code"], tmp_path / "before.json")
    verify(service, before, old, HOLDS)
    monitor(url_of(service), "--policy", old, *trust, check=WELL)
    late = watched.farm.harvest(1)  # acknowledged and signed for, and no witness has seen it
    watched.grow(2)
    waiting = watched.latest()
    assert waiting.size > published.size
    reply = succeed(here, origin)
    assert reply.status == 201, reply.json()
    made = reply.json()
    assert made["name"] == f"{origin}/2" and made["ended"] == origin and made["size"] == published.size
    assert made["again"] == waiting.size - published.size
    assert here.public.get("/log/checkpoint").body.decode() == published.note, "published it stays, until the new log has a head"
    for witness in watched.witnesses:  # what operators do: a name and a key more
        witness.trust(made["vkey"])
    new = tmp_path / "new"
    new.write_text(old.read_text().replace(old_key, made["vkey"]))
    both = tmp_path / "both"
    both.write_text(f"log {old_key}\n" + new.read_text())
    watched.grow(1)
    watched.feed("--policy", old)  # of the policy count the witnesses
    head = watched.head()
    assert head.origin == made["name"] and head.size > waiting.size
    assert watched.witnesses[0].heads[made["name"]][0] == head.size
    assert (service.data / "log.vkey").read_text().strip() == made["vkey"] == here.public.get("/log/vkey").body.decode().strip()
    after = save(here, lot["code"], tmp_path / "after.json")
    for saved, policy, verdict in ((before, old, HOLDS), (before, both, HOLDS), (before, new, NOT_VERIFIED), (after, old, NOT_VERIFIED),
                                   (after, both, HOLDS), (after, new, HOLDS)):
        verify(service, saved, policy, verdict)
    verify(service, save(here, late["code"], tmp_path / "late.json"), new, HOLDS)
    # a monitor from before goes over with the policy that it has, one that begins now with either
    told = monitor(url_of(service), "--policy", old, *trust, check=WELL)
    assert told["log"] == made["name"] and told["ended"] == [{"log": origin, "size": published.size}] and not told["gaps"]
    for policy in (old, both, new):
        monitor(url_of(service), "--policy", policy, *trust, check=WELL)
        monitor(url_of(service), "--policy", policy, "--registrar", service.data / "registrar.vkey", check=WELL)
        monitor(url_of(service), "--policy", policy, *trust, "--all", check=WELL)
    entries = entries_of(here.public, head.size)
    assert entries[published.size].decode().startswith("farmtrail/origin@v1\n") and len(set(entries)) == head.size
    assert audit(service, made["vkey"])[0], "as any C2SP log"
    # what ended lies where it did, and gets no longer
    logs = here.public.read("/v1/logs")["items"]
    assert [(log["name"], log["path"], log["ended"], log["first"]) for log in logs] == [
        (origin, "/log/1", True, 0), (made["name"], "/log", False, published.size)]
    assert here.public.get("/log/1/checkpoint").body.decode() == published.note
    assert here.public.get("/log/1/vkey").body.decode().strip() == old_key == logs[0]["vkey"]
    width = published.size % 256
    assert here.public.get(f"/log/1/tile/entries/000.p/{width}").body == here.public.get(f"/log/tile/entries/000.p/{width}").body
    assert here.public.get(f"/log/1/tile/0/000.p/{width}").status == 200
    assert here.public.get(f"/log/1/tile/0/000.p/{width + 1}").status == here.public.get("/log/2/checkpoint").status == 404
    monitor(f"{url_of(service)}/log/1", "--policy", old, check=WELL)
    assert monitor(f"{url_of(service)}/log/1", "--policy", both, *trust, check=BROKEN)["fault"]["kind"] == "rolled-back"
    service.farmtrail("verify", "--data", str(service.data))


def test_all_that_waited_is_in_the_new_log_once(alone):
    """And again, and once more; between them a start, and a key that is replaced under the name that the log has."""
    here = District(alone)
    farm = here.farm()
    grow(alone, here, farm, 3)
    reply = succeed(here, alone.origin)
    assert reply.status == 201 and reply.json()["again"] == 0
    lot = grow(alone, here, farm, 3)
    head = head_of(here.public)
    assert head.origin == f"{alone.origin}/2"
    stated = alone.value("SELECT count(*) FROM log_leaf")
    assert stated == head.size == alone.value("SELECT count(DISTINCT hash) FROM log_leaf")
    alone.stop()
    alone.start()  # the sequencer opens what it wrote
    grow(alone, here, farm)
    assert wait_for(lambda: here.public.read("/readyz")["log"] == "running")
    for reason in ("lost", "compromise"):  # and again
        name = here.public.read("/v1/logs")["items"][-1]["name"]
        assert succeed(here, name, reason).status == 201
        grow(alone, here, farm)
    found = monitor(url_of(alone), "--log", alone.data / "log.vkey", "--registrar", alone.data / "registrar.vkey", check=WELL)
    assert len(found["ended"]) == 3 and found["log"] == f"{alone.origin}/4" and not found["gaps"]
    assert here.admin.post("/v1/log:rotate").status == 201  # under the name that it has now
    grow(alone, here, farm)
    assert len(head_of(here.public).signatures.splitlines()) == 2, "of those that ended none signs on"
    monitor(url_of(alone), "--log", alone.data / "log.vkey", check=WELL)
    proved = here.public.read(f"/t/{lot['code']}/proofs")
    assert all(step["index"] is not None for step in proved["steps"])
    alone.farmtrail("verify", "--data", str(alone.data))


def test_what_was_never_published_is_cut_out_of_the_tree(watched):
    """Full tiles and their node among it; neither sweep nor patrol, which read on meanwhile, take that for an alteration."""
    service, here = watched.service, watched.here
    service.stop()
    service.start(LOG_POLICY=watched.policy, LOG_SWEEP="20", LOG_PATROL="1")
    published = watched.head().size
    records = [{"type": "harvest", "party": watched.farm.id, "site": "P1", "product": "PAKCHOI", "quantity": {"value": "1", "unit": "kg"},
                "time": ago(hours=1)} for _ in range(3 * WIDTH)]
    assert watched.farm.post("/v1/events:batch", {"records": records}).status == 200
    watched.grow()
    assert service.value("SELECT count(*) FROM log_tile") == 3
    made = succeed(here, service.origin).json()
    assert made["again"] > 3 * WIDTH and made["size"] == published
    for witness in watched.witnesses:
        witness.trust(made["vkey"])
    before = here.metric("farmtrail_log_patrols_total")
    watched.grow()
    watched.feed("--policy", watched.policy)
    head = watched.head()
    assert head.size > 3 * WIDTH and len(set(entries_of(here.public, head.size))) == head.size
    assert audit(service, made["vkey"])[0]
    assert wait_for(lambda: here.metric("farmtrail_log_patrols_total") >= before + 2, 200)
    assert not service.rows("SELECT * FROM log_alteration") and "log-altered" not in service.log()
    assert service.value("SELECT count(*) FROM log_checkpoint_cut") > 0
    service.farmtrail("verify", "--data", str(service.data))


def test_a_log_that_lost_entries_goes_on(alone):
    """The guard file knows a head that the database does not contain: nothing but another log ends the halt."""
    here = District(alone)
    farm = here.farm()
    grow(alone, here, farm)
    alone.stop()
    guard = alone.data / "log.guard"
    name, size, root = guard.read_text().splitlines()
    guard.write_text(f"{name}\n{int(size) + 7}\n{root}\n")
    alone.start()
    assert wait_for(lambda: here.public.read("/readyz")["log"].startswith("halted: "))
    farm.harvest(1)  # is taken, and waits
    made = succeed(here, name, "lost").json()
    assert made["size"] == int(size)
    assert wait_for(lambda: here.public.read("/readyz")["log"] == "running", 60)
    grow(alone, here, farm)
    assert guard.read_text().splitlines()[0] == made["name"]
    assert monitor(url_of(alone), "--log", alone.data / "log.vkey", check=WELL)["log"] == made["name"]
    guard.write_text(f"{name}\n{int(size) + 7}\n{root}\n")  # once it has signed, the old guard is that of another log
    alone.stop()
    alone.start()
    assert wait_for(lambda: here.public.read("/readyz")["log"].startswith("halted: "))


def test_of_two_at_once_one_does(alone):
    here = District(alone)
    grow(alone, here, here.farm())
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda _: succeed(here, alone.origin), range(2)))
    assert sorted(reply.status for reply in replies) == [201, 409]
    assert [reply.problem() for reply in replies if reply.status == 409] == ["log-ended"]
    assert alone.value("SELECT count(*) FROM log_succession") == 1
    assert alone.value("SELECT count(*) FROM audit WHERE action = 'succeedLog'") == 1


def test_only_what_the_log_has_is_gone_on_from_and_only_by_an_administrator(alone):
    here = District(alone)
    farm = here.farm()
    grow(alone, here, farm)
    bounded = Api(alone, here.key(["read", "register", "admin"], parties=[farm.id]))
    body = {"log": alone.origin, "reason": "compromise"}
    assert bounded.post("/v1/log:succeed", body).status == farm.post("/v1/log:succeed", body).status == 403
    assert here.public.post("/v1/log:succeed", body).status == 401
    size = head_of(here.public).size
    for beyond in (1, size + 1, 1 << 40):
        assert succeed(here, alone.origin, size=beyond).problem() == "log-head-unknown"
    assert succeed(here, f"{alone.origin}/2").problem() == "log-ended"
    assert succeed(here, alone.origin, "because").status == 422
    alone.rows("WITH u AS (UPDATE log_checkpoint SET checkpoint = overlay(checkpoint PLACING '\\x00' FROM 1) RETURNING 1) SELECT * FROM u")
    assert succeed(here, alone.origin).problem() == "log-head-unknown"
    assert alone.value("SELECT count(*) FROM log_succession") == alone.value("SELECT count(*) FROM audit WHERE action = 'succeedLog'") == 0


# — seen from outside —
@pytest.fixture
def lab():
    made = Server(Log())
    made.log.state_key(made.log.key)
    made.log.record(count=8)
    yield made
    made.close()


@pytest.fixture
def look(lab, tmp_path):
    """A monitor that has seen the log as it was, and knows its first key alone."""
    first = lab.log.key.vkey

    def one(check, *arguments):
        return monitor(lab.url, "--log", first, "--state", tmp_path / "state", *arguments, check=check)
    one(WELL)
    return one


def test_history_that_was_cut_alarms(lab, look):
    lab.log.record(count=3)
    seen = look(WELL)["size"]
    lab.log.succeed(seen - 2)
    assert look(BROKEN)["fault"]["kind"] == "cut"
    lab.log.entries = lab.log.entries[:seen - 1]
    assert look(BROKEN)["fault"]["kind"] == "cut", "and when it is shorter, too"


def test_what_the_old_key_signs_beyond_the_end_is_a_fork(lab, look):
    thief = lab.log.copy()
    ended = lab.log.succeed()
    end = thief.head().splitlines()[1]
    assert look(WELL)["ended"] == [{"log": ended.name, "size": int(end)}]
    thief.record(count=5)
    lab.log, honest = thief, lab.log
    found = look(BROKEN)["fault"]
    assert (found["kind"], found["first"]) == ("forked", int(end)) and ended.name in found["headNow"]
    lab.log = honest
    lab.log.record()
    look(WELL)


@pytest.mark.parametrize("wrong", ["no statement", "another registrar", "another head", "head of a thief", "key not stated", "old key"])
def test_nobody_else_says_that_another_log_goes_on(lab, look, wrong):
    """Nor does the registrar, from another head than the one that the old log has signed for these entries."""
    log = lab.log
    if wrong == "no statement":
        log.key = Signer(f"{log.origin}/2", 1)
    elif wrong == "another registrar":
        log.succeed(by=log.enrol(Org(log)))
    elif wrong == "another head":
        log.succeed(head=log.head(len(log.entries) - 1))
    elif wrong == "head of a thief":
        log.succeed(head=log.head(key=Signer(log.origin, 1)))
    elif wrong == "key not stated":
        log.succeed()
        log.entries.pop()
    else:
        old = log.succeed()
        log.key = Signer(log.key.name, 1)
        log.key.key, log.key.id = old.key, log.key.id
    log.record()
    found = look(BROKEN)
    kinds = {"no statement": "name", "another registrar": "name", "another head": "name", "head of a thief": "name"}
    assert found["fault"]["kind"] == kinds.get(wrong, "head-forged")
    assert look(BROKEN)["fault"] == found["fault"], "nothing of it is remembered"


def test_a_new_log_needs_its_witnesses_like_the_old(lab, tmp_path):
    witnesses = [Signer(f"witness{n}.example", COSIGNATURE) for n in range(2)]
    policy = tmp_path / "policy"
    policy.write_text(f"log {lab.log.key.vkey}\n" + "".join(f"witness w{n} {w.vkey}\n" for n, w in enumerate(witnesses)) +
                      "group g all w0 w1\nquorum g\n")
    lab.log.succeed()
    for n, verdict in enumerate((UNWITNESSED, UNWITNESSED, WELL)):
        lab.note = lab.log.head(witnesses=witnesses[:n])
        assert monitor(lab.url, "--policy", policy, check=verdict)["cosigned"] == n
    stranger = Signer(lab.log.origin, 1)
    assert monitor(lab.url, "--log", stranger.vkey, check=BROKEN)["fault"]["kind"] == "head-forged", "that log has not stated this key"


def test_the_command_explains_asks_and_ends_the_log(alone):
    """Whoever does not name the log changes nothing; two who would end the same log end one."""
    service, here = alone, District(alone)
    grow(service, here, here.farm(), 2)
    def log(*words, check=0):
        done = service.farmtrail("log", *words, "--url", f"http://127.0.0.1:{service.port}", "--data", str(service.data), "--lang", "en", check=False)
        assert done.returncode == check, (done.stdout, done.stderr)
        return done
    def names():
        return [row["name"] for row in json.loads(log("list", "--json").stdout)["items"]]
    assert names() == [service.origin] and "goes on" in log("list").stdout
    unasked = log("succeed", "--reason", "compromise", check=2)
    assert "ends there for good" in unasked.stderr and "--confirm" in unasked.stderr
    assert service.origin in log("succeed", "--reason", "compromise", "--confirm", "other.example", check=1).stderr
    for words in (("--reason", "whim", "--confirm", service.origin), ("--reason", "lost", "--size", "0", "--confirm", service.origin),
                  ("--confirm", service.origin), ("extra", "--reason", "lost", "--confirm", service.origin)):
        log("succeed", *words, check=2)
    assert log("succeed", "--reason", "lost", "--size", "1000000", "--confirm", service.origin, check=1).stderr
    assert names() == [service.origin], "nothing was ended"
    done = json.loads(log("succeed", "--reason", "compromise", "--confirm", service.origin, "--json").stdout)
    assert (done["ended"], done["name"], done["number"]) == (service.origin, f"{service.origin}/2", 2)
    assert names() == [service.origin, f"{service.origin}/2"]
    listed = log("list").stdout.splitlines()
    assert listed[0].startswith(f"{service.origin}  ") and listed[0].endswith("ended") and listed[2].endswith("goes on") and listed[3].strip() == done["vkey"]
    wait_until_logged(service, here.public)
    log("succeed", "--reason", "compromise", "--confirm", service.origin, check=1)
    told = log("succeed", "--reason", "compromise", "--confirm", f"{service.origin}/2").stdout
    assert f"{service.origin}/2 ended at" in told and f"{service.origin}/3 goes on" in told
    wait_until_logged(service, here.public)
