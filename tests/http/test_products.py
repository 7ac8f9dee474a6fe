# SPDX-License-Identifier: Apache-2.0
"""Products and certificates: units, packages, GTINs, what a certificate covers."""
import pytest
from conftest import uuid7
from service import Api

GTIN = "06901234567892"


def check_digit(body):
    return str(-sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(body))) % 10)


def new_gtin(district):
    body = "069012" + district.number("").zfill(7)
    return body + check_digit(body)


def product(farm, number="RICE", **members):
    return {"party": farm.id, "number": number, "name": {"zh": "大米", "en": "Rice"}, "commodity": "grain/rice", "unit": "KGM",
            **members}


def test_a_product_keeps_what_was_sent_in_canonical_units(farm, district):
    made = district.admin.make("/v1/products", product(
        farm, unit="kg", shelfLifeDays=365, temperature={"min": "-1.5", "max": 8},
        packages=[{"unit": "XBX", "holds": {"value": "2.5", "unit": "kg"}}, {"unit": "XBG", "holds": {"value": 10, "unit": "KGM"}}]))
    assert made["unit"] == "KGM" and made["shelfLifeDays"] == 365 and made["temperature"] == {"min": "-1.5", "max": "8"}
    assert made["packages"] == [{"unit": "XBX", "holds": {"value": "2.5", "unit": "KGM"}},
                                {"unit": "XBG", "holds": {"value": "10", "unit": "KGM"}}]
    assert made["uri"] == f"{farm.uri}/p/RICE"
    row = district.service.rows("SELECT shelf_life_days, temperature_min::text, temperature_max::text, convert_from(packages, 'UTF8')"
                                " FROM product WHERE id = %s", made["id"])
    assert row[0][:3] == (365, "-1.5", "8") and row[0][3].startswith('[{"unit":"XBX","holds":{"value":"2.5"')


def test_a_gtin_is_its_uri_and_names_it(farm, district):
    gtin = new_gtin(district)
    made = district.admin.make("/v1/products", product(farm, gtin=gtin))
    assert made["gtin"] == gtin and made["uri"] == f"https://id.gs1.org/01/{gtin}"
    other = district.farm()
    reply = district.admin.post("/v1/products", product(other, gtin=gtin))
    assert (reply.problem(), reply.pointer()) == ("number-taken", "/gtin")


def test_a_short_gtin_is_the_same_number(farm, district):
    gtin = new_gtin(district)
    assert district.admin.make("/v1/products", product(farm, gtin=gtin[1:]))["gtin"] == gtin


@pytest.mark.parametrize("gtin, problem", [(GTIN[:-1] + "3", "gtin-check-digit"), ("690123456789X", "gtin-syntax"),
                                           ("0212345678901" + check_digit("0212345678901"), "gtin-syntax"), ("12345", "gtin-syntax")])
def test_a_gtin_that_cannot_be_is_refused(farm, district, gtin, problem):
    reply = district.admin.post("/v1/products", product(farm, gtin=gtin))
    assert (reply.status, reply.problem(), reply.pointer()) == (422, problem, "/gtin")


@pytest.mark.parametrize("members, problem, pointer", [
    ({"unit": "bushel"}, "unit-unknown", "/unit"),
    ({"packages": [{"unit": "bundle", "holds": {"value": "1", "unit": "KGM"}}]}, "unit-unknown", "/packages/0/unit"),
    ({"packages": [{"unit": "KGM", "holds": {"value": "1", "unit": "KGM"}}]}, "unit-dimension", "/packages/0/unit"),
    ({"packages": [{"unit": "XBX", "holds": {"value": "1", "unit": "XBG"}}]}, "unit-dimension", "/packages/0/holds/unit"),
    ({"packages": [{"unit": "XBX", "holds": {"value": "0", "unit": "KGM"}}]}, "quantity-syntax", "/packages/0/holds/value"),
    ({"packages": [{"unit": "XBX", "holds": {"value": "1", "unit": "KGM"}}] * 2}, "field-range", "/packages/1/unit"),
    ({"temperature": {"min": "8", "max": "2"}}, "field-range", "/temperature/max"),
    ({"shelfLifeDays": 0}, "field-range", "/shelfLifeDays"),
    ({"commodity": ""}, "field-range", "/commodity"),
])
def test_a_measure_that_cannot_be_is_refused_where_it_stands(farm, district, members, problem, pointer):
    reply = district.admin.post("/v1/products", product(farm, **members))
    assert (reply.status, reply.problem(), reply.pointer()) == (422, problem, pointer)


def test_an_unknown_party_is_refused(district):
    reply = district.admin.post("/v1/products", {**product(district.farm()), "party": uuid7()})
    assert (reply.problem(), reply.pointer()) == ("reference-unknown", "/party")


def test_a_product_changes_by_versions(farm, district):
    sent = product(farm, id=uuid7())
    made = district.admin.make("/v1/products", sent)
    assert district.admin.post("/v1/products", sent).status == 200
    body = {k: made[k] for k in ("name", "commodity", "unit")}
    target = f"/v1/products/{made['id']}"
    assert district.admin.put(target, body).problem() == "precondition-required"
    gtin = new_gtin(district)
    changed = district.admin.put(target, {**body, "gtin": gtin, "shelfLifeDays": 30}, **{"If-Match": '"1"'}).json()
    assert changed["version"] == 2 and changed["gtin"] == gtin and changed["uri"] == made["uri"]  # minted once
    assert district.admin.put(target, body, **{"If-Match": '"1"'}).problem() == "precondition-failed"
    assert district.admin.read(target)["shelfLifeDays"] == 30
    assert district.admin.read("/v1/products?q=" + gtin)["items"][0]["id"] == made["id"]
    assert made["id"] in {p["id"] for p in district.admin.read(f"/v1/products?party={farm.number}&region=500X01")["items"]}


def test_a_product_number_is_read_within_the_keys_party(farm):
    assert farm.read("/v1/products/PAKCHOI")["party"] == farm.id


# — certificates —
def certificate(farm, district, **members):
    return {"holder": farm.id, "scheme": "green", "number": district.number("LB-15-"), "products": ["PAKCHOI"], "sites": ["P1"],
            "validFrom": "2026-01-01", "validTo": "2028-12-31", **members}


def test_a_certificate_covers_its_holders_products_and_sites(farm, district):
    made = district.admin.make("/v1/certificates", certificate(farm, district))
    assert made["holder"] == farm.id and len(made["products"]) == len(made["sites"]) == 1
    assert made["products"][0] == farm.read("/v1/products/PAKCHOI")["id"]
    row = district.service.rows("SELECT party::text, valid_from::text, valid_to::text, products::text[], state FROM certificate"
                                " WHERE id = %s", made["id"])
    assert row == [(farm.id, "2026-01-01", "2028-12-31", made["products"], "active")]
    assert farm.read(f"/v1/certificates/{made['id']}") == made


def test_a_certificate_may_name_neither_products_nor_sites(farm, district):
    made = district.admin.make("/v1/certificates", certificate(farm, district, products=[], sites=[]))
    assert made["products"] == [] and made["sites"] == []


def test_a_certificate_covers_nobody_elses_things(farm, packer, district):
    foreign = packer.read("/v1/products/SALAD")["id"]
    for members, pointer in (({"products": [foreign]}, "/products/0"), ({"products": ["PAKCHOI", "NONE"]}, "/products/1"),
                             ({"sites": [uuid7()]}, "/sites/0")):
        reply = district.admin.post("/v1/certificates", certificate(farm, district, **members))
        assert (reply.problem(), reply.pointer()) == ("reference-unknown", pointer)


def test_days_of_a_certificate_are_days_in_order(farm, district):
    reply = district.admin.post("/v1/certificates", certificate(farm, district, validTo="2025-12-31"))
    assert (reply.problem(), reply.pointer()) == ("time-order", "/validTo")
    reply = district.admin.post("/v1/certificates", certificate(farm, district, validFrom="2026-02-30"))
    assert (reply.problem(), reply.pointer()) == ("date-syntax", "/validFrom")
    for written in ("2026-05-01T00:00:00+08:00", "2026-5-1", "01.05.2026", ""):
        reply = district.admin.post("/v1/certificates", certificate(farm, district, validTo=written))
        assert (reply.problem(), reply.pointer()) == ("date-syntax", "/validTo")
        assert "2026-05-03" in reply.json()["errors"][0]["hint"] and "T08" not in reply.json()["errors"][0]["hint"]


def test_a_certificate_number_is_taken_within_its_scheme(farm, packer, district):
    sent = certificate(farm, district, id=uuid7())
    made = district.admin.make("/v1/certificates", sent)
    assert district.admin.post("/v1/certificates", sent).json() == made
    again = certificate(packer, district, number=sent["number"], products=[], sites=[])
    reply = district.admin.post("/v1/certificates", again)
    assert (reply.problem(), reply.pointer()) == ("number-taken", "/number")
    assert district.admin.make("/v1/certificates", {**again, "scheme": "organic"})["scheme"] == "organic"


def test_a_certificate_is_revoked_by_a_version(farm, district):
    made = district.admin.make("/v1/certificates", certificate(farm, district))
    body = {k: made[k] for k in ("scheme", "number", "products", "sites", "validFrom", "validTo")}
    target = f"/v1/certificates/{made['id']}"
    revoked = district.admin.put(target, {**body, "state": "revoked", "reason": "抽检不合格"}, **{"If-Match": '"1"'}).json()
    assert revoked["state"] == "revoked" and revoked["version"] == 2
    assert made["id"] in {c["id"] for c in district.admin.read(f"/v1/certificates?state=revoked&party={farm.id}")["items"]}
    reply = district.admin.put(target, {**body, "number": "OTHER"}, **{"If-Match": '"2"'})
    assert (reply.problem(), reply.pointer()) == ("field-range", "/number")
    stranger = Api(district.service, district.key(["read", "register"], parties=[district.packer().id]))
    assert stranger.put(target, body, **{"If-Match": "*"}).problem() == "not-found"


def test_a_revoked_certificate_leaves_the_public_trail_at_once(farm, district):
    lot = farm.harvest(50)

    def certificates():
        reply = district.public.get(f"/t/{lot['code']}", Accept="application/json")
        assert reply.status == 200, reply
        return [c["number"] for c in reply.json()["origins"][0]["certificates"]]

    assert certificates() == []
    made = district.admin.make("/v1/certificates", certificate(farm, district))
    assert certificates() == certificates() == [made["number"]]
    body = {k: made[k] for k in ("scheme", "number", "products", "sites", "validFrom", "validTo")}
    assert district.admin.put(f"/v1/certificates/{made['id']}", {**body, "state": "revoked"}, **{"If-Match": '"1"'}).status == 200
    assert certificates() == []


def test_a_new_name_is_on_the_public_trail_at_once(farm, district):
    lot = farm.harvest(50)

    def name():
        return district.public.get(f"/t/{lot['code']}", Accept="application/json").json()["lot"]["product"]["name"]["zh"]

    assert name() == name() == "产品PAKCHOI"
    product = farm.read("/v1/products/PAKCHOI")
    body = {k: product[k] for k in ("commodity", "unit")}
    assert district.admin.put(f"/v1/products/{product['id']}", {**body, "name": {"zh": "新名小白菜"}}, **{"If-Match": '"1"'}).status == 200
    assert name() == "新名小白菜"
