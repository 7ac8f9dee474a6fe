# SPDX-License-Identifier: Apache-2.0
"""Time-stamps over heads of the log: two authorities made of `openssl ts`, and ones whose answers must not be stored."""
import base64
import concurrent.futures
import contextlib
import hashlib
import http.server
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest
from auditor import head_of, wait_until_logged
from conftest import District

CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {here}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
crypto_device = builtin
"""


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, **options).stdout


class Authority:
    """A certificate authority and a signer of time-stamps that it vouches for; asked over http on loopback."""

    def __init__(self, name):
        self.here = Path(tempfile.mkdtemp(prefix="farmtrail-tsa-"))
        self.asked, self.lock, self.change = [], threading.Lock(), None
        (self.here / "serial").write_text("01\n")
        (self.here / "config").write_text(CONFIG.format(here=self.here))
        (self.here / "extensions").write_text("extendedKeyUsage=critical,timeStamping\nkeyUsage=digitalSignature\n")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN=CA {name}",
                "-keyout", self.here / "ca.key", "-out", self.here / "ca.pem")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN=TSA {name}",
                "-keyout", self.here / "tsa.key", "-out", self.here / "tsa.csr")
        openssl("x509", "-req", "-in", self.here / "tsa.csr", "-CA", self.here / "ca.pem", "-CAkey", self.here / "ca.key", "-days", "2",
                "-CAcreateserial", "-extfile", self.here / "extensions", "-out", self.here / "tsa.pem")
        authority = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                question = self.rfile.read(int(self.headers["Content-Length"]))
                authority.asked.append((self.path, self.headers["Content-Type"], question))
                answer = (authority.change or authority.stamp)(question)
                self.send_response(200 if answer is not None else 503)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(answer or b"")))
                self.end_headers()
                self.wfile.write(answer or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/tsa/{name}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stamp(self, question):
        """The answer of an honest one."""
        with self.lock:
            (self.here / "question").write_bytes(question)
            return openssl("ts", "-reply", "-config", self.here / "config", "-queryfile", self.here / "question", "-signer",
                           self.here / "tsa.pem", "-inkey", self.here / "tsa.key", "-chain", self.here / "ca.pem")

    @contextlib.contextmanager
    def answering(self, change):
        self.change = change
        yield
        self.change = None

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.here)


def question_over(data, *options):
    """What somebody else might ask."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return openssl("ts", "-query", "-data", file.name, "-sha256", "-cert", *options)


class World:
    def __init__(self, service, authorities, directory):
        self.service, self.authorities, self.directory = service, authorities, directory
        self.district = District(service)
        self.public, self.farm = self.district.public, self.district.farm()

    def head(self):
        """One that covers a record made now."""
        self.farm.harvest(1)
        return wait_until_logged(self.service, self.public)

    def feed(self, *options, check=True):
        return self.service.farmtrail("feed-timestamp", "--data", str(self.service.data), "--url",
                                      f"http://127.0.0.1:{self.service.port}", *options, check=check)

    def stamps(self):
        return self.public.read("/v1/log/timestamps?limit=1000")["items"]

    def hand_over(self, head, authority, question, answer, who=None):
        return (who or self.district.admin).post("/v1/log/timestamps", {
            "size": head.size, "authority": authority.url, "question": base64.b64encode(question).decode(),
            "answer": base64.b64encode(answer).decode()})

    def verifies(self, path, head, authority):
        """As a court would: with openssl, the three lines of the head and the authority's certificate."""
        reply = self.public.get(path)
        assert reply.status == 200 and reply.headers["content-type"] == "application/timestamp-reply"
        token, text = self.directory / "token.tsr", self.directory / "head.txt"
        token.write_bytes(reply.body)
        text.write_text(head.text)
        done = subprocess.run(["openssl", "ts", "-verify", "-data", text, "-in", token, "-CAfile", authority.here / "ca.pem"],
                              capture_output=True, text=True, check=False)
        return "Verification: OK" in done.stdout + done.stderr and done.returncode == 0


@pytest.fixture(scope="module")
def world(new_service, tmp_path_factory):
    authorities = [Authority("one"), Authority("two")]
    directory = tmp_path_factory.mktemp("stamps")
    service = new_service()
    (directory / "vouching.pem").write_text("".join((a.here / "ca.pem").read_text() for a in authorities))
    with open(service.data / "farmtrail.env", "a", encoding="utf-8") as settings:  # read by the server and by what feeds it
        settings.write(f"FARMTRAIL_TIMESTAMP_AUTHORITIES={' '.join(a.url for a in authorities)}\n"
                       f"FARMTRAIL_TIMESTAMP_CA={directory / 'vouching.pem'}\n")
    yield World(service.start(), authorities, directory)
    service.stop()
    for authority in authorities:
        authority.close()


def test_two_authorities_date_the_head_once_a_day(world):
    first, second = world.authorities
    head = world.head()
    world.feed()
    head = head_of(world.public)
    stamped = world.stamps()
    assert [s["authority"] for s in stamped] == [first.url, second.url] and {s["log"] for s in stamped} == {world.service.origin}
    assert [s["path"] for s in stamped] == [f"/log/timestamp/{stamped[0]['size']}.tsr", f"/log/timestamp/{stamped[0]['size']}.2.tsr"]
    assert first.asked[0][:2] == ("/tsa/one", "application/timestamp-query")
    assert head.size == stamped[0]["size"]
    assert world.verifies(stamped[0]["path"], head, first) and world.verifies(stamped[1]["path"], head, second)
    assert not world.verifies(stamped[0]["path"], head, second)
    world.feed()
    world.head()
    world.feed()  # grown, and not yet a day
    assert len(first.asked) == len(second.asked) == 1 and world.stamps() == stamped
    world.service.cluster.execute(world.service.database, "UPDATE log_timestamp SET stamped_at = stamped_at - interval '1 day'")
    world.feed()
    newest = world.stamps()
    assert len(first.asked) == len(second.asked) == 2 and len(newest) == 4 and newest[0]["size"] > newest[2]["size"]
    world.feed("--age", "1")  # not grown
    assert len(first.asked) == 2
    page = world.public.read("/v1/log/timestamps?limit=3")
    assert page["items"] == newest[:3]
    assert world.public.read(f"/v1/log/timestamps?limit=3&cursor={page['next']}")["items"] == newest[3:]


def test_what_does_not_hold_is_not_stored(world):
    first, second = world.authorities
    stranger = Authority("stranger")
    head = world.head()
    before = world.stamps()
    text = head.text.encode()
    question, another = question_over(text), question_over(text)
    answer = first.stamp(question)
    try:
        cases = [
            ("signer", question, stranger.stamp(question)),
            ("nonce", question, first.stamp(another)),
            ("nonce", question, first.stamp(question_over(text, "-no_nonce"))),
            ("imprint", question, first.stamp(question_over(b"another head\n"))),
            ("question", question_over(text, "-no_nonce"), first.stamp(question_over(text, "-no_nonce"))),
            ("question", question_over(b"another head\n"), first.stamp(question_over(b"another head\n"))),
            ("question", b"garbage", answer),
            ("question", question + b"\0", answer),
            ("form", question, b"garbage"),
            ("form", question, answer + b"\0"),
            ("form", question, b""),
            ("form", question, answer[:-1]),
            ("signer", question, answer[:-1] + bytes([answer[-1] ^ 1])),
            ("granted", question, bytes.fromhex("30053003020102")),  # rejection
            ("form", question, b"0" * 65537),
        ]
        for rule, asked, said in cases:
            reply = world.hand_over(head, first, asked, said)
            if said == b"":
                assert reply.status == 422
                continue
            if len(said) > 65536:
                assert reply.status in (413, 422)
                continue
            assert (reply.status, reply.problem(), reply.json()["errors"][0]["rule"]) == (422, "timestamp", rule), (rule, reply)
        reply = world.hand_over(head, stranger, question, stranger.stamp(question))
        assert (reply.problem(), reply.pointer()) == ("timestamp", "/authority")
        head.size += 100000
        assert world.hand_over(head, first, question, answer).status == 404
        assert world.hand_over(head, first, question, answer, who=world.farm).status == 403
        assert world.stamps() == before
    finally:
        stranger.close()


def test_a_clock_that_is_wrong_is_refused(world):
    head, first = world.head(), world.authorities[0]
    question = question_over(head.text.encode())
    answer = first.stamp(question)
    for moved in ("+", "-"):  # an hour before the head was signed: as if the authority's clock were behind
        world.service.cluster.execute(world.service.database, f"UPDATE log_checkpoint SET at = at {moved} interval '1 hour'")
        reply = world.hand_over(head, first, question, answer)
        if moved == "+":
            assert (reply.problem(), reply.json()["errors"][0]["rule"]) == ("timestamp", "time")
    assert reply.status == 200


def test_an_authority_that_lies_leaves_nothing_and_the_other_counts(world):
    first, second = world.authorities
    lies = {
        "something else": lambda question: first.stamp(question_over(b"something else\n")),
        "an older answer": lambda question, kept=[]: kept[0] if kept else kept.append(first.stamp(question_over(b"x"))) or kept[0],
        "garbage": lambda question: b"<html>no</html>",
        "too much": lambda question: first.stamp(question) + b"\0" * 70000,
        "an error": lambda question: None,
    }
    for name, lie in lies.items():
        head = world.head()
        with first.answering(lie):
            done = world.feed("--age", "1", check=False)
        assert done.returncode in (1, 5), (name, done)
        found = [s["authority"] for s in world.stamps() if s["size"] >= head.size]
        assert found == [second.url], (name, found)
        world.service.cluster.execute(world.service.database, "UPDATE log_timestamp SET stamped_at = stamped_at - interval '1 day'")


def test_of_several_at_once_one_stays(world):
    first = world.authorities[0]
    head = world.head()
    text = head.text.encode()

    def bring(_):
        question = question_over(text)
        return world.hand_over(head, first, question, first.stamp(question))

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(bring, range(6)))
    assert {reply.status for reply in replies} == {200} and len({reply.body for reply in replies}) == 1
    assert len([s for s in world.stamps() if s["size"] == head.size and s["authority"] == first.url]) == 1
    kept = world.public.get(replies[0].json()["path"]).body
    again = world.hand_over(head, first, question_over(text), kept)
    assert again.json()["errors"][0]["rule"] == "nonce"


def test_only_its_name_finds_one(world):
    size = world.stamps()[-1]["size"]
    assert world.public.get(f"/log/timestamp/{size}.tsr").status == 200
    for name in (f"0{size}.tsr", f"{size}.1.tsr", f"{size}.02.tsr", f"{size}.3.tsr", f"{size}", f"{size}.tsr.tsr", f"{size}..tsr",
                 f"+{size}.tsr", f"{size}.2.3.tsr", "0.tsr", "99999999999999999999.tsr", f"{size + 1}.9.tsr", ".tsr"):
        assert world.public.get(f"/log/timestamp/{name}").status == 404, name


def test_of_a_head_that_was_cut_nothing_is_served(world):
    """The log ends before a head that was time-stamped: the next one has another head of that size, or none."""
    service = world.service
    before = world.head()
    world.feed("--age", "1")
    later = world.head()
    service.cluster.execute(service.database, "UPDATE log_timestamp SET stamped_at = stamped_at - interval '1 day'")
    world.feed("--age", "1")
    assert world.stamps()[0]["size"] >= later.size > before.size
    newest = world.stamps()[0]["size"]
    assert world.district.admin.post("/v1/log:succeed", {"log": service.origin, "reason": "compromise"}).status == 201
    world.head()
    after = world.stamps()
    assert after[0]["size"] == newest and after[0]["log"] == service.origin  # what the next log contains stays
    service.cluster.execute(service.database, "INSERT INTO log_timestamp SELECT number, size + 1, place, authority, answer, stamped_at,"
                                              f" recorded_at FROM log_timestamp WHERE size = {newest}")
    assert world.stamps() == after and world.public.get(f"/log/timestamp/{newest + 1}.tsr").status == 404


def test_a_server_without_who_vouches_does_not_start(new_service):
    service = new_service()
    done = service.spawn(TIMESTAMP_AUTHORITIES="http://127.0.0.1:9/", TIMESTAMP_CA=service.data / "nothing.pem")
    assert done.wait(60) == 1 and "FARMTRAIL_TIMESTAMP_CA" in service.log()


def test_without_authorities_none_is_taken(district):
    reply = district.admin.post("/v1/log/timestamps", {"size": 1, "authority": "http://127.0.0.1:9/", "question": "AAAA", "answer": "AAAA"})
    assert (reply.status, reply.problem(), reply.pointer()) == (422, "timestamp", "/authority")
    assert district.public.read("/v1/log/timestamps")["items"] == []
