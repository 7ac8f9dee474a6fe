# SPDX-License-Identifier: Apache-2.0
"""Codes of crates, pallets and places: what their pages show to anybody, and what they name in records and look-ups."""
import gzip
import re
import urllib.parse

import pytest
from auditor import wait_until_logged
from conftest import District, ago, line
from test_identity import check_digit
from test_units import sscc

PAGE = {"Accept": "text/html", "Accept-Language": "en"}
JSON = {"Accept": "application/json"}


@pytest.fixture
def crate(farm):
    """A crate on a pallet, with two lots in it; and a lot that is not."""
    lots = [farm.harvest(20, time=ago(days=3)) for _ in range(3)]
    farm.record("load", ago(days=2), unit="CRATE1", contents=[line(lots[0], 5), line(lots[1], 5)])
    farm.record("load", ago(days=2), unit="PAL1", contents=[{"unit": "CRATE1"}])
    return lots


def code_of(party, kind, spelling):
    answer = party.post("/v1/codes", {"kind": kind, kind: spelling})
    assert answer.status == 200, answer
    return answer.json()


def text_of(district, code, **headers):
    reply = district.public.get(f"/t/{code}", **{**PAGE, **headers})
    assert reply.status == 200 and reply.headers["content-type"] == "text/html; charset=utf-8" and len(reply.body) <= 40000, reply
    return reply.body.decode()


def test_a_crate_shows_what_is_in_it_now(district, farm, crate):
    made = code_of(farm, "unit", "CRATE1")
    assert made["kind"] == "unit" and re.fullmatch(r"U[0-9A-Z]{12}", made["code"]) and made == code_of(farm, "unit", "CRATE1")
    thing = district.public.read(f"/t/{made['code']}", **JSON)
    assert (thing["kind"], thing["name"]["zh"], thing["units"], thing["more"]) == ("unit", "CRATE1", [], False)
    assert {lot["id"] for lot in thing["lots"]} == {lot["id"] for lot in crate[:2]}
    assert {lot["code"] for lot in thing["lots"]} == {lot["code"] for lot in crate[:2]}
    assert all(set(lot) == {"id", "number", "code", "product"} for lot in thing["lots"]) and farm.id not in str(thing), "no amounts, no holders"
    html = text_of(district, made["code"])
    assert "Crate or pallet CRATE1" in html and all(f'href="/t/{lot["code"]}?lang=en"' in html for lot in crate[:2])
    assert crate[2]["number"] not in html and "容器 CRATE1" in text_of(district, made["code"], **{"Accept-Language": "zh"})
    packed = district.public.get(f"/t/{made['code']}", Accept_Encoding="gzip", **PAGE)
    assert packed.headers["content-encoding"] == "gzip" and len(packed.body) <= 14 * 1024 and gzip.decompress(packed.body).decode() == html
    # what is on the pallet is in it, through the crate
    pallet = code_of(farm, "unit", "PAL1")["code"]
    thing = district.public.read(f"/t/{pallet}", **JSON)
    assert thing["units"] == ["CRATE1"] and {lot["id"] for lot in thing["lots"]} == {lot["id"] for lot in crate[:2]}
    farm.record("unload", ago(days=1), unit=made["code"], contents=[line(crate[0], 5)])
    assert [lot["id"] for lot in district.public.read(f"/t/{made['code']}", **JSON)["lots"]] == [crate[1]["id"]]
    farm.record("unload", ago(hours=20), unit="CRATE1")
    assert "Nothing is on record as being in it now" in text_of(district, made["code"])


def test_a_place_shows_where_it_is_with_certificates_and_newest_lots(district, farm):
    old, new = farm.harvest(3, time=ago(days=9)), farm.harvest(4, time=ago(days=1))
    district.admin.make("/v1/certificates", {"holder": farm.number, "scheme": "green", "number": f"LB{farm.number}", "products": [], "sites": ["P1"],
                                             "validFrom": ago(days=30)[:10], "validTo": ago(days=-30)[:10]})
    district.admin.make("/v1/certificates", {"holder": farm.number, "scheme": "organic", "number": f"OLD{farm.number}", "products": [], "sites": [],
                                             "validFrom": ago(days=90)[:10], "validTo": ago(days=2)[:10]})
    code = code_of(farm, "place", "P1")["code"]
    thing = district.public.read(f"/t/{code}", **JSON)
    assert (thing["kind"], thing["placeKind"], thing["name"], thing["party"]["en"]) == (
        "place", "plot", {"zh": "地点P1", "en": "Site P1"}, f"Party {farm.number}")
    assert [lot["id"] for lot in thing["lots"]] == [new["id"], old["id"]] and thing["region"]["code"] == farm.region
    assert [c["number"] for c in thing["certificates"]] == [f"LB{farm.number}"]
    html = text_of(district, code)
    assert "Site P1" in html and f"LB{farm.number}" in html and f"OLD{farm.number}" not in html and "Plot" in html
    assert html.index(new["number"]) < html.index(old["number"])
    assert "地块" in text_of(district, code, **{"Accept-Language": "zh"})


def test_a_home_is_not_shown(district, farm):
    home = farm.site("HOME", "house", personal=True)
    lot = farm.harvest(3, site="HOME")
    code = code_of(farm, "place", home["id"])["code"]
    thing = district.public.read(f"/t/{code}", **JSON)
    assert thing["withheld"] == "personal" and "name" not in thing and "party" not in thing and thing["lots"] == []
    html = text_of(district, code)
    assert "HOME" not in html and "location kept private" in html and lot["number"] not in html and farm.number not in html


def test_codes_name_their_things_everywhere(district, farm, crate):
    unit, place = code_of(farm, "unit", "CRATE1")["code"], code_of(farm, "place", "P1")["code"]
    grouped = "-".join((unit[:5], unit[5:9], unit[9:]))
    for spelling in (unit, unit.lower(), grouped, f"https://any.example/t/{unit}"):
        found = farm.read(f"/v1/things?id={urllib.parse.quote(spelling, safe='')}")
        assert (found["kind"], found["id"]) == ("unit", farm.read("/v1/things?id=CRATE1")["id"])
    found = farm.read(f"/v1/things?id={place}")
    site = farm.read("/v1/things?id=P1")
    assert (found["kind"], found["id"]) == ("site", site["id"])
    more = farm.harvest(6, site=place)
    assert farm.read(f"/v1/things?id={more['number']}")["kind"] == "lot"
    farm.record("load", ago(hours=30), unit=unit, contents=[line(crate[2], 2)])
    assert crate[2]["id"] in {lot["id"] for lot in district.public.read(f"/t/{unit}", **JSON)["lots"]}
    shop = district.party("shop")
    shipment = farm.record("ship", ago(hours=10), units=[unit], to=shop.number)
    assert shop.receive(shipment["shipment"], ago(hours=9)) and shop.stock(crate[2])
    for code in (unit, place):
        for form in ("svg", "png"):
            reply = district.public.get(f"/v1/codes/{code}/qr.{form}")
            assert reply.status == 200 and reply.headers["content-type"].startswith("image/")
        found = district.public.get(f"/q?q={code}", **PAGE).body.decode()
        assert f'href="/t/{code}"' in found
        assert district.public.exchange("HEAD", f"/t/{code}", None, PAGE).status == 200


def same(left, right):
    """Two answers about a thing, but for the code that it has or has not yet."""
    return {**left, "code": None} == {**right, "code": None}


def opened(district, target):
    """The same by JSON, by page and by HEAD; the page's text."""
    thing = district.public.read(target, **JSON)
    reply = district.public.get(target, **PAGE)
    assert reply.status == 200 and reply.headers["content-type"] == "text/html; charset=utf-8", reply
    assert district.public.exchange("HEAD", target, None, PAGE).status == 200
    return thing, reply.body.decode()


def test_crates_and_places_are_opened_by_their_uris_as_by_their_codes(district, farm, crate):
    """By SSCC, GLN and the own scheme, with or without a code; JSON by Accept; escaped as the standards say or not."""
    number, body = sscc(), f"4012345{next(district.numbers) % 100000:05d}"
    gln = body + check_digit(body)
    farm.record("load", ago(days=2), unit=f"(00){number}", contents=[line(crate[2], 5)])
    for site, more in (("G1", {}), ("G2", {"glnExtension": "A/1"})):
        farm.site(site, gln=gln, **more)
    farm.harvest(2, site="G2")
    own = urllib.parse.urlsplit(farm.uri).path
    doors = (("unit", "CRATE1", [f"{own}/u/CRATE1", f"{own}/u/%43RATE1"]),
             ("unit", f"(00){number}", [f"/00/{number}", f"/00/{number}?lang=en", f"/00/%30{number[1:]}", f"/%30%30/{number}"]),
             ("place", "P1", [f"{own}/f/P1", f"{own}/f/%50%31"]),
             ("place", "G1", [f"/414/{gln}", f"{own}/f/G1"]),
             ("place", "G2", [f"/414/{gln}/254/A%2F1", f"/414/{gln}/254/A%2f1", f"/%34%31%34/{gln}/%325%34/%41%2F1", f"{own}/f/G2"]))
    for kind, spelling, targets in doors:
        before = [opened(district, target) for target in targets]
        assert all("code" not in thing for thing, _ in before) and all("qr.svg" not in html for _, html in before)
        code = code_of(farm, kind, spelling)["code"]
        coded, shown = opened(district, f"/t/{code}")
        assert coded["kind"] == kind and coded["code"] == code and "qr.svg" in shown
        for target, (thing, _) in zip(targets, before):
            again, html = opened(district, target)
            assert again == coded and same(thing, coded), target
            assert f'href="/v1/codes/{code}/qr.svg"' in html and ("%" in target or html.replace(target.partition("?")[0], f"/t/{code}") == shown), target
            found = farm.read(f"/v1/things?id={urllib.parse.quote(target, safe='')}")
            assert (found["kind"], found["id"]) == ("unit" if kind == "unit" else "site", farm.read(f"/v1/things?id={code}")["id"]), target
    assert district.farm().read(f"/v1/things?id={urllib.parse.quote(f'/00/{number}', safe='')}")["kind"] == "unit", "whose page anybody opens"
    other = district.farm()
    urn = f"urn:epc:id:sscc:{number[1:8]}.{number[0]}{number[8:17]}"
    assert other.read(f"/v1/things?id={urn}") == other.read(f"/v1/things?id={urllib.parse.quote(f'(00){number}')}")


def test_a_door_to_nothing_says_so(district, farm, crate):
    number, own = sscc(), urllib.parse.urlsplit(farm.uri).path
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    shipment = farm.record("ship", ago(hours=1), lots=[line(crate[2], 1)], to=district.party("shop").number)["shipment"]
    for target in (f"/00/{number}", f"/00/{wrong}", "/00/12", "/414/6901234567892", "/414/6901234567892/254/1", f"{own}/u/NONE", f"{own}/f/NONE",
                   f"{own}/u/{shipment}", f"{own}/f/CRATE1", f"{own}/u/P1", f"{own}/f/P1%2FX", "/o/019df8de-2000-735e-a6ad-f9d9af4851b3/f/P1"):
        assert district.public.get(target, **JSON).problem() == "not-found", target
        page = district.public.get(target, **PAGE)
        assert page.status == 404 and page.headers["content-type"] == "text/html; charset=utf-8", target


def test_a_part_that_nobody_registered_opens_its_place_and_is_said_to_be_none(district, farm):
    body = f"4012346{next(district.numbers) % 100000:05d}"
    gln = body + check_digit(body)
    farm.site("G1", gln=gln)
    farm.site("G2", gln=gln, glnExtension="A")
    whole, _ = opened(district, f"/414/{gln}")
    assert "unregistered" not in whole and "unregistered" not in opened(district, f"/414/{gln}/254/A")[0]
    thing, html = opened(district, f"/414/{gln}/254/B%3Cb%3E")
    assert thing.pop("unregistered") == "B<b>" and same(thing, whole)
    assert "Part <bdi>B&lt;b&gt;</bdi> is not registered here" in html or "Part B&lt;b&gt; is not registered here" in html


def test_a_home_is_not_shown_by_its_uri_either(district, farm):
    farm.site("HOME", "house", personal=True, geometry={"type": "Point", "coordinates": [106.123456, 29.654321]})
    lot = farm.harvest(3, site="HOME")
    thing, html = opened(district, f"{urllib.parse.urlsplit(farm.uri).path}/f/HOME")
    assert thing["withheld"] == "personal" and not {"name", "party", "code"} & set(thing) and thing["lots"] == []
    assert thing["region"]["code"] == farm.region and "106.12" not in html and "location kept private" in html
    assert lot["number"] not in html and farm.number not in html and "地点HOME" not in html


def test_who_may_not_and_what_cannot_be(district, farm, crate):
    other = district.farm()
    uri = f"{farm.uri}/u/CRATE1"
    for asker, body, problem, pointer in (
            (other, {"kind": "unit", "unit": uri}, "not-found", "/unit"), (other, {"kind": "unit", "unit": "CRATE1"}, "not-found", "/unit"),
            (farm, {"kind": "unit", "unit": "CRATE9"}, "not-found", "/unit"), (farm, {"kind": "place", "place": "P9"}, "not-found", "/place"),
            (farm, {"kind": "unit"}, "field-missing", "/unit"), (farm, {"kind": "lot", "unit": "CRATE1"}, "field-missing", "/lot"),
            (farm, {"kind": "place", "place": "P1", "lot": "X"}, "field-unknown", "/lot"),
            (farm, {"kind": "unit", "unit": "CRATE1", "count": 2}, "field-unknown", "/count")):
        reply = asker.post("/v1/codes", body)
        assert (reply.problem(), reply.pointer()) == (problem, pointer), (body, reply)
    code = code_of(farm, "unit", "CRATE1")["code"]
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert district.public.get(f"/t/{wrong}", **PAGE).status == 404
    assert district.public.get(f"/t/{wrong}", **JSON).problem() == "not-found"
    assert other.get("/v1/things?id=CRATE1").problem() == "not-found"


def test_a_binding_is_stated_once_and_a_forged_one_is_named(new_service):
    service = new_service().start()
    here = District(service)
    farm = here.farm()
    for _ in range(2):
        code = code_of(farm, "place", "P1")["code"]
    assert service.value("SELECT count(*) FROM act_statement WHERE kind <> 'verifier'") == 1
    wait_until_logged(service, here.public)
    assert service.recount()[0] == 0
    connection = service.cluster.connect(service.database)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE code SET id = gen_random_uuid() WHERE code = %s", (code,))
    connection.close()
    found = {(d["part"], d["stored"], d["derived"]) for d in service.recount()[1]["differences"]}
    assert ("act", "no such code", "its code") in found and ("act", "a code", "no statement") in found
    service.stop()
