# SPDX-License-Identifier: Apache-2.0
"""What a capture answers of the log: durable and queued; or, with Prefer: wait, under a signed head."""
import json
import signal
import threading

import pytest
from conftest import District, ago, kg, uuid7
from service import wait_for


def harvest(**members):
    return {"id": uuid7(), "type": "harvest", "time": ago(days=1), "site": "P1", "product": "PAKCHOI", "quantity": kg(10), **members}


def is_covered(service, event):
    return service.value("SELECT idx < (SELECT max(size) FROM log_checkpoint) FROM log_leaf WHERE kind = 'event' AND id = %s", event)


def test_a_receipt_says_that_the_record_waits_for_the_log_and_stays_the_same(farm):
    record = harvest()
    first = farm.post("/v1/events", record)
    assert first.status == 201 and first.json()["log"] == "queued" and "preference-applied" not in first.headers
    waited = farm.post("/v1/events", record, Prefer="wait=15")
    assert waited.json() == {**first.json(), "log": "logged"} and waited.headers["preference-applied"] == "wait=15"
    again = farm.post("/v1/events", record)
    assert again.status == 200 and again.body == first.body, "logged meanwhile, and still the receipt that was given"


@pytest.mark.parametrize("prefer", ["wait=15", "respond-async, Wait = 15 ; much, wait=0", "wait=9999"])
def test_who_prefers_to_wait_is_answered_under_a_head(farm, service, prefer):
    reply = farm.post("/v1/events", harvest(), Prefer=prefer)
    assert reply.status == 201 and reply.json()["log"] == "logged" and is_covered(service, reply.json()["event"])
    assert reply.headers["preference-applied"] == ("wait=20" if "9" in prefer else "wait=15")


@pytest.mark.parametrize("prefer", ["", "wait", "wait=", "wait=-1", "wait=0, wait=15", "wait=1.5", "wait=99999999999999999999", "await=15"])
def test_a_preference_that_is_none_changes_nothing(farm, prefer):
    reply = farm.post("/v1/events", harvest(), Prefer=prefer)
    assert reply.status == 201 and reply.json()["log"] == "queued" and "preference-applied" not in reply.headers


def test_a_refusal_does_not_wait(farm):
    reply = farm.post("/v1/events", harvest(site="NOWHERE"), Prefer="wait=15")
    assert reply.status == 404 and "preference-applied" not in reply.headers


def test_a_batch_waits_for_all_that_it_stored(farm, service):
    records = [harvest(lot="L1"), harvest(site="NOWHERE"), harvest()]
    reply = farm.post("/v1/events:batch", {"onError": "proceed", "records": records}, Prefer="wait=15")
    assert reply.status == 200 and reply.headers["preference-applied"] == "wait=15"
    first, refused, last = reply.json()["results"]
    assert first["log"] == last["log"] == "logged" and "log" not in refused
    assert is_covered(service, first["event"]) and is_covered(service, last["event"])


def test_a_key_replays_the_first_answer_without_waiting(farm):
    record, key = harvest(), uuid7()
    body = json.dumps(record).encode()
    waited = farm.post("/v1/events", body, Idempotency_Key=key, Prefer="wait=15")
    again = farm.post("/v1/events", body, Idempotency_Key=key, Prefer="wait=15")
    assert waited.json()["log"] == "logged" and again.headers["idempotent-replayed"] == "true"
    assert again.json() == {**waited.json(), "log": "queued"} and "preference-applied" not in again.headers


# — where no head comes —
class Waiting:
    """Captures that wait, each on a thread of its own."""

    def __init__(self, farm, count, prefer):
        self.replies = []
        self.threads = [threading.Thread(target=self.capture, args=(farm, prefer)) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def capture(self, farm, prefer):
        self.replies.append(farm.post("/v1/events", harvest(), Prefer=prefer))

    def end(self):
        for thread in self.threads:
            thread.join(120)
        return self.replies


@pytest.fixture
def headless(new_service):
    service = new_service(LOG_SEQUENCER="false", WORKER_THREADS="1").start()
    farm = District(service).farm()
    yield service, farm
    service.stop()


def is_a_receipt(reply):
    return reply.status == 201 and reply.json()["log"] == "queued" and "preference-applied" not in reply.headers


def test_when_the_time_runs_out_it_is_the_ordinary_answer(headless):
    service, farm = headless
    replies = Waiting(farm, 3, "wait=1").end()
    assert len(replies) == 3 and all(map(is_a_receipt, replies)), replies
    assert farm.district.metric("farmtrail_log_awaited") == 0


def test_who_waits_holds_up_nobody_and_is_answered_when_the_server_stops(headless):
    service, farm = headless
    lot = farm.harvest(1)
    waiting = Waiting(farm, 8, "wait=20")
    assert wait_for(lambda: farm.district.metric("farmtrail_log_awaited") == 8, 15)
    assert farm.get("/v1/lots/" + lot["id"]).status == 200, "by the only worker there is"
    service.process.send_signal(signal.SIGTERM)
    replies = waiting.end()
    assert len(replies) == 8 and all(map(is_a_receipt, replies)), replies
    assert service.process.wait(60) == 0
    service.start()
    assert all(farm.get("/v1/events/" + reply.json()["event"]).status == 200 for reply in replies)
