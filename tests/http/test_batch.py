# SPDX-License-Identifier: Apache-2.0
"""Records that are committed together depend on each other as if they had come one by one."""
import contextlib
import threading
import time

import pytest
from conftest import District, ago, kg, line, uuid7
from service import Contract, wait_for


@pytest.fixture(scope="module")
def service(new_service):
    """With one writer: with several it depends on the ids of the parties whose records are committed together."""
    made = new_service(CAPTURE_WRITERS=1).start()
    made.contract = Contract.of_server()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def district(service):
    return District(service)


@pytest.fixture
def one_batch(service, farm, packer):
    """Sends (api, record) pairs so that they are committed together, in this order; answers their replies."""

    @contextlib.contextmanager
    def writer_held():
        """The writer waits for the key of a party whose row is locked: what comes meanwhile gathers behind it."""
        connection = service.cluster.connect(service.database)
        connection.autocommit = False
        cursor = connection.cursor()
        cursor.execute("SELECT FROM key_head WHERE org_id = %s FOR UPDATE", [packer.id])
        blocker = threading.Thread(target=packer.record, args=("sell", ago(hours=1)), kwargs={"lots": [line(blocking, 1)]})
        blocker.start()
        assert wait_for(lambda: service.value("SELECT count(*) FROM pg_locks WHERE NOT granted"), 5)
        yield
        connection.rollback()
        connection.close()
        blocker.join()

    blocking = farm.harvest(1)
    packer.receive(farm.ship(packer, line(blocking, 1)))

    def batches():
        return [farm.district.metric(f"farmtrail_capture_{name}_total") for name in ("batches", "retries")]

    def send(*pairs):
        replies, threads = [None] * len(pairs), []
        before = batches()

        def post(n, api, record):
            replies[n] = api.post("/v1/events", record)

        with writer_held():
            for n, (api, record) in enumerate(pairs):
                threads.append(threading.Thread(target=post, args=(n, api, record)))
                threads[-1].start()
                time.sleep(0.05)  # they queue in this order
        for thread in threads:
            thread.join()
        assert [after - was for after, was in zip(batches(), before)] == [2, 0], "the one held, and ours; none again"
        return replies

    return send


def harvest(**members):
    return {"type": "harvest", "time": ago(hours=9), "site": "P1", "product": "PAKCHOI", "quantity": kg(10), **members}


def sell(lot, amount):
    return {"type": "sell", "time": ago(hours=1), "lots": [line(lot, amount)]}


def pack(source, amount, **output):
    return {"type": "pack", "time": ago(hours=2), "inputs": [line(source, amount)],
            "outputs": [{"product": "PAKCHOI", "quantity": kg(amount), **output}]}


def test_a_record_is_repeated_within_its_batch(one_batch, farm):
    record = harvest(id=uuid7())
    replies = one_batch(*[(farm, record)] * 5)
    assert [reply.status for reply in replies] == [201, 200, 200, 200, 200] and len({reply.body for reply in replies}) == 1
    assert farm.stock(replies[0].json()["lots"][0])["on_hand"] == 10


def test_an_id_is_taken_within_its_batch(one_batch, farm, packer):
    record = harvest(id=uuid7())
    replies = one_batch((farm, record), (farm, {**record, "quantity": kg(11)}), (packer, record))
    assert [reply.status for reply in replies] == [201, 409, 409]


def test_a_lot_of_this_batch_is_used_and_sold(one_batch, farm):
    id_ = uuid7()
    replies = one_batch((farm, harvest(lot="NEW")), (farm, pack("NEW", 4, lot="NEXT")), (farm, sell("NEXT", 3)), (farm, sell("NEXT", 2)),
                        (farm, harvest(lot="NEW", id=id_)), (farm, sell(id_, 16)), (farm, sell(id_, 1)))
    assert [reply.status for reply in replies] == [201, 201, 201, 409, 201, 201, 409]
    new, next_ = replies[0].json()["lots"][0], replies[1].json()["lots"][0]
    assert replies[4].json()["lots"][0] == new
    assert farm.stock(new) == {"on_hand": 0, "in_transit": 0, "sold": 16, "destroyed": 0, "deficit": 0}
    assert farm.stock(next_)["on_hand"] == 1


def test_goods_are_shipped_and_received_within_a_batch(one_batch, farm, packer):
    shipped = uuid7()
    ship = {"id": shipped, "type": "ship", "time": ago(hours=3), "to": packer.number, "lots": [line("NEW", 6)]}
    receive = {"type": "receive", "time": ago(hours=2), "shipment": shipped}
    replies = one_batch((farm, harvest(lot="NEW")), (farm, ship), (packer, receive), (packer, receive), (packer, sell(shipped, 2)))
    assert [reply.status for reply in replies] == [201, 201, 201, 409, 201]
    lot = replies[0].json()["lots"][0]
    assert packer.stock(lot) == {"on_hand": 4, "in_transit": 0, "sold": 2, "destroyed": 0, "deficit": 0}
    assert farm.stock(lot)["on_hand"] == 4 and farm.stock(lot)["in_transit"] == 0


def test_what_a_refused_record_would_have_made_is_not_there(one_batch, farm):
    lot = farm.harvest(5, lot="HAVE")
    replies = one_batch((farm, pack("HAVE", 6, lot="GHOST")), (farm, sell("GHOST", 1)), (farm, pack("HAVE", 5, lot="REAL")),
                        (farm, sell("REAL", 5)), (farm, sell("HAVE", 1)))
    assert [reply.status for reply in replies] == [409, 409, 201, 201, 409]
    assert [reply.problem() for reply in replies if reply.status == 409] == ["lot-short", "not-known-yet", "lot-short"]
    assert farm.stock(lot)["on_hand"] == 0


def test_a_circle_within_a_batch_is_refused(one_batch, farm):
    farm.harvest(9, lot="A")
    replies = one_batch((farm, pack("A", 1, lot="B")), (farm, pack("B", 1, lot="C")), (farm, pack("C", 1, lot="A")))
    assert [reply.status for reply in replies] == [201, 201, 422] and replies[2].problem() == "lineage-cycle"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["use first", "harvest first"])
def test_use_and_harvest_of_one_batch_meet(one_batch, farm, service, order):
    records = [{"type": "treat", "time": "2026-05-03T08:00:00+08:00", "site": "P1", "product": "阿维菌素 1.8%乳油"},
               harvest(time="2026-05-05T08:00:00+08:00")]
    replies = one_batch(*((farm, records[n]) for n in order))
    alerts = [alert for reply in replies for alert in reply.json()["alerts"]]
    assert len(alerts) == 1
    assert service.rows("SELECT rule, severity FROM alert WHERE id = %s", alerts[0]) == [("I01", 1)]


def test_what_is_sold_in_the_batch_that_finds_it_is_critical(one_batch, farm, service):
    use = {"type": "treat", "time": "2026-05-03T08:00:00+08:00", "site": "P1", "product": "阿维菌素 1.8%乳油"}
    reaped = harvest(time="2026-05-05T08:00:00+08:00", lot="EARLY")
    replies = one_batch((farm, use), (farm, reaped), (farm, sell("EARLY", 1)))
    [alert] = replies[1].json()["alerts"]
    assert service.rows("SELECT rule, severity FROM alert WHERE id = %s", alert) == [("I01", 0)]


def test_numbers_of_keys_and_heads_of_lots_go_on_within_a_batch(one_batch, farm, service):
    replies = one_batch((farm, harvest(lot="L")), (farm, sell("NONE", 1)), (farm, harvest(lot="L")), (farm, sell("L", 1)))
    stored = [reply.json()["event"] for reply in replies if reply.status == 201]
    rows = service.rows("SELECT id::text, seq, statement, encode(statement_sha256, 'base64') FROM event WHERE id = ANY(%s::uuid[])"
                        " ORDER BY seq", stored)
    assert [row[0] for row in rows] == stored and [row[1] - rows[0][1] for row in rows] == [0, 1, 2]
    for before, after in zip(rows, rows[1:]):
        assert f"\nprev {before[3]}\n" in bytes(after[2]).decode()


def test_times_of_recording_go_on_after_a_clock_that_ran_ahead(new_service):
    service = new_service().start()
    farm = District(service).farm()
    farm.harvest(1)
    service.stop()
    service.cluster.execute(service.database, "UPDATE event SET recorded_at = now() + interval '1 hour'")
    service.start()
    for _ in range(3):
        farm.harvest(1)
    recorded = [item["recordedAt"] for item in farm.read("/v1/events")["items"]]
    assert recorded == sorted(recorded, reverse=True) and len(set(recorded)) == 4
    assert service.value("SELECT min(recorded_at) > now() + interval '59 minutes' FROM event")
    service.stop()
