# SPDX-License-Identifier: Apache-2.0
"""More of a lot went than came: one finding as long as that lasts, whichever records brought it about."""
import itertools

import pytest

from conftest import ago, kg, line, uuid7
from service import Api
from test_epcis import amount, captured, document, event


def findings(district, lot):
    """(state, what was done about it) of every M02 about a lot."""
    rows = [district.admin.read(f"/v1/alerts/{row['id']}") for row in district.admin.read("/v1/alerts?rule=M02&limit=1000")["items"]
            if lot["id"] in row["lots"]]
    return [(row["state"], [(deed["action"], deed.get("reason")) for deed in row["timeline"]]) for row in rows]


def told(district, lot):
    return [row["rule"] for row in district.public.read(f"/t/{lot['code']}", Accept="application/json")["alerts"]]


def correct(party, event_id, **members):
    return party.make("/v1/events", {"type": "correct", "event": event_id, "reason": "probe", **members})


CLOSE = ("close", "late_record")


def test_a_deficit_made_good_closes_and_opens_again(district, farm, packer):
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 40)))
    captured(packer, document(event(bizStep="retail_selling", disposition="retail_sold", quantityList=[amount(lot["uri"], 70)])))
    assert findings(district, lot) == [("open", [])] and told(district, lot) == ["M02"]
    packer.receive(farm.ship(packer, line(lot, 20)))
    assert findings(district, lot) == [("open", [])], "ten are missing yet"
    rest = packer.receive(farm.ship(packer, line(lot, 10)))
    assert findings(district, lot) == [("closed", [CLOSE])] and told(district, lot) == []
    again = correct(packer, rest["event"])
    assert packer.stock(lot)["deficit"] == 10 and len(again["alerts"]) == 1
    assert findings(district, lot) == [("open", [CLOSE, ("reopen", None)])] and told(district, lot) == ["M02"]
    packer.receive(farm.ship(packer, line(lot, 10)))
    assert findings(district, lot) == [("closed", [CLOSE, ("reopen", None), CLOSE])]


def test_what_is_done_about_an_alert_is_told_in_the_order_in_which_it_was_done(district, farm, packer):
    """Whichever server's clock is ahead, and whoever waited for another: the newest says what state the alert is in."""
    lot, service = farm.harvest(30), district.service
    alert = packer.record("receive", ago(hours=5), lots=[line(lot, 40)], **{"from": farm.number})["alerts"][0]
    extra = farm.record("harvest", ago(days=2), site="P1", product="PAKCHOI", quantity=kg(10), lot=lot["number"])["event"]
    ahead = "UPDATE alert_action SET at = now() + interval '5 seconds' WHERE alert = %s AND key_id = '00000000-0000-0000-0000-000000000000'"
    service.cluster.execute(service.database, ahead, alert)
    for deed in ({"action": "reopen"}, {"action": "close", "reason": "handled"}, {"action": "reopen"}, {"action": "comment", "note": "x"}):
        reply = district.admin.post(f"/v1/alerts/{alert}/actions", deed)
        assert reply.status == 200, reply
    said = district.admin.read(f"/v1/alerts/{alert}")
    assert [deed["action"] for deed in said["timeline"]] == ["close", "reopen", "close", "reopen", "comment"] and said["state"] == "open"
    correct(farm, extra)
    farm.harvest(10, lot=lot["number"])
    said = district.admin.read(f"/v1/alerts/{alert}")
    assert (said["state"], said["timeline"][-1]["action"], len(said["timeline"])) == ("closed", "close", 6), said["timeline"]
    code, answer = service.recount()
    assert code == 0, answer["differences"]


def test_what_a_person_closed_stays_closed(district, farm, packer):
    lot = farm.harvest(30)
    got = packer.record("receive", ago(hours=5), lots=[line(lot, 40)], **{"from": farm.number})
    district.admin.post(f"/v1/alerts/{got['alerts'][0]}/actions", {"action": "close", "reason": "handled"})
    late = farm.record("harvest", ago(days=2), site="P1", product="PAKCHOI", quantity=kg(10), lot=lot["number"])
    correct(farm, late["event"])
    assert farm.stock(lot)["deficit"] == 10 and findings(district, lot) == [("closed", [("close", "handled")])]


@pytest.mark.parametrize("order", itertools.permutations("abc"))
def test_in_any_order_what_is_short_in_the_end_is_told_and_nothing_else(district, farm, packer, order):
    """Two receipts beyond what the sender had, and the harvest that brings half of it; then one receipt is withdrawn."""
    lot, made = farm.harvest(10), {}

    def receive():
        return packer.record("receive", ago(hours=5, minutes=len(made)), lots=[line(lot, 10)], **{"from": farm.number})["event"]

    act = {"a": receive, "b": receive,
           "c": lambda: farm.record("harvest", ago(days=2), site="P1", product="PAKCHOI", quantity=kg(5), lot=lot["number"])["event"]}
    for name in order:
        made[name] = act[name]()
    assert farm.stock(lot)["deficit"] == 5
    assert [state for state, _ in findings(district, lot)] == ["open"]
    first = [name for name in order if name != "c"][0]
    farm.harvest(2, lot=lot["number"])
    assert [state for state, _ in findings(district, lot)] == ["open"], "three are missing"
    correct(packer, made[first])
    assert farm.stock(lot)["deficit"] == 0 and farm.stock(lot)["on_hand"] == 7
    assert [state for state, _ in findings(district, lot)] == ["closed"]


def test_of_two_records_that_leave_a_deficit_the_other_keeps_it_open(district, farm, packer):
    lot = farm.harvest(10)
    first = packer.record("receive", ago(hours=5), lots=[line(lot, 20)], **{"from": farm.number})
    packer.record("receive", ago(hours=4), lots=[line(lot, 15)], **{"from": farm.number})
    assert [state for state, _ in findings(district, lot)] == ["open"] and farm.stock(lot)["deficit"] == 25
    correct(packer, first["event"])
    assert farm.stock(lot)["deficit"] == 5 and findings(district, lot) == [("open", [])]
    farm.harvest(5, lot=lot["number"])
    assert [state for state, _ in findings(district, lot)] == ["closed"]


def test_what_arrived_otherwise_than_shipped_stays_until_somebody_explains_it(district, farm, packer):
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 40)), lots=[line(lot, 38)])
    farm.harvest(50, lot=lot["number"])
    assert [state for state, _ in findings(district, lot)] == ["open"]


def test_what_others_counted_beyond_a_shipment_keeps_nothing_open(district, farm, packer):
    """It stays in the deficit for good; what else was short is told, and closes when that is there."""
    lot = farm.harvest(10)
    claim = packer.receive(farm.ship(packer, line(lot, 10)), lots=[line(lot, 12)])
    assert farm.stock(lot)["deficit"] == 2 and len(claim["alerts"]) == 1
    got = packer.record("receive", ago(hours=5), lots=[line(lot, 5)], **{"from": farm.number})
    assert farm.stock(lot)["deficit"] == 7 and len(got["alerts"]) == 1
    farm.harvest(4, lot=lot["number"])
    assert [state for state, _ in findings(district, lot)] == ["open", "open"], "one is missing yet"
    farm.harvest(1, lot=lot["number"])
    states = {alert: district.admin.read(f"/v1/alerts/{alert}")["state"] for alert in (claim["alerts"][0], got["alerts"][0])}
    assert states == {claim["alerts"][0]: "open", got["alerts"][0]: "closed"} and farm.stock(lot)["deficit"] == 2


def test_records_of_one_batch_are_weighed_together(district, farm, packer):
    lot = farm.harvest(10)
    records = [{"type": "receive", "time": ago(hours=5), "lots": [line(lot, 20)], "from": farm.number, "party": packer.id, "id": uuid7()},
               {"type": "harvest", "time": ago(days=2), "site": "P1", "product": "PAKCHOI", "quantity": kg(10), "lot": lot["number"],
                "party": farm.id, "id": uuid7()}]
    both = Api(district.service, district.key(["capture", "read"], parties=[packer.id, farm.id]))
    reply = both.post("/v1/events:batch", {"records": records})
    assert [row["status"] for row in reply.json()["results"]] == [201, 201], reply
    assert farm.stock(lot)["deficit"] == 0 and findings(district, lot) == []
