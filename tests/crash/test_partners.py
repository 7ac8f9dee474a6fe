# SPDX-License-Identifier: Apache-2.0
"""Documents of loads of one lot, and of their receipts, come over several connections at once and in any order, some of them
withdrawn, while server, signer or database are killed: each receipt is in the end of the load that it weighs as much as."""
import collections
import random
import threading

import pytest
from load import Patient, go_on_while_killed, tools
from service import Api, Cluster, Service
from test_crash import kill_all, kill_database, kill_server, kill_signer

CONTEXT = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"


def event(step, uri, value, to=None, sender=None):
    """`to` whom it was sent, or from which `sender` it came."""
    told = {"type": "ObjectEvent", "eventID": f"urn:uuid:{tools.uuid7()}", "eventTime": "2024-05-02T08:00:00+08:00",
            "eventTimeZoneOffset": "+08:00", "action": "ADD" if step == "commissioning" else "OBSERVE", "bizStep": step,
            "quantityList": [{"epcClass": uri, "quantity": value, "uom": "KGM"}]}
    if to:
        told["destinationList"] = [{"type": "possessing_party", "destination": to.uri}]
    if sender:
        told["sourceList"] = [{"type": "possessing_party", "source": sender.uri}]
    return told


def declared(told):
    return {**told, "errorDeclaration": {"declarationTime": "2024-05-03T08:00:00+08:00", "reason": "incorrect_data"}}


class Loads(Patient):
    """A lot after another: a farm and a shop tell of its loads, each over a connection of its own."""

    def __init__(self, service, seed):
        district = tools.District(service)
        self.service, self.random, self.farm, self.shop = service, random.Random(seed), district.farm(), district.party("shop")
        self.apis = [(Api(service, self.farm.key), Api(service, self.shop.key)) for _ in range(2)]
        self.lots, self.seed, self.done = [], seed, collections.Counter()

    def story(self):
        """Who tells what; and what is then with the farm, on its way, and with the shop."""
        body = f"0961{self.seed:05d}{len(self.lots):04d}"
        uri = f"https://id.gs1.org/01/{body}{self.check_digit(body)}/10/L1"
        acts, sent, received = [(0, event("commissioning", uri, 1000))], 0, 0
        for value in self.random.sample(range(10, 90), 3):
            load = event("shipping", uri, value, to=self.shop)
            receipt = event("receiving", uri, value, sender=self.farm)
            acts += [(0, load), (1, receipt)]
            sent, received = sent + value, received + value
            if self.random.random() < 0.3:
                acts.append((1, declared(receipt)))
                received -= value
        self.random.shuffle(acts)
        return uri, acts, (1000 - sent, sent - received, received)

    @staticmethod
    def check_digit(body):
        return -sum(int(digit) * (3, 1)[n % 2] for n, digit in enumerate(reversed(body))) % 10

    def tell(self, apis, acts):
        for who, told in acts:
            document = {"@context": [CONTEXT], "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": tools.ago(hours=1),
                        "epcisBody": {"eventList": [told]}}
            reply = self.until_answered(apis[who], "/epcis/capture", document)
            assert reply.status == 202, reply
            self.done[told["bizStep"]] += 1

    def step(self):
        uri, acts, stock = self.story()
        half, errors = len(acts) // 2, []

        def other():
            try:
                self.tell(self.apis[1], acts[half:])
            except BaseException as e:  # told below
                errors.append(e)
        thread = threading.Thread(target=other, daemon=True)
        thread.start()
        self.tell(self.apis[0], acts[:half])
        thread.join()
        assert not errors, errors
        self.lots.append((uri, stock))

    def check(self):
        for uri, stock in self.lots:
            rows = {row[0]: tuple(map(int, row[1:])) for row in self.service.rows(
                "SELECT holder::text, on_hand - deficit, in_transit FROM lot_holding h JOIN lot USING (org_id, lot_id) WHERE lot.uri = %s", uri)}
            assert (*rows[self.farm.id], rows.get(self.shop.id, (0, 0))[0]) == stock, (uri, rows)
        assert self.service.value("SELECT count(*) FROM alert WHERE rule = 'M02' AND state = 'open'") == 0, "each weighs as much as its load"


@pytest.fixture(scope="module")
def alone():
    cluster = Cluster()
    made = Service(cluster, "partners", CAPTURE_WRITERS=2)
    try:
        yield made.start()
    finally:
        made.close()
        cluster.close()


def test_loads_and_receipts_survive_that_anything_is_killed(alone):
    seed = random.randrange(1 << 16)
    print(f"seed {seed}")
    clients = [Loads(alone, seed + n) for n in range(2)]
    go_on_while_killed(alone, clients, (kill_server, kill_signer, kill_database, kill_all), acts=12)
    for client in clients:
        client.check()
    code, answer = alone.recount()
    assert code == 0, answer["differences"][:20]
