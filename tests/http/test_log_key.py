# SPDX-License-Identifier: Apache-2.0
"""Another key for the log: stated by the old one and the registrar, both sign heads for ninety days, and whoever follows the
log or keeps a proof can go on with either. Of two that ask at once, and whatever is killed, one chain of keys comes."""
import base64
import concurrent.futures
import http.client
import json
import signal

import pytest
from auditor import head_of, wait_until_logged
from conftest import District
from loglab import ED25519, Signer
from service import Api, wait_for
from test_monitor import BROKEN, USAGE, WELL, monitor, url_of


class Keyed:
    """A service of its own, and how its log's keys change."""

    def __init__(self, service):
        self.service, self.here = service, District(service)
        self.farm = self.here.farm()
        self.keys = [self.vkey()]

    def vkey(self):
        return self.here.public.get("/log/vkey").body.decode().strip()

    def rotate(self, api=None):
        reply = (api or self.here.admin).post("/v1/log:rotate")
        if reply.status == 201:
            self.keys.append(self.vkey())
        return reply

    def head(self):
        """The newest one, which covers a record made just now."""
        self.farm.harvest(1)
        wait_until_logged(self.service, self.here.public)
        return head_of(self.here.public)

    def signers(self):
        """The ids of the keys under it, in their order."""
        return [base64.b64decode(line.split(" ")[2])[:4].hex() for line in self.head().signatures.splitlines()]

    def ids(self, *numbers):
        return [self.keys[n].split("+")[1] for n in numbers]


@pytest.fixture
def keyed(new_service):
    made = Keyed(new_service().start())
    yield made
    made.service.stop()


def test_both_keys_sign_heads_and_either_is_followed(keyed, tmp_path):
    service, old = keyed.service, keyed.keys[0]
    assert keyed.signers() == keyed.ids(0)
    trust = ("--registrar", service.data / "registrar.vkey")
    monitor(url_of(service), "--log", old, *trust, "--state", tmp_path / "state", check=WELL)
    reply = keyed.rotate()
    assert reply.status == 201 and reply.json()["use"] == "log" and reply.json()["custody"] == "service"
    new = keyed.keys[1]
    assert new != old and f"vkey {new}\n" in reply.json()["statement"] and "predecessor " in reply.json()["statement"]
    assert len(reply.json()["statement"].split("\n\n")[1].splitlines()) == 3, "by itself, by the one before, by the registrar"
    assert keyed.signers() == keyed.ids(1, 0)
    assert wait_for(lambda: (service.data / "log.vkey").read_text().strip() == new)
    found = monitor(url_of(service), "--log", old, *trust, "--state", tmp_path / "state", check=WELL)
    assert found["findings"] == [] and found["gaps"] == []
    for key in (new, new, old):  # and the state goes with the key that the log itself has stated
        keyed.head()
        assert monitor(url_of(service), "--log", key, "--state", tmp_path / "state", check=WELL)["read"] >= (key == new)
    assert service.rows("SELECT state FROM signing_key WHERE use = 'log' ORDER BY created_at") == [("retired",), ("active",)]
    assert service.value("SELECT count(*) FROM audit WHERE action = 'rotateLogKey'") == 1


def test_after_ninety_days_the_old_key_signs_no_more_and_what_it_signed_holds(keyed, tmp_path):
    service, lot = keyed.service, keyed.farm.harvest(1)
    wait_until_logged(service, keyed.here.public)
    bundle = keyed.here.public.read(f"/t/{lot['code']}/proofs")
    (tmp_path / "before.json").write_text(json.dumps(bundle))
    monitor(url_of(service), "--log", keyed.keys[0], "--state", tmp_path / "state", check=WELL)
    assert keyed.rotate().status == 201
    keyed.head()
    monitor(url_of(service), "--log", keyed.keys[0], "--state", tmp_path / "state", check=WELL)
    service.rows("WITH u AS (UPDATE signing_key SET created_at = created_at - interval '91 days' WHERE use = 'log' RETURNING 1) SELECT * FROM u")
    assert keyed.signers() == keyed.ids(1)
    assert monitor(url_of(service), "--log", keyed.keys[0], check=BROKEN)["fault"]["kind"] == "head-forged"
    monitor(url_of(service), "--log", keyed.keys[1], "--state", tmp_path / "state", check=WELL)
    (tmp_path / "after.json").write_text(json.dumps(keyed.here.public.read(f"/t/{lot['code']}/proofs")))
    for n, holds in ((0, "before"), (1, "after")):
        (tmp_path / "policy").write_text(f"log {keyed.keys[n]}\nquorum none\n")
        for name in ("before", "after"):
            done = service.farmtrail("verify", str(tmp_path / f"{name}.json"), "--policy", str(tmp_path / "policy"), "--registrar",
                                     str(service.data / "registrar.vkey"), check=False)
            assert (done.returncode == 0) == (name == holds), (n, name, done.stdout)


def test_a_key_that_the_log_does_not_state_is_not_followed(keyed, tmp_path):
    """Not even of the same name: as if somebody had put another log in its place."""
    keyed.head()
    monitor(url_of(keyed.service), "--log", keyed.keys[0], "--state", tmp_path / "state", check=WELL)
    stranger = Signer(keyed.service.origin, ED25519)
    assert monitor(url_of(keyed.service), "--log", stranger.vkey, check=BROKEN)["fault"]["kind"] == "head-forged"
    monitor(url_of(keyed.service), "--log", stranger.vkey, "--state", tmp_path / "state", check=USAGE)


def test_only_an_administrator_changes_it(keyed):
    bounded = Api(keyed.service, keyed.here.key(["read", "register", "admin"], parties=[keyed.farm.id]))
    assert keyed.rotate(keyed.farm).status == keyed.rotate(bounded).status == 403
    assert keyed.rotate(keyed.here.public).status == 401
    assert keyed.signers() == keyed.ids(0)


def test_two_at_once_make_one_chain(keyed, tmp_path):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda _: keyed.here.admin.post("/v1/log:rotate"), range(2)))
    assert [reply.status for reply in replies] == [201, 201]
    assert len(keyed.signers()) == 3 and keyed.signers()[0] == keyed.vkey().split("+")[1]
    assert len({reply.json()["fingerprint"] for reply in replies}) == 2
    assert keyed.service.value("SELECT count(*) FROM signing_key WHERE use = 'log' AND state = 'active'") == 1
    assert monitor(url_of(keyed.service), "--log", keyed.keys[0], check=WELL)["findings"] == []


def test_killed_at_any_moment_the_old_or_the_new_key_signs(keyed):
    keyed.head()
    for n in range(4):
        made = keyed.service.value("SELECT count(*) FROM signing_key WHERE use = 'log'")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asked = pool.submit(lambda: keyed.here.admin.post("/v1/log:rotate").status)
            if n % 2:  # else whatever it has come to
                assert wait_for(lambda had=made: asked.done() or
                                keyed.service.value("SELECT count(*) FROM signing_key WHERE use = 'log'") > had, 60)
            keyed.service.process.send_signal(signal.SIGKILL)
            keyed.service.process.wait()
            cut = asked.exception()
        assert cut is None or isinstance(cut, (OSError, http.client.HTTPException)), cut
        status = None if cut else asked.result()
        keyed.service.start()
        active = keyed.vkey()
        if status == 201:
            assert active != keyed.keys[-1], "what was answered stays"
        if active != keyed.keys[-1]:
            keyed.keys.append(active)
        assert keyed.signers()[0] == active.split("+")[1]
        assert wait_for(lambda key=active: (keyed.service.data / "log.vkey").read_text().strip() == key)
    assert monitor(url_of(keyed.service), "--log", keyed.keys[0], check=WELL)["findings"] == []
