# SPDX-License-Identifier: Apache-2.0
"""What is refused before, while and after a body is read, and how often one may ask."""
import socket
import time

import pytest

from conftest import request_bytes

OCTETS = {"Content-Type": "application/octet-stream"}


def checksum(data):
    value = 0
    for byte in data:
        value = (value * 31 + byte) & 0xffffffff
    return value


def chunked(*pieces):
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


def test_bodies_arrive_whole(server):
    data = bytes(range(256)) * 4096
    answer = server.ask("POST", "/raw", OCTETS, data)
    assert answer.body.decode() == f"{len(data)} {checksum(data)}"


def test_chunked_bodies_arrive_whole(server):
    data = b"0123456789" * 1000
    with server.connect() as c:
        c.send(request_bytes("POST", "/raw", {**OCTETS, "Transfer-Encoding": "chunked"}))
        c.send(chunked(data[:1], data[1:5000], data[5000:]))
        assert c.read().body.decode() == f"{len(data)} {checksum(data)}"
        c.send(request_bytes("GET", "/echo/a/b"))
        assert c.read().status == 200


def test_a_slow_body_arrives_whole(server):
    body = b'{"name":"slowly","number":9}'
    with server.connect() as c:
        c.send(request_bytes("POST", "/orders", {"Content-Length": len(body), "Content-Type": "application/json"}))
        for i in range(len(body)):
            time.sleep(0.01)
            c.send(body[i:i + 1])
        assert c.read().json()["number"] == 9


def test_a_body_that_crawls_is_cut_off(start):
    server = start(IDLE_TIMEOUT=1)
    with server.connect() as c:
        c.send(request_bytes("POST", "/raw", {**OCTETS, "Content-Length": 100000}))
        began = time.monotonic()
        with pytest.raises((BrokenPipeError, ConnectionResetError, EOFError)):
            while time.monotonic() - began < 8:
                c.send(b"x")
                time.sleep(0.2)
            pytest.fail("still open")
        assert time.monotonic() - began > 0.9


def test_idle_connections_are_closed(start):
    server = start(IDLE_TIMEOUT=1)
    with server.connect() as c:
        assert c.is_closed(5)


def test_an_announced_length_beyond_the_row_is_refused_and_swallowed(server):
    with server.connect() as c:
        c.send(request_bytes("POST", "/orders", None, b"x" * 70000))
        assert c.read().slug() == "body-too-large"
        c.send(request_bytes("GET", "/echo/a/b"))
        assert c.read().status == 200


def test_a_huge_announced_length_is_refused_at_once(server):
    with server.connect() as c:
        c.send(request_bytes("POST", "/orders", {"Content-Length": 10 ** 12, "Content-Type": "application/json"}))
        answer = c.read()
        assert (answer.status, answer.headers["connection"]) == (413, "close")
        assert c.is_closed()


def test_a_chunked_body_is_counted_while_it_comes(server):
    with server.connect() as c:
        c.send(request_bytes("POST", "/orders", {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}))
        c.send(chunked(b"x" * 60000, b"x" * 60000))
        assert c.read().slug() == "body-too-large"


def test_a_chunked_body_without_end_is_cut_off(server):
    with server.connect() as c:
        c.send(request_bytes("POST", "/orders", {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}))
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(2000):
                c.send(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            pytest.fail("32 MB were taken")


def test_a_row_without_bodies_takes_none(server):
    assert server.ask("GET", "/echo/a/b", None, "x").slug() == "body-too-large"
    assert server.ask("POST", "/release", None, "").status == 200
    with server.connect() as c:
        c.send(request_bytes("GET", "/echo/a/b", {"Transfer-Encoding": "chunked"}) + chunked(b"x"))
        assert c.read().slug() == "body-too-large"


@pytest.mark.parametrize("target,headers,slug", [
    ("/orders", {"Content-Length": "70000", "Content-Type": "application/json"}, "body-too-large"),
    ("/orders", {"Content-Length": "10", "Content-Type": "text/plain"}, "unsupported-media-type"),
    ("/private", {"Content-Length": "10", "Content-Type": "application/json"}, "unauthorized"),
    ("/private", {"Content-Length": "10", "Authorization": "Bearer key-read"}, "forbidden"),
    ("/private", {"Content-Length": "10", "Authorization": "Bearer slow-bad"}, "unauthorized"),
    ("/nowhere", {"Content-Length": "10"}, "not-found"),
    ("/echo/a/b", {"Content-Length": "10"}, "method-not-allowed"),
    ("/orders", {"Transfer-Encoding": "chunked", "Content-Type": "text/plain"}, "unsupported-media-type")])
def test_who_asks_first_is_refused_before_sending(server, target, headers, slug):
    with server.connect() as c:
        c.send(request_bytes("POST", target, {**headers, "Expect": "100-continue"}))
        assert c.read().slug() == slug


@pytest.mark.parametrize("key", [None, "Bearer key-capture", "Bearer slow-capture"])
def test_who_asks_first_is_told_to_go_on(server, key):
    body = b'{"name":"x","number":8}'
    headers = {"Content-Length": len(body), "Content-Type": "application/json", "Expect": "100-continue"}
    if key:
        headers["Authorization"] = key
    with server.connect() as c:
        c.send(request_bytes("POST", "/private" if key else "/orders", headers))
        assert c.read_head()[0] == 100
        c.send(body)
        assert c.read().json()["number"] == 8


@pytest.mark.parametrize("headers", [
    "Content-Length: 5\r\nTransfer-Encoding: chunked", "Content-Length: 5\r\nContent-Length: 6",
    "Content-Length: 5\r\nContent-Length: 5", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity",
    "Content-Length : 5", "Content-Length: +5", "Content-Length: 5, 5", "Content-Length: 0x5", "Content-Length: -1"])
def test_ambiguous_framing_ends_the_connection(server, headers):
    with server.connect() as c:
        c.send(f"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{headers}\r\n\r\n"
               "GET /cached/page HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = c.read()
        assert answer.status == 400
        with pytest.raises((EOFError, ConnectionResetError)):
            c.read()


def test_bodies_in_flight_share_a_budget(start):
    server = start(BODY_MEMORY=5)
    with server.connect() as first, server.connect() as second:
        first.send(request_bytes("POST", "/raw", {**OCTETS, "Content-Length": 4000000}))
        first.send(b"x" * 1000)
        assert server.wait_for(lambda: server.get("/counters").json()["bodyBytes"] == 1000)
        second.send(request_bytes("POST", "/raw", {**OCTETS, "Content-Length": 4000000, "Expect": "100-continue"}))
        answer = second.read()
        assert (answer.status, answer.slug(), answer.headers["retry-after"]) == (503, "busy", "1")
        assert server.ask("POST", "/raw", OCTETS, b"small").status == 200
        # A chunked body pays as it comes.
        with server.connect() as third:
            third.send(request_bytes("POST", "/raw", {**OCTETS, "Transfer-Encoding": "chunked"}))
            third.send(chunked(b"x" * 900000, b"y" * 900000))
            assert third.read().slug() == "busy"
        first.close()
        assert server.wait_for(lambda: server.get("/counters").json()["bodyBytes"] == 0)
        assert server.ask("POST", "/raw", OCTETS, b"x" * 4000000).status == 200


def test_a_row_has_a_rate_of_its_own(start):
    server = start()
    answers = [server.get("/limited") for _ in range(7)]
    assert [a.status for a in answers] == [200] * 5 + [429] * 2
    assert answers[-1].slug() == "too-many-requests" and 1 <= int(answers[-1].headers["retry-after"]) <= 12
    assert server.get("/echo/a/b").status == 200
    assert server.get("/limited", Authorization="Bearer key-read").status == 200


def test_addresses_and_keys_have_their_rates(start):
    server = start(RATE_PUBLIC=3, RATE_READ=4, RATE_WRITE=2)
    assert [server.get("/echo/a/b").status for _ in range(4)] == [200] * 3 + [429]
    key = {"Authorization": "Bearer key-capture"}
    assert [server.ask("GET", "/echo/a/b", key).status for _ in range(5)] == [200] * 4 + [429]
    assert [server.ask("POST", "/orders", key, '{"name":"x"}').status for _ in range(3)] == [201] * 2 + [429]


def test_guessing_keys_is_limited_by_address(start):
    server = start(RATE_PUBLIC=3)
    statuses = [server.get("/private", Authorization=f"Bearer slow-{i}").status for i in range(5)]
    assert statuses == [401] * 3 + [429] * 2


def test_forwarded_addresses_are_believed_only_behind_a_proxy(start, server):
    assert server.get("/echo/a/b", X_Forwarded_For="192.0.2.7").json()["address"] == "127.0.0.1"
    proxied = start(BEHIND_PROXY="true", RATE_PUBLIC=2)
    assert proxied.get("/echo/a/b", X_Forwarded_For="6.6.6.6, 192.0.2.7").json()["address"] == "192.0.2.7"
    assert proxied.get("/echo/a/b", X_Forwarded_For="2001:db8::1").json()["address"] == "2001:db8::1"
    assert proxied.get("/echo/a/b", X_Forwarded_For="nonsense").json()["address"] == "127.0.0.1"
    assert [proxied.get("/echo/a/b", X_Forwarded_For="192.0.2.9").status for _ in range(3)] == [200, 200, 429]
    assert proxied.get("/echo/a/b", X_Forwarded_For="192.0.2.10").status == 200


def test_headers_have_a_limit(server):
    assert server.get("/echo/a/b", X_Long="x" * 60000).status == 431
    with server.connect() as c:
        c.send("GET /" + "a" * 60000 + " HTTP/1.1\r\nHost: x\r\n\r\n")
        assert c.read().status == 414


def test_a_client_that_leaves_in_the_middle_of_a_body_gives_its_memory_back(start):
    server = start()
    for _ in range(20):
        with server.connect() as c:
            c.send(request_bytes("POST", "/raw", {**OCTETS, "Content-Length": 100000}))
            c.send(b"x" * 50000)
            c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert server.wait_for(lambda: server.get("/counters").json()["bodyBytes"] == 0)
