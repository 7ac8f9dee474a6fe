# SPDX-License-Identifier: Apache-2.0
"""Networks break: connections that end in the middle of a request, that are reset before the answer, that are read slowly or
never. Nothing half said is stored, nothing said is stored twice, and nobody else waits."""
import json
import random
import socket
import struct
import threading

import pytest
from load import tools
from service import wait_for

ROUNDS = 60


@pytest.fixture(scope="module")
def farm(service):
    made = tools.District(service).farm()
    made.lot = made.harvest(1)  # the connection of this thread is open
    return made


def harvest(farm):
    record = {"id": tools.uuid7(), "type": "harvest", "time": tools.ago(minutes=1), "site": "P1", "product": "PAKCHOI",
              "quantity": tools.kg(1)}
    return record, json.dumps(record).encode()


def request(farm, body, target="/v1/events"):
    return (f"POST {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {farm.key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def connect(service):
    return socket.create_connection(("127.0.0.1", service.port), timeout=60)


def reset(connection):
    """RST, not FIN: as a router that forgot it."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def stored(service, ids):
    return {row[0] for row in service.rows("SELECT id::text FROM event WHERE id = ANY(%s::uuid[])", list(ids))}


def test_what_ends_in_the_middle_is_not_stored(service, farm):
    ids = set()
    for n in range(ROUNDS):
        record, body = harvest(farm)
        whole = request(farm, body)
        connection = connect(service)
        connection.sendall(whole[:random.randrange(1, len(whole))])
        reset(connection) if n % 2 else connection.close()
        ids.add(record["id"])
    assert farm.harvest(1), "others are served"
    assert stored(service, ids) == set()


def test_what_was_reset_before_the_answer_is_stored_once(service, farm):
    """Whether it arrived nobody knows; sent again it is answered as the one that it is."""
    sent = {}
    for _ in range(ROUNDS):
        record, body = harvest(farm)
        connection = connect(service)
        connection.sendall(request(farm, body))
        reset(connection)
        sent[record["id"]] = body
    for id_, body in sent.items():
        reply = farm.post("/v1/events", body)
        assert reply.status in (200, 201) and reply.json()["event"] == id_
    assert stored(service, sent) == set(sent)
    assert service.value("SELECT count(*) FROM event_thing WHERE event = ANY(%s::uuid[])", list(sent)) == len(sent)


def test_bodies_that_never_end_take_no_room_for_ever(service, farm):
    """Of all bodies in hand together 64 MB are kept: those of the gone count no longer."""
    size = 4 * 1024 * 1024
    for _ in range(2):
        gone = []
        for _ in range(15):
            connection = connect(service)
            connection.sendall(request(farm, b" " * size, "/v1/events:batch")[:-size // 2])
            gone.append(connection)
        for connection in gone:
            reset(connection)
    filled = json.dumps({"records": [harvest(farm)[0]]}).encode()
    filled += b" " * (size - len(filled))
    assert wait_for(lambda: farm.post("/v1/events:batch", filled).status == 200)


def test_nobody_waits_for_who_never_speaks_or_never_reads(service, farm):
    silent, deaf = [], []
    for n in range(100):
        silent.append(connect(service))
        silent[-1].sendall(b"GET /healthz HTTP/1.1\r\n"[:n % 20])
    for _ in range(20):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        connection.connect(("127.0.0.1", service.port))
        head = f"GET /openapi.json HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {farm.key}\r\n\r\n".encode()
        connection.sendall(head * 4)
        deaf.append(connection)
    for _ in range(20):
        assert farm.get("/healthz").status == 200
        assert farm.harvest(1)
    for connection in deaf + silent:
        connection.close()


def test_the_answer_of_a_slow_reader_is_whole(service, farm):
    """Byte by byte, while others record."""
    expected = farm.get("/openapi.json", Accept_Encoding="identity").body
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    connection.connect(("127.0.0.1", service.port))
    connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    got = bytearray()

    def read():
        while True:
            part = connection.recv(1024)
            if not part:
                return
            got.extend(part)

    reader = threading.Thread(target=read)
    assert farm.harvest(1)
    reader.start()
    for _ in range(10):
        assert farm.harvest(1)
    reader.join(60)
    connection.close()
    assert bytes(got).split(b"\r\n\r\n", 1)[1] == expected
