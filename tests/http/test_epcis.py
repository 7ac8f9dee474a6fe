# SPDX-License-Identifier: Apache-2.0
"""Partners' EPCIS documents: captured once however often and in whatever order they come, part of trails and stock, found by
what they tell of; and what is refused."""
import itertools
import json
import random
import re

import pytest
from conftest import ago, kg, line, uuid7
from service import shared_data

FOOD = ("harvest-cte", "initial-packing-cte", "shipping-cte", "transformation-cte", "first-land-based-receiver-cte")
CONTEXT = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"
FARM = "https://id.gs1.org/414/0860009999060"
fresh_numbers = itertools.count(1)
WHEN = ago(hours=3)  # of one test and its repetitions: the same content has the same time


def check_digit(body):
    return str((10 - sum(int(c) * (3 if i % 2 == 0 else 1) for i, c in enumerate(reversed(body))) % 10) % 10)


class Food:
    """The FSMA 204 documents with product numbers of their own, so that each test sees only what it captured."""

    def __init__(self):
        self.run = next(fresh_numbers)
        self.event = uuid7()
        self.documents = {}
        for name in FOOD:
            text = shared_data("epcis/food-fsma204/comment-stripped", f"{name}.jsonld")
            text = re.sub(r"/01/(\d{14})/", lambda m: f"/01/{self.gtin(m[1])}/", text)
            text = re.sub(r"/00/\d{18}", f"/00/{self.sscc()}", text)
            self.documents[name] = text.replace("4898a223-216a-4f46-9e18-338ccf6fa3ba", self.event).encode()

    def gtin(self, old):
        body = f"{old[0]}95{self.run:05d}{old[8:13]}"
        return body + check_digit(body)

    def sscc(self):
        body = f"00860009999{self.run:06d}"
        return body + check_digit(body)

    def lot(self, gtin, number):
        return f"https://id.gs1.org/01/{self.gtin(gtin)}/10/{number}"

    @property
    def salad(self):
        return self.lot("10860009998039", "SALAD-20260420-A")


def capture(party, document, **headers):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return party.post("/epcis/capture", body, **headers)


def job_of(party, reply):
    assert reply.status == 202, reply
    assert re.fullmatch(r"/epcis/capture/[0-9a-f-]{36}", reply.headers["location"])
    return party.read(reply.headers["location"])


def captured(party, document, **headers):
    job = job_of(party, capture(party, document, **headers))
    assert job["success"] and not job["running"] and job["errors"] == [], job
    return job


def event(**members):
    return {"type": "ObjectEvent", "eventTime": WHEN, "eventTimeZoneOffset": "+08:00", "action": "OBSERVE",
            "bizStep": "storing", **members}


def document(*events, **members):
    return {"@context": [CONTEXT, {"ex": "https://ns.example.org/farm/"}], "type": "EPCISDocument", "schemaVersion": "2.0",
            "creationDate": ago(hours=1), "epcisBody": {"eventList": list(events)}, **members}


def amount(uri, value, uom="KGM"):
    return {"epcClass": uri, "quantity": value, **({"uom": uom} if uom else {})}


def new_class(number="L1"):
    body = f"0961{next(fresh_numbers):09d}"
    return f"https://id.gs1.org/01/{body}{check_digit(body)}/10/{number}"


def trail_of(party, uri):
    lot = party.read("/v1/things?id=" + uri)
    return party.read(lot["href"] + "/trail")


def bodies(service, like):
    stored = (bytes(row[0]).decode() for row in service.rows("SELECT body FROM event"))
    return sorted(body for body in stored if like in body)


# — the five documents —
@pytest.mark.parametrize("seed", range(6))
def test_food_documents_are_one_set_of_events_in_any_order_and_twice(district, packer, seed):
    food, order = Food(), list(FOOD) * 2
    random.Random(seed).shuffle(order) if seed else None
    for name in order:
        captured(packer, food.documents[name])
    expected = {}
    for text in food.documents.values():
        for one in json.loads(text)["epcisBody"]["eventList"]:
            expected[json.dumps({k: v for k, v in one.items() if k != "recordTime"}, sort_keys=True)] = one
    assert len(expected) == 11, "one of the twelve stands in two documents"
    stored = district.service.rows("SELECT event_id FROM event WHERE org_id = %s", packer.id)
    assert len(stored) == len(set(stored)) == 11
    trail = trail_of(packer, food.salad)
    farm, other = trail["origins"]
    assert (farm["lotNumber"], farm["shareExact"], farm["farm"]["id"]) == ("ABC1234", "2/3", FARM)
    assert (other["lotNumber"], other["shareExact"]) == ("DEF2345", "1/3")
    assert {"kind": "origin"} in other["gaps"] and {"kind": "origin"} not in farm["gaps"]
    assert "farm" not in other and "province" not in farm
    assert trail["verdict"] == "unregistered"
    assert [step["type"] for step in trail["steps"]].count("process") == 3
    assert all(step["recordedBy"]["id"] == packer.id and "party" not in step for step in trail["steps"])


def test_the_page_of_a_partners_lot_opens_from_its_digital_link(district, packer):
    food = Food()
    for name in FOOD:
        captured(packer, food.documents[name])
    path = food.salad.removeprefix("https://id.gs1.org")
    page = district.public.get(path, Accept="text/html")
    assert page.status == 200 and "GLN 0860009999060" in page.body.decode() and "DEF2345" in page.body.decode()
    assert district.public.read(path, Accept="application/json")["originCount"] == 2


def test_an_event_comes_out_as_it_went_in_and_is_proved(packer, tmp_path):
    whole = document(event(eventID=f"urn:uuid:{uuid7()}", quantityList=[amount(new_class(), 12.50)],
                           readPoint={"id": "urn:epc:id:sgln:9521141.00001.0"}, **{"ex:field": {"ex:row": [1, 2.0, "x"]}}),
                     event(recordTime="2026-01-01T00:00:00Z", quantityList=[amount(new_class(), 3)],
                           persistentDisposition={"set": ["completeness_verified"]}))
    text = json.dumps(whole, indent=2).encode()
    captured(packer, text)
    items = packer.read("/v1/events?limit=2")["items"]
    for item, sent in zip(reversed(items), whole["epcisBody"]["eventList"]):
        answer = packer.read(f"/v1/events/{item['id']}/epcis")
        got = answer["epcisBody"]["eventList"][0]
        assert got.pop("recordTime") == item["recordedAt"]
        assert got.pop("@context") == whole["@context"]
        assert got.pop("eventID").startswith(("urn:uuid:", "ni:///sha-256;")) and sent.pop("recordTime", sent.pop("eventID", None))
        assert got == sent
        proof = packer.read(f"/v1/events/{item['id']}/proof?tier=full")
        span = json.dumps(sent, indent=2).splitlines()[-2].strip()
        assert span in proof["view"] and '12.5' in text.decode()
        (tmp_path / "proof.json").write_text(json.dumps(proof))
        assert packer.service.farmtrail("verify", str(tmp_path / "proof.json")).returncode == 0
        for tier in ("farm", "township", "district"):
            view = json.loads(packer.read(f"/v1/events/{item['id']}/proof?tier={tier}")["view"])
            assert "ex:field" not in view and ("readPoint" in view) == (tier == "farm" and "readPoint" in sent)


def test_what_comes_out_is_valid_by_the_schema_of_the_standard(packer):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(shared_data("epcis/schemas/json-schema", "epcis-json-schema-2.0.1.json"))
    food = Food()
    for name in FOOD:
        captured(packer, food.documents[name])
    validator = jsonschema.Draft7Validator(schema)
    for item in packer.read("/v1/events?limit=20")["items"]:
        answer = packer.read(f"/v1/events/{item['id']}/epcis")
        assert not [e.message for e in validator.iter_errors(answer)]


# — identity —
def test_the_same_content_without_an_id_is_the_same_event_in_every_spelling(district, packer, farm):
    uri = new_class("A-1")
    gtin = re.search(r"/01/(\d{14})/", uri)[1]
    urn = f"urn:epc:class:lgtin:{gtin[1:8]}.{gtin[0]}{gtin[8:13]}.A-1"
    one = event(eventTime="2026-05-03T08:30:00+08:00", quantityList=[amount(uri, 5.0)], bizStep="storing")
    same = event(eventTime="2026-05-03T00:30:00.000Z", quantityList=[amount(urn, 5)], bizStep="urn:epcglobal:cbv:bizstep:storing")
    for party, sent in ((packer, one), (packer, same), (farm, same)):
        captured(party, document(sent))
    captured(packer, document(one, same))
    assert len(bodies(district.service, gtin)) == 1
    captured(packer, document({**one, "eventID": f"urn:uuid:{uuid7()}"}))
    assert len(bodies(district.service, gtin)) == 2, "an id of its own makes it an event of its own"


def test_an_id_says_the_same_for_ever(district, packer):
    id_, uri = f"https://partner.example/events/{uuid7()}", new_class()
    captured(packer, document(event(eventID=id_, quantityList=[amount(uri, 5)])))
    captured(packer, document(event(eventID=id_, quantityList=[amount(uri, 5)])))
    assert len(bodies(district.service, uri)) == 1
    job = job_of(packer, capture(packer, document(event(eventID=id_, quantityList=[amount(uri, 6)]))))
    assert not job["success"] and job["errors"][0]["type"] == "/problems/id-taken" and job["errors"][0]["status"] == 409
    declared = event(eventID=id_, quantityList=[amount(uri, 5)],
                     errorDeclaration={"declarationTime": ago(hours=1), "reason": "incorrect_data"})
    captured(packer, document(declared))
    captured(packer, document(declared))
    assert len(bodies(district.service, uri)) == 2, "the event and its declaration"


@pytest.mark.parametrize("first", (True, False))
def test_the_same_content_without_an_id_is_another_event(district, packer, first):
    """Whichever comes first."""
    uri, time = new_class(), ago(hours=3)
    events = [event(eventTime=time, quantityList=[amount(uri, 5)]), event(eventTime=time, quantityList=[amount(uri, 5)], eventID=f"urn:uuid:{uuid7()}")]
    jobs = [captured(packer, document(each)) for each in (events if first else events[::-1])]
    for each in events:
        captured(packer, document(each))
    assert len(bodies(district.service, uri)) == 2
    assert [[each["warning"].split()[0] for each in job["farmtrail:warnings"]] for job in jobs] == [[], ["likely-double"]]


def test_a_partners_event_is_not_corrected_by_a_record(packer):
    captured(packer, document(event(bizStep="retail_selling", quantityList=[amount(new_class(), 5)])))
    sold = packer.read("/v1/events?limit=1")["items"][0]["id"]
    reply = packer.refuse("correct", ago(hours=1), event=sold, reason="wrong amount")
    assert reply.problem() == "not-correctable" and "error declaration" in reply.json()["detail"]


def test_two_at_once_leave_one(district, packer, farm):
    from concurrent.futures import ThreadPoolExecutor
    uri = new_class()
    text = document(*(event(action="ADD", bizStep="commissioning", quantityList=[amount(f"{uri}{n}", 5)]) for n in range(10)))
    with ThreadPoolExecutor(8) as pool:
        jobs = list(pool.map(lambda n: captured(packer if n % 2 else farm, text), range(16)))
    assert len({job["captureID"] for job in jobs}) == 16
    assert len(bodies(district.service, uri)) == 10
    for n in range(10):
        assert sum(held["on_hand"] for held in district.stock(f"{uri}{n}").values()) == 5


# — stock —
def test_goods_move_from_party_to_party(district, packer, farm):
    uri = new_class()
    captured(farm, document(event(action="ADD", bizStep="commissioning", quantityList=[amount(uri, 100)])))
    to = {"destinationList": [{"type": "possessing_party", "destination": packer.uri}]}
    captured(farm, document(event(bizStep="shipping", disposition="in_transit", quantityList=[amount(uri, 60)], **to)))
    stock = district.stock(uri)
    assert (stock[farm.id]["on_hand"], stock[farm.id]["in_transit"]) == (40, 60)
    captured(packer, document(event(bizStep="receiving", quantityList=[amount(uri, 58)],
                                    sourceList=[{"type": "possessing_party", "source": farm.uri}])))
    stock = district.stock(uri)
    assert (stock[farm.id]["in_transit"], stock[packer.id]["on_hand"], stock[packer.id]["deficit"]) == (0, 58, 0)
    alerts = district.admin.read(f"/v1/alerts?rule=M02&party={packer.id}")["items"]
    assert len(alerts) == 1, "two kilograms are missing"


@pytest.mark.parametrize("arrived", (20, 25))
def test_what_a_partner_received_can_be_corrected_by_who_sent_it(district, packer, farm, arrived):
    """The receipt stands, and is that of what is said now to have been sent."""
    lot = farm.harvest(50)
    sent = farm.record("ship", ago(hours=5), to=packer.number, lots=[line(lot, 20)])
    captured(packer, document(event(bizStep="receiving", quantityList=[amount(lot["uri"], arrived)],
                                    sourceList=[{"type": "possessing_party", "source": farm.uri}])))
    farm.record("correct", ago(hours=1), event=sent["event"], reason="少写了",
                replacement={"type": "ship", "time": ago(hours=5), "to": packer.number, "lots": [line(lot, 22)]})
    stock = district.stock(lot)
    assert (stock[farm.id]["on_hand"], stock[farm.id]["in_transit"], stock[packer.id]["on_hand"]) == (28 - max(arrived - 22, 0), 0, arrived)


def test_a_shipment_told_by_a_partner_is_received_by_a_record(district, packer, farm):
    lot = farm.harvest(50)
    captured(farm, document(event(bizStep="shipping", quantityList=[amount(lot["uri"], 20)],
                                  destinationList=[{"type": "possessing_party", "destination": packer.uri}])))
    row = district.service.rows("SELECT event::text FROM shipment WHERE to_party = %s", packer.id)[0]
    packer.receive(row[0])
    assert packer.stock(lot)["on_hand"] == 20 and farm.stock(lot)["in_transit"] == 0


def test_oversell_by_a_partner_is_a_finding_and_not_a_refusal(district, packer, farm):
    lot = farm.harvest(40)
    shipment = farm.ship(packer, line(lot, 40))
    packer.receive(shipment)
    sold = event(bizStep="retail_selling", disposition="retail_sold", quantityList=[amount(lot["uri"], 100)])
    captured(packer, document(sold))
    stock = packer.stock(lot)
    assert (stock["on_hand"], stock["sold"], stock["deficit"]) == (0, 100, 60)
    alerts = district.admin.read(f"/v1/alerts?rule=M02&party={packer.id}")["items"]
    assert len(alerts) == 1 and alerts[0]["lots"] == [lot["id"]]
    captured(packer, document(sold))
    assert packer.stock(lot) == stock and len(district.admin.read(f"/v1/alerts?rule=M02&party={packer.id}")["items"]) == 1


def test_stock_is_the_same_in_whatever_order_events_arrive(district, packer):
    states = []
    for order in itertools.permutations(range(3)):
        uri, made = new_class(), new_class()
        events = [event(action="ADD", bizStep="commissioning", quantityList=[amount(uri, 100)]),
                  {"type": "TransformationEvent", "eventTime": ago(hours=2), "eventTimeZoneOffset": "+08:00",
                   "inputQuantityList": [amount(uri, 70)], "outputQuantityList": [amount(made, 60)]},
                  event(bizStep="retail_selling", quantityList=[amount(made, 25)])]
        for n in order:
            captured(packer, document(events[n]))
        states.append((packer.stock(uri), packer.stock(made)))
    assert all(state == states[0] for state in states)
    assert (states[0][0]["on_hand"], states[0][0]["deficit"], states[0][1]["on_hand"]) == (30, 0, 35)


def refused(party, document):
    """The one error of a document that is not taken."""
    job = job_of(party, capture(party, document))
    assert not job["success"], job
    return job["errors"][0]


@pytest.mark.parametrize("told", [
    {"action": "ADD", "bizStep": "commissioning"}, {"bizStep": "storing"}, {"bizStep": "shipping"},
    {"action": "DELETE", "bizStep": "destroying"}, {"bizStep": "receiving"},
    {"bizStep": "receiving", "sourceList": [{"type": "possessing_party", "source": "PACKER"}]},
], ids=lambda told: told["bizStep"] + (" from" if "sourceList" in told else ""))
def test_a_document_opens_no_lot_of_which_its_party_knows_nothing(district, packer, farm, told):
    lot, stranger = farm.harvest(40), district.party()
    told = json.loads(json.dumps(told).replace("PACKER", packer.uri))
    error = refused(stranger, document(event(quantityList=[amount(new_class(), 1), amount(lot["uri"], 10)], **told)))
    assert error["type"] == "/problems/not-known-yet" and error["pointer"] == "/epcisBody/eventList/0/quantityList/1", error
    assert error["value"] == lot["uri"]
    assert stranger.get(f"/v1/lots/{lot['id']}").status == 404 and stranger.stock(lot) is None
    assert stranger.get("/v1/things?id=" + lot["uri"]).status == 404
    made = new_class("MADE")
    error = refused(stranger, document({"type": "TransformationEvent", "eventTime": WHEN, "eventTimeZoneOffset": "+08:00",
                                        "inputQuantityList": [amount(lot["uri"], 10)], "outputQuantityList": [amount(made, 9)]}))
    assert error["pointer"] == "/epcisBody/eventList/0/inputQuantityList/0"
    assert stranger.get("/v1/things?id=" + made).status == 404
    assert farm.stock(lot)["on_hand"] == 40 and district.admin.read(f"/v1/lots/{lot['id']}/reach")["lots"] == []


def test_goods_that_a_holder_hands_over_are_received_by_document(farm, packer):
    lot = farm.harvest(40)
    captured(packer, document(event(bizStep="receiving", quantityList=[amount(lot["uri"], 10)],
                                    sourceList=[{"type": "possessing_party", "source": farm.uri}])))
    assert packer.stock(lot)["on_hand"] == 10 and farm.stock(lot)["on_hand"] == 30


def test_a_holder_does_not_say_where_a_registered_lot_comes_from(district, packer, farm):
    lot = farm.harvest(40)
    farm.ship(packer, line(lot, 10))
    captured(packer, document(event(action="ADD", bizStep="commissioning", quantityList=[amount(lot["uri"], 1000)],
                                    bizLocation={"id": f"{farm.uri}/f/P1"})))
    assert district.admin.read(f"/v1/lots/{lot['id']}")["quantity"] == kg(40)
    assert district.service.rows("SELECT count(*) FROM site_event WHERE lot_id = "
                                 "(SELECT lot_id FROM lot WHERE uri = %s)", lot["uri"])[0][0] == 1


def test_a_lot_of_anothers_product_waits_for_that_party(district, packer, farm):
    body = f"0962{next(fresh_numbers):09d}"
    gtin = body + check_digit(body)
    farm.product("BOXED", gtin=gtin)
    uri = f"https://id.gs1.org/01/{gtin}/10/EARLY"
    mixing = document({"type": "TransformationEvent", "eventTime": ago(hours=1), "eventTimeZoneOffset": "+08:00",
                       "inputQuantityList": [amount(uri, 10)], "outputQuantityList": [amount(new_class("MADE"), 9)]})
    assert refused(packer, mixing)["type"] == "/problems/not-known-yet"
    lot = farm.harvest(50, lot="EARLY", product="BOXED")
    assert lot["uri"] == uri and refused(packer, mixing)["type"] == "/problems/not-known-yet"
    farm.ship(packer, line(lot, 20))
    captured(packer, mixing)
    assert district.admin.read(f"/v1/lots/{lot['id']}")["quantity"] == kg(50)
    made = json.loads(json.dumps(mixing))["epcisBody"]["eventList"][0]["outputQuantityList"][0]["epcClass"]
    assert lot["id"] in json.dumps(trail_of(packer, made))


@pytest.mark.parametrize("body", [
    {"type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": "https://id.gs1.org/00/008600099999850000",
     "childQuantityList": [amount("https://id.gs1.org/01/10860009999920/10/KINDS", 25, "CS")]},
    {"type": "AssociationEvent", "action": "ADD", "bizStep": "assembling", "parentID": "urn:epc:id:grai:9521141.12345.400",
     "childEPCs": ["urn:epc:id:giai:9521141.77"]},
    {"type": "TransactionEvent", "action": "OBSERVE", "epcList": [], "quantityList": [],
     "bizTransactionList": [{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:0860009999992:1"}]},
    {"type": "ObjectEvent", "action": "DELETE", "bizStep": "destroying", "epcList": ["urn:epc:id:sgtin:9521141.012345.7"]},
    {"type": "TransformationEvent", "transformationID": "urn:uuid:019df8de-2000-735e-a6ad-f9d9af4851b3",
     "inputQuantityList": [amount("https://other.example/batch/9", 4, None)]},
    {"type": "ex:HarvestEvent", "quantityList": [amount("urn:gdst:example:product:lot:class:1.x", 4)]},
])
def test_every_type_of_event_is_stored_and_listed(packer, body):
    sent = {"eventID": f"urn:uuid:{uuid7()}", "eventTime": ago(hours=2), "eventTimeZoneOffset": "+08:00", **body}
    captured(packer, document(sent))
    item = packer.read("/v1/events?limit=1")["items"][0]
    assert sent["eventID"] == f"urn:uuid:{item['id']}"
    assert packer.read(f"/v1/events/{item['id']}")["epcis"]["type"] == body["type"]


def test_a_single_event_is_a_document_too(packer):
    captured(packer, {"@context": [CONTEXT], **event(quantityList=[amount(new_class(), 1)])})


# — jobs and refusals —
def test_rollback_keeps_nothing_and_proceed_what_is_good(district, packer):
    uri = new_class()
    good, bad = event(quantityList=[amount(uri, 5)]), event(quantityList=[{"epcClass": uri, "quantity": -5}])
    reply = capture(packer, document(good, bad))
    error = reply.json()["errors"][0]
    assert (reply.status, reply.problem()) == (400, "epcis-validation")
    assert (error["pointer"], error["rule"]) == ("/epcisBody/eventList/1/quantityList/0/quantity", "quantity")
    assert not bodies(district.service, uri)
    job = job_of(packer, capture(packer, document(good, bad), GS1_Capture_Error_Behaviour="proceed"))
    assert not job["success"] and job["captureErrorBehaviour"] == "proceed"
    assert [(e["instance"], e["type"]) for e in job["errors"]] == [("#/epcisBody/eventList/1", "/problems/epcis-validation")]
    assert len(bodies(district.service, uri)) == 1


def test_a_circle_of_lots_is_refused_and_rolls_back(district, packer):
    one, two, three = new_class("ONE"), new_class("TWO"), new_class("THREE")

    def made(parent, child):
        return {"type": "TransformationEvent", "eventTime": ago(hours=2), "eventTimeZoneOffset": "+08:00",
                "inputQuantityList": [amount(parent, 5)], "outputQuantityList": [amount(child, 5)]}
    captured(packer, document(made(one, two)))
    job = job_of(packer, capture(packer, document(made(two, three), made(three, one))))
    assert not job["success"] and "/problems/lineage-cycle" in {e["type"] for e in job["errors"]}
    assert not bodies(district.service, three)
    job = job_of(packer, capture(packer, document(made(two, three), made(three, one)), GS1_Capture_Error_Behaviour="proceed"))
    assert [e["type"] for e in job["errors"]] == ["/problems/lineage-cycle"] and len(bodies(district.service, three)) == 1


def test_limits_are_told_and_kept(packer):
    reply = capture(packer, document(event(quantityList=[amount(new_class(), 1)])))
    assert reply.headers["gs1-epcis-capture-limit"] == "500" and reply.headers["gs1-epcis-version"] == "2.0.0"
    assert int(reply.headers["gs1-epcis-capture-file-size-limit"]) == 4194304
    many = document(*(event(quantityList=[amount(f"urn:x:{n}", 1)]) for n in range(501)))
    assert (capture(packer, many).status, capture(packer, many).problem()) == (413, "capture-limit")
    assert capture(packer, b" " * 4194305).problem() == "body-too-large"


@pytest.mark.parametrize("change,pointer,rule", [
    ({"type": "EPCISDoc"}, "/type", "word"), ({"epcisBody": {}}, "/epcisBody/eventList", "required"),
    ({"creationDate": "yesterday"}, "/creationDate", "time"), ({"extra": 1}, "/extra", "unknown")])
def test_what_is_no_document_is_told_so(packer, change, pointer, rule):
    reply = capture(packer, document(event(quantityList=[]), **change))
    error = reply.json()["errors"][0]
    assert (reply.status, error["pointer"], error["rule"]) == (400, pointer, rule)


NUMBERS = {"9007199254740993": False, "-9007199254740993": False, "123456789012345678901234": False,
           "9007199254740992": True, "9007199254740993.5": True, "1e300": True}


@pytest.mark.parametrize("number,taken", NUMBERS.items())
def test_a_number_that_readers_take_for_another_is_refused_in_extensions_too(packer, number, taken):
    """What is signed must say the same to whoever checks it, in a browser too."""
    told = event(quantityList=[], **{"ext:a/b~c": [1, {"ext:n": "NUMBER"}]})
    text = document(told)
    text = (text if isinstance(text, bytes) else json.dumps(text).encode()).replace(b'"NUMBER"', number.encode())
    reply = capture(packer, text)
    errors = [(e["rule"], e["pointer"]) for e in reply.json().get("errors", [])] if reply.status == 400 else job_of(packer, reply)["errors"]
    assert errors == ([] if taken else [("number", "/epcisBody/eventList/0/ext:a~1b~0c/1/ext:n")])


def test_a_time_ahead_is_refused_and_an_unknown_behaviour_too(packer):
    ahead = document(event(eventTime="2099-01-01T00:00:00Z", quantityList=[]))
    assert capture(packer, ahead).problem() == "time-future"
    assert capture(packer, document(), GS1_Capture_Error_Behaviour="maybe").problem() == "bad-request"


def test_an_empty_document_is_a_job_too(packer):
    assert captured(packer, document())["errors"] == []


def test_a_repeated_request_is_answered_with_the_first_job(packer):
    text, key = document(event(quantityList=[amount(new_class(), 1)])), f'"{uuid7()}"'
    first, again = capture(packer, text, Idempotency_Key=key), capture(packer, text, Idempotency_Key=key)
    assert again.status == 202 and again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    assert capture(packer, text).headers["location"] != first.headers["location"]


def test_a_job_is_read_by_who_sent_it_only(district, packer, farm):
    where = capture(packer, document(event(quantityList=[amount(new_class(), 1)]))).headers["location"]
    assert packer.get(where).status == 200 and district.admin.get(where).status == 200
    assert farm.get(where).problem() == "not-found"
    assert farm.get("/epcis/capture/nothing").problem() == "not-found"


def test_an_administrators_key_captures_for_the_registrar_or_a_party_it_names(district, packer):
    uri = new_class()
    captured(district.admin, document(event(action="ADD", quantityList=[amount(uri, 5)])))
    assert set(district.stock(uri)) == {district.service.rows("SELECT org_id::text FROM signing_key WHERE use = 'registrar'")[0][0]}
    other = new_class()
    reply = district.admin.post(f"/epcis/capture?party={packer.id}", json.dumps(document(event(action="ADD", quantityList=[amount(other, 5)]))).encode())
    assert reply.status == 202 and set(district.stock(other)) == {packer.id}
    reply = packer.post(f"/epcis/capture?party={district.farm().id}", json.dumps(document(event(quantityList=[]))).encode())
    assert not job_of(packer, reply)["success"]
