# SPDX-License-Identifier: Apache-2.0
"""A saved trail of partners' goods verifies like any other: what it calls their events follows from what was signed."""
import json

import pytest
from auditor import wait_until_logged
from conftest import ago
from event_kinds import KINDS
from test_epcis import amount, captured, document, new_class

HELD = [(word, members) for word, members in KINDS if "errorDeclaration" not in members]


def about(members, lot, n):
    """An event of this kind that the trail of the lot tells."""
    base = {"eventTime": ago(hours=9, minutes=-n), "eventTimeZoneOffset": "+08:00"}
    names = {"AggregationEvent": {"parentID": f"https://id.gs1.org/00/0961415310000000{n:02d}", "childQuantityList": [amount(lot, 1)]},
             "AssociationEvent": {"parentID": f"urn:epc:id:grai:9521141.12345.{n}", "childQuantityList": [amount(lot, 1)]},
             "TransactionEvent": {"bizTransactionList": [{"bizTransaction": "urn:epc:id:gdti:0614141.06012.1234"}], "quantityList": [amount(lot, 1)]},
             "TransformationEvent": {"inputQuantityList": [amount(new_class(), 1)], "outputQuantityList": [amount(lot, 1)]}}
    return {**base, **members, **names.get(members["type"], {"quantityList": [amount(lot, 1)]})}


def verified(service, file):
    done = service.farmtrail("verify", str(file), "--json", "--log", str(service.data / "log.vkey"), "--registrar",
                             str(service.data / "registrar.vkey"), check=False)
    return {check["check"]: check["finding"] for check in json.loads(done.stdout)["checks"]}


@pytest.fixture(scope="module")
def bundle(service, district):
    lot = new_class()
    captured(district.packer(), document(*(about(members, lot, n) for n, (_, members) in enumerate(HELD))))
    wait_until_logged(service, district.public)
    code = service.value("SELECT code FROM lot WHERE uri = %s", lot)
    return json.loads(district.public.get(f"/t/{code}/proofs").body)


def test_a_saved_trail_of_partners_goods_holds(service, bundle, tmp_path):
    assert sorted(step["type"] for step in bundle["trail"]["steps"]) == sorted(word for word, _ in HELD)
    file = tmp_path / "trail.json"
    file.write_text(json.dumps(bundle, ensure_ascii=False), encoding="utf-8")
    found = verified(service, file)
    assert found["trail"] == "passed" and not {"failed", "missing"} & set(found.values()), found


def test_a_partners_step_that_is_told_otherwise_is_found(service, bundle, tmp_path):
    file = tmp_path / "trail.json"
    for step in bundle["trail"]["steps"]:
        was, step["type"] = step["type"], "sell" if step["type"] != "sell" else "observe"
        file.write_text(json.dumps(bundle, ensure_ascii=False), encoding="utf-8")
        assert verified(service, file)["trail"] == "failed", was
        step["type"] = was


def test_the_proof_of_an_event_about_many_lots_holds(service, district, tmp_path):
    packer, lots = district.packer(), [new_class(f"M{n}") for n in range(1200)]
    captured(packer, document({"type": "TransformationEvent", "eventTime": ago(hours=3), "eventTimeZoneOffset": "+08:00",
                               "inputQuantityList": [amount(lot, 1) for lot in lots], "outputQuantityList": [amount(new_class("ALL"), 9)]}))
    wait_until_logged(service, district.public)
    event = service.value("SELECT t.event::text FROM event_thing t JOIN lot l USING (org_id, lot_id) WHERE l.uri = %s", lots[0])
    file = tmp_path / "proof.json"
    file.write_bytes(packer.get(f"/v1/events/{event}/proof").body)
    found = verified(service, file)
    assert found["links"] == "passed" and not {"failed", "missing"} & set(found.values()), found
