# SPDX-License-Identifier: Apache-2.0
"""A saved trail verifies whatever of it was corrected: what was declared wrong stays in it with its declaration, and what it
named by mistake need not be there."""
import json

import pytest
from auditor import wait_until_logged
from conftest import ago, kg, line
from test_correct import correct
from test_epcis import amount, captured, document, new_class
from test_epcis_declared import declared, transformed
from test_epcis_pieces import Press, piece
from test_epcis_proof import verified


class Saved:
    """The proofs of a trail as anybody has them, changed before they are verified."""

    def __init__(self, service, district, code, tmp_path):
        wait_until_logged(service, district.public)
        self.service, self.file = service, tmp_path / "trail.json"
        self.bundle = json.loads(district.public.get(f"/t/{code}/proofs").body)

    def wrong(self):
        """Which checks do not hold."""
        self.file.write_text(json.dumps(self.bundle, ensure_ascii=False), encoding="utf-8")
        return {check for check, finding in verified(self.service, self.file).items() if finding in ("failed", "missing")}

    def wrong_without(self, event):
        whole = self.bundle["steps"]
        self.bundle["steps"] = [step for step in whole if step.get("event") != event]
        assert len(whole) == len(self.bundle["steps"]) + 1
        found = self.wrong()
        self.bundle["steps"] = whole
        return found

    def told(self):
        return self.bundle["trail"]["steps"]


@pytest.fixture
def save(service, district, tmp_path):
    return lambda code: Saved(service, district, code, tmp_path)


def mixed(lot):
    return {"type": "process", "time": ago(days=1), "inputs": [line(lot, 10)], "outputs": [{"product": "PAKCHOI", "quantity": kg(10)}]}


def test_what_went_in_was_another_lot(farm, save):
    wrong, right = farm.harvest(), farm.harvest(time=ago(days=3))
    was = farm.make("/v1/events", mixed(wrong))
    done = correct(farm, was["event"], mixed(right))
    saved = save(done["replacement"]["lots"][0]["code"])
    assert saved.wrong() == set()
    [step] = [step for step in saved.told() if step["corrected"]]
    assert step["event"] == was["event"] and step["corrected"] == done["event"]
    assert "trail" in saved.wrong_without(done["event"]), "it is said to be wrong, and nobody signed that"
    step["corrected"] = None
    assert saved.wrong() == {"lots"}, "what went in by mistake is not there"


def test_a_record_that_has_no_replacement(farm, save):
    was = farm.make("/v1/events", mixed(farm.harvest()))
    done = correct(farm, was["event"])
    saved = save(was["lots"][0]["code"])
    assert saved.wrong() == set() and "trail" in saved.wrong_without(done["event"])


def test_a_partners_event_that_is_declared_wrong(service, packer, save):
    parent, other, made = new_class(), new_class(), new_class()
    wrong, right = transformed(parent, made, 70, 60), transformed(other, made, 50, 60)
    for each in (wrong, declared(wrong, right["eventID"]), right):
        captured(packer, document(each))
    saved = save(service.value("SELECT code FROM lot WHERE uri = %s", made))
    assert saved.wrong() == set()
    [step] = [step for step in saved.told() if step["corrected"]]
    step["corrected"] = None
    assert saved.wrong() == {"lots"}


def test_a_piece_of_a_transformation_that_is_declared_wrong(service, packer, save):
    press = Press()
    wrong = piece(press.run, [amount(new_class("WRONG"), 5)])
    captured(packer, document(*press.events, wrong))
    code = service.value("SELECT code FROM lot WHERE uri = %s", press.bottle)
    saved = save(code)
    assert saved.wrong() == set()
    saved.bundle["lots"] = [lot for lot in saved.bundle["lots"] if not lot["uri"].endswith("/WRONG")]
    assert saved.wrong() == {"lots"}, "it went into what another piece gave"
    captured(packer, document(declared(wrong)))
    saved = save(code)
    assert saved.wrong() == set() and not [lot for lot in saved.bundle["lots"] if lot["uri"].endswith("/WRONG")]
