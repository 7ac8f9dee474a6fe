# SPDX-License-Identifier: Apache-2.0
"""POST /v1/events:batch: rollback and proceed, what a rerun skips, references within the batch, limits."""
import json

import pytest
from conftest import ago, kg, line, uuid7
from service import Api


def harvest(**members):
    return {"id": uuid7(), "type": "harvest", "time": ago(days=1), "site": "P1", "product": "PAKCHOI", "quantity": kg(10), **members}


def sell(lot, amount, **members):
    return {"id": uuid7(), "type": "sell", "time": ago(hours=1), "lots": [line(lot, amount)], **members}


def send(api, records, on_error=None, status=200, **headers):
    body = {"records": records} if on_error is None else {"onError": on_error, "records": records}
    reply = api.post("/v1/events:batch", body, **headers)
    assert reply.status == status, reply
    return reply.json().get("results")


def statuses(results):
    assert [result["index"] for result in results] == list(range(len(results)))
    return [result["status"] for result in results]


def slug(result):
    assert result["problem"]["status"] == result["status"] and "event" not in result
    return result["problem"]["type"].removeprefix("/problems/")


def stored(service, records):
    return service.value("SELECT count(*) FROM event WHERE id = ANY(%s::uuid[])", [record["id"] for record in records])


@pytest.mark.parametrize("on_error", [None, "rollback", "proceed"])
def test_a_batch_is_stored_with_the_answers_that_single_records_get(farm, service, on_error):
    records = [harvest(lot="L1"), harvest(), sell("L1", 4)]
    results = send(farm, records, on_error)
    assert statuses(results) == [201, 201, 201]
    for record, result in zip(records, results):
        assert result["event"] == record["id"]
        single = farm.post("/v1/events", record)
        members = {name: value for name, value in result.items() if name not in ("index", "status")}
        assert single.status == 200 and single.json() == members, "sent again alone it is the same record"
    assert farm.stock(results[0]["lots"][0])["sold"] == 4
    assert service.value("SELECT count(DISTINCT xmin::text) FROM event WHERE id = ANY(%s::uuid[])",
                         [record["id"] for record in records]) == 1, "one transaction"


def test_rollback_keeps_all_out_when_one_is_refused(farm, service):
    in_already = harvest(lot="IN")
    farm.make("/v1/events", in_already)
    before = service.snapshot()
    records = [harvest(lot="A"), in_already, sell("A", 11), sell("A", 1)]
    results = send(farm, records, "rollback")
    assert statuses(results) == [424, 200, 409, 424]
    assert [slug(results[n]) for n in (0, 2, 3)] == ["batch-refused", "lot-short", "batch-refused"]
    [error] = results[2]["problem"]["errors"]
    assert error["pointer"] == "/lots/0/quantity", "it starts at the record"
    assert service.snapshot() == before
    records[2]["lots"][0]["quantity"] = kg(9)
    assert statuses(send(farm, records, "rollback")) == [201, 200, 201, 201]
    assert farm.stock(results[1]["lots"][0])["on_hand"] == 10


def test_rollback_keeps_all_out_when_the_form_of_one_is_wrong(farm, service):
    before = service.snapshot()
    results = send(farm, [harvest(), {"type": "harvest"}, harvest(time="2026-05-03T08:00:00")])
    assert statuses(results) == [424, 422, 422]
    assert [slug(result) for result in results] == ["batch-refused", "field-missing", "time-naive"]
    assert [result["problem"]["errors"][0]["pointer"] for result in results[1:]] == ["/time", "/time"]
    assert service.snapshot() == before


def test_proceed_stores_what_can_be_stored_and_a_rerun_skips_it(farm, service):
    records = [harvest(lot="A"), {"type": "nonsense", "time": ago()}, sell("A", 11), sell("A", 4), sell("NONE", 1), 7]
    first = send(farm, records, "proceed")
    assert statuses(first) == [201, 422, 409, 201, 409, 422]
    assert [slug(first[n]) for n in (1, 2, 4, 5)] == ["record-type", "lot-short", "not-known-yet", "field-type"]
    before = service.snapshot()
    again = send(farm, records, "proceed")
    assert statuses(again) == [200, 422, 409, 200, 409, 422] and service.snapshot() == before
    for n in (0, 3):
        assert {**again[n], "status": 201} == first[n]


def test_an_id_twice_in_a_batch_is_one_record_or_taken(farm):
    record = harvest()
    results = send(farm, [record, record, {**record, "quantity": kg(3)}], "proceed")
    assert statuses(results) == [201, 200, 409] and slug(results[2]) == "id-taken"
    assert farm.stock(results[0]["lots"][0])["on_hand"] == 10


def test_records_name_earlier_ones_of_their_batch_and_of_earlier_requests(district, farm, packer):
    """An outbox knows its own ids and nothing else: lots and shipments are named by the records that made them."""
    everything = district.admin
    reaped, packed, shipped = harvest(party=farm.number), uuid7(), uuid7()
    early = harvest(party=farm.number)
    everything.make("/v1/events", early)
    records = [
        reaped,
        {"id": packed, "type": "pack", "time": ago(hours=9), "party": farm.number,
         "inputs": [line(reaped["id"], 6), line(early["id"], 4)], "outputs": [{"product": "PAKCHOI", "quantity": kg(10)}]},
        {"id": shipped, "type": "ship", "time": ago(hours=8), "party": farm.number, "to": packer.number, "lots": [line(packed, 10)]},
        {"id": uuid7(), "type": "receive", "time": ago(hours=5), "party": packer.number, "shipment": shipped},
        sell(packed, 3, party=packer.number),
    ]
    results = send(everything, records)
    assert statuses(results) == [201] * 5
    lot = results[1]["lots"][0]
    assert packer.stock(lot)["on_hand"] == 7 and packer.stock(lot)["sold"] == 3
    origins = district.public.read(f"/t/{lot['code']}", Accept="application/json")["origins"]
    assert sorted(origin["shareExact"] for origin in origins) == ["2/5", "3/5"]


def test_a_batch_larger_than_the_writers_cap_is_one_transaction(new_service):
    from conftest import District
    service = new_service(CAPTURE_BATCH=8).start()
    farm = District(service).farm()
    records = [harvest(lot=f"N{n}") for n in range(999)] + [sell("N0", 11)]
    results = send(farm, records, "rollback")
    assert statuses(results) == [424] * 999 + [409] and service.value("SELECT count(*) FROM event") == 0
    records[-1] = sell("N0", 10)
    assert statuses(send(farm, records, "rollback")) == [201] * 1000
    assert service.value("SELECT count(DISTINCT xmin::text) FROM event") == 1
    assert statuses(send(farm, records, "rollback")) == [200] * 1000
    service.stop()


def test_limits_of_a_batch(farm):
    def refusal(body):
        reply = farm.post("/v1/events:batch", body)
        return reply.status, reply.problem(), reply.json()["errors"][0]["pointer"]

    assert refusal({"records": []}) == (422, "field-range", "/records")
    assert refusal({"records": [{}] * 1001}) == (422, "field-range", "/records")
    assert refusal({"records": {}}) == (422, "field-type", "/records")
    assert refusal({"onError": "perhaps", "records": [harvest()]})[1:] == ("field-range", "/onError")
    wide = {"type": "mix", "time": ago(), "inputs": [line(f"I{n}", 1) for n in range(70)],
            "outputs": [{"product": "PAKCHOI", "quantity": kg(1)}] * 70}
    assert refusal({"onError": "proceed", "records": [wide] * 3}) == (422, "field-range", "/records")
    reply = farm.post("/v1/events:batch", json.dumps({"records": [harvest(note="x" * 4000)] * 1000}).encode())
    assert reply.status == 413


def test_a_batch_needs_the_capture_scope(district, farm):
    reader = type(farm.district.admin)(farm.service, district.key(["read"], parties=[farm.id]))
    assert reader.post("/v1/events:batch", {"records": [harvest()]}).status == 403


def test_what_a_record_of_the_same_request_has_sent_may_still_arrive(district, farm, packer):
    """Sold before it is received: sent again after the receipt it is right. What nobody has sent is short."""
    lot = farm.harvest(50)
    packer.receive(farm.ship(packer, line(lot, 1)))
    both = Api(district.service, district.key(["capture", "read"], parties=[packer.id, farm.id]))
    sale = {"type": "sell", "time": ago(hours=2), "party": packer.id, "lots": [line(lot, 5)]}
    results = send(both, [
        {"type": "ship", "time": ago(hours=3), "party": farm.id, "lots": [line(lot, 10)], "to": packer.number},
        {**sale, "id": uuid7()}, {**sale, "id": uuid7(), "lots": [line(lot, 12)]}], "proceed")
    assert statuses(results) == [201, 409, 409] and [slug(result) for result in results[1:]] == ["not-known-yet", "lot-short"]
    assert results[1]["problem"]["errors"][0]["rule"] == "received"
