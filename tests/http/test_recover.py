# SPDX-License-Identifier: Apache-2.0
"""Yesterday's database and a mirror of the log: the entries that are lost come back at their places, and the log goes on as if
nothing had been; of no size there is a second root."""
import concurrent.futures
import json
import shutil
import signal
from pathlib import Path
from uuid import uuid4

import pytest
from auditor import audit, entries_of, head_of, wait_until_logged
from conftest import District, ago, kg
from device import Device, enrol
from loglab import ED25519, Signer
from service import program, wait_for
from test_mirror import LACKING, UNTRUSTED
from test_monitor import WELL, monitor, url_of

REFUSED = 1


def record_of(event):
    return {"id": event, "type": "harvest", "time": ago(days=1), "site": "P1", "product": "PAKCHOI", "quantity": kg(1)}


class Lost:
    """An installation whose database is brought back from an older copy, and a mirror that somebody keeps."""

    def __init__(self, service, tmp_path):
        self.service, self.here = service, District(service)
        self.farm, self.other, self.later = self.here.farm(), self.here.farm(), record_of(str(uuid4()))
        self.mirror, self.state, self.aside = tmp_path / "mirror", tmp_path / "state", tmp_path / "aside"
        self.vkey = (service.data / "log.vkey").read_text()
        self.trust = ("--log", str(service.data / "log.vkey"))
        for _ in range(3):
            self.farm.harvest(1)
        self.look()

    def look(self, check=WELL):
        wait_until_logged(self.service, self.here.public)
        return monitor(url_of(self.service), *self.trust, "--state", self.state, "--mirror", self.mirror, check=check)

    def keep(self):
        """The copy has two records that wait for their numbers."""
        self.service.stop()
        self.service.start(LOG_SEQUENCER="false")
        self.waiting = [self.farm.harvest(1)["id"] for _ in range(2)]
        self.service.stop()
        self.copy_database(self.service.database + "_old", self.service.database)
        self.service.start()
        self.first = head_of(self.here.public).size

    def happen(self):
        """What the copy does not know: records, a party with a key, a key of a device, a key that is replaced, something erased."""
        wait_until_logged(self.service, self.here.public)
        self.farm.make("/v1/events", self.later)
        self.new, self.device = self.here.farm(), Device()
        self.new.harvest(1)
        assert enrol(self.here, self.other, self.device)[0].status == 201
        reply = self.here.admin.post("/v1/signing-keys:rotate", {"party": self.other.number})
        assert reply.status in (200, 201), reply
        lost = self.farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(1))["event"]
        assert self.here.admin.post(f"/v1/events/{lost}/erase", {"reason": "request"}).status == 200
        self.look()
        self.head = head_of(self.here.public)

    def copy_database(self, to, of):
        self.service.cluster.execute("postgres", f"CREATE DATABASE {to} TEMPLATE {of}")

    def lose(self):
        """As it was then; beside it all that others keep, as it was when the database was lost."""
        if self.service.process.poll() is None:
            self.service.stop()
        self.service.cluster.execute("postgres", f"DROP DATABASE {self.service.database}")
        self.copy_database(self.service.database, self.service.database + "_old")
        (self.service.data / "log.guard").write_text(self.head.text)
        (self.service.data / "log.vkey").write_text(self.vkey)
        if self.aside.exists():
            shutil.rmtree(self.mirror)
            shutil.copytree(self.aside, self.mirror)
            self.state.write_bytes(self.remembered)
        else:
            shutil.copytree(self.mirror, self.aside)
            self.remembered = self.state.read_bytes()

    def recover(self, check=0, directory=None, trust=None, **settings):
        done = self.service.farmtrail("log", "recover", str(directory or self.mirror), *(trust or self.trust), "--data",
                                      str(self.service.data), "--json", check=False, **settings)
        assert done.returncode == check, (done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout) if done.stdout.startswith("{") else done

    def is_running(self):
        return wait_for(lambda: self.here.public.read("/readyz")["log"] == "running", 40)

    def holds_together(self):
        """Entries, tree, sequences, rows: strangers', followers' and the operator's checks find nothing."""
        good, said = audit(self.service, (self.service.data / "log.vkey").read_text().strip(), self.head)
        assert good, said
        self.look()
        code, found = self.service.recount()
        assert code == 0, found
        before = self.here.metric("farmtrail_log_patrols_total")
        assert wait_for(lambda: self.here.metric("farmtrail_log_patrols_total") >= before + 2, 60)
        assert self.service.value("SELECT count(*) FROM log_alteration") == 0, self.service.rows("SELECT * FROM log_alteration")


@pytest.fixture(scope="module")
def installation(new_service, tmp_path_factory):
    made = Lost(new_service(LOG_PATROL="1").start(), tmp_path_factory.mktemp("recover"))
    made.keep()
    made.happen()
    yield made
    if made.service.process.poll() is None:
        made.service.stop()


@pytest.fixture
def lost(installation):
    installation.lose()
    return installation


def test_what_a_mirror_has_comes_back(lost):
    entries = {size: bytes(note).decode() for size, note in lost.service.rows("SELECT size, checkpoint FROM log_checkpoint")}
    (lost.service.data / "log.guard").unlink()
    lost.service.start()
    assert wait_for(lambda: "halted" in lost.here.public.read("/readyz")["log"])
    said = lost.recover()
    assert (said["first"], said["entries"]) == (lost.first, lost.head.size - lost.first)
    assert said["waited"] == 2 and said["keys"] == 3 and said["ends"] == 1 and said["erasures"] == 1
    assert said["records"] == said["entries"] - said["waited"] - said["keys"] - said["ends"] - said["erasures"]
    assert sum(org["records"] for org in said["organisations"]) == said["records"]
    assert {lost.farm.id: 2, lost.new.id: 1}.items() <= {org["id"]: org["records"] for org in said["organisations"]}.items()
    assert lost.is_running(), "the server that stood still goes on by itself"
    head = head_of(lost.here.public)
    assert head.size >= lost.head.size
    note = lost.service.value("SELECT checkpoint FROM log_checkpoint WHERE size = %s", lost.head.size)
    assert bytes(note).decode() == lost.head.note
    assert entries.items() <= {s: bytes(n).decode() for s, n in lost.service.rows("SELECT size, checkpoint FROM log_checkpoint")}.items()
    # a record that is lost is sent again; the key goes on behind what it had signed, the ended one signs no more
    assert lost.farm.make("/v1/events", lost.later)["event"] == lost.later["id"]
    assert lost.other.request("POST", "/v1/events", record_of(str(uuid4()))).problem() == "signs-itself"
    lost.holds_together()
    assert lost.recover()["entries"] == 0, "again without effect"
    key = lost.service.value("SELECT encode(fingerprint, 'hex') FROM signing_key WHERE org_id = %s AND custody = 'self'", lost.other.id)
    assert key == lost.device.fingerprint


def test_a_record_that_was_taken_meanwhile_is_in_the_way(lost):
    lost.service.start()
    taken = lost.farm.harvest(1)["id"]
    assert taken
    before = lost.service.snapshot()
    said = lost.recover(check=REFUSED)
    assert "was taken after" in said["error"] and "event " in said["error"], said
    assert lost.service.snapshot() == before
    assert lost.here.public.read("/readyz")["log"].startswith("halted")


def test_a_copy_is_believed_for_its_head_alone(lost):
    """Another key, another history, an entry changed or gone: refused, and nothing is written."""
    before, bundle = lost.service.snapshot(), lost.mirror / "tile" / "entries"
    newest = max((p for p in bundle.rglob("*") if p.is_file()), key=lambda p: p.stat().st_mtime)
    lost.recover(check=UNTRUSTED, trust=("--log", Signer(lost.service.origin, ED25519).vkey))
    whole, note = newest.read_bytes(), (lost.mirror / "checkpoint").read_text()
    at = whole.rindex(b"\nat ") + 6
    newest.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
    assert "two histories" in lost.recover(check=REFUSED)["error"]
    newest.write_bytes(whole[:-1])
    assert "does not have all" in lost.recover(check=REFUSED)["error"]
    newest.write_bytes(whole)
    (lost.mirror / "checkpoint").write_text(note.replace(f"\n{lost.head.size}\n", f"\n{lost.head.size - 1}\n"))
    lost.recover(check=UNTRUSTED)
    (lost.mirror / "checkpoint").write_text(note)
    assert lost.service.snapshot() == before
    with concurrent.futures.ThreadPoolExecutor(2) as pool:  # and the honest one is taken, without a server too, once by two at once
        both = [pool.submit(lost.recover) for _ in range(2)]
        assert sorted(one.result()["entries"] for one in both) == [0, lost.head.size - lost.first]


def test_a_copy_that_ends_early_leaves_the_log_standing(lost):
    guard = lost.service.data / "log.guard"
    _, size, root = guard.read_text().split()
    guard.write_text(f"{lost.service.origin}\n{int(size) + 3}\n{root}\n")
    said = lost.recover(check=LACKING)
    assert said["signed"] == int(size) + 3 and said["entries"] == lost.head.size - lost.first
    assert guard.read_text().split()[1] == str(int(size) + 3), "what was signed stays so"
    lost.service.start()
    assert wait_for(lambda: "older copy" in lost.here.public.read("/readyz")["log"])
    assert lost.here.admin.post("/v1/log:succeed", {"log": lost.service.origin, "reason": "lost"}).status == 201
    assert lost.is_running() and lost.look()["size"] > lost.head.size, "who saw no more than the copy has misses nothing"


def test_killed_it_is_done_or_not(lost):
    if b"FARMTRAIL_FAILPOINT" not in Path(program("farmtraild")).read_bytes():
        pytest.skip("no failpoints: meson configure -Dfailpoints=true")
    guard = lost.service.data / "log.guard"
    guard.unlink()
    before = lost.service.snapshot()
    lost.recover(check=-signal.SIGKILL, FAILPOINT="recover-1-written")
    assert lost.service.snapshot() == before
    lost.recover(check=-signal.SIGKILL, FAILPOINT="recover-2-committed")
    assert lost.service.value("SELECT size FROM log_head") == lost.head.size and not guard.exists(), "guard ≤ database"
    lost.recover()
    assert guard.read_text() == lost.head.text
    lost.service.start()
    assert lost.is_running()
    assert lost.farm.harvest(1)["id"]
    assert len(entries_of(lost.here.public, wait_until_logged(lost.service, lost.here.public).size)) > lost.head.size
    lost.holds_together()


def test_a_server_that_goes_on_at_once_keeps_its_guard(lost):
    """It signs a head while the recovery is about to write the guard of an earlier one."""
    if b"FARMTRAIL_FAILPOINT" not in Path(program("farmtraild")).read_bytes():
        pytest.skip("no failpoints: meson configure -Dfailpoints=true")
    guard, hold = lost.service.data / "log.guard", lost.service.data / "hold"
    notes = lost.service.rows("SELECT checkpoint FROM log_checkpoint ORDER BY size DESC LIMIT 1")
    guard.write_text(bytes(notes[0][0]).decode().split("\n\n")[0] + "\n")

    def published():
        return lost.service.value("SELECT max(size) FROM log_checkpoint")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        done = pool.submit(lost.recover, FAILPOINT=f"recover-3-settling={hold}")
        assert wait_for(hold.exists)
        lost.service.start()
        assert lost.is_running() and lost.farm.harvest(1)["id"]
        wait_for(lambda: published() > lost.head.size, 4)
        hold.unlink()
        assert done.result()["entries"] == lost.head.size - lost.first
    assert int(guard.read_text().split()[1]) >= published(), "published ≤ guard"
    assert wait_for(lambda: published() > lost.head.size, 30) and lost.is_running()
    lost.holds_together()
