# SPDX-License-Identifier: Apache-2.0
"""A record comes back from its event in farm words, and sent again it becomes the same event."""
import json
import re

import pytest
from conftest import ago, kg, line
from test_units import sscc

OF_ITSELF = ("eventID", "certificationInfo", "farmtrail:request", "farmtrail:pins", "farmtrail:corrects")
# What is ended by another record, not corrected; and what has no stock left to be told of twice.
AS_OTHERS = {"release", "load", "unload"}


def chain(district):
    """A record of every type: [(party, event)]."""
    farm, packer, shop = district.farm(), district.packer(), district.party("shop")
    packer.product("BOX", unit="XPK")
    told, unit, pallet = [], sscc(), sscc()

    def record(party, type_, time, **members):
        answer = party.record(type_, time, **members)
        told.append((party, answer["event"]))
        return answer

    for type_ in ("plant", "feed", "medicate", "irrigate", "treat"):
        record(farm, type_, ago(days=30), site="P1", product="草木灰 <&>", dose={"value": 30, "unit": "g", "per": "mu"}, target="蚜虫",
               active=["吡虫啉"], until=ago(days=29), note="第一行\n\"第二行\"")
    for type_ in ("birth", "move", "death"):
        record(farm, type_, ago(days=28), site="P1", quantity={"value": "3", "unit": "HEA"}, animals=["150011600000001"], reason="x")
    farm.site("P2")
    lot = record(farm, "harvest", ago(days=5), sites=["P1", "P2"], product="PAKCHOI", lot="H.7",
                 quantity={"value": "400", "unit": "jin"}, harvester="张三", position={"lat": "29.5", "lon": "106.5", "accuracyM": 8},
                 device="phone 7", deviceTime=ago(days=5), entryMode="paper",
                 documents=[{"type": "inv", "number": "发票 7/1"}, {"type": "过磅单", "number": "https://example.org/w?n=7#a"}])["lots"][0]
    record(farm, "treat", ago(days=6), lot=lot["id"], product="草木灰")
    for type_ in ("collect", "catch"):
        record(farm, type_, ago(days=5), site="P1", product="PAKCHOI", quantity=kg(3))
    record(farm, "certify", ago(days=4), lots=[line(lot, 10)], form="producer", basis=["own_test", "quality_control"])
    record(farm, "inspect", ago(days=4), site="P1", findings=["无记录", "clean"])
    record(farm, "inspect", ago(days=4), lots=[{"lot": lot["id"]}])
    record(farm, "sample", ago(days=4), lots=[line(lot, 1)], sample={"id": "S-7", "takenAt": ago(days=4), "taker": "李四", "quantity": kg(1)})
    results = [{"substance": "噻虫胺", "value": "0.250", "unit": "mg/kg", "detected": True, "limitOfDetection": "0.010"},
               {"substance": "x", "detected": False}]
    record(farm, "test", ago(days=3), kind="lab", sample="S-7", outcome="negative", results=results, method="GB 23200.121", lab="L",
           report="No. 7/3", notifiedAt=ago(days=3))
    record(farm, "test", ago(days=3), kind="rapid", lot=lot["id"], outcome="negative", inhibition="-3.5")
    for type_ in ("store", "cool"):
        record(farm, type_, ago(days=3), site="P1", lots=[line(lot, 100)], temperature=[{"time": ago(days=3), "value": "-18.50"}])
    record(farm, "load", ago(days=3), unit=unit, contents=[line(lot, 60)])
    record(farm, "load", ago(days=3), unit=pallet, contents=[{"unit": unit}, line(lot, 5)])
    record(farm, "unload", ago(days=3), unit=pallet, contents=[line(lot, 5)])
    record(farm, "hold", ago(days=3), lots=[{"lot": lot["id"]}], reason="x")
    record(farm, "release", ago(days=3), lots=[{"lot": lot["id"]}], reason="x")
    sent = record(farm, "ship", ago(days=2), units=[pallet], lots=[line(lot, 40)], to=packer.number, vehicle="渝A 12345")
    record(packer, "receive", ago(days=1), shipment=sent["shipment"])
    sent = record(farm, "ship", ago(days=2), lots=[line(lot, 20)], to=packer.number)
    record(packer, "receive", ago(days=1), shipment=sent["shipment"], site="H1", lots=[line(lot, 18)],
           shortage={"quantity": kg(2), "reason": "烂"}, temperature=[{"time": ago(days=1), "value": "4"}])
    record(packer, "return", ago(hours=20), lots=[line(lot, 8)], reason="x", to=farm.number)
    made = record(packer, "pack", ago(hours=18), site="H1", inputs=[line(lot, 20)],
                  outputs=[{"product": "BOX", "quantity": {"value": "40", "unit": "XPK", "net": {"value": "19.5", "unit": "KGM"}}}])
    for type_ in ("process", "mix", "slaughter"):
        more = {"animals": ["150011600000002"], "quarantineCertificate": "渝检 7"} if type_ == "slaughter" else {}
        record(packer, type_, ago(hours=17), inputs=[line(lot, 10)], outputs=[{"product": "SALAD", "lot": f"M-{type_}", "quantity": kg(9)}], **more)
    record(packer, "split", ago(hours=16), inputs=[line(lot, 10)], outputs=[{"product": "SALAD", "quantity": kg(4)}, {"product": "SALAD", "quantity": kg(6)}])
    box = {"lot": made["lots"][0]["id"], "quantity": {"value": "30", "unit": "XPK"}}
    record(packer, "ship", ago(hours=15), lots=[box], to=shop.number)
    record(packer, "destroy", ago(hours=14), lots=[line(lot, 2)], reason="x")
    record(packer, "sell", ago(hours=13), lots=[line(lot, 3)], channel="market")
    return told


@pytest.fixture(scope="module")
def told(district):
    return chain(district)


def body_of(party, event):
    """What an event says, without what is its own; a shipment that was received before it was corrected is another."""
    answer = party.read(f"/v1/events/{event}")
    body = {k: v for k, v in answer["epcis"].items() if k not in OF_ITSELF}
    return json.loads(re.sub(r"/u/shp_[\w-]+", "/u/shp_", json.dumps(body))) if answer["type"] in ("ship", "return") else body


def test_every_type_is_among_them(service, told):
    types = {party.read(f"/v1/events/{event}")["type"] for party, event in told}
    words = service.contract.document["components"]["schemas"]["Record"]["properties"]["type"].get("enum")
    assert types == set(words) - {"correct"} if words else len(types) == 31, sorted(types)


def test_a_record_sent_again_as_its_own_replacement_is_the_same_event(told):
    for party, event in reversed(told):
        answer = party.read(f"/v1/events/{event}")
        if answer["type"] in AS_OTHERS:
            continue
        again = party.record("correct", ago(), event=event, reason="x", replacement=answer["record"])
        new = again["replacement"]["event"]
        assert body_of(party, new) == body_of(party, event), answer["record"]
        assert party.read(f"/v1/events/{new}")["record"] == answer["record"]


def test_a_record_of_units_names_no_contents(told):
    party, event = next(one for one in told if one[0].read(f"/v1/events/{one[1]}")["type"] == "ship")
    answer = party.read(f"/v1/events/{event}")
    assert len(answer["epcis"]["quantityList"]) == 2 and len(answer["record"]["lots"]) == 1 and len(answer["record"]["units"]) == 1


def test_a_correction_comes_back_with_its_replacement(farm):
    lot = farm.record("harvest", ago(days=2), site="P1", product="PAKCHOI", quantity=kg(10))
    replacement = {**farm.read(f"/v1/events/{lot['event']}")["record"], "quantity": kg(12)}
    done = farm.record("correct", ago(), event=lot["event"], reason="称量有误", note="n", replacement=replacement)
    record = farm.read(f"/v1/events/{done['event']}")["record"]
    assert (record["type"], record["event"], record["reason"], record["note"]) == ("correct", lot["event"], "称量有误", "n")
    assert record["replacement"] == replacement
    withdrawn = farm.record("correct", ago(), event=done["replacement"]["event"], reason="x")
    assert "replacement" not in farm.read(f"/v1/events/{withdrawn['event']}")["record"]


def test_a_partners_event_was_no_record(packer):
    document = {"@context": ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"], "type": "ObjectEvent", "eventTime": ago(hours=1),
                "eventTimeZoneOffset": "+08:00", "action": "OBSERVE", "bizStep": "storing",
                "quantityList": [{"epcClass": "https://partner.example/lot/7", "quantity": 1, "uom": "KGM"}]}
    assert packer.post("/epcis/capture", json.dumps(document).encode()).status == 202
    item = packer.read("/v1/events?limit=1")["items"][0]
    assert "record" not in packer.read(f"/v1/events/{item['id']}")
