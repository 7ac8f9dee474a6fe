# SPDX-License-Identifier: Apache-2.0
"""What somebody tries who wants more than is his: keys beyond their bounds, stock out of nothing, names that mislead."""
from conftest import OTHER_TOWNSHIP, TOWNSHIP, ago, kg, line
from service import Api

HARVEST = {"type": "harvest", "product": "PAKCHOI", "site": "P1", "quantity": {"value": "7", "unit": "KGM"}}


def test_a_key_of_a_region_records_for_parties_of_that_region_alone(district, farm):
    record = {**HARVEST, "party": farm.id, "time": ago(days=1)}
    stranger = Api(district.service, district.key(["capture", "read"], region=OTHER_TOWNSHIP))
    before = district.service.snapshot()
    assert stranger.post("/v1/events", record).problem() == "not-found"
    assert district.service.snapshot() == before
    official = Api(district.service, district.key(["capture", "read"], region=TOWNSHIP))
    assert official.post("/v1/events", record).status == 201


def test_a_key_of_a_region_does_not_reach_lots_that_its_party_never_held(district, farm, packer):
    lot = farm.harvest(100)
    official = Api(district.service, district.key(["capture", "read"], region=OTHER_TOWNSHIP))
    mix = {"type": "mix", "party": packer.id, "time": ago(days=1), "inputs": [line(lot, 1)],
           "outputs": [{"product": "SALAD", "quantity": kg(1)}]}
    assert official.post("/v1/events", mix).problem() == "not-known-yet"
    packer.receive(farm.ship(packer, line(lot, 10)), time=ago(hours=23))
    assert official.post("/v1/events", {**mix, "time": ago(hours=22)}).status == 201


def test_nobody_receives_from_himself(farm):
    lot = farm.harvest(10)
    before = farm.stock(lot)
    reply = farm.refuse("receive", ago(hours=3), **{"from": farm.id}, lots=[line(lot, 100000)])
    assert (reply.problem(), reply.pointer()) == ("field-range", "/from")
    assert farm.stock(lot) == before


def test_a_lot_number_survives_in_a_path(farm):
    for number in (".", ".."):
        reply = farm.post("/v1/events", {**HARVEST, "time": ago(days=1), "lot": number})
        assert (reply.problem(), reply.pointer()) == ("identifier-syntax", "/lot")
