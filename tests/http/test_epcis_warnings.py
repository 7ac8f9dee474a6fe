# SPDX-License-Identifier: Apache-2.0
"""Who captures a document learns what its events were stored with, as the answer to a record says it."""
import concurrent.futures
import json

import pytest
from conftest import District, ago, line, uuid7
from test_epcis import amount, capture, captured, document, event, job_of, new_class
from test_epcis_declared import declared
from test_epcis_units import aggregated, pallet
from test_states import hold

MEMBER = "farmtrail:warnings"


def told(uri, value=10, **members):
    return event(eventID=f"urn:uuid:{uuid7()}", quantityList=[amount(uri, value)], **members)


def id_of(event_):
    return event_["eventID"].removeprefix("urn:uuid:")


def sold(uri, value=10, **members):
    return told(uri, value, bizStep="retail_selling", **members)


def shipped(uri, to, value=10, **members):
    return told(uri, value, bizStep="shipping", destinationList=[{"type": "possessing_party", "destination": to.uri}], **members)


def received(uri, source, value=10, **members):
    return told(uri, value, bizStep="receiving", sourceList=[{"type": "possessing_party", "source": source.uri}], **members)


def made(uri, value=100, **members):
    return told(uri, value, **{"action": "ADD", "bizStep": "commissioning", "eventTime": ago(hours=30), **members})


def warned(party, *events, **headers):
    """Place in the document and warning, of a document that is in whole."""
    return [(int(each["instance"].rpartition("/")[2]), each["warning"]) for each in captured(party, document(*events), **headers)[MEMBER]]


# — likely doubles —
@pytest.mark.parametrize("minutes, likely", [(0, True), (9, True), (11, False)])
def test_the_same_deed_under_another_id_is_stored_and_flagged(packer, minutes, likely):
    for first, second in ((0, minutes), (minutes, 0)):
        uri = new_class()
        one, other = (sold(uri, eventTime=ago(days=1, minutes=m)) for m in (first, second))
        assert warned(packer, made(uri, eventTime=ago(days=3)), one) == []
        doubled = [f"likely-double {id_of(one)}"] if likely else []
        assert warned(packer, other) == [(0, each) for each in doubled]
        assert packer.stock(uri)["sold"] == 20, "both are stored"
        assert warned(packer, one, other) == [(1, each) for each in doubled], "a repetition is told the same, and doubles nothing"


def test_doubles_are_found_within_one_document_and_in_every_spelling(packer):
    uri = new_class("A-1")
    gtin = uri.split("/01/")[1][:14]
    one, other = made(uri, 5.0), made(f"urn:epc:class:lgtin:{gtin[1:8]}.{gtin[0]}{gtin[8:13]}.A-1", 5, bizStep="urn:epcglobal:cbv:bizstep:commissioning")
    assert warned(packer, one, other) == [(1, f"likely-double {id_of(one)}")]


@pytest.mark.parametrize("change", [{"value": 11}, {"disposition": "retail_sold"}, {"bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:2"}]},
                                    {"bizLocation": {"id": "urn:epc:id:sgln:9521141.00001.0"}}], ids=str)
def test_what_tells_something_else_is_no_double(packer, change):
    uri = new_class()
    assert warned(packer, made(uri), sold(uri), sold(uri, **change)) == []


def test_who_brings_what_another_brought_learns_nothing_of_it(district, packer, farm):
    uri = new_class()
    one, other = sold(uri, eventTime=ago(hours=4)), sold(uri, eventTime=ago(hours=4))
    assert warned(packer, made(uri), one, other) == [(2, f"likely-double {id_of(one)}")]
    assert warned(farm, one, other) == [], "the same events, told to whoever was told of them first"
    assert warned(farm, sold(uri, eventTime=ago(hours=4))) == [(0, "lot-short")], "nor is it the double of another's"
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        again = list(pool.map(lambda n: (n % 2, warned(packer if n % 2 else farm, one, other)), range(16)))
    assert again == [(n % 2, [(1, f"likely-double {id_of(one)}")] if n % 2 else []) for n in range(16)]


def test_of_two_parties_that_bring_the_same_at_once_one_is_told(packer, farm):
    for _ in range(8):
        uri = new_class()
        one, other = made(uri), made(uri)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            both = list(pool.map(lambda party: warned(party, one, other), (packer, farm)))
        assert sorted(both) == [[], [(1, f"likely-double {id_of(one)}")]]


@pytest.mark.parametrize("together", (True, False), ids=("one document", "one after the other"))
@pytest.mark.parametrize("order", ((0, 1, 2), (1, 0, 2)), ids=("event first", "declaration first"))
def test_what_was_declared_wrong_is_nobodys_double(packer, order, together):
    uri = new_class()
    captured(packer, document(made(uri)))
    wrong = sold(uri, eventTime=ago(hours=5))
    right = sold(uri, eventTime=ago(hours=5, minutes=-3))
    story = [wrong, declared(wrong, right["eventID"]), right]
    for events in [[story[n] for n in order]] if together else [[story[n]] for n in order]:
        assert warned(packer, *events) == []
    late = sold(uri, eventTime=right["eventTime"])
    assert warned(packer, declared(late)) == [] and warned(packer, late) == [], "nor is it a double of what stands"
    again = sold(uri, eventTime=right["eventTime"])
    assert warned(packer, again) == [(0, f"likely-double {id_of(right)}")]


# — what a record would be warned of, or refused for —
def test_goods_handled_before_they_were_made_are_flagged(packer):
    uri, early = new_class(), ago(hours=40)
    assert warned(packer, made(uri), sold(uri, eventTime=early), told(uri, action="DELETE", bizStep="destroying", eventTime=early),
                  aggregated(pallet(), "ADD", amount(uri, 3), hours=41), told(uri, eventTime=early)) == [(n, "time-order") for n in (1, 2, 3)]
    made_of = {"type": "TransformationEvent", "eventID": f"urn:uuid:{uuid7()}", "eventTime": early, "eventTimeZoneOffset": "+08:00",
               "inputQuantityList": [amount(uri, 5)], "outputQuantityList": [amount(new_class("OUT"), 5)]}
    assert warned(packer, made_of) == [(0, "time-order")]


def test_of_goods_that_nobody_made_yet_no_time_is_wrong(packer, farm):
    uri = new_class()
    assert warned(packer, sold(uri, eventTime=ago(hours=3))) == []
    assert warned(packer, told(uri, bizStep="shipping", eventTime=ago(hours=9))) == []


def test_goods_on_hold_that_went_on_are_flagged(district, packer, farm):
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 40)))
    assert warned(packer, sold(lot["uri"], 1)) == []
    hold(packer, lot)
    assert warned(farm, shipped(lot["uri"], packer, 1)) == [], "a holder's hold binds its own stock"
    hold(farm, lot)
    out = {"type": "TransformationEvent", "eventID": f"urn:uuid:{uuid7()}", "eventTime": ago(hours=2), "eventTimeZoneOffset": "+08:00",
           "inputQuantityList": [amount(lot["uri"], 5)], "outputQuantityList": [amount(new_class("OUT"), 5)]}
    assert warned(packer, sold(lot["uri"], 2), out, shipped(lot["uri"], farm, 3), told(lot["uri"], 1, action="DELETE", bizStep="destroying"),
                  told(lot["uri"], 1)) == [(n, "lot-on-hold") for n in range(3)]
    assert warned(packer, received(lot["uri"], farm, 1)) == [], "it was shipped"
    assert warned(packer, received(lot["uri"], farm, 2)) == [(0, "lot-on-hold"), (0, "not-shipped")]


def test_goods_that_nobody_shipped_or_has_are_flagged(packer, farm):
    uri = new_class()
    assert warned(farm, sold(uri, 30)) == [], "of goods of which nobody told how many there are none is missing"
    assert warned(farm, made(uri)) == []
    assert warned(packer, received(uri, farm, 20)) == [(0, "not-shipped")]
    captured(farm, document(shipped(uri, packer, 20), shipped(uri, packer, 30)))
    assert warned(packer, received(uri, farm, 30)) == [], "the first shipment is that of the first receipt"
    assert warned(farm, sold(uri, 21)) == [(0, "lot-short")]
    assert warned(farm, made(uri, 1, eventTime=ago(hours=29)), sold(uri, 2)) == [(1, "lot-short")]
    assert farm.stock(uri)["deficit"] == 2


# — the job —
def test_a_job_says_it_in_two_languages_beside_what_is_refused(district, packer):
    uri = new_class()
    captured(packer, document(made(uri)))
    bad = event(quantityList=[{"epcClass": uri, "quantity": -5}])
    over, key = sold(uri, 300), f'"{uuid7()}"'
    sent = document(bad, over)
    first = capture(packer, sent, GS1_Capture_Error_Behaviour="proceed", Idempotency_Key=key)
    job = job_of(packer, first)
    assert [each["instance"] for each in job["errors"]] == ["#/epcisBody/eventList/0"]
    assert packer.read(first.headers["location"], Accept_Language="en")[MEMBER] == [{"instance": "#/epcisBody/eventList/1", "event": id_of(over), "warning": "lot-short",
                                                                                     "title": "More went than the party is known to hold of the lot"}]
    assert job[MEMBER][0]["title"] == "发出或使用的数量超过已知该主体持有的数量"
    captured(packer, document(made(uri, 900, eventTime=ago(hours=29))))
    assert packer.read(first.headers["location"]) == job, "what it was stored with"
    again = capture(packer, sent, GS1_Capture_Error_Behaviour="proceed", Idempotency_Key=key)
    assert again.headers["location"] == first.headers["location"]
    assert job_of(packer, capture(packer, sent, GS1_Capture_Error_Behaviour="proceed"))[MEMBER] == job[MEMBER]


def test_a_job_that_was_answered_is_the_same_after_kills(new_service):
    service = new_service().start()
    party, answered = District(service).packer(), []

    def send(n):
        uri = new_class(f"K{n}")
        one, other = made(uri), made(uri)
        text, key = json.dumps(document(one, other)).encode(), f'"{uuid7()}"'
        try:
            reply = party.post("/epcis/capture", text, Idempotency_Key=key)
        except OSError:
            return text, key, None, id_of(one)
        return text, key, reply, id_of(one)

    for _ in range(3):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            sending = [pool.submit(send, n) for n in range(40)]
            concurrent.futures.wait(sending[:6], return_when=concurrent.futures.ALL_COMPLETED)
            service.process.kill()
            service.process.wait()
            answered += [each.result() for each in sending]
        service.start()
    assert any(reply for _, _, reply, _ in answered) and any(not reply for _, _, reply, _ in answered)
    for text, key, reply, first in answered:
        again = party.post("/epcis/capture", text, Idempotency_Key=key)
        assert again.status == 202 and (not reply or again.headers["location"] == reply.headers["location"])
        job = job_of(party, again)
        assert job["success"] and [each["warning"] for each in job[MEMBER]] == [f"likely-double {first}"]


# — what cannot hold goods —
def test_contents_of_what_is_goods_itself_are_told_and_not_kept(district, packer):
    uri, crate = new_class(), f"https://crates.example/{uuid7()}"
    case = new_class().split("/10/")[0] + "/21/CASE1"
    captured(packer, document(made(uri)))
    for action, expected in (("ADD", [(0, "not-contained")]), ("DELETE", [(0, "not-contained")]), ("OBSERVE", [])):
        assert warned(packer, aggregated(case, action, amount(uri, 10))) == expected, action
    assert warned(packer, aggregated(pallet(), "ADD", amount(uri, 10))) == []
    assert warned(packer, aggregated(pallet(), "ADD", epcs=[crate])) == []
    assert warned(packer, aggregated(crate, "ADD", amount(uri, 10))) == [(0, "not-contained")], "and so it was taken for goods"
    assert packer.stock(uri)["on_hand"] == 100
