# SPDX-License-Identifier: Apache-2.0
"""A note that was sent when the server died is sent again: the record is in once, or not at all, and the key's sequence has no
gap."""
import random
import threading
import time

from device import Device, enrol
from load import Patient, tools
from service import Api


class Signer(Patient, threading.Thread):
    """Prepares, signs and sends harvests; repeats each step until it is answered."""

    def __init__(self, service):
        super().__init__(daemon=True)
        district = tools.District(service)
        self.farm, self.device, self.ended = district.farm(), Device(), threading.Event()
        assert enrol(district, self.farm, self.device)[0].status == 201
        self.api, self.answers, self.error = Api(service, self.farm.key), {}, None

    def ask(self, target, body):
        return self.until_answered(self.api, target, body)

    def run(self):
        try:
            while not self.ended.is_set():
                record = {"id": tools.uuid7(), "type": "harvest", "time": tools.ago(hours=1), "site": "P1", "product": "PAKCHOI",
                          "quantity": tools.kg(1)}
                prepared = self.ask("/v1/events:prepare", {"key": self.device.fingerprint, "record": record})
                assert prepared.status == 200, prepared
                note = self.device.note(prepared.json())
                reply = self.ask("/v1/events", {"note": note})
                assert reply.status in (200, 201), reply
                self.answers[record["id"]] = note, reply.json()
        except BaseException as e:
            self.error = e


def test_notes_survive_that_the_server_is_killed(service, kills):
    signer = Signer(service)
    signer.start()
    for _ in range(kills):
        before = len(signer.answers)
        while len(signer.answers) < before + 5 and not signer.error:
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.1))
        service.process.kill()
        service.process.wait()
        service.start()
    signer.ended.set()
    signer.join()
    assert not signer.error, signer.error
    assert signer.repeated, "no client noticed a kill"
    stored = {str(event): bytes(note).decode() for event, note in service.rows(
        "SELECT id::text, statement FROM event WHERE org_id = %s", signer.farm.id)}
    assert stored == {event: note for event, (note, _) in signer.answers.items()}
    seqs = [row[0] for row in service.rows("SELECT seq FROM event WHERE org_id = %s ORDER BY seq", signer.farm.id)]
    assert seqs == list(range(2, 2 + len(seqs)))
    for note, answer in signer.answers.values():
        again = signer.api.post("/v1/events", {"note": note})
        assert again.status == 200 and again.json() == answer
