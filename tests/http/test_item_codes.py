# SPDX-License-Identifier: Apache-2.0
"""Codes of single packs: issued by the thousand, listed for the printer, activated, voided; what two at once and a repetition
do; who may."""
import csv
import hashlib
import hmac
import io
import threading

import pytest
from conftest import line, uuid7

JSON = {"Accept": "application/json"}


@pytest.fixture
def lot(farm):
    return farm.harvest(10, lot="L1")


def issue(party, lot, count=3, **members):
    return party.make("/v1/codes", {"kind": "item", "lot": lot["id"], "count": count, **members})


def codes_of(party, made):
    reply = party.get(made["list"])
    assert reply.status == 200 and reply.headers["content-type"].startswith("text/csv")
    return [row["code"] for row in csv.DictReader(io.StringIO(reply.body.decode()))]


def state(district, code):
    return district.public.read(f"/v1/codes/{code}")["state"]


BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def base32(bits, chars):
    return "".join(BASE32[bits >> 5 * (chars - 1 - i) & 31] for i in range(chars))


def item_code(service, number):
    """The code of an item as its definition says it: ten Feistel rounds over 40 bits, then the tag."""
    key = bytes.fromhex((service.data / "secrets" / "code.key").read_text().strip())
    left, right = number >> 20, number & 0xFFFFF
    for turn in range(10):
        digest = hmac.digest(key, b"farmtrail-item-v1\0" + bytes([turn]) + right.to_bytes(3, "big"), hashlib.sha256)
        left, right = right, left ^ int.from_bytes(digest[:3], "big") & 0xFFFFF
    body = base32(left << 20 | right, 8)
    tag = hmac.digest(key, b"farmtrail-code-v1\0K\0" + body.encode(), hashlib.sha256)
    return "K" + body + base32(int.from_bytes(tag[:5], "big"), 8)


# — issuing —
def test_codes_are_issued_and_listed_for_the_printer(district, farm, lot):
    made = issue(farm, lot, 2500)
    assert (made["kind"], made["state"], made["count"], made["lot"]) == ("item", "issued", 2500, lot["id"])
    codes = codes_of(farm, made)
    assert len(set(codes)) == 2500 and codes[0] == made["code"] and codes[-1] == made["last"]
    assert all(len(code) == 17 and code[0] == "K" for code in codes)
    assert sorted(codes) != codes, "numbers must not show"
    for code in (codes[0], codes[1023], codes[1024], codes[-1]):
        assert state(district, code) == "issued"
        assert district.public.read(f"/v1/codes/{code}")["lot"] == lot["id"]
    picture = district.public.get(f"/v1/codes/{codes[7]}/qr.svg")
    assert picture.status == 200 and picture.headers["content-type"] == "image/svg+xml"


def test_a_hundred_thousand_codes_are_a_hundred_rows(district, farm, lot):
    made = issue(farm, lot, 100000)
    assert district.service.value("SELECT count(*) FROM code WHERE kind = 'item' AND issue ="
                                  " (SELECT issue FROM code WHERE code = %s)", made["code"]) == 98
    codes = codes_of(farm, made)
    assert len(set(codes)) == 100000 and state(district, codes[99999]) == "issued"
    assert farm.post("/v1/codes", {"kind": "item", "lot": lot["id"], "count": 100001}).problem() == "field-range"


def test_what_was_never_issued_is_not_found_although_its_tag_is_right(district, farm, lot):
    made = issue(farm, lot, 2)
    block = district.service.value("SELECT blocks[1] FROM item_issue WHERE id = (SELECT issue FROM code WHERE code = %s)",
                                   made["code"])
    assert [made["code"], made["last"]] == [item_code(district.service, block << 10 | n) for n in range(2)]
    for number in (block << 10 | 2, (block << 10) + 1023, (block + 1000) << 10):
        never = item_code(district.service, number)
        assert district.public.get(f"/v1/codes/{never}").problem() == "not-found"
        assert farm.post("/v1/codes:activate", {"codes": [never]}).problem() == "not-found"
    wrong = made["code"][:-1] + ("0" if made["code"][-1] != "0" else "1")
    for typed in (wrong, "K123"):
        assert district.public.get(f"/v1/codes/{typed}").problem() == "not-found"


def test_the_same_id_answers_the_same_codes_and_other_content_is_refused(farm, lot):
    body = {"kind": "item", "lot": lot["id"], "count": 40, "id": uuid7()}
    first = farm.post("/v1/codes", body)
    again = farm.post("/v1/codes", body)
    assert (first.status, again.status) == (201, 200) and again.json() == first.json()
    for other in ({"count": 41}, {"activate": True}):
        reply = farm.post("/v1/codes", {**body, **other})
        assert reply.problem() == "id-taken" and reply.pointer() == "/id"


def test_the_same_id_from_many_at_once_is_issued_once(district, farm, lot):
    body, replies = {"kind": "item", "lot": lot["id"], "count": 5, "id": uuid7()}, []
    threads = [threading.Thread(target=lambda: replies.append(farm.post("/v1/codes", body))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [200] * 7 + [201]
    assert len({reply.json()["code"] for reply in replies}) == 1
    assert district.service.value("SELECT count(*) FROM code WHERE issue = %s", body["id"]) == 1


def test_only_who_issued_the_lot_issues_and_sees_its_codes(district, farm, packer, lot):
    shipment = farm.ship(packer, line(lot, 10))
    packer.receive(shipment)
    assert packer.post("/v1/codes", {"kind": "item", "lot": lot["id"]}).problem() == "forbidden"
    made = issue(farm, lot)
    assert packer.get(made["list"]).problem() == "not-found"
    for verb in ("activate", "void"):
        assert packer.post(f"/v1/codes:{verb}", {"codes": [made["code"]]}).problem() == "not-found"
    assert state(district, made["code"]) == "issued"
    stranger = district.farm()
    assert stranger.post("/v1/codes", {"kind": "item", "lot": lot["id"]}).problem() == "not-found"
    assert issue(district.admin, lot)["lot"] == lot["id"]
    assert farm.post("/v1/codes", {"kind": "lot", "lot": lot["id"], "count": 2}).pointer() == "/count"


# — states —
def test_issued_codes_are_activated_and_voided(district, farm, lot):
    codes = codes_of(farm, issue(farm, lot, 5))
    assert farm.post("/v1/codes:activate", {"codes": codes[1:3]}).json() == {"state": "activated", "count": 2, "voided": 0}
    assert [state(district, code) for code in codes] == ["issued", "activated", "activated", "issued", "issued"]
    first = district.public.read(f"/v1/codes/{codes[1]}")["activatedAt"]
    farm.post("/v1/codes:activate", {"codes": codes[1:3]})
    assert district.public.read(f"/v1/codes/{codes[1]}")["activatedAt"] == first, "the same again keeps the first time"
    assert farm.post("/v1/codes:void", {"codes": [codes[0], codes[2]], "reason": "misprint"}).json()["voided"] == 2
    assert [state(district, code) for code in codes] == ["voided", "activated", "voided", "issued", "issued"]
    assert issue(farm, lot, 1, activate=True)["state"] == "activated"


def test_a_roll_is_activated_from_its_first_label_to_its_last(district, farm, lot):
    codes = codes_of(farm, issue(farm, lot, 3000))
    farm.post("/v1/codes:void", {"codes": [codes[1500], codes[2100]]})
    done = farm.post("/v1/codes:activate", {"from": codes[900], "to": codes[2099]})
    assert done.json() == {"state": "activated", "count": 1200, "voided": 1}
    seen = {place: state(district, codes[place]) for place in (0, 899, 900, 1023, 1024, 1500, 2047, 2048, 2099, 2100, 2999)}
    assert seen == {0: "issued", 899: "issued", 900: "activated", 1023: "activated", 1024: "activated", 1500: "voided",
                    2047: "activated", 2048: "activated", 2099: "activated", 2100: "voided", 2999: "issued"}
    assert district.service.value("SELECT count(*) FROM code_mark WHERE state = 'activated' AND code = ANY("
                                  "SELECT code FROM code WHERE issue = (SELECT issue FROM code WHERE code = %s))", codes[0]) == 3


def test_a_voided_code_stays_voided(district, farm, lot):
    code = issue(farm, lot, 1)["code"]
    farm.post("/v1/codes:void", {"codes": [code]})
    assert farm.post("/v1/codes:activate", {"codes": [code, code]}).json() == {"state": "activated", "count": 2, "voided": 1}
    assert state(district, code) == "voided"


def test_nothing_is_marked_when_one_of_the_codes_is_wrong(district, farm, lot):
    first, second = issue(farm, lot, 3), issue(farm, lot, 3)
    before = district.service.snapshot()
    for body, pointer in (({"codes": [first["code"], lot["code"]]}, "/codes/1"), ({"codes": ["K0"]}, "/codes/0"),
                          ({"from": first["code"], "to": second["last"]}, "/to"), ({"from": first["last"], "to": first["code"]}, "/to"),
                          ({"from": first["code"]}, "/to"), ({"to": first["code"]}, "/codes"), ({}, "/codes"),
                          ({"codes": [first["code"]], "from": first["code"], "to": first["last"]}, "/from")):
        for verb in ("activate", "void"):
            reply = farm.post(f"/v1/codes:{verb}", body)
            assert reply.status in (404, 422) and reply.pointer() == pointer, (body, reply)
    assert district.service.snapshot() == before


def test_activating_and_voiding_at_once_ends_voided(district, farm, lot):
    codes = codes_of(farm, issue(farm, lot, 40))
    calls = [("activate", codes), ("void", codes[::-1]), ("activate", codes[::-1]), ("void", codes)]
    replies = []
    threads = [threading.Thread(target=lambda c=c: replies.append(farm.post(f"/v1/codes:{c[0]}", {"codes": c[1]}))) for c in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply.status for reply in replies] == [200] * 4
    assert {state(district, code) for code in codes} == {"voided"}


def test_of_two_at_once_the_first_to_be_stored_may_have_begun_last(district, farm, lot):
    """What it put into use the other does not store again, but states all the same, with an earlier time: nothing is wrong with that."""
    service = district.service
    for _ in range(10):  # both within one second, for that is what a statement says of its time
        common, rest = codes_of(farm, issue(farm, lot, 2))
        for body in ({"codes": [common]}, {"codes": [common, rest]}):
            assert farm.post("/v1/codes:activate", body).status == 200
        [(first, at), (_, later)] = service.rows("SELECT id::text, recorded_at FROM act_statement WHERE kind = 'codes' ORDER BY recorded_at DESC LIMIT 2")[::-1]
        if at.replace(microsecond=0) == later.replace(microsecond=0) and later.microsecond < 999_999:
            break
    for sql in ("UPDATE act_statement SET recorded_at = %s::timestamptz + interval '1 microsecond' WHERE id = %s",
                "UPDATE code_mark SET at = %s::timestamptz + interval '1 microsecond' WHERE stated = %s"):
        service.cluster.execute(service.database, sql, later, first)
    code, answer = service.recount()
    assert code == 0, answer["differences"]
