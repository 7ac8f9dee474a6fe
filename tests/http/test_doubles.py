# SPDX-License-Identifier: Apache-2.0
"""Records with an id of their own that tell what another told minutes before: stored, and the answer names the other."""
import pytest
from conftest import ago, kg, line, uuid7


def harvest(**members):
    return {"id": uuid7(), "type": "harvest", "time": ago(days=1), "site": "P1", "product": "PAKCHOI", "quantity": kg(10), **members}


def doubled(record):
    return [f"likely-double {record['id']}"]


@pytest.mark.parametrize("minutes, likely", [(0, True), (9, True), (11, False)])
def test_the_same_deed_minutes_apart_is_flagged_whichever_comes_first(farm, minutes, likely):
    for amount, (first, second) in enumerate([(0, minutes), (minutes, 0)], 20):
        one, other = (harvest(time=ago(days=1, minutes=m), quantity=kg(amount)) for m in (first, second))
        assert farm.make("/v1/events", one)["warnings"] == []
        answer = farm.make("/v1/events", other)
        assert answer["warnings"] == (doubled(one) if likely else [])
        assert farm.post("/v1/events", other).json() == answer, "a repetition is no double"
        assert answer["lots"][0]["id"] != farm.post("/v1/events", one).json()["lots"][0]["id"], "both are stored"


def test_how_it_was_told_does_not_matter(farm):
    one = harvest(device="phone 1", note="in the morning")
    other = harvest(entryMode="paper", time=one["time"], position={"lat": "29.8", "lon": "106.4"})
    farm.make("/v1/events", one)
    assert farm.make("/v1/events", other)["warnings"] == doubled(one)


@pytest.mark.parametrize("quantity", [{"value": 10, "unit": "kg"}, {"value": "10.0", "unit": "KGM"}, {"value": "20", "unit": "jin"}, {"value": "10000", "unit": "g"}])
def test_how_an_amount_is_written_does_not_matter(farm, quantity):
    one = harvest(quantity={"value": "10", "unit": "kg"})
    farm.make("/v1/events", one)
    assert farm.make("/v1/events", harvest(quantity=quantity, time=one["time"]))["warnings"] == doubled(one)


def test_how_things_are_spelled_does_not_matter(district, farm, packer):
    lot = farm.harvest(50)
    farm.record("load", ago(hours=30), unit="C7", contents=[line(lot, 5)])
    code = farm.post("/v1/codes", {"kind": "unit", "unit": "C7"}).json()["code"]
    site = farm.read("/v1/things?id=P1")
    product = farm.read("/v1/things?id=PAKCHOI")
    pairs = [
        ({"type": "harvest", "site": "P1", "product": "PAKCHOI", "quantity": kg(7)},
         {"type": "harvest", "site": site["uri"], "product": product["id"], "quantity": kg(7)}),
        ({"type": "ship", "to": packer.number, "lots": [line(lot["number"], 2)]},
         {"type": "ship", "to": packer.id, "lots": [line(lot["code"], 2)], "party": farm.number}),
        ({"type": "pack", "inputs": [line(lot["number"], 3)], "outputs": [{"product": "PAKCHOI", "quantity": kg(3)}]},
         {"type": "pack", "inputs": [line(lot["uri"], 3)], "outputs": [{"product": product["uri"], "quantity": kg(3)}]}),
        ({"type": "treat", "lot": lot["number"], "product": "X"}, {"type": "treat", "lot": lot["id"], "product": "X"}),
        ({"type": "load", "unit": "C8", "contents": [{"unit": "C7"}, line(lot["number"], 1)]},
         {"type": "load", "unit": "C8", "contents": [{"unit": code}, line(lot["code"], 1)]}),
        ({"type": "hold", "units": ["C7"], "reason": "a"}, {"type": "hold", "units": [code], "reason": "b"}),
    ]
    for hours, (one, other) in enumerate(pairs):
        first = farm.make("/v1/events", {**one, "id": uuid7(), "time": ago(hours=20 - hours)})
        assert first["warnings"] == [], one
        assert farm.make("/v1/events", {**other, "id": uuid7(), "time": ago(hours=20 - hours)})["warnings"] == [f"likely-double {first['event']}"], one


def test_packs_of_one_lot_are_several(farm):
    lot = farm.harvest(50)
    made = farm.make("/v1/codes", {"kind": "item", "lot": lot["id"], "count": 2, "quantity": kg(1), "activate": True})
    for pack in (made["code"], made["last"]):
        assert farm.record("sell", ago(hours=1), items=[pack])["warnings"] == []


@pytest.mark.parametrize("members", [{"quantity": kg(11)}, {"lot": "OTHER"}, {"type": "collect"}], ids=["quantity", "lot", "type"])
def test_another_deed_is_none(farm, members):
    farm.make("/v1/events", harvest())
    assert farm.make("/v1/events", harvest(**members))["warnings"] == []


def test_another_partys_deed_is_none(district, farm):
    farm.make("/v1/events", harvest())
    assert district.farm().make("/v1/events", harvest())["warnings"] == []


def test_doubles_within_a_batch_and_across_are_flagged(farm):
    lot = farm.harvest(50)
    sales = [{"id": uuid7(), "type": "sell", "time": ago(hours=1), "lots": [line(lot, 2)]} for _ in range(3)]
    results = farm.post("/v1/events:batch", {"records": [sales[0], sales[1]]}).json()["results"]
    assert [result["warnings"] for result in results] == [[], doubled(sales[0])]
    [warning] = farm.make("/v1/events", sales[2])["warnings"]
    assert warning in (doubled(sales[0]) + doubled(sales[1]))
    assert farm.stock(lot)["sold"] == 6


def test_a_refused_record_is_nobodys_double(farm):
    sale = {"id": uuid7(), "type": "sell", "time": ago(hours=1), "lots": [line("SOON", 2)]}
    results = farm.post("/v1/events:batch", {"onError": "proceed", "records": [sale, harvest(lot="SOON"), {**sale, "id": uuid7()}]})
    assert [result.get("warnings") for result in results.json()["results"]] == [None, [], []]


def test_the_order_of_lists_and_where_the_site_stands_do_not_matter(farm):
    a, b = farm.harvest(50), farm.harvest(60)
    farm.site("P2", "plot")
    sites = [farm.read(f"/v1/things?id={number}")["uri"] for number in ("P1", "P2")]
    pairs = [
        ({"type": "sell", "lots": [line(a, 2), line(b, 3)]}, {"type": "sell", "lots": [line(b["code"], 3), line(a["number"], 2)]}),
        ({"type": "pack", "inputs": [line(a, 4), line(b, 5)], "outputs": [{"product": "PAKCHOI", "quantity": kg(n)} for n in (3, 6)]},
         {"type": "pack", "inputs": [line(b, 5), line(a, 4)], "outputs": [{"product": "PAKCHOI", "quantity": kg(n)} for n in (6, 3)]}),
        ({"type": "harvest", "site": "P1", "product": "PAKCHOI", "quantity": kg(7)},
         {"type": "harvest", "sites": [sites[0]], "product": "PAKCHOI", "quantity": kg(7)}),
        ({"type": "harvest", "sites": ["P1", "P2"], "product": "PAKCHOI", "quantity": kg(8)},
         {"type": "harvest", "site": sites[1], "sites": ["P1"], "product": "PAKCHOI", "quantity": kg(8)}),
        ({"type": "load", "unit": "K1", "contents": [line(a, 1), line(b, 2)]}, {"type": "load", "unit": "K1", "contents": [line(b, 2), line(a, 1)]}),
    ]
    for hours, (one, other) in enumerate(pairs):
        first = farm.make("/v1/events", {**one, "id": uuid7(), "time": ago(hours=20 - hours)})
        assert first["warnings"] == [], one
        again = {**other, "id": uuid7(), "time": ago(hours=20 - hours)}
        assert farm.make("/v1/events", again)["warnings"] == [f"likely-double {first['event']}"], one
    swapped = {"id": uuid7(), "type": "sell", "time": ago(hours=20), "lots": [line(a, 3), line(b, 2)]}
    assert farm.make("/v1/events", swapped)["warnings"] == [], "other amounts are another sale"
