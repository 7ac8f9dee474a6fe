# SPDX-License-Identifier: Apache-2.0
"""Crates and pallets: what is in them when, and records that name a unit instead of its lots."""
import itertools
import threading

import pytest
from conftest import ago, kg, line, uuid7
from test_capture import epcis, event_of, quantities  # noqa: F401  (a fixture)

serials = itertools.count(1)


def sscc():
    """A new SSCC with its check digit."""
    body = f"06901234{next(serials):09d}"
    return body + str((10 - sum(int(c) * (3 if i % 2 == 0 else 1) for i, c in enumerate(body)) % 10) % 10)


def load(party, unit, *contents, time=None):
    return party.record("load", time or ago(hours=20), unit=unit, contents=list(contents))


def unload(party, unit, *contents, time=None):
    return party.record("unload", time or ago(hours=6), unit=unit, **({"contents": list(contents)} if contents else {}))


def contents(service, uri):
    """What is in a unit now: {uri: amount}, of units 1."""
    return {row[0]: row[1] for row in service.rows(
        "SELECT coalesce(l.uri, v.uri), coalesce(sum(c.base), 1) FROM containment c JOIN unit u ON u.id = c.parent"
        " LEFT JOIN lot l ON l.lot_id = c.child LEFT JOIN unit v ON v.id = c.child"
        " WHERE u.uri = %s AND c.to_at IS NULL GROUP BY 1", uri)}


def test_a_crate_is_loaded_and_emptied(farm, epcis, service):
    a, b = farm.harvest(100), farm.harvest(50)
    answer = load(farm, "CRATE-1", line(a, 60), {"lot": b["id"]})
    event = event_of(farm, epcis, answer)
    assert (event["type"], event["action"], event["bizStep"]) == ("AggregationEvent", "ADD", "loading")
    assert event["parentID"] == f"{farm.uri}/u/CRATE-1"
    assert quantities(event["childQuantityList"]) == {a["uri"]: (60, "KGM"), b["uri"]: (50, "KGM")}
    assert farm.stock(a)["on_hand"] == 100, "loading moves no stock"
    assert contents(service, event["parentID"]) == {a["uri"]: 60, b["uri"]: 50}
    event = event_of(farm, epcis, unload(farm, "CRATE-1"))
    assert (event["action"], event["bizStep"]) == ("DELETE", "unloading")
    assert quantities(event["childQuantityList"]) == {a["uri"]: (60, "KGM"), b["uri"]: (50, "KGM")}
    assert contents(service, event["parentID"]) == {}


def test_a_part_is_taken_out(farm, service):
    lot = farm.harvest(100)
    load(farm, "CRATE-2", line(lot, 60))
    load(farm, "CRATE-2", line(lot, 10), time=ago(hours=19))
    uri = f"{farm.uri}/u/CRATE-2"
    unload(farm, "CRATE-2", line(lot, 65))
    assert contents(service, uri) == {lot["uri"]: 5}
    reply = farm.refuse("unload", ago(hours=5), unit="CRATE-2", contents=[line(lot, 6)])
    assert (reply.status, reply.problem(), reply.pointer()) == (409, "lot-short", "/contents/0/quantity")
    reply = farm.refuse("unload", ago(hours=5), unit="CRATE-2", contents=[line(lot, 3), line(lot, 3)])
    assert (reply.problem(), reply.pointer()) == ("lot-short", "/contents/1/quantity"), "what is named twice is asked for at once"
    unload(farm, "CRATE-2", {"lot": lot["id"]}, time=ago(hours=4))
    assert contents(service, uri) == {}
    reply = farm.refuse("unload", ago(hours=3), unit="CRATE-2", contents=[line(lot, 1)])
    assert (reply.problem(), reply.pointer()) == ("not-known-yet", "/contents/0/lot")


def test_a_pallet_of_crates_is_shipped_and_unpacked_by_the_receiver(farm, packer, epcis, service):
    lot, other = farm.harvest(100), farm.harvest(30)
    code = sscc()
    pallet = f"https://id.gs1.org/00/{code}"
    load(farm, "C1", line(lot, 20))
    load(farm, "C2", line(lot, 25), line(other, 30))
    answer = load(farm, pallet, {"unit": "C1"}, {"unit": "C2"}, line(lot, 5))
    event = event_of(farm, epcis, answer)
    assert event["parentID"] == pallet and event["childEPCs"] == [f"{farm.uri}/u/C1", f"{farm.uri}/u/C2"]
    sent = farm.record("ship", ago(hours=12), units=[pallet], to=packer.number)
    event = event_of(farm, epcis, sent)
    assert event["epcList"] == [pallet]
    assert quantities(event["quantityList"]) == {lot["uri"]: (50, "KGM"), other["uri"]: (30, "KGM")}
    assert farm.stock(lot)["in_transit"] == 50 and farm.stock(other)["in_transit"] == 30
    reply = packer.refuse("unload", ago(hours=11), unit=pallet)
    assert reply.problem() == "not-known-yet", "the goods are not the packer's yet"
    packer.receive(sent["shipment"], time=ago(hours=10))
    assert packer.stock(lot)["on_hand"] == 50
    event = event_of(packer, epcis, unload(packer, pallet))
    assert set(event["childEPCs"]) == {f"{farm.uri}/u/C1", f"{farm.uri}/u/C2"}
    assert contents(service, f"{farm.uri}/u/C2") == {lot["uri"]: 25, other["uri"]: 30}, "a crate keeps what is in it"
    packer.record("sell", ago(hours=2), units=[f"{farm.uri}/u/C2"])
    assert packer.stock(lot)["sold"] == 25 and packer.stock(other)["sold"] == 30


@pytest.mark.parametrize("spelling", ["https://example.org/00/{}", "https://id.gs1.org/00/{}?x=1", "(00){}", "{}"])
def test_a_unit_is_found_under_every_spelling(farm, packer, service, spelling):
    lot, codes = farm.harvest(10), (sscc(), sscc())
    names = [(f"https://id.gs1.org/00/{codes[0]}", spelling.format(codes[0])), (spelling.format(codes[1]), f"(00){codes[1]}")]
    for first, second in names:
        load(farm, first, line(lot, 4))
        sent = farm.record("ship", ago(hours=5), units=[second], to=packer.number)["shipment"]
        packer.receive(sent, time=ago(hours=4))
        packer.record("sell", ago(hours=3), units=[spelling.format(codes[0]) if first == names[0][0] else spelling.format(codes[1])])
    assert packer.stock(lot)["sold"] == 8
    for code in codes:
        assert service.value("SELECT uri FROM unit WHERE uri LIKE %s", f"%{code}%") == f"https://id.gs1.org/00/{code}"
        assert service.value("SELECT count(*) FROM unit WHERE uri LIKE %s", f"%{code}%") == 1


def test_a_queue_names_a_unit_by_the_bare_digits_of_its_code(farm, service):
    lot, code = farm.harvest(10), sscc()
    records = [{"type": "load", "time": ago(hours=8), "unit": code, "contents": [line(lot, 4)]},
               {"type": "load", "time": ago(hours=7), "unit": f"(00){code}", "contents": [line(lot, 2)]},
               {"type": "sell", "time": ago(hours=6), "units": [code]}]
    results = farm.post("/v1/events:batch", {"records": records}).json()["results"]
    assert [result["status"] for result in results] == [201, 201, 201], results
    assert farm.stock(lot)["sold"] == 6
    assert service.value("SELECT count(*) FROM unit WHERE uri LIKE %s", f"%{code}%") == 1


def test_a_crate_that_nobody_described_is_a_placeholder_until_somebody_does(farm, packer, service):
    lot = farm.harvest(100)
    load(farm, "PAL-9", {"unit": "UNSEEN"}, time=ago(hours=20))
    assert service.rows("SELECT known FROM unit WHERE uri = %s", f"{farm.uri}/u/UNSEEN") == [(False,)]
    reply = farm.refuse("ship", ago(hours=12), units=["PAL-9"], to=packer.number)
    assert (reply.status, reply.problem(), reply.pointer()) == (409, "not-known-yet", "/units/0")
    load(farm, "UNSEEN", line(lot, 15), time=ago(hours=21))
    assert service.rows("SELECT known FROM unit WHERE uri = %s", f"{farm.uri}/u/UNSEEN") == [(True,)]
    farm.record("ship", ago(hours=12), units=["PAL-9"], to=packer.number)
    assert farm.stock(lot)["in_transit"] == 15


def test_what_is_recorded_late_ends_where_the_unit_was_emptied(farm, service):
    a, b = farm.harvest(100), farm.harvest(100)
    load(farm, "LATE", line(a, 10), time=ago(hours=20))
    unload(farm, "LATE", time=ago(hours=10))
    load(farm, "LATE", line(b, 7), time=ago(hours=8))
    load(farm, "LATE", line(a, 5), time=ago(hours=15))  # came late
    assert contents(service, f"{farm.uri}/u/LATE") == {b["uri"]: 7}
    farm.record("sell", ago(hours=12), units=["LATE"])
    assert farm.stock(a)["sold"] == 15, "at that time both were in it"
    farm.record("sell", ago(hours=6), units=["LATE"])
    assert farm.stock(b)["sold"] == 7 and farm.stock(a)["sold"] == 15


def test_lots_and_units_stand_in_one_record(farm, packer):
    lot, other = farm.harvest(100), farm.harvest(50)
    load(farm, "MIXED", line(lot, 30))
    shipment = farm.ship(packer, line(lot, 10), line(other, 5), units=["MIXED"], time=ago(hours=12))
    packer.receive(shipment, time=ago(hours=10))
    assert packer.stock(lot)["on_hand"] == 40 and packer.stock(other)["on_hand"] == 5
    reply = farm.refuse("ship", ago(hours=11), lots=[line(lot, 40)], units=["MIXED"], to=packer.number)
    assert (reply.problem(), reply.pointer()) == ("lot-short", "/units/0"), "60 are left, 70 asked"


@pytest.mark.parametrize("type_,members", [
    ("store", {}), ("cool", {}), ("inspect", {}), ("sample", {"sample": {"id": "S"}}), ("hold", {"reason": "r"}),
    ("destroy", {"reason": "r"})])
def test_units_are_accepted_wherever_lots_are(farm, type_, members, epcis):
    lot = farm.harvest(100)
    load(farm, "ANY", line(lot, 30))
    answer = farm.record(type_, ago(hours=5), units=["ANY"], **members)
    assert [made["id"] for made in answer["lots"]] == [lot["id"]]
    assert event_of(farm, epcis, answer)["epcList"] == [f"{farm.uri}/u/ANY"]


def test_a_unit_on_hold_is_told_by_the_unit(farm, packer):
    lot = farm.harvest(100)
    load(farm, "HELD", line(lot, 30))
    farm.record("hold", ago(hours=8), units=["HELD"], reason="待检")
    reply = farm.refuse("ship", ago(hours=5), units=["HELD"], to=packer.number)
    assert (reply.problem(), reply.pointer()) == ("lot-on-hold", "/units/0")


def test_no_unit_is_inside_itself(farm):
    lot = farm.harvest(10)
    load(farm, "U1", line(lot, 1))
    load(farm, "U2", {"unit": "U1"})
    for contents_, unit in (([{"unit": "U1"}], "U1"), ([{"unit": "U2"}], "U1")):
        reply = farm.refuse("load", ago(hours=5), unit=unit, contents=contents_)
        assert (reply.status, reply.problem(), reply.pointer()) == (422, "lineage-cycle", "/contents/0/unit")


def test_strangers_do_not_touch_what_is_in_a_unit(farm, packer, service):
    lot, code = farm.harvest(10), sscc()
    pallet = f"https://id.gs1.org/00/{code}"
    load(farm, pallet, line(lot, 5))
    before = service.snapshot()
    assert packer.refuse("unload", ago(hours=5), unit=pallet).problem() == "not-known-yet"
    assert packer.refuse("sell", ago(hours=5), units=[pallet]).problem() == "not-known-yet"
    reply = packer.refuse("load", ago(hours=5), unit=f"{farm.uri}/u/NONE", contents=[{"unit": "X"}])
    assert (reply.problem(), reply.pointer()) == ("not-known-yet", "/unit"), "a number of the farm is the farm's to give"
    reply = packer.refuse("load", ago(hours=5), unit="A B", contents=[{"unit": "X"}])
    assert (reply.problem(), reply.pointer()) == ("identifier-syntax", "/unit")
    assert service.snapshot() == before


def test_strangers_do_not_touch_what_is_in_a_unit_of_a_unit(farm, packer, service):
    """Of the pallet's own contents, crates, nobody has stock: whose they are the lots in them say."""
    lot, crate, pallet = farm.harvest(10), *(f"https://id.gs1.org/00/{sscc()}" for _ in range(2))
    load(farm, crate, line(lot, 5))
    load(farm, pallet, {"unit": crate}, time=ago(hours=19))
    theirs, before = packer.harvest(1, product="SALAD", site="H1"), contents(service, pallet)
    for type_, members in (("unload", {"unit": pallet}), ("unload", {"unit": pallet, "contents": [{"unit": crate}]}),
                           ("load", {"unit": pallet, "contents": [line(theirs, 1)]})):
        assert packer.refuse(type_, ago(hours=5), **members).problem() == "not-known-yet", (type_, members)
    assert contents(service, pallet) == before == {crate: 1} and contents(service, crate) == {lot["uri"]: 5}


def test_a_queue_loads_and_ships_in_one_request(farm, packer):
    harvested = uuid7()
    reply = farm.post("/v1/events:batch", {"records": [
        {"id": harvested, "type": "harvest", "time": ago(hours=22), "site": "P1", "product": "PAKCHOI", "quantity": kg(9)},
        {"type": "load", "time": ago(hours=20), "unit": "BATCH", "contents": [{"lot": harvested}]},
        {"type": "ship", "time": ago(hours=18), "units": ["BATCH"], "to": packer.number}]})
    assert [result["status"] for result in reply.json()["results"]] == [201, 201, 201], reply


def test_two_loads_at_once_make_one_unit(farm, service):
    lot, code = farm.harvest(100), sscc()
    pallet, start = f"https://id.gs1.org/00/{code}", threading.Barrier(4)

    def run():
        start.wait()
        load(farm, pallet, line(lot, 5))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert contents(service, pallet) == {lot["uri"]: 20}
