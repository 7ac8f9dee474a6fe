# SPDX-License-Identifier: Apache-2.0
"""The log's key in an ssh-agent: OpenSSH's own, and agents that are gone or lie. Heads wait for it, records never do."""
import base64
import contextlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest
from auditor import audit, head_of, wait_until_logged
from conftest import District
from service import Service, children_of, die_with_parent, wait_for
from test_monitor import WELL, monitor, url_of


def ssh_string(octets):
    return struct.pack(">I", len(octets)) + octets


class Agent:
    """ssh-agent with keys in files, so that they are there again when it is. What the service is told is a link to its socket."""

    def __init__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="farmtrail-agent-"))
        self.link, self.real = self.directory / "link", self.directory / "agent"
        self.link.symlink_to(self.real)
        self.keys, self.process = [], None
        self.start()

    def start(self):
        self.real.unlink(missing_ok=True)
        self.process = subprocess.Popen(["ssh-agent", "-D", "-a", self.real], stdout=subprocess.DEVNULL,
                                        preexec_fn=die_with_parent(signal.SIGKILL))
        assert wait_for(self.real.exists, 30)
        for key in self.keys:
            self.add(key)

    def ask(self, *arguments):
        subprocess.run(arguments, env={**os.environ, "SSH_AUTH_SOCK": str(self.real)}, check=True, capture_output=True)

    def add(self, key):
        assert wait_for(lambda: subprocess.run(["ssh-add", key], env={**os.environ, "SSH_AUTH_SOCK": str(self.real)}, check=False,
                                               capture_output=True).returncode == 0, 30)

    def make(self, kind="ed25519"):
        """A new key; its 32 octets."""
        key = self.directory / f"key{len(self.keys)}"
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", key], check=True)
        self.keys.append(key)
        self.add(key)
        return base64.b64decode(key.with_suffix(".pub").read_text().split()[1])[-32:]

    def forget(self, place):
        self.ask("ssh-add", "-d", self.keys.pop(place))

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.real.unlink(missing_ok=True)

    @contextlib.contextmanager
    def replaced_by(self, path):
        """Somebody else listens where the agent did, and then it again. One rename: the link is always there."""
        def point(to):
            new = self.directory / "new"
            new.symlink_to(to)
            new.rename(self.link)

        point(path)
        yield
        point(self.real)

    def close(self):
        self.stop()
        shutil.rmtree(self.directory)


class Liar:
    """Listens as an agent does; `answer` makes a reply of the question and what the true agent said to it (None: hangs up)."""

    def __init__(self, agent, answer):
        self.path, self.agent, self.answer = agent.directory / "liar", agent, answer
        self.asked = 0
        self.open = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(16)
        threading.Thread(target=self.serve, daemon=True).start()

    @staticmethod
    def message(connection):
        with connection.makefile("rb") as stream:
            return stream.read(struct.unpack(">I", stream.read(4))[0])

    def truth(self, question):
        with socket.socket(socket.AF_UNIX) as true:
            true.connect(str(self.agent.real))
            true.sendall(ssh_string(question))
            return self.message(true)

    def serve(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            try:
                question = self.message(connection)
                self.asked += 1
                reply = self.answer(question, self.truth)
                if reply is Ellipsis:
                    self.open.append(connection)  # says nothing, and stays
                    continue
                if reply is not None:
                    connection.sendall(reply)
                connection.close()
            except (OSError, struct.error):
                connection.close()

    def close(self):
        self.listener.close()
        for connection in self.open:
            connection.close()
        self.path.unlink()


class Kept:
    """An installation whose log's key is in an agent from the start."""

    def __init__(self, cluster, name):
        self.agent = Agent()
        self.service = Service(cluster, name, init=False)
        self.service.settings["LOG_AGENT"] = str(self.agent.link)

    def init(self, check=True):
        return self.service.farmtrail("init", "--data", str(self.service.data), "--origin", self.service.origin, "--log-agent",
                                      str(self.agent.link), check=check,
                                      DATABASE=self.service.cluster.conninfo(self.service.database, "ft_app"),
                                      DATABASE_OWNER=self.service.cluster.conninfo(self.service.database, "ft_owner"))

    def begin(self):
        self.agent.make()
        self.init()
        del self.service.settings["LOG_AGENT"]  # it stands in farmtrail.env
        self.service.start()
        self.district = District(self.service)
        self.farm = self.district.farm()
        return self

    def ready(self):
        return self.district.public.read("/readyz")

    def is_paused(self):
        said = self.ready()
        return said["status"] == "degraded" and said["log"].startswith("paused: ")

    def covered(self):
        """Everything is under a head again; nothing contradicts what was signed before."""
        head = wait_until_logged(self.service, self.district.public, 60)
        assert wait_for(lambda: self.ready()["log"] == "running", 60) and self.ready()["status"] == "ready"
        return head

    def close(self):
        self.service.stop()
        self.service.close()
        self.agent.close()


@pytest.fixture(scope="module")
def kept(cluster):
    made = Kept(cluster, "agent").begin()
    yield made
    made.close()


def test_openssh_keeps_the_key(kept):
    kept.farm.harvest(3)
    head = kept.covered()
    vkey = (kept.service.data / "log.vkey").read_text().strip()
    public = kept.agent.keys[0].with_suffix(".pub").read_text().split()[1]
    assert base64.b64decode(vkey.split("+", 2)[2])[1:] == base64.b64decode(public)[-32:]
    assert kept.service.rows("SELECT 1 FROM key_secret s JOIN signing_key k USING (fingerprint) WHERE k.use = 'log'") == []
    good, said = audit(kept.service, vkey)
    assert good and head.size, said
    secret = kept.agent.keys[0].read_text().splitlines()[2]
    assert not any(secret.encode() in path.read_bytes() for path in kept.service.data.rglob("*") if path.is_file())


def test_gone_and_back(kept):
    before = kept.covered()
    kept.agent.stop()
    kept.farm.harvest(4)
    assert wait_for(kept.is_paused, 60)
    kept.farm.harvest(5)
    assert head_of(kept.district.public).size == before.size
    assert kept.district.metric("farmtrail_log_paused") == 1
    kept.service.stop()
    kept.service.start()  # a server starts without its agent
    kept.farm.harvest(6)
    assert wait_for(kept.is_paused, 60)
    kept.agent.start()
    assert kept.covered().size > before.size and kept.district.metric("farmtrail_log_paused") == 0
    good, said = audit(kept.service, (kept.service.data / "log.vkey").read_text().strip())
    assert good, said


def test_the_child_that_asks_it_may_die(kept):
    helpers = children_of(kept.service.process.pid)
    assert len(helpers) == 2
    for helper in helpers:
        os.kill(helper, signal.SIGKILL)
    kept.farm.harvest(2)
    kept.covered()


def flipped(question, truth):
    reply = truth(question)
    return ssh_string(reply[:-1] + bytes([reply[-1] ^ 1]) if question[0] == 13 else reply)


def of_another(question, truth):
    """A true signature, of something else."""
    return ssh_string(truth(question[:-4 - 1] + bytes([question[-5] ^ 1]) + question[-4:]) if question[0] == 13 else truth(question))


LIES = {
    "a signature that does not verify": flipped,
    "a signature over something else": of_another,
    "failure": lambda question, truth: ssh_string(b"\x05"),
    "hangs up": lambda question, truth: None,
    "says nothing": lambda question, truth: ...,
    "promises more than it may": lambda question, truth: struct.pack(">I", 0xffffffff) + b"\x0e" * 300000,
    "stops half way": lambda question, truth: ssh_string(truth(question))[:-3],
    "more than was asked": lambda question, truth: ssh_string(truth(question) + b"x"),
    "another algorithm": lambda question, truth: ssh_string(b"\x0e" + ssh_string(ssh_string(b"ssh-rsa") + ssh_string(bytes(64)))),
    "nothing": lambda question, truth: ssh_string(b""),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_agent_signs_no_head(kept, lie):
    before = kept.covered()
    liar = Liar(kept.agent, LIES[lie])
    try:
        with kept.agent.replaced_by(liar.path):
            kept.farm.harvest(1)
            assert wait_for(kept.is_paused, 60)
            kept.farm.harvest(2)  # beside an agent that hangs, too
            assert liar.asked and head_of(kept.district.public).size == before.size
    finally:
        liar.close()
    assert kept.covered().size > before.size


def test_init_takes_the_one_key_that_is_new(cluster):
    made = Kept(cluster, "agent_init")
    try:
        refused = made.init(check=False)
        assert refused.returncode == 1 and "exactly one key" in refused.stderr
        made.agent.make("rsa")  # not what a log signs with
        assert made.init(check=False).returncode == 1
        keys = [made.agent.make(), made.agent.make()]
        assert made.init(check=False).returncode == 1
        assert made.service.rows("SELECT 1 FROM signing_key WHERE use = 'log'") == []
        made.agent.forget(2)
        made.init()
        assert base64.b64decode((made.service.data / "log.vkey").read_text().split("+", 2)[2])[1:] == keys[0]
    finally:
        made.service.close()
        made.agent.close()


def test_into_an_agent_and_on_to_its_next_key(cluster):
    made = Kept(cluster, "agent_later")
    service = made.service
    try:
        service.settings.clear()
        service.init()
        service.start()
        made.district = District(service)
        made.farm = made.district.farm()
        made.covered()
        service.stop()
        service.start(LOG_AGENT=made.agent.link)
        refused = made.district.admin.post("/v1/log:rotate")
        assert (refused.status, refused.problem()) == (409, "log-agent-key")
        for count in (2, 3):
            made.agent.make()
            assert made.district.admin.post("/v1/log:rotate").status == 201
            made.farm.harvest(1)
            head = made.covered()
            assert len(head.signatures.splitlines()) == count
            good, said = audit(service, (service.data / "log.vkey").read_text().strip())
            assert good, said
        assert made.district.admin.post("/v1/log:rotate").problem() == "log-agent-key"
        made.agent.make()
        assert made.district.admin.post("/v1/log:succeed", {"log": service.origin, "reason": "compromise"}).status == 201
        made.farm.harvest(1)
        assert made.covered().origin == f"{service.origin}/2"
    finally:
        service.stop()
        service.close()
        made.agent.close()


def test_back_to_a_wrapped_key_and_forth_as_ordinary_rotations(cluster, tmp_path):
    """Old and new sign, whichever of them the agent holds; who follows the log goes along with each."""
    made = Kept(cluster, "agent_back").begin()
    service = made.service
    trusted = [(service.data / "log.vkey").read_text().strip()]

    def rotate(keeper=None):
        return made.district.admin.post("/v1/log:rotate" + (f"?keeper={keeper}" if keeper else ""))

    def look(lines):
        made.farm.harvest(1)
        assert len(made.covered().signatures.splitlines()) == lines
        assert monitor(url_of(service), "--log", trusted[-1], "--state", tmp_path / "state", check=WELL)["findings"] == []
        good, said = audit(service, (service.data / "log.vkey").read_text().strip())
        assert good, said

    def wrapped():
        return service.value("SELECT count(*) FROM key_secret s JOIN signing_key k USING (fingerprint) WHERE k.use = 'log' AND k.state = 'active'")
    try:
        look(1)
        made.agent.stop()
        assert rotate("service").problem() == "signer-unavailable" and wrapped() == 0, "the old key has to sign"
        made.agent.start()
        assert rotate("somewhere").status == 422
        assert rotate("service").status == 201 and wrapped() == 1
        look(2)
        assert rotate("agent").problem() == rotate().problem() == "log-agent-key", "it holds none that is new"
        made.agent.make()
        assert rotate().status == 201 and wrapped() == 0
        look(3)
        assert rotate("service").status == 201 and wrapped() == 1
        look(4)
        trusted.append((service.data / "log.vkey").read_text().strip())
        (settings := service.data / "farmtrail.env").write_text(
            "".join(line for line in settings.read_text().splitlines(True) if not line.startswith("FARMTRAIL_LOG_AGENT")))
        service.stop()
        made.agent.stop()  # for good
        service.start()
        assert rotate("agent").problem() == "log-agent-key"
        look(2)
        assert rotate().status == 201
        look(3)
        code, answer = service.recount()
        assert code == 0, answer["differences"]
    finally:
        service.stop()
        service.close()
        made.agent.close()
