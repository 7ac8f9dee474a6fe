# SPDX-License-Identifier: Apache-2.0
"""Pallets and crates in partners' documents: AggregationEvents say what is in them from when to when, in whatever order they
come, and records and documents speak of the same units."""
import itertools
import random

import pytest
from conftest import ago, kg, line, uuid7
from test_epcis import amount, captured, document, new_class, refused
from test_epcis_declared import declared
from test_owed import findings
from test_units import contents, load, sscc

HOURS = iter(range(10**6))


def pallet():
    return f"https://id.gs1.org/00/{sscc()}"


def aggregated(parent, action, *what, epcs=(), hours=20, **members):
    return {"type": "AggregationEvent", "eventID": f"urn:uuid:{uuid7()}", "eventTime": ago(hours=hours), "eventTimeZoneOffset": "+08:00",
            "action": action, "bizStep": "packing" if action == "ADD" else "unpacking", "parentID": parent,
            **({"childQuantityList": list(what)} if what else {}), **({"childEPCs": list(epcs)} if epcs else {}), **members}


def test_a_pallet_that_a_document_packs_is_shipped_by_a_record(farm, packer, service):
    lot, unit, inner = farm.harvest(100), pallet(), pallet()
    captured(farm, document(aggregated(inner, "ADD", amount(lot["uri"], 10)),
                            aggregated(unit, "ADD", amount(lot["uri"], 30), epcs=[inner], hours=19)))
    assert contents(service, unit) == {lot["uri"]: 30, inner: 1} and contents(service, inner) == {lot["uri"]: 10}
    farm.record("ship", ago(hours=8), units=[unit], to=packer.number)
    assert farm.stock(lot)["in_transit"] == 40
    urn = "urn:epc:id:sscc:" + unit[-18:][1:8] + "." + unit[-18] + unit[-18:][8:17]
    captured(farm, document(aggregated(urn, "OBSERVE", amount(lot["uri"], 5), hours=7)))
    assert contents(service, unit) == {lot["uri"]: 30, inner: 1}, "the same pallet, and looking changes nothing"


@pytest.mark.parametrize("seed", range(4))
def test_a_pallet_holds_the_same_in_whatever_order_documents_come(district, farm, service, seed):
    order, lot, other = random.Random(seed), farm.harvest(500), farm.harvest(500)
    states = []
    for way in range(3):
        unit, inner = pallet(), pallet()
        wrong = aggregated(unit, "ADD", amount(lot["uri"], 7), hours=19)
        events = [aggregated(unit, "ADD", amount(lot["uri"], 30), amount(other["uri"], 9), epcs=[inner], hours=20), wrong,
                  declared(wrong), aggregated(inner, "ADD", amount(other["uri"], 4), hours=18),
                  aggregated(unit, "DELETE", amount(lot["uri"], 12), hours=15),
                  aggregated(unit, "DELETE", {"epcClass": other["uri"]}, epcs=[inner], hours=12),
                  aggregated(inner, "DELETE", hours=11), aggregated(unit, "ADD", amount(other["uri"], 1), hours=10)]
        if way:
            order.shuffle(events)
        for document_ in [events] if way == 2 else [[each] for each in events]:
            captured(farm, document(*document_))
            captured(farm, document(*document_))
        states.append((contents(service, unit), contents(service, inner)))
    assert states == [({lot["uri"]: 18, other["uri"]: 1}, {})] * 3
    assert "open" not in [state for state, _ in findings(district, lot)]


def test_what_was_taken_out_and_never_in_is_found(district, farm):
    lot, unit = farm.harvest(100), pallet()
    captured(farm, document(aggregated(unit, "DELETE", amount(lot["uri"], 12), hours=15)))
    assert findings(district, lot) == [], "nobody has said what was in it"
    captured(farm, document(aggregated(unit, "ADD", amount(lot["uri"], 10))))
    assert [state for state, _ in findings(district, lot)] == ["open"]
    captured(farm, document(aggregated(unit, "ADD", amount(lot["uri"], 5), hours=17)))
    assert [state for state, _ in findings(district, lot)] == ["closed"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_nothing_is_missing_at_a_time_of_which_nobody_says_what_was_in_it(district, farm, service, order):
    lot, other, unit = farm.harvest(100), farm.harvest(100), pallet()
    early = aggregated(unit, "ADD", amount(other["uri"], 1), hours=20)
    acts = [aggregated(unit, "DELETE", amount(lot["uri"], 12), hours=15), aggregated(unit, "ADD", amount(other["uri"], 5), hours=10), early]
    for n in order:
        captured(farm, document(acts[n]))
        if 0 in order[:order.index(n) + 1] and 2 not in order[:order.index(n) + 1]:
            assert findings(district, lot) == [], "what was loaded later says nothing of that time"
    assert [state for state, _ in findings(district, lot)] == ["open"]
    captured(farm, document(declared(early)))
    assert [state for state, _ in findings(district, lot)] == ["closed"]
    code, answer = service.recount()
    assert code == 0, answer["differences"]


def test_single_items_and_what_is_nobodys_are_told_and_kept_as_they_are(packer, service):
    unit, item = pallet(), new_class().replace("/10/L1", "/21/7")
    captured(packer, document(aggregated(unit, "ADD", {"epcClass": new_class()}, epcs=[item])))
    assert contents(service, unit) == {item: 1}, "of the other nobody knows how much"
    foreign = f"https://crates.example/{uuid7()}"
    captured(packer, document(aggregated(foreign, "ADD", epcs=[unit], hours=10), aggregated(pallet(), "ADD", epcs=[foreign], hours=5)))
    assert contents(service, foreign) == {unit: 1}


def test_nobody_packs_on_top_of_the_goods_of_others_or_into_itself(district, farm, packer):
    lot, unit = farm.harvest(100), pallet()
    load(farm, unit, line(lot, 30))
    error = refused(packer, document(aggregated(unit, "DELETE", hours=5)))
    assert (error["type"], error["pointer"]) == ("/problems/not-known-yet", "/epcisBody/eventList/0/parentID")
    outer = pallet()
    captured(farm, document(aggregated(outer, "ADD", epcs=[unit], hours=5)))
    error = refused(farm, document(aggregated(unit, "ADD", epcs=[outer], hours=4)))
    assert (error["type"], error["pointer"]) == ("/problems/lineage-cycle", "/epcisBody/eventList/0/childEPCs/0")


def test_a_name_that_is_a_crate_is_no_goods_in_any_event(farm, service):
    crate, lot = f"https://crates.example/{uuid7()}", farm.harvest(10)
    load(farm, crate, line(lot, 3))
    captured(farm, document({"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "storing", "eventTime": ago(hours=5),
                             "eventTimeZoneOffset": "+08:00", "epcList": [crate]}))
    assert farm.read("/v1/things?id=" + crate)["kind"] == "unit" and contents(service, crate) == {lot["uri"]: 3}
