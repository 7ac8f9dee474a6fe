# SPDX-License-Identifier: Apache-2.0
"""Error declarations in partners' documents: the event that one repeats is withdrawn, whichever of them came first, by who
captured it and by nobody else; both stay to be seen, and what was known before is answered as it was."""
import contextlib
import datetime
import itertools
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import ago, line, uuid7
from test_epcis import amount, captured, document, event, new_class, refused, trail_of


def transformed(parent, child, used, made, **members):
    return {"type": "TransformationEvent", "eventID": f"urn:uuid:{uuid7()}", "eventTime": ago(hours=2),
            "eventTimeZoneOffset": "+08:00", "inputQuantityList": [amount(parent, used)],
            "outputQuantityList": [amount(child, made)], **members}


def declared(wrong, *corrective, **members):
    return {**wrong, "errorDeclaration": {"declarationTime": ago(hours=1), "reason": "incorrect_data",
                                          **({"correctiveEventIDs": list(corrective)} if corrective else {}), **members}}


def story(uri, made):
    wrong = transformed(uri, made, 70, 60)
    right = transformed(uri, made, 50, 60)
    return [event(action="ADD", bizStep="commissioning", quantityList=[amount(uri, 100)]), wrong, declared(wrong, right["eventID"]),
            right, event(bizStep="retail_selling", quantityList=[amount(made, 25)])]


def told(party, uri, made):
    """All that follows of the story, without ids."""
    trail = trail_of(party, made)
    steps = sorted((step["type"], bool(step["corrected"])) for step in trail["steps"])
    return trail["verdict"], party.stock(uri), party.stock(made), steps, [origin["share"] for origin in trail["origins"]], \
        [edge["quantity"]["value"] for step in trail["steps"] if not step["corrected"] for edge in step["inputs"] if edge.get("quantity")]


@pytest.mark.parametrize("source", (True, False), ids=("from whom", "from nobody"))
def test_a_receipt_that_is_declared_wrong_leaves_the_goods_on_their_way(packer, farm, source):
    lot = farm.harvest(50)
    farm.ship(packer, {"lot": lot["id"], "quantity": {"value": "20", "unit": "KGM"}})
    got = event(eventID=f"urn:uuid:{uuid7()}", bizStep="receiving", quantityList=[amount(lot["uri"], 20)],
                **({"sourceList": [{"type": "possessing_party", "source": farm.uri}]} if source else {}))
    captured(packer, document(got))
    assert (farm.stock(lot)["in_transit"], packer.stock(lot)["on_hand"]) == (0, 20)
    captured(packer, document(declared(got)))
    assert (farm.stock(lot)["on_hand"], farm.stock(lot)["in_transit"], packer.stock(lot)["on_hand"]) == (30, 20, 0)


@pytest.mark.parametrize("seed", range(5))
def test_a_declared_event_counts_for_nothing_in_whatever_order_it_comes(district, packer, seed):
    order = random.Random(seed)
    states = []
    for way in range(3):
        uri, made = new_class(), new_class()
        events = story(uri, made)
        if way:
            order.shuffle(events)
        if way == 2:  # in one document
            captured(packer, document(*events))
        for each in events if way < 2 else []:
            captured(packer, document(each))
        states.append(told(packer, uri, made))
    assert states[0] == states[1] == states[2]
    verdict, stock, of_made, steps, *_ = states[0]
    assert verdict == "registered", "there is something of it after all"
    assert (stock["on_hand"], of_made["on_hand"], of_made["deficit"]) == (50, 35, 0)
    assert ("process", True) in steps and ("process", False) in steps, "both are visible"
    assert not [row for row in district.admin.read(f"/v1/alerts?party={packer.id}&state=open")["items"] if row["rule"] == "M02"]


def test_what_was_known_before_a_declaration_is_answered_as_it_was(packer):
    uri, other, made = new_class(), new_class(), new_class()
    wrong = transformed(uri, made, 70, 60)
    captured(packer, document(wrong))
    lot = packer.read("/v1/things?id=" + made)["href"]
    then = datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+", "%2B")
    before = packer.read(f"{lot}/trail?asOf={then}")
    captured(packer, document(declared(wrong), transformed(other, made, 10, 60)))
    after = packer.read(f"{lot}/trail?asOf={then}")
    before["checkpoint"] = after["checkpoint"]
    assert after == before
    now = packer.read(lot + "/trail")
    assert packer.read("/v1/things?id=" + other)["id"] in str(now["origins"])
    assert packer.read("/v1/things?id=" + uri)["id"] not in str(now["origins"])


def test_who_did_not_capture_an_event_does_not_withdraw_it(district, packer, farm):
    for first in (0, 1):
        uri = new_class()
        made = event(eventID=f"urn:uuid:{uuid7()}", action="ADD", bizStep="commissioning", quantityList=[amount(uri, 30)])
        steps = [(packer, made), (farm, declared(made))]
        for who, what in steps if not first else reversed(steps):
            captured(who, document(what))
        assert packer.stock(uri)["on_hand"] == 30
        captured(packer, document(declared(made, declarationTime=ago(minutes=30))))
        assert packer.stock(uri)["on_hand"] == 0


def test_an_event_without_an_id_is_declared_by_what_it_says(packer):
    uri = new_class()
    sold = event(bizStep="retail_selling", quantityList=[amount(uri, 4)])
    captured(packer, document(declared(sold), sold, event(action="ADD", bizStep="commissioning", quantityList=[amount(uri, 10)])))
    assert (packer.stock(uri)["on_hand"], packer.stock(uri)["sold"]) == (10, 0)
    captured(packer, document(sold))
    assert packer.stock(uri)["sold"] == 0, "it is the same event"
    captured(packer, document(declared(sold, declarationTime=ago(minutes=10))))
    assert packer.stock(uri)["on_hand"] == 10, "what is withdrawn is withdrawn once"


@pytest.mark.parametrize("arrived", (60, 75, 50))
def test_a_shipment_that_was_declared_wrong_is_on_its_way_no_longer(district, packer, farm, arrived):
    to = {"destinationList": [{"type": "possessing_party", "destination": packer.uri}]}
    source = {"sourceList": [{"type": "possessing_party", "source": farm.uri}]}
    states = []
    for order in ((0, 1, 2, 3), (0, 2, 1, 3), (2, 1, 0, 3), (0, 1, 3, 2), (3, 2, 1, 0)):
        uri = new_class()
        sent = event(bizStep="shipping", disposition="in_transit", quantityList=[amount(uri, 60)], **to)
        acts = [(farm, event(action="ADD", bizStep="commissioning", quantityList=[amount(uri, 100)])), (farm, sent),
                (farm, declared(sent)), (packer, event(bizStep="receiving", quantityList=[amount(uri, arrived)], **source))]
        for n in order:
            captured(acts[n][0], document(acts[n][1]))
        stock = district.stock(uri)
        states.append([{name: value for name, value in stock[who.id].items() if name in ("on_hand", "in_transit", "deficit")}
                       for who in (farm, packer)])
    assert all(state == states[0] for state in states)
    assert states[0] == [{"on_hand": 100 - arrived, "in_transit": 0, "deficit": 0}, {"on_hand": arrived, "in_transit": 0, "deficit": 0}]


def test_a_declaration_repeats_its_event_and_corrects_no_record(farm):
    uri, id_ = new_class(), f"urn:uuid:{uuid7()}"
    made = event(eventID=id_, action="ADD", bizStep="commissioning", quantityList=[amount(uri, 30)])
    captured(farm, document(made))
    error = refused(farm, document(declared({**made, "quantityList": [amount(uri, 31)]})))
    assert (error["type"], error["rule"], error["pointer"]) == ("/problems/epcis-validation", "repeats", "/errorDeclaration")
    lot = farm.harvest(10)
    done = farm.record("sell", ago(hours=2), lots=[line(lot, 3)])
    body = farm.read(f"/v1/events/{done['event']}/epcis")["epcisBody"]["eventList"][0]
    error = refused(farm, document(declared(body)))
    assert error["type"] == "/problems/not-correctable" and farm.stock(lot)["sold"] == 3


def test_a_shortage_that_was_a_mistake_is_one_no_longer(district, packer, farm):
    lot = farm.harvest(40)
    packer.receive(farm.ship(packer, line(lot, 40)))
    sold = event(bizStep="retail_selling", disposition="retail_sold", quantityList=[amount(lot["uri"], 100)])
    captured(packer, document(sold))
    assert [row["state"] for row in district.admin.read(f"/v1/alerts?rule=M02&party={packer.id}")["items"]] == ["open"]
    captured(packer, document(declared(sold)))
    assert packer.stock(lot)["on_hand"] == 40 and packer.stock(lot)["deficit"] == 0
    assert [row["state"] for row in district.admin.read(f"/v1/alerts?rule=M02&party={packer.id}&state=closed")["items"]] == ["closed"]


def test_an_event_and_its_declaration_at_once_end_withdrawn(packer):
    for _ in range(6):
        uri = new_class()
        made = event(eventID=f"urn:uuid:{uuid7()}", action="ADD", bizStep="commissioning", quantityList=[amount(uri, 30)])
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda what: captured(packer, document(what)), (made, declared(made))))
        assert packer.stock(uri)["on_hand"] == 0


def place_of(party, lot):
    """Of a lot: its withdrawn events, each with what stands in its place, and what stands in the place of others, with one of these."""
    steps = party.read(f"/v1/lots/{lot}/trail")["steps"]
    return [(step["event"], step["correction"].get("replacement")) for step in steps if step["corrected"]], \
        [(step["event"], step["corrects"]) for step in steps if step.get("corrects")]


@pytest.mark.parametrize("order", itertools.permutations("wdr"))
@pytest.mark.parametrize("at_once", (False, True))
def test_what_stands_in_the_place_of_an_event_is_told_in_whatever_order_they_come(packer, order, at_once):
    made, other = new_class(), new_class()
    wrong = event(eventID=f"urn:uuid:{uuid7()}", action="ADD", bizStep="commissioning", quantityList=[amount(made, 30)])
    right = event(eventID=f"urn:uuid:{uuid7()}", action="ADD", bizStep="commissioning", quantityList=[amount(other, 30)])
    pieces = {"w": wrong, "d": declared(wrong, right["eventID"]), "r": right}
    moments = []
    for piece in [order] if at_once else order:
        captured(packer, document(*[pieces[each] for each in piece]))
        for uri in (made, other):
            reply = packer.get("/v1/things?id=" + uri)
            if reply.status == 200:  # what is shown of it now is kept, and must be told anew
                lot, moment = reply.json()["id"], packer.read("/v1/events?limit=1")["items"][0]["recordedAt"]
                place_of(packer, lot)
                moments.append((lot, moment, packer.read(f"/v1/lots/{lot}/trail?asOf={moment}")))
    lot, instead = (packer.read("/v1/things?id=" + uri)["id"] for uri in (made, other))
    [(withdrawn, replacement)], none = place_of(packer, lot)
    assert not none and place_of(packer, instead) == ([], [(replacement, withdrawn)])
    assert packer.read(f"/v1/events/{withdrawn}")["replacement"] == replacement
    for lot, moment, then in moments:
        now = packer.read(f"/v1/lots/{lot}/trail?asOf={moment}")
        assert {**now, "checkpoint": None} == {**then, "checkpoint": None}, "what was known then does not change"


def test_one_event_stands_in_the_place_of_several_of_its_own_source_alone(packer, farm):
    made = new_class()
    wrong = [event(eventID=f"urn:uuid:{uuid7()}", action="ADD", bizStep="commissioning", quantityList=[amount(made, n)]) for n in (3, 4)]
    right = event(eventID=f"urn:uuid:{uuid7()}", action="ADD", bizStep="commissioning", quantityList=[amount(made, 7)])
    captured(packer, document(wrong[0], declared(wrong[0], right["eventID"]), declared(wrong[1], right["eventID"])))
    lot = packer.read("/v1/things?id=" + made)["id"]
    assert [instead for _, instead in place_of(packer, lot)[0]] == [None]
    captured(farm, document(right))
    captured(packer, document(wrong[1]))
    assert [instead for _, instead in place_of(packer, lot)[0]] == [None, None], "another's event stands in the place of none"
    made = new_class()
    wrong = [{**each, "eventID": f"urn:uuid:{uuid7()}", "quantityList": [amount(made, n)]} for n, each in enumerate(wrong, 3)]
    right = {**right, "eventID": f"urn:uuid:{uuid7()}", "quantityList": [amount(made, 7)]}
    captured(packer, document(*wrong, *[declared(each, right["eventID"]) for each in wrong]))
    captured(packer, document(right))
    lot = packer.read("/v1/things?id=" + made)["id"]
    replaced, [(standing, of)] = place_of(packer, lot)
    assert [instead for _, instead in replaced] == [standing] * 2 and of in dict(replaced)
    assert packer.stock(made)["on_hand"] == 7


TOGETHER = {"GS1_Capture_Error_Behaviour": "proceed"}  # what is all or nothing has a transaction to itself


@pytest.mark.parametrize("order", ["before", "together", "after"])
def test_another_sources_event_stands_in_the_place_of_none(service, packer, farm, order):
    """Under the very name that the declaration gives; also where one transaction stores both."""
    made = new_class()
    wrong, right = (event(eventID=f"urn:uuid:{uuid7()}", action="ADD", bizStep="commissioning", quantityList=[amount(made, n)]) for n in (3, 7))
    captured(packer, document(wrong))
    pieces = [(farm, right), (packer, declared(wrong, right["eventID"]))]
    if order == "together":
        with ThreadPoolExecutor(3) as pool, held(service):
            first = pool.submit(packer.harvest, 1, product="SALAD", site="H1")  # the writer waits in it, and these gather behind
            time.sleep(0.3)
            others = [pool.submit(captured, who, document(what), **TOGETHER) for who, what in pieces]
            time.sleep(0.5)
            assert not any(each.done() for each in (first, *others))
    else:
        for who, what in pieces if order == "before" else reversed(pieces):
            captured(who, document(what))
    lot = packer.read("/v1/things?id=" + made)["id"]
    [(withdrawn, replacement)], standing = place_of(packer, lot)
    assert replacement is None and standing == [] and "replacement" not in packer.read(f"/v1/events/{withdrawn}")
    assert service.value("SELECT count(*) FROM correction WHERE event = %s AND replacement IS NOT NULL", withdrawn) == 0


def test_of_two_sources_that_say_one_event_it_stands_for_the_firsts_own(service, packer, farm):
    """Both awaited under one name, and stored in one transaction."""
    wrong = {who: event(eventID=f"urn:uuid:{uuid7()}", action="ADD", bizStep="commissioning", quantityList=[amount(new_class(), 3)])
             for who in (farm, packer)}
    right = event(eventID=f"urn:uuid:{uuid7()}", action="ADD", bizStep="commissioning", quantityList=[amount(new_class(), 7)])
    for who, what in wrong.items():
        captured(who, document(what, declared(what, right["eventID"])))
    with ThreadPoolExecutor(3) as pool, held(service):
        first = pool.submit(packer.harvest, 1, product="SALAD", site="H1")
        time.sleep(0.3)
        others = [pool.submit(captured, who, document(right), **TOGETHER) for who in wrong]
        time.sleep(0.5)
        assert not first.done()
    for other in others:
        other.result()
    joined = service.rows("SELECT c.org_id::text, e.org_id::text FROM correction c LEFT JOIN event e ON e.id = c.replacement WHERE c.org_id = ANY(%s::uuid[])",
                          [farm.id, packer.id])
    assert {org: of for org, of in joined if of} in ({farm.id: farm.id}, {packer.id: packer.id}), "an event has one source: who came first"


@contextlib.contextmanager
def held(service):
    """Nobody stores an event meanwhile."""
    connection = service.cluster.connect(service.database)
    connection.autocommit = False
    try:
        connection.cursor().execute("LOCK TABLE event IN SHARE MODE")
        yield
    finally:
        connection.rollback()
        connection.close()


def test_the_three_at_once_are_joined(packer):
    for _ in range(5):
        made = new_class()
        wrong, right = (event(eventID=f"urn:uuid:{uuid7()}", action="ADD", bizStep="commissioning", quantityList=[amount(made, n)]) for n in (30, 20))
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda what: captured(packer, document(what)), (right, wrong, declared(wrong, right["eventID"]))))
        [(withdrawn, replacement)], standing = place_of(packer, packer.read("/v1/things?id=" + made)["id"])
        assert standing == [(replacement, withdrawn)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_a_declaration_without_an_id_is_about_the_event_without_one(packer, order):
    """And not about others that say the same, whichever came first."""
    uri, made = new_class(), new_class()
    named = transformed(uri, made, 70, 60)
    nameless = {name: value for name, value in named.items() if name != "eventID"}
    events = [named, {**named, "eventID": f"urn:uuid:{uuid7()}"}, nameless, declared(nameless)]
    for i in order:
        captured(packer, document(events[i]))
    for each in events:
        captured(packer, document(each))
    steps = [bool(step["corrected"]) for step in trail_of(packer, made)["steps"] if step["type"] == "process"]
    assert sorted(steps) == [False, False, True] and packer.stock(made)["on_hand"] == 120


def test_an_event_that_says_what_another_without_an_id_did_is_taken(packer):
    uri, made = new_class(), new_class()
    first = transformed(uri, made, 70, 60)
    nameless = {name: value for name, value in first.items() if name != "eventID"}
    for each in (nameless, declared(nameless), first, declared(first)):
        captured(packer, document(each))
    assert [bool(step["corrected"]) for step in trail_of(packer, made)["steps"] if step["type"] == "process"] == [True, True]
    assert packer.stock(made)["on_hand"] == 0


@pytest.mark.parametrize("order", ["w1 d1 d2", "w1d1d2", "d1d2 w1", "d1d2w1", "w1 d1d2", "d1w1d2"])
def test_two_declarations_of_one_event_withdraw_it_once(packer, order):
    """Each with a time of its own; in one document, too."""
    uri = new_class()
    wrong = event(eventID=f"urn:uuid:{uuid7()}", bizStep="retail_selling", quantityList=[amount(uri, 4)])
    pieces = {"w1": wrong, "d1": declared(wrong), "d2": declared(wrong, declarationTime=ago(minutes=20))}
    for together in order.split():
        captured(packer, document(*[pieces[together[i:i + 2]] for i in range(0, len(together), 2)]))
    assert packer.stock(uri)["sold"] == 0
