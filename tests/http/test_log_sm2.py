# SPDX-License-Identifier: Apache-2.0
"""The national profile: heads of the log carry a line by an SM2 key behind the Ed25519 one, from the statement of that key to its
revocation. Who knows Ed25519 alone goes on as before; who names the SM2 key in a policy has it checked; a monitor says when the line is not
what the log has stated."""
import base64
import hashlib
import json
import subprocess
import time

import pytest
from auditor import audit, head_of, wait_until_logged
from conftest import District, ago, kg
from device import Device
from loglab import Log, Server, Signer, Witness, b64
from service import wait_for
from test_log_agent import Kept
from test_monitor import BROKEN, UNWITNESSED, USAGE, WELL, monitor, url_of

WORD = b"SM2-with-SM3"
SPKI_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")


def is_signed(head, vkey, directory):
    """Whether a line of this SM2 key stands under the head and holds, by OpenSSL's own tool."""
    name, key_id, typed = vkey.split("+", 2)
    typed = base64.b64decode(typed)
    assert typed[:1 + len(WORD)] == b"\xff" + WORD and len(typed) == 1 + len(WORD) + 65
    assert hashlib.sha256(name.encode() + b"\n" + typed).hexdigest()[:8] == key_id
    lines = [base64.b64decode(line.split(" ")[2]) for line in head.signatures.splitlines() if line.split(" ")[1] == name]
    signatures = [line[4:] for line in lines if line[:4].hex() == key_id]
    if not signatures:
        return False
    assert len(signatures) == 1 and len(signatures[0]) == 64
    numbers = [n.lstrip(b"\0") for n in (signatures[0][:32], signatures[0][32:])]
    numbers = b"".join(b"\x02" + bytes([len(n) + (n[0] >> 7)]) + b"\0" * (n[0] >> 7) + n for n in numbers)
    for file, octets in (("spki", SPKI_PREFIX + typed[-65:]), ("der", b"\x30" + bytes([len(numbers)]) + numbers), ("text", head.text.encode())):
        (directory / file).write_bytes(octets)
    done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", directory / "spki", "-rawin", "-digest", "sm3",
                           "-pkeyopt", "distid:1234567812345678", "-in", directory / "text", "-sigfile", directory / "der"],
                          capture_output=True, check=False)
    return done.returncode == 0


class National:
    """A service of its own, and what its heads carry."""

    def __init__(self, service, directory):
        self.service, self.directory = service, directory
        self.here = District(service)
        self.farm = self.here.farm()

    def vkeys(self):
        """Of the log that goes on: its own, and that of the SM2 line or None."""
        log = self.here.admin.read("/v1/logs")["items"][-1]
        return log["vkey"], log.get("sm2")

    def head(self):
        self.lot = self.farm.harvest(1)
        wait_until_logged(self.service, self.here.public)
        return head_of(self.here.public)

    def lines(self, head=None):
        return [base64.b64decode(line.split(" ")[2])[:4].hex() for line in (head or self.head()).signatures.splitlines()]

    def has_both(self, head=None):
        """The two lines of now, Ed25519 first; gives the head."""
        head = head or self.head()
        vkey, sm2 = self.vkeys()
        assert sm2 and self.lines(head)[0] == vkey.split("+")[1] and is_signed(head, sm2, self.directory)
        return head

    def look(self, *more, check=WELL):
        vkey = (self.service.data / "first.vkey").read_text()
        return monitor(url_of(self.service), "--log", vkey, "--registrar", self.service.data / "registrar.vkey",
                       "--state", self.directory / "state", *more, check=check)

    def restart(self, **settings):
        self.service.stop()
        self.service.start(**settings)

    def policy(self, name, vkey, sm2=None, more="quorum none\n"):
        path = self.directory / name
        path.write_text(f"log {vkey}\n" + (f"#sm2 {sm2}\n" if sm2 else "") + more)
        return path

    def verify(self, file, policy, check):
        done = self.service.farmtrail("verify", str(file), "--policy", str(policy), "--registrar", str(self.service.data / "registrar.vkey"),
                                      "--lang", "en", check=False)
        assert done.returncode == check, done.stdout
        return done.stdout

    def bundle(self, name):
        path = self.directory / name
        path.write_text(json.dumps(self.here.public.read(f"/t/{self.lot['code']}/proofs")))
        return path


@pytest.fixture
def national(new_service, tmp_path):
    service = new_service().start()
    made = National(service, tmp_path)
    made.head()
    (service.data / "first.vkey").write_text(made.vkeys()[0])
    yield made
    made.service.stop()


def is_page_stated(national):
    """The page that verifies, as it is served, is the one that the log has stated last."""
    page = national.here.public.get("/verify.html")
    stated = national.look()["verifier"]
    return page.status == 200 and stated and stated["sha256"] == hashlib.sha256(page.body).hexdigest()


def test_over_an_old_log_on_and_off_again_every_look_is_well(national, tmp_path):
    assert len(national.lines()) == 1 and national.vkeys()[1] is None
    national.look()
    old = national.bundle("old.json")
    national.restart(LOG_SM2="true")
    head = national.has_both()
    assert len(national.lines(head)) == 2
    vkey, sm2 = national.vkeys()
    assert national.look()["findings"] == []
    good, said = audit(national.service, vkey)
    assert good, said
    assert sm2 in national.here.public.get("/verify.html").body.decode() and wait_for(lambda: is_page_stated(national))
    assert national.service.rows("SELECT algorithm, state FROM signing_key WHERE use = 'log' ORDER BY algorithm") == [(1, "active"), (255, "active")]
    national.restart(LOG_SM2="true")  # the same key goes on
    assert national.vkeys() == (vkey, sm2)
    national.has_both()
    new = national.bundle("new.json")
    # whoever names the key has it checked, in words; whoever does not goes on
    plain, both = national.policy("plain", vkey), national.policy("both", vkey, sm2)
    assert "with both lines, Ed25519 and SM2" in national.verify(new, both, 0)
    assert "SM2" not in national.verify(new, plain, 0)
    assert "no line of the SM2 key" in national.verify(old, both, UNWITNESSED)
    document = json.loads(new.read_text())
    document["checkpoint"] = forge(document["checkpoint"], sm2)
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps(document))
    assert "its SM2 line does not" in national.verify(forged, both, BROKEN)
    national.verify(forged, plain, 0)
    national.restart()  # off: revoked in the log, and the head that covers that lacks the line
    assert len(national.lines()) == 1 and national.vkeys() == (vkey, None)
    assert national.look()["findings"] == [] and wait_for(lambda: is_page_stated(national))
    assert "#sm2" not in national.here.public.get("/verify.html").body.decode().split("@TRUST@")[-1].split('id="trust"')[1].split("</script>")[0]
    assert "no line of the SM2 key" in national.verify(national.bundle("off.json"), both, UNWITNESSED)
    national.verify(new, both, 0)
    national.restart(LOG_SM2="true")
    national.has_both()
    assert national.vkeys()[1] != sm2, "another key: what was revoked stays so"
    assert national.look("--all")["findings"] == []
    code, answer = national.service.recount()
    assert code == 0, answer["differences"]


def forge(note, vkey):
    """The same with another signature in the line of this key."""
    text, lines = note.split("\n\n")
    key_id = bytes.fromhex(vkey.split("+")[1])
    out = []
    for line in lines.splitlines():
        dash, name, value = line.split(" ")
        octets = base64.b64decode(value)
        if octets[:4] == key_id:
            octets = octets[:-1] + bytes([octets[-1] ^ 1])
        out.append(f"{dash} {name} {b64(octets)}\n")
    return text + "\n\n" + "".join(out)


def test_rotation_and_succession_carry_it_on(national):
    national.restart(LOG_SM2="true")
    national.has_both()
    first = national.vkeys()
    assert national.here.admin.post("/v1/log:rotate").status == 201
    head = national.has_both()
    second = national.vkeys()
    assert second[0] != first[0] and second[1] != first[1]
    assert national.lines(head) == [key.split("+")[1] for key in (second[0], first[0], second[1], first[1])], "both of both, for 90 days"
    assert is_signed(head, first[1], national.directory)
    assert national.look()["findings"] == []
    for vkey in (first[0], second[0]):
        good, said = audit(national.service, vkey)
        assert good, said
    bundle = national.bundle("rotated.json")
    for keys in (first, second):
        national.verify(bundle, national.policy("policy", *keys), 0)
    reply = national.here.admin.post("/v1/log:succeed", {"log": national.service.origin, "reason": "compromise"})
    assert reply.status == 201, reply
    assert wait_for(lambda: national.head().origin == f"{national.service.origin}/2")
    head = national.has_both()
    assert len(national.lines(head)) == 2 and national.vkeys()[1].startswith(f"{national.service.origin}/2+")
    assert national.look()["findings"] == []
    assert national.service.value("SELECT count(*) FROM signing_key WHERE use = 'log' AND state = 'active'") == 2
    code, answer = national.service.recount()
    assert code == 0, answer["differences"]


def test_witnesses_proofs_and_their_size(national, tmp_path):
    """A proof file with one log line and two cosignatures, and with the SM2 line as well; a witness that knows Ed25519 alone."""
    vkey, _ = national.vkeys()
    witnesses = [Witness(f"witness{n}.example") for n in range(2)]
    for witness in witnesses:
        witness.trust(vkey)
    more = "".join(f"witness w{n} {w.vkey} {w.url}\n" for n, w in enumerate(witnesses)) + "group g all w0 w1\nquorum g\n"
    policy = national.policy("watched", vkey, more=more)
    sizes = {}
    try:
        for setting in ("false", "true"):
            national.restart(LOG_SM2=setting, LOG_POLICY=policy)
            event = national.farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(1))["event"]
            assert wait_for(lambda: not national.service.value("SELECT count(*) FROM log_pending") and
                            national.service.value("SELECT max(size) FROM log_checkpoint") == national.service.value("SELECT size FROM log_head"))
            fed = national.service.farmtrail("feed-witness", f"http://127.0.0.1:{national.service.port}", "--data", str(national.service.data),
                                             "--policy", str(policy))
            assert fed.returncode == 0, fed.stdout
            proof = national.here.public.get(f"/v1/events/{event}/tlog-proof")
            assert proof.status == 200
            note = proof.body.decode().split("\n\n", 1)[1]
            assert note.count("\n— ") == (3 if setting == "false" else 4)
            sizes[setting] = len(proof.body), len(proof.body.decode().split("\n\n")[0].splitlines()) - 2
        (tmp_path / "entry").write_bytes(bytes(national.service.value("SELECT statement FROM event WHERE id = %s", event)))
        (tmp_path / "entry.tlog-proof").write_bytes(proof.body)
        done = national.service.farmtrail("verify", str(tmp_path / "entry.tlog-proof"), "--entry", str(tmp_path / "entry"), "--lang", "en", "--policy",
                                          str(national.policy("full", vkey, national.vkeys()[1], more)), check=False)
        assert done.returncode == 0 and "both lines, Ed25519 and SM2 and cosigned by 2 of 2" in done.stdout, done.stdout + done.stderr
    finally:
        for witness in witnesses:
            witness.close()
    for proof_size, hashes in sizes.values():
        assert proof_size + 45 * (20 - hashes) + 2 * len("000000") <= 1600, "at a million entries"
    line = len(f"— {national.service.origin} {b64(bytes(68))}\n".encode())
    more = [size - 45 * hashes for size, hashes in sizes.values()]
    assert abs(more[1] - more[0] - line) < 4, "the line, and digits of a log that has grown"


def test_an_agent_holds_the_ed25519_key_alone(cluster, tmp_path):
    kept = Kept(cluster, "agent_sm2")
    kept.service.settings["LOG_SM2"] = "true"
    try:
        made = National(kept.begin().service, tmp_path)
        made.has_both()
        assert kept.service.rows("SELECT k.algorithm FROM key_secret s JOIN signing_key k USING (fingerprint) WHERE k.use = 'log'") == [(255,)]
        kept.agent.stop()
        made.farm.harvest(1)
        assert wait_for(kept.is_paused, 60)
        assert kept.service.value("SELECT max(size) FROM log_checkpoint") == head_of(made.here.public).size, "no head with the SM2 line alone"
        kept.agent.start()
        kept.covered()
        made.has_both()
        good, said = audit(kept.service, made.vkeys()[0])
        assert good, said
        kept.service.stop()
    finally:
        kept.service.close()
        kept.agent.close()


# — heads that are not what the log has stated —
class Sm2(Signer):
    """A key of the lab's that OpenSSL's tool signs with."""

    def __init__(self, name, directory):
        directory.mkdir()
        self.name, self.device = name, Device("sm2", directory)
        self.spki = self.device.spki
        typed = b"\xff" + WORD + self.spki[-65:]
        self.id = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
        self.vkey = f"{name}+{self.id.hex()}+{b64(typed)}"
        self.fingerprint = hashlib.sha256(self.spki).digest()

    def line(self, text, at=None):
        return f"— {self.name} {b64(self.id + self.device.sign(text.encode()))}\n"


@pytest.fixture
def lab(tmp_path):
    made = Server(Log())
    made.log.record(count=3)
    made.log.state_key(made.log.key)
    made.sm2, made.other = (Sm2(made.log.origin, tmp_path / name) for name in ("sm2", "other"))
    made.log.state_key(made.sm2)
    yield made
    made.close()


def test_a_line_that_is_not_what_the_log_has_stated_is_a_finding_of_its_own(lab, tmp_path):
    def look(check=WELL):
        found = monitor(lab.url, "--log", lab.log.key.vkey, "--state", tmp_path / "state", check=check)
        return found["fault"] and found["fault"]["kind"]

    def head(*signers, text=None):
        whole = lab.log.head()
        text = text or whole.split("\n\n")[0] + "\n"
        return whole + "".join(signer.line(text) for signer in signers)

    lab.note = head(lab.sm2)
    assert look() is None
    lab.log.record()
    for note, kind in ((head(), "line-missing"), (head(lab.sm2, text="of something else\n"), "line-forged"), (head(lab.other), "line-unstated"),
                       (head(lab.sm2, lab.other), "line-unstated")):
        lab.note = note
        assert look(BROKEN) == kind
    lab.note = head(lab.sm2)
    assert look() is None, "and when it is mended the log goes on"
    lab.log.append(lab.log.registrar.text("revoke", f"revoked {b64(lab.sm2.fingerprint)}\nreason ceased\nsince {int(time.time())}\n"), lab.log.registrar)
    lab.note = head(lab.sm2)
    assert look(BROKEN) == "line-unstated"
    lab.note = head()
    assert look() is None
    monitor(lab.url, "--log", lab.sm2.vkey, check=USAGE)
