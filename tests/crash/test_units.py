# SPDX-License-Identifier: Apache-2.0
"""Crates are loaded, emptied, shipped and used up, packs loaded and sold, while server, signer or database are killed: what was
acknowledged is in them once, what was not is sent again under its id, and no repair is needed."""
import collections
import csv
import io
import random

import pytest
from load import Patient, go_on_while_killed, tools
from service import Api, Cluster, Service
from test_crash import kill_all, kill_database, kill_server, kill_signer

BOX = {"value": "0.5", "unit": "KGM"}


def boxes(count):
    return {"value": str(count), "unit": "XPK"}


class Crates(Patient):
    """One packer, and what must be in each crate and in stock by what was answered. Amounts are boxes."""

    def __init__(self, service, seed):
        district = tools.District(service)
        self.service, self.random, self.packer, self.shop = service, random.Random(seed), district.packer(), district.party("shop")
        self.packer.product("BOX", unit="XPK", packages=[{"unit": "XPK", "holds": BOX}])
        source = self.packer.record("harvest", tools.ago(days=4), site="H1", product="SALAD", quantity=tools.kg(900))["lots"][0]
        self.lot = self.packer.record("pack", tools.ago(days=3), site="H1", inputs=[tools.line(source, 500)],
                                      outputs=[{"product": "BOX", "quantity": boxes(1000)}])["lots"][0]
        made = self.packer.make("/v1/codes", {"kind": "item", "lot": self.lot["id"], "count": 400, "activate": True})
        self.codes = [row["code"] for row in csv.DictReader(io.StringIO(self.packer.get(made["list"]).body.decode()))]
        self.api, self.receiver = Api(service, self.packer.key), Api(service, self.shop.key)
        self.crates = {f"CRATE-{seed}-{n}": [0, []] for n in range(3)}  # boxes of the lot, packs
        self.stock, self.sold, self.shipped, self.used = 1000, [], 0, 0
        self.done = collections.Counter()

    def record(self, api, type_, **members):
        """Sent with one id until it is answered: at last it is there once."""
        record = {"id": tools.uuid7(), "type": type_, "time": tools.ago(minutes=1), **members}
        reply = self.until_answered(api, "/v1/events", record)
        assert reply.status in (200, 201), (record, reply)
        self.done[type_] += 1
        return reply.json()

    def step(self):
        crate = self.random.choice(sorted(self.crates))
        inside = self.crates[crate]
        choice = self.random.random()
        if choice < 0.35 or not inside[0]:
            packs = [self.codes.pop() for _ in range(self.random.randint(0, 2))]
            count = self.random.randint(1, 4)
            self.record(self.api, "load", unit=crate, contents=[tools.line(self.lot, boxes(count)), *({"item": code} for code in packs)])
            inside[0] += count
            inside[1] += packs
        elif choice < 0.5:
            self.record(self.api, "unload", unit=crate, contents=[tools.line(self.lot, boxes(1))])
            inside[0] -= 1
        elif choice < 0.65 and inside[1]:
            code = inside[1].pop()
            self.record(self.api, "unload", unit=crate, contents=[{"item": code}])
            self.record(self.api, "sell", items=[code])
            self.sold.append(code)
            self.stock -= 1
        elif choice < 0.8:
            count = inside[0] + len(inside[1])
            sent = self.record(self.api, "ship", units=[crate], to=self.shop.number)
            self.record(self.receiver, "receive", shipment=sent["shipment"])
            self.record(self.receiver, "unload", unit=f"{self.packer.uri}/u/{crate}")
            self.stock, self.shipped = self.stock - count, self.shipped + count
            self.crates[crate] = [0, []]
        elif choice < 0.9:
            count = inside[0] + len(inside[1])
            self.record(self.api, "process", site="H1", units=[crate], outputs=[{"product": "SALAD", "quantity": tools.kg(f"0.{min(count, 9)}")}])
            self.stock, self.used = self.stock - count, self.used + count
            self.crates[crate] = [0, []]
        else:
            self.record(self.api, "unload", unit=crate)
            self.crates[crate] = [0, []]

    def check(self):
        found = {row[0]: [int(row[1] or 0), sorted(filter(None, row[2] or []))] for row in self.service.rows(
            "SELECT split_part(u.uri, '/u/', 2), sum(c.base) FILTER (WHERE c.item IS NULL), array_agg(c.item) FROM unit u"
            " LEFT JOIN containment c ON c.parent = u.id AND c.to_at IS NULL WHERE u.uri LIKE %s GROUP BY 1", f"{self.packer.uri}/u/%")}
        assert found == {crate: [count, sorted(packs)] for crate, (count, packs) in self.crates.items() if crate in found}
        rows = {row[0]: tuple(map(int, row[1:])) for row in self.service.rows(
            "SELECT holder::text, on_hand, in_transit, sold, deficit FROM lot_holding h JOIN lot USING (org_id, lot_id) WHERE lot.uri = %s",
            self.lot["uri"])}
        assert rows[self.packer.id] == (self.stock, 0, len(self.sold), 0)
        assert rows.get(self.shop.id, (0, 0, 0, 0)) == (self.shipped, 0, 0, 0)
        assert {row[0] for row in self.service.rows("SELECT code FROM item_event WHERE state = 'sold' AND code = ANY(%s)", self.sold)} == set(self.sold)


@pytest.fixture(scope="module")
def alone():
    cluster = Cluster()
    made = Service(cluster, "units", CAPTURE_WRITERS=2)
    try:
        yield made.start()
    finally:
        made.close()
        cluster.close()


def test_crates_and_packs_survive_that_anything_is_killed(alone):
    seed = random.randrange(1 << 16)
    print(f"seed {seed}")
    clients = [Crates(alone, seed + n) for n in range(3)]
    go_on_while_killed(alone, clients, (kill_server, kill_signer, kill_database, kill_all), acts=6)
    for client in clients:
        client.check()
    code, answer = alone.recount()
    assert code == 0, answer["differences"][:20]
