# SPDX-License-Identifier: Apache-2.0
"""Every kind of record through POST /v1/events: what it answers, what EPCIS event it becomes, and who holds what after it."""
import base64
import datetime
import hashlib
import json
import re
import uuid
from decimal import Decimal
from fractions import Fraction

import pytest
from conftest import ago, kg, line, uuid7
from service import Api, shared_data

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
# RFC 3986: a scheme, then nothing but characters of a URI, escapes complete.
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@pytest.fixture(scope="session")
def epcis():
    """Refuses an EPCIS document that the standard's own schema refuses, formats asserted."""
    schema = json.loads(shared_data("epcis", "schemas", "json-schema", "epcis-json-schema-2.0.1.json"))
    import jsonschema
    formats = jsonschema.FormatChecker(formats=())
    formats.checks("uri")(lambda value: not isinstance(value, str) or URI.fullmatch(value) is not None)
    formats.checks("date-time")(lambda value: not isinstance(value, str) or DATE_TIME.fullmatch(value) is not None)
    validator = jsonschema.Draft7Validator(schema, format_checker=formats)

    def check(document):
        errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(document)]
        assert not errors, (errors, document)
        return document["epcisBody"]["eventList"][0]

    return check


def event_of(api, epcis, captured):
    """The one event of the EPCIS document of a record."""
    document = api.read(f"/v1/events/{captured['event']}/epcis")
    event = epcis(document)
    assert len(document["epcisBody"]["eventList"]) == 1
    assert event["eventID"] == f"urn:uuid:{captured['event']}"
    assert "recordTime" in event
    return event


def quantities(things):
    return {thing["epcClass"]: (Decimal(str(thing["quantity"])), thing["uom"]) for thing in things}


# — harvest —
def test_harvest_makes_a_lot_with_the_number_that_it_names(farm, district):
    answer = farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg("120.5"), lot="H-2026.1_a")
    assert set(answer) >= {"event", "lots", "statement", "alerts", "warnings"} and "shipment" not in answer
    assert UUID.fullmatch(answer["event"]) and answer["alerts"] == [] and answer["warnings"] == []
    assert len(base64.b64decode(answer["statement"])) == 32
    [lot] = answer["lots"]
    assert lot["number"] == "H-2026.1_a" and lot["id"].startswith("lot_")
    assert lot["uri"] == f"{farm.uri}/p/PAKCHOI/b/H-2026.1_a"
    assert re.fullmatch(r"B[0-9A-HJKMNP-TV-Z]{12}", lot["code"])
    assert farm.stock(lot) == {"on_hand": Decimal("120.5"), "in_transit": 0, "sold": 0, "destroyed": 0, "deficit": 0}


def test_harvest_makes_a_number_when_none_is_named(farm):
    time = ago(days=1)
    first, second = farm.harvest(10, time=time), farm.harvest(20, time=time)
    assert first["number"] != second["number"] and first["id"] != second["id"] and first["code"] != second["code"]
    assert first["number"].startswith(time[:10].replace("-", ""))
    assert len(first["number"]) <= 20, "AI (10) holds 20 characters"


def test_harvest_onto_a_lot_that_exists_adds_to_it(farm):
    first = farm.harvest("100", lot="H1")
    again = farm.harvest("20.5", lot="H1")
    assert again == first
    assert farm.stock(first)["on_hand"] == Decimal("120.5")


def made_number(event, time):
    """What a record's lot is numbered when nobody says: of some ten thousand lots a day two come to the same."""
    random = hashlib.sha256(uuid.UUID(event).bytes + bytes(8)).digest()
    ms = int(datetime.datetime.fromisoformat(time).timestamp() * 1000)
    lot = ms.to_bytes(6, "big") + bytes([0x70 | random[0] & 15, random[1], 0x80 | random[2] & 63]) + random[3:10]
    bits = int.from_bytes(hashlib.sha256(lot).digest()[:4], "big") >> 2
    return time[:10].replace("-", "") + "-" + "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[bits >> n & 31] for n in range(25, -1, -5))


def test_a_made_number_that_is_taken_is_made_longer(farm, service):
    time, ids = ago(days=1), [uuid7() for _ in range(3)]
    taken = [farm.harvest(1, time=time, lot=made_number(id_, time))["number"] for id_ in ids[:2]]
    made = [farm.record("harvest", time, id=id_, site="P1", product="PAKCHOI", quantity=kg(5))["lots"][0] for id_ in ids]
    assert made[2]["number"] == made_number(ids[2], time), "as it is foretold"
    for number, lot in zip(taken, made):
        assert lot["number"].startswith(number) and len(lot["number"]) == 20 and farm.stock(lot)["on_hand"] == 5
        assert farm.read(f"/v1/things?id={lot['uri']}")["id"] == lot["id"]
    in_one = [{"id": uuid7(), "type": "harvest", "time": time, "site": "P1", "product": "PAKCHOI", "quantity": kg(1)} for _ in range(2)]
    in_one[0]["lot"] = made_number(in_one[1]["id"], time)
    reply = farm.post("/v1/events:batch", {"records": in_one})
    named, made = (result["lots"][0]["number"] for result in reply.json()["results"])
    assert made.startswith(named) and len(made) == 20


def test_a_number_of_another_product_is_taken(farm):
    farm.product("RADISH", "vegetable/root/radish")
    farm.harvest(5, lot="H1")
    reply = farm.refuse("harvest", ago(days=1), site="P1", product="RADISH", quantity=kg(5), lot="H1")
    assert (reply.status, reply.problem(), reply.pointer()) == (409, "number-taken", "/lot")


def test_the_same_number_at_two_farms_is_two_lots(district):
    one, other = district.farm(), district.farm()
    assert one.harvest(1, lot="SAME")["id"] != other.harvest(1, lot="SAME")["id"]


@pytest.mark.parametrize("type_", ["harvest", "collect", "catch"])
def test_what_creates_a_lot_is_an_add_event(farm, epcis, type_):
    time = "2026-05-03T07:30:00+08:00"
    answer = farm.record(type_, time, site="P1", product="PAKCHOI", quantity={"value": "2.5", "unit": "TNE"},
                         harvester="张三", note="下午有雨", device="phone-7",
                         position={"lat": "29.71", "lon": "106.63", "accuracyM": 15})
    event = event_of(farm, epcis, answer)
    assert (event["type"], event["action"], event["bizStep"]) == ("ObjectEvent", "ADD", "creating_class_instance")
    assert datetime.datetime.fromisoformat(event["eventTime"]) == datetime.datetime.fromisoformat(time)
    assert event["eventTimeZoneOffset"] == "+08:00"
    assert quantities(event["quantityList"]) == {answer["lots"][0]["uri"]: (Decimal("2.5"), "TNE")}
    assert farm.stock(answer["lots"][0])["on_hand"] == 2500


def test_a_harvest_of_several_plots_names_them_all(farm, epcis):
    farm.site("P2")
    answer = farm.record("harvest", ago(days=1), sites=["P1", "P2"], product="PAKCHOI", quantity=kg(7))
    event = event_of(farm, epcis, answer)
    assert {place["farmtrail:id"] for place in event["farmtrail:places"]} == {f"{farm.uri}/f/P1", f"{farm.uri}/f/P2"}


def test_a_product_with_a_gtin_makes_digital_links(district, farm):
    body = f"0690{next(district.numbers):09d}"
    digit = (10 - sum(int(c) * (3 if i % 2 == 0 else 1) for i, c in enumerate(body)) % 10) % 10
    gtin = f"{body}{digit}"
    farm.product("BOXED", gtin=gtin)
    lot = farm.harvest(4, lot="G1", product="BOXED")
    assert lot["uri"] == f"https://id.gs1.org/01/{gtin}/10/G1"
    for spelling in (lot["uri"], f"https://example.org/01/{gtin}/10/G1?linkType=all"):
        if spelling.startswith("https"):
            assert farm.record("treat", ago(hours=3), lot=spelling, product="肥皂水")["lots"][0]["id"] == lot["id"]


@pytest.mark.parametrize("unit,kilograms", [("kg", 3), ("g", "0.003"), ("t", 3000), ("jin", "1.5"), ("斤", "1.5"),
                                            ("KGM", 3), ("GRM", "0.003"), ("TNE", 3000)])
def test_units_and_their_aliases_are_converted_exactly(farm, unit, kilograms):
    assert farm.stock(farm.harvest({"value": "3", "unit": unit}))["on_hand"] == Decimal(kilograms)


def test_a_number_is_accepted_for_decimal_text(farm):
    assert farm.stock(farm.harvest({"value": 12.25, "unit": "kg"}))["on_hand"] == Decimal("12.25")


def test_animals_carry_a_second_measure(farm, epcis):
    farm.product("PIG", "meat/pig", unit="HEA")
    answer = farm.record("harvest", ago(days=1), site="P1", product="PIG",
                         quantity={"value": "10", "unit": "head", "net": kg("1100")})
    event = event_of(farm, epcis, answer)
    assert quantities(event["quantityList"]) == {answer["lots"][0]["uri"]: (10, "HEA")}
    assert event["farmtrail:net"][0]["farmtrail:quantity"] == 1100


# — things done at a site or to a lot —
@pytest.mark.parametrize("type_", ["plant", "treat", "feed", "medicate", "irrigate"])
@pytest.mark.parametrize("at", ["site", "lot"])
def test_an_input_is_an_observation(farm, epcis, type_, at):
    lot = farm.harvest(5, lot="L1", time=ago(days=30))
    where = {"site": "P1"} if at == "site" else {"lot": "L1"}
    answer = farm.record(type_, ago(days=20), product="印楝素 0.3%乳油", active=["印楝素"], target="蚜虫",
                         dose={"value": "50", "unit": "MLT", "per": "mu"}, until=ago(days=19), **where)
    assert [made["id"] for made in answer["lots"]] == ([] if at == "site" else [lot["id"]])
    event = event_of(farm, epcis, answer)
    assert (event["type"], event["action"], event["bizStep"]) == ("ObjectEvent", "OBSERVE", "other")
    assert event["farmtrail:record"] == type_
    assert event["farmtrail:input"]["farmtrail:product"] == "印楝素 0.3%乳油"
    assert event["farmtrail:input"]["farmtrail:active"] == ["印楝素"]
    assert farm.stock(lot)["on_hand"] == 5


@pytest.mark.parametrize("type_", ["birth", "move", "death"])
def test_what_happens_to_animals_is_an_observation(farm, epcis, type_):
    answer = farm.record(type_, ago(days=3), site="P1", quantity={"value": "3", "unit": "head"}, animals=["150011200000017"],
                         reason="寒潮")
    event = event_of(farm, epcis, answer)
    assert event["farmtrail:record"] == type_ and event["bizStep"] == "other"


# — transformations —
@pytest.mark.parametrize("type_", ["pack", "process", "mix", "split"])
def test_a_transformation_consumes_its_inputs_and_makes_its_outputs(farm, epcis, type_):
    a, b = farm.harvest(60, lot="A"), farm.harvest(40, lot="B")
    answer = farm.record(type_, ago(days=1), inputs=[line(a, 30), line(b, "40")],
                         outputs=[{"product": "PAKCHOI", "lot": "OUT", "quantity": kg("69.5")}])
    [out] = answer["lots"]
    assert out["number"] == "OUT"
    event = event_of(farm, epcis, answer)
    assert event["type"] == "TransformationEvent" and event["bizStep"] == "creating_class_instance"
    assert quantities(event["inputQuantityList"]) == {a["uri"]: (30, "KGM"), b["uri"]: (40, "KGM")}
    assert quantities(event["outputQuantityList"]) == {out["uri"]: (Decimal("69.5"), "KGM")}
    assert [farm.stock(lot)["on_hand"] for lot in (a, b, out)] == [30, 0, Decimal("69.5")]


def test_a_split_makes_several_lots_with_codes_of_their_own(farm):
    whole = farm.harvest(100)
    answer = farm.record("split", ago(days=1), inputs=[line(whole, 100)],
                         outputs=[{"product": "PAKCHOI", "quantity": kg(n)} for n in (50, 30, 20)])
    assert [farm.stock(lot)["on_hand"] for lot in answer["lots"]] == [50, 30, 20]
    assert len({lot[key] for lot in answer["lots"] for key in ("id", "number", "code", "uri")}) == 12


def test_a_slaughter_turns_heads_into_mass(farm, epcis):
    farm.product("PIG", "meat/pig", unit="HEA")
    farm.product("PORK", "meat/pig")
    pigs = farm.harvest({"value": "10", "unit": "HEA", "net": kg(1100)}, product="PIG")
    answer = farm.record("slaughter", ago(hours=20),
                         inputs=[line(pigs, {"value": "4", "unit": "head", "net": kg(440)})],
                         outputs=[{"product": "PORK", "quantity": kg("330")}], animals=["150011200000017"],
                         quarantineCertificate="No. 5000123456")
    event = event_of(farm, epcis, answer)
    assert event["type"] == "TransformationEvent" and event["farmtrail:record"] == "slaughter"
    assert farm.stock(pigs)["on_hand"] == 6 and farm.stock(answer["lots"][0])["on_hand"] == 330


def test_packages_are_counted_by_what_they_hold(farm):
    farm.product("BOX", unit="XBX", packages=[{"unit": "XBX", "holds": {"value": "2.5", "unit": "KGM"}}])
    bulk = farm.harvest(100)
    answer = farm.record("pack", ago(hours=20), inputs=[line(bulk, 50)],
                         outputs=[{"product": "BOX", "quantity": {"value": "20", "unit": "box"}}])
    assert farm.stock(answer["lots"][0])["on_hand"] == 20
    assert answer["alerts"] == [], "20 boxes of 2.5 kg are 50 kg: nothing was gained"


def test_a_mix_into_a_lot_that_exists_adds_to_it(farm):
    a, b = farm.harvest(30, lot="A"), farm.harvest(50, lot="B")
    out = [{"product": "PAKCHOI", "lot": "M", "quantity": kg(30)}]
    first = farm.record("mix", ago(days=1), inputs=[line(a, 30)], outputs=out)["lots"][0]
    out[0]["quantity"] = kg(50)
    assert farm.record("mix", ago(hours=20), inputs=[line(b, 50)], outputs=out)["lots"][0] == first
    assert farm.stock(first)["on_hand"] == 80


# — shipping, receiving, selling —
def test_goods_travel_from_stock_through_transit_to_stock(farm, packer, epcis, district):
    lot = farm.harvest(100)
    sent = farm.record("ship", ago(days=1), lots=[line(lot, "60.5")], to=packer.number, vehicle="渝A12345")
    assert sent["shipment"].startswith("shp_")
    assert farm.stock(lot) == {"on_hand": Decimal("39.5"), "in_transit": Decimal("60.5"), "sold": 0, "destroyed": 0,
                               "deficit": 0}
    event = event_of(farm, epcis, sent)
    assert (event["bizStep"], event["disposition"], event["action"]) == ("shipping", "in_transit", "OBSERVE")
    assert event["sourceList"][0]["source"] == farm.uri and event["destinationList"][0]["destination"] == packer.uri
    got = packer.receive(sent["shipment"], site="H1", temperature=[{"time": ago(hours=13), "value": "4.5"},
                                                                   {"time": ago(hours=12), "value": -1}])
    event = event_of(packer, epcis, got)
    assert event["bizStep"] == "receiving"
    assert [r["value"] for r in event["sensorElementList"][0]["sensorReport"]] == [4.5, -1]
    assert quantities(event["quantityList"]) == {lot["uri"]: (Decimal("60.5"), "KGM")}
    stock = district.stock(lot)
    assert stock[farm.id]["in_transit"] == 0 and stock[farm.id]["on_hand"] == Decimal("39.5")
    assert stock[packer.id]["on_hand"] == Decimal("60.5") and got["alerts"] == []
    sold = packer.record("sell", ago(hours=2), lots=[line(lot, 20)], channel="market")
    assert event_of(packer, epcis, sold)["bizStep"] == "retail_selling"
    assert packer.stock(lot)["on_hand"] == Decimal("40.5") and packer.stock(lot)["sold"] == 20


def test_a_shipment_carries_several_lots(farm, packer):
    a, b = farm.harvest(10), farm.harvest(20)
    packer.receive(farm.ship(packer, line(a, 10), line(b, 15)))
    assert packer.stock(a)["on_hand"] == 10 and packer.stock(b)["on_hand"] == 15 and farm.stock(b)["on_hand"] == 5


def test_what_was_received_can_be_used(farm, packer):
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 100)))
    answer = packer.record("pack", ago(hours=3), site="H1", inputs=[line(lot, 50)],
                           outputs=[{"product": "SALAD", "quantity": kg(49)}])
    assert packer.stock(lot)["on_hand"] == 50 and packer.stock(answer["lots"][0])["on_hand"] == 49


def test_a_partial_receipt_says_what_arrived(farm, packer, epcis):
    lot, other = farm.harvest(100), farm.harvest(50)
    got = packer.receive(farm.ship(packer, line(lot, 100), line(other, 50)), lots=[line(lot, 90)])
    assert packer.stock(lot)["on_hand"] == 90 and packer.stock(other)["on_hand"] == 50
    assert farm.stock(lot)["in_transit"] == 0 and farm.stock(lot)["deficit"] == 0
    assert quantities(event_of(packer, epcis, got)["quantityList"])[lot["uri"]] == (90, "KGM")


def test_a_shortage_is_what_did_not_arrive(farm, packer, epcis):
    lot = farm.harvest(100)
    got = packer.receive(farm.ship(packer, line(lot, 100)), shortage={"quantity": kg(7), "reason": "压坏"})
    assert packer.stock(lot)["on_hand"] == 93 and farm.stock(lot)["in_transit"] == 0
    event = event_of(packer, epcis, got)
    assert quantities(event["quantityList"]) == {lot["uri"]: (93, "KGM")}, "the event says what was received"
    assert event["farmtrail:shortage"]["farmtrail:quantity"] == 7 and event["farmtrail:shortage"]["farmtrail:reason"] == "压坏"


def test_more_than_was_shipped_is_the_senders_deficit(farm, packer):
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 50)), lots=[line(lot, 55)])
    assert packer.stock(lot)["on_hand"] == 55
    assert farm.stock(lot)["deficit"] == 5 and farm.stock(lot)["on_hand"] == 50 and farm.stock(lot)["in_transit"] == 0


def test_goods_may_be_received_without_a_shipment(farm, packer, epcis):
    lot = farm.harvest(100)
    got = packer.record("receive", ago(hours=5), lots=[line(lot["uri"], 40)], **{"from": farm.number})
    assert farm.stock(lot)["on_hand"] == 60 and packer.stock(lot)["on_hand"] == 40
    event = event_of(packer, epcis, got)
    assert event["sourceList"][0]["source"] == farm.uri and event["destinationList"][0]["destination"] == packer.uri


def test_what_the_sender_did_not_have_is_its_deficit(farm, packer):
    lot = farm.harvest(30)
    got = packer.record("receive", ago(hours=5), lots=[line(lot["uri"], 40)], **{"from": farm.number})
    assert farm.stock(lot)["on_hand"] == 0 and farm.stock(lot)["deficit"] == 10 and packer.stock(lot)["on_hand"] == 40
    assert len(got["alerts"]) == 1, "more went than there was: M02"


def test_a_shipment_is_received_once(farm, packer):
    lot = farm.harvest(100)
    shipment = farm.ship(packer, line(lot, 60))
    packer.receive(shipment)
    reply = packer.refuse("receive", ago(hours=1), shipment=shipment)
    assert (reply.status, reply.problem()) == (409, "shipment-state")
    assert packer.stock(lot)["on_hand"] == 60


def test_only_who_it_is_for_receives_a_shipment(district, farm, packer):
    shipment = farm.ship(packer, line(farm.harvest(10), 10))
    reply = district.packer().refuse("receive", ago(hours=1), shipment=shipment)
    assert (reply.status, reply.problem()) == (409, "not-known-yet"), "as if it did not exist"


# — names of things —
def test_a_lot_is_found_under_every_spelling(farm):
    lot = farm.harvest(100, lot="SPELL-1")
    grouped = "-".join((lot["code"][0], lot["code"][1:5], lot["code"][5:9], lot["code"][9:]))
    spellings = [lot["id"], lot["number"], lot["code"], lot["code"].lower(), grouped, lot["uri"],
                 lot["uri"].replace("https://", "http://"), f"http://any.host/t/{lot['code']}"]
    for n, spelling in enumerate(spellings, 1):
        answer = farm.record("sell", ago(hours=1), lots=[line(spelling, 1)])
        assert answer["lots"][0]["id"] == lot["id"], spelling
        assert farm.stock(lot)["sold"] == n


def test_a_record_of_the_same_queue_names_what_it_made(farm, packer):
    harvested, shipped = uuid7(), uuid7()
    lot = farm.record("harvest", ago(days=1), id=harvested, site="P1", product="PAKCHOI", quantity=kg(10))["lots"][0]
    farm.record("ship", ago(hours=9), id=shipped, lots=[line(harvested, 6)], to=packer.number)
    packer.record("receive", ago(hours=8), shipment=shipped)
    assert packer.stock(lot)["on_hand"] == 6


def test_parties_are_named_by_id_number_or_uri(farm, packer):
    lot = farm.harvest(9)
    for to in (packer.id, packer.number, packer.uri):
        farm.record("ship", ago(hours=9), lots=[line(lot, 1)], to=to)
    assert farm.stock(lot)["in_transit"] == 3


# — identity —
def test_the_same_record_again_answers_the_same(farm):
    record = {"id": uuid7(), "type": "harvest", "time": ago(days=1), "site": "P1", "product": "PAKCHOI", "quantity": kg(8)}
    first, second = farm.post("/v1/events", record), farm.post("/v1/events", record)
    assert (first.status, second.status) == (201, 200)
    assert second.body == first.body and second.headers["location"] == first.headers["location"]
    assert farm.stock(first.json()["lots"][0])["on_hand"] == 8


def test_the_id_is_a_uuid_of_version_7_when_the_server_makes_it(farm):
    answers = [farm.record("irrigate", ago(hours=1), site="P1") for _ in range(3)]
    assert all(UUID.fullmatch(answer["event"]) for answer in answers) and len({a["event"] for a in answers}) == 3


# — reading —
def test_an_event_is_read_as_it_was_recorded(farm, epcis):
    answer = farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(8))
    event = farm.read(f"/v1/events/{answer['event']}")
    assert event["id"] == answer["event"] and event["answer"] == answer and event["type"] == "harvest"
    assert event["party"] == event["recordedBy"] == farm.id and event["statement"] == answer["statement"]
    assert event["epcis"]["eventID"] == f"urn:uuid:{answer['event']}"


def test_events_are_listed_newest_record_first_without_gap_or_double(farm):
    ids = [farm.record("irrigate", ago(days=n), site="P1")["event"] for n in range(7)]
    listed, target, recorded = [], "/v1/events?limit=3", []
    while target:
        reply = farm.get(target)
        page = reply.json()
        assert len(page["items"]) <= 3
        listed += [item["id"] for item in page["items"]]
        recorded += [item["recordedAt"] for item in page["items"]]
        target = page["next"] and f"/v1/events?limit=3&cursor={page['next']}"
        assert ("link" in reply.headers) == bool(target)
    assert listed == ids[::-1]
    assert recorded == sorted(recorded, reverse=True) and len(set(recorded)) == 7


def test_events_are_listed_by_type_and_time(farm):
    farm.record("irrigate", "2026-03-01T08:00:00+08:00", site="P1")
    wanted = farm.record("plant", "2026-03-02T08:00:00+08:00", site="P1")["event"]
    farm.record("plant", "2026-03-03T08:00:00+08:00", site="P1")
    found = farm.read("/v1/events?type=plant&since=2026-03-02T00:00:00+08:00&until=2026-03-03T08:00:00+08:00")
    assert [item["id"] for item in found["items"]] == [wanted]


def test_a_party_lists_its_own_events_only(district):
    one, other = district.farm(), district.farm()
    mine = one.record("irrigate", ago(days=1), site="P1")["event"]
    other.record("irrigate", ago(days=1), site="P1")
    assert [item["id"] for item in one.read("/v1/events")["items"]] == [mine]


# — time —
def test_a_device_whose_clock_runs_ahead_is_stored_and_flagged(farm):
    ahead = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=2)).isoformat(timespec="seconds")
    answer = farm.record("irrigate", ahead, site="P1", deviceTime=ahead)
    assert answer["warnings"] == ["time-ahead"]


def test_five_minutes_of_clock_error_are_forgiven(farm):
    now = datetime.datetime.now(datetime.timezone.utc)
    farm.record("irrigate", (now + datetime.timedelta(minutes=4)).isoformat(timespec="seconds"), site="P1")


def test_calendar_days_are_those_of_the_events_own_offset(farm, epcis):
    answer = farm.record("harvest", "2026-05-03T00:30:00+08:00", site="P1", product="PAKCHOI", quantity=kg(1))
    assert event_of(farm, epcis, answer)["ilmd"]["cbvmda:harvestEndDate"] == "2026-05-03"
    assert answer["lots"][0]["number"].startswith("20260503-")


# — what a record leaves —
def test_personal_members_are_in_the_full_view_only(farm, packer):
    answer = farm.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(8), harvester="张三",
                         note="李四帮忙", device="phone-7", position={"lat": "29.7", "lon": "106.6"})
    full = farm.get(f"/v1/events/{answer['event']}/proof?tier=full").json()["view"]
    assert "张三" in full and "李四" in full and "phone-7" in full and "106.6" in full
    for tier in ("farm", "township", "district"):
        view = packer.read(f"/v1/events/{answer['event']}/proof?tier={tier}")["view"]
        assert not any(word in view for word in ("张三", "李四", "phone-7", "106.6")), tier


def test_an_edge_tells_exact_shares_of_a_mix(service, farm):
    parts = [farm.harvest(n) for n in ("31", "19", "0.000001")]
    mixed = farm.record("mix", ago(hours=9), inputs=[line(p, q) for p, q in zip(parts, ("31", "19", "0.000001"))],
                        outputs=[{"product": "PAKCHOI", "quantity": kg("50.000001")}])["lots"][0]
    rows = service.rows("SELECT p.uri, e.input, e.input_total FROM lot_edge e JOIN lot p ON p.lot_id = e.parent"
                        " JOIN lot c ON c.lot_id = e.child WHERE c.uri = %s", mixed["uri"])
    shares = {uri: Fraction(i) / Fraction(total) for uri, i, total in rows}
    total = Fraction("50.000001")
    assert shares == {parts[0]["uri"]: Fraction(31) / total, parts[1]["uri"]: Fraction(19) / total,
                      parts[2]["uri"]: Fraction("0.000001") / total}
    assert sum(shares.values()) == 1


# — for others —
def test_an_administrator_records_for_a_party(district, farm):
    answer = district.admin.record("harvest", ago(days=1), party=farm.number, site="P1", product="PAKCHOI", quantity=kg(4))
    assert farm.stock(answer["lots"][0])["on_hand"] == 4
    event = farm.read(f"/v1/events/{answer['event']}")
    assert event["party"] == event["recordedBy"] == farm.id


def test_a_key_of_two_parties_records_for_either(district, packer, epcis):
    one, other = district.farm(), district.farm()
    clerk = Api(district.service, district.key(["capture", "read"], parties=[one.id, other.id]))
    own = clerk.record("harvest", ago(days=1), site="P1", product="PAKCHOI", quantity=kg(4))
    assert clerk.read(f"/v1/events/{own['event']}")["party"] == one.id, "the first is meant where none is named"
    answer = clerk.record("harvest", ago(days=1), party=other.id, site="P1", product="PAKCHOI", quantity=kg(5))
    assert answer["lots"][0]["uri"].startswith(other.uri + "/") and other.stock(answer["lots"][0])["on_hand"] == 5
    event = clerk.read(f"/v1/events/{answer['event']}")
    assert (event["party"], event["recordedBy"]) == (other.id, one.id), "whose key it is signs"
    assert other.get(f"/v1/events/{answer['event']}").status == 200 and packer.get(f"/v1/events/{answer['event']}").status == 404
    event_of(clerk, epcis, answer)
    sent = clerk.record("ship", ago(hours=9), party=other.id, lots=[line(answer["lots"][0], 5)], to=one.number)
    clerk.record("receive", ago(hours=8), party=one.id, shipment=sent["shipment"])
    assert one.stock(answer["lots"][0])["on_hand"] == 5
