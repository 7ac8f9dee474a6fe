# SPDX-License-Identifier: Apache-2.0
"""Witnesses of the log: a head is published once the quorum of the policy has cosigned it; proofs carry the lines; a witness that
has seen another history refuses, and it is said."""
import concurrent.futures
import json
import subprocess

import pytest
from auditor import Head, head_of, wait_until_logged
from conftest import District, ago, kg
from loglab import Log, Witness
from service import environment, free_port, program, wait_for

DONE, REFUSED, USAGE, BROKEN, UNREACHABLE, UNWITNESSED = 0, 1, 2, 4, 5, 6


class Watched:
    """A service whose heads wait for two of three witnesses."""

    def __init__(self, new_service, directory):
        self.witnesses = [Witness(f"witness{n}.example", directory / f"witness{n}") for n in range(3)]
        self.policy = directory / "policy"
        self.service = new_service()
        self.service.start()  # once without, so that the log has a key
        wait_for(lambda: (self.service.data / "log.vkey").exists())
        self.here = District(self.service)
        self.farm = self.here.farm()
        assert wait_for(lambda: self.head())
        self.service.stop()
        vkey = (self.service.data / "log.vkey").read_text().strip()
        for witness in self.witnesses:
            witness.trust(vkey)
        self.write_policy(self.policy, self.witnesses)
        self.service.start(LOG_POLICY=self.policy)

    def write_policy(self, path, witnesses, threshold=2):
        vkey = (self.service.data / "log.vkey").read_text().strip()
        path.write_text(f"log {vkey}\n" + "".join(f"witness w{n} {w.vkey} {w.url}\n" for n, w in enumerate(witnesses)) +
                        f"group g {threshold} {' '.join(f'w{n}' for n in range(len(witnesses)))}\nquorum g\n")
        return path

    def head(self):
        return head_of(self.here.public)

    def latest(self):
        reply = self.here.public.get("/log/checkpoint/latest")
        return Head(reply.body.decode()) if reply.status == 200 else None

    def grow(self, count=1):
        for _ in range(count):
            event = self.farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(1))["event"]
        assert wait_for(lambda: not self.service.value("SELECT count(*) FROM log_pending") and
                        self.latest().size == self.service.value("SELECT size FROM log_head"))
        return event

    def feed(self, *arguments, check=DONE, json_=True):
        done = subprocess.run([program("farmtrail"), "feed-witness", f"http://127.0.0.1:{self.service.port}", "--data",
                               str(self.service.data), *map(str, arguments), *(["--json"] if json_ else [])],
                              env=environment(LANG="en_US.UTF-8"), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=120)
        assert done.returncode == check, (done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout) if json_ and done.stdout.startswith("{") else done

    def feed_some(self, *numbers, check=DONE):
        return self.feed(*(part for n in numbers for part in ("--witness", self.witnesses[n].url)), check=check)

    def hand_over(self, size, lines, api=None):
        return (api or self.here.admin).post("/v1/log/cosignatures", {"size": size, "lines": lines})

    def close(self):
        self.service.stop()
        for witness in self.witnesses:
            witness.close()


@pytest.fixture
def watched(new_service, tmp_path):
    made = Watched(new_service, tmp_path)
    yield made
    made.close()


def names_in(head):
    return {line.split(" ")[1] for line in head.signatures.splitlines()}


def test_a_head_is_published_once_its_quorum_has_signed(watched):
    before = watched.head()
    watched.grow(3)
    assert watched.head().note == before.note, "what was published stays, what is signed waits"
    latest = watched.latest()
    assert latest.size > before.size and len(names_in(latest)) == 1
    one = watched.feed_some(0, check=UNWITNESSED)
    assert not one["published"] and watched.head().note == before.note
    two = watched.feed_some(1)
    head = watched.head()
    assert two["published"] and head.text == latest.text
    assert names_in(head) == {watched.service.origin, "witness0.example", "witness1.example"}
    watched.feed("--policy", watched.policy)
    assert len(names_in(watched.head())) == 4, "those who come later are added"
    assert "cosigned" in watched.feed("--policy", watched.policy, json_=False).stdout


def test_until_the_quorum_has_signed_a_step_has_no_upper_bound(watched):
    """And what is kept of the trail does not outlast that."""
    lot = watched.farm.harvest(1)
    watched.grow()

    def bounds():
        return watched.here.public.read(f"/t/{lot['code']}", Accept="application/json")["steps"][0].get("recordedBetween", {})
    assert "before" not in bounds()
    watched.feed("--policy", watched.policy)
    assert wait_for(lambda: "before" in bounds(), 60)


def test_without_a_policy_what_is_signed_is_published(service, district):
    district.farm().harvest(1)
    wait_until_logged(service, district.public)
    assert wait_for(lambda: district.public.get("/log/checkpoint/latest").body == district.public.get("/log/checkpoint").body)
    head = head_of(district.public)
    reply = district.admin.post("/v1/log/cosignatures", {"size": head.size, "lines": head.signatures})
    assert reply.problem() == "witness-unknown"


def test_witnesses_are_given_what_they_have_not_seen(watched):
    for count in (1, 300, 2):
        watched.grow(count)
        watched.feed("--policy", watched.policy)
    for witness in watched.witnesses:
        assert witness.heads[watched.service.origin][0] == watched.head().size
        # the feeder remembers nothing: it begins with 0, is told the size, and goes on from there
        assert witness.answers == [200, 409, 200, 409, 200]
        assert witness.path.read_text().split()[1] == str(watched.head().size)


def test_a_trail_with_two_cosignatures_holds_under_its_policy_alone(watched, tmp_path):
    event = watched.grow()
    tool = (watched.service.farmtrail, ("--registrar", str(watched.service.data / "registrar.vkey")))

    def verify(policy, file=tmp_path / "proof.json"):
        return tool[0]("verify", str(file), "--policy", str(policy), *tool[1], check=False).returncode
    proof = watched.here.public.read(f"/v1/events/{event}/proof")
    assert proof["index"] is None, "no head that is published covers it"
    watched.feed_some(0, 1)
    (tmp_path / "proof.json").write_text(json.dumps(watched.here.public.read(f"/v1/events/{event}/proof")))
    assert verify(watched.policy) == DONE
    other = watched.write_policy(tmp_path / "other", [watched.witnesses[2]], threshold=1)
    assert verify(other) == UNWITNESSED, "its witness did not sign"
    every = watched.write_policy(tmp_path / "every", watched.witnesses, threshold=3)
    assert verify(every) == UNWITNESSED
    lot = watched.farm.harvest(1)
    watched.grow()
    watched.feed_some(0, 1)
    trail = watched.here.public.read(f"/t/{lot['code']}/proofs")
    (tmp_path / "trail.json").write_text(json.dumps(trail))
    assert verify(watched.policy, tmp_path / "trail.json") == DONE
    assert verify(other, tmp_path / "trail.json") == UNWITNESSED


def test_what_waits_for_witnesses_says_so(watched):
    def page(lang):
        return watched.here.public.get(f"/t/{lot['code']}", Accept="text/html", Accept_Language=lang).body.decode()

    def waits():
        return watched.here.public.read(f"/v1/events/{event}/proof").get("waitsFor")
    lot, event = watched.farm.harvest(1), watched.grow()
    assert wait_for(lambda: waits() == "witnesses"), "numbered, and under no head that is published"
    assert "Logged, not yet witnessed" in page("en") and "已写入日志，尚待见证" in page("zh")
    watched.feed_some(0, check=UNWITNESSED)
    assert waits() == "witnesses"
    watched.feed_some(1)
    assert waits() is None and watched.here.public.read(f"/v1/events/{event}/proof")["index"] is not None
    assert wait_for(lambda: "not yet witnessed" not in page("en"), 60), "memory is asked again after ten seconds"
    watched.service.stop()
    watched.service.start(LOG_POLICY=watched.policy, LOG_SEQUENCER="false")
    event = watched.farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(1))["event"]
    assert waits() == "log"


def test_a_head_that_waits_too_long_degrades_the_service(watched):
    def ready():
        return watched.here.public.read("/readyz")

    def metric():
        text = watched.here.admin.get("/metrics").body.decode()
        return int(next(line for line in text.splitlines() if line.startswith("farmtrail_log_unwitnessed_seconds ")).split()[1])
    watched.grow()
    assert wait_for(lambda: "unwitnessedSince" in ready(), 60) and ready()["status"] == "ready", "ten minutes are not over"
    watched.service.stop()
    watched.service.start(LOG_POLICY=watched.policy, LOG_WITNESS_WAIT=1)
    assert wait_for(lambda: ready()["status"] == "degraded", 60)
    assert wait_for(lambda: "event=log-unwitnessed" in watched.service.log(), 60) and wait_for(lambda: metric() >= 1, 60)
    watched.farm.harvest(1)  # records are taken all the same
    watched.grow()
    watched.feed_some(0, 1)
    assert wait_for(lambda: ready() == {"status": "ready", "log": "running"}, 60)
    assert wait_for(lambda: "event=log-witnessed" in watched.service.log(), 60) and wait_for(lambda: metric() == 0, 60)


def test_lines_are_checked_before_they_count(watched):
    watched.grow()
    latest, strange = watched.latest(), Witness("witness0.example")
    text = latest.text
    good = watched.witnesses[0].line(text)
    assert watched.hand_over(latest.size, strange.line(text)).problem() == "witness-unknown"
    assert watched.hand_over(latest.size, watched.witnesses[0].line(text.replace("\n", "\n\n", 1))).problem() == "signature"
    assert watched.hand_over(latest.size + 1000, good).problem() == "not-found"
    for lines in ("nothing", "— x", good + good.strip(), "\n" + good, good * 17, "a\n\n" + good):
        assert watched.hand_over(latest.size, lines).problem() in ("field-range",), lines
    assert watched.hand_over(latest.size, good, watched.farm).status == 403
    assert watched.hand_over(latest.size, good, watched.here.public).status == 401
    assert names_in(watched.latest()) == {watched.service.origin}
    reply = watched.hand_over(latest.size, strange.line(text) + good)
    assert reply.status == 200 and reply.json() == {"size": latest.size, "cosigned": 1, "witnesses": 3, "published": False}
    assert names_in(watched.latest()) == {watched.service.origin, "witness0.example"}
    strange.close()


def test_a_witness_that_signs_again_leaves_its_newest_line(watched):
    watched.grow()
    latest = watched.latest()
    lines = [watched.witnesses[0].line(latest.text, at) for at in (1000, 3000, 2000)]
    for line in lines:
        assert watched.hand_over(latest.size, line).status == 200
    assert [line + "\n" for line in watched.latest().signatures.splitlines()][1:] == [lines[1]]


def test_two_that_bring_lines_at_once_make_a_quorum(watched):
    for _ in range(5):
        watched.grow()
        latest = watched.latest()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            replies = list(pool.map(lambda n, head=latest: watched.hand_over(head.size, watched.witnesses[n].line(head.text)), (0, 1)))
        assert [reply.status for reply in replies] == [200, 200] and any(reply.json()["published"] for reply in replies)
        assert watched.head().size == latest.size


def test_a_witness_that_is_away_does_not_hinder_the_others(watched):
    watched.grow()
    watched.witnesses[2].away = True
    said = watched.feed("--policy", watched.policy)
    assert said["published"] and [w["exitCode"] for w in said["witnesses"]] == [DONE, DONE, UNREACHABLE]
    watched.witnesses[1].away = True
    watched.grow()
    assert not watched.feed("--policy", watched.policy, check=UNREACHABLE)["published"]
    nobody = f"http://127.0.0.1:{free_port()}/w"
    watched.feed("--witness", nobody, check=UNREACHABLE)


def test_a_witness_that_does_not_know_the_log_says_so(watched):
    stranger = Witness("stranger.example")
    watched.grow()
    assert "does not know" in watched.feed("--witness", stranger.url, check=REFUSED, json_=False).stdout
    stranger.trust(Log(watched.service.origin).key.vkey)
    watched.feed("--witness", stranger.url, check=REFUSED)
    assert stranger.answers == [404, 403]
    stranger.close()


def test_another_history_is_refused_by_every_witness_and_told(watched):
    """As if the log had shown a longer or another tree elsewhere."""
    watched.grow(3)
    watched.feed("--policy", watched.policy)
    origin, size = watched.service.origin, watched.head().size
    for known, status in (((size - 1, b"x" * 32), 422), ((size, b"x" * 32), 409), ((size + 50, b"x" * 32), 409)):
        for witness in watched.witnesses:
            witness.heads[origin] = known
            witness.answers.clear()
        said = watched.feed("--policy", watched.policy, check=BROKEN)
        assert not said["published"] and {w["exitCode"] for w in said["witnesses"]} == {BROKEN}
        assert all(witness.answers[-1] == status for witness in watched.witnesses)


def test_as_a_service_it_goes_on(watched):
    process = subprocess.Popen([program("farmtrail"), "feed-witness", "--url", f"http://127.0.0.1:{watched.service.port}", "--data",
                                str(watched.service.data), "--policy", str(watched.policy), "--every", "1"], env=environment(),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(2):
            watched.grow()
            latest = watched.latest()
            assert wait_for(lambda size=latest.size: watched.head().size >= size, 60)
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(60)


def test_published_never_goes_back(watched, tmp_path):
    """Not by a policy that begins, ends, or begins again."""
    watched.grow()
    watched.feed_some(0, 1)
    sizes = [watched.head().size]
    watched.grow()
    for settings in ({}, {"LOG_POLICY": watched.policy}):
        watched.service.stop()
        watched.service.start(**settings)
        if not settings:
            assert wait_for(lambda: watched.head().size > sizes[-1]), "nobody is waited for any more"
        sizes.append(watched.head().size)
        watched.grow()
    assert sizes == sorted(sizes) and watched.head().size == sizes[-1]
    watched.service.process.kill()
    watched.service.process.wait()
    watched.service.start(LOG_POLICY=watched.policy)
    assert watched.head().size == sizes[-1]
    watched.feed_some(0, 1)
    assert watched.head().size > sizes[-1]


def test_a_policy_that_is_none_is_said_at_the_start(watched, tmp_path):
    watched.service.stop()
    vkey = (watched.service.data / "log.vkey").read_text()
    for text, word in (("nonsense\n", "line 1"), (None, "cannot be read"), ("log " + vkey.replace(watched.service.origin, "x") + "quorum none", "line"),
                       (f"log {Log('other.example').key.vkey}\nquorum none\n", "has no line for the log")):
        policy = tmp_path / "bad"
        policy.unlink(missing_ok=True)
        if text:
            policy.write_text(text)
        process = watched.service.spawn(LOG_POLICY=policy)
        assert process.wait(60) == 1 and word in watched.service.log().splitlines()[-1]
    watched.service.start(LOG_POLICY=watched.policy)


@pytest.mark.parametrize("arguments", [("a", "b"), ("--every", "0"), ("--every", "x"), ("--policy", "/nonexistent")])
def test_wrong_usage_is_said(service, arguments):
    done = service.farmtrail("feed-witness", *arguments, "--data", str(service.data), check=False)
    assert done.returncode == USAGE
