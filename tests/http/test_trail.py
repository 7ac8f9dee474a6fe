# SPDX-License-Identifier: Apache-2.0
"""The trail of a lot: origins with exact shares, steps, verdict, gaps; in public by its code, for those who may see it by
its id; kept, cached, and always current."""
import datetime
import json
import threading
from fractions import Fraction

import pytest
from auditor import wait_until_logged
from conftest import CHINA, OTHER_TOWNSHIP, TOWNSHIP, Party, ago, kg, line, uuid7
from service import Api, wait_for

FAR_TOWNSHIP = "500101001"  # in Wanzhou
DISTRICT = "500X01"  # holds TOWNSHIP today
JSON = {"Accept": "application/json"}


def public(district, lot, **query):
    tail = "".join(f"{'&' if i else '?'}{k}={v}" for i, (k, v) in enumerate(query.items()))
    return district.public.read(f"/t/{lot['code']}{tail}", **JSON)


def shares(trail):
    """Exact and printed shares by lot number; both must sum to one with the rest."""
    exact = {o["lotNumber"]: Fraction(o["shareExact"]) for o in trail["origins"]}
    printed = sum(Fraction(o["share"]) for o in trail["origins"]) + Fraction(trail["rest"]["share"])
    assert printed == 1, trail["origins"]
    if not trail["rest"]["count"]:
        assert sum(exact.values()) == 1
    return exact


def types(trail):
    return [step["type"] for step in trail["steps"]]


@pytest.fixture
def mixed(district, packer):
    """62 kg of one farm and 38 kg of another, shipped to a packer and packed into one lot."""
    farms, lots = [district.farm(), district.farm(OTHER_TOWNSHIP)], []
    for farm, value in zip(farms, (62, 38)):
        lot = farm.harvest(value, lot=f"H{value}")
        packer.receive(farm.ship(packer, line(lot, value)))
        lots.append(lot)
    packed = packer.record("pack", ago(hours=6), site="H1", inputs=[line(lot, v) for lot, v in zip(lots, (62, 38))],
                           outputs=[{"product": "SALAD", "lot": "S1", "quantity": kg(100)}])["lots"][0]
    return farms, lots, packed


# — what it tells —
def test_a_mixed_lot_has_the_exact_shares_of_its_origins(district, mixed):
    farms, lots, packed = mixed
    trail = public(district, packed)
    assert shares(trail) == {"H62": Fraction(31, 50), "H38": Fraction(19, 50)}
    assert [o["share"] for o in trail["origins"]] == ["0.6200", "0.3800"], "the largest first"
    assert trail["originCount"] == 2 and trail["rest"] == {"count": 0, "share": "0"}
    assert trail["verdict"] == "registered" and trail["tier"] == "farm" and trail["checkpoint"] is None
    origin = trail["origins"][0]
    assert origin["township"]["code"] == TOWNSHIP and origin["district"]["code"] == DISTRICT
    assert origin["province"]["code"] == "500000" and "city" not in origin, "Chongqing has no city level"
    assert origin["farm"]["name"] == "地点P1" and origin["party"]["id"] == farms[0].id
    assert origin["harvested"] == ago(days=2)[:10]
    assert {g["kind"] for g in origin["gaps"]} == {"certificate", "test"} and origin["certificates"] == []


def test_steps_stand_in_the_order_of_time_and_name_only_lots_of_this_trail(district, mixed, packer):
    _, lots, packed = mixed
    trail = public(district, packed)
    assert types(trail) == ["harvest", "harvest", "ship", "ship", "receive", "receive", "pack"]
    pack = trail["steps"][-1]
    assert [(i["lot"], i["share"]) for i in pack["inputs"]] == [(lots[0]["id"], "0.6200"), (lots[1]["id"], "0.3800")]
    assert [o["lot"] for o in pack["outputs"]] == [packed["id"]]
    assert pack["party"]["id"] == pack["recordedBy"]["id"] == packer.id and pack["place"]["kind"] == "packhouse"
    assert pack["proof"]["href"] == f"/v1/events/{pack['event']}/proof"
    proof = district.public.read(pack["proof"]["href"])
    assert proof["statement"], "the proof that a step names is public"
    ship = next(s for s in trail["steps"] if s["type"] == "ship")
    assert ship["to"]["id"] == packer.id
    recorded = [s["recordedAt"] for s in sorted(trail["steps"], key=lambda s: s["recordedAt"])]
    assert len(set(recorded)) == len(recorded), "times of recording are all different"


def test_the_public_form_says_no_kilograms_but_what_the_pack_says(district, mixed):
    trail = public(district, mixed[2])
    assert trail["lot"]["quantity"] == {"value": "100", "unit": "KGM"}
    flows = [f for s in trail["steps"] for f in s["inputs"] + s["outputs"]]
    assert flows and all("quantity" not in f for f in flows)


def test_who_may_see_the_lot_is_told_quantities(district, mixed, packer):
    trail = packer.read(f"/v1/lots/{mixed[2]['id']}/trail")
    pack = trail["steps"][-1]
    assert sorted(i["quantity"]["value"] for i in pack["inputs"]) == ["38", "62"] and pack["outputs"][0]["quantity"] == kg(100)


def test_other_customers_of_an_origin_are_no_part_of_the_trail(district, packer):
    farm, other = district.farm(), district.packer()
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 60)))
    farm.ship(other, line(lot, 30))
    farm.record("sell", ago(hours=3), lots=[line(lot, 10)])
    packed = packer.record("pack", ago(hours=2), site="H1", inputs=[line(lot, 60)],
                           outputs=[{"product": "SALAD", "quantity": kg(60)}])["lots"][0]
    trail = public(district, packed)
    assert types(trail) == ["harvest", "ship", "receive", "pack"]
    assert other.id not in str(trail)
    assert types(public(district, lot)).count("ship") == 2, "of the lot itself all is told"


def test_what_was_done_on_the_plot_before_the_harvest_is_told(district):
    farm = district.farm()
    farm.record("treat", ago(days=200), site="P1", product="太早", active=["alpha"])
    farm.record("plant", ago(days=40), site="P1")
    farm.record("treat", ago(days=20), site="P1", product="试验乳油", active=["beta", "gamma"], dose="20 mL")
    lot = farm.harvest(10, time=ago(days=1))
    farm.record("treat", ago(hours=2), site="P1", product="之后", active=["delta"])
    trail = public(district, lot)
    assert types(trail) == ["plant", "treat", "harvest"]
    assert trail["steps"][1]["used"] == {"product": "试验乳油", "active": ["beta", "gamma"]}
    assert trail["steps"][0]["place"]["name"] == "地点P1"


@pytest.mark.parametrize("mode, words", [("paper", "entered from a paper record"), ("import", "imported from other records"), ("field", None)])
def test_how_a_record_was_entered_is_told_as_far_as_it_is_proved(district, mode, words):
    """The device and its clock are in the full view alone."""
    farm = district.farm()
    lot = farm.harvest(10, time=ago(days=3), entryMode=mode, device="phone of Wang", deviceTime=ago(days=3, minutes=2))
    told = None if mode == "field" else mode
    for tier in ("farm", "township", "district"):
        step = public(district, lot, tier=tier)["steps"][-1]
        assert (step["type"], step.get("entryMode")) == ("harvest", told)
        view = district.public.read(f"{step['proof']['href']}?tier={tier}")["view"]
        assert json.loads(view)["farmtrail:entryMode"] == mode
        page = district.public.get(f"/t/{lot['code']}?tier={tier}", Accept="text/html", **{"Accept-Language": "en"}).body.decode()
        for shown in (view, page, json.dumps(step)):
            assert "deviceTime" not in shown and "Wang" not in shown
        assert " · 3 days after it was done" in page
        assert [w for w in ("entered from a paper record", "imported from other records") if w in page] == ([words] if words else [])


def test_a_lot_split_and_mixed_again_is_one_origin(district, packer):
    farm = district.farm()
    lot = farm.harvest(100)
    packer.receive(farm.ship(packer, line(lot, 100)))
    halves = packer.record("split", ago(hours=8), site="H1", inputs=[line(lot, 100)], outputs=[
        {"product": "SALAD", "quantity": kg(40)}, {"product": "SALAD", "quantity": kg(60)}])["lots"]
    whole = packer.record("mix", ago(hours=7), site="H1", inputs=[line(halves[0], 40), line(halves[1], 60)],
                          outputs=[{"product": "SALAD", "quantity": kg(100)}])["lots"][0]
    trail = public(district, whole)
    assert list(shares(trail).values()) == [1] and trail["originCount"] == 1
    assert trail["origins"][0]["shareExact"] == "1" and trail["origins"][0]["share"] == "1.0000"


def test_three_equal_parts_round_to_exactly_one(district, packer):
    lots = []
    for _ in range(3):
        farm = district.farm()
        lots.append(farm.harvest(1))
        packer.receive(farm.ship(packer, line(lots[-1], 1)))
    packed = packer.record("pack", ago(hours=1), site="H1", inputs=[line(lot, 1) for lot in lots],
                           outputs=[{"product": "SALAD", "quantity": kg(3)}])["lots"][0]
    trail = public(district, packed)
    assert {o["shareExact"] for o in trail["origins"]} == {"1/3"}
    assert sorted(o["share"] for o in trail["origins"]) == ["0.3333", "0.3333", "0.3334"]


# — tiers —
def test_a_coarser_tier_merges_origins_and_never_asks_for_permission(district, packer):
    farms = [district.farm(), district.farm(), district.farm(FAR_TOWNSHIP)]
    lots = []
    for farm, value in zip(farms, (30, 20, 50)):
        lots.append(farm.harvest(value))
        packer.receive(farm.ship(packer, line(lots[-1], value)))
    packed = packer.record("pack", ago(hours=1), site="H1", inputs=[line(lot, v) for lot, v in zip(lots, (30, 20, 50))],
                           outputs=[{"product": "SALAD", "quantity": kg(100)}])["lots"][0]
    assert public(district, packed)["originCount"] == 3
    for tier, place in (("township", TOWNSHIP), ("district", DISTRICT)):
        for trail in (public(district, packed, tier=tier), district.admin.read(f"/v1/lots/{packed['id']}/trail?tier={tier}")):
            assert trail["tier"] == tier and trail["originCount"] == 2
            assert [o["shareExact"] for o in trail["origins"]] == ["1/2", "1/2"]
            assert place in {o[tier]["code"] for o in trail["origins"]}
            assert not any("farm" in o or "party" in o for o in trail["origins"])
    assert not any("township" in o for o in public(district, packed, tier="district")["origins"])


# — persons —
def test_names_of_persons_are_for_those_who_may_see_them(district):
    farm = district.party("family_farm", TOWNSHIP)
    person = district.admin.make("/v1/parties", {"number": district.number("P"), "kind": "family_farm", "region": TOWNSHIP,
                                                 "name": {"zh": "张三丰"}, "personal": True})
    plot = district.admin.make("/v1/sites", {"party": person["id"], "number": "P1", "kind": "plot", "personal": True,
                                             "name": {"zh": "张三丰家后院"}, "region": TOWNSHIP, "commodity": "vegetable"})
    district.admin.make("/v1/products", {"party": person["id"], "number": "V", "name": {"zh": "小白菜"},
                                         "commodity": "vegetable/leafy/pak-choi", "unit": "KGM"})
    lot = district.admin.record("harvest", ago(days=1), party=person["id"], site=plot["id"], product="V", quantity=kg(5))["lots"][0]
    trail = public(district, lot)
    page = district.public.get(f"/t/{lot['code']}", Accept="text/html").body.decode()
    assert "张三丰" not in str(trail) and "张三丰" not in page
    assert trail["origins"][0]["farm"]["withheld"] == "personal" and trail["lot"]["issuer"]["withheld"] == "personal"
    assert "张三丰" in str(district.inspector(DISTRICT).read(f"/v1/lots/{lot['id']}/trail"))
    assert farm.get(f"/v1/lots/{lot['id']}/trail").problem() == "not-found"
    shop = district.party("shop")
    sent = district.admin.record("ship", ago(hours=9), party=person["id"], lots=[line(lot, 5)], to=shop.number)
    shop.receive(sent["shipment"], time=ago(hours=8))
    held = shop.read(f"/v1/lots/{lot['id']}/trail")
    assert held["origins"][0]["farm"]["withheld"] == "personal" and "张三丰" not in str(held), "who bought it is told no more than anybody"
    own = Api(district.service, district.key(["read"], parties=[person["id"]]))
    assert "张三丰" in str(own.read(f"/v1/lots/{lot['id']}/trail"))


# — certificates —
def certificate(district, farm, **members):
    day = datetime.date.today()
    return district.admin.make("/v1/certificates", {
        "holder": farm.id, "scheme": "green", "number": district.number("LB-"),
        "validFrom": str(day - datetime.timedelta(days=100)), "validTo": str(day + datetime.timedelta(days=100)), **members})


def test_a_certificate_counts_for_the_product_and_days_that_it_names(district):
    farm = district.farm()
    other = farm.product("OTHER")
    product = district.admin.read(f"/v1/products?party={farm.id}&q=PAKCHOI")["items"][0]
    mine = certificate(district, farm, products=[product["id"]])
    certificate(district, farm, products=[other["id"]])
    past = str(datetime.date.today() - datetime.timedelta(days=50))
    certificate(district, farm, products=[product["id"]], validTo=past)
    trail = public(district, farm.harvest(10))
    assert [c["number"] for c in trail["origins"][0]["certificates"]] == [mine["number"]]
    assert {g["kind"] for g in trail["origins"][0]["gaps"]} == {"test"}
    elsewhere = public(district, farm.harvest(10, product="OTHER", time=ago(days=150)))
    assert elsewhere["origins"][0]["certificates"] == [], "never that of another time or lot"


def test_a_certificate_of_one_plot_does_not_cover_another(district):
    farm = district.farm()
    second = farm.site("P2", commodity="vegetable/leafy/pak-choi")
    product = district.admin.read(f"/v1/products?party={farm.id}&q=PAKCHOI")["items"][0]
    certificate(district, farm, products=[product["id"]], sites=[second["id"]])
    assert public(district, farm.harvest(10))["origins"][0]["certificates"] == []
    assert len(public(district, farm.harvest(10, site="P2"))["origins"][0]["certificates"]) == 1
    both = farm.record("harvest", ago(days=1), sites=["P1", "P2"], product="PAKCHOI", quantity=kg(3))["lots"][0]
    assert public(district, both)["origins"][0]["certificates"] == [], "half of it grew elsewhere"


def change(district, collection, id_, **changes):
    """Another version of what is registered."""
    made = district.admin.read(f"/v1/{collection}/{id_}")
    told = {"id", "version", "uri", "recordedAt", "statement"}
    if collection != "certificates":
        told |= {"number", "party", "validFrom"}
    body = {name: value for name, value in made.items() if name not in told}
    reply = district.admin.put(f"/v1/{collection}/{id_}", {**body, **changes}, **{"If-Match": f'"{made["version"]}"'})
    assert reply.status == 200, reply.body


# — the verdict —
def test_a_lot_beyond_its_shelf_life_is_expired(district):
    farm = district.farm()
    farm.product("FRESH", shelfLifeDays=3)
    assert public(district, farm.harvest(1, product="FRESH", time=ago(days=2)))["verdict"] == "registered"
    old = public(district, farm.harvest(1, product="FRESH", time=ago(days=5)))
    assert old["verdict"] == "expired"
    assert old["lot"]["expires"] == (datetime.datetime.now(CHINA) - datetime.timedelta(days=2)).date().isoformat()


def test_a_page_is_kept_until_the_first_of_its_lots_is_over(district):
    """And not a moment longer, for then it says another thing by itself. Whose last day ends first is one of the origins."""
    farm = district.farm()
    farm.product("FRESH", shelfLifeDays=1)
    farm.product("LASTING", shelfLifeDays=2)
    fresh, lasting = (farm.harvest(5, product=product, time=ago(days=1)) for product in ("FRESH", "LASTING"))
    mixed = farm.record("mix", ago(hours=1), inputs=[line(fresh, 5), line(lasting, 5)], outputs=[{"product": "PAKCHOI", "quantity": kg(10)}])["lots"][0]
    wait_until_logged(district.service, district.public)  # what is ahead of the published head is kept for seconds
    for lot, product in ((fresh, "FRESH"), (lasting, "LASTING"), (mixed, None)):
        shown = district.public.get(f"/t/{lot['code']}", Accept="application/json", Accept_Encoding="gzip")
        assert shown.status == 200
        ends = min(datetime.date.fromisoformat(district.public.read(f"/t/{each['code']}", Accept="application/json")["lot"]["expires"])
                   for each in ([lot] if product else [fresh, lasting]))
        over = datetime.datetime.combine(ends + datetime.timedelta(days=1), datetime.time(), CHINA)
        until = wait_for(lambda code=lot["code"]: district.service.rows("SELECT good_until FROM trail_summary WHERE code = %s", code))[0][0]
        assert until <= over, (product, until, over)


def test_what_keeps_longer_than_its_origins_is_not_expired_with_them(district, packer):
    farm = district.farm()
    farm.product("FRESH", shelfLifeDays=3)
    packer.product("PICKLE", shelfLifeDays=300)
    packer.product("PLAIN")
    packed = []
    for product, day in (("PICKLE", 9), ("PLAIN", 9), ("PICKLE", 1)):
        lot = farm.harvest(10, product="FRESH", time=ago(days=10))
        packer.receive(farm.ship(packer, line(lot, 10), time=ago(days=day, hours=3)), time=ago(days=day, hours=2))
        packed.append(packer.record("pack", ago(days=day), site="H1", inputs=[line(lot, 10)],
                                    outputs=[{"product": product, "quantity": kg(10)}])["lots"][0])
    assert [public(district, lot)["verdict"] for lot in packed] == ["registered", "expired", "expired"], \
        "without a shelf life of its own, and when it was spoilt already, the origin's decides"


@pytest.mark.parametrize("flags, verdict", [
    (1, "recalled"), (2, "on_hold"), (3, "recalled"), (4, "suspicious"), (8, "voided"), (16, "destroyed"), (32, "returned"), (62, "on_hold")])
def test_the_verdict_is_the_first_that_holds_of_the_lot_or_an_origin(district, mixed, flags, verdict):
    _, lots, packed = mixed
    public(district, packed)
    change = "UPDATE lot SET flags = %s, version = now() WHERE uri = %s RETURNING 1"
    district.service.rows(change, flags, lots[1]["uri"])
    assert district.admin.read(f"/v1/lots/{packed['id']}/trail")["verdict"] == verdict
    district.service.rows(change, 0, lots[1]["uri"])  # no record says so


# — always current —
def test_a_scan_after_an_answered_record_shows_it(district, packer):
    farm = district.farm()
    lot = farm.harvest(100, lot="L")
    assert public(district, lot)["lot"]["quantity"] == kg(100)
    for n in range(1, 6):
        farm.harvest(10, lot="L")
        assert len([t for t in types(public(district, lot)) if t == "harvest"]) == n + 1


def test_a_change_far_upstream_shows_on_what_was_made_of_it(district, packer):
    farm = district.farm()
    lot = farm.harvest(100, lot="L")
    packer.receive(farm.ship(packer, line(lot, 50)))
    packed = packer.record("pack", ago(hours=2), site="H1", inputs=[line(lot, 50)], outputs=[{"product": "SALAD", "quantity": kg(50)}])["lots"][0]
    assert types(public(district, packed)).count("harvest") == 1
    farm.harvest(10, lot="L")
    assert types(public(district, packed)).count("harvest") == 2


def test_what_is_recorded_late_of_a_plot_shows_on_what_was_made_of_its_harvest(district, mixed):
    farms, _, packed = mixed
    before = public(district, packed)
    farms[0].record("irrigate", ago(days=9), site="P1")
    assert types(public(district, packed)).count("irrigate") == types(before).count("irrigate") + 1


def test_scans_while_records_come_in_are_never_older_than_an_answer(district):
    farm = district.farm()
    lot = farm.harvest(1, lot="L")
    answered, wrong, stop = [1], [], threading.Event()

    def scan():
        while not stop.is_set():
            before = answered[0]
            seen = types(public(district, lot)).count("harvest")
            if seen < before:
                wrong.append((seen, before))

    threads = [threading.Thread(target=scan) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(60):
        farm.harvest(1, lot="L")
        answered[0] += 1
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_kept_trail_outlives_the_memory_and_is_checked(district, new_service):
    service = new_service(TRAIL_CACHE=0).start()
    from conftest import District
    quiet = District(service)
    farm = quiet.farm()
    lot = farm.harvest(5, lot="L")
    first = public(quiet, lot)
    assert service.rows("SELECT count(*) FROM trail_summary")[0][0] == 1
    assert public(quiet, lot)["asOf"] == first["asOf"], "the kept one, as it was computed"
    farm.harvest(5, lot="L")
    assert public(quiet, lot)["asOf"] != first["asOf"] and len(public(quiet, lot)["steps"]) == 2
    service.stop()


# — as known then —
def test_as_of_tells_what_was_known_then(district, packer):
    farm = district.farm()
    first = farm.record("harvest", ago(days=3), site="P1", product="PAKCHOI", quantity=kg(10), lot="L")
    lot = first["lots"][0]
    known = public(district, lot)["steps"][0]["recordedAt"]
    farm.harvest(30, lot="L")
    late = farm.read(f"/v1/lots/{lot['id']}/trail?asOf={known}")
    assert types(late) == ["harvest"] and types(farm.read(f"/v1/lots/{lot['id']}/trail")) == ["harvest", "harvest"]
    assert farm.get(f"/v1/lots/{lot['id']}/trail?asOf=2026-01-01T00:00:00Z").problem() == "not-found"
    assert farm.get(f"/v1/lots/{lot['id']}/trail?asOf=2026-01-01T00:00:00").problem() == "time-naive"


def test_as_of_waits_for_what_is_being_recorded(service, district):
    """A record has its time before it is in the database: who asks as of now meanwhile is told of it, as later."""
    farm = district.farm()
    lot = farm.harvest(10)
    locker = service.cluster.connect(service.database)
    locker.autocommit = False
    locker.cursor().execute("LOCK TABLE event_thing IN SHARE MODE")  # read, yes; written, no
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'event_thing'::regclass"
    answers = {}
    recorder = threading.Thread(target=farm.record, args=("sell", ago(hours=1)), kwargs={"lots": [line(lot, 1)]})
    recorder.start()
    assert wait_for(lambda: service.value(waiting), 30)
    trail = f"/v1/lots/{lot['id']}/trail?asOf={datetime.datetime.now(CHINA).isoformat()}"
    reader = threading.Thread(target=lambda: answers.update(then=farm.read(trail)))
    reader.start()
    reader.join(0.5)
    locker.rollback()
    locker.close()
    recorder.join()
    reader.join()
    assert types(answers["then"]) == ["harvest", "sell"]
    answers["later"] = farm.read(trail)
    for answer in answers.values():
        answer.pop("checkpoint")  # is about now
    assert answers["later"] == answers["then"]


def test_as_of_tells_names_and_certificates_of_then(district):
    """The whole answer is the same whatever master data say later; what stands now is told by the trail of now."""
    farm = district.farm()
    lot = farm.harvest(10)
    site, product = (district.admin.read(f"/v1/{kind}?party={farm.id}")["items"][0] for kind in ("sites", "products"))
    stays = certificate(district, farm, products=[product["id"]])
    ends = certificate(district, farm, products=[product["id"]], sites=[site["id"]])
    then = f"/v1/lots/{lot['id']}/trail?asOf={ends['recordedAt']}"
    before, now = farm.read(then), public(district, lot)
    assert [c["number"] for c in before["origins"][0]["certificates"]] == [c["number"] for c in now["origins"][0]["certificates"]]
    change(district, "parties", farm.id, name={"zh": "后来的名字", "en": "Later name"}, kind="enterprise")
    change(district, "sites", site["id"], name={"zh": "后来的地块"}, kind="house")
    change(district, "products", product["id"], name={"zh": "后来的产品"})
    change(district, "certificates", stays["id"], validTo=str(datetime.date.today() - datetime.timedelta(days=50)))
    change(district, "certificates", ends["id"], state="revoked")
    certificate(district, farm, products=[product["id"]])
    assert farm.read(then) == before
    later = public(district, lot)
    assert later["origins"][0]["party"]["name"] == {"zh": "后来的名字", "en": "Later name"}
    assert later["lot"]["product"]["name"] == {"zh": "后来的产品"}
    assert len(later["origins"][0]["certificates"]) == 1
    assert "后来" in json.dumps(farm.read(f"/v1/lots/{lot['id']}/trail?asOf={later['asOf']}"), ensure_ascii=False)


def test_as_of_before_a_mix_has_the_shares_of_then(district, packer):
    lots = []
    for value in (10, 30):
        farm = district.farm()
        lots.append(farm.harvest(value, lot=f"H{value}"))
        packer.receive(farm.ship(packer, line(lots[-1], value)))
    mixed = packer.record("mix", ago(hours=5), site="H1", inputs=[line(lots[0], 10)], outputs=[{"product": "SALAD", "lot": "M", "quantity": kg(10)}])["lots"][0]
    then = public(district, mixed)["steps"][-1]["recordedAt"]
    packer.record("mix", ago(hours=4), site="H1", inputs=[line(lots[1], 30)], outputs=[{"product": "SALAD", "lot": "M", "quantity": kg(30)}])
    assert shares(public(district, mixed)) == {"H10": Fraction(1, 4), "H30": Fraction(3, 4)}
    assert shares(packer.read(f"/v1/lots/{mixed['id']}/trail?asOf={then}")) == {"H10": 1}
