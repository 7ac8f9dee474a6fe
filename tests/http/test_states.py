# SPDX-License-Identifier: Apache-2.0
"""Holds, releases, destruction and returns: what may go on, what a trail says, and what it said before."""
import threading

import pytest
from conftest import TOWNSHIP, ago, kg, line, uuid7
from service import Api
from test_capture import epcis, event_of, quantities  # noqa: F401  (a fixture)


def verdict(api, lot, as_of=None):
    return api.read(f"/v1/lots/{lot['id']}/trail" + (f"?asOf={as_of}" if as_of else ""))["verdict"]


def public_verdict(district, lot):
    return district.public.read(f"/t/{lot['code']}", Accept="application/json")["verdict"]


def recorded_at(api, answer):
    return api.read(f"/v1/events/{answer['event']}")["recordedAt"]


def hold(api, lot, time=None, **members):
    return api.record("hold", time or ago(hours=6), lots=[{"lot": lot["id"]}], reason="待检", **members)


def release(api, lot, time=None, **members):
    return api.record("release", time or ago(hours=4), lots=[{"lot": lot["id"]}], reason="合格", **members)


def refused_while_held(party, to, lot, product="PAKCHOI"):
    yield party.refuse("ship", ago(hours=5), lots=[line(lot, 1)], to=to.number)
    yield party.refuse("sell", ago(hours=5), lots=[line(lot, 1)])
    yield party.refuse("process", ago(hours=5), inputs=[line(lot, 1)], outputs=[{"product": product, "quantity": kg(1)}])


@pytest.fixture
def authority(district):
    """A township's station and a key of the township that acts for it."""
    station = district.party("authority", TOWNSHIP, "STATION")
    key = Api(district.service, district.key(["capture", "inspect", "read"], region=TOWNSHIP))
    key.number = station.number
    return key


# — holds —
def test_what_is_on_hold_goes_nowhere_until_it_is_released(farm, packer, district, epcis, service):
    lot = farm.harvest(100)
    answer = hold(farm, lot)
    event = event_of(farm, epcis, answer)
    assert (event["action"], event["bizStep"], event["disposition"]) == ("OBSERVE", "holding", "non_sellable_other")
    assert event["persistentDisposition"] == {"set": ["non_sellable_other"]}
    assert verdict(farm, lot) == "on_hold" == public_verdict(district, lot)
    before = service.snapshot()
    for reply in refused_while_held(farm, packer, lot):
        assert (reply.status, reply.problem()) == (409, "lot-on-hold")
        assert reply.pointer().endswith("/0/lot")
    assert service.snapshot() == before, "what is refused leaves nothing"
    farm.record("store", ago(hours=5), lots=[line(lot, 100)])
    event = event_of(farm, epcis, release(farm, lot))
    assert event["persistentDisposition"] == {"unset": ["non_sellable_other"]} and event["disposition"] == "available"
    assert verdict(farm, lot) == "registered" == public_verdict(district, lot)
    farm.record("sell", ago(hours=3), lots=[line(lot, 100)])


def test_a_hold_shows_in_what_the_lot_became(farm, packer, district):
    lot = farm.harvest(100)
    packed = farm.record("pack", ago(hours=30), inputs=[line(lot, 50)],
                         outputs=[{"product": "PAKCHOI", "quantity": kg(50)}])["lots"][0]
    assert public_verdict(district, packed) == "registered"
    hold(farm, lot)
    assert public_verdict(district, packed) == "on_hold"
    farm.record("sell", ago(hours=3), lots=[line(packed, 1)])
    release(farm, lot)
    assert public_verdict(district, packed) == "registered"


def test_a_hold_on_what_is_between_a_lot_and_its_origin_shows_in_it(farm, district):
    """What warns whoever eats it counts of every lot that went in, not of first and last alone."""
    lot, lots = farm.harvest(100), []
    for hours in (30, 29, 28):
        lots.append(farm.record("pack", ago(hours=hours), inputs=[line(lots[-1] if lots else lot, 50 - 10 * len(lots))],
                                outputs=[{"product": "PAKCHOI", "quantity": kg(50 - 10 * len(lots))}])["lots"][0])
    assert public_verdict(district, lots[2]) == "registered"
    hold(farm, lots[1], time=ago(hours=3))
    assert [public_verdict(district, each) for each in (lot, *lots)] == ["registered", "registered", "on_hold", "on_hold"]
    release(farm, lots[1])
    assert public_verdict(district, lots[2]) == "registered"


def test_an_authority_holds_what_all_holders_have(farm, packer, authority, district):
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 40)))
    hold(authority, lot, party=authority.number)
    for party, other in ((farm, packer), (packer, farm)):
        assert party.refuse("ship", ago(hours=5), lots=[line(lot, 1)], to=other.number).problem() == "lot-on-hold"
        assert party.refuse("release", ago(hours=4), lots=[{"lot": lot["id"]}], reason="不服").problem() == "not-on-hold"
    release(authority, lot, party=authority.number)
    assert public_verdict(district, lot) == "registered"
    packer.record("sell", ago(hours=3), lots=[line(lot, 1)])


def test_a_customers_hold_binds_its_own_stock_only(farm, packer, authority, district):
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 40)))
    hold(packer, lot)
    assert packer.refuse("sell", ago(hours=5), lots=[line(lot, 1)]).problem() == "lot-on-hold"
    farm.record("sell", ago(hours=5), lots=[line(lot, 1)])
    assert public_verdict(district, lot) == "on_hold", "somebody says stop: whoever reads the page learns it"
    assert farm.refuse("release", ago(hours=4), lots=[{"lot": lot["id"]}], reason="无关").problem() == "not-on-hold"
    release(authority, lot, party=authority.number)
    assert public_verdict(district, lot) == "registered"
    packer.record("sell", ago(hours=3), lots=[line(lot, 1)])


def test_two_holds_need_two_releases(farm, packer, authority, district):
    lot = farm.harvest(100)
    hold(farm, lot)
    hold(authority, lot, party=authority.number)
    release(authority, lot, party=authority.number)  # lifts both: the farm's is not an authority's
    assert public_verdict(district, lot) == "registered"
    hold(authority, lot, party=authority.number, time=ago(hours=3))
    hold(farm, lot, time=ago(hours=3))
    release(farm, lot, time=ago(hours=2))
    assert public_verdict(district, lot) == "on_hold"
    assert farm.refuse("sell", ago(hours=1), lots=[line(lot, 1)]).problem() == "lot-on-hold"


def test_a_release_waits_for_its_hold(farm):
    lot = farm.harvest(100)
    reply = farm.refuse("release", ago(hours=4), lots=[{"lot": lot["id"]}], reason="合格")
    assert (reply.status, reply.problem(), reply.pointer()) == (409, "not-on-hold", "/lots/0/lot")


def test_who_cannot_see_a_lot_cannot_hold_it(farm, packer):
    reply = packer.refuse("hold", ago(hours=4), lots=[{"lot": farm.harvest(1)["id"]}], reason="竞争")
    assert (reply.status, reply.problem()) == (409, "not-known-yet")


def test_what_left_before_the_hold_is_recorded_with_a_warning(farm, packer):
    lot = farm.harvest(100)
    hold(farm, lot, time=ago(hours=6))
    answer = farm.record("ship", ago(hours=8), lots=[line(lot, 40)], to=packer.number)
    assert answer["warnings"] == ["lot-on-hold"]
    packer.receive(answer["shipment"], time=ago(hours=5))
    reply = packer.refuse("receive", ago(hours=5), lots=[line(lot, 1)], **{"from": farm.number})
    assert reply.problem() == "lot-on-hold", "nor does it leave by the receiver's word"


def test_a_trail_says_what_stood_at_any_time(farm, packer):
    lot = farm.harvest(100)
    packed = farm.record("pack", ago(hours=30), inputs=[line(lot, 50)],
                         outputs=[{"product": "PAKCHOI", "quantity": kg(50)}])
    moments = [(packed, "registered"), (hold(farm, lot), "on_hold"), (release(farm, lot), "registered"),
               (hold(farm, lot, time=ago(hours=2)), "on_hold")]
    for _ in range(2):
        for answer, expected in moments:
            assert verdict(farm, packed["lots"][0], recorded_at(farm, answer)) == expected
        farm.record("destroy", ago(hours=1), lots=[line(lot, 25)], reason="变质")


# — destruction —
def test_what_is_destroyed_leaves_the_stock(farm, epcis, district):
    lot = farm.harvest(100)
    answer = farm.record("destroy", ago(hours=9), lots=[line(lot, 30)], reason="变质")
    event = event_of(farm, epcis, answer)
    assert (event["action"], event["bizStep"], event["disposition"]) == ("DELETE", "destroying", "destroyed")
    assert quantities(event["quantityList"]) == {lot["uri"]: (30, "KGM")} and event["farmtrail:reason"] == "变质"
    assert farm.stock(lot)["on_hand"] == 70 and farm.stock(lot)["destroyed"] == 30
    assert public_verdict(district, lot) == "registered", "part of it is left"
    reply = farm.refuse("destroy", ago(hours=8), lots=[line(lot, 71)], reason="变质")
    assert (reply.status, reply.problem()) == (409, "lot-short")


def test_a_lot_is_destroyed_once_nothing_is_left(farm, packer, district):
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 60)))
    hold(packer, lot)
    packer.record("destroy", ago(hours=5), lots=[line(lot, 60)], reason="召回")
    release(packer, lot)
    assert public_verdict(district, lot) == "registered"
    farm.record("destroy", ago(hours=3), lots=[line(lot, 40)], reason="召回")
    assert public_verdict(district, lot) == "destroyed"
    farm.record("harvest", ago(hours=20), site="P1", product="PAKCHOI", lot=lot["number"], quantity=kg(5))
    assert public_verdict(district, lot) == "registered", "a late harvest adds to it: not all is destroyed"


def test_the_rest_of_a_lot_may_be_destroyed_where_some_was_used(farm, district):
    lot = farm.harvest(100)
    packed = farm.record("pack", ago(hours=9), inputs=[line(lot, 40)], outputs=[{"product": "PAKCHOI", "quantity": kg(40)}])
    farm.record("destroy", ago(hours=8), lots=[line(lot, 60)], reason="变质")
    assert public_verdict(district, packed["lots"][0]) == "registered", "what was packed is not destroyed"


# — returns —
def test_a_return_goes_back_to_the_sender(farm, packer, epcis, district):
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 60)))
    answer = packer.record("return", ago(hours=9), lots=[line(lot, 20)], reason="规格不符")
    event = event_of(packer, epcis, answer)
    assert (event["bizStep"], event["disposition"]) == ("shipping", "returned")
    assert event["destinationList"][0]["destination"] == farm.uri and event["sourceList"][0]["source"] == packer.uri
    assert packer.stock(lot)["on_hand"] == 40 and packer.stock(lot)["in_transit"] == 20
    assert public_verdict(district, lot) == "registered", "a part came back"
    farm.receive(answer["shipment"], time=ago(hours=8))
    assert farm.stock(lot)["on_hand"] == 60 and packer.stock(lot)["in_transit"] == 0


def test_a_lot_that_all_came_back_is_returned_until_it_is_sent_again(farm, packer, district):
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 60)))
    for part in (20, 40):
        shipment = packer.record("return", ago(hours=9), lots=[line(lot, part)], reason="退货")["shipment"]
        farm.receive(shipment, time=ago(hours=8))
    assert public_verdict(district, lot) == "returned" and farm.stock(lot)["on_hand"] == 100
    farm.ship(packer, line(lot, 10), time=ago(hours=7))
    assert public_verdict(district, lot) == "registered"


def test_what_came_back_may_be_made_into_something(farm, packer, district):
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 60)))
    farm.receive(packer.record("return", ago(hours=9), lots=[line(lot, 60)], reason="退货")["shipment"], time=ago(hours=8))
    made = farm.record("process", ago(hours=5), inputs=[line(lot, 50)], outputs=[{"product": "PAKCHOI", "quantity": kg(40)}])
    assert public_verdict(district, made["lots"][0]) == "registered"


def test_a_return_whose_sender_is_not_clear_names_it(farm, packer, district):
    other = district.farm()
    mine, its = farm.harvest(10), other.harvest(10)
    packer.receive(farm.ship(packer, line(mine, 10)))
    packer.receive(other.ship(packer, line(its, 10)))
    reply = packer.refuse("return", ago(hours=9), lots=[line(mine, 1), line(its, 1)], reason="退货")
    assert (reply.status, reply.problem(), reply.pointer()) == (422, "field-missing", "/to")
    packer.record("receive", ago(hours=9), lots=[line(farm.harvest(5)["uri"], 5)], **{"from": farm.number})
    packer.record("return", ago(hours=8), lots=[line(mine, 1), line(its, 1)], reason="退货", to=other.number)


def test_what_is_on_hold_may_be_returned(farm, packer, authority):
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 60)))
    hold(authority, lot, party=authority.number)
    farm.receive(packer.record("return", ago(hours=3), lots=[line(lot, 60)], reason="退货")["shipment"], time=ago(hours=2))
    assert farm.stock(lot)["on_hand"] == 100


def test_a_queue_ships_and_returns_in_one_go(farm, packer):
    shipped, returned = uuid7(), uuid7()
    lot = farm.harvest(10)
    farm.record("ship", ago(hours=9), id=shipped, lots=[line(lot, 10)], to=packer.number)
    packer.record("receive", ago(hours=8), shipment=shipped)
    packer.record("return", ago(hours=7), id=returned, lots=[line(lot, 10)], reason="退货")
    farm.record("receive", ago(hours=6), shipment=returned)
    assert farm.stock(lot)["on_hand"] == 10


def test_goods_that_nobody_shipped_are_received_with_a_warning(farm, packer):
    lot = farm.harvest(100)
    got = packer.record("receive", ago(hours=5), lots=[line(lot["uri"], 40)], **{"from": farm.number})
    assert got["warnings"] == ["not-shipped"] and got["alerts"] == []
    assert packer.receive(farm.ship(packer, line(lot, 10)))["warnings"] == []


def test_nothing_is_sold_after_a_hold_that_came_at_the_same_time(farm, service):
    lot = farm.harvest(1000)
    time = ago(hours=1)
    sold, start = [], threading.Barrier(6)

    def sell():
        start.wait()
        for _ in range(8):
            reply = farm.post("/v1/events", {"type": "sell", "time": time, "lots": [line(lot, 1)]})
            assert reply.status == 201 or reply.problem() == "lot-on-hold", reply
            if reply.status == 201:
                sold.append(reply.json()["event"])

    threads = [threading.Thread(target=sell) for _ in range(5)]
    for thread in threads:
        thread.start()
    start.wait()
    held = hold(farm, lot, time=ago(hours=2))
    for thread in threads:
        thread.join()
    since = recorded_at(farm, held)
    assert all(recorded_at(farm, {"event": event}) < since for event in sold)
    assert farm.stock(lot)["sold"] == len(sold)
