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
