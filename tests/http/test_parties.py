# SPDX-License-Identifier: Apache-2.0
"""Parties: registering, repeating, changing, listing; and what every kind of master data does alike."""
import base64
import json
import re
import time

from conftest import TOWNSHIP, uuid7
from service import LOGGED, STATED, Api, sha256, wait_for

ELSEWHERE = "500109110"  # 静观镇 of 北碚区: it was not moved in 2025


def party(district, **members):
    return {"number": district.number("T"), "kind": "cooperative", "name": {"zh": "测试合作社", "en": "Test Cooperative"},
            "region": TOWNSHIP, **members}


def uscc(district):
    return "91500112MA5" + district.number("U").zfill(7)[-7:]


def put(api, made, etag='"1"', **changes):
    body = {name: made[name] for name in ("kind", "name", "uscc", "gln", "region", "personal") if name in made}
    return api.put(f"/v1/parties/{made['id']}", {**body, **changes}, **{"If-Match": etag})


def test_a_party_is_registered_with_a_version_a_statement_and_a_uri(district):
    sent = party(district, uscc=uscc(district), gln="6901234567892")
    reply = district.admin.post("/v1/parties", sent)
    made = reply.json()
    assert reply.status == 201 and reply.headers["etag"] == '"1"'
    assert reply.headers["location"] == f"/v1/parties/{made['id']}"
    assert {name: made[name] for name in sent} == sent
    assert made["version"] == 1 and made["state"] == "active" and made["personal"] is False
    assert made["uri"] == f"https://{district.service.origin}/o/{sent['uscc']}"
    assert len(base64.b64decode(made["statement"])) == 32
    assert made["recordedAt"].endswith("Z") and made["validFrom"].endswith("+08:00")
    assert district.admin.read(f"/v1/parties/{made['id']}") == made


def test_a_version_is_signed_by_the_registrar_and_queued_for_the_log(district):
    made = district.admin.make("/v1/parties", party(district))
    [(statement, body, recorded_by, digest)] = district.service.rows(
        "SELECT statement, body, recorded_by::text, statement_sha256 FROM master_version WHERE id = %s", made["id"])
    text = bytes(statement).decode()
    registrar = district.service.value("SELECT id::text FROM party WHERE number = 'REGISTRAR'")
    assert text.startswith(f"farmtrail/party@v1\nlog {district.service.origin}\norg {registrar}\n") and recorded_by == registrar
    assert sha256(text.rsplit("\n\n", 1)[0] + "\n") == bytes(digest)
    assert base64.b64encode(bytes(digest)).decode() == made["statement"]
    signed = json.loads(bytes(body))
    assert signed == {k: v for k, v in made.items() if k not in ("recordedAt", "statement")}
    assert district.service.value(f"SELECT count(*) FROM {LOGGED} WHERE kind = 'party' AND id = %s", made["id"]) == 1


def test_a_new_party_gets_a_key_that_it_and_the_registrar_signed(district):
    made = district.admin.make("/v1/parties", party(district))
    [(statement, use, custody, seq)] = district.service.rows(
        "SELECT k.statement, k.use, k.custody, h.seq FROM signing_key k JOIN key_head h USING (fingerprint)"
        " WHERE k.org_id = %s", made["id"])
    text = bytes(statement).decode()
    registrar = district.service.value("SELECT id::text FROM party WHERE number = 'REGISTRAR'")
    assert text.startswith("farmtrail/key@v1\n") and "\nuse event\ncustody service\n" in text
    signers = [line.split()[1] for line in text.split("\n") if line.startswith("—")]
    assert signers == [f"{district.service.origin}/o/{made['id']}", f"{district.service.origin}/o/{registrar}"]
    assert (use, custody, seq) == ("event", "service", 1)
    assert district.service.value(f"SELECT count(*) FROM {LOGGED} WHERE kind = 'key' AND org_id = %s", made["id"]) == 1


def test_the_registrars_sequence_has_no_gap(district):
    for _ in range(3):
        district.admin.make("/v1/parties", party(district))
    assert district.admin.post("/v1/parties", party(district, region="999999")).problem() == "region-unknown"
    district.admin.make("/v1/parties", party(district))
    registrar = district.service.value("SELECT id::text FROM party WHERE number = 'REGISTRAR'")
    texts = [bytes(row[0]).decode() for row in district.service.rows(f"SELECT statement FROM {STATED}")]
    seqs = sorted(int(re.search(r"\nseq (\d+)\n", text)[1]) for text in texts if f"\norg {registrar}\n" in text and not text.startswith("farmtrail/key@v1\n"))
    assert seqs == list(range(2, 2 + len(seqs)))  # 1 is the key statement


def test_the_same_id_and_content_answers_the_first_answer(district):
    sent = party(district, id=uuid7())
    first = district.admin.make("/v1/parties", sent)
    assert put(district.admin, first, name={"zh": "改名合作社"}).status == 200
    before = district.service.snapshot()
    again = district.admin.post("/v1/parties", sent)
    assert again.status == 200 and again.json() == first
    assert district.service.snapshot() == before


def test_the_same_id_with_other_content_is_taken(district):
    sent = party(district, id=uuid7())
    district.admin.make("/v1/parties", sent)
    reply = district.admin.post("/v1/parties", {**sent, "name": {"zh": "别的合作社"}})
    assert (reply.status, reply.problem(), reply.pointer()) == (409, "id-taken", "/id")


def test_an_id_of_another_version_of_uuid_is_refused(district):
    reply = district.admin.post("/v1/parties", party(district, id="018f6c1e-7b7a-4c55-9d0e-3f6b2a4d9c11"))
    assert (reply.problem(), reply.pointer()) == ("field-range", "/id")


def test_numbers_are_taken_once_and_the_member_is_named(district):
    first = district.admin.make("/v1/parties", party(district, uscc=uscc(district), gln="6901234567908"))
    before = district.service.snapshot()
    for member in ("number", "uscc", "gln"):
        reply = district.admin.post("/v1/parties", party(district, **{member: first[member]}))
        assert (reply.status, reply.problem(), reply.pointer()) == (409, "number-taken", f"/{member}")
    assert district.service.snapshot() == before


def test_a_party_goes_by_its_credit_code_or_a_made_number(district):
    code = uscc(district)
    with_code = district.admin.make("/v1/parties", {k: v for k, v in party(district, uscc=code).items() if k != "number"})
    bare = {k: v for k, v in party(district, id=uuid7()).items() if k != "number"}
    without = district.admin.make("/v1/parties", bare)
    assert with_code["number"] == code and len(without["number"]) == 10
    assert district.admin.post("/v1/parties", bare).json() == without


def test_a_persons_code_stands_in_no_link(district):
    code = uscc(district)
    made = district.admin.make("/v1/parties", party(district, uscc=code, personal=True))
    assert code not in made["uri"] and made["uri"].endswith(made["id"])


def test_a_malformed_number_code_or_gln_is_refused(district):
    for member, value in (("number", "a/b"), ("number", ".."), ("number", uuid7()), ("uscc", "91500112ma5u000001"),
                          ("gln", "6901234567893")):
        reply = district.admin.post("/v1/parties", party(district, **{member: value}))
        assert (reply.problem(), reply.pointer()) == ("identifier-syntax", f"/{member}"), value
    assert district.admin.post("/v1/parties", party(district, uscc="short")).problem() == "field-range"
    assert district.admin.post("/v1/parties", party(district, kind="school")).problem() == "field-range"


def test_a_region_must_be_a_place(district):
    for code in ("999999", "500100"):  # unknown; a row of the code table that no government answers to
        reply = district.admin.post("/v1/parties", party(district, region=code))
        assert (reply.problem(), reply.pointer()) == ("region-unknown", "/region")


def test_a_version_that_begins_in_the_future_is_refused(district):
    reply = district.admin.post("/v1/parties", party(district, validFrom="2099-01-01T00:00:00+08:00"))
    assert (reply.problem(), reply.pointer()) == ("time-future", "/validFrom")
    reply = district.admin.post("/v1/parties", party(district, validFrom="2020-01-01T00:00:00"))
    assert reply.problem() == "time-naive"


def test_a_change_adds_a_version_and_overwrites_nothing(district):
    first = district.admin.make("/v1/parties", party(district))
    reply = put(district.admin, first, name={"zh": "新名合作社"}, reason="更名", region=ELSEWHERE)
    second = reply.json()
    assert reply.status == 200 and reply.headers["etag"] == '"2"'
    assert second["version"] == 2 and second["name"] == {"zh": "新名合作社"} and second["reason"] == "更名"
    assert (second["number"], second["uri"]) == (first["number"], first["uri"])
    assert district.admin.read(f"/v1/parties/{first['id']}") == second
    assert district.admin.read(f"/v1/parties/{first['id']}?version=1") == first
    assert district.admin.get(f"/v1/parties/{first['id']}?version=3").problem() == "not-found"
    [(text,)] = district.service.rows("SELECT convert_from(statement, 'UTF8') FROM master_version WHERE id = %s AND version = 2",
                                      first["id"])
    assert f"\nprev {first['statement']}\n" in text


def test_a_change_needs_the_newest_etag(district):
    made = district.admin.make("/v1/parties", party(district))
    body = {k: made[k] for k in ("kind", "name", "region")}
    assert district.admin.put(f"/v1/parties/{made['id']}", body).problem() == "precondition-required"
    assert put(district.admin, made).status == 200
    for stale in ('"1"', '"7"', '1', '"x"'):
        reply = put(district.admin, made, etag=stale)
        assert (reply.status, reply.problem()) == (412, "precondition-failed"), stale
    assert put(district.admin, made, etag="*").json()["version"] == 3


def test_of_two_changes_at_once_one_is_stale(district):
    from concurrent.futures import ThreadPoolExecutor
    made = district.admin.make("/v1/parties", party(district))
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda i: put(Api(district.service, district.service.admin_key), made,
                                              name={"zh": f"同时{i}"}).status, range(8)))
    assert sorted(replies) == [200] + [412] * 7


def test_of_two_registrations_of_a_number_at_once_one_is_taken(district):
    from concurrent.futures import ThreadPoolExecutor
    number = district.number("RACE")
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda i: Api(district.service, district.service.admin_key).post(
            "/v1/parties", party(district, number=number)).status, range(6)))
    assert sorted(replies) == [201] + [409] * 5


def test_id_and_number_never_change(district):
    made = district.admin.make("/v1/parties", party(district))
    for member, value in (("number", district.number("N")), ("id", uuid7())):
        reply = put(district.admin, made, **{member: value})
        assert (reply.problem(), reply.pointer()) == ("field-range", f"/{member}")


def test_a_party_is_found_by_every_spelling(district):
    made = district.admin.make("/v1/parties", party(district, uscc=uscc(district), gln="6901234567915"))
    for spelling in (made["id"], made["number"], made["uscc"], made["gln"]):
        assert district.admin.read(f"/v1/parties/{spelling}")["id"] == made["id"]
    site = {"number": "S1", "kind": "plot", "name": {"zh": "地"}}
    for i, spelling in enumerate((made["uri"], f"http://elsewhere.example/o/{made['id']}", made["number"])):
        assert district.admin.make("/v1/sites", {**site, "number": f"S{i}", "party": spelling})["party"] == made["id"]


def test_lists_are_pages_that_hold_everything_once(district):
    made = [district.admin.make("/v1/parties", party(district, name={"zh": "翻页甲乙丙社"}))["id"] for _ in range(5)]
    seen, target = [], "/v1/parties?q=翻页甲乙丙&limit=2"
    from urllib.parse import quote
    target = quote(target, safe="/?=&")
    while target:
        reply = district.admin.get(target)
        page = reply.json()
        assert len(page["items"]) <= 2
        seen += [item["id"] for item in page["items"]]
        link = reply.headers.get("link")
        assert bool(link) == bool(page["next"])
        target = link.split(">")[0][1:] if link else None
    assert seen == sorted(made)
    assert district.admin.get("/v1/parties?cursor=xyz").problem() == "cursor"
    assert district.admin.get("/v1/parties?limit=1001").problem() == "field-range"


def test_lists_filter_by_text_region_and_state(district):
    here = district.admin.make("/v1/parties", party(district, name={"zh": "滤网社", "en": "Filter House"}))
    there = district.admin.make("/v1/parties", party(district, name={"zh": "滤网店"}, region=ELSEWHERE))
    assert put(district.admin, there, state="closed").status == 200

    def found(query):
        return {item["id"] for item in district.admin.read("/v1/parties?limit=1000&" + query)["items"]} & {here["id"], there["id"]}

    assert found("q=filter%20h") == {here["id"]}
    assert found("q=" + here["number"].lower()) == {here["id"]}
    assert found("region=500X01") == {here["id"]} and found("region=500109") == {there["id"]}
    assert found("region=500000") == {here["id"], there["id"]}
    assert found("state=closed") == {there["id"]}
    assert found("party=" + here["number"]) == {here["id"]}
    assert district.admin.get("/v1/parties?region=123").problem() == "region-unknown"
    assert district.admin.get("/v1/parties?party=NOBODY").problem() == "reference-unknown"


def test_the_registry_of_parties_is_open_to_every_reader_and_to_nobody_else(district, farm):
    made = district.admin.make("/v1/parties", party(district))
    assert farm.read(f"/v1/parties/{made['id']}") == made
    assert district.public.get(f"/v1/parties/{made['id']}").problem() == "unauthorized"
    assert farm.post("/v1/parties", party(district)).problem() == "forbidden"  # no scope register


def test_a_key_of_a_party_changes_its_own_party_and_signs_for_it(district):
    mine = district.admin.make("/v1/parties", party(district))
    other = district.admin.make("/v1/parties", party(district))
    clerk = Api(district.service, district.key(["read", "register"], parties=[mine["id"]]))
    assert put(clerk, other).problem() == "not-found"
    assert clerk.post("/v1/parties", party(district)).problem() == "forbidden"
    assert put(clerk, mine, name={"zh": "自改名"}).json()["version"] == 2
    assert district.service.value("SELECT recorded_by::text FROM master_version WHERE id = %s AND version = 2",
                                  mine["id"]) == mine["id"]


def test_a_key_of_a_region_registers_in_its_region(district):
    officer = Api(district.service, district.key(["read", "register"], region="500X01"))
    mine = officer.make("/v1/parties", party(district))
    reply = officer.post("/v1/parties", party(district, region=ELSEWHERE))
    assert reply.problem() == "forbidden" and "500X01" in reply.json()["detail"]
    there = district.admin.make("/v1/parties", party(district, region=ELSEWHERE))
    assert put(officer, there).problem() == "not-found"
    assert put(officer, mine, region=ELSEWHERE).problem() == "forbidden"
    assert put(officer, mine).status == 200


def test_acts_are_audited(district):
    made = district.admin.make("/v1/parties", party(district))
    put(district.admin, made)
    rows = district.service.rows("SELECT action, key_id IS NOT NULL, request_id IS NOT NULL FROM audit WHERE subject = %s"
                                 " ORDER BY at", made["id"])
    assert rows == [("createParty", True, True), ("replaceParty", True, True)]


def test_a_registration_that_lost_its_signer_leaves_nothing(new_service):
    import os
    import signal
    service = new_service().start()
    admin = Api(service, service.admin_key)
    assert admin.read("/v1/parties")["items"]
    assert wait_for(lambda: service.value("SELECT count(*) FROM log_leaf WHERE kind = 'verifier'") == 1), "what the server states of itself is in"
    (service.data / "secrets" / "kek").rename(service.data / "secrets" / "kek.away")  # it cannot be started again
    os.kill(service.signer_pid(), signal.SIGKILL)
    before = service.snapshot()
    body = {"id": uuid7(), "number": "X1", "kind": "shop", "name": {"zh": "店"}, "region": TOWNSHIP}
    reply = admin.post("/v1/parties", body)
    assert (reply.status, reply.problem()) == (503, "signer-unavailable")
    assert service.snapshot() == before
    (service.data / "secrets" / "kek.away").rename(service.data / "secrets" / "kek")
    end = time.monotonic() + 20
    while (reply := admin.post("/v1/parties", body)).status != 201:
        assert time.monotonic() < end, reply
        time.sleep(0.2)
    service.stop()
