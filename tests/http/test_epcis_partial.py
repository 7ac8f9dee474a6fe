# SPDX-License-Identifier: Apache-2.0
"""Partners' receipts that name a part of a shipment: the rest stays on its way until it is received, too."""
import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import District, ago, line, uuid7
from test_correct import correct
from test_epcis import amount, captured, document, event, new_class
from test_epcis_declared import declared

MIGRATION = Path(__file__).parents[2] / "sql" / "migrations" / "0055-partial-receipts.sql"
STOCK = ("on_hand", "in_transit", "deficit")


def story(packer, farm, lots, from_whom=True):
    """Makes, sends and receives two lots of one shipment, each with a receipt of its own."""
    to = {"destinationList": [{"type": "possessing_party", "destination": packer.uri}]}
    source = {"sourceList": [{"type": "possessing_party", "source": farm.uri}]} if from_whom else {}

    def what(**members):
        return event(eventID=f"urn:uuid:{uuid7()}", **members)
    return {"make": (farm, what(action="ADD", bizStep="commissioning", quantityList=[amount(lot, 100) for lot in lots])),
            "ship": (farm, what(bizStep="shipping", disposition="in_transit", quantityList=[amount(lot, 60) for lot in lots], **to)),
            "a": (packer, what(bizStep="receiving", quantityList=[amount(lots[0], 60)], **source)),
            "b": (packer, what(bizStep="receiving", quantityList=[amount(lots[1], 60)], **source))}


def tell(acts, *names):
    for name in names:
        captured(acts[name][0], document(acts[name][1]))


def stocks(district, who, lots):
    return [tuple(district.stock(lot).get(each.id, {}).get(name, 0) for name in STOCK) for lot in lots for each in who]


def consistent(service):
    code, told = service.recount()
    assert code == 0, told


@pytest.mark.parametrize("from_whom", (True, False), ids=("from whom", "from nobody"))
def test_what_a_receipt_does_not_name_is_on_its_way_still(service, district, packer, farm, from_whom):
    lots = [new_class(), new_class()]
    acts = story(packer, farm, lots, from_whom)
    tell(acts, "make", "ship", "a", "a")
    assert stocks(district, (farm, packer), lots) == [(40, 0, 0), (60, 0, 0), (40, 60, 0), (0, 0, 0)]
    consistent(service)
    tell(acts, "b", "a", "b")
    assert stocks(district, (farm, packer), lots) == [(40, 0, 0), (60, 0, 0)] * 2
    assert not district.admin.read(f"/v1/alerts?rule=M02&party={farm.id}&state=open")["items"]


@pytest.mark.parametrize("from_whom", (True, False), ids=("from whom", "from nobody"))
def test_receipts_of_parts_end_the_same_in_any_order(district, packer, farm, from_whom):
    for order in itertools.permutations(("make", "ship", "a", "b")):
        lots = [new_class(), new_class()]
        acts = story(packer, farm, lots, from_whom)
        for name in order:
            tell(acts, name, name)
        assert stocks(district, (farm, packer), lots) == [(40, 0, 0), (60, 0, 0)] * 2, order


def test_a_receipt_of_a_part_that_is_declared_wrong_puts_that_part_on_its_way_again(service, district, packer, farm):
    lots = [new_class(), new_class()]
    acts = story(packer, farm, lots)
    tell(acts, "make", "ship", "a", "b")
    captured(packer, document(declared(acts["b"][1])))
    assert stocks(district, (farm, packer), lots) == [(40, 0, 0), (60, 0, 0), (40, 60, 0), (0, 0, 0)]
    consistent(service)
    captured(packer, document(declared(acts["a"][1])))
    assert stocks(district, (farm, packer), lots) == [(40, 60, 0), (0, 0, 0)] * 2
    consistent(service)
    again = story(packer, farm, lots)
    tell(again, "b", "a")
    assert stocks(district, (farm, packer), lots) == [(40, 0, 0), (60, 0, 0)] * 2


@pytest.mark.parametrize("names", (["a"], ["b"], ["a", "b"]), ids="".join)
def test_a_shipment_that_is_declared_wrong_takes_back_what_did_not_arrive(district, packer, farm, names):
    lots = [new_class(), new_class()]
    acts = story(packer, farm, lots)
    tell(acts, "make", "ship", *names)
    captured(farm, document(declared(acts["ship"][1])))
    arrived, kept = [(40, 0, 0), (60, 0, 0)], [(100, 0, 0), (0, 0, 0)]
    assert stocks(district, (farm, packer), lots) == (arrived if "a" in names else kept) + (arrived if "b" in names else kept)


def test_a_record_of_a_receipt_takes_what_a_document_left_on_its_way(district, packer, farm):
    first, second = farm.harvest(50), farm.harvest(50)
    sent = farm.ship(packer, line(first, 20), line(second, 30))
    captured(packer, document(event(bizStep="receiving", quantityList=[amount(first["uri"], 20)])))
    assert (farm.stock(second)["in_transit"], packer.stock(first)["on_hand"]) == (30, 20)
    packer.receive(sent)
    assert (farm.stock(first)["in_transit"], packer.stock(first)["on_hand"]) == (0, 20), "once"
    assert (farm.stock(second)["in_transit"], packer.stock(second)["on_hand"]) == (0, 30)


def test_lots_of_two_shipments_arrive_each_with_its_own(district, packer, farm):
    lots, others = [new_class(), new_class()], [new_class(), new_class()]
    one, other = story(packer, farm, lots), story(packer, farm, others)
    tell(one, "make", "ship")
    tell(other, "make", "ship", "a")
    tell(one, "b")
    assert stocks(district, (farm, packer), lots + others) == \
        [(40, 60, 0), (0, 0, 0), (40, 0, 0), (60, 0, 0), (40, 0, 0), (60, 0, 0), (40, 60, 0), (0, 0, 0)]


def test_what_a_receipt_names_that_did_not_come_with_the_shipment_is_received_without_one(district, packer, farm):
    lots, other = [new_class(), new_class()], new_class()
    acts = story(packer, farm, lots)
    tell(acts, "make", "ship")
    captured(farm, document(event(action="ADD", bizStep="commissioning", quantityList=[amount(other, 10)])))
    captured(packer, document(event(bizStep="receiving", quantityList=[amount(lots[0], 60), amount(other, 4)],
                                    sourceList=[{"type": "possessing_party", "source": farm.uri}])))
    assert stocks(district, (farm, packer), [*lots, other]) == [(40, 0, 0), (60, 0, 0), (40, 60, 0), (0, 0, 0), (6, 0, 0), (4, 0, 0)]


def test_receipts_of_both_parts_at_once_arrive_once(district, packer, farm):
    for _ in range(4):
        lots = [new_class(), new_class()]
        acts = story(packer, farm, lots)
        tell(acts, "make", "ship")
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: tell(acts, name), ("a", "b", "b", "a")))
        assert stocks(district, (farm, packer), lots) == [(40, 0, 0), (60, 0, 0)] * 2


@pytest.mark.parametrize("sent, stock", ((25, [(25, 0, 0), (20, 0, 0)]), (15, [(30, 0, 0), (20, 0, 0)])))
def test_a_correction_of_a_shipment_of_which_a_part_arrived_leaves_the_receipt_of_that_part(service, district, packer, farm, sent, stock):
    first, second = farm.harvest(50), farm.harvest(50)
    was = farm.record("ship", ago(hours=3), lots=[line(first, 20), line(second, 30)], to=packer.id)
    captured(packer, document(event(bizStep="receiving", quantityList=[amount(first["uri"], 20)])))
    correct(farm, was["event"], {"type": "ship", "id": uuid7(), "time": ago(hours=3), "to": packer.id,
                                 "lots": [line(first, sent), line(second, 35)]})
    assert stocks(district, (farm, packer), [first, second]) == [*stock, (15, 35, 0), (0, 0, 0)]
    consistent(service)
    captured(packer, document(event(bizStep="receiving", quantityList=[amount(second["uri"], 35)])))
    assert stocks(district, (farm, packer), [first, second]) == [*stock, (15, 0, 0), (35, 0, 0)]


def test_receipts_of_an_older_data_directory_stand_at_the_lines(new_service):
    """Migration 0055: what was received is, by whom and with what, and is corrected by the line."""
    service = new_service().start()
    district = District(service)
    farm, packer = district.farm(), district.packer()
    lots = [farm.harvest(50) for _ in range(3)]
    shipment = farm.ship(packer, *(line(lot["id"], 20) for lot in lots[:2]))
    received = packer.receive(shipment)
    farm.ship(packer, line(lots[2]["id"], 20))
    rows = "SELECT org_id, shipment, n, lot_id, base, received, receipt_org, receipt FROM shipment_line ORDER BY shipment, n"
    now = service.rows(rows)
    assert sorted(str(row[-1]) for row in now) == sorted(["None", received["event"], received["event"]])
    service.stop()
    service.cluster.execute(service.database, "SET ROLE ft_owner; ALTER TABLE shipment ADD COLUMN receipt_org uuid, ADD COLUMN receipt uuid;"
                            " UPDATE shipment s SET receipt_org = l.receipt_org, receipt = l.receipt FROM shipment_line l"
                            " WHERE l.org_id = s.org_id AND l.shipment = s.id;"
                            " ALTER TABLE shipment_line DROP COLUMN receipt_org, DROP COLUMN receipt;")
    service.cluster.execute(service.database, "SET ROLE ft_owner; " + MIGRATION.read_text())
    service.start()
    assert service.rows(rows) == now
    consistent(service)
    correct(packer, received["event"])
    assert stocks(district, (farm, packer), [lot["uri"] for lot in lots]) == [(30, 20, 0), (0, 0, 0)] * 3
