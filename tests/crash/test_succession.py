# SPDX-License-Identifier: Apache-2.0
"""Killed at every place of the act that ends a log, and of the new log's first head: afterwards either goes on, never both, and
all that was stated is in it once."""
import concurrent.futures
import http.client
import signal
import sys
from pathlib import Path

import pytest
from service import STATED, wait_for
from test_log import Log, cluster  # noqa: F401

sys.path.insert(0, str(Path(__file__).parents[1] / "http"))
from auditor import Head, audit, entries_of, head_of, wait_until_logged  # noqa: E402

ACT = ("succeed-1-stated", "succeed-2-cut", "succeed-3-committed")
FIRST_HEAD = ("log-4-committed", "log-5-guarded", "log-6-signed")


@pytest.fixture
def log(cluster):  # noqa: F811
    made = Log(cluster)
    yield made
    made.close()


def ask(log):
    """The answer's status; None: cut off."""
    try:
        return log.district.admin.post("/v1/log:succeed", {"log": log.service.origin, "reason": "compromise"}).status
    except (OSError, http.client.HTTPException):
        return None


def check(log, name):
    """The log of this name goes on, with everything in it once; heads of one name never contradict each other."""
    service = log.service
    log.state()
    last = wait_until_logged(service, log.public, 60)
    assert last.origin == name and head_of(log.public).origin == name
    entries = entries_of(log.public, last.size)
    stated = [bytes(row[0]) for row in service.rows(f"SELECT statement FROM {STATED}")]
    assert sorted(entries) == sorted(stated) and len(set(entries)) == len(entries)
    good, said = audit(service, (service.data / "log.vkey").read_text().strip())
    assert good, said
    assert (service.data / "log.guard").read_text().splitlines()[0] == name
    origins = [entry for entry in entries if entry.startswith(b"farmtrail/origin@v1\n")]
    assert len(origins) == service.value("SELECT count(*) FROM log_succession") == (name != service.origin)
    active = service.rows("SELECT count(*) FROM signing_key WHERE use = 'log' AND state = 'active'")
    assert active == [(1,)] and log.public.read("/readyz")["log"] == "running"
    for number, note in service.rows("SELECT size, checkpoint FROM log_checkpoint ORDER BY size"):
        ends = service.rows("SELECT size FROM log_succession")
        assert Head(bytes(note).decode()).origin == (name if not ends or number > ends[0][0] else service.origin)


@pytest.mark.parametrize("step", ACT)
def test_killed_while_the_log_ends(log, step):
    log.state()
    wait_until_logged(log.service, log.public)
    log.restart(FAILPOINT=step)
    log.state()
    assert ask(log) is None
    assert wait_for(lambda: log.service.process.poll() is not None), "it never came to that place"
    assert log.service.process.returncode == -signal.SIGKILL
    log.restart()
    ended = step == ACT[-1]
    check(log, f"{log.service.origin}/2" if ended else log.service.origin)
    assert ask(log) == (409 if ended else 201)
    check(log, f"{log.service.origin}/2")


@pytest.mark.parametrize("step", FIRST_HEAD)
def test_killed_before_the_new_log_has_a_head(log, step):
    wait_until_logged(log.service, log.public)
    log.service.process.kill()
    log.service.process.wait()
    log.restart(LOG_SEQUENCER="false")
    log.state()
    assert ask(log) == 201
    log.restart(FAILPOINT=step)
    assert wait_for(lambda: log.service.process.poll() is not None), "it never came to that place"
    log.restart()
    check(log, f"{log.service.origin}/2")


def test_the_signer_or_the_database_goes_meanwhile(cluster, log):  # noqa: F811
    """Whatever was answered is so, and two that ask while everything falls over make one new log."""
    wait_until_logged(log.service, log.public)
    log.state()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(ask, log) for _ in range(2)]
        cluster.kill()
        cluster.start()
        answers = [future.result() for future in asked]
    assert wait_for(lambda: log.public.get("/readyz").status == 200, 60)
    assert answers.count(201) <= 1
    went_on = log.service.value("SELECT count(*) FROM log_succession")
    assert went_on == 1 or 201 not in answers
    check(log, f"{log.service.origin}/2" if went_on else log.service.origin)
