# SPDX-License-Identifier: Apache-2.0
"""API keys: shown once, bounded, revoked at once."""
import hashlib

from conftest import TOWNSHIP, uuid7
from service import Api


def test_a_secret_is_shown_once_and_stored_as_its_hash(district, farm):
    reply = district.admin.post("/v1/keys", {"name": "手机", "scopes": ["capture", "read"], "parties": [farm.number]})
    made = reply.json()
    assert reply.status == 201 and reply.headers["location"] == f"/v1/keys/{made['id']}"
    assert made["secret"].startswith("ftk_") and len(made["secret"]) == 47
    assert made["parties"] == [farm.id] and made["state"] == "active"
    read = district.admin.read(f"/v1/keys/{made['id']}")
    assert read == {k: v for k, v in made.items() if k != "secret"}
    stored = district.service.value("SELECT secret_hash FROM api_key WHERE id = %s", made["id"])
    assert bytes(stored) == hashlib.sha256(made["secret"].encode()).digest()


def test_keys_are_listed_and_filtered(district, farm):
    made = [district.admin.make("/v1/keys", {"name": f"列表 {i}", "scopes": ["read"], "parties": [farm.id]})["id"] for i in range(3)]
    page = district.admin.read(f"/v1/keys?party={farm.number}&limit=2")
    rest = district.admin.read(f"/v1/keys?party={farm.number}&limit=1000&cursor={page['next']}")
    found = [key["id"] for key in page["items"] + rest["items"]]
    assert set(made) < set(found) and len(found) == len(set(found))
    assert not any("secret" in key for key in page["items"])
    assert district.admin.get("/v1/keys?cursor=1").problem() == "cursor"


def test_what_a_key_is_bounded_to_must_exist(district):
    for members, problem, pointer in (({"region": "999999"}, "region-unknown", "/region"),
                                      ({"parties": ["NOBODY"]}, "reference-unknown", "/parties/0"),
                                      ({"parties": [uuid7()]}, "reference-unknown", "/parties/0"),
                                      ({"scopes": ["everything"]}, "field-range", "/scopes/0"),
                                      ({"scopes": []}, "field-range", "/scopes")):
        reply = district.admin.post("/v1/keys", {"name": "x", "scopes": ["read"], **members})
        assert (reply.status, reply.problem(), reply.pointer()) == (422, problem, pointer)


def test_an_id_is_given_once(district):
    body = {"id": uuid7(), "name": "x", "scopes": ["read"]}
    district.admin.make("/v1/keys", body)
    assert district.admin.post("/v1/keys", body).problem() == "id-taken"


def test_a_revoked_key_opens_nothing_from_then_on(district, farm):
    made = district.admin.make("/v1/keys", {"name": "x", "scopes": ["read"], "parties": [farm.id]})
    holder = Api(district.service, made["secret"])
    assert holder.get("/v1/parties?limit=1").status == 200
    reply = district.admin.post(f"/v1/keys/{made['id']}/revoke")
    assert reply.status == 200 and reply.json()["state"] == "revoked" and reply.json()["revokedAt"]
    for _ in range(3):
        assert holder.get("/v1/parties?limit=1").problem() == "unauthorized"
    again = district.admin.post(f"/v1/keys/{made['id']}/revoke")
    assert again.status == 200 and again.json() == reply.json()
    assert district.admin.post(f"/v1/keys/{uuid7()}/revoke").problem() == "not-found"


def test_what_takes_no_body_takes_an_empty_object(district):
    made = district.admin.make("/v1/keys", {"name": "x", "scopes": ["read"]})
    for body in ({"a": 1}, b"[]", b"x", b"{ }"):
        refused = district.admin.post(f"/v1/keys/{made['id']}/revoke", body)
        assert refused.problem() == "body-too-large", body
        assert refused.json()["detail"] == "this address takes no body"
    assert district.admin.read(f"/v1/keys/{made['id']}")["state"] == "active"
    assert district.admin.post(f"/v1/keys/{made['id']}/revoke", {}).json()["state"] == "revoked"


def test_a_scope_that_is_not_held_is_refused(district, farm):
    assert farm.get("/v1/keys").problem() == "forbidden"
    assert farm.post("/v1/sites", {"kind": "plot", "name": {"zh": "地"}}).problem() == "forbidden"
    capturer = Api(district.service, district.key(["capture"], parties=[farm.id]))
    assert capturer.get("/v1/parties").problem() == "forbidden"


def test_an_administrator_with_bounds_gives_no_keys_away(district, farm):
    bounded = district.admin.make("/v1/keys", {"name": "x", "scopes": ["admin", "read"], "region": TOWNSHIP})
    officer = Api(district.service, bounded["secret"])
    assert officer.post("/v1/keys", {"name": "y", "scopes": ["admin"]}).problem() == "forbidden"
    assert officer.get("/v1/keys").problem() == "forbidden"
    assert officer.read(f"/v1/keys/{bounded['id']}")["name"] == "x"  # its own
    other = district.admin.make("/v1/keys", {"name": "z", "scopes": ["read"]})
    assert officer.get(f"/v1/keys/{other['id']}").problem() == "not-found"
    assert officer.post(f"/v1/keys/{other['id']}/revoke").problem() == "not-found"


def test_what_is_no_key_is_refused(district):
    for secret in ("x", "ftk_" + "A" * 43, "ftk_" + "!" * 43, "ftk_" + "A" * 500, ""):
        assert Api(district.service, secret).get("/v1/parties").problem() == "unauthorized"


def test_making_and_revoking_keys_is_audited(district):
    made = district.admin.make("/v1/keys", {"name": "x", "scopes": ["read"]})
    district.admin.post(f"/v1/keys/{made['id']}/revoke")
    rows = district.service.rows("SELECT action FROM audit WHERE subject = %s ORDER BY at", made["id"])
    assert rows == [("createKey",), ("revokeKey",)]
