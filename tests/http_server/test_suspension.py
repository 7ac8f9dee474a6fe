# SPDX-License-Identifier: Apache-2.0
"""Connections that wait for workers and completions: order, disconnects, full queues, stopping."""
import resource
import threading
import time

import pytest

from conftest import request_bytes


def submit(name, delay_ms=0):
    return request_bytes("POST", "/submit", None, f'{{"name":"{name}","number":{delay_ms}}}')


def test_a_call_in_two_halves_is_answered_after_its_completion(server):
    with server.connect() as c:
        began = time.monotonic()
        c.send(submit("a", 100))
        answer = c.read()
        assert (answer.status, answer.body) == (201, b"stored a")
        assert time.monotonic() - began >= 0.1


@pytest.mark.parametrize("name,status", [("refuse-prepare", 409), ("refuse-submit", 503), ("refuse-commit", 409),
                                         ("at-once", 201)])
def test_each_half_may_refuse_and_the_connection_lives_on(server, name, status):
    with server.connect() as c:
        for _ in range(2):
            c.send(submit(name))
            assert c.read().status == status


@pytest.mark.parametrize("what,status,body", [
    ("common", 200, b"stored common"), ("at-once", 200, b"stored at-once"), ("rare", 200, b"slowly read rare"),
    ("stale", 200, b"slowly read stale"), ("failed", 200, b"slowly read failed"),
    ("refuse-submit", 503, None), ("full", 503, None), ("nothing", 404, None)])
def test_a_read_is_answered_by_one_submission_or_else_by_a_worker(server, what, status, body):
    with server.connect() as c:
        for _ in range(3):
            c.send(request_bytes("GET", f"/read/{what}"))
            answer = c.read()
            assert answer.status == status
            assert body is None or answer.body == body


def test_two_requests_on_one_connection_are_answered_in_order(server):
    with server.connect() as c:
        c.send(submit("first", 100) + request_bytes("GET", "/cached/page") + submit("third") +
               request_bytes("GET", "/nowhere"))
        assert c.read().body == b"stored first"
        assert len(c.read().body) == 4096
        assert c.read().body == b"stored third"
        assert c.read().status == 404


def test_others_are_served_while_one_waits(server):
    with server.connect() as waiting:
        waiting.send(submit("hold"))
        assert server.wait_for(lambda: server.get("/counters").json()["inFlight"] == 2)
        assert server.get("/cached/page").status == 200
        assert waiting.is_quiet(0.1)
        server.ask("POST", "/release")
        assert waiting.read().body == b"stored hold"


def test_two_hundred_calls_may_wait_at_once(server):
    connections = [server.connect(30) for _ in range(200)]
    for c in connections:
        c.send(submit("hold"))
    assert server.wait_for(lambda: server.get("/counters").json()["inFlight"] == 201)
    assert server.get("/cached/page").status == 200
    server.ask("POST", "/release")
    for c in connections:
        assert c.read().body == b"stored hold"
        c.close()


def test_clients_may_leave_while_their_call_waits(start):
    server = start()
    for _ in range(50):
        with server.connect() as c:
            c.send(submit("hold"))
    for _ in range(10):
        with server.connect() as c:
            c.send(request_bytes("GET", "/slow?ms=50"))
    assert server.wait_for(lambda: server.get("/counters").json()["inFlight"] == 51)
    server.ask("POST", "/release")
    assert server.wait_for(lambda: server.get("/counters").json()["inFlight"] == 1)
    assert server.get("/cached/page").status == 200


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip(f"{hard} descriptors are too few to fill the queue")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))  # the server inherits it
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_full_queue_answers_busy(many_descriptors, start):
    server = start(WORKER_THREADS=1, CONNECTION_LIMIT=4096)
    room, too_many = 2048, 20
    with server.connect(30) as blocker:
        blocker.send(request_bytes("GET", "/slow?ms=4000"))
        time.sleep(0.3)
        connections = [server.connect(30) for _ in range(room + too_many)]
        for c in connections:
            c.send(request_bytes("GET", "/echo/a/b"))
        statuses = [c.read().status for c in connections if not c.is_quiet(0.001)]
        assert statuses == [503] * too_many
        assert server.get("/cached/page").status == 200  # needs no worker
        assert blocker.read().body == b"slow"
        # Those that were refused have had their answer: they stay quiet, the others come through.
        answered = [c for c in connections if not c.is_quiet(5 if c is connections[0] else 0.2)]
        assert [c.read().status for c in answered] == [200] * room
        for c in connections:
            c.close()


def test_stopping_lets_calls_finish_and_takes_no_more(start):
    server = start(5000)
    with server.connect() as slow, server.connect() as waiting, server.connect() as idle:
        slow.send(request_bytes("GET", "/slow?ms=300"))
        waiting.send(submit("x", 400))
        idle.send(request_bytes("GET", "/cached/page"))
        assert idle.read().status == 200
        time.sleep(0.1)
        began = time.monotonic()
        server.begin_stop()
        answer = slow.read()
        assert (answer.status, answer.body, answer.headers["connection"]) == (200, b"slow", "close")
        assert waiting.read().body == b"stored x"
        assert idle.is_closed()
    server.stop()
    assert time.monotonic() - began < 4
    with pytest.raises(ConnectionRefusedError):
        server.connect()


def test_stopping_does_not_wait_for_ever_and_claims_nothing_unknown(start):
    server = start(300)
    with server.connect() as held:
        held.send(submit("hold"))
        assert server.wait_for(lambda: server.get("/counters").json()["inFlight"] == 2)
        server.begin_stop()
        # Whether it was stored is not known: no answer is better than a wrong one.
        assert held.is_closed(10)
    server.stop()


def test_what_has_not_begun_is_refused_when_the_server_stops(start):
    server = start(200, WORKER_THREADS=1)
    with server.connect() as running, server.connect() as queued, server.connect() as unknown:
        running.send(request_bytes("GET", "/slow?ms=1500"))
        time.sleep(0.2)
        queued.send(request_bytes("GET", "/echo/a/b"))
        unknown.send(request_bytes("GET", "/private", {"Authorization": "Bearer slow-capture"}))
        time.sleep(0.2)
        server.begin_stop()
        assert queued.read().slug() == "busy"
        assert unknown.read().slug() == "busy"
        assert running.read().body == b"slow"
    server.stop()


def test_stopping_under_load_ends_cleanly(start):
    requests = [submit("x", 1), request_bytes("GET", "/cached/page"), request_bytes("GET", "/read/common"),
                request_bytes("GET", "/read/stale")]
    for round_number in range(3):
        server = start(200 * round_number, WORKER_THREADS=3)
        ends = threading.Event()
        counts = [0] * 12  # answers, by thread

        def load(index):
            while not ends.is_set():
                try:
                    with server.connect(5) as c:
                        for _ in range(20):
                            c.send(requests[index % len(requests)])
                            c.send(request_bytes("GET", f"/slow?ms={index}"))
                            c.read()
                            c.read()
                            counts[index] += 1
                except (OSError, EOFError):
                    time.sleep(0.01)

        threads = [threading.Thread(target=load, args=(i,)) for i in range(len(counts))]
        for t in threads:
            t.start()
        time.sleep(0.7)
        server.begin_stop()
        server.stop()
        ends.set()
        for t in threads:
            t.join()
        assert sum(counts) > 20
