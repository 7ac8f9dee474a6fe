# SPDX-License-Identifier: Apache-2.0
"""Where the server listens, and where it refuses to."""
import socket
import ssl
import subprocess

import pytest

from conftest import request_bytes


def refusal(start, **env):
    server = start(**env)
    assert server.port is None
    assert server.process.wait(10) == 1
    return server.first_line


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.1", "[::]", "::ffff:192.0.2.1"])
def test_other_than_loopback_needs_tls_or_a_proxy(start, address):
    line = refusal(start, LISTEN=address)
    assert line.startswith("refused FARMTRAIL_LISTEN: other than loopback needs FARMTRAIL_TLS_CERT")


@pytest.mark.parametrize("address", ["127.0.0.2", "localhost", "::1", "[::1]"])
def test_loopback_addresses_are_served(start, address):
    if ":" in address and not has_ipv6():
        pytest.skip("no IPv6 loopback here")
    server = start(LISTEN=address)
    server.host = {"localhost": "127.0.0.1"}.get(address, server.host)
    assert server.get("/echo/a/b").json()["address"] in ("127.0.0.1", "127.0.0.2", "::1")


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


@pytest.mark.parametrize("address", ["", "example.cn", "127.0.0.1.5", "::g", "[]"])
def test_only_addresses_are_addresses(start, address):
    assert refusal(start, LISTEN=address) == "refused FARMTRAIL_LISTEN: not an IPv4 or IPv6 address"


def test_a_taken_port_is_named(start, server):
    assert "another program listens" in refusal(start, PORT=server.port)


def test_a_foreign_address_is_named(start):
    assert "does not have the address" in refusal(start, LISTEN="192.0.2.1", BEHIND_PROXY="true")


@pytest.mark.parametrize("threads", [1, 4])
def test_any_number_of_threads_serves(start, threads):
    server = start(HTTP_THREADS=threads)
    assert server.get("/echo/a/b").status == 200


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    where = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
               "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", where / "key.pem", "-out",
               where / "cert.pem"]
    subprocess.run(command, check=True, capture_output=True)
    return where


def test_tls_serves_all_kinds_of_answers(start, certificate):
    server = start(TLS_CERT=certificate / "cert.pem", TLS_KEY=certificate / "key.pem")
    context = ssl.create_default_context(cafile=certificate / "cert.pem")
    with server.connect() as c:
        c.socket = context.wrap_socket(c.socket, server_hostname="127.0.0.1")
        c.send(request_bytes("GET", "/cached/page"))
        assert len(c.read().body) == 4096
        c.send(request_bytes("POST", "/submit", None, '{"name":"tls","number":20}'))
        assert c.read().body == b"stored tls"
        c.send(request_bytes("GET", "/slow?ms=20"))
        assert c.read().body == b"slow"


def test_tls_files_must_fit(start, certificate, tmp_path):
    cert, key = certificate / "cert.pem", certificate / "key.pem"
    assert refusal(start, TLS_CERT=cert).startswith("refused FARMTRAIL_TLS_KEY: a certificate and its key")
    assert refusal(start, TLS_CERT=cert, TLS_KEY=tmp_path / "no").startswith("refused FARMTRAIL_TLS_KEY: the file")
    assert refusal(start, TLS_CERT=key, TLS_KEY=key).startswith("refused FARMTRAIL_TLS_CERT: the certificate and")
