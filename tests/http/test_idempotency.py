# SPDX-License-Identifier: Apache-2.0
"""Idempotency-Key: the same request is carried out once and answered again as it was first."""
import json
import threading

import pytest
from conftest import District, ago, kg, line, uuid7
from service import Contract, wait_for

LOST = "UPDATE idempotency SET status = NULL, location = NULL, etag = NULL, media_type = NULL, answer = NULL"


def post(api, target, body, key):
    return api.post(target, body if isinstance(body, bytes) else json.dumps(body).encode(), Idempotency_Key=key)


def is_replay(reply, first):
    names = ("location", "etag", "content-type")
    assert (reply.status, reply.body, [reply.headers.get(name) for name in names]) == \
        (first.status, first.body, [first.headers.get(name) for name in names]), (reply, first)
    return reply.headers.get("idempotent-replayed") == "true"


def harvest(**members):
    return {"type": "harvest", "time": ago(days=1), "site": "P1", "product": "PAKCHOI", "quantity": kg(10), **members}


def sell(lot, amount, **members):
    return {"type": "sell", "time": ago(hours=1), "lots": [line(lot, amount)], **members}


def site(party, number):
    return {"party": party.id, "number": number, "kind": "plot", "name": {"zh": "地块", "en": "Plot"}, "region": party.region}


def once(service, wanted):
    return service.value("SELECT count(*) FROM idempotency WHERE " + wanted)


# — captures —
@pytest.mark.parametrize("members", [{}, {"id": None}], ids=["without id", "with id"])
def test_a_capture_is_carried_out_once(farm, service, members):
    record, key = harvest(**{name: uuid7() for name in members}), uuid7()
    first = post(farm, "/v1/events", record, key)
    assert first.status == 201 and "idempotent-replayed" not in first.headers
    before = service.snapshot()
    assert is_replay(post(farm, "/v1/events", record, key), first)
    assert service.snapshot() == before
    other = post(farm, "/v1/events", {**record, "quantity": kg(11)}, key)
    assert (other.status, other.problem()) == (422, "idempotency-mismatch")
    spaced = post(farm, "/v1/events", json.dumps(record).encode() + b" ", key)
    assert spaced.problem() == "idempotency-mismatch", "compared on raw bytes"
    assert service.snapshot() == before


def test_a_key_belongs_to_an_api_key_and_a_path(district, farm):
    record, key = harvest(), uuid7()
    first = post(farm, "/v1/events", record, key).json()
    second_key = type(district.admin)(farm.service, district.key(["capture", "read"], parties=[farm.id]))
    assert post(second_key, "/v1/events", record, key).json()["event"] != first["event"]
    batch = post(farm, "/v1/events:batch", {"records": [record]}, key)
    assert batch.status == 200 and batch.json()["results"][0]["event"] != first["event"]


def test_a_refused_capture_may_be_sent_again(farm, service):
    key = uuid7()
    record = sell("LATE", 3)
    for _ in range(2):
        assert post(farm, "/v1/events", record, key).problem() == "not-known-yet"
    farm.harvest(5, lot="LATE")
    first = post(farm, "/v1/events", record, key)
    assert first.status == 201
    assert is_replay(post(farm, "/v1/events", record, key), first)


def test_a_batch_is_answered_again_as_it_was_first(farm, service):
    body, key = {"records": [harvest(lot="B1"), harvest(), sell("B1", 4)]}, uuid7()
    first = post(farm, "/v1/events:batch", body, key)
    assert [result["status"] for result in first.json()["results"]] == [201] * 3
    before = service.snapshot()
    assert is_replay(post(farm, "/v1/events:batch", body, key), first) and service.snapshot() == before
    body["records"].pop()
    assert post(farm, "/v1/events:batch", body, key).problem() == "idempotency-mismatch"


def test_a_batch_of_which_a_part_is_in_is_gone_on_with(farm, service):
    """Records without ids are not doubled: their ids derive from the key."""
    body, key = {"onError": "proceed", "records": [harvest(lot="C1"), sell("C2", 4), sell("C1", 1)]}, uuid7()
    statuses = [[result["status"] for result in post(farm, "/v1/events:batch", body, key).json()["results"]] for _ in range(2)]
    assert statuses == [[201, 409, 201], [200, 409, 200]]
    other = post(farm, "/v1/events:batch", {**body, "records": body["records"][:1]}, key)
    assert other.problem() == "idempotency-mismatch"
    lot = farm.harvest(9, lot="C2")
    last = post(farm, "/v1/events:batch", body, key)
    assert [result["status"] for result in last.json()["results"]] == [200, 201, 200]
    assert is_replay(post(farm, "/v1/events:batch", body, key), last)
    assert farm.stock(lot)["sold"] == 4


def test_a_batch_that_was_taken_back_may_be_sent_again(farm, service):
    body, key = {"records": [harvest(), sell("C9", 4)]}, uuid7()
    assert [result["status"] for result in post(farm, "/v1/events:batch", body, key).json()["results"]] == [424, 409]
    body["records"].pop()
    assert post(farm, "/v1/events:batch", body, key).json()["results"][0]["status"] == 201


@pytest.fixture(scope="module", params=[1, 4], ids=["one writer", "four writers"])
def crowd(new_service, request):
    service = new_service(CAPTURE_WRITERS=request.param, CAPTURE_BATCH=4).start()
    service.contract = Contract.of_server()
    yield District(service)
    service.stop()


def at_once(work, count=12):
    replies, gate = [None] * count, threading.Barrier(count)

    def run(n):
        gate.wait()
        replies[n] = work(n)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


@pytest.mark.parametrize("target", ["/v1/events", "/v1/events:batch", "/v1/sites"])
def test_in_flight_the_others_wait_for_the_first(crowd, target):
    farm = crowd.farm()
    for n in range(5):
        body = {"/v1/events": harvest(), "/v1/events:batch": {"records": [harvest(), harvest()]},
                "/v1/sites": site(farm, f"S{n}")}[target]
        raw, key = json.dumps(body).encode(), uuid7()
        replies = at_once(lambda _: post(crowd.admin if target == "/v1/sites" else farm, target, raw, key))
        assert len({reply.body for reply in replies}) == 1, [reply.status for reply in replies]
        assert sorted("idempotent-replayed" in reply.headers for reply in replies) == [False] + [True] * 11


def test_in_flight_one_of_two_contents_wins(crowd):
    farm = crowd.farm()
    for _ in range(5):
        key = uuid7()
        replies = at_once(lambda n: post(farm, "/v1/events", harvest(id=uuid7(), quantity=kg(1 + n % 2)), key), 6)
        stored = [reply for reply in replies if reply.status == 201]
        assert len(stored) == 1 and {reply.problem() for reply in replies if reply.status != 201} == {"idempotency-mismatch"}


# — every other POST —
def test_master_data_is_made_once(district, farm, service):
    key = uuid7()
    body = site(farm, "ONCE")
    first = post(district.admin, "/v1/sites", body, key)
    assert first.status == 201 and first.headers["location"] and first.headers["etag"]
    assert is_replay(post(district.admin, "/v1/sites", body, key), first)
    assert post(district.admin, "/v1/sites", {**body, "number": "OTHER"}, key).problem() == "idempotency-mismatch"
    assert once(service, "answer IS NULL") == 0


def test_a_refused_post_is_not_remembered(district, farm, service):
    key, before = uuid7(), once(service, "true")
    body = {**site(farm, "WHERE"), "region": "999999"}
    assert post(district.admin, "/v1/sites", body, key).problem() == "region-unknown"
    assert once(service, "true") == before
    assert post(district.admin, "/v1/sites", site(farm, "WHERE"), key).status == 201


def test_an_answer_that_was_lost_is_made_again(district, farm, service):
    """Killed between the commit and the answer: the row is there, without it."""
    key, body = uuid7(), site(farm, "LOST")
    first = post(district.admin, "/v1/sites", body, key)
    service.cluster.execute(service.database, LOST)
    before = service.value("SELECT count(*) FROM master_version")
    again = post(district.admin, "/v1/sites", body, key)
    assert again.status == 200 and again.json() == first.json() and service.value("SELECT count(*) FROM master_version") == before
    assert is_replay(post(district.admin, "/v1/sites", body, key), again)


def test_a_secret_is_shown_again_to_who_has_the_key_and_is_nowhere_in_clear(district, service):
    key, body = uuid7(), {"name": "once", "scopes": ["read"]}
    first = post(district.admin, "/v1/keys", body, key)
    secret = first.json()["secret"]
    assert is_replay(post(district.admin, "/v1/keys", body, key), first)
    row = service.rows("SELECT i::text, encode(answer, 'escape') FROM idempotency i WHERE status = 201 ORDER BY made_at DESC LIMIT 1")[0]
    assert secret not in row[0] and secret not in row[1] and key not in row[0]
    assert [name for name, in service.rows("SELECT name FROM api_key")].count("once") == 1
    service.cluster.execute(service.database, LOST)
    lost = post(district.admin, "/v1/keys", body, key)
    assert (lost.status, lost.problem()) == (409, "answer-lost")
    assert [name for name, in service.rows("SELECT name FROM api_key")].count("once") == 1


def test_a_post_without_an_effect_is_replayed_too(farm):
    lot, key = farm.harvest(3), uuid7()
    first = post(farm, "/v1/codes", {"kind": "lot", "lot": lot["id"]}, key)
    assert first.status in (200, 201)
    assert is_replay(post(farm, "/v1/codes", {"kind": "lot", "lot": lot["id"]}, key), first)


def test_every_post_says_that_it_takes_a_key(service):
    for name, operation in service.contract.operations.items():
        named = any(parameter.get("name") == "Idempotency-Key" for parameter in operation.get("parameters", []))
        method = next(row[1] for row in service.contract.rows if row[3] is operation)
        assert named == (method == "POST"), name


@pytest.mark.parametrize("target", ["/v1/events", "/v1/events:batch", "/v1/sites"])
@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_what_is_no_key_is_refused(district, farm, target, key):
    body = {"/v1/events": harvest(party=farm.number), "/v1/events:batch": {"records": [harvest(party=farm.number)]},
            "/v1/sites": site(farm, "NO")}[target]
    assert post(district.admin, target, body, key).problem() == "bad-request"


def test_a_get_does_not_care(farm):
    assert "idempotent-replayed" not in farm.get("/v1/events", Idempotency_Key="k").headers


def test_requests_are_kept_for_ninety_days(new_service):
    service = new_service().start()
    farm = District(service).farm()
    keys, record = [uuid7(), uuid7()], harvest()
    for key in keys:
        post(farm, "/v1/events", record, key)
    service.stop()
    for key, days in zip(("min", "max"), (91, 89)):
        service.cluster.execute(service.database, f"UPDATE idempotency SET made_at = now() - interval '{days} days' WHERE made_at ="
                                f" (SELECT {key}(made_at) FROM idempotency WHERE made_at > now() - interval '1 day')")
    service.start()
    post(farm, "/v1/events", record, uuid7())
    ages = "SELECT extract(day FROM now() - made_at)::int FROM idempotency ORDER BY made_at"
    assert wait_for(lambda: service.rows(ages) == [(89,), (0,)], 30), service.rows(ages)  # once the request is answered
    assert "idempotent-replayed" in post(farm, "/v1/events", record, keys[1]).headers
    service.stop()
