# SPDX-License-Identifier: Apache-2.0
"""Codes of crates, pallets and places: what their pages show to anybody, and what they name in records and look-ups."""
import gzip
import re
import urllib.parse

import pytest
from auditor import wait_until_logged
from conftest import District, ago, line

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
    assert service.value("SELECT count(*) FROM act_statement") == 1
    wait_until_logged(service, here.public)
    assert service.recount()[0] == 0
    connection = service.cluster.connect(service.database)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE code SET id = gen_random_uuid() WHERE code = %s", (code,))
    connection.close()
    found = {(d["part"], d["stored"], d["derived"]) for d in service.recount()[1]["differences"]}
    assert ("act", "no such code", "its code") in found and ("act", "a code", "no statement") in found
    service.stop()
