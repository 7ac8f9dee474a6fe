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
