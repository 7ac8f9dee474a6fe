# SPDX-License-Identifier: Apache-2.0
"""Single packs in records: what is done to one takes its lot's stock once, its page says what became of it, its code stays among
those who hold it."""
import json
import threading

import pytest
from conftest import ago, kg, line
from test_capture import epcis, event_of  # noqa: F401  (a fixture)
from test_item_codes import codes_of, issue
from test_units import sscc


def boxes(count):
    return {"value": str(count), "unit": "XPK"}


@pytest.fixture
def shop(district):
    return district.party("shop")


@pytest.fixture
def packs(packer):
    """A lot of 20 boxes with a code for each, in use."""
    packer.product("BOX", unit="XPK", packages=[{"unit": "XPK", "holds": {"value": "0.5", "unit": "KGM"}}])
    source = packer.record("harvest", ago(days=4), site="H1", product="SALAD", quantity=kg(20))["lots"][0]
    lot = packer.record("pack", ago(days=3), site="H1", inputs=[line(source, 10)], outputs=[{"product": "BOX", "quantity": boxes(20)}])["lots"][0]
    return lot, codes_of(packer, issue(packer, lot, 20, activate=True))


def has(party, lot):
    return float(party.stock(lot)["on_hand"])


def everything(district):
    """All that is stored, but for scans, which are written when they have gathered."""
    return {table: rows for table, rows in district.service.snapshot().items() if table not in ("code_scan", "lot_scan")}


def page(district, code):
    return district.public.read(f"/t/{code}", Accept="application/json")


# — sold once —
def test_a_pack_that_is_sold_is_told_on_its_page_and_leaves_its_lots_stock(district, packer, packs, epcis):
    lot, codes = packs
    at = ago(hours=3)
    sold = packer.record("sell", at, items=[codes[0], codes[1]], channel="market")
    event = event_of(packer, epcis, sold)
    assert [uri.rsplit("/", 1)[1] for uri in event["epcList"]] == codes[:2] and event["farmtrail:itemsNamed"] == 2
    assert event["epcList"][0] == f"{lot['uri']}/s/{codes[0]}"
    assert event["quantityList"] == [{"epcClass": lot["uri"], "quantity": 2, "uom": "XPK"}]
    record = packer.read(f"/v1/events/{sold['event']}")["record"]
    assert record["items"] == event["epcList"] and "lots" not in record
    assert has(packer, lot) == 18
    answer = page(district, codes[0])["item"]
    assert answer["soldAt"].startswith(at[:2]) and answer["sellerEn"] == f"Party {packer.number}"
    assert district.public.read(f"/v1/codes/{codes[0]}")["soldAt"] == answer["soldAt"]
    html = district.public.get(f"/t/{codes[0]}", Accept="text/html").body.decode()
    assert f"主体{packer.number}" in html and "售出" in html
    assert "soldAt" not in page(district, codes[2])["item"]
    assert "sellerEn" not in district.public.read(f"/t/{codes[0]}?tier=township", Accept="application/json")["item"]


def test_a_pack_is_sold_once(district, packer, packs):
    lot, codes = packs
    packer.record("sell", ago(hours=3), items=[codes[0]])
    for type_, more in (("sell", {}), ("ship", {"to": district.party("shop").number}), ("destroy", {"reason": "x"}), ("store", {})):
        before = everything(district)
        reply = packer.refuse(type_, ago(hours=2), items=[codes[1], codes[0]], **more)
        assert reply.problem() == "item-gone" and reply.pointer() == "/items/1", reply
        assert "sold" in reply.json()["detail"] and everything(district) == before
    reply = packer.refuse("sell", ago(hours=2), items=[codes[3], codes[3]])
    assert reply.problem() == "field-range" and reply.pointer() == "/items/1"
    assert has(packer, lot) == 19


def test_of_two_who_sell_a_pack_at_once_one_does(packer, packs):
    lot, codes = packs
    replies = []

    def sell():
        replies.append(packer.post("/v1/events", {"type": "sell", "time": ago(hours=1), "items": [codes[0]]}))
    threads = [threading.Thread(target=sell) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [201] + [409] * 7
    assert {reply.problem() for reply in replies if reply.status == 409} == {"item-gone"}
    assert has(packer, lot) == 19


def test_a_sale_said_twice_under_one_id_is_one(packer, packs):
    from conftest import uuid7
    lot, codes = packs
    body = {"id": uuid7(), "type": "sell", "time": ago(hours=1), "items": [codes[0]]}
    first, again = packer.post("/v1/events", body), packer.post("/v1/events", body)
    assert (first.status, again.status) == (201, 200) and has(packer, lot) == 19


# — spellings and refusals —
def test_a_pack_is_named_by_code_page_and_uri(packer, packs):
    lot, codes = packs
    grouped = "-".join([codes[0][0:5], codes[0][5:9], codes[0][9:13], codes[0][13:]])
    for spelled, code in ((grouped.lower(), codes[0]), (f"https://any.example/t/{codes[1]}", codes[1]),
                          (f"{lot['uri']}/s/{codes[2]}", codes[2])):
        sold = packer.record("sell", ago(hours=1), items=[spelled])
        assert packer.read(f"/v1/events/{sold['event']}")["epcis"]["epcList"][0].endswith(code)
    for wrong in (f"{lot['uri']}x/s/{codes[3]}", codes[3][:-1] + ("0" if codes[3][-1] != "0" else "1"), "K000000000000000A", "nonsense", lot["code"]):
        reply = packer.refuse("sell", ago(hours=1), items=[wrong])
        assert reply.problem() == "not-known-yet" and reply.pointer() == "/items/0", wrong


def test_a_pack_of_a_lot_with_a_gtin_is_an_sgtin(packer, epcis):
    packer.product("GBOX", unit="XPK", gtin="06901234700015", packages=[{"unit": "XPK", "holds": {"value": "1", "unit": "KGM"}}])
    lot = packer.record("harvest", ago(days=4), site="H1", product="GBOX", quantity=boxes(5))["lots"][0]
    code = issue(packer, lot, 1, activate=True)["code"]
    urn = f"urn:epc:id:sgtin:6901234.070001.{code}"
    for spelled in (f"https://id.gs1.org/01/06901234700015/21/{code}",):
        sold = packer.record("sell", ago(hours=1), items=[spelled])
        assert event_of(packer, epcis, sold)["epcList"] == [f"https://id.gs1.org/01/06901234700015/21/{code}"]
    assert packer.refuse("sell", ago(hours=1), items=[urn]).problem() == "item-gone"
    assert packer.refuse("sell", ago(hours=1), items=[f"(01)06901234700015(21){code}"]).problem() == "item-gone"
    assert packer.refuse("sell", ago(hours=1), items=[f"https://id.gs1.org/01/06901234700015/10/{lot['number']}/21/{code}"]).problem() == "item-gone"
    assert packer.refuse("sell", ago(hours=1), items=[f"https://id.gs1.org/01/06901234567908/21/{code}"]).status in (409, 422)


def test_how_much_a_pack_is_was_said_when_its_code_was_issued(packer, farm):
    lot = farm.harvest(10, lot="W1")
    unsaid = issue(farm, lot, 1, activate=True)["code"]
    reply = farm.refuse("sell", ago(hours=1), items=[unsaid])
    assert reply.problem() == "item-unmeasured" and reply.pointer() == "/items/0"
    said = issue(farm, lot, 2, activate=True, quantity={"value": "500", "unit": "g"})
    sold = farm.record("sell", ago(hours=1), items=codes_of(farm, said))
    assert has(farm, lot) == 9
    assert farm.read(f"/v1/events/{sold['event']}")["epcis"]["quantityList"][0]["quantity"] == 1
    other = issue(farm, lot, 1, activate=True, quantity={"value": "1", "unit": "LTR"})["code"]
    assert farm.refuse("sell", ago(hours=1), items=[other]).problem() == "unit-dimension"
    assert farm.post("/v1/codes", {"kind": "item", "lot": lot["id"], "quantity": {"value": "1", "unit": "?"}}).pointer() == "/quantity/unit"
    assert farm.post("/v1/codes", {"kind": "lot", "lot": lot["id"], "quantity": kg(1)}).pointer() == "/quantity"
    farm.record("inspect", ago(hours=1), items=[unsaid])


def test_a_withdrawn_code_is_not_sold_and_one_not_in_use_is_with_a_warning(packer, packs):
    lot, codes = packs
    packer.post("/v1/codes:void", {"codes": [codes[0]]})
    assert packer.refuse("sell", ago(hours=1), items=[codes[0]]).problem() == "item-voided"
    idle = issue(packer, lot, 1)["code"]
    assert packer.record("sell", ago(hours=1), items=[idle])["warnings"] == ["item-not-activated"]


def test_a_stranger_sells_no_pack_and_learns_nothing(district, packer, packs):
    stranger = district.party("shop")
    reply = stranger.refuse("sell", ago(hours=1), items=[packs[1][0]])
    assert reply.problem() == "not-known-yet"


def test_more_packs_than_there_is_stock_are_short(packer, packs):
    lot, codes = packs
    packer.record("sell", ago(hours=2), lots=[line(lot, boxes(19))])
    reply = packer.refuse("sell", ago(hours=1), items=codes[:2])
    assert reply.problem() == "lot-short" and reply.pointer() == "/items/0"
    packer.record("sell", ago(hours=1), items=codes[:1])


# — from hand to hand —
def test_packs_go_from_hand_to_hand_and_come_back(district, packer, shop, packs):
    lot, codes = packs
    sent = packer.record("ship", ago(hours=9), items=codes[:4], to=shop.number)
    assert packer.refuse("sell", ago(hours=8), items=[codes[0]]).problem() == "not-known-yet", "the shop has it"
    shop.record("receive", ago(hours=8), shipment=sent["shipment"])
    shop.record("sell", ago(hours=7), items=codes[:2])
    assert has(shop, lot) == 2
    back = shop.record("return", ago(hours=6), items=[codes[0]], reason="坏了")
    event = shop.read(f"/v1/events/{back['event']}")["epcis"]
    assert event["bizStep"] == "receiving" and event["disposition"] == "returned" and "destinationList" not in event
    assert has(shop, lot) == 3 and "soldAt" not in page(district, codes[0])["item"]
    assert shop.refuse("return", ago(hours=6), items=[codes[1]], to=packer.number, reason="x").pointer() == "/to"
    shop.record("sell", ago(hours=5), items=[codes[0]])
    home = shop.record("return", ago(hours=4), items=[codes[2]], reason="x")
    packer.record("receive", ago(hours=3), shipment=home["shipment"])
    packer.record("sell", ago(hours=2), items=[codes[2]])
    assert (has(shop, lot), has(packer, lot)) == (1, 16)


def test_a_lot_whose_sold_packs_all_came_back_is_returned_until_one_is_sold_again(district, packer, packs):
    lot, codes = packs
    packer.record("sell", ago(hours=9), items=codes[:5])
    packer.record("return", ago(hours=8), items=codes[:4], reason="damaged")
    assert page(district, codes[6])["verdict"] == "registered", "one is with a customer"
    packer.record("return", ago(hours=7), items=codes[4:5], reason="damaged")
    assert page(district, codes[6])["verdict"] == "returned" and has(packer, lot) == 20
    packer.record("sell", ago(hours=6), items=codes[:1])
    assert page(district, codes[6])["verdict"] == "registered"


def test_a_receipt_counts_packs(packer, shop, packs):
    lot, codes = packs
    sent = packer.record("ship", ago(hours=9), items=codes[:4], to=shop.number)
    shop.record("receive", ago(hours=8), shipment=sent["shipment"], items=codes[:3])
    assert has(shop, lot) == 3
    shop.record("receive", ago(hours=7), items=[codes[5]], **{"from": packer.number})
    assert has(shop, lot) == 4 and has(packer, lot) == 15


def test_packs_are_used_up_and_destroyed(packer, packs, epcis):
    lot, codes = packs
    made = packer.record("process", ago(hours=5), site="H1", items=codes[:4], outputs=[{"product": "SALAD", "quantity": kg(2)}])
    event = event_of(packer, epcis, made)
    assert len(event["inputEPCList"]) == 4 and event["inputQuantityList"] == [{"epcClass": lot["uri"], "quantity": 4, "uom": "XPK"}]
    assert packer.read(f"/v1/events/{made['event']}")["record"]["items"] == event["inputEPCList"]
    trail = packer.read(f"/v1/lots/{made['lots'][0]['id']}/trail")
    assert [step["type"] for step in trail["steps"]] == ["harvest", "pack", "process"]
    packer.record("destroy", ago(hours=4), items=[codes[4]], reason="x")
    for code in (codes[0], codes[4]):
        assert packer.refuse("sell", ago(hours=3), items=[code]).problem() == "item-gone"
    reply = packer.refuse("mix", ago(hours=2), inputs=[line(lot, boxes(1))], items=[codes[5]], outputs=[{"product": "SALAD", "quantity": kg(1)}])
    assert reply.problem() == "field-range" and reply.pointer() == "/items/0"
    assert has(packer, lot) == 15


def test_packs_are_looked_at_held_and_stored(district, packer, packs):
    lot, codes = packs
    packer.record("store", ago(hours=5), site="H1", items=codes[:2])
    authority = district.party("authority")
    district.admin.record("inspect", ago(hours=4), party=authority.number, items=[codes[0]], findings=["ok"])
    district.admin.record("hold", ago(hours=4), party=authority.number, items=[codes[0]], reason="x")
    assert page(district, codes[1])["verdict"] == "on_hold"
    assert packer.refuse("sell", ago(hours=3), items=[codes[1]]).problem() == "lot-on-hold"
    district.admin.record("release", ago(hours=2), party=authority.number, items=[codes[0]], reason="x")


# — in units —
def test_a_pack_goes_with_the_crate_that_it_is_in(packer, shop, packs, epcis):
    lot, codes = packs
    unit = f"https://id.gs1.org/00/{sscc()}"
    loaded = packer.record("load", ago(hours=9), unit=unit, contents=[line(lot, boxes(2)), {"item": codes[0]}, {"item": codes[1]}])
    event = event_of(packer, epcis, loaded)
    assert [uri.rsplit("/", 1)[1] for uri in event["childEPCs"]] == codes[:2] and len(event["childQuantityList"]) == 3
    contents = packer.read(f"/v1/events/{loaded['event']}")["record"]["contents"]
    assert [next(k for k in c if k != "quantity") for c in contents] == ["lot", "item", "item"]
    packer.record("unload", ago(hours=8), unit=unit, contents=[{"item": codes[1]}])
    assert packer.refuse("unload", ago(hours=8), unit=unit, contents=[{"item": codes[1]}]).pointer() == "/contents/0/item"
    sent = packer.record("ship", ago(hours=7), units=[unit], to=shop.number)
    assert has(packer, lot) == 17
    assert packer.refuse("sell", ago(hours=6), items=[codes[0]]).problem() == "not-known-yet"
    shop.record("receive", ago(hours=6), shipment=sent["shipment"])
    shop.record("sell", ago(hours=5), units=[unit])
    assert shop.refuse("sell", ago(hours=4), items=[codes[0]]).problem() == "item-gone"


# — what is in a crate goes in —
def test_what_a_crate_holds_at_the_time_goes_into_a_transformation(packer, packs, epcis):
    lot, codes = packs
    crate, pallet = (f"https://id.gs1.org/00/{sscc()}" for _ in range(2))
    packer.record("load", ago(hours=9), unit=crate, contents=[line(lot, boxes(2)), {"item": codes[0]}])
    packer.record("load", ago(hours=8), unit=pallet, contents=[{"unit": crate}, line(lot, boxes(3))])
    packer.record("unload", ago(hours=7), unit=pallet, contents=[line(lot, boxes(1))])
    packer.record("load", ago(hours=4), unit=crate, contents=[line(lot, boxes(4))])
    made = packer.record("process", ago(hours=6), site="H1", units=[pallet], items=[codes[1]], outputs=[{"product": "SALAD", "quantity": kg(3)}])
    event = event_of(packer, epcis, made)
    assert event["inputEPCList"][0] == pallet and event["inputQuantityList"] == [{"epcClass": lot["uri"], "quantity": 6, "uom": "XPK"}]
    record = packer.read(f"/v1/events/{made['event']}")["record"]
    assert record["units"] == [pallet] and len(record["items"]) == 1 and "inputs" not in record
    assert has(packer, lot) == 14 and packer.refuse("sell", ago(hours=5), items=[codes[0]]).problem() == "item-gone"
    again = packer.refuse("process", ago(hours=5), site="H1", units=[crate], outputs=[{"product": "SALAD", "quantity": kg(1)}])
    assert again.problem() == "field-range" and again.pointer() == "/units/0", "it is empty until it was loaded again"
    packer.record("process", ago(hours=3), site="H1", units=[crate], outputs=[{"product": "SALAD", "quantity": kg(2)}])
    assert has(packer, lot) == 10
    packer.record("correct", ago(), event=made["event"], reason="x")
    assert has(packer, lot) == 16
    packer.record("sell", ago(hours=5), units=[pallet])
    assert packer.stock(lot)["sold"] == 5, "the pack too"


def test_a_load_recorded_late_ends_where_its_crate_was_emptied(packer, packs):
    lot, codes = packs
    crate = f"https://id.gs1.org/00/{sscc()}"
    packer.record("load", ago(hours=9), unit=crate, contents=[line(lot, boxes(2))])
    packer.record("process", ago(hours=6), site="H1", units=[crate], outputs=[{"product": "SALAD", "quantity": kg(1)}])
    packer.record("load", ago(hours=8), unit=crate, contents=[line(lot, boxes(1))])
    assert packer.refuse("ship", ago(hours=5), units=[crate], to=packer.district.party("shop").number).pointer() == "/units/0"


# — corrections —
def test_a_correction_gives_the_pack_back(district, packer, packs):
    lot, codes = packs
    sold = packer.record("sell", ago(hours=5), items=codes[:2])
    record = packer.read(f"/v1/events/{sold['event']}")["record"]
    record["items"] = record["items"][1:]
    fixed = packer.record("correct", ago(), event=sold["event"], reason="x", replacement=record)
    assert has(packer, lot) == 19 and "soldAt" not in page(district, codes[0])["item"] and "soldAt" in page(district, codes[1])["item"]
    packer.record("sell", ago(hours=4), items=[codes[0]])
    reply = packer.refuse("correct", ago(), event=fixed["replacement"]["event"], reason="x", replacement={**record, "items": [codes[0]]})
    assert reply.problem() == "item-gone" and reply.pointer() == "/replacement/items/0"
    assert packer.refuse("sell", ago(hours=4), items=[codes[1]]).problem() == "item-gone", "nothing of the refused correction is left"
    packer.record("correct", ago(), event=fixed["replacement"]["event"], reason="x")
    packer.record("sell", ago(hours=3), items=[codes[1]])
    assert has(packer, lot) == 18


def test_a_shipment_by_crate_that_did_not_happen_leaves_its_packs(packer, shop, packs):
    lot, codes = packs
    unit = f"https://id.gs1.org/00/{sscc()}"
    packer.record("load", ago(hours=9), unit=unit, contents=[{"item": codes[0]}])
    sent = packer.record("ship", ago(hours=8), units=[unit], to=shop.number)
    packer.record("correct", ago(), event=sent["event"], reason="x")
    packer.record("sell", ago(hours=7), items=[codes[0]])
    assert has(packer, lot) == 19


# — who may know —
def test_codes_of_packs_stand_in_no_public_proof(district, packer, packs):
    lot, codes = packs
    sold = packer.record("sell", ago(hours=3), items=[codes[0]])
    bundle = district.public.get(f"/t/{lot['code']}/proofs").body.decode()
    proof = district.public.read(f"/v1/events/{sold['event']}/proof")
    trail = district.public.get(f"/t/{lot['code']}", Accept="application/json").body.decode()
    for text in (bundle, json.dumps(proof), trail):
        assert codes[0] not in text
    assert sold["event"] in bundle and '"epcList":[]' in proof["view"]
    assert codes[0] in json.dumps(packer.read(f"/v1/events/{sold['event']}/proof"))


def test_a_packs_code_leads_to_the_proofs_of_its_lot(district, packer, packs):
    lot, codes = packs
    of_lot, of_pack = (json.loads(district.public.get(f"/t/{code}/proofs?tier=township").body) for code in (lot["code"], codes[0]))
    assert of_pack["trail"]["lot"] == of_lot["trail"]["lot"] and of_pack["trail"]["tier"] == "township"
    assert of_pack["lot"] == lot["uri"] and len(of_pack["steps"]) == len(of_lot["steps"]) and codes[0] not in json.dumps(of_pack)
    done = district.service.farmtrail("verify", f"http://127.0.0.1:{district.service.port}/t/{codes[0]}", check=False)
    assert done.returncode == 0, done
    wrong = codes[0][:-1] + ("0" if codes[0][-1] != "0" else "1")
    assert district.public.get(f"/t/{wrong}/proofs").status == 404


def test_a_sale_whose_record_was_erased_stays_a_sale(district, packer, packs):
    """Its codes stood in what was erased; that the packs are gone stays, and the recount takes it for said."""
    lot, codes = packs
    sold = packer.record("sell", ago(hours=3), items=[codes[0]], note="who bought it")
    reply = district.admin.post(f"/v1/events/{sold['event']}/erase", {"reason": "request"})
    assert reply.status == 200, reply
    assert packer.refuse("sell", ago(hours=2), items=[codes[0]]).problem() == "item-gone"
    assert has(packer, lot) == 19 and "soldAt" in page(district, codes[0])["item"]
    code, said = district.service.recount()
    assert code == 0, said


def test_a_pack_named_twice_leaves_its_crate_once(packer, packs):
    _, codes = packs
    crate = sscc()
    packer.record("load", ago(hours=3), unit=crate, contents=[{"item": codes[0]}, {"item": codes[1]}])
    reply = packer.post("/v1/events", {"type": "unload", "time": ago(hours=2), "unit": crate, "contents": [{"item": codes[0]}, {"item": codes[0]}]})
    assert reply.status == 422 and reply.problem() == "field-range" and reply.pointer() == "/contents/1/item", reply
    packer.record("unload", ago(hours=2), unit=crate, contents=[{"item": codes[0]}])
