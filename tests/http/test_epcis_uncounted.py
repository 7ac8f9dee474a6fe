# SPDX-License-Identifier: Apache-2.0
"""Partners' events that do not say how much: stock stays exact, who had the goods is told beside it, and whoever sent the event is
warned."""
import itertools
import random

import pytest
from conftest import ago, line, uuid7
from test_epcis import amount, captured, document, event, new_class
from test_epcis_declared import declared
from test_epcis_units import aggregated, pallet
from test_epcis_warnings import made, shipped, sold, told, warned
from test_units import contents


def bare(event_):
    """The same without amounts."""
    lists = ("quantityList", "inputQuantityList", "outputQuantityList", "childQuantityList")
    return {**event_, **{name: [{"epcClass": each["epcClass"]} for each in event_[name]] for name in lists if name in event_}}


def received(uri, value=10, **members):
    return told(uri, value, bizStep="receiving", **members)


def turned(uri, out, **members):
    return {"type": "TransformationEvent", "eventID": f"urn:uuid:{uuid7()}", "eventTime": ago(hours=2), "eventTimeZoneOffset": "+08:00",
            "inputQuantityList": [amount(uri, 5)], "outputQuantityList": [amount(out, 5)], **members}


def reach(api, uri):
    lot = api.read("/v1/things?id=" + uri)
    return api.read(lot["href"] + "/reach")


def uncounted(api, uri):
    return {each["id"] for each in reach(api, uri).get("uncounted", [])}


def held(api, uri):
    """Everything that is counted of a lot, by holder and state."""
    return sorted((each["party"]["id"], each["state"], each["quantity"]["value"]) for each in reach(api, uri)["holders"])


@pytest.mark.parametrize("tell", [lambda uri, to: shipped(uri, to), lambda uri, to: received(uri), lambda uri, to: sold(uri),
                                  lambda uri, to: told(uri, action="DELETE", bizStep="destroying"), lambda uri, to: made(uri),
                                  lambda uri, to: turned(uri, new_class("OUT"))], ids=("ship", "receive", "sell", "remove", "make", "use"))
def test_who_had_goods_of_which_nobody_says_how_many_is_told(district, packer, farm, tell):
    uri = new_class()
    one = bare(tell(uri, farm))
    assert warned(packer, one) == warned(packer, one) == [(0, "not-counted")]
    parties = {packer.id, farm.id} if one.get("destinationList") else {packer.id}
    assert uncounted(district.admin, uri) == parties and held(district.admin, uri) == []
    assert set(district.stock(uri)) == parties and not any(sum(each.values()) for each in district.stock(uri).values())
    assert uncounted(packer, uri) == {packer.id}, "a party is told of its own"
    lot = district.admin.read(district.admin.read("/v1/things?id=" + uri)["href"])
    assert {each["id"] for each in lot["uncounted"]} == parties and lot["stock"] == []
    assert (farm.get("/v1/things?id=" + uri).status == 200) == (farm.id in parties)


def test_what_says_how_much_is_counted_and_nothing_else_is_said(district, packer, farm):
    uri = new_class()
    assert warned(packer, made(uri), shipped(uri, farm), sold(uri)) == []
    assert "uncounted" not in reach(district.admin, uri) and len(held(district.admin, uri)) == 3
    item = new_class("S").replace("/10/", "/21/")
    assert warned(packer, event(eventID=f"urn:uuid:{uuid7()}", bizStep="retail_selling", epcList=[item])) == []
    assert uncounted(district.admin, item) == set(), "an item is one"


def test_stock_that_is_known_stays_as_it_was(district, packer, farm):
    lot = farm.harvest(40)
    assert warned(farm, bare(shipped(lot["uri"], packer)), bare(sold(lot["uri"]))) == [(0, "not-counted"), (1, "not-counted")]
    assert held(district.admin, lot["uri"]) == [(farm.id, "on_hand", "40")]
    assert uncounted(district.admin, lot["uri"]) == {farm.id, packer.id} == {packer.id} | uncounted(farm, lot["uri"])


def test_an_amount_in_a_measure_that_the_lot_has_not_is_not_counted(district, packer, farm):
    lot = farm.harvest(40)
    over = shipped(lot["uri"], packer)
    over["quantityList"] = [amount(lot["uri"], 3, "LTR")]
    assert warned(farm, over) == [(0, "not-counted")]
    assert held(district.admin, lot["uri"]) == [(farm.id, "on_hand", "40")] and uncounted(district.admin, lot["uri"]) == {farm.id, packer.id}
    uri = new_class()
    of_it = made(uri, 7)
    of_it["quantityList"] = [amount(uri, 7, "LTR")]
    assert warned(packer, made(uri), of_it) == [(1, "not-counted")]
    assert district.admin.read(district.admin.read("/v1/things?id=" + uri)["href"])["quantity"] == {"value": "100", "unit": "KGM"}


def test_what_came_with_a_shipment_is_counted_by_that(district, packer, farm):
    lot = farm.harvest(40)
    farm.ship(packer, line(lot, 10))
    assert warned(packer, bare(received(lot["uri"]))) == []
    assert sorted(held(district.admin, lot["uri"])) == sorted([(farm.id, "on_hand", "30"), (packer.id, "on_hand", "10")])
    assert uncounted(district.admin, lot["uri"]) == set()


def test_naming_a_registered_lot_without_an_amount_opens_nothing(district, packer, farm):
    """With one the sender's stock would show it."""
    lot, stranger = farm.harvest(40), district.party()
    told_ = bare(received(lot["uri"], sourceList=[{"type": "possessing_party", "source": farm.uri}]))
    assert warned(stranger, told_) == [(0, "not-counted")]
    assert stranger.get(f"/v1/lots/{lot['id']}").status == 404 and stranger.get("/v1/things?id=" + lot["uri"]).status == 404
    assert uncounted(district.admin, lot["uri"]) == set() and farm.stock(lot)["on_hand"] == 40
    captured(packer, document(bare(made(lot["uri"])))) if packer.receive(farm.ship(packer, line(lot, 1))) else None
    assert uncounted(district.admin, lot["uri"]) == set(), "nor does a holder say that it made what another made"


def test_an_event_that_names_only_what_holds_the_goods_says_that_nothing_moved(packer, farm, service):
    lot, unit = farm.harvest(40), pallet()
    captured(farm, document(aggregated(unit, "ADD", amount(lot["uri"], 30))))
    sent = event(eventID=f"urn:uuid:{uuid7()}", bizStep="shipping", epcList=[unit],
                 destinationList=[{"type": "possessing_party", "destination": packer.uri}])
    assert warned(farm, sent, aggregated(unit, "ADD", {"epcClass": new_class()}, hours=10), event(epcList=[pallet()])) == [
        (0, "not-counted"), (1, "not-counted")]
    assert farm.stock(lot)["on_hand"] == 40 and contents(service, unit) == {lot["uri"]: 30}


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_same_in_whatever_order_events_arrive(district, packer, farm, seed):
    order, states = random.Random(seed), []
    for way in range(4):
        uri, out = new_class(), new_class("OUT")
        wrong = bare(sold(uri))
        events = [made(uri), bare(shipped(uri, farm, bizTransactionList=[{"type": "po", "bizTransaction": "urn:x:1"}])), sold(uri, 30), wrong,
                  declared(wrong), bare(turned(uri, out))]
        if way:
            order.shuffle(events)
        for documents in [events] if way == 3 else [[each] for each in events]:
            captured(packer, document(*documents))
            captured(packer, document(*documents))
        states.append([(held(district.admin, each), uncounted(district.admin, each)) for each in (uri, out)])
    assert states == [[([(packer.id, "on_hand", "70"), (packer.id, "sold", "30")], {packer.id, farm.id}), ([], {packer.id})]] * 4


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
def test_what_was_declared_wrong_is_told_no_longer(district, packer, farm, order):
    uri = new_class()
    wrong = bare(shipped(uri, farm))
    story = [wrong, declared(wrong)]
    captured(packer, document(made(uri)))
    for n in order:
        captured(packer, document(story[n]))
    assert uncounted(district.admin, uri) == set() and held(district.admin, uri) == [(packer.id, "on_hand", "100")]
