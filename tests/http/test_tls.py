# SPDX-License-Identifier: Apache-2.0
"""The command line over TLS: strangers follow a log, check a trail and feed witnesses elsewhere; a certificate that is not
right ends it with a sentence, and a key goes only where it was sent."""
import json
import subprocess

import pytest
from auditor import wait_until_logged
from loglab import Log, Server
from service import environment, program
from test_witness import Watched
from tlslab import DAY, Authority, Front, Proxy

GOOD, USAGE, UNREACHABLE = 0, 2, 5


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def open_front():
    made = []

    def one(kind, *arguments, **named):
        made.append(kind(*arguments, **named))
        return made[-1]
    yield one
    for front in made:
        front.close()


@pytest.fixture
def lab():
    made = Server(Log())
    made.log.record(count=5)
    yield made
    made.close()


def run(*arguments, check, authorities=None, proxy=None, **settings):
    here = {k: v for k, v in environment(LANG="en_US.UTF-8", **settings).items() if not k.lower().endswith("_proxy") and k != "SSL_CERT_FILE"}
    here.update({"SSL_CERT_FILE": str(authorities)} if authorities else {}, **({"https_proxy": proxy} if proxy else {}))
    done = subprocess.run([program("farmtrail"), *map(str, arguments)], env={**here, "LANG": "en_US.UTF-8"}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == check, (done.returncode, done.stdout[-3000:], done.stderr[-2000:])
    return done


def port_of(server):
    return server.http.server_address[1]


def test_a_log_is_followed_over_tls(lab, authority, open_front):
    front = open_front(Front, authority.certify("127.0.0.1", "localhost"), port_of(lab))
    for url in (front.url, front.url.replace("127.0.0.1", "localhost"), front.url + "/log"):
        said = run("monitor", url, "--log", lab.log.key.vkey, "--json", check=GOOD, authorities=authority.path)
        assert json.loads(said.stdout)["size"] == len(lab.log.entries)
    run("monitor", lab.url, "--log", lab.log.key.vkey, check=GOOD)  # and over plain http as before


def test_a_certificate_that_is_not_right_ends_it(lab, authority, open_front, tmp_path):
    def refuse(context, authorities, words, url=lambda front: front.url):
        asked = len(lab.asked)
        front = open_front(Front, context, port_of(lab))
        said = run("monitor", url(front), "--log", lab.log.key.vkey, check=UNREACHABLE, authorities=authorities)
        assert words in said.stderr and url(front) in said.stderr, said.stderr
        assert len(lab.asked) == asked, "nothing is asked of whom one does not trust"
    mine = authority.certify("127.0.0.1")
    refuse(mine, None, "SSL_CERT_FILE")
    refuse(mine, Authority(tmp_path, "stranger").path, "not vouched for by an authority")
    refuse(authority.certify("127.0.0.1", until=-DAY), authority.path, "has expired")
    refuse(authority.certify("trace.example.cn", "127.0.0.2"), authority.path, "that of another host")
    refuse(mine, authority.path, "that of another host", lambda front: front.url.replace("127.0.0.1", "localhost"))
    refuse(mine, tmp_path / "nothing", "cannot be read")


def test_what_does_not_speak_tls_or_http_is_said(lab, authority, open_front):
    front = open_front(Front, authority.certify("127.0.0.1"), port_of(lab))
    run("monitor", lab.url.replace("http:", "https:"), check=UNREACHABLE, authorities=authority.path)
    run("monitor", front.url.replace("https:", "http:"), check=UNREACHABLE)
    for url in ("ftp://127.0.0.1/log", "https://me@127.0.0.1", "https://127.0.0.1/log?x=1", "trace.example.cn", "https://"):
        run("monitor", url, check=USAGE)


def test_redirects_and_floods_are_not_followed(lab):
    lab.answer = lambda path: (302, {"Location": "http://127.0.0.1:1" + path}, b"")
    said = run("monitor", lab.url, "--log", lab.log.key.vkey, check=GOOD)
    assert "has no head yet" in said.stdout and lab.asked == ["/log/checkpoint", "/checkpoint"], "below /log, or at the root"
    lab.answer = lambda path: (200, {}, bytes(17 << 20))
    assert "says too much" in run("monitor", lab.url, "--log", lab.log.key.vkey, check=UNREACHABLE).stderr
    lab.answer = lambda path: (200, {f"X-{n}": "x" * 1000 for n in range(20)}, b"")
    assert "says too much" in run("monitor", lab.url, "--log", lab.log.key.vkey, check=UNREACHABLE).stderr


def test_a_proxy_is_used_for_hosts_elsewhere_only(lab, authority, open_front):
    front = open_front(Front, authority.certify("farm.example.cn", "127.0.0.1"), port_of(lab))
    proxy = open_front(Proxy, farm=front.port)
    run("monitor", "https://farm.example.cn", "--log", lab.log.key.vkey, check=GOOD, authorities=authority.path, proxy=proxy.url)
    assert proxy.asked == [("CONNECT", "farm.example.cn:443")], "one connection for all that is asked"
    run("monitor", front.url, "--log", lab.log.key.vkey, check=GOOD, authorities=authority.path, proxy=proxy.url)
    assert len(proxy.asked) == 1


class Recorder(Server):
    """Remembers with which keys it was asked."""

    def __init__(self):
        super().__init__(Log())
        self.keys, recorder = [], self

        class Handler(self.http.RequestHandlerClass):
            def do_GET(self):
                recorder.keys.append(self.headers.get("Authorization"))
                super().do_GET()
        self.http.RequestHandlerClass = Handler


def test_a_key_goes_only_where_it_was_sent(authority, open_front, tmp_path):
    recorder = Recorder()
    recorder.answer = lambda path: (200, {"Content-Type": "application/json"}, b'{"items":[]}')
    front = open_front(Front, authority.certify("farm.example.cn"), port_of(recorder))
    proxy = open_front(Proxy, farm=front.port)
    (tmp_path / "admin.key").write_text("ftk_of_this_machine\n")
    remote = {"authorities": authority.path, "proxy": proxy.url}
    url = ("--url", "https://farm.example.cn", "--data", tmp_path)
    run("key", "list", *url, check=GOOD, **remote)
    run("key", "list", *url, "--key-file", tmp_path / "admin.key", check=GOOD, **remote)
    run("key", "list", *url, check=GOOD, KEY="ftk_named", **remote)
    run("verify", "https://farm.example.cn/t/B7K3F9Q2MX4TC", "--data", tmp_path, check=4, KEY="ftk_named", **remote)
    assert recorder.keys == [None, "Bearer ftk_of_this_machine", "Bearer ftk_named", None]
    said = run("key", "list", "--url", "http://farm.example.cn", check=USAGE, KEY="ftk_named", proxy=proxy.url)
    assert "use https" in said.stderr and len(recorder.keys) == 4
    recorder.close()


def test_a_trail_is_verified_at_its_address(service, district, authority, open_front):
    lot = district.farm().harvest(1)
    wait_until_logged(service, district.public)
    front = open_front(Front, authority.certify("127.0.0.1"), service.port)
    trust = ("--registrar", service.data / "registrar.vkey")
    run("verify", f"{front.url}/t/{lot['code']}", *trust, check=GOOD, authorities=authority.path)
    assert "SSL_CERT_FILE" in run("verify", f"{front.url}/t/{lot['code']}", *trust, check=UNREACHABLE).stderr


def test_witnesses_behind_tls_are_fed(new_service, authority, open_front, tmp_path):
    watched = Watched(new_service, tmp_path)
    watched.grow()
    fronts = [open_front(Front, authority.certify("127.0.0.1"), port_of(witness)) for witness in watched.witnesses]
    service = open_front(Front, authority.certify("127.0.0.1"), watched.service.port)
    asked = [part for front in fronts for part in ("--witness", front.url + "/w")]

    def feed(authorities, check):
        return run("feed-witness", service.url, "--data", watched.service.data, *asked, check=check, authorities=authorities)
    assert "SSL_CERT_FILE" in feed(None, UNREACHABLE).stderr
    assert feed(authority.path, GOOD).stdout.count("has cosigned") == 3
    assert watched.head().size == watched.latest().size
    watched.close()
