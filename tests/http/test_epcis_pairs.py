# SPDX-License-Identifier: Apache-2.0
"""Whatever was told of loads and receipts, by documents and records, in one document or many, and whatever of it was withdrawn or
corrected: in the end each receipt is of the shipment that it would be of, had all that stands come at once."""
import collections
import random

import pytest
from conftest import ago, kg, line, uuid7
from test_epcis import amount, captured, document, event
from test_epcis_declared import declared
from test_units import sscc

SHIPMENTS = """
SELECT s.id::text, s.from_party::text, s.to_party::text, l.lot_id::text, extract(epoch FROM s.shipped_at), l.n, l.base, l.receipt::text, l.received,
       l.receipt IS NULL OR EXISTS (SELECT FROM partner_receipt r WHERE r.event = l.receipt AND r.org_id = l.receipt_org)
FROM shipment s JOIN shipment_line l ON l.org_id = s.org_id AND l.shipment = s.id JOIN lot USING (lot_id)
WHERE lot.uri = ANY(%s) AND s.state <> 'withdrawn' ORDER BY s.shipped_at, s.id, l.n"""
RECEIPTS = """
SELECT r.event::text, r.from_party::text, r.to_party::text, r.lot_id::text, extract(epoch FROM r.event_time), r.base, r.shipment::text, r.org_id::text
FROM partner_receipt r JOIN lot USING (lot_id) WHERE lot.uri = ANY(%s)
ORDER BY r.base IS NULL, r.from_party IS NULL, r.event_time, r.org_id, r.event"""
Line = collections.namedtuple("Line", "shipment sender to lot at n base receipt received free")
Receipt = collections.namedtuple("Receipt", "event sender to lot at base shipment org")


def runs(lines, base):
    """Of one shipment: lines that follow each other, fewest that are enough; all when they are not; and by how much it differs."""
    if base is None or sum(each.base for each in lines) < base:
        yield (base or 0) - sum(each.base for each in lines), lines
        return
    for first in range(len(lines)):
        for end in range(first + 1, len(lines) + 1):
            total = sum(each.base for each in lines[first:end])
            if total >= base:
                if total - lines[first].base < base:
                    yield total - base, lines[first:end]
                break


def paired(lines, receipts):
    """Whose each line is, by the rule that ARCHITECTURE.md tells."""
    of, left = {}, list(receipts)
    while True:
        best = None
        for receipt in left:
            shipments = dict.fromkeys(each.shipment for each in lines if receipt.sender in (None, each.sender))
            for shipment in shipments:
                there = [each for each in lines if each.shipment == shipment and each not in of]
                for off, run in runs(there, receipt.base) if there else ():
                    if best is None or (receipt.base is not None and off < best[0]):
                        best = off, receipt, run
        if not best:
            return of
        of.update(dict.fromkeys(best[2], best[1].event))
        left.remove(best[1])


def pairs_are_right(service, uris, but=()):
    lines = [Line(*row) for row in service.rows(SHIPMENTS, uris)]
    receipts = [Receipt(*row) for row in service.rows(RECEIPTS, uris)]
    for lot, to in {(each.lot, each.to) for each in receipts if each.to not in but}:
        there = [each for each in lines if (each.lot, each.to) == (lot, to) and each.free]
        here = [each for each in receipts if (each.lot, each.to) == (lot, to)]
        of, said = paired(there, here), {each.event: each.base for each in here}
        # which of two that say the same has which of two of the same weight is the same to everybody
        assert collections.Counter((each.base, said.get(each.receipt, "on its way")) for each in there) == collections.Counter(
            (each.base, said.get(of.get(each), "on its way")) for each in there), "\n".join(map(str, (*there, *here)))


class Story:
    def __init__(self, district, seed):
        self.district, self.chance = district, random.Random(seed)
        self.farm, self.packer, self.shop = district.farm(), district.packer(), district.party("shop")
        self.lots = [self.farm.harvest(900), self.farm.harvest(900)]
        self.uris = [each["uri"] for each in self.lots]
        self.events, self.records, self.open = [], [], []
        self.by_record = set()  # who received so: a record takes what is on its way when it comes, and what documents say later may fit better
        for to in (self.packer, self.shop):  # a registered lot is known to who has or had some of it
            to.record("receive", ago(days=1), shipment=self.farm.ship(to, *[line(each, 1) for each in self.lots]))

    def goods(self):
        uris = self.chance.choice((self.uris[:1], self.uris[1:], self.uris))
        return [amount(uri, self.chance.randrange(3, 7) * 10 + self.chance.choice((0, 0, 0, -2, 1))) for uri in uris]

    def event(self, step, goods, **members):
        at = f"2024-05-{self.chance.randrange(1, 9):02d}T08:00:00+08:00"
        return event(eventID=f"urn:uuid:{uuid7()}", eventTime=at, bizStep=step, quantityList=goods, **members)

    def send(self):
        to = self.chance.choice((self.packer, self.shop))
        return self.farm, self.event("shipping", self.goods(), disposition="in_transit",
                                     destinationList=[{"type": "possessing_party", "destination": to.uri}])

    def receive(self):
        goods = self.goods()
        if self.chance.random() < 0.15:
            goods = [{"epcClass": each["epcClass"]} for each in goods]
        source = {"sourceList": [{"type": "possessing_party", "source": self.farm.uri}]} if self.chance.random() < 0.8 else {}
        return self.chance.choice((self.packer, self.shop)), self.event("receiving", goods, **source)

    def tell(self, who, *events):
        captured(who, document(*events))
        self.events += [(who, each) for each in events if "errorDeclaration" not in each]

    def crates(self):
        """One lot in up to three of them."""
        lot, units = self.chance.choice(self.lots), [sscc() for _ in range(self.chance.randrange(1, 4))]
        for unit in units:
            self.farm.record("load", ago(hours=20), unit=unit, contents=[line(lot, self.chance.randrange(1, 5) * 10)])
        return {"units": units}

    def record(self):
        to = self.chance.choice((self.packer, self.shop))
        lots = {"lots": [line(each, self.chance.randrange(3, 7) * 10) for each in self.chance.choice((self.lots[:1], self.lots))]}
        goods = self.crates() if self.chance.random() < 0.4 else lots
        body = {"type": "ship", "time": ago(hours=self.chance.randrange(1, 9)), "to": to.id, **goods}
        reply = self.farm.post("/v1/events", body)
        assert reply.status in (201, 409), reply
        if reply.status == 201:
            self.records.append((self.farm, body, reply.json()["event"]))
            self.open.append((to, reply.json()["shipment"]))

    def receive_by_record(self):
        if self.open:
            to, shipment = self.open.pop(self.chance.randrange(len(self.open)))
            body = {"type": "receive", "time": ago(), "shipment": shipment}
            reply = to.post("/v1/events", body)
            assert reply.status in (201, 409), reply
            if reply.status == 201:
                self.records.append((to, None, reply.json()["event"]))
                self.by_record.add(to.id)

    def correct(self):
        if not self.records:
            return
        who, body, record = self.records.pop(self.chance.randrange(len(self.records)))
        change = self.chance.choice(("withdraw", "weigh", "weigh", "redirect")) if body else "withdraw"
        new = None
        if change != "withdraw":
            new = {**body, "id": uuid7()}
            if "lots" in body:
                new["lots"] = [{**each, "quantity": kg(self.chance.randrange(3, 7) * 10)} for each in body["lots"]]
            if change == "redirect":
                new["to"] = self.chance.choice((self.packer, self.shop)).id
        reply = who.post("/v1/events", {"type": "correct", "time": ago(), "event": record, "reason": "称量有误", **({"replacement": new} if new else {})})
        assert reply.status in (200, 201, 409), reply

    def withdraw(self):
        if self.events:
            who, told = self.events.pop(self.chance.randrange(len(self.events)))
            self.tell(who, declared(told))

    def step(self):
        choice = self.chance.random()
        if choice < 0.3:
            self.tell(*self.send())
        elif choice < 0.65:
            who, told = self.receive()
            self.tell(who, *((told, declared(told)) if self.chance.random() < 0.1 else (told,)))
        elif choice < 0.75:
            self.withdraw()
        elif choice < 0.87:
            self.record()
        elif choice < 0.89:
            self.receive_by_record()
        else:
            self.correct()


@pytest.mark.parametrize("seed", range(8))
def test_each_receipt_is_of_the_shipment_that_it_would_be_of_had_all_come_at_once(service, district, request, seed):
    for n in range(seed, 400 if request.config.getoption("--long") else seed + 1, 8):
        story = Story(district, n)
        for _ in range(25):
            story.step()
            pairs_are_right(service, story.uris, but=story.by_record)
        code, answer = service.recount() if n == seed else (0, None)
        assert code == 0, answer
