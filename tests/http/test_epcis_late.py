# SPDX-License-Identifier: Apache-2.0
"""Partners' receipts that come before their shipment: whatever comes first, one state."""
import datetime
import itertools
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import District, ago, line, uuid7
from test_correct import correct
from test_epcis import WHEN, amount, captured, document, event, new_class
from test_epcis_declared import declared
from test_epcis_partial import consistent, stocks
from test_units import sscc

MIGRATION = Path(__file__).parents[2] / "sql" / "migrations" / "0057-partner-receipts.sql"


def received(packer, uri, value, farm=None):
    """Of a sender that it names, or (no farm) does not."""
    source = {"sourceList": [{"type": "possessing_party", "source": farm.uri}]} if farm else {}
    goods = amount(uri, value) if value else {"epcClass": uri}
    return packer, event(eventID=f"urn:uuid:{uuid7()}", bizStep="receiving", quantityList=[goods], **source)


def shipped(farm, packer, uri, value):
    return farm, event(eventID=f"urn:uuid:{uuid7()}", bizStep="shipping", disposition="in_transit", quantityList=[amount(uri, value)],
                       destinationList=[{"type": "possessing_party", "destination": packer.uri}])


def made(farm, uri, value=100):
    return farm, event(action="ADD", bizStep="commissioning", quantityList=[amount(uri, value)])


def told(*acts):
    for who, what in acts:
        captured(who, document(what))


def findings(district, uri):
    """Whose amounts of the lot do not add up, and since when."""
    return district.service.rows("SELECT a.party::text, a.happened_at, e.type FROM alert a JOIN lot l USING (lot_id) JOIN event e ON e.id = a.event"
                                 " WHERE rule = 'M02' AND a.state = 'open' AND l.uri = %s", uri)


def ends(district, farm, packer, uri):
    return stocks(district, (farm, packer), [uri]), district.service.rows(
        "SELECT s.state, l.base, l.received, l.receipt IS NOT NULL FROM shipment s JOIN shipment_line l ON l.org_id = s.org_id"
        " AND l.shipment = s.id JOIN lot USING (lot_id) WHERE lot.uri = %s ORDER BY s.shipped_at, s.id", uri)


@pytest.mark.parametrize("from_whom", (True, False), ids=("from whom", "from nobody"))
def test_the_orders_of_making_sending_and_receiving_end_the_same(district, packer, farm, from_whom):
    for arrived in (60, 50, 75, None):
        the_orders_end_the_same(district, packer, farm, arrived, from_whom)


def the_orders_end_the_same(district, packer, farm, arrived, from_whom):
    states = []
    for order in itertools.permutations(range(3)):
        uri = new_class()
        acts = [made(farm, uri), shipped(farm, packer, uri, 60), received(packer, uri, arrived, farm if from_whom else None)]
        for n in order:
            told(acts[n], acts[n])
        states.append((ends(district, farm, packer, uri), findings(district, uri)))
    beyond = max((arrived or 60) - 60, 0)
    assert states == [(([(40 - beyond, 0, 0), (arrived or 60, 0, 0)], [("received", 60, arrived or 60, True)]),
                       [(packer.id, datetime.datetime.fromisoformat(WHEN), "receive")] if arrived in (50, 75) else [])] * 6


@pytest.mark.parametrize("from_whom", (True, False), ids=("from whom", "from nobody"))
def test_the_orders_with_one_that_is_declared_wrong_end_the_same(district, packer, farm, from_whom):
    for wrong, arrived in ((1, 60), (1, 50), (1, None), (2, 60), (2, 50), (2, None)):
        the_orders_with_a_wrong_one_end_the_same(district, packer, farm, wrong, arrived, from_whom)


def the_orders_with_a_wrong_one_end_the_same(district, packer, farm, wrong, arrived, from_whom):
    states = set()
    for order in itertools.permutations(range(4)):
        uri = new_class()
        acts = [made(farm, uri), shipped(farm, packer, uri, 60), received(packer, uri, arrived, farm if from_whom else None)]
        acts.append((acts[wrong][0], declared(acts[wrong][1])))
        for n in order:
            told(acts[n])
        balances = tuple((here - owed, sent) for here, sent, owed in stocks(district, (farm, packer), [uri]))
        states.add((balances, bool(findings(district, uri))))
    handed = arrived if arrived and from_whom else 0
    # what came from nobody is a debt of the receiver, and told as one once it was seen
    assert {state for state, _ in states} == {((40, 60), (0, 0)) if wrong == 2 else ((100 - handed, 0), (handed, 0))}
    assert not from_whom or {found for _, found in states} == {False}, "nothing differs from a shipment that is none"


def test_the_orders_with_a_shipment_told_anew_end_the_same(district, packer, farm):
    states = set()
    for order in list(itertools.permutations(range(5)))[::5]:
        uri = new_class()
        acts = [made(farm, uri), shipped(farm, packer, uri, 60), received(packer, uri, 60, farm), shipped(farm, packer, uri, 50)]
        acts.append((farm, declared(acts[1][1], acts[3][1]["eventID"])))
        for n in order:
            told(acts[n])
        states.add(tuple(stocks(district, (farm, packer), [uri])))
    assert states == {((40, 0, 0), (60, 0, 0))}


def test_a_second_receipt_takes_the_place_of_one_that_was_wrong(district, packer, farm):
    for order in ((0, 1, 2, 3), (0, 2, 1, 3), (0, 1, 3, 2), (3, 0, 1, 2), (2, 0, 1, 3)):
        uri = new_class()
        acts = [shipped(farm, packer, uri, 60), received(packer, uri, 60, farm), received(packer, uri, 60, farm)]
        acts.append((packer, declared(acts[1][1])))
        told(made(farm, uri), *[acts[n] for n in order])
        assert ends(district, farm, packer, uri) == ([(40, 0, 0), (60, 0, 0)], [("received", 60, 60, True)])


def test_a_receipt_of_the_same_amount_is_the_shipments_rather_than_an_earlier_one(district, packer, farm):
    uri = new_class()
    told(made(farm, uri), received(packer, uri, 20, farm), received(packer, uri, 30, farm), shipped(farm, packer, uri, 30))
    assert ends(district, farm, packer, uri) == ([(50, 0, 0), (50, 0, 0)], [("received", 30, 30, True)])
    told(shipped(farm, packer, uri, 20))
    assert ends(district, farm, packer, uri)[0] == [(50, 0, 0), (50, 0, 0)] and findings(district, uri) == []


@pytest.mark.parametrize("sent", (60, 100))
def test_a_record_of_sending_comes_after_the_document_of_the_receipt(district, packer, farm, sent):
    """Else the sender had too little of it, or less than there is."""
    lot = farm.harvest(100)
    told(received(packer, lot["uri"], sent, farm))
    shipment = farm.ship(packer, line(lot, sent))
    assert ends(district, farm, packer, lot["uri"]) == ([(100 - sent, 0, 0), (sent, 0, 0)], [("received", sent, sent, True)])
    assert packer.post("/v1/events", {"type": "receive", "time": ago(), "shipment": shipment}).problem() == "shipment-state"
    refused = farm.post("/v1/events", {"type": "ship", "time": ago(), "to": packer.id, "lots": [line(lot, 101)]})
    assert refused.status == 409, refused
    assert ends(district, farm, packer, lot["uri"])[0] == [(100 - sent, 0, 0), (sent, 0, 0)]


def test_a_shipment_to_another_or_of_another_lot_has_no_such_receipt(district, packer, farm):
    shop = district.packer()
    lot, other = farm.harvest(100), farm.harvest(100)
    told(received(packer, lot["uri"], 30, farm))
    farm.ship(shop, line(lot, 30))
    farm.ship(packer, line(other, 30))
    assert stocks(district, (farm, packer, shop), [lot["uri"]]) == [(40, 30, 0), (30, 0, 0), (0, 0, 0)]
    assert stocks(district, (farm, packer), [other["uri"]]) == [(70, 30, 0), (0, 0, 0)]
    assert farm.post("/v1/events", {"type": "ship", "time": ago(), "to": shop.id, "lots": [line(lot, 41)]}).status == 409


def test_a_correction_of_a_shipment_that_came_late_goes_on_with_its_receipt(district, packer, farm):
    lot = farm.harvest(100)
    told(received(packer, lot["uri"], 60, farm))
    was = farm.record("ship", ago(hours=3), lots=[line(lot, 60)], to=packer.id)
    correct(farm, was["event"], {"type": "ship", "id": uuid7(), "time": ago(hours=3), "to": packer.id, "lots": [line(lot, 70)]})
    assert ends(district, farm, packer, lot["uri"]) == ([(30, 0, 0), (60, 0, 0)], [("received", 70, 60, True)])


def test_a_correction_that_takes_a_late_shipment_back_leaves_the_receipt(service, district, packer, farm):
    lot = farm.harvest(100)
    told(received(packer, lot["uri"], 60, farm))
    was = farm.record("ship", ago(hours=3), lots=[line(lot, 60)], to=packer.id)
    correct(farm, was["event"])
    assert ends(district, farm, packer, lot["uri"]) == ([(40, 0, 0), (60, 0, 0)], [("withdrawn", 60, 0, False)])
    consistent(service)
    farm.ship(packer, line(lot, 60))
    assert stocks(district, (farm, packer), [lot["uri"]]) == [(40, 0, 0), (60, 0, 0)]


def test_a_shipment_and_its_receipt_at_once_end_the_same(district, packer, farm):
    for n in range(12):
        uri = new_class()
        told(made(farm, uri))
        acts = [shipped(farm, packer, uri, 60), received(packer, uri, 60, farm)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(told, acts if n % 2 else acts[::-1]))
        assert ends(district, farm, packer, uri) == ([(40, 0, 0), (60, 0, 0)], [("received", 60, 60, True)])


def crates(farm, lot, *values):
    """Crates with so much of the lot each."""
    units = [sscc() for _ in values]
    for unit, value in zip(units, values):
        farm.record("load", ago(hours=20), unit=unit, contents=[line(lot, value)])
    return units


@pytest.mark.parametrize("amounts, ended", (((60,), [(40, 0, 0), (60, 0, 0)]), ((None,), [(40, 0, 0), (60, 0, 0)]), ((50,), [(40, 0, 0), (50, 0, 0)]),
                                            ((75,), [(25, 0, 0), (75, 0, 0)]), ((40,), [(40, 20, 0), (40, 0, 0)]),
                                            ((20, 40), [(40, 0, 0), (60, 0, 0)]), ((40, 20), [(40, 0, 0), (60, 0, 0)])))
def test_a_lot_in_several_crates_is_received_once(service, district, packer, farm, amounts, ended):
    """Lines of one lot, 40 and 20: as many arrived as the amount is enough for."""
    lot = farm.harvest(100)
    sent = farm.record("ship", ago(hours=8), units=crates(farm, lot, 40, 20), to=packer.number)
    told(*[received(packer, lot["uri"], value, farm) for value in amounts])
    assert stocks(district, (farm, packer), [lot["uri"]]) == ended
    consistent(service)
    correct(farm, sent["event"])
    received_by_then = sum(value or 0 for value in amounts)
    assert stocks(district, (farm, packer), [lot["uri"]]) == [(100 - received_by_then, 0, 0), (received_by_then, 0, 0)]


def test_a_shipment_told_twice_over_takes_the_receipt_with_all_lines_of_its_lot(district, packer, farm):
    lot = farm.harvest(100)
    units = crates(farm, lot, 40, 20)
    was = farm.record("ship", ago(hours=8), units=units, to=packer.number)
    told(received(packer, lot["uri"], 60, farm))
    correct(farm, was["event"], {"type": "ship", "id": uuid7(), "time": ago(hours=9), "to": packer.id, "units": units})
    assert stocks(district, (farm, packer), [lot["uri"]]) == [(40, 0, 0), (60, 0, 0)]


def test_two_receipts_of_one_line_at_once_are_one_and_one_without(district, packer, farm):
    for _ in range(6):
        uri = new_class()
        told(made(farm, uri), shipped(farm, packer, uri, 30))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(told, [received(packer, uri, 30, farm), received(packer, uri, 30, farm)]))
        assert ends(district, farm, packer, uri) == ([(40, 0, 0), (60, 0, 0)], [("received", 30, 30, True)])


@pytest.mark.parametrize("receipts", ((60, 40), (40, 60), (39, 58), (41, 62), (40, None)))
def test_each_receipt_is_of_the_shipment_that_it_fits_best(district, packer, farm, receipts):
    """Two loads of one lot; whichever of the four documents comes first."""
    states = set()
    for order in itertools.permutations(range(4)):
        uri = new_class()
        acts = [shipped(farm, packer, uri, 60), shipped(farm, packer, uri, 40), *[received(packer, uri, value, farm) for value in receipts]]
        told(made(farm, uri), *[acts[n] for n in order])
        lines = sorted((sent, arrived) for _, sent, arrived, _ in ends(district, farm, packer, uri)[1])
        states.add((tuple(stocks(district, (farm, packer), [uri])), tuple(lines), len(findings(district, uri))))
    by_amount = sorted((value or 60 for value in receipts), reverse=True)
    lost = [sent - arrived for sent, arrived in zip((60, 40), by_amount)]
    owed = -sum(min(0, each) for each in lost)
    assert states == {(((0, 0, owed), (sum(by_amount), 0, 0)), ((40, by_amount[1]), (60, by_amount[0])), sum(each != 0 for each in lost) + bool(owed))}


def test_a_receipt_of_lots_of_two_shipments_is_of_both(district, packer, farm):
    states = set()
    for order in itertools.permutations(range(4)):
        for from_whom in (farm, None):
            uris = [new_class(), new_class()]
            who, what = received(packer, uris[0], 60, from_whom)
            what["quantityList"].append(amount(uris[1], 35))
            acts = [shipped(farm, packer, uris[0], 60), shipped(farm, packer, uris[1], 40), (who, what), (who, declared(what))]
            told(made(farm, uris[0]), made(farm, uris[1]), *[acts[n] for n in order[:3] if n != 3])
            if 3 not in order[:3]:
                states.add((tuple(ends(district, farm, packer, uris[0])[1]), tuple(ends(district, farm, packer, uris[1])[1]),
                            len(findings(district, uris[0])), len(findings(district, uris[1]))))
                told(acts[3])
                assert [stocks(district, (farm, packer), [uri]) for uri in uris] == [[(40, 60, 0), (0, 0, 0)], [(60, 40, 0), (0, 0, 0)]]
                assert findings(district, uris[1]) == []
    assert states == {((("received", 60, 60, True),), (("received", 40, 35, True),), 0, 1)}


def test_a_receipt_goes_over_to_a_record_of_sending_that_it_fits_better(district, packer, farm):
    """Also when the sender would have too little, had the first load been as heavy as the receipt of the second."""
    lot = farm.harvest(100)
    first = farm.ship(packer, line(lot, 40))
    told(received(packer, lot["uri"], 60, farm))
    assert stocks(district, (farm, packer), [lot["uri"]]) == [(40, 0, 0), (60, 0, 0)] and len(findings(district, lot["uri"])) == 1
    farm.ship(packer, line(lot, 60))
    assert stocks(district, (farm, packer), [lot["uri"]]) == [(0, 40, 0), (60, 0, 0)] and findings(district, lot["uri"]) == []
    assert packer.post("/v1/events", {"type": "receive", "time": ago(), "shipment": first}).status == 201
    assert stocks(district, (farm, packer), [lot["uri"]]) == [(0, 0, 0), (100, 0, 0)]


def test_a_record_of_sending_units_comes_after_the_receipt_of_what_is_in_them(district, packer, farm):
    lot = farm.harvest(100)
    units = crates(farm, lot, 40, 20)
    told(received(packer, lot["uri"], 60, farm))
    farm.record("ship", ago(hours=8), units=units, to=packer.number)
    assert stocks(district, (farm, packer), [lot["uri"]]) == [(40, 0, 0), (60, 0, 0)]


def test_documents_of_a_season_end_the_same_in_any_order(district, packer, farm):
    """Loads of one lot to two shops, some receipts without a sender or an amount, some of either told by mistake."""
    chance = random.Random(7)
    shop = district.packer()
    for _ in range(12):
        story = []
        for n in range(chance.randrange(2, 5)):
            to, sent = chance.choice((packer, shop)), chance.randrange(3, 9) * 10
            arrived = chance.choice((sent, sent, sent - chance.randrange(1, 4), sent + chance.randrange(1, 4), None))
            story.append((to, sent, arrived, chance.random() < 0.8, chance.random() < 0.2, chance.random() < 0.2))
        states = set()
        for _ in range(4):
            uri = new_class()
            acts = [made(farm, uri, 1000)]
            for to, sent, arrived, from_whom, ship_wrong, receipt_wrong in story:
                pair = [shipped(farm, to, uri, sent), received(to, uri, arrived, farm if from_whom else None)]
                acts += pair + [(who, declared(what)) for (who, what), wrong in zip(pair, (ship_wrong, receipt_wrong)) if wrong]
            chance.shuffle(acts)
            told(*acts)
            states.add(tuple((here - owed, sent) for here, sent, owed in stocks(district, (farm, packer, shop), [uri])))
        assert len(states) == 1, (story, states)


def test_what_is_refused_leaves_what_the_receipt_did(service, district, packer, farm):
    lot = farm.harvest(100)
    told(received(packer, lot["uri"], 60, farm))
    moves = service.value("SELECT count(*) FROM stock_move")
    ship = {"type": "ship", "time": ago(), "to": packer.id}
    reply = farm.post("/v1/events:batch", {"onError": "proceed", "records": [
        {**ship, "lots": [line(lot, 101)]}, {"type": "irrigate", "time": ago(), "site": "P1"}]})
    assert ["event" in each for each in reply.json()["results"]] == [False, True]
    assert service.value("SELECT count(*) FROM stock_move") == moves
    assert stocks(district, (farm, packer), [lot["uri"]]) == [(40, 0, 0), (60, 0, 0)]


def test_a_trail_and_the_reach_are_the_same_whichever_came_first(service, district, packer, farm):
    told_of = []
    for late in (False, True):
        lot = farm.harvest(100)
        receipt = received(packer, lot["uri"], 60, farm)
        if late:
            told(receipt)
        farm.ship(packer, line(lot, 60))
        if not late:
            told(receipt)
        trail, reach = farm.read(f"/v1/lots/{lot['id']}/trail"), district.admin.read(f"/v1/lots/{lot['id']}/reach")
        told_of.append(([step["type"] for step in trail["steps"]], trail["verdict"],
                        sorted((each["state"], each["quantity"]["value"]) for each in reach["holders"])))
    assert told_of[0] == told_of[1]
    assert told_of[0][2] and "receive" in told_of[0][0]


def test_goods_that_were_used_meanwhile_are_used_once(district, packer, farm):
    uri = new_class()
    told(received(packer, uri, 60, farm), (packer, event(bizStep="retail_selling", disposition="retail_sold",
                                                         quantityList=[amount(uri, 55)])),
         shipped(farm, packer, uri, 60), made(farm, uri))
    assert ends(district, farm, packer, uri) == ([(40, 0, 0), (5, 0, 0)], [("received", 60, 60, True)])
    assert findings(district, uri) == []


def test_receipts_of_an_older_data_directory_find_their_shipments(new_service):
    service = new_service().start()
    district = District(service)
    farm, packer = district.farm(), district.packer()
    uris = [new_class() for _ in range(5)]
    for uri in uris:
        told(made(farm, uri))
    told(received(packer, uris[0], 60, farm))
    told(shipped(farm, packer, uris[1], 60), received(packer, uris[1], 50, farm))
    told(received(packer, uris[2], 60, farm), shipped(farm, packer, uris[2], 60))
    wrong = received(packer, uris[3], 60, farm)
    told(wrong, (packer, declared(wrong[1])))
    told(received(packer, uris[4], None))
    rows = "SELECT * FROM partner_receipt ORDER BY org_id, event, lot_id"
    now = service.rows(rows)
    assert len(now) == 4
    service.stop()
    service.cluster.execute(service.database, "DROP TABLE partner_receipt CASCADE; DELETE FROM scale_map WHERE tab = 'partner_receipt'")
    service.cluster.execute(service.database, "SET ROLE ft_owner; " + MIGRATION.read_text())
    service.start()
    assert service.rows(rows) == now
    consistent(service)
    told(shipped(farm, packer, uris[0], 60))
    assert stocks(district, (farm, packer), [uris[0]]) == [(40, 0, 0), (60, 0, 0)]


def test_a_receipt_that_is_not_what_its_event_says_is_named(service, packer, farm):
    uri = new_class()
    told(made(farm, uri), received(packer, uri, 60, farm), shipped(farm, packer, uri, 60))
    where = " WHERE lot_id = (SELECT lot_id FROM lot WHERE uri = %s)"
    for altered in ("base = base + 1", "shipment = NULL, shipment_org = NULL", "event_time = event_time + interval '1 s'", "lot_id = lot_org"):
        service.cluster.execute(service.database, "CREATE TABLE kept_receipt AS SELECT * FROM partner_receipt" + where, uri)
        service.cluster.execute(service.database, f"UPDATE partner_receipt SET {altered}{where}", uri)
        code, answer = service.recount()
        service.cluster.execute(service.database, "DELETE FROM partner_receipt USING kept_receipt k WHERE k.event = partner_receipt.event;"
                                " INSERT INTO partner_receipt TABLE kept_receipt; DROP TABLE kept_receipt")
        assert code == 4 and {"receipt", "shipment"} & {each["part"] for each in answer["differences"]}, altered
