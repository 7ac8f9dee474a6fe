# SPDX-License-Identifier: Apache-2.0
"""Pigs: what was done to the herd is told of the carcass and the pack."""
from conftest import ago, kg, line
from test_capture import epcis, event_of  # noqa: F401  (a fixture)

TAGS = ["150011600000001", "150011600000002"]


def head(count, net):
    return {"value": str(count), "unit": "HEA", "net": kg(net)}


def test_a_treatment_of_the_herd_reaches_the_carcass_and_the_pack(farm, packer, district, epcis):
    farm.site("PEN", "house", commodity="meat/pig")
    farm.product("PIG", "meat/pig", unit="HEA")
    packer.product("PORK", "meat/pig")
    packer.product("PACK", "meat/pig")
    farm.record("feed", ago(days=40), site="PEN", product="配合饲料")
    herd = farm.harvest(head(10, 1100), product="PIG", site="PEN", time=ago(days=30))
    dosed = farm.record("medicate", ago(days=20), lot=herd["id"], product="土霉素片", active=["土霉素"], animals=TAGS)
    packer.receive(farm.ship(packer, line(herd, head(10, 1100)), time=ago(days=3)), time=ago(days=2))
    killed = packer.record("slaughter", ago(days=1), site="H1", inputs=[line(herd, head(10, 1100))], animals=TAGS,
                           outputs=[{"product": "PORK", "quantity": kg(800)}], quarantineCertificate="渝检 5000123456")
    pork = killed["lots"][0]
    packed = packer.record("pack", ago(hours=9), site="H1", inputs=[line(pork, 400)],
                           outputs=[{"product": "PACK", "quantity": kg(400)}])["lots"][0]
    event = event_of(packer, epcis, killed)
    assert event["farmtrail:animals"] == TAGS and event["farmtrail:quarantineCertificate"] == "渝检 5000123456"
    for lot in (pork, packed):
        trail = district.public.read(f"/t/{lot['code']}", Accept="application/json")
        steps = [step["type"] for step in trail["steps"]]
        assert steps[:2] == ["feed", "harvest"] and "medicate" in steps and "slaughter" in steps
        [medicated] = [step for step in trail["steps"] if step["type"] == "medicate"]
        assert medicated["event"] == dosed["event"] and medicated["used"]["active"] == ["土霉素"]
