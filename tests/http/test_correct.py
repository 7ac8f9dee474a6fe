# SPDX-License-Identifier: Apache-2.0
"""Corrections: what was wrong stays visible beside what stands in its place; stock and trails follow, others' records stay."""
from decimal import Decimal

import pytest

from conftest import ago, kg, line, uuid7


def correct(party, event, replacement=None, reason="称量有误", **members):
    if replacement:
        members["replacement"] = replacement
    return party.record("correct", ago(), event=event, reason=reason, **members)


def harvest_of(value, **members):
    return {"type": "harvest", "time": ago(days=2), "site": "P1", "product": "PAKCHOI", "quantity": kg(value), **members}


def harvested(farm, value=100, **members):
    return farm.make("/v1/events", harvest_of(value, **members))


def on_hand(party, lot):
    return party.stock(lot)["on_hand"]


def test_a_harvest_gets_another_quantity(farm):
    was = harvested(farm, 100)
    done = correct(farm, was["event"], harvest_of(60))
    assert on_hand(farm, was["lots"][0]) == 60 and farm.stock(was["lots"][0])["deficit"] == 0
    assert done["replacement"]["lots"] == was["lots"], "the label is printed: it is the same lot"


def test_a_record_is_withdrawn(farm):
    was = harvested(farm, 100)
    done = correct(farm, was["event"])
    assert on_hand(farm, was["lots"][0]) == 0 and "replacement" not in done


def trail(reader, lot, as_of=None):
    return reader.read(f"/v1/lots/{lot['id']}/trail" + (f"?asOf={as_of}" if as_of else ""))


def steps_of(trail, type_):
    return [step for step in trail["steps"] if step["type"] == type_]


def moment(reader, event):
    return reader.read(f"/v1/events/{event}")["recordedAt"]


def test_a_correction_repeated_by_another_party_is_its_id_taken(farm, packer, district):
    was = harvested(farm, 100)
    record = {"type": "correct", "id": uuid7(), "time": ago(), "event": was["event"], "reason": "x", "replacement": harvest_of(60)}
    first = farm.make("/v1/events", record)
    assert packer.post("/v1/events", record).problem() == "id-taken"
    again = farm.post("/v1/events", record)
    assert again.status == 200 and again.json() == first
    assert district.admin.post("/v1/events", record).json() == first


def test_an_event_says_what_became_of_it(farm):
    was = harvested(farm, 100)
    done = correct(farm, was["event"], harvest_of(60))
    new = done["replacement"]["event"]
    assert "corrects" not in farm.read(f"/v1/events/{was['event']}")
    told = {event: {k: v for k, v in farm.read(f"/v1/events/{event}").items() if k in ("corrected", "replacement", "corrects")}
            for event in (was["event"], new, done["event"])}
    assert told == {was["event"]: {"corrected": done["event"], "replacement": new}, new: {"corrects": was["event"]}, done["event"]: {}}
    again = correct(farm, new)
    last = farm.read(f"/v1/events/{new}")
    assert (last["corrected"], last["corrects"]) == (again["event"], was["event"]) and "replacement" not in last


def test_both_records_are_seen(farm, district):
    was = harvested(farm, 100)
    done = correct(farm, was["event"], harvest_of(60), reason="重复过磅")
    old, new = steps_of(trail(farm, was["lots"][0]), "harvest")
    assert old["event"] == was["event"] and old["corrected"] == done["event"]
    assert old["correction"]["replacement"] == new["event"] == done["replacement"]["event"]
    assert old["correction"]["reason"] == "重复过磅" and old["correction"]["party"]["id"] == farm.id
    assert new["corrected"] is None and new["corrects"] == was["event"]
    assert old["outputs"][0]["quantity"]["value"] == "100" and new["outputs"][0]["quantity"]["value"] == "60"
    assert trail(farm, was["lots"][0])["lot"]["quantity"]["value"] == "60"


def test_a_lot_of_which_no_record_is_left_is_void(farm):
    was = harvested(farm, 100)
    assert trail(farm, was["lots"][0])["verdict"] == "registered"
    done = correct(farm, was["event"])
    found = trail(farm, was["lots"][0])
    assert found["verdict"] == "voided" and [step["corrected"] for step in found["steps"]] == [done["event"]]
    assert "replacement" not in found["steps"][0]["correction"]


def test_as_of_before_the_correction_nothing_is_corrected(farm):
    was = harvested(farm, 100)
    lot = was["lots"][0]
    before = trail(farm, lot, moment(farm, was["event"]))
    done = correct(farm, was["event"], harvest_of(60))
    assert trail(farm, lot, moment(farm, was["event"])) == before
    assert [step["corrected"] for step in before["steps"]] == [None]
    assert trail(farm, lot, moment(farm, done["event"])) == {**before, "asOf": trail(farm, lot, moment(farm, done["event"]))["asOf"]}, \
        "what stood and what stands in its place never stand together"
    after = trail(farm, lot, moment(farm, done["replacement"]["event"]))
    assert [step["corrected"] for step in after["steps"]] == [done["event"], None]


def test_the_declaration_is_the_event_with_its_error(farm):
    was = harvested(farm, 100)
    done = correct(farm, was["event"], harvest_of(60))
    first, declared, new = (farm.read(f"/v1/events/{id_}") for id_ in
                            (was["event"], done["event"], done["replacement"]["event"]))
    error = declared["epcis"].pop("errorDeclaration")
    assert declared["epcis"] == first["epcis"], "member by member, the eventID too"
    assert error["reason"] == "incorrect_data" and error["correctiveEventIDs"] == [new["epcis"]["eventID"]]
    assert error["farmtrail:reason"] == "称量有误" and error["farmtrail:declaration"] == f"urn:uuid:{done['event']}"
    assert new["epcis"]["farmtrail:corrects"] == first["epcis"]["eventID"]
    assert (declared["type"], new["type"]) == ("correct", "harvest")


def test_a_correction_is_repeated(farm):
    was = harvested(farm, 100)
    record = {"type": "correct", "id": uuid7(), "event": was["event"], "reason": "x", "replacement": harvest_of(60)}
    first, again = farm.post("/v1/events", record), farm.post("/v1/events", record)
    assert (first.status, again.status) == (201, 200) and first.body == again.body
    assert on_hand(farm, was["lots"][0]) == 60


def test_a_record_is_corrected_once(farm):
    was = harvested(farm, 100)
    done = correct(farm, was["event"], harvest_of(60))
    reply = farm.refuse("correct", ago(), event=was["event"], reason="x")
    assert (reply.status, reply.problem(), reply.pointer()) == (409, "already-corrected", "/event")
    assert done["replacement"]["event"] in reply.json()["detail"]
    again = correct(farm, done["replacement"]["event"], harvest_of(70))
    assert on_hand(farm, was["lots"][0]) == 70 and again["replacement"]["lots"] == was["lots"]
    assert [step["corrected"] is None for step in steps_of(trail(farm, was["lots"][0]), "harvest")] == [False, False, True]


def test_a_lot_is_as_old_as_the_earliest_harvest_that_stands(farm):
    def harvest(days):
        return {"type": "harvest", "time": ago(days=days), "site": "P1", "product": "PAKCHOI", "quantity": kg(5), "lot": "OLD"}

    first, _ = (farm.make("/v1/events", harvest(days)) for days in (9, 6))
    for days in (20, 3, 12):
        first = correct(farm, first["event"], harvest(days))["replacement"]
        assert trail(farm, first["lots"][0])["lot"]["produced"] == ago(days=max(days, 6))[:10]


def test_a_correction_is_not_corrected(farm):
    was = harvested(farm, 100)
    done = correct(farm, was["event"])
    assert farm.refuse("correct", ago(), event=done["event"], reason="x").problem() == "not-correctable"


def test_who_did_not_record_it_does_not_correct_it(farm, packer):
    lot = farm.harvest(100)
    sent = farm.record("ship", ago(days=1), lots=[line(lot, 40)], to=packer.number)
    for event in (sent["event"], uuid7()):
        reply = packer.refuse("correct", ago(), event=event, reason="x")
        assert (reply.status, reply.problem(), reply.pointer()) == (409, "not-known-yet", "/event")


def test_the_administrator_corrects_for_a_party(district, farm):
    was = harvested(farm, 100)
    done = correct(district.admin, was["event"], harvest_of(60))
    assert on_hand(farm, was["lots"][0]) == 60
    assert district.admin.read(f"/v1/events/{done['event']}")["recordedBy"] == farm.id


def test_a_refused_replacement_leaves_everything_as_it_was(farm):
    was = harvested(farm, 100)
    before = farm.district.service.snapshot()
    reply = farm.refuse("correct", ago(), event=was["event"], reason="x", replacement=harvest_of(60, product="NO SUCH"))
    assert (reply.status, reply.problem(), reply.pointer()) == (422, "reference-unknown", "/replacement/product")
    reply = farm.refuse("correct", ago(), event=was["event"], reason="x", replacement=harvest_of(60, id=was["event"]))
    assert (reply.problem(), reply.pointer()) == ("id-taken", "/replacement/id")
    reply = farm.refuse("correct", ago(), event=was["event"], reason="x",
                        replacement={**harvest_of(60), "quantity": {"value": "1", "unit": "LTR"}})
    assert (reply.problem(), reply.pointer()) == ("unit-dimension", "/replacement/quantity/unit")
    assert farm.district.service.snapshot() == before


def test_another_product_is_another_lot(farm):
    farm.product("CELERY")
    was = harvested(farm, 100)
    done = correct(farm, was["event"], harvest_of(100, product="CELERY"))
    assert done["replacement"]["lots"] != was["lots"]
    assert on_hand(farm, was["lots"][0]) == 0 and on_hand(farm, done["replacement"]["lots"][0]) == 100
    assert trail(farm, was["lots"][0])["verdict"] == "voided"


def test_a_harvest_moves_to_another_place_and_day(district, farm):
    from conftest import OTHER_TOWNSHIP, TOWNSHIP
    farm.site("P2", region=OTHER_TOWNSHIP)
    was = harvested(farm, 100)
    lot = was["lots"][0]
    known = trail(farm, lot, moment(farm, was["event"]))
    correct(farm, was["event"], harvest_of(100, site="P2", time=ago(days=4)))
    now = trail(farm, lot)
    assert known["origins"][0]["township"]["code"] == TOWNSHIP and now["origins"][0]["township"]["code"] == OTHER_TOWNSHIP
    assert now["lot"]["produced"] == ago(days=4)[:10] and known["lot"]["produced"] == ago(days=2)[:10]
    assert trail(farm, lot, moment(farm, was["event"])) == known


# — what went on to others —
def pack_of(*inputs, quantity=45, **members):
    return {"type": "pack", "time": ago(hours=6), "site": "H1", "inputs": list(inputs),
            "outputs": [{"product": "SALAD", "quantity": kg(quantity)}], **members}


def shares(reader, lot):
    return {origin["lotNumber"]: origin["share"] for origin in trail(reader, lot)["origins"]}


def test_a_pack_was_made_of_another_lot(district, farm, packer):
    wrong, right = farm.harvest(100, lot="WRONG"), farm.harvest(100, lot="RIGHT")
    for lot in (wrong, right):
        packer.receive(farm.ship(packer, line(lot, 50)))
    was = packer.make("/v1/events", pack_of(line(wrong, 50)))
    done = correct(packer, was["event"], pack_of(line(right, 50)))
    packed = was["lots"][0]
    assert done["replacement"]["lots"] == was["lots"] and shares(packer, packed) == {"RIGHT": "1.0000"}
    assert on_hand(packer, wrong) == 50 and on_hand(packer, right) == 0 and on_hand(packer, packed) == 45
    old, new = steps_of(trail(packer, packed), "pack")
    assert [i["lotNumber"] for i in old["inputs"]] == ["WRONG"] and [i["lotNumber"] for i in new["inputs"]] == ["RIGHT"]
    assert [step["outputs"][0]["lotNumber"] for step in steps_of(trail(packer, packed), "harvest")] == ["RIGHT"]
    assert district.admin.read(f"/v1/lots/{wrong['id']}/reach")["lots"] == []
    assert [lot["lot"] for lot in district.admin.read(f"/v1/lots/{right['id']}/reach")["lots"]] == [packed["id"]]


def test_what_was_turned_round_is_no_circle(packer, farm):
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 100)))
    first = packer.make("/v1/events", pack_of(line(lot, 40), quantity=40, outputs=[
        {"product": "SALAD", "lot": "A1", "quantity": kg(40)}]))["lots"][0]
    second = packer.make("/v1/events", pack_of(line(first, 20), outputs=[{"product": "SALAD", "lot": "B1", "quantity": kg(20)}]))
    correct(packer, second["event"], pack_of(line(lot, 20), outputs=[{"product": "SALAD", "lot": "B1", "quantity": kg(20)}]))
    back = packer.make("/v1/events", pack_of(line("B1", 10), outputs=[{"product": "SALAD", "lot": "A1", "quantity": kg(10)}]))
    assert back["lots"][0]["number"] == "A1"


def test_records_of_others_stay_and_the_missing_is_a_deficit(district, farm, packer):
    was = harvested(farm, 100)
    lot = was["lots"][0]
    got = packer.receive(farm.ship(packer, line(lot, 80)))
    before = packer.read(f"/v1/events/{got['event']}")
    done = correct(farm, was["event"], harvest_of(50))
    assert packer.read(f"/v1/events/{got['event']}") == before and packer.stock(lot)["on_hand"] == 80
    assert farm.stock(lot)["on_hand"] == 0 and farm.stock(lot)["deficit"] == 30
    alert = district.admin.read(f"/v1/alerts/{done['alerts'][0]}")
    assert alert["rule"] == "M02" and alert["lots"] == [lot["id"]]
    farm.harvest(40, lot=lot["number"])
    assert farm.stock(lot)["on_hand"] == 10 and farm.stock(lot)["deficit"] == 0, "what came in late makes it good"


def ship_of(lot, value, to):
    return {"type": "ship", "time": ago(days=1), "lots": [line(lot, value)], "to": to.number}


def test_a_shipment_went_to_somebody_else(district, farm, packer):
    other = district.packer()
    lot = farm.harvest(100)
    was = farm.make("/v1/events", ship_of(lot, 60, packer))
    done = correct(farm, was["event"], ship_of(lot, 60, other))
    assert farm.stock(lot) == {"on_hand": 40, "in_transit": 60, "sold": 0, "destroyed": 0, "deficit": 0}
    assert packer.refuse("receive", ago(hours=1), shipment=was["shipment"]).problem() == "not-known-yet"
    other.receive(done["replacement"]["shipment"])
    assert on_hand(other, lot) == 60 and farm.stock(lot)["in_transit"] == 0


def test_a_shipment_was_never_sent(farm, packer):
    lot = farm.harvest(100)
    was = farm.make("/v1/events", ship_of(lot, 60, packer))
    correct(farm, was["event"])
    assert on_hand(farm, lot) == 100 and farm.stock(lot)["in_transit"] == 0
    assert packer.refuse("receive", ago(hours=1), shipment=was["shipment"]).problem() == "shipment-state"


@pytest.mark.parametrize("stated, on_hand_, deficit", [(70, 30, 0), (50, 50, 10), (60, 40, 0)])
def test_a_shipment_that_arrived_carried_another_quantity(farm, packer, stated, on_hand_, deficit):
    lot = farm.harvest(100)
    was = farm.make("/v1/events", ship_of(lot, 60, packer))
    packer.receive(was["shipment"])
    correct(farm, was["event"], ship_of(lot, stated, packer))
    assert farm.stock(lot) == {"on_hand": on_hand_, "in_transit": 0, "sold": 0, "destroyed": 0, "deficit": deficit}
    assert on_hand(packer, lot) == 60


def test_a_shipment_that_arrived_is_said_to_have_gone_elsewhere(district, farm, packer):
    other = district.packer()
    lot = farm.harvest(100)
    was = farm.make("/v1/events", ship_of(lot, 60, packer))
    got = packer.receive(was["shipment"])
    done = correct(farm, was["event"], ship_of(lot, 60, other))
    assert farm.stock(lot) == {"on_hand": 0, "in_transit": 60, "sold": 0, "destroyed": 0, "deficit": 20} and done["alerts"]
    assert on_hand(packer, lot) == 60, "who received it has it"
    correct(packer, got["event"])
    assert farm.stock(lot) == {"on_hand": 40, "in_transit": 60, "sold": 0, "destroyed": 0, "deficit": 0}
    assert on_hand(packer, lot) == 0


def test_a_receipt_is_corrected_and_the_shipment_received_again(farm, packer):
    lot = farm.harvest(100)
    shipment = farm.ship(packer, line(lot, 60))
    got = packer.receive(shipment)
    correct(packer, got["event"], {"type": "receive", "time": ago(hours=12), "shipment": shipment, "lots": [line(lot, 55)]})
    assert on_hand(packer, lot) == 55 and farm.stock(lot)["in_transit"] == 0
    again = farm.ship(packer, line(lot, 40))
    late = packer.receive(again)
    correct(packer, late["event"])
    assert farm.stock(lot)["in_transit"] == 40 and on_hand(packer, lot) == 55
    packer.receive(again)
    assert on_hand(packer, lot) == 95


def test_a_sale_a_destruction_and_a_hold_are_taken_back(farm):
    lot = farm.harvest(100)
    sold = farm.record("sell", ago(hours=3), lots=[line(lot, 30)])
    gone = farm.record("destroy", ago(hours=2), lots=[line(lot, 70)], reason="spoilt")
    assert trail(farm, lot)["verdict"] == "registered" and on_hand(farm, lot) == 0
    correct(farm, sold["event"])
    correct(farm, gone["event"], {"type": "destroy", "time": ago(hours=2), "lots": [line(lot, 100)], "reason": "spoilt"})
    assert farm.stock(lot) == {"on_hand": 0, "in_transit": 0, "sold": 0, "destroyed": 100, "deficit": 0}
    assert trail(farm, lot)["verdict"] == "destroyed"
    held = farm.record("hold", ago(hours=1), lots=[{"lot": lot["id"]}], reason="test")
    assert trail(farm, lot)["verdict"] == "on_hold"
    correct(farm, held["event"])
    assert trail(farm, lot)["verdict"] == "destroyed"


# — together and at once —
def test_in_one_batch_with_the_record_it_corrects(farm):
    first, second, third = uuid7(), uuid7(), uuid7()
    reply = farm.post("/v1/events:batch", {"records": [
        harvest_of(100, id=first),
        {"type": "correct", "id": second, "event": first, "reason": "x", "replacement": harvest_of(60, id=third)},
        {"type": "sell", "time": ago(), "lots": [{"lot": first, "quantity": kg(10)}]},
        {"type": "correct", "event": third, "reason": "y", "replacement": harvest_of(70)}]})
    results = reply.json()["results"]
    assert [result["status"] for result in results] == [201, 201, 201, 201], results
    lot = results[0]["lots"][0]
    assert farm.stock(lot)["on_hand"] == 60 and farm.stock(lot)["sold"] == 10
    found = trail(farm, lot)
    assert [step["corrected"] is None for step in steps_of(found, "harvest")] == [False, False, True]
    assert found["lot"]["quantity"]["value"] == "70"


def test_of_two_corrections_at_once_one_wins(farm):
    import concurrent.futures
    for _ in range(5):
        was = harvested(farm, 100)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(lambda n: farm.post("/v1/events", {
                "type": "correct", "event": was["event"], "reason": "x", "replacement": harvest_of(60 + n)}), range(4)))
        assert sorted(reply.status for reply in replies) == [201, 409, 409, 409]
        assert {reply.problem() for reply in replies if reply.status == 409} == {"already-corrected"}
        won = next(n for n, reply in enumerate(replies) if reply.status == 201)
        assert on_hand(farm, was["lots"][0]) == 60 + won


def test_a_withdrawn_treatment_is_struck_out_on_the_page_at_once(district, farm):
    used = farm.record("treat", ago(days=40), site="P1", product="10% 吡虫啉", active=["吡虫啉"])
    lot = farm.harvest(100)
    shown = [step for step in district.public.get(f"/t/{lot['code']}", Accept="application/json").json()["steps"]]
    assert [step["corrected"] for step in shown] == [None, None]
    done = correct(farm, used["event"], reason="别的地块")
    shown = district.public.get(f"/t/{lot['code']}", Accept="application/json").json()["steps"]
    assert [step["corrected"] for step in shown] == [done["event"], None]
    assert "别的地块" in district.public.get(f"/t/{lot['code']}").body.decode()


def test_stock_is_the_sum_of_its_moves(farm):
    faults = farm.district.service.rows(
        "SELECT h.lot_id, h.holder FROM lot_holding h LEFT JOIN LATERAL (SELECT sum(on_hand) AS on_hand,"
        " sum(in_transit) AS in_transit, sum(sold) AS sold, sum(destroyed) AS destroyed, sum(claimed) AS claimed"
        " FROM stock_move m WHERE m.lot_id = h.lot_id AND m.holder = h.holder) s ON true"
        " WHERE (h.on_hand - (h.deficit - h.claimed), h.in_transit, h.sold, h.destroyed, h.claimed) IS DISTINCT FROM"
        " (coalesce(s.on_hand, 0), coalesce(s.in_transit, 0), coalesce(s.sold, 0), coalesce(s.destroyed, 0),"
        " coalesce(s.claimed, 0))")
    assert faults == []


def test_a_hold_that_was_lifted_by_mistake_stands_again(district, farm, packer):
    """From the correction on; what left in between stays where it is, and the past is told as it was."""
    lot, other = farm.harvest(100), farm.harvest(50)
    farm.record("hold", ago(hours=9), lots=[{"lot": lot["id"]}], reason="检出超标")
    farm.record("hold", ago(hours=8), lots=[{"lot": other["id"]}], reason="检出超标")
    lifted = farm.record("release", ago(hours=7), lots=[{"lot": lot["id"]}], reason="复检合格")
    farm.ship(packer, line(lot, 10), time=ago(hours=6))
    free = farm.read("/v1/events?limit=1")["items"][0]["recordedAt"]
    reply = farm.refuse("correct", ago(), event=lifted["event"], reason="选错批次", replacement={
        "type": "release", "time": ago(hours=7), "lots": [{"lot": other["id"]}, {"lot": farm.harvest(1)["id"]}], "reason": "复检合格"})
    assert reply.problem() == "not-on-hold" and reply.pointer() == "/replacement/lots/1/lot"
    assert trail(farm, lot)["verdict"] == "registered", "what is refused leaves no trace"
    done = correct(farm, lifted["event"], {"type": "release", "time": ago(hours=7), "lots": [{"lot": other["id"]}], "reason": "复检合格"})
    assert trail(farm, lot)["verdict"] == "on_hold" and trail(farm, other)["verdict"] == "registered"
    assert farm.refuse("ship", ago(hours=1), to=packer.number, lots=[line(lot, 10)]).problem() == "lot-on-hold"
    assert farm.stock(lot)["in_transit"] == 10
    then = farm.read(f"/v1/lots/{lot['id']}/trail?asOf={free}")
    assert then["verdict"] == "registered"
    correct(farm, done["replacement"]["event"])
    assert trail(farm, other)["verdict"] == "on_hold"
    farm.record("release", ago(hours=1), lots=[{"lot": lot["id"]}, {"lot": other["id"]}], reason="复检合格")
    assert trail(farm, lot)["verdict"] == trail(farm, other)["verdict"] == "registered"


def test_a_release_stated_anew_lifts_the_same_hold(farm):
    lot = farm.harvest(100)
    held = farm.record("hold", ago(hours=9), lots=[{"lot": lot["id"]}], reason="x")
    lifted = farm.record("release", ago(hours=7), lots=[{"lot": lot["id"]}], reason="x")
    correct(farm, lifted["event"], {"type": "release", "time": ago(hours=6), "lots": [{"lot": lot["id"]}], "reason": "y"})
    assert trail(farm, lot)["verdict"] == "registered"
    again = farm.record("hold", ago(hours=5), lots=[{"lot": lot["id"]}], reason="x")
    lifted = farm.record("release", ago(hours=4), lots=[{"lot": lot["id"]}], reason="x")
    correct(farm, again["event"])
    correct(farm, lifted["event"])
    assert trail(farm, lot)["verdict"] == "registered", "there was no such hold"
    assert held


def test_goods_used_before_they_were_there_are_told_of_whichever_came_first(district, farm, packer):
    was = harvested(farm, 100)
    lot = was["lots"][0]
    early = ago(days=3)
    assert farm.record("treat", early, lot=lot["number"], product="X")["warnings"] == [], "it may grow then"
    assert farm.record("sell", ago(days=1), lots=[line(lot, 1)])["warnings"] == []
    deeds = [("sell", {"lots": [line(lot, 2)]}), ("ship", {"lots": [line(lot, 3)], "to": packer.number}), ("destroy", {"lots": [line(lot, 1)], "reason": "x"}),
             ("store", {"lots": [line(lot, 1)]}), ("load", {"unit": "T1", "contents": [line(lot, 5)]}),
             ("pack", {"inputs": [line(lot, 4)], "outputs": [{"product": "PAKCHOI", "quantity": kg(4)}]})]
    done = [farm.record(type_, early, **members) for type_, members in deeds]
    assert [each["warnings"] for each in done] == [["time-order"]] * len(done)
    assert packer.receive(done[1]["shipment"], time=early)["warnings"] == ["time-order"]
    # A sale that was in time, of a harvest that was later than was thought; another that is told anew before it.
    other = harvested(farm, 50, time=ago(days=4))
    sale = farm.record("sell", ago(days=3), lots=[line(other["lots"][0], 2)])
    assert sale["warnings"] == []
    assert correct(farm, other["event"], harvest_of(50, time=ago(days=3, hours=2)))["warnings"] == [], "still before the sale"
    again = farm.read(f"/v1/events/{other['event']}")["replacement"]
    late = correct(farm, again, harvest_of(50, time=ago(days=2)))
    assert late["warnings"] == ["time-order"]
    assert correct(farm, sale["event"], {"type": "sell", "time": ago(days=1), "lots": [line(other["lots"][0], 2)]})["warnings"] == []
    grown = harvested(farm, 5, lot="GROWS", time=ago(days=5))
    farm.record("harvest", ago(days=4), site="P1", product="PAKCHOI", quantity=kg(5), lot="GROWS")
    farm.record("sell", ago(days=3), lots=[line(grown["lots"][0], 2)])
    assert correct(farm, grown["event"], harvest_of(5, lot="GROWS", time=ago(days=1)))["warnings"] == [], "some of it was there"
