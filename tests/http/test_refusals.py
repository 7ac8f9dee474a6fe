# SPDX-License-Identifier: Apache-2.0
"""What is refused, how, and that a refusal leaves nothing: no row of any table changes, and the next good record is taken."""
import datetime
import json
import socket
import subprocess
import threading

import pytest
from conftest import ago, kg, line, uuid7
from service import Api, environment, free_port, program


@pytest.fixture(scope="module")
def farm(district):
    """One for all: what is refused leaves nothing that could disturb the next."""
    return district.farm()


@pytest.fixture(scope="module")
def packer(district):
    return district.packer()


@pytest.fixture
def then_serves(farm):
    """Afterwards the service goes on: a good record is taken."""
    yield
    assert farm.stock(farm.harvest(1))["on_hand"] == 1


@pytest.fixture
def untouched(service):
    """Asserts afterwards that nothing was stored since begin(), before the good record is sent."""
    class Guard:
        before = None

        def begin(self):
            self.before = service.snapshot()

    guard = Guard()
    yield guard
    assert guard.before is not None, "begin() was not called"
    after = service.snapshot()
    assert {table: (guard.before[table], after[table]) for table in after if after[table] != guard.before[table]} == {}


def harvest(**changes):
    return {"type": "harvest", "time": ago(days=1), "site": "P1", "product": "PAKCHOI", "quantity": kg(5), **changes}


def send(farm, record):
    body = record if isinstance(record, bytes) else json.dumps(record, ensure_ascii=False).encode()
    return farm.post("/v1/events", body)


def refused(farm, untouched, record, status, slug, pointer=None):
    untouched.begin()
    reply = send(farm, record)
    assert (reply.status, reply.problem()) == (status, slug), reply
    if pointer is not None:
        assert reply.pointer() == pointer, reply
    body = reply.json()
    assert body["title"] and (body.get("hint") or body["errors"][0]["hint"])
    return reply


@pytest.fixture
def check(farm, untouched):
    """check(record, status, slug, pointer): this record is refused like this, and leaves nothing."""
    return lambda record, status, slug, pointer=None: refused(farm, untouched, record, status, slug, pointer)


# — times —
@pytest.mark.parametrize("time", ["2026-05-03T08:30:00", "2026-05-03T08:30:00.5"])
def test_a_time_without_offset(check, time):
    check(harvest(time=time), 422, "time-naive", "/time")


@pytest.mark.parametrize("time", ["yesterday", "2026-05-03", "2026-05-03T08:30+08:00", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-05-03T24:30:00Z",
                                  "2026-05-03T08:30:00+25:00", "20260503T083000Z", ""])
def test_a_time_that_is_none(check, time):
    check(harvest(time=time), 422, "time-syntax", "/time")


def test_a_time_in_the_future(check):
    ahead = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=6)
    check(harvest(time=ahead.isoformat(timespec="seconds")), 422, "time-future", "/time")


def test_an_end_before_its_beginning(check):
    check({"type": "treat", "time": ago(days=1), "until": ago(days=2), "site": "P1", "product": "x"}, 422, "time-order",
          "/until")


# — quantities —
def test_an_unknown_unit(check):
    check(harvest(quantity={"value": "5", "unit": "stone"}), 422, "unit-unknown", "/quantity/unit")


def test_a_unit_of_another_dimension(check):
    check(harvest(quantity={"value": "5", "unit": "LTR"}), 422, "unit-dimension", "/quantity/unit")


@pytest.mark.parametrize("value", ["-5", "0", "0.000", "1e3", "+5", "5,5", " 5", "5 ", "", ".5", "5.", "0x10", "NaN", "Infinity",
                                   "1" * 40, "1234567890123456", "0.0000001", "五"])
def test_a_value_that_is_no_plain_positive_decimal(check, value):
    check(harvest(quantity={"value": value, "unit": "KGM"}), 422, "quantity-syntax", "/quantity/value")


@pytest.mark.parametrize("value", ["-1", "1e400", "1234567890123456"])
def test_a_number_that_is_no_plain_positive_decimal(check, value):
    record = json.dumps(harvest(quantity={"value": "@", "unit": "KGM"})).replace('"@"', value).encode()
    check(record, 422, "quantity-syntax", "/quantity/value")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "0x10", "01", "1.", "+1"])
def test_a_number_that_is_not_json(check, value):
    check(json.dumps(harvest(quantity={"value": "@", "unit": "KGM"})).replace('"@"', value).encode(), 400, "json-syntax")


def test_a_net_of_the_same_dimension_contradicts(check):
    check(harvest(quantity={"value": "5", "unit": "KGM", "net": kg(4)}), 422, "unit-dimension", "/quantity/net/unit")


# — JSON —
@pytest.mark.parametrize("body", [
    b"", b"{", b"nothing", b'{"type":"harvest","type":"harvest"}', b'{"type":"harvest","quantity":{"value":"1","value":"2"}}',
    b'{"type":"harvest","note":"\xff\xfe"}', b'{"type":"harvest","note":"\xc0\xaf"}', b'{"type":"harvest","note":"\xed\xa0\x80"}',
    b'{"type":"harvest","note":"\\ud800"}', b'{"type":"harvest","note":"\\udc00x"}', b'{"type":"harvest"} {}',
    b'{"type":"harvest",}', b"{'type':'harvest'}", b'{"type":"harvest","note":"a\nb"}',
    b'{"note":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b'{"dose":' + b'{"a":' * 65 + b"1" + b"}" * 65 + b"}",
], ids=["empty", "cut", "word", "double", "double within", "no utf-8", "overlong", "encoded surrogate", "lone high surrogate",
        "lone low surrogate", "two values", "comma", "quotes", "raw newline", "depth bomb", "too deep"])
def test_a_body_that_is_no_json(check, body):
    check(body, 400, "json-syntax")


@pytest.mark.parametrize("body", [b"[]", b'"harvest"', b"1", b"null"])
def test_a_body_that_is_no_object(check, body):
    check(body, 422, "field-type")


def test_a_member_that_no_record_has(check):
    check(harvest(colour="green"), 422, "field-unknown", "/colour")


def test_a_member_that_this_record_does_not_take(check):
    check(harvest(vehicle="渝A12345"), 422, "field-unknown", "/vehicle")


@pytest.mark.parametrize("member", ["type", "time", "product", "quantity"])
def test_a_member_that_is_missing(check, member):
    record = harvest()
    del record[member]
    check(record, 422, "field-missing", f"/{member}")


def test_a_site_that_is_missing(check):
    record = harvest()
    del record["site"]
    check(record, 422, "field-missing", "/site")


def test_a_record_type_that_is_unknown(check):
    check(harvest(type="teleport"), 422, "record-type", "/type")


RECORD_TYPES = ("plant treat feed medicate irrigate birth move death harvest collect catch slaughter pack process mix split load unload store cool"
                " ship receive inspect sample test certify sell destroy return hold release correct").split()


def test_a_refusal_names_what_would_be_taken(farm):
    def told(**members):
        return farm.post("/v1/events", {"time": ago(hours=3), **members}).json()["detail"]
    assert sorted(told(type="teleport").removeprefix("one of ").split(", ")) == sorted(RECORD_TYPES)
    assert told(type="sell") == "one of lots, units, items"
    assert told(type="receive", lots=[{"lot": "X"}]) == "one of shipment, from"
    assert "lots, units, items" in told(type="sell", lot="X") and "harvester" not in told(type="sell", lot="X")
    nested = {"type": "sell", "time": ago(hours=3), "site": "P1", "lot": "X"}
    assert told(type="correct", event=uuid7(), reason="r", replacement=nested) == told(type="sell", site="P1", lot="X")


@pytest.mark.parametrize("members, value", [({"site": "NOWHERE"}, "NOWHERE"), ({"product": "NOTHING"}, "NOTHING"), ({"party": "NOBODY"}, "NOBODY")])
def test_a_refusal_quotes_the_name_that_is_not_known(farm, members, value):
    record = harvest(**members)
    single = farm.post("/v1/events", record).json()
    [result] = farm.post("/v1/events:batch", {"records": [record]}).json()["results"]
    assert single["errors"][0]["value"] == result["problem"]["errors"][0]["value"] == value


def test_the_interface_says_which_members_a_type_takes(farm, service):
    import jsonschema
    document = farm.read("/openapi.json")
    judge = jsonschema.Draft202012Validator({"$ref": "#/components/schemas/Record", "components": document["components"]})
    lot = farm.harvest(10)
    good = [harvest(), {"type": "sell", "time": ago(hours=3), "lots": [line(lot, 1)]}, {"type": "correct", "event": uuid7(), "reason": "r"}]
    bad = [harvest(vehicle="X"), harvest(type="teleport"), {"type": "sell", "time": ago(hours=3)}, {"type": "sell", "lots": [line(lot, 1)]},
           {"type": "correct", "event": uuid7(), "reason": "r", "site": "P1"}, {"type": "receive", "time": ago(hours=3), "lots": [{"lot": "X"}]}]
    for record in good + bad:
        assert judge.is_valid(record) == (record in good), record
        assert (farm.post("/v1/events", record).status == 422) == (record in bad), record
    assert sorted(document["components"]["schemas"]["Record"]["allOf"][0]["properties"]["type"]["enum"]) == sorted(RECORD_TYPES)


@pytest.mark.parametrize("id_", ["1", "018f6c1e-7b7a-7c55-9d0e", "018f6c1e7b7a7c559d0e3f6b2a4d9c11x", 5])
def test_an_id_that_is_no_uuid(check, id_):
    check(harvest(id=id_), 422, "field-type", "/id")


@pytest.mark.parametrize("text", ["a\u0000b", "a\u001bb", "a\u007fb"])
def test_control_characters(check, text):
    check(harvest(harvester=text), 422, "field-range", "/harvester")


def test_a_note_that_is_too_long(check):
    check(harvest(note="长" * 1001), 422, "field-range", "/note")


def test_a_list_that_is_too_long(check, farm):
    check({"type": "treat", "time": ago(days=1), "site": "P1", "product": "x", "active": ["a"] * 21}, 422, "field-range",
          "/active")


def test_a_body_over_its_limit_is_refused_before_it_is_read(farm, service, untouched):
    farm.get("/v1/events")  # a key that is not known yet is looked up while the body comes
    untouched.begin()
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as s:
        s.sendall(f"POST /v1/events HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {farm.key}\r\n"
                  f"Content-Type: application/json\r\nContent-Length: {10 ** 9}\r\n\r\n".encode())
        assert s.recv(4096).startswith(b"HTTP/1.1 413 "), "refused by its length, before a byte of it came"


def test_a_body_over_its_limit(farm, untouched):
    untouched.begin()
    reply = farm.post("/v1/events", harvest(note="x" * 300_000))
    assert (reply.status, reply.problem()) == (413, "body-too-large")


def test_a_body_of_another_media_type(farm, untouched):
    untouched.begin()
    reply = farm.request("POST", "/v1/events", json.dumps(harvest()).encode(), Content_Type="text/plain")
    assert (reply.status, reply.problem()) == (415, "unsupported-media-type")


# — who —
def test_no_key(farm, district, untouched):
    untouched.begin()
    assert district.public.refuse("harvest", ago(days=1)).status == 401


@pytest.mark.parametrize("key", ["x", "ft_" + "0" * 52, ""])
def test_a_key_that_is_none(farm, service, untouched, key):
    untouched.begin()
    reply = Api(service, key or " ").post("/v1/events", harvest())
    assert (reply.status, reply.problem()) == (401, "unauthorized")


def test_a_key_without_the_scope(farm, district, untouched):
    reader = Api(district.service, district.key(["read"], parties=[farm.id]))
    untouched.begin()
    reply = reader.post("/v1/events", harvest())
    assert (reply.status, reply.problem()) == (403, "forbidden")


def test_a_revoked_key(farm, district, untouched):
    made = district.admin.make("/v1/keys", {"name": "test", "scopes": ["capture"], "parties": [farm.id]})
    api = Api(district.service, made["secret"])
    assert api.post("/v1/events", harvest()).status == 201
    assert district.admin.post(f"/v1/keys/{made['id']}/revoke").status in (200, 204)
    untouched.begin()
    reply = api.post("/v1/events", harvest())
    assert (reply.status, reply.problem()) == (401, "unauthorized")


def test_acting_for_a_party_that_is_not_ones_own(check, district):
    check(harvest(party=district.farm().number), 404, "not-found", "/party")


def test_a_party_that_nobody_registered(check):
    check(harvest(party="NOBODY"), 404, "not-found", "/party")


# — things —
def test_a_site_of_another_party(check, district):
    other = district.farm()
    check(harvest(site=other.site("P2")["id"]), 404, "not-found", "/site")


def test_a_site_that_nobody_registered(check):
    check(harvest(site="P9"), 404, "not-found", "/site")


def test_a_product_that_nobody_registered(check):
    check(harvest(product="P9"), 422, "reference-unknown", "/product")


def test_a_product_of_another_party(check, district):
    other = district.farm()
    check(harvest(product=f"{other.uri}/p/PAKCHOI"), 422, "reference-unknown", "/product")


@pytest.mark.parametrize("lot", ["has space", "汉字", "x" * 21, "a/b", "lot_x"])
def test_a_lot_number_that_no_label_can_carry(check, lot):
    check(harvest(lot=lot), 422, "identifier-syntax", "/lot")


def test_a_lot_that_is_not_known(check):
    check({"type": "sell", "time": ago(hours=1), "lots": [line("H77", 1)]}, 409, "not-known-yet", "/lots/0/lot")


def test_a_record_that_is_not_known(check):
    check({"type": "sell", "time": ago(hours=1), "lots": [line(uuid7(), 1)]}, 409, "not-known-yet", "/lots/0/lot")


def test_a_record_that_made_several_lots_names_none(check, farm):
    lot = farm.harvest(10)
    made = farm.record("split", ago(hours=2), inputs=[line(lot, 10)], outputs=[{"product": "PAKCHOI", "quantity": kg(5)}] * 2)
    check({"type": "sell", "time": ago(hours=1), "lots": [line(made["event"], 1)]}, 409, "not-known-yet", "/lots/0/lot")


def test_a_lot_that_the_party_never_had_looks_like_none(check, district):
    lot = district.farm().harvest(10)
    for spelling in (lot["id"], lot["code"], lot["uri"]):
        reply = check({"type": "sell", "time": ago(hours=1), "lots": [line(spelling, 1)]}, 409, "not-known-yet", "/lots/0/lot")
        assert "detail" not in reply.json()


def test_a_lot_that_the_party_no_longer_holds(check, farm, packer):
    lot = farm.harvest(10)
    farm.ship(packer, line(lot, 10))
    reply = check({"type": "sell", "time": ago(hours=1), "lots": [line(lot, 1)]}, 409, "lot-short", "/lots/0/quantity")
    assert reply.json()["detail"] == f"lot {lot['number']}: available 0 KGM, asked 1 KGM"


def test_goods_that_are_still_on_their_way(farm, packer, untouched):
    """Their arrival may be recorded yet: the same answer as for a lot that has not arrived, and the same again later."""
    lot = farm.harvest(10)
    farm.ship(packer, line(lot, 10))
    untouched.begin()
    reply = packer.refuse("sell", ago(hours=1), lots=[line(lot, 1)])
    assert (reply.status, reply.problem()) == (409, "not-known-yet")


def test_a_shipment_that_is_not_known(check):
    check({"type": "receive", "time": ago(hours=1), "shipment": "shp_" + "A" * 43}, 409, "not-known-yet", "/shipment")


@pytest.mark.parametrize("shipment", ["shp_x", "S1"])
def test_a_shipment_that_is_no_id(check, shipment):
    check({"type": "receive", "time": ago(hours=1), "shipment": shipment}, 422, "identifier-syntax", "/shipment")


def test_a_lot_that_the_shipment_did_not_carry(farm, packer, untouched):
    lot, other = farm.harvest(10), farm.harvest(10)
    shipment = farm.ship(packer, line(lot, 10))
    untouched.begin()
    reply = packer.refuse("receive", ago(hours=1), shipment=shipment, lots=[line(other, 10)])
    assert (reply.status, reply.problem(), reply.pointer()) == (409, "shipment-state", "/lots/0/lot")


def test_a_lot_that_is_counted_twice(farm, packer, untouched):
    lot = farm.harvest(10)
    shipment = farm.ship(packer, line(lot, 10))
    untouched.begin()
    reply = packer.refuse("receive", ago(hours=1), shipment=shipment, lots=[line(lot["id"], 5), line(lot["code"], 5)])
    assert (reply.status, reply.problem(), reply.pointer()) == (422, "field-range", "/lots/1/lot")


def test_a_shortage_that_contradicts_the_count(farm, packer, untouched):
    lot = farm.harvest(10)
    shipment = farm.ship(packer, line(lot, 10))
    untouched.begin()
    reply = packer.refuse("receive", ago(hours=1), shipment=shipment, lots=[line(lot, 9)], shortage={"quantity": kg(2)})
    assert (reply.status, reply.problem()) == (422, "field-range")


def test_a_shortage_of_more_than_was_shipped(farm, packer, untouched):
    shipment = farm.ship(packer, line(farm.harvest(10), 10))
    untouched.begin()
    reply = packer.refuse("receive", ago(hours=1), shipment=shipment, shortage={"quantity": kg("10.000001")})
    assert (reply.status, reply.problem()) == (422, "field-range")


def test_shipping_to_oneself(check, farm):
    lot = farm.harvest(10)
    check({"type": "ship", "time": ago(hours=1), "lots": [line(lot, 1)], "to": farm.number}, 422, "field-range", "/to")


def test_shipping_to_nobody(check, farm):
    lot = farm.harvest(10)
    check({"type": "ship", "time": ago(hours=1), "lots": [line(lot, 1)], "to": "NOBODY"}, 422, "reference-unknown", "/to")


# — stock —
def test_more_than_there_is(check, farm):
    lot = farm.harvest("10.5")
    reply = check({"type": "sell", "time": ago(hours=1), "lots": [line(lot, "10.500001")]}, 409, "lot-short", "/lots/0/quantity")
    assert reply.json()["detail"] == f"lot {lot['number']}: available 10.5 KGM, asked 10.500001 KGM"


def test_more_than_there_is_under_two_spellings(check, farm):
    lot = farm.harvest(10)
    check({"type": "sell", "time": ago(hours=1), "lots": [line(lot["id"], 6), line(lot["code"], 6)]}, 409, "lot-short",
          "/lots/1/quantity")


def test_a_lot_twice_in_one_list(check, farm):
    lot = farm.harvest(10)
    check({"type": "sell", "time": ago(hours=1), "lots": [line(lot, 1), line(lot, 1)]}, 422, "field-range", "/lots/1/lot")


def test_one_of_two_inputs_is_short(check, farm):
    a, b = farm.harvest(10), farm.harvest(10)
    check({"type": "mix", "time": ago(hours=1), "inputs": [line(a, 10), line(b, 11)],
           "outputs": [{"product": "PAKCHOI", "quantity": kg(21)}]}, 409, "lot-short", "/inputs/1/quantity")


# — lineage —
def mix(lot, output, quantity=1):
    return {"type": "mix", "time": ago(hours=1), "inputs": [line(lot, quantity)],
            "outputs": [{"product": "PAKCHOI", "lot": output, "quantity": kg(quantity)}]}


def test_a_lot_as_its_own_input(check, farm):
    farm.harvest(10, lot="SELF")
    check(mix("SELF", "SELF"), 422, "lineage-cycle", "/outputs")


def test_a_lot_as_its_own_ancestor(check, farm):
    farm.harvest(10, lot="A")
    for n in range(5):
        record = mix("ABCDE"[n], "BCDEF"[n])
        assert farm.post("/v1/events", record).status == 201
    check(mix("F", "A"), 422, "lineage-cycle", "/outputs")


def test_more_out_than_in(check, farm):
    lot = farm.harvest(100)
    reply = check({"type": "pack", "time": ago(hours=1), "inputs": [line(lot, 100)],
                   "outputs": [{"product": "PAKCHOI", "quantity": kg(120)}]}, 422, "yield-exceeded", "/outputs")
    assert reply.json()["detail"] == "in 100 KGM, out 120 KGM: at most 105 %"


def test_inputs_without_a_common_measure(check, farm):
    farm.product("PIG", "meat/pig", unit="HEA")
    lot, pigs = farm.harvest(100), farm.harvest({"value": "10", "unit": "HEA"}, product="PIG")
    check({"type": "process", "time": ago(hours=1), "inputs": [line(lot, 10), line(pigs, {"value": "1", "unit": "HEA"})],
           "outputs": [{"product": "PAKCHOI", "quantity": kg(10)}]}, 422, "unit-dimension", "/inputs")


# — identity —
def test_a_taken_id_with_other_content(check, farm):
    record = harvest(id=uuid7())
    assert farm.post("/v1/events", record).status == 201
    check({**record, "quantity": kg(6)}, 409, "id-taken", "/id")


def test_a_taken_id_of_another_party(check, farm, district):
    other, record = district.farm(), harvest(id=uuid7())
    assert other.post("/v1/events", record).status == 201
    check(record, 409, "id-taken", "/id")


# — what one may not see —
def test_an_event_of_another_party(district, farm, packer):
    event = farm.record("irrigate", ago(days=1), site="P1")["event"]
    for target in (f"/v1/events/{event}", f"/v1/events/{event}/epcis", f"/v1/events/{event}/proof?tier=full"):
        assert farm.get(target).status == 200
        for stranger in (packer, district.inspector("510100"), Api(district.service, district.key(["read"]))):
            reply = stranger.get(target)
            assert (reply.status, reply.problem()) == (404, "not-found"), target
    assert district.public.get(f"/v1/events/{event}").status == 401


@pytest.mark.parametrize("id_", ["x", "018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11", "..%2f..", "%00"])
def test_an_event_that_does_not_exist(farm, id_):
    assert farm.get(f"/v1/events/{id_}").status in (400, 404)


@pytest.mark.parametrize("query,slug", [("cursor=x", "cursor"), ("limit=0", "field-range"), ("limit=1001", "field-range"),
                                        ("limit=x", "field-type"), ("since=2026-05-03T08:30:00", "time-naive"),
                                        ("colour=green", "field-unknown"), ("party=x", "field-type")])
def test_a_list_that_is_asked_wrongly(farm, query, slug):
    reply = farm.get(f"/v1/events?{query}")
    assert (reply.status, reply.problem()) == (422, slug)
    assert reply.pointer() == "?" + query.split("=")[0]


# — registering —
def square(points):
    return {"type": "Polygon", "coordinates": [points]}


@pytest.mark.parametrize("geometry", [
    square([[106.5, 29.7], [106.6, 29.7], [106.6, 29.8], [106.5, 29.8]]),
    square([[106.5, 29.7], [106.6, 29.8], [106.6, 29.7], [106.5, 29.8], [106.5, 29.7]]),
    square([[29.7, 106.5], [29.7, 106.6], [29.8, 106.6], [29.8, 106.5], [29.7, 106.5]]),
    square([[106.5, 29.7], [106.6, 29.7], [106.5, 29.7]]),
    {"type": "Point", "coordinates": [200, 10]}, {"type": "LineString", "coordinates": [[106.5, 29.7], [106.6, 29.7]]},
    {"type": "Polygon", "coordinates": []}, {"type": "Polygon"},
], ids=["unclosed", "self-crossing", "swapped", "flat", "off the earth", "a line", "empty", "none"])
def test_a_place_that_is_none(farm, district, untouched, geometry):
    untouched.begin()
    reply = district.admin.post("/v1/sites", {"party": farm.id, "number": "P2", "kind": "plot", "name": {"zh": "二号地"},
                                               "region": "500112016", "geometry": geometry})
    assert (reply.status, reply.problem()) == (422, "geometry")


@pytest.mark.parametrize("gtin,slug", [("06901234567891", "gtin-check-digit"), ("690123456", "gtin-syntax"),
                                       ("0690123456789X", "gtin-syntax"), ("02901234567896", "gtin-syntax")])
def test_a_gtin_that_is_none(farm, district, untouched, gtin, slug):
    untouched.begin()
    reply = district.admin.post("/v1/products", {"party": farm.id, "number": "G", "name": {"zh": "盒装"}, "unit": "KGM",
                                                  "commodity": "vegetable", "gtin": gtin})
    assert (reply.status, reply.problem(), reply.pointer()) == (422, slug, "/gtin")


# — many at once —
def at_once(count, work):
    """Runs work(n) on as many threads, all released together; answers the results in order."""
    results, gate = [None] * count, threading.Barrier(count)

    def run(n):
        gate.wait()
        results[n] = work(n)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_simultaneous_sales_sell_what_there_is_and_no_more(farm):
    for _ in range(20):
        lot = farm.harvest(10)
        replies = at_once(16, lambda n: farm.post("/v1/events", {"type": "sell", "time": ago(hours=1), "lots": [line(lot, 1)]}))
        sold = [reply for reply in replies if reply.status == 201]
        assert len(sold) == 10
        assert {reply.problem() for reply in replies if reply.status != 201} == {"lot-short"}
        assert farm.stock(lot)["on_hand"] == 0 and farm.stock(lot)["sold"] == 10


def test_simultaneous_uses_of_several_kinds_use_what_there_is(farm, packer, district):
    for _ in range(5):
        lot = farm.harvest(7)
        records = [{"type": "sell", "time": ago(hours=1), "lots": [line(lot, 2)]},
                   {"type": "ship", "time": ago(hours=1), "lots": [line(lot, 2)], "to": packer.number},
                   {"type": "split", "time": ago(hours=1), "inputs": [line(lot, 2)],
                    "outputs": [{"product": "PAKCHOI", "quantity": kg(2)}]}]
        replies = at_once(9, lambda n: farm.post("/v1/events", records[n % 3]))
        assert sum(reply.status == 201 for reply in replies) == 3
        stock = farm.stock(lot)
        assert stock["on_hand"] == 1 and stock["sold"] + stock["in_transit"] <= 6


def test_a_shipment_is_received_once_by_many(farm, packer):
    lot = farm.harvest(10)
    shipment = farm.ship(packer, line(lot, 10))
    replies = at_once(12, lambda n: packer.post("/v1/events", {"type": "receive", "time": ago(hours=1), "shipment": shipment}))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 11
    assert packer.stock(lot)["on_hand"] == 10


def test_the_same_record_from_many_is_one_record(service, farm, district):
    retries = district.metric("farmtrail_capture_retries_total")
    for _ in range(5):
        record = json.dumps(harvest(id=uuid7())).encode()
        replies = at_once(24, lambda n: farm.post("/v1/events", record))
        assert sorted(reply.status for reply in replies) == [200] * 23 + [201]
        assert len({reply.body for reply in replies}) == 1
        [lot] = replies[0].json()["lots"]
        assert farm.stock(lot)["on_hand"] == 5
        assert service.value("SELECT count(*) FROM event WHERE id = %s", replies[0].json()["event"]) == 1
    assert district.metric("farmtrail_capture_retries_total") == retries, "told apart before they are written"


def test_one_id_for_many_records_is_the_first_ones(farm):
    id_ = uuid7()
    replies = at_once(12, lambda n: farm.post("/v1/events", harvest(id=id_, quantity=kg(n + 1))))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 11
    assert {reply.problem() for reply in replies if reply.status == 409} == {"id-taken"}


def test_the_same_new_number_from_many_is_one_lot(farm):
    replies = at_once(12, lambda n: farm.post("/v1/events", harvest(lot="MANY")))
    assert [reply.status for reply in replies] == [201] * 12
    assert len({reply.json()["lots"][0]["id"] for reply in replies}) == 1
    assert farm.stock(replies[0].json()["lots"][0])["on_hand"] == 60


def test_a_bad_record_among_good_ones_fails_alone(farm):
    lot = farm.harvest(4)
    records = [harvest(), {"type": "sell", "time": ago(hours=1), "lots": [line(lot, 5)]}, harvest(product="P9"),
               harvest(site="P9"), harvest()]
    replies = at_once(25, lambda n: farm.post("/v1/events", records[n % 5]))
    assert [reply.status for reply in replies] == [201, 409, 422, 404, 201] * 5


# — starting —
def fails_to_start(service, *words, **settings):
    """Ends at once with one line that says what is wrong."""
    done = subprocess.run([program("farmtraild"), "--data", str(service.data), "--port", str(service.port)],
                          env=environment(**settings), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 1, (done.returncode, done.stderr[-2000:])
    lines = [text for text in done.stderr.splitlines() if not text.startswith("time=")]
    assert len(lines) == 1 and lines[0].startswith("farmtraild: "), done.stderr[-2000:]
    assert all(word in lines[0] for word in words), lines[0]


def test_a_port_that_is_taken(new_service, service):
    other = new_service()
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        other.port = s.getsockname()[1]
        fails_to_start(other, "FARMTRAIL_PORT")
    other.port = free_port()
    other.start()
    other.stop()


def test_a_directory_that_is_not_ready(new_service):
    other = new_service(init=False)
    fails_to_start(other, "tools/run")
    assert list(other.data.iterdir()) == []


def test_a_database_of_another_directory(new_service, service):
    other = new_service(init=False)
    other.database, other.origin = service.database, "another.example"
    before = service.snapshot()
    done = other.init(check=False)
    assert done.returncode == 1 and "another directory" in done.stderr
    assert service.snapshot() == before


def test_a_schema_that_is_newer(new_service):
    other = new_service()
    connection = other.cluster.connect(other.database)
    with connection.cursor() as cursor:
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'schema_migration'")
        columns = {row[0] for row in cursor.fetchall()}
        assert columns, "the table of applied migrations has another name now"
        cursor.execute("INSERT INTO schema_migration SELECT (jsonb_populate_record(v, '{\"number\": 9999, \"name\": \"9999-later\"}')).*"
                       " FROM schema_migration v ORDER BY 1 DESC LIMIT 1")
    connection.close()
    fails_to_start(other, "newer")


def test_a_database_that_is_away(new_service):
    other = new_service()
    fails_to_start(other, "database", DATABASE="host=/nonexistent dbname=farmtrail")


def test_an_address_beyond_loopback_without_tls(new_service):
    fails_to_start(new_service(), "TLS", LISTEN="0.0.0.0")
