# SPDX-License-Identifier: Apache-2.0
"""One thing, many spellings: URN, Digital Link, path, element string, code and own number name the same lot, site, party and
product, wherever one is asked for; what is spelled wrong is told so."""
import urllib.parse

import pytest
from conftest import ago, kg, line

PREFIX = "4012345"


def check_digit(body):
    return str((10 - sum(int(c) * (3 if i % 2 == 0 else 1) for i, c in enumerate(reversed(body))) % 10) % 10)


@pytest.fixture
def item(district):
    return f"{next(district.numbers) % 100000:05d}"


def find(party, spelling, **more):
    query = urllib.parse.urlencode({"id": spelling, **more})
    return party.get(f"/v1/things?{query}")


def test_a_lot_has_one_identity_under_every_standard_spelling(district, farm, item):
    body = f"3{PREFIX}{item}"
    gtin = body + check_digit(body)
    farm.product("BOXED", gtin=gtin)
    lot = farm.harvest(100, lot="A-1_x", product="BOXED")
    urn = f"urn:epc:class:lgtin:{PREFIX}.3{item}.A-1_x"
    spellings = [urn, f"https://id.gs1.org/01/{gtin}/10/A-1_x", f"http://any.example/stem/01/{gtin}/10/A%2D1_x?17=261231",
                 f"/01/{gtin}/10/A-1_x", f"https://any.example/%30%31/{gtin}/1%30/A-1%5Fx", f"(10)A-1_x(01){gtin}", lot["code"], lot["id"], "A-1_x"]
    for n, spelling in enumerate(spellings, 1):
        assert find(farm, spelling).json()["id"] == lot["id"], spelling
        assert farm.read(f"/v1/lots/{urllib.parse.quote(spelling, safe='')}")["id"] == lot["id"], spelling
        answer = farm.record("sell", ago(hours=1), lots=[line(spelling, 1)])
        assert answer["lots"][0]["id"] == lot["id"] and farm.stock(lot)["sold"] == n
    for path in (f"/01/{gtin}/10/A-1_x/21/S9", f"/%30%31/{gtin}/%31%30/A%2D1_x", f"/0%31/%3{gtin[0]}{gtin[1:]}/1%30/A-1_x"):
        assert district.public.read(path, Accept="application/json")["lot"]["id"] == lot["id"], path
    product = find(farm, f"urn:epc:idpat:sgtin:{PREFIX}.3{item}.*").json()
    assert (product["kind"], product["uri"]) == ("product", f"https://id.gs1.org/01/{gtin}")


def test_the_urn_is_told_where_the_company_prefix_is_known_and_never_guessed(farm, item):
    body = f"3{PREFIX}{item}"
    gtin = body + check_digit(body)
    farm.product("BOXED", gtin=gtin)
    lot = farm.harvest(1, lot="L7", product="BOXED")
    urn = f"urn:epc:class:lgtin:{PREFIX}.3{item}.L7"
    assert find(farm, urn).json()["urn"] == urn
    assert find(farm, lot["code"], companyPrefix=PREFIX).json()["urn"] == urn
    assert find(farm, lot["code"], companyPrefix=PREFIX + item[0]).json()["urn"] == f"urn:epc:class:lgtin:{PREFIX}{item[0]}.3{item[1:]}.L7"
    assert "urn" not in find(farm, lot["code"]).json()
    assert "urn" not in find(farm, lot["code"], companyPrefix="9999999").json()


def test_sites_and_parties_are_named_by_their_location_numbers(district, farm, item):
    gln = f"{PREFIX}{item}" + check_digit(f"{PREFIX}{item}")
    party = district.admin.make("/v1/parties", {"number": f"GLN{item}", "kind": "shop", "region": farm.region, "gln": gln,
                                                "name": {"zh": "店"}})
    site = district.admin.make("/v1/sites", {"party": farm.number, "number": "G1", "kind": "plot", "name": {"zh": "一号地"}, "gln": gln})
    shed = district.admin.make("/v1/sites", {"party": farm.number, "number": "G2", "kind": "store", "name": {"zh": "棚"}, "gln": gln, "glnExtension": "A/1"})
    assert site["gln"] == gln and shed["glnExtension"] == "A/1"
    for spelling, id_ in ((f"urn:epc:id:sgln:{PREFIX}.{item}.0", site["id"]), (f"https://x.example/414/{gln}", site["id"]),
                          (f"urn:epc:id:sgln:{PREFIX}.{item}.A%2F1", shed["id"]), (f"/414/{gln}/254/A%2F1", shed["id"]),
                          (f"urn:epc:id:pgln:{PREFIX}.{item}", party["id"]), (f"(417){gln}", party["id"]), (gln, party["id"])):
        assert find(farm, spelling).json()["id"] == id_, spelling
    seen = farm.record("inspect", ago(days=1), site=gln)["event"]
    assert farm.read(f"/v1/events/{seen}")["site"] == site["id"], "a scanner gives the digits alone"
    lot = farm.record("harvest", ago(days=1), site=f"urn:epc:id:sgln:{PREFIX}.{item}.0", product="PAKCHOI", quantity=kg(5))["lots"][0]
    for to in (f"urn:epc:id:pgln:{PREFIX}.{item}", gln):
        farm.record("ship", ago(hours=2), lots=[line(lot, 1)], to=to)
    assert farm.stock(lot)["in_transit"] == 2
    taken = district.admin.post("/v1/sites", {"party": farm.number, "number": "G3", "kind": "plot", "name": {"zh": "二"}, "gln": gln})
    assert (taken.problem(), taken.json()["errors"][0]["pointer"]) == ("number-taken", "/gln")
    for body, pointer, rule in (({"gln": gln[:-1] + str((int(gln[-1]) + 1) % 10)}, "/gln", "check-digit"),
                                ({"gln": gln, "glnExtension": "五"}, "/glnExtension", "charset")):
        wrong = district.admin.post("/v1/sites", {"party": farm.number, "number": "G4", "kind": "plot", "name": {"zh": "三"}, **body})
        error = wrong.json()["errors"][0]
        assert (wrong.problem(), error["pointer"], error["rule"]) == ("identifier-syntax", pointer, rule)
    assert district.admin.post("/v1/sites", {"party": farm.number, "number": "G5", "kind": "plot", "name": {"zh": "三"}, "glnExtension": "1"}).problem() == "field-missing"


def test_a_product_is_named_by_the_digits_of_its_barcode(district, farm, item):
    body = f"0{PREFIX}{item}"
    gtin = body + check_digit(body)
    product = farm.product("BARCODED", gtin=gtin)
    for spelling in (gtin, gtin[1:], f"(01){gtin}"):
        assert find(farm, spelling).json()["id"] == product["id"], spelling
        lot = farm.harvest(2, product=spelling)
        assert farm.read(f"/v1/lots/{lot['id']}")["product"]["id"] == product["id"]
    own = farm.product(gtin[1:])
    assert find(farm, gtin[1:]).json()["id"] == own["id"], "a number of one's own comes first"
    assert find(farm, gtin).json()["id"] == product["id"]
    assert find(farm, gtin[:-1] + str((int(gtin[-1]) + 1) % 10)).status == 404, "digits with a slip are no key"
    certificate = {"scheme": "green", "number": f"G{item}", "holder": farm.id, "products": [gtin], "validFrom": "2026-01-01", "validTo": "2028-01-01"}
    assert district.admin.make("/v1/certificates", certificate)["products"] == [product["id"]]


@pytest.mark.parametrize("spelling,problem,rule", [
    ("urn:epc:id:sgtin:95201.23456788.1", "identifier-syntax", "company-prefix"),
    ("urn:epc:id:sgtin:9520123.0456788.1", "identifier-syntax", "length"),
    ("urn:epc:id:nothing:9520123.045678.1", "identifier-syntax", "scheme"),
    ("URN:EPC:ID:SGTIN:9520123.045678.1", "identifier-syntax", "scheme"),
    ("urn:epc:id:sgln:9520123.45678.0.1", "identifier-syntax", "extension"),
    ("https://id.gs1.org/01/09520123456789/10/L", "gtin-check-digit", "check-digit"),
    ("https://id.gs1.org/01/9520123456788/10/L", "gtin-syntax", "length"),
    ("https://id.gs1.org/01/09520123456788/21/S/10/L", "identifier-syntax", "qualifier-order"),
    ("https://id.gs1.org/01/09520123456788/10/A%2", "identifier-syntax", "escape"),
    ("(01)09520123456788(10)", "identifier-syntax", "empty"),
    ("(10)L1", "identifier-syntax", "no-key"),
])
def test_what_is_spelled_wrong_is_told_so(farm, spelling, problem, rule):
    reply = find(farm, spelling)
    assert (reply.status, reply.problem(), reply.json()["errors"][0]["rule"]) == (422, problem, rule)
    reply = farm.refuse("sell", ago(hours=1), lots=[line(spelling, 1)])
    error = reply.json()["errors"][0]
    assert (reply.problem(), error["pointer"], error["rule"]) == (problem, "/lots/0/lot", rule)


def test_a_host_never_counts_in_our_grammar_and_always_in_that_of_others(farm):
    lot = farm.harvest(3, lot="H1")
    path = urllib.parse.urlsplit(lot["uri"]).path
    assert find(farm, f"https://elsewhere.example{path}").json()["id"] == lot["id"]
    assert find(farm, "https://elsewhere.example/batches/H1").problem() == "not-found"
