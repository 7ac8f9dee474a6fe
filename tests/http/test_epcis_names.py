# SPDX-License-Identifier: Apache-2.0
"""What partners' documents name, in spellings and places that nobody expects: a UUID in capitals, goods in several entries, a name
that stands for something else already. Each is taken once, for what it is, and recount agrees."""
import itertools
import json

import pytest
from conftest import uuid7
from test_epcis import amount, captured, check_digit, document, event, fresh_numbers, new_class
from test_epcis_declared import declared, place_of, transformed
from test_epcis_units import aggregated, pallet
from test_units import contents


def sold(*quantities, **members):
    return event(eventID=f"urn:uuid:{uuid7()}", bizStep="retail_selling", quantityList=list(quantities), **members)


def recounted(service):
    code, answer = service.recount()
    assert code == 0, answer["differences"]


# — names of events —
SPELLINGS = [lambda id_: "urn:uuid:" + id_, lambda id_: "urn:uuid:" + id_.upper(), lambda id_: "URN:UUID:" + id_]


@pytest.mark.parametrize("order", list(itertools.permutations(SPELLINGS)))
def test_the_case_of_a_uuid_makes_no_other_event(packer, order):
    uri, id_ = new_class(), uuid7()
    one = sold(amount(uri, 4))
    spelled = [{**one, "eventID": spell(id_)} for spell in order]
    for each in spelled:
        captured(packer, document(each))
    captured(packer, document(*spelled[1:]))
    assert packer.stock(uri)["sold"] == 4
    captured(packer, document(declared(spelled[2])))
    assert packer.stock(uri)["sold"] == 0


@pytest.mark.parametrize("order", itertools.permutations("wdr"))
def test_a_corrective_event_is_found_under_any_case(packer, order):
    made, other, id_ = new_class(), new_class(), uuid7()
    wrong = event(eventID=f"urn:uuid:{uuid7()}", action="ADD", bizStep="commissioning", quantityList=[amount(made, 30)])
    right = event(eventID=f"urn:uuid:{id_}", action="ADD", bizStep="commissioning", quantityList=[amount(other, 30)])
    pieces = {"w": wrong, "d": declared(wrong, f"urn:uuid:{id_.upper()}"), "r": right}
    for piece in order:
        captured(packer, document(pieces[piece]))
    [(_, replacement)], _ = place_of(packer, packer.read("/v1/things?id=" + made)["id"])
    assert replacement == id_


def test_the_uuid_of_zeros_is_a_name_like_any_other(packer):
    uri = new_class()
    one = {**sold(amount(uri, 4)), "eventID": "urn:uuid:00000000-0000-0000-0000-000000000000"}
    captured(packer, document(one))
    captured(packer, document(one))
    assert packer.stock(uri)["sold"] == 4


# — goods in several entries —
def other_host(uri):
    return uri.replace("https://id.gs1.org", "https://dl.example.com")


@pytest.mark.parametrize("entries, told", [
    (lambda uri: [amount(uri, 5), amount(uri, 6)], 11), (lambda uri: [amount(uri, 6), amount(other_host(uri), 500, "GRM")], 6.5),
    (lambda uri: [amount(uri, 5), {"epcClass": other_host(uri)}], 0)], ids=("class", "measures", "one unsaid"))
def test_what_stands_in_several_entries_is_counted_together(service, packer, entries, told):
    uri, made = new_class(), new_class()
    captured(packer, document(sold(*entries(uri))))
    assert packer.stock(uri)["sold"] == told
    unit = pallet()
    captured(packer, document(aggregated(unit, "ADD", *entries(uri))))
    assert sum(contents(service, unit).values()) == told
    for run in ({}, {"transformationID": f"urn:x:{uuid7()}"}):
        captured(packer, document({**transformed(uri, made, 1, 1), **run, "inputQuantityList": entries(uri), "outputQuantityList": entries(made)}))
    assert packer.stock(made)["on_hand"] == 2 * told


def test_an_item_under_two_spellings_is_one(service, packer):
    item = new_class().replace("/10/L1", "/21/7")
    captured(packer, document(event(eventID=f"urn:uuid:{uuid7()}", bizStep="retail_selling", epcList=[item, other_host(item)])))
    assert packer.stock(item)["sold"] == 1
    recounted(service)


# — names that stand for something else —
@pytest.mark.parametrize("name", ["", "/f/H1", "/p/SALAD", "gtin"], ids=("party", "site", "product", "GTIN of a product"))
def test_what_is_a_party_a_place_or_a_product_is_no_lot(packer, name):
    other = new_class()
    uri = packer.uri + name
    if name == "gtin":
        body = f"0963{next(fresh_numbers):09d}"
        gtin = body + check_digit(body)
        packer.product("WITHGTIN", gtin=gtin)
        uri = f"https://id.gs1.org/01/{gtin}"
    events = [event(eventID=f"urn:uuid:{uuid7()}", action="ADD", bizStep="commissioning", quantityList=[amount(uri, 5), amount(other, 5)]),
              sold(amount(uri, 2), amount(other, 2)), transformed(uri, new_class(), 5, 5), aggregated(pallet(), "ADD", epcs=[uri]),
              aggregated(pallet(), "ADD", amount(uri, 5))]
    for each in events:
        captured(packer, document(each))
    assert packer.stock(other)["on_hand"] == 3 and packer.read("/v1/things?id=" + uri)["kind"] != "lot"


def test_a_declaration_of_more_lots_than_a_statement_names(packer):
    many = sold(*[amount(new_class(), 1) for _ in range(70)])
    captured(packer, document(declared(many), many))
