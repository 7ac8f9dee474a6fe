# SPDX-License-Identifier: Apache-2.0
"""Killed at every numbered place of the sequencer's tick, whoever dies, the log goes on: all that was stated is in it once, and
of no size is there a second root."""
import contextlib
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from load import tools
from service import STATED, Api, Cluster, Service, build_directory, free_port, program, wait_for

sys.path.insert(0, str(Path(__file__).parents[1] / "http"))
from auditor import Head, audit, entries_of, head_of, leaf_hash, root_of, wait_until_logged  # noqa: E402

STEPS = ("log-1-read", "log-2-hashed", "log-3-written", "log-4-committed", "log-5-guarded", "log-6-signed", "log-7-stored")


@pytest.fixture(scope="module")
def cluster():
    if b"FARMTRAIL_FAILPOINT" not in Path(program("farmtraild")).read_bytes():
        pytest.skip(f"{build_directory()} has no failpoints: meson configure -Dfailpoints=true")
    made = Cluster()
    yield made
    made.close()


class Log:
    """A service whose heads are remembered, whoever dies."""

    numbers = iter(range(1000))

    def __init__(self, cluster):
        self.service = Service(cluster, f"log{next(self.numbers)}")
        self.service.start()
        self.district = tools.District(self.service)
        self.public, self.farm = self.district.public, self.district.farm()
        self.heads = {}
        self.hold = self.service.data / "hold"

    def state(self, n=3):
        for _ in range(n):
            self.farm.harvest(1)

    def remember(self):
        """Every head that may have been signed: published, stored, or in the guard file."""
        notes = [bytes(row[0]).decode() for row in self.service.rows("SELECT checkpoint FROM log_checkpoint")]
        guard = self.service.data / "log.guard"
        for note in notes + ([guard.read_text() + "\n\n"] if guard.exists() else []):
            head = Head(note)
            assert self.heads.setdefault(head.size, head.root) == head.root, f"two roots of size {head.size}"

    def restart(self, **settings):
        if self.service.process.poll() is None:
            self.service.process.kill()
        self.service.process.wait()
        self.remember()
        self.service.start(**settings)
        for api in (self.public, self.farm, self.district.admin):
            api.local.port = None  # the connection is of no use any more

    def check(self):
        """All that was stated is there once, in a log of which every head ever remembered is a beginning."""
        service = self.service
        last = wait_until_logged(service, self.public, 60)
        self.remember()
        entries = entries_of(self.public, last.size)
        stated = [bytes(row[0]) for row in service.rows(f"SELECT statement FROM {STATED}")]
        assert sorted(entries) == sorted(stated)
        leaves = [leaf_hash(entry) for entry in entries]
        for size, root in self.heads.items():
            assert size <= last.size and root_of(leaves[:size]) == root, size
        good, said = audit(service, (service.data / "log.vkey").read_text().strip())
        assert good, said
        assert self.public.read("/readyz")["log"] == "running"

    def close(self):
        shutil.rmtree(self.hold, ignore_errors=True)
        self.service.close()


@pytest.fixture
def log(cluster):
    made = Log(cluster)
    yield made
    made.close()


@pytest.mark.parametrize("step", STEPS)
def test_the_sequencer_is_killed(log, step):
    wait_until_logged(log.service, log.public)
    log.state()
    wait_until_logged(log.service, log.public)
    log.restart(FAILPOINT=step)
    try:
        log.state(20)  # somewhere here it dies
    except OSError:
        pass
    assert wait_for(lambda: log.service.process.poll() is not None), "it never came to that place"
    assert log.service.process.returncode == -signal.SIGKILL
    log.restart()
    log.state()
    log.check()
    log.service.stop()


def held_at(log, step):
    """Starts the service so that it waits at that place; gives what lets it go on for good."""
    log.hold.mkdir()
    mark = log.hold / "here"
    wait_until_logged(log.service, log.public)
    log.restart(FAILPOINT=f"{step}={mark}")
    log.state()
    assert wait_for(mark.exists), "it never came to that place"
    return lambda: shutil.rmtree(log.hold)


@pytest.mark.parametrize("step", STEPS)
def test_the_signer_is_killed(log, step):
    go_on = held_at(log, step)
    os.kill(log.service.signer_pid(), signal.SIGKILL)
    go_on()
    log.state()
    log.check()
    log.service.stop()


@pytest.mark.parametrize("step", STEPS)
def test_the_database_is_killed(cluster, log, step):
    go_on = held_at(log, step)
    log.remember()
    cluster.kill()
    go_on()
    cluster.start()
    assert wait_for(lambda: log.public.get("/readyz").status == 200, 60)
    log.state()
    log.check()
    log.service.stop()


@pytest.mark.parametrize("who", ["sequencer", "signer", "database"])
def test_whoever_is_killed_between_the_two_lines_of_a_head_no_head_has_one(cluster, log, who):
    """With the SM2 line of the national profile: what is signed by half is not stored, and signed anew."""
    wait_until_logged(log.service, log.public)
    log.service.settings["LOG_SM2"] = "true"
    log.restart()
    log.state()
    wait_until_logged(log.service, log.public)
    if who == "sequencer":
        log.restart(FAILPOINT="log-6-half-signed")
        with contextlib.suppress(OSError):
            log.state(20)
        assert wait_for(lambda: log.service.process.poll() is not None), "it never came to that place"
        log.restart()
    else:
        go_on = held_at(log, "log-6-half-signed")
        log.remember()
        if who == "signer":
            os.kill(log.service.signer_pid(), signal.SIGKILL)
        else:
            cluster.kill()
        go_on()
        if who == "database":
            cluster.start()
            assert wait_for(lambda: log.public.get("/readyz").status == 200, 60)
    log.state()
    log.check()
    stated = log.service.value("SELECT l.idx FROM log_leaf l JOIN signing_key k USING (fingerprint) WHERE l.kind = 'key' AND k.algorithm = 255")
    heads = [Head(bytes(row[0]).decode()) for row in log.service.rows("SELECT checkpoint FROM log_checkpoint")]
    lines = {head.size: len(head.signatures.splitlines()) for head in heads}
    assert lines and all(count == 1 + (size > stated) for size, count in lines.items()) and max(lines) > stated
    log.service.stop()


def test_two_sequencers_are_started_at_once(cluster, log):
    """Of two servers on one database one numbers; when it dies the other goes on."""
    wait_until_logged(log.service, log.public)
    log.service.stop()
    second = Service.__new__(Service)
    second.__dict__.update(log.service.__dict__)
    second.data = log.service.data.with_name(log.service.data.name + "-2")
    shutil.copytree(log.service.data, second.data)
    second.port, second.log_path = free_port(), second.data.with_suffix(".log")
    try:
        log.service.start()
        second.start()
        other = Api(second)
        states = lambda: {Api(s).read("/readyz")["log"] for s in (log.service, second)}  # noqa: E731
        assert wait_for(lambda: states() == {"running", "standing by"}), states()
        for _ in range(5):
            log.state(10)
            log.remember()
        first, rest = (log.service, second) if log.public.read("/readyz")["log"] == "running" else (second, log.service)
        first.process.kill()
        first.process.wait()
        assert wait_for(lambda: Api(rest).read("/readyz")["log"] == "running"), rest.log()[-3000:]
        log.remember()
        if rest is second:
            log.service.start()
        log.state()
        assert wait_for(lambda: head_of(other if second.process.poll() is None else log.public))
        log.public = Api(rest)
        log.check()
    finally:
        second.close()
