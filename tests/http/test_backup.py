# SPDX-License-Identifier: Apache-2.0
"""farmtrail backup and restore: every printed code answers and every proof verifies on a bare machine; what is damaged,
foreign or cut off is refused, and nothing is left half made."""
import hashlib
import io
import os
import signal
import stat
import subprocess
import tarfile
import time

import pytest
from auditor import wait_until_logged
from conftest import District, ago, kg, line
from service import Api, environment, program, wait_for


class Machine:
    """Where a backup is brought back to."""

    def __init__(self, service):
        self.service = service

    def owner(self):
        return self.service.cluster.conninfo(self.service.database, "ft_owner")

    def arguments(self, file, *options):
        return ["restore", str(file), "--data", str(self.service.data),
                "--database", self.service.cluster.conninfo(self.service.database, "ft_app"), *options]

    def restore(self, file, *options, check=True):
        return self.service.farmtrail(*self.arguments(file, *options), check=check, DATABASE_OWNER=self.owner())

    def tables(self):
        return self.service.value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'spatial_ref_sys'")

    def is_bare(self):
        files = [p for p in self.service.data.rglob("*") if p.is_file()]
        return self.tables() == 0 and not files


@pytest.fixture(scope="module")
def old(new_service):
    """An installation with a chain in it: its service, the codes that were printed, the record that made the last."""
    service = new_service(LOG_SM2="true").start()
    district = District(service)
    farm, packer, shop = district.farm(), district.packer(), district.party("shop")
    first, second = farm.harvest(60), farm.harvest(40)
    shipment = farm.ship(packer, line(first, 60), line(second, 40))
    packer.record("receive", ago(hours=20), shipment=shipment)
    mixed = packer.record("mix", ago(hours=10), site="H1", inputs=[line(first, 60), line(second, 40)],
                          outputs=[{"product": "SALAD", "quantity": kg(100)}])
    last = packer.record("ship", ago(hours=9), lots=[line(mixed["lots"][0], 50)], to=shop.number)
    assert wait_for(lambda: district.public.get("/log/checkpoint").status == 200)
    assert district.admin.post("/v1/log:succeed", {"log": service.origin, "reason": "compromise"}).status == 201
    service.codes = [lot["code"] for lot in (first, second, mixed["lots"][0])]
    service.events, service.farm_key, service.last = [mixed["event"], last["event"]], farm.key, last
    yield service


@pytest.fixture(scope="module")
def backup(old, tmp_path_factory):
    """Made while the server runs."""
    file = tmp_path_factory.mktemp("backup") / "farmtrail.backup"
    old.head = wait_until_logged(old, Api(old)).note
    done = old.farmtrail("backup", str(file), "--data", str(old.data))
    assert old.origin in done.stderr and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [p.name for p in file.parent.iterdir()] == ["farmtrail.backup"]
    return file


@pytest.fixture
def bare(new_service):
    """Another machine: no directory, an empty database."""
    service = new_service(init=False)
    service.data.rmdir()
    return Machine(service)


def test_every_printed_code_answers_on_a_bare_machine(old, backup, bare):
    done = bare.restore(backup)
    assert old.origin in done.stdout
    new = bare.service.start()
    for code in old.codes:
        for kind in ("text/html", "application/json"):
            assert Api(new).get(f"/t/{code}", Accept=kind).status == 200
        assert Api(new).get(f"/t/{code}", Accept="application/json").json()["origins"] == \
            Api(old).get(f"/t/{code}", Accept="application/json").json()["origins"]
        assert Api(new).get(f"/v1/codes/{code}/qr.svg").status == 200
    new.stop()


def test_every_proof_verifies_and_work_goes_on(old, backup, bare, tmp_path):
    bare.restore(backup)
    bare.service.settings["LOG_SM2"] = "true"
    new = bare.service.start()
    reader = Api(new, new.admin_key)
    assert wait_for(lambda: reader.read("/readyz")["log"].startswith("halted: "))
    assert old.head.startswith(f"{old.origin}/2\n")
    (new.data / "log.guard").write_text("".join(line + "\n" for line in old.head.splitlines()[:3]))
    new.stop()
    new.start()
    assert wait_for(lambda: reader.read("/readyz")["log"] == "running")
    for event in old.events:
        proof = tmp_path / f"{event}.json"
        proof.write_bytes(reader.get(f"/v1/events/{event}/proof").body)
        new.farmtrail("verify", str(proof), "--data", str(new.data))
    farm = Api(new, old.farm_key)  # keys of parties are as they were, and the signer opens what it opened
    made = farm.make("/v1/events", {"type": "harvest", "time": ago(hours=1), "product": "PAKCHOI", "site": "P1", "quantity": kg(5)})
    assert reader.get(f"/v1/events/{made['event']}/proof").status == 200
    lines = [line.split(" ")[2][:5] for line in old.head.splitlines() if line.startswith("— ")]  # of each the id of its key
    assert len(lines) == 2 and [line.split(" ")[2][:5] for line in wait_until_logged(new, reader).signatures.splitlines()] == lines
    new.stop()


def test_everything_is_there_as_it_was(old, backup, bare):
    bare.restore(backup)
    but = ("trail_summary",)
    before, after = old.snapshot(but), bare.service.snapshot(but)
    changed = {table for table in before if before[table] != after[table]} - {"audit", "api_key"}
    assert before.keys() == after.keys() and not changed


def test_a_backup_made_under_load_holds_whole_records(old, bare, tmp_path):
    file, district = tmp_path / "load.backup", District(old)
    farm = district.farm()
    making = subprocess.Popen([program("farmtrail"), "backup", str(file), "--data", str(old.data)], env=environment(),
                              stderr=subprocess.DEVNULL)
    acknowledged = []
    while making.poll() is None and len(acknowledged) < 2000:
        acknowledged.append(farm.record("harvest", ago(hours=1), product="PAKCHOI", site="P1", quantity=kg(1))["event"])
    assert making.wait(60) == 0
    bare.restore(file)
    found = {row[0] for row in bare.service.rows("SELECT id::text FROM event")}
    there = [event in found for event in acknowledged]
    assert there == sorted(there, reverse=True)  # up to one instant, nothing missing before it
    assert bare.service.value("SELECT count(*) FROM event e WHERE NOT EXISTS"
                              " (SELECT FROM key_head k WHERE k.org_id = e.org_id)") == 0


def test_an_archive_without_the_key_asks_for_it(old, bare, tmp_path):
    file, kek, data_key = tmp_path / "without.backup", tmp_path / "kek", tmp_path / "data.key"
    old.farmtrail("backup", str(file), "--data", str(old.data), "--without-kek")
    with tarfile.open(file) as archive:
        assert not any(name.endswith(("kek", "data.key")) for name in archive.getnames())
    refused = bare.restore(file, check=False)
    assert refused.returncode == 1 and "--kek" in refused.stderr and bare.is_bare()
    kek.write_bytes((old.data / "secrets" / "kek").read_bytes())
    refused = bare.restore(file, "--kek", str(kek), check=False)
    assert refused.returncode == 1 and "--data-key" in refused.stderr and "lost" in refused.stderr and bare.is_bare()
    data_key.write_bytes((old.data / "secrets" / "data.key").read_bytes())
    bare.restore(file, "--kek", str(kek), "--data-key", str(data_key))
    bare.service.start()
    reader = Api(bare.service, bare.service.admin_key)
    assert reader.read(f"/v1/events/{old.events[0]}")["epcis"] == Api(old, old.admin_key).read(f"/v1/events/{old.events[0]}")["epcis"]
    bare.service.stop()
    for name in ("kek", "data.key"):
        assert stat.S_IMODE((bare.service.data / "secrets" / name).stat().st_mode) == 0o600


def test_it_goes_through_a_pipe(old, bare):
    made = subprocess.run([program("farmtrail"), "backup", "-", "--data", str(old.data)], env=environment(),
                          stdout=subprocess.PIPE, check=True, timeout=120)
    subprocess.run([program("farmtrail"), *bare.arguments("-")], env=environment(DATABASE_OWNER=bare.owner()),
                   input=made.stdout, check=True, timeout=120, stdout=subprocess.DEVNULL)
    bare.service.start().stop()


def rewritten(backup, tmp_path, change):
    """The archive with one file changed, left out, or added."""
    file = tmp_path / "changed.backup"
    with tarfile.open(backup) as old, tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as new:
        for member in old.getmembers():
            content = old.extractfile(member).read() if member.isfile() else None
            content = change(member, content)
            if content is not False:
                member.size = len(content or b"")
                new.addfile(member, io.BytesIO(content) if content is not None else None)
    return file


def flip(name):
    def change(member, content):
        if member.name.endswith(name):
            content = bytearray(content)
            content[len(content) // 2] ^= 1
            return bytes(content)
        return content
    return change


@pytest.mark.parametrize("change", [flip("database.dump"), flip("kek"), flip("FACTS"),
                                    lambda member, content: False if member.name.endswith("code.key") else content],
                         ids=["dump", "kek", "facts", "missing"])
def test_a_damaged_archive_is_refused_and_nothing_is_left(backup, bare, tmp_path, change):
    refused = bare.restore(rewritten(backup, tmp_path, change), check=False)
    assert refused.returncode == 1 and "damaged" in refused.stderr and bare.is_bare()


def test_a_file_that_was_slipped_in_is_refused(backup, bare, tmp_path):
    file = tmp_path / "more.backup"
    file.write_bytes(backup.read_bytes())
    with tarfile.open(file, "a") as archive:
        info = tarfile.TarInfo("./secrets/more")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    refused = bare.restore(file, check=False)
    assert refused.returncode == 1 and "damaged" in refused.stderr and bare.is_bare()


@pytest.mark.parametrize("content", [b"", b"no archive", os.urandom(4096)])
def test_what_is_no_archive_is_refused(bare, tmp_path, content):
    file = tmp_path / "any"
    file.write_bytes(content)
    refused = bare.restore(file, check=False)
    assert refused.returncode == 1 and "no backup" in refused.stderr and bare.is_bare()


def test_a_directory_or_database_in_use_stays_as_it_is(old, backup, new_service, bare):
    used = Machine(new_service())
    files = {p: p.read_bytes() for p in used.service.data.rglob("*") if p.is_file()}
    before = used.service.snapshot()
    assert used.restore(backup, check=False).returncode == 1
    assert {p: p.read_bytes() for p in used.service.data.rglob("*") if p.is_file()} == files
    bare.service.database, database = used.service.database, bare.service.database
    refused = bare.restore(backup, check=False)
    bare.service.database = database
    assert refused.returncode == 1 and "empty" in refused.stderr and used.service.snapshot() == before
    assert not (bare.service.data / "farmtrail.env").exists()


@pytest.mark.parametrize("delay_ms", [20, 120, 500])
def test_killed_anywhere_and_run_again_it_goes_on(backup, bare, delay_ms):
    restoring = subprocess.Popen([program("farmtrail"), *bare.arguments(backup)], env=environment(DATABASE_OWNER=bare.owner()),
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(delay_ms / 1000)
    try:
        os.killpg(restoring.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    restoring.wait()
    if not (bare.service.data / "farmtrail.env").exists():
        for _ in range(100):  # what pg_restore had begun is being rolled back
            if not bare.service.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                      " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"):
                break
            time.sleep(0.1)
        bare.restore(backup)
    bare.service.start().stop()


def test_the_sums_are_those_of_sha256sum(backup):
    with tarfile.open(backup) as archive:
        sums = dict(reversed(row.split("  ")) for row in archive.extractfile("./SHA256SUMS").read().decode().splitlines())
        files = [m.name for m in archive.getmembers() if m.isfile() and not m.name.endswith("SHA256SUMS")]
        assert sorted(sums) == sorted(files)
        for name in files:
            assert hashlib.sha256(archive.extractfile(name).read()).hexdigest() == sums[name]


def test_an_older_database_is_kept_before_it_is_migrated(new_service, bare):
    service = new_service()
    last = service.value("SELECT max(number) FROM schema_migration")
    assert not list(service.data.glob("before-schema-*"))
    service.farmtraild_migrate()
    assert not list(service.data.glob("before-schema-*"))  # there was nothing to do
    name, checksum = service.rows("SELECT name, sha256 FROM schema_migration WHERE number = %s", last)[0]
    service.cluster.execute(service.database, "CREATE TABLE older AS SELECT 1 AS kept")
    service.cluster.execute(service.database, "ALTER TABLE older OWNER TO ft_owner")
    service.cluster.execute(service.database, f"DELETE FROM schema_migration WHERE number = {last}")
    service.farmtraild_migrate(check=False)  # may fail, for it was applied already: the backup comes first
    kept = service.data / f"before-schema-{last:04d}.backup"
    assert kept.exists() and stat.S_IMODE(kept.stat().st_mode) == 0o600
    bare.restore(kept)
    assert bare.service.value("SELECT kept FROM older") == 1
    assert (name, checksum) not in bare.service.rows("SELECT name, sha256 FROM schema_migration")


def test_a_full_disk_leaves_nothing(old, tmp_path):
    """A limit on the size of files stands for the disk."""
    file = tmp_path / "full.backup"
    done = subprocess.run(["sh", "-c", 'ulimit -f 16; exec "$@"', "sh", program("farmtrail"), "backup", str(file),
                           "--data", str(old.data)], env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and done.stderr.startswith("farmtrail: ") and not list(tmp_path.iterdir())
