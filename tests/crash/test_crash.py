# SPDX-License-Identifier: Apache-2.0
"""Killed at random instants under load, nothing acknowledged is lost, nothing repeated is doubled, and no repair is needed."""
import collections
import os
import random
import signal
import socket
import time

from load import Load
from service import wait_for


def pause():
    time.sleep(random.uniform(0.05, 0.8))


def test_the_server_is_killed(service, kills):
    with Load(service) as load:
        load.wait_for_more(20)
        for _ in range(kills):
            pause()
            service.process.kill()
            service.process.wait()
            service.start()
            load.wait_for_more(10)
    load.check()
    assert sum(client.repeated for client in load.clients) > 0, "no client noticed a kill"


def test_the_signer_is_killed(service, kills):
    with Load(service) as load:
        load.wait_for_more(20)
        for _ in range(2 * kills):
            pause()
            os.kill(service.signer_pid(), signal.SIGKILL)
            load.wait_for_more(10)
    load.check()


def test_the_database_is_killed(service, kills):
    with Load(service) as load:
        load.wait_for_more(20)
        for _ in range(kills):
            pause()
            service.cluster.kill()
            time.sleep(random.uniform(0, 0.3))
            service.cluster.start()
            load.wait_for_more(10)
            assert service.process.poll() is None, "the server outlives its database"
    load.check()


def test_connections_of_the_database_are_killed(service, kills):
    """Each of its backends, alone: PostgreSQL then restarts all of them."""
    with Load(service) as load:
        load.wait_for_more(20)
        for _ in range(kills):
            pause()
            pids = [pid for pid, in service.rows("SELECT pid FROM pg_stat_activity WHERE datname = 'farmtrail'"
                                                 " AND pid <> pg_backend_pid()")]
            os.kill(random.choice(pids), signal.SIGKILL)
            wait_for(service.cluster.is_ready)
            load.wait_for_more(10)
    load.check()


def test_everything_is_killed_at_once(service, kills):
    with Load(service) as load:
        load.wait_for_more(20)
        for _ in range(kills):
            pause()
            service.process.kill()
            service.cluster.kill()
            service.process.wait()
            service.cluster.start()
            service.start()
            load.wait_for_more(10)
    load.check()


def kill_server(service):
    service.process.kill()
    service.process.wait()
    service.start()


def kill_signer(service):
    pid = service.signer_pid()
    if pid:  # it may be starting again just now
        os.kill(pid, signal.SIGKILL)


def kill_database(service):
    service.cluster.kill()
    time.sleep(random.uniform(0, 0.3))
    service.cluster.start()


def kill_all(service):
    service.process.kill()
    service.cluster.kill()
    service.process.wait()
    service.cluster.start()
    service.start()


def test_any_of_them_is_killed_at_any_instant(service, is_long):
    """The matrix: one load through all of it; what was acknowledged is there once, verifies, and the stock follows from it."""
    done = collections.Counter()
    with Load(service) as load:
        load.wait_for_more(20)
        for _ in range(200 if is_long else 8):
            pause()
            kill = random.choice((kill_server, kill_signer, kill_database, kill_all))
            kill(service)
            done[kill.__name__] += 1
            load.wait_for_more(5)
    load.check(verify=2000 if is_long else 40)
    print(f"{dict(done)}: {load.count()} acknowledged, {sum(client.repeated for client in load.clients)} repeated, refused "
          f"{sum((client.refused for client in load.clients), collections.Counter())}")


def test_a_graceful_stop_under_load_answers_what_is_in_hand(service):
    """SIGTERM: clients see closed connections before a request is taken, never a lost answer."""
    with Load(service) as load:
        for _ in range(3):
            load.wait_for_more(30)
            service.stop()
            stored = len(load.stored())
            assert wait_for(lambda: load.count() == stored, 5), f"{stored} stored, {load.count()} answered"
            service.start()
    load.check()


def test_a_stop_does_not_wait_for_idle_clients(service):
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", service.port)) as idle, socket.create_connection(("127.0.0.1", service.port)) as half:
        half.sendall(b"POST /v1/events HTTP/1.1\r\nContent-Length: 10\r\n")
        service.stop(seconds=20)
        assert idle.recv(1) == b""
    assert time.monotonic() - began < 15
    service.start()
