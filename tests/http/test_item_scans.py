# SPDX-License-Identifier: Apache-2.0
"""The page behind a pack's own code: its state, its first scan and how often since; who is not counted; what is kept of whom;
what a stop, a second server and a lost database do to the counts."""
import concurrent.futures
import gzip
import re
import urllib.parse

import pytest
from conftest import FAR_TOWNSHIP, District, ago, line
from service import Cluster, Service, wait_for

PAGE = {"Accept": "text/html", "User-Agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0", "Accept-Language": "en"}
JSON = {"Accept": "application/json"}
FIRST = "This is the first time this code is scanned."


@pytest.fixture
def lot(farm):
    return farm.harvest(10, lot="L1")


def issue(party, lot, **members):
    return party.make("/v1/codes", {"kind": "item", "lot": lot["id"], "activate": True, **members})["code"]


def page(district, code, query="", **headers):
    return opened(district, f"/t/{code}{query}", **headers)


def opened(district, target, **headers):
    reply = district.public.get(target, **{**PAGE, **headers})
    assert reply.status == 200 and reply.headers["content-type"] == "text/html; charset=utf-8", reply
    body = gzip.decompress(reply.body) if reply.headers.get("content-encoding") == "gzip" else reply.body
    return body.decode()


def since(html):
    """How many times it was scanned since its first; None: this is the first."""
    found = re.search(r"about <b>(\d+)</b> times since", html)
    assert bool(found) != (FIRST in html)
    return int(found[1]) if found else None


def written(service, code):
    return service.rows("SELECT scans, first_at, day_scans, day_networks FROM code_scan WHERE code = %s", code)


def count_written(service, code):
    return sum(row[0] for row in written(service, code))


def scans(district, code):
    return district.public.read(f"/t/{code}", **JSON)["item"]["scans"]


# — counting —
def test_a_page_says_when_its_code_was_first_scanned_and_how_often_since(district, farm, lot):
    code = issue(farm, lot)
    grouped = "-".join((code[:5], code[5:9], code[9:13], code[13:]))
    first = page(district, code)
    assert since(first) is None and grouped in first and lot["number"] in first
    assert [since(page(district, code)) for _ in range(4)] == [1, 2, 3, 4]
    item = district.public.read(f"/t/{code}", **JSON)["item"]
    assert (item["code"], item["state"], item["scans"]) == (code, "activated", 5)
    assert wait_for(lambda: count_written(district.service, code) == 5), (written(district.service, code), district.service.log()[-3000:])
    assert district.public.read(f"/v1/codes/{code}")["scans"] == 5
    at = item["firstScannedAt"]
    assert at == district.public.read(f"/v1/codes/{code}")["firstScannedAt"]
    assert re.search(r"first scanned on <time datetime=\"" + "....-..-..T", page(district, code))


def test_packs_are_counted_each_alone(district, farm, lot):
    made = farm.make("/v1/codes", {"kind": "item", "lot": lot["id"], "activate": True, "count": 2})
    assert [since(page(district, made["code"])) for _ in range(3)] == [None, 1, 2]
    assert since(page(district, made["last"])) is None
    assert made["last"][5:9] not in page(district, made["code"])


def test_what_is_no_scan_is_not_counted(district, farm, lot):
    code = issue(farm, lot)
    assert since(page(district, code)) is None
    others = [{"User-Agent": agent} for agent in (
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Mozilla/5.0 (compatible; Baiduspider/2.0)",
        "Mozilla/5.0 (compatible; bingbot/2.0)", "facebookexternalhit/1.1", "Sogou web spider/4.0")]
    others += [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}]
    for headers in others:
        assert lot["number"] in page(district, code, **headers), "served all the same"
    for _ in range(3):
        head = district.public.exchange("HEAD", f"/t/{code}", None, PAGE)
        assert head.status == 200 and not head.body and int(head.headers["content-length"]) > 1000
        district.public.read(f"/t/{code}", **JSON)
        district.public.get(f"/v1/codes/{code}/qr.svg")
    assert since(page(district, code)) == 1
    page(district, code, **{"User-Agent": "Mozilla/5.0 (Linux; Android 10; CUBOT X30) Chrome/120"})
    assert scans(district, code) == 3


def test_a_pack_is_opened_by_every_name_that_it_has(district, farm, lot):
    """Its code, its URI, its lot's Digital Link with it as serial: one page, one count; and no other pack's name opens it."""
    gtin = "06901234567915"
    farm.product("SACK", gtin=gtin)
    coded = farm.harvest(4, product="SACK", lot="A-7")
    own, other = issue(farm, lot), farm.harvest(3, lot="L2")
    for it, named in ((coded, None), (lot, own)):
        made = farm.make("/v1/codes", {"kind": "item", "lot": it["id"], "activate": True, "count": 2})
        code, pair = made["code"], urllib.parse.urlsplit(made["uri"]).path
        assert made["uri"] == district.public.read(f"/v1/codes/{code}")["uri"]
        names = [pair, pair.lower() if it is coded else pair, f"/t/{code}"] + ([f"/01/{gtin}/10/A-7/21/{code}?17=270101"] if it is coded else [])
        told = [since(opened(district, name)) for name in names]
        assert told == [None, *range(1, len(names))]
        for name in names:
            answer = district.public.read(name, **JSON)
            assert (answer["item"]["code"], answer["lot"]["id"], answer["item"]["scans"]) == (code, it["id"], len(names)), name
            head = district.public.exchange("HEAD", name, None, PAGE)
            assert head.status == 200 and not head.body
            opened(district, name, **{"Sec-Purpose": "prefetch"})
            opened(district, name, **{"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"})
        assert scans(district, code) == len(names), "who is no scan is none by any name"
        assert farm.post("/v1/codes:void", {"codes": [made["last"]]}).status == 200
        assert district.public.read(pair.replace(code, made["last"]), **JSON)["verdict"] == "voided"
    wrong = own[:-1] + ("0" if own[-1] != "0" else "1")
    for name in (f"/01/{gtin}/21/{own}", f"/01/{gtin}/10/A-7/21/{own}", urllib.parse.urlsplit(other["uri"]).path + f"/s/{own}",
                 urllib.parse.urlsplit(lot["uri"]).path + f"/s/{wrong}", f"/01/{gtin}/10/A-7/21/{wrong}",
                 urllib.parse.urlsplit(lot["uri"]).path + "/s/12"):
        assert district.public.get(name, **JSON).problem() == "not-found", name
        assert district.public.get(name, **PAGE).status == 404
    assert district.public.read(f"/01/{gtin}/10/A-7/21/12", **JSON)["lot"]["id"] == coded["id"], "a maker's own serial names the lot"


def test_a_scan_waits_for_no_write_and_none_is_lost_at_a_stop(new_service):
    service = new_service().start()
    here = District(service)
    farm = here.farm()
    code = issue(farm, farm.harvest(3))
    locker = service.cluster.connect(service.database)
    locker.autocommit = False
    locker.cursor().execute("LOCK TABLE code_scan IN SHARE MODE")  # read, yes; written, no
    assert [since(page(here, code)) for _ in range(5)] == [None, 1, 2, 3, 4]
    assert not written(service, code)
    locker.rollback()
    locker.close()
    service.stop()
    assert written(service, code)[0][0] == 5
    service.start()
    assert since(page(here, code)) == 5
    service.stop()


def test_of_a_kill_only_the_unwritten_is_lost(new_service):
    service = new_service().start()
    here = District(service)
    farm = here.farm()
    code = issue(farm, farm.harvest(3))
    for _ in range(4):
        page(here, code)
    assert wait_for(lambda: count_written(service, code) == 4)
    first = here.public.read(f"/t/{code}", **JSON)["item"]["firstScannedAt"]
    page(here, code)
    service.process.kill()
    service.process.wait()
    service.start()
    after = here.public.read(f"/t/{code}", **JSON)["item"]
    assert after["scans"] in (4, 5) and after["firstScannedAt"] == first
    service.stop()


def test_scans_at_once_are_all_counted(district, farm, lot):
    code = issue(farm, lot)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(lambda _: page(district, code), range(200)))) == 200  # raises what was raised there
    wait_for(lambda: count_written(district.service, code) >= 200, 60)
    assert count_written(district.service, code) == 200, (scans(district, code), district.service.log()[-3000:])


def test_nothing_is_kept_of_who_scanned(new_service):
    service = new_service(BEHIND_PROXY="true").start()
    here = District(service)
    farm = here.farm()
    code = issue(farm, farm.harvest(3))
    for host in range(1, 4):
        page(here, code, **{"X-Forwarded-For": f"203.0.113.{host}"})
    assert wait_for(lambda: count_written(service, code) == 3), (written(service, code), service.log()[-3000:])
    assert bin(written(service, code)[0][3] & 2**64 - 1).count("1") == 1, "one network, one bit"
    text = str(service.rows("SELECT * FROM code_scan")) + service.log()
    assert "203.0.113" not in text and "MicroMessenger" not in text
    service.stop()


def test_a_code_seen_in_many_networks_is_suspicious(new_service):
    service = new_service(BEHIND_PROXY="true", COPY_NETWORKS="5").start()
    here = District(service)
    farm = here.farm()
    lot = farm.harvest(3)
    code, other = issue(farm, lot), issue(farm, lot)
    for network in range(30):
        page(here, code, **{"X-Forwarded-For": f"198.51.{network}.7"})
    copied = page(here, code)
    assert "Something is unusual about this code" in copied and since(copied) == 30
    assert here.public.read(f"/t/{code}", **JSON)["verdict"] == "suspicious"
    assert "Something is unusual" not in page(here, other)
    assert here.public.read(f"/t/{lot['code']}", **JSON)["verdict"] == "registered"
    assert wait_for(lambda: count_written(service, code) == 31, 60), (written(service, code), service.log()[-3000:])
    service.stop()
    service.start()
    assert here.public.read(f"/t/{code}", **JSON)["verdict"] == "suspicious", "known again after a start"
    service.stop()


def scanned(here, code, times, networks):
    for n in range(times):
        page(here, code, **{"X-Forwarded-For": f"198.51.{n % networks}.7"})


def alerts(api, rule):
    return [api.read(f"/v1/alerts/{row['id']}") for row in api.read(f"/v1/alerts?rule={rule}")["items"]]


def test_copies_raise_an_alert_and_one_shopper_does_not(new_service):
    """Two hundred scans from all over: the page says so, the inspectors of the farm's district and of the seller's have an alert, once,
    with counts and no address. One shopper who looks twenty times, and a shop that shows one pack all day, are nothing."""
    service = new_service(BEHIND_PROXY="true").start()
    here = District(service)
    farm, shop = here.farm(), here.party("shop", FAR_TOWNSHIP)
    shop.site("S1", "stall")
    lot = farm.harvest({"value": "20", "unit": "XPK"}, product=farm.product("BOX", unit="XPK")["number"])
    codes = [issue(farm, lot) for _ in range(3)]
    shop.receive(farm.ship(shop, line(lot, {"value": "10", "unit": "XPK"})))
    shop.record("sell", ago(hours=1), items=[codes[0]])
    scanned(here, codes[1], 20, 1)
    scanned(here, codes[2], 250, 1)
    scanned(here, codes[0], 200, 25)
    assert "Something is unusual about this code" in page(here, codes[0])
    origin, seller = here.inspector("500X01"), here.inspector("500109")
    assert wait_for(lambda: alerts(origin, "K01"), 60), service.log()[-3000:]
    for asker in (origin, seller):
        alert, = alerts(asker, "K01")
        assert (alert["code"], alert["severity"], alert["state"], alert["lots"]) == (codes[0], "high", "open", [lot["id"]])
        assert {(region["code"], region["role"]) for region in alert["regions"]} >= {(farm.region, "origin"), (shop.region, "found")}
        assert "networks" in alert["reason"]["en"] and any("scans from at least" in (e.get("words") or "") or "网络" in e["words"] for e in alert["evidence"])
        assert "198.51" not in str(alert)
    assert alerts(here.inspector("500101"), "K01") == [], "nothing to do with it"
    for other in codes[1:]:
        assert "Something is unusual" not in page(here, other, **{"X-Forwarded-For": "198.51.0.7"})
    assert here.public.read(f"/t/{lot['code']}", **JSON)["alerts"] == [], "one copied pack does not blacken its lot"
    scanned(here, codes[0], 40, 20)
    assert wait_for(lambda: count_written(service, codes[0]) == 241, 60)
    assert len(alerts(origin, "K01")) == 1
    # a person's word counts for more than the counters, both ways, and at once
    deeds = f"/v1/alerts/{alert['id']}/actions"
    assert origin.post(deeds, {"action": "close", "reason": "label_photo"}).status == 200
    assert "Something is unusual" not in page(here, codes[0])
    scanned(here, codes[0], 40, 20)
    assert wait_for(lambda: count_written(service, codes[0]) == 282, 60)
    service.stop()
    service.start()
    assert [a["state"] for a in alerts(origin, "K01")] == ["closed"] and "Something is unusual" not in page(here, codes[0])
    assert origin.post(deeds, {"action": "reopen"}).status == 200
    assert here.public.read(f"/t/{codes[0]}", **JSON)["verdict"] == "suspicious"
    service.rows("UPDATE code_scan SET day = day - 3, hour = hour - interval '3 days' WHERE code = %s RETURNING code", codes[0])
    service.stop()
    service.start()
    assert "Something is unusual" in page(here, codes[0]), "as long as the alert is open, not until midnight"
    assert "198.51" not in str(service.rows("SELECT * FROM alert") + service.rows("SELECT * FROM code_scan")) + service.log()
    service.stop()


def roll(party, lot, count=12, **members):
    made = party.make("/v1/codes", {"kind": "item", "lot": lot["id"], "count": count, **members})
    return [row.split(",")[1] for row in party.get(made["list"]).body.decode().splitlines()[1:]]


def shown(here, codes):
    for n, code in enumerate(codes):
        page(here, code, **{"X-Forwarded-For": f"198.51.{n}.7"})


def counted(service, number):
    return wait_for(lambda: service.rows("SELECT coalesce(sum(scans), 0)::int FROM code_scan")[0][0] == number, 60)


def test_labels_that_are_scanned_before_they_are_in_use_raise_an_alert(new_service):
    """A stolen roll is scanned once a label, by many: told of the lot. Who tries a roll in the packhouse is one network."""
    service = new_service(BEHIND_PROXY="true").start()
    here = District(service)
    farm = here.farm()
    stolen, tried = farm.harvest(30, lot="L1"), farm.harvest(30, lot="L2")
    for lot in (stolen, tried):
        farm.record("sell", ago(days=1), lots=[line(lot, 2)])
    inspector = here.inspector("500X01")
    for code in roll(farm, tried):
        page(here, code, **{"X-Forwarded-For": "198.51.1.7"})
    used = roll(farm, tried)
    farm.post("/v1/codes:activate", {"codes": used})
    codes = roll(farm, stolen)
    shown(here, used)
    shown(here, codes)
    assert wait_for(lambda: alerts(inspector, "K03"), 60), service.log()[-3000:]
    assert counted(service, 36)
    alert, = alerts(inspector, "K03")
    assert alert["lots"] == [stolen["id"]] and alert["code"] in codes and alert["severity"] == "high"
    assert "12 times when they were not in use" in alert["reason"]["en"]
    assert here.public.read(f"/t/{stolen['code']}", **JSON)["verdict"] == "registered"
    service.stop()


def test_packs_that_are_scanned_before_they_are_shipped_raise_an_alert_until_the_shipment_is_told(new_service):
    """Whichever comes first, the scans or the record that the goods had left: in the end there is the same open alert, or none."""
    service = new_service(BEHIND_PROXY="true").start()
    here = District(service)
    farm, shop = here.farm(), here.party("shop", FAR_TOWNSHIP)
    told, late, inside = (farm.harvest(30, lot=f"L{n}") for n in range(3))
    inspector = here.inspector("500X01")
    farm.ship(shop, line(told, 5), time=ago(hours=1))
    for lot in (told, late, inside):
        shown(here, roll(farm, lot, activate=True))
    assert counted(service, 36)
    assert wait_for(lambda: len(alerts(inspector, "K03")) == 2, 60), service.log()[-3000:]
    of = {alert["lots"][0]: alert for alert in alerts(inspector, "K03")}
    assert set(of) == {late["id"], inside["id"]}
    assert all("0 times when they were not in use" in alert["reason"]["en"] for alert in of.values())
    shipped = farm.record("ship", ago(hours=1), lots=[line(late, 5)], to=shop.number)
    def state(lot):
        return inspector.read(f"/v1/alerts/{of[lot['id']]['id']}")["state"]
    assert wait_for(lambda: state(late) == "closed", 60), service.log()[-3000:]
    closed = inspector.read(f"/v1/alerts/{of[late['id']]['id']}")["timeline"][-1]
    assert closed["action"] == "close" and closed["reason"] == "late_record"
    # it was not shipped after all; what a person closed stays closed
    deeds = f"/v1/alerts/{of[inside['id']]['id']}/actions"
    assert inspector.post(deeds, {"action": "close", "reason": "handled"}).status == 200
    assert farm.record("correct", ago(minutes=1), event=shipped["event"], reason="wrong lot")
    assert wait_for(lambda: state(late) == "open", 60), service.log()[-3000:]
    # a process that dies between a record and its judgement finds it at its next start
    service.stop()
    service.rows("UPDATE alert SET state = 'closed' WHERE id = %s RETURNING id", of[late["id"]]["id"])
    service.start()
    assert wait_for(lambda: state(late) == "open", 60), service.log()[-3000:]
    assert len(alerts(inspector, "K03")) == 2 and state(inside) == "closed"
    service.stop()


def test_packs_that_are_scanned_after_their_lot_was_withdrawn_raise_an_alert(new_service):
    """Destroyed, all of it; returned, all of it; past its last day: whether the record or the scans came first. Of a lot whose
    scans are older than the record, and of one of which a part is left, nothing is said."""
    service = new_service(BEHIND_PROXY="true").start()
    here = District(service)
    farm, shop = here.farm(), here.party("shop", FAR_TOWNSHIP)
    farm.product("SALAD", shelfLifeDays=1)
    first, after, part, back, new = (farm.harvest(30, lot=f"L{n}") for n in range(5))
    old = farm.harvest(30, lot="OLD", product="SALAD", time=ago(days=4))
    inspector = here.inspector("500X01")
    everything = (first, after, part, back, new, old)
    for lot in everything:
        shop.receive(farm.ship(shop, line(lot, 20)))
    def destroy(lot, amount=20, time=None):
        shop.record("destroy", time or ago(hours=1), lots=[line(lot, amount)], reason="spoilt")
        if amount == 20:
            farm.record("destroy", time or ago(hours=1), lots=[line(lot, 10)], reason="spoilt")
    destroy(first)
    destroy(part, 19)
    for lot in everything:
        shown(here, roll(farm, lot, activate=True))
    assert counted(service, 72)
    def found():
        return {alert["lots"][0]: alert for alert in alerts(inspector, "K04")}
    assert wait_for(lambda: set(found()) == {first["id"], old["id"]}, 60), (found(), service.log()[-3000:])
    destroy(after)
    destroy(new, time=ago(minutes=0))
    shop.record("return", ago(hours=1), lots=[line(back, 20)], reason="规格不符")
    farm.record("receive", ago(minutes=50), lots=[line(back, 20)], **{"from": shop.number})
    assert wait_for(lambda: set(found()) == {first["id"], old["id"], after["id"], back["id"]}, 60), (found(), service.log()[-3000:])
    told = {lot["number"]: found()[lot["id"]]["evidence"][-1]["words"] for lot in (first, after, back, old)}
    assert all("已全部销毁" in told[lot["number"]] for lot in (first, after)), told
    assert "已全部退回" in told["L3"] and "已过期" in told["OLD"], told
    assert {alert["severity"] for alert in found().values()} == {"high"} and "198.51" not in str(found())
    assert alerts(inspector, "K03") == [] and alerts(here.inspector("500101"), "K04") == []
    assert here.public.read(f"/t/{part['code']}", **JSON)["verdict"] == "registered"
    service.stop()


# — states —
def test_a_label_that_is_not_in_use_yet_says_so(district, farm, lot):
    code = issue(farm, lot, activate=False)
    html = page(district, code)
    assert "This label is not in use yet" in html and lot["number"] in html
    assert "此标签尚未启用" in page(district, code, "?lang=zh")
    assert district.public.read(f"/t/{code}", **JSON)["verdict"] == "unregistered"
    farm.post("/v1/codes:activate", {"codes": [code]})
    html = page(district, code)
    assert "not in use" not in html and "Registered" in html and since(html) == 2
    assert district.public.read(f"/t/{code}", **JSON)["verdict"] == "registered"


def test_a_voided_code_says_so_from_the_next_scan_on(district, farm, lot):
    code, other = issue(farm, lot), issue(farm, lot)
    for one in (code, other):
        assert "Registered" in page(district, one)
    farm.post("/v1/codes:void", {"codes": [code], "reason": "torn"})
    html = page(district, code)
    assert "This code has been withdrawn" in html and "Withdrawn on <time" in html and "torn" not in html
    trail = district.public.read(f"/t/{code}", **JSON)
    assert trail["verdict"] == "voided" and trail["item"]["state"] == "voided" and trail["item"]["voidedAt"]
    assert "Registered" in page(district, other) and district.public.read(f"/t/{lot['code']}", **JSON)["verdict"] == "registered"


def test_what_happens_to_the_lot_shows_on_its_packs_at_once(district, farm, lot):
    code = issue(farm, lot)
    assert "id=alerts" not in page(district, code)
    late = farm.record("treat", ago(days=3), site="P1", product="1.8%乳油", active=["阿维菌素"])
    assert late["alerts"] and "id=alerts" in page(district, code)
    assert district.public.read(f"/t/{code}", **JSON)["alerts"][0]["id"] == late["alerts"][0]


# — the page —
def test_the_page_of_a_pack_is_that_of_its_lot_in_every_form(district, farm, lot):
    code = issue(farm, lot)
    for query in ("", "?tier=district", "?tier=township", "?lang=zh"):
        for encoding in ("gzip", "identity"):
            for _ in range(2):  # computed, from memory
                html = page(district, code, query, **{"Accept-Encoding": encoding})
                whole = page(district, lot["code"], query, **{"Accept-Encoding": encoding})
                assert html.startswith("<!doctype html>") and html.endswith("</html>\n")
                assert html.count("<section") == whole.count("<section") and "District" in html or "区" in html
                below = [text[text.index("<section class=card"):text.index("id=origin>")] for text in (html, whole)]
                assert below[0] == below[1]
                links = re.findall(r'href="([^"]*)"', html)
                assert links and all(link.startswith(("/", "?")) for link in links if link != "data:,"), links
    reply = district.public.get(f"/t/{code}", Accept_Encoding="gzip", **PAGE)
    assert reply.headers["cache-control"] == "private, no-cache" and "etag" not in reply.headers
    assert reply.headers["content-encoding"] == "gzip" and len(reply.body) <= 14 * 1024
    assert district.public.read(f"/t/{code}?tier=district", **JSON)["tier"] == "district"


def test_the_search_box_finds_the_page_of_a_pack(district, farm, lot):
    code = issue(farm, lot)
    for typed in (code, code.lower(), f"{code[:5]}-{code[5:9]}-{code[9:13]}-{code[13:]}"):
        found = district.public.get(f"/q?q={typed}", **PAGE).body.decode()
        assert f'href="/t/{code}"' in found and lot["number"] in found
    assert written(district.service, code) == [], "finding is no scan"


def test_typed_codes_are_folded_and_wrong_ones_cost_no_reading(district, farm, lot):
    code = issue(farm, lot)
    assert district.public.read(f"/t/{code.lower()}", **JSON)["item"]["code"] == code
    assert district.public.read(f"/t/{code[:5]}-{code[5:9]}-{code[9:13]}-{code[13:]}", **JSON)["item"]["code"] == code
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert district.public.get(f"/t/{wrong}", **PAGE).status == 404
    assert district.public.get(f"/t/{wrong}", **JSON).problem() == "not-found"


def test_a_pack_that_is_in_memory_is_served_while_the_database_is_away(new_service):
    cluster = Cluster()
    service = Service(cluster, "alone").start()
    try:
        here = District(service)
        farm = here.farm()
        lot = farm.harvest(3)
        code, unseen = issue(farm, lot), issue(farm, lot)
        page(here, code)
        assert wait_for(lambda: written(service, code))
        cluster.kill()
        assert here.public.get(f"/t/{unseen}", **PAGE).status == 503
        old = here.public.get(f"/t/{code}", **PAGE)
        assert old.status == 200 and old.headers["warning"].startswith("111 ") and since(old.body.decode()) == 1
        cluster.start()
        assert wait_for(lambda: here.public.get("/readyz").status == 200)
        assert wait_for(lambda: count_written(service, code) == 2), "counted meanwhile, written now"
        service.stop()
    finally:
        service.close()
        cluster.close()
