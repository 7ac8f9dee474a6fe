# SPDX-License-Identifier: Apache-2.0
"""Records that change no stock: store and cool, inspect and sample, certify; and who may look at whose lots."""
import pytest
from conftest import FAR_TOWNSHIP, TOWNSHIP, ago, kg, line
from service import Api
from test_capture import epcis, event_of, quantities  # noqa: F401  (a fixture)

READINGS = [{"time": ago(hours=13), "value": "4.5"}, {"time": ago(hours=12), "value": -1}]


def steps_of(api, lot):
    return [step["type"] for step in api.read(f"/v1/lots/{lot['id']}/trail")["steps"]]


@pytest.mark.parametrize("type_", ["store", "cool"])
def test_what_is_stored_keeps_its_temperatures(farm, epcis, type_):
    lot = farm.harvest(100)
    answer = farm.record(type_, ago(hours=11), site="P1", lots=[line(lot, 60)], temperature=READINGS)
    event = event_of(farm, epcis, answer)
    assert (event["type"], event["action"], event["bizStep"]) == ("ObjectEvent", "OBSERVE", "storing")
    assert event["farmtrail:record"] == type_ and quantities(event["quantityList"]) == {lot["uri"]: (60, "KGM")}
    assert [r["value"] for r in event["sensorElementList"][0]["sensorReport"]] == [4.5, -1]
    assert farm.stock(lot)["on_hand"] == 100, "storing moves no stock"
    assert steps_of(farm, lot) == ["harvest", type_]


def test_only_a_holder_stores(farm, district):
    reply = district.packer().refuse("store", ago(hours=1), lots=[line(farm.harvest(5), 5)])
    assert (reply.status, reply.problem(), reply.pointer()) == (409, "not-known-yet", "/lots/0/lot")


def test_stock_of_another_customer_is_no_step_of_a_trail(farm, district):
    lot = farm.harvest(100)
    packers = [district.packer(), district.packer()]
    for packer in packers:
        packer.receive(farm.ship(packer, line(lot, 40)))
        packer.record("store", ago(hours=8), site="H1", lots=[line(lot, 40)])
    packed = packers[0].record("pack", ago(hours=7), site="H1", inputs=[line(lot, 40)],
                               outputs=[{"product": "SALAD", "quantity": kg(40)}])["lots"][0]
    trail = packers[0].read(f"/v1/lots/{packed['id']}/trail")
    assert [s["party"]["id"] for s in trail["steps"] if s["type"] == "store"] == [packers[0].id]


def test_an_inspection_keeps_what_was_seen_to_itself(farm, packer, epcis):
    lot = farm.harvest(100)
    answer = farm.record("inspect", ago(hours=11), lots=[{"lot": lot["id"]}], findings=["王五的标签缺失", "外观正常"])
    event = event_of(farm, epcis, answer)
    assert event["bizStep"] == "inspecting" and event["farmtrail:findings"] == ["王五的标签缺失", "外观正常"]
    assert event["quantityList"] == [{"epcClass": lot["uri"]}], "no quantity: the whole lot"
    for tier in ("farm", "township", "district"):
        assert "王五" not in packer.read(f"/v1/events/{answer['event']}/proof?tier={tier}")["view"]
    assert steps_of(farm, lot) == ["harvest", "inspect"]


def test_an_inspection_of_a_site_shows_in_what_is_harvested_there_later(farm):
    farm.record("inspect", ago(days=5), site="P1", findings=["清洁"])
    farm.record("sample", ago(days=4), site="P1", sample={"id": "SOIL-1"})
    assert steps_of(farm, farm.harvest(100)) == ["inspect", "sample", "harvest"]


def test_a_sample_says_who_took_it_to_its_own_party_only(farm, packer, epcis):
    lot = farm.harvest(100)
    answer = farm.record("sample", ago(hours=11), lots=[line(lot, "0.5")],
                         sample={"id": "渝抽-1", "taker": "赵六", "takenAt": ago(hours=12),
                                 "quantity": {"value": "500", "unit": "g"}})
    event = event_of(farm, epcis, answer)
    assert event["bizStep"] == "sampling" and event["farmtrail:taker"] == "赵六"
    assert event["farmtrail:sample"]["farmtrail:id"] == "渝抽-1"
    assert (event["farmtrail:sample"]["farmtrail:quantity"], event["farmtrail:sample"]["farmtrail:uom"]) == (500, "GRM")
    farm_view = packer.read(f"/v1/events/{answer['event']}/proof?tier=farm")["view"]
    assert "赵六" not in farm_view and "渝抽-1" in farm_view
    assert "渝抽-1" not in packer.read(f"/v1/events/{answer['event']}/proof?tier=township")["view"]
    assert farm.stock(lot)["on_hand"] == 100


def test_a_certificate_of_compliance_is_a_record_of_its_lot(farm, epcis):
    lot = farm.harvest(100)
    answer = farm.record("certify", ago(hours=11), lots=[line(lot, 100)], form="producer", basis=["quality_control", "own_test"])
    event = event_of(farm, epcis, answer)
    assert event["certificationInfo"] == f"urn:farmtrail:compliance:{answer['event']}"
    assert event["farmtrail:form"] == "producer" and event["farmtrail:basis"] == ["quality_control", "own_test"]
    assert steps_of(farm, lot) == ["harvest", "certify"]


# — whose lots one may look at —
@pytest.mark.parametrize("members", [{"type_": "inspect"}, {"type_": "sample", "sample": {"id": "S1"}}])
def test_an_inspector_looks_at_lots_of_the_region(district, farm, members):
    lot = farm.harvest(100)
    station = district.party("authority", TOWNSHIP, "STATION")
    inspector = Api(district.service, district.key(["capture", "inspect", "read"], region=TOWNSHIP))
    answer = inspector.record(**members, time_=ago(hours=3), party=station.number, lots=[{"lot": lot["id"]}])
    assert answer["lots"][0]["id"] == lot["id"]
    assert steps_of(farm, lot) == ["harvest", members["type_"]], "the farm sees who looked"
    far = district.party("authority", FAR_TOWNSHIP, "STATION")
    stranger = Api(district.service, district.key(["capture", "inspect", "read"], region=FAR_TOWNSHIP))
    reply = stranger.refuse(**members, time_=ago(hours=3), party=far.number, lots=[{"lot": lot["id"]}])
    assert (reply.status, reply.problem()) == (409, "not-known-yet"), "a lot that one cannot see does not exist"


def test_a_buyer_looks_at_what_its_goods_were_made_of(farm, packer, district):
    lot = farm.harvest(100)
    made = farm.record("pack", ago(hours=30), inputs=[line(lot, 100)],
                       outputs=[{"product": "PAKCHOI", "quantity": kg(100)}])["lots"][0]
    refused = packer.refuse("inspect", ago(hours=3), lots=[{"lot": lot["id"]}])
    assert refused.problem() == "not-known-yet"
    packer.receive(farm.ship(packer, line(made, 50)))
    assert packer.record("inspect", ago(hours=3), lots=[{"lot": lot["id"]}])["lots"][0]["id"] == lot["id"]
    assert packer.refuse("store", ago(hours=3), lots=[line(lot, 1)]).problem() == "not-known-yet", "only a holder stores"


def test_a_lot_stands_in_a_record_once(farm):
    lot = farm.harvest(100, lot="ONCE")
    for type_, members in (("inspect", {}), ("store", {})):
        reply = farm.refuse(type_, ago(hours=3), lots=[line(lot["id"], 5), line("ONCE", 5)], **members)
        assert (reply.problem(), reply.pointer()) == ("field-range", "/lots/1/lot")
