# SPDX-License-Identifier: Apache-2.0
"""Replacing the key-encryption key: under a server that records, killed at every place, with backups of before and in between."""
import concurrent.futures
import fcntl
import json
import os
import signal
import stat
import tarfile
import threading
from pathlib import Path

import pytest
from conftest import District
from service import program
from test_backup import Machine

PLACES = ("rewrap-1-made", "rewrap-2-settled", "rewrap-3-page", "rewrap-4-kept", "rewrap-5-placed")
PARTIES = 55  # more keys than a page of them


class Kept:
    """An installation that holds many keys."""

    def __init__(self, service):
        self.service, self.district = service, District(service)
        self.farm = self.district.farm()
        for _ in range(PARTIES):
            self.district.party()
        self.secrets = service.data / "secrets"

    def rewrap(self, check=True, **settings):
        return self.service.farmtrail("key", "rewrap", "--data", str(self.service.data), "--json", check=check, **settings)

    def wrappings(self):
        return {bytes(k): bytes(w) for k, w in self.service.rows("SELECT fingerprint, wrapped FROM key_secret")}

    def kek(self):
        return (self.secrets / "kek").read_bytes()

    def records(self):
        """Keys of every kind sign: an old party's, a new one's, and the registrar's, who vouches for it."""
        assert self.farm.harvest(5)["id"]
        made = self.district.farm()
        assert made.harvest(7)["id"]

    def replaced(self):
        """Wraps all anew, which ends well only if every key opened: with the key of before."""
        before, old = self.wrappings(), self.kek()
        said = json.loads(self.rewrap().stdout)
        after, retired = self.wrappings(), Path(said["retired"])
        assert said["rewrapped"] == said["keys"] == len(before)
        assert before.keys() == after.keys() and not set(before.values()) & set(after.values())
        assert retired.read_bytes() == old != self.kek() and not (self.secrets / "kek.next").exists()
        assert {stat.S_IMODE(p.stat().st_mode) for p in self.secrets.iterdir()} == {0o600}
        return retired


@pytest.fixture(scope="module")
def kept(new_service):
    return Kept(new_service().start())


def test_a_new_key_takes_over_under_a_running_server(kept):
    kept.replaced()
    kept.records()  # the running signer goes over to the new key by itself
    kept.service.stop()
    kept.service.start()
    kept.replaced()
    kept.records()  # one that has opened no key before, too


def test_without_a_server_too(kept):
    kept.service.stop()
    kept.replaced()
    kept.service.start()
    kept.records()


def test_records_and_new_keys_are_taken_throughout(kept):
    """Those who make keys at that moment, and a signer that has opened none yet, never meet a wrapping that does not open."""
    kept.service.stop()
    kept.service.start()
    done = threading.Event()

    def go_on(_):
        count = 0
        while not done.is_set() or not count:
            kept.records()
            count += 1
        return count

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        going = [pool.submit(go_on, i) for i in range(3)]
        try:
            for _ in range(4):
                kept.rewrap()
        finally:
            done.set()
        assert all(one.result() for one in going)
    kept.replaced()


@pytest.mark.parametrize("place", PLACES)
def test_killed_it_goes_on(kept, place, tmp_path):
    if b"FARMTRAIL_FAILPOINT" not in Path(program("farmtraild")).read_bytes():
        pytest.skip("no failpoints: meson configure -Dfailpoints=true")
    before, old = kept.wrappings(), kept.kek()
    assert kept.rewrap(check=False, FAILPOINT=place).returncode == -signal.SIGKILL
    assert (kept.kek() != old) == (place == PLACES[-1])
    some = len(set(before.values()) & set(kept.wrappings().values()))
    assert some == (0 if place in PLACES[3:] else len(before) - 50 if place == PLACES[2] else len(before))
    kept.records()  # with the server that runs
    kept.service.stop()
    kept.service.start()
    kept.records()  # and with one that has seen neither key before
    archive = tmp_path / "between"
    kept.service.farmtrail("backup", str(archive), "--data", str(kept.service.data))
    names = {Path(name).name for name in tarfile.open(archive).getnames()}
    between = (kept.secrets / "kek.next").exists()
    assert {"kek", "kek.next"} & names == ({"kek", "kek.next"} if between else {"kek"})
    without = kept.service.farmtrail("backup", str(archive), "--without-kek", "--data", str(kept.service.data), check=False)
    assert (without.returncode, "key rewrap" in without.stderr) == ((1, True) if between else (0, False))
    kept.rewrap()
    kept.replaced()
    kept.records()


def test_a_backup_made_before_opens_with_the_key_of_then(kept, new_service, tmp_path):
    archive = tmp_path / "before"
    kept.service.farmtrail("backup", str(archive), "--without-kek", "--data", str(kept.service.data))
    retired = kept.replaced()
    there = new_service(init=False)
    there.data.rmdir()
    data_key = str(kept.secrets / "data.key")
    Machine(there).restore(archive, "--kek", str(retired), "--data-key", data_key)
    there.start()
    (there.data / "log.guard").write_text("\n".join(kept.district.public.get("/log/checkpoint").body.decode().split("\n")[:3]) + "\n")
    key = District(there).admin
    made = key.make("/v1/parties", {"number": "AFTER", "kind": "shop", "region": "500112016", "name": {"zh": "后", "en": "After"}})
    assert made["id"]


def test_what_opens_with_neither_is_left_as_it_is(kept):
    fingerprint, wrapped = sorted(kept.wrappings().items())[-1]
    broken = bytes([wrapped[0] ^ 1]) + wrapped[1:]

    def put(value):
        kept.service.cluster.execute(kept.service.database, f"UPDATE key_secret SET wrapped = '\\x{value.hex()}'"
                                                            f" WHERE fingerprint = '\\x{fingerprint.hex()}'")

    old = kept.kek()
    put(broken)
    done = kept.rewrap(check=False)
    assert done.returncode == 1 and fingerprint.hex() in done.stdout
    assert kept.kek() == old and (kept.secrets / "kek.next").exists()
    assert kept.wrappings()[fingerprint] == broken
    put(wrapped)
    kept.rewrap()
    kept.replaced()


def test_one_at_a_time_and_never_beside_a_backup(kept, tmp_path):
    held = os.open(kept.secrets, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_SH)
        refused = kept.rewrap(check=False)
        assert refused.returncode == 1 and "backed up" in refused.stdout
        fcntl.flock(held, fcntl.LOCK_EX)
        backup = kept.service.farmtrail("backup", str(tmp_path / "no"), "--data", str(kept.service.data), check=False)
        assert backup.returncode == 1 and "wrapped anew" in backup.stderr and not list(tmp_path.iterdir())
    finally:
        os.close(held)
    kept.replaced()
