# SPDX-License-Identifier: Apache-2.0
"""Administrative acts are written down in the transaction of the act, and nobody changes what was written."""
import re
from pathlib import Path

import psycopg2
import pytest
from conftest import TOWNSHIP, ago, kg
from service import Api
from test_item_codes import codes_of, issue


def acts(district, subject):
    return [act["action"] for act in district.admin.read(f"/v1/audit?subject={subject}")["items"]]


def test_every_kind_of_administrative_act_is_there(district):
    farm = district.farm(TOWNSHIP)
    site, product = farm.site("P9"), farm.product("OKRA")
    certificate = district.admin.make("/v1/certificates", {
        "holder": farm.id, "scheme": "green", "number": f"LB-{farm.number}", "products": [], "sites": [],
        "validFrom": "2026-01-01", "validTo": "2027-01-01"})
    key = district.admin.make("/v1/keys", {"name": "audited", "scopes": ["read"], "parties": [farm.id]})
    body = {"number": "P9", "party": farm.id, "kind": "plot", "region": TOWNSHIP, "name": {"zh": "新名"}}
    assert district.admin.put(f"/v1/sites/{site['id']}", body, **{"If-Match": "*"}).status == 200
    assert district.admin.post(f"/v1/keys/{key['id']}/revoke").status == 200
    farm.record("treat", ago(days=4), site="P1", product="毒死蜱", active=["chlorpyrifos"], dose=kg("0.1"))
    alert = farm.record("harvest", ago(days=2), site="P1", product="PAKCHOI", quantity=kg(1))["alerts"][0]
    officer = district.inspector("500X01")
    deed = {"action": "acknowledge"}
    assert officer.post(f"/v1/alerts/{alert}/actions", deed).status == 200
    assert acts(district, farm.id) == ["createParty"] and acts(district, product["id"]) == ["createProduct"]
    assert acts(district, site["id"]) == ["replaceSite", "createSite"], "newest first"
    assert acts(district, certificate["id"]) == ["createCertificate"]
    assert acts(district, key["id"]) == ["revokeKey", "createKey"]
    assert acts(district, alert) == ["actOnAlert"]


def test_what_is_done_with_codes_is_there(district, farm):
    """One act on each issue that a request marks, and none for what was so before."""
    lot = farm.harvest(100)
    issues = [issue(farm, lot) for _ in range(2)]
    codes = [codes_of(farm, made) for made in issues]
    for _ in range(2):
        assert farm.post("/v1/codes:activate", {"codes": codes[0][:2]}).status == 200
    assert farm.post("/v1/codes:void", {"codes": [codes[0][0], codes[1][0], codes[0][2]]}).status == 200
    assert acts(district, codes[0][0]) == ["voidCodes", "activateCodes", "createCode"]
    assert acts(district, codes[1][0]) == ["voidCodes", "createCode"]


# What a key with scopes for that may do to others' things, and leaves a row; the rest is records, signed and in the log.
NO_ACTS = {
    "captureEvent": "a record", "captureBatch": "records", "epcisCapture": "records", "prepareEvent": "nothing is done yet",
    "prepareEndorsement": "nothing is done yet", "prepareSigningKey": "nothing is done yet", "printLabels": "a picture",
    "addCosignatures": "proves itself, and is published", "addLogTimestamp": "proves itself, and is published",
}


def test_every_operation_that_changes_something_is_an_act_or_says_why_not(district):
    document = district.public.read("/openapi.json")
    operations = {operation["operationId"] for methods in document["paths"].values() for method, operation in methods.items()
                  if method in ("post", "put", "patch", "delete")}
    written = {word for source in (Path(__file__).parents[2] / "src" / "store").glob("*.c")
               for word in re.findall(r'"([a-zA-Z]+)"', source.read_text())}
    assert NO_ACTS.keys() <= operations and operations - NO_ACTS.keys() == operations & written


def test_an_act_names_key_request_and_time(district):
    reply = district.admin.post("/v1/parties", {"number": district.number("A"), "kind": "shop", "region": TOWNSHIP, "name": {"zh": "店"}})
    act = district.admin.read(f"/v1/audit?subject={reply.json()['id']}")["items"][0]
    assert act["request"] == reply.headers["x-request-id"]
    assert [row[0] for row in district.service.rows("SELECT scopes FROM api_key WHERE id = %s", act["key"])] == \
        [["read", "capture", "inspect", "register", "admin"]]
    assert act in district.admin.read(f"/v1/audit?key={act['key']}&action=createParty&limit=1000")["items"]
    assert district.admin.read(f"/v1/audit?subject={reply.json()['id']}&until=2020-01-01T00:00:00Z")["items"] == []
    assert acts(district, "nothing") == []


def test_a_refused_or_repeated_act_is_not_written_again(district, farm):
    before = district.service.value("SELECT count(*) FROM audit")
    body = {"number": farm.number, "kind": "shop", "region": TOWNSHIP, "name": {"zh": "店"}}
    assert district.admin.post("/v1/parties", body).problem() == "number-taken"
    assert farm.post("/v1/keys", {"name": "x", "scopes": ["read"]}).status == 403
    assert district.service.value("SELECT count(*) FROM audit") == before


def test_acts_are_walked_by_cursor(district, farm):
    made = [farm.site(f"W{i}")["id"] for i in range(5)]
    found, target = [], "/v1/audit?action=createSite&limit=2"
    while len(found) < 5:
        page = district.admin.read(target)
        found += [act["subject"] for act in page["items"]]
        target = f"/v1/audit?action=createSite&limit=2&cursor={page['next']}"
    assert found[:5] == made[::-1]


def test_the_audit_is_for_administrators_without_bounds(district, farm):
    for bounds in ({"parties": [farm.id]}, {"region": "500X01"}):
        bounded = Api(district.service, district.key(["read", "admin"], **bounds))
        assert bounded.get("/v1/audit").problem() == "forbidden"
    assert farm.get("/v1/audit").problem() == "forbidden" and district.public.get("/v1/audit").status == 401
    assert district.admin.get("/v1/audit?cursor=x").problem() == "cursor"


def test_what_was_written_stays(service, district, farm):
    connection = psycopg2.connect(service.cluster.conninfo(service.database, "ft_app"))
    try:
        for statement in ("UPDATE audit SET action = 'x'", "DELETE FROM audit", "TRUNCATE audit"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege), connection, connection.cursor() as cursor:
                cursor.execute("SET LOCAL ft.service = 'on'")
                cursor.execute(statement)
    finally:
        connection.close()
