# SPDX-License-Identifier: Apache-2.0
"""When and where a lot came into being: by the earliest event that made it; of a lot that nobody made, by the earliest that names it.
Whatever was told first."""
import datetime
import itertools
import time
from pathlib import Path

from conftest import kg, uuid7
from test_correct import correct
from test_epcis import amount, captured, check_digit, document, event, fresh_numbers, new_class, trail_of
from test_epcis_declared import declared

MIGRATION = Path(__file__).parents[2] / "sql" / "migrations" / "0058-lot-beginnings.sql"
DAYS = [f"2026-03-{day:02d}T08:00:00+08:00" for day in range(1, 10)]


def told(uri, day, value=10, **members):
    return event(eventID=f"urn:uuid:{uuid7()}", eventTime=DAYS[day], quantityList=[amount(uri, value) if value else {"epcClass": uri}], **members)


def made(uri, day, value=10, **members):
    return told(uri, day, value, action="ADD", bizStep="commissioning", **members)


def consumed(uri, day):
    return {"type": "TransformationEvent", "eventID": f"urn:uuid:{uuid7()}", "eventTime": DAYS[day], "eventTimeZoneOffset": "+08:00",
            "inputQuantityList": [amount(uri, 1)], "outputQuantityList": [amount(new_class(), 1)]}


def own_class(party, number):
    """A new product of the party, and a lot of it."""
    body = f"0961{next(fresh_numbers):09d}"
    gtin = body + check_digit(body)
    party.product(f"P{gtin}", shelfLifeDays=5, gtin=gtin)
    return f"P{gtin}", f"https://id.gs1.org/01/{gtin}/10/{number}"


def beginning(district, uri):
    """The day of it (from 0), its township, and what is known of its place."""
    [(at, region, site, place, event_id)] = district.service.rows(
        "SELECT l.event_time, l.region, l.site, l.place, e.event_id FROM lot l"
        " JOIN event e ON e.id = l.created_event WHERE l.uri = %s", uri)
    return at.astimezone(datetime.timezone(datetime.timedelta(hours=8))).day - 1, region, site, place, event_id


def whatever_the_order(district, party, story, expected):
    """`story` makes the events of one lot; they are captured in every order, one by one and in one document."""
    for order in itertools.permutations(range(len(story("https://id.gs1.org/x")))):
        for together in (False, True):
            uri = new_class()
            events = story(uri)
            for each in [[events[n] for n in order]] if together else [[events[n]] for n in order]:
                captured(party, document(*each))
            found = beginning(district, uri)
            assert found[0] == expected and found[4] == min(
                (each["eventID"] for each in events if each["eventTime"] == DAYS[expected])), (order, together, found)


def test_a_lot_that_nobody_made_is_as_old_as_the_first_that_is_told_of_it(district, packer):
    whatever_the_order(district, packer, lambda uri: [told(uri, 5), told(uri, 3, bizStep="retail_selling"), consumed(uri, 4)], 3)
    whatever_the_order(district, packer, lambda uri: [told(uri, 5), consumed(uri, 2), told(uri, 3)], 2)


def test_records_tell_of_it_as_documents_do(district, packer):
    uri = new_class()
    captured(packer, document(told(uri, 5)))
    for day, expected in ((7, 5), (3, 3), (4, 3)):
        packer.record("inspect", DAYS[day], lots=[{"lot": uri}])
        assert beginning(district, uri)[0] == expected
    captured(packer, document(told(uri, 2)))
    assert beginning(district, uri)[0] == 2


def test_what_made_it_goes_before_what_names_it(district, packer):
    whatever_the_order(district, packer, lambda uri: [told(uri, 1), made(uri, 6), made(uri, 4)], 4)
    whatever_the_order(district, packer, lambda uri: [told(uri, 1), made(uri, 4, value=None), made(uri, 6)], 4)


def test_what_was_declared_wrong_tells_nothing_as_long_as_something_stands(district, packer):
    def withdrawn(make, others):
        def story(uri):
            wrong = make(uri)
            return [wrong, declared(wrong), *others(uri)]
        return story
    whatever_the_order(district, packer, withdrawn(lambda uri: told(uri, 1), lambda uri: [told(uri, 7)]), 7)
    whatever_the_order(district, packer, withdrawn(lambda uri: told(uri, 1), lambda uri: [made(uri, 7)]), 7)
    whatever_the_order(district, packer, withdrawn(lambda uri: made(uri, 2), lambda uri: [made(uri, 7)]), 7)
    # a making that was withdrawn is still all that is said of when it was made
    whatever_the_order(district, packer, withdrawn(lambda uri: made(uri, 2), lambda uri: [told(uri, 1)]), 2)


def test_the_place_is_that_of_the_first_making_too(district, packer):
    here, there = ({"id": f"urn:epc:id:sgln:9521141.0000{n}.0"} for n in (1, 2))
    site = packer.site("HALL", "packhouse")
    for order in itertools.permutations(range(3)):
        uri = new_class()
        events = [told(uri, 1, readPoint=here), made(uri, 5, readPoint=there), made(uri, 3, bizLocation={"id": site["uri"]})]
        for n in order:
            captured(packer, document(events[n]))
        assert beginning(district, uri)[1:4] == (packer.region, site["id"], None), order
        captured(packer, document(declared(events[2])))
        assert beginning(district, uri)[:4] == (5, None, None, there["id"]), order
        assert trail_of(packer, uri)["lot"]["produced"] == "2026-03-06"
    uri = new_class()
    captured(packer, document(told(uri, 1, readPoint=here)))
    assert beginning(district, uri)[1:4] == (None, None, None), "where it was seen is not where it is from"


def test_a_harvest_is_the_beginning_of_a_lot_that_a_document_named_before(district, farm):
    """And the lot keeps as long as its product does from then on."""
    found = []
    for n, order in enumerate(itertools.permutations(range(3))):
        number, (product, uri) = f"L{n}", own_class(farm, f"L{n}")
        acts = [lambda: captured(farm, document(told(uri, 1))),
                lambda: farm.harvest(40, lot=number, time=DAYS[6], product=product),
                lambda: farm.harvest(20, lot=number, time=DAYS[4], product=product)]
        for n in order:
            acts[n]()
        trail = trail_of(farm, uri)
        found.append((beginning(district, uri)[0], trail["lot"]["produced"], trail["lot"]["expires"], trail["lot"]["quantity"]))
    assert found == [(4, "2026-03-05", "2026-03-10", kg(60))] * 6


def test_a_lot_keeps_as_long_as_its_product_did_when_it_began(district, farm):
    product = farm.product("KEEPS")
    lot = farm.harvest(10, time=DAYS[4], product="KEEPS")
    body = {key: product[key] for key in ("party", "number", "name", "commodity", "unit")}
    reply = district.admin.put(f"/v1/products/{product['id']}", {**body, "shelfLifeDays": 5}, **{"If-Match": '"1"'})
    assert reply.status == 200, reply
    farm.harvest(10, lot=lot["number"], time=DAYS[6], product="KEEPS")
    assert trail_of(farm, lot["uri"])["lot"].get("expires") is None
    assert district.service.recount()[0] == 0


def test_who_did_not_make_a_registered_lot_does_not_tell_when_it_was_made(district, farm, packer):
    first, second = farm.harvest(40, time=DAYS[5]), None
    second = farm.record("harvest", DAYS[7], site="P1", product="PAKCHOI", quantity=kg(5), lot=first["number"])
    farm.ship(packer, {"lot": first["id"], "quantity": kg(10)})
    captured(packer, document(made(first["uri"], 0, bizLocation={"id": "urn:epc:id:sgln:9521141.00001.0"})))
    correct(farm, second["event"])  # the lot's beginning is asked anew
    assert beginning(district, first["uri"])[0] == 5 and beginning(district, first["uri"])[3] is None


def test_what_was_known_at_a_moment_stays(district, packer):
    uri, answers = new_class(), []
    for each in (told(uri, 6), made(uri, 7), made(uri, 3), told(uri, 1)):
        captured(packer, document(each))
        time.sleep(0.01)
        moment = district.service.value("SELECT clock_timestamp()").isoformat()
        answers.append((moment, trail_of(packer, uri)["lot"]["produced"]))
        time.sleep(0.01)
    assert [day for _, day in answers] == ["2026-03-07", "2026-03-08", "2026-03-04", "2026-03-04"]
    href = packer.read("/v1/things?id=" + uri)["href"]
    for moment, day in answers:
        assert packer.read(f"{href}/trail?asOf={moment.replace('+', '%2B')}")["lot"]["produced"] == day


def test_lots_of_two_products_may_have_one_number_in_documents(district, farm):
    """The standard's lot numbers are those of a class; here a number alone names the lot that came first."""
    for together in (True, False):
        number = f"SAME{together}"
        (first, one), (second, other) = own_class(farm, number), own_class(farm, number)
        events = [made(one, 1), made(other, 2)]
        for each in [events] if together else [[event] for event in events]:
            captured(farm, document(*each))
        assert [farm.stock(uri)["on_hand"] for uri in (one, other)] == [10, 10]
        lot = farm.harvest(5, lot=number, product=first)
        assert lot["uri"] == one and farm.stock(one)["on_hand"] == 15
        reply = farm.post("/v1/events", {"type": "harvest", "time": DAYS[3], "site": "P1", "product": second, "quantity": kg(5), "lot": number})
        assert (reply.status, reply.json()["type"]) == (409, "/problems/number-taken")
        assert farm.read("/v1/things?id=" + other)["href"] != farm.read("/v1/things?id=" + one)["href"]
    assert district.service.recount()[0] == 0


def test_beginnings_that_are_not_the_first_are_found_and_older_ones_mended(district, packer):
    uris = [new_class() for _ in range(3)]
    for uri in uris:
        captured(packer, document(told(uri, 1), made(uri, 6), made(uri, 4)))
    as_they_were = "UPDATE lot SET (created_event, event_time) = (SELECT id, event_time FROM event WHERE id = (SELECT event FROM event_thing t" \
        " JOIN event e ON e.id = t.event WHERE t.lot_id = lot.lot_id ORDER BY e.event_time DESC LIMIT 1)) WHERE uri = %s"
    for uri in uris:
        district.service.cluster.execute(district.service.database, as_they_were, uri)
    code, answer = district.service.recount()
    assert code == 4 and [each["stored"] for each in answer["differences"]] == ["told by another record than the first"] * 3, answer
    assert [beginning(district, uri)[0] for uri in uris] == [6] * 3
    statement = MIGRATION.read_text()
    district.service.cluster.execute(district.service.database, statement[statement.index("UPDATE lot l"):])
    assert [beginning(district, uri)[0] for uri in uris] == [4] * 3
