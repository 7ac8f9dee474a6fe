# SPDX-License-Identifier: Apache-2.0
"""A week of five devices as a plan, its delivery in some order, and the state that it leaves, without the ids of the delivery."""
import base64
import json
import random
import re
import time
import uuid
from decimal import Decimal

from conftest import FAR_TOWNSHIP, OTHER_TOWNSHIP, TOWNSHIP, kg, uuid7

DEVICES = (("cooperative", TOWNSHIP), ("cooperative", OTHER_TOWNSHIP), ("enterprise", FAR_TOWNSHIP), ("shop", OTHER_TOWNSHIP),
           ("shop", FAR_TOWNSHIP))
FARMS, PACKER, SHOPS = (0, 1), 2, (3, 4)
INPUTS = ("阿维菌素 1.8%乳油", "草木灰", "甲胺磷", "吡虫啉 10%可湿性粉剂")
# not-known-yet, also for goods on their way; lot-short where a harvest adds to a lot later
LATER = ("not-known-yet", "lot-short", "batch-refused")
MONDAY_S = 1777852800  # 2026-05-04T00:00:00Z


class Ref:
    """A name that is known when it is delivered: what `record` made, or lot `number` of `party`."""

    def __init__(self, **what):
        self.what = what


class Week:
    """Records in the order in which they happened, none of which takes what is not there."""

    def __init__(self, seed):
        self.random, self.records, self.clock = random.Random(seed), [], MONDAY_S
        self.stock = {}  # (device, lot) → kg; a lot is (record, None) or (None, (device, number))
        self.on_the_way = []  # (ship record, to, {lot: kg})
        for day in range(7):
            self.day = day
            for farm in FARMS:
                self.at_the_farm(farm)
            self.receive_all(PACKER)
            self.at_the_packer()
            for shop in SHOPS:
                self.receive_all(shop)
                self.at_the_shop(shop)
        for device in (PACKER, *SHOPS):
            self.receive_all(device)

    def add(self, device, type_, **members):
        self.clock += self.random.randint(60, 1500)
        at = max(self.clock, MONDAY_S + self.day * 86400)
        self.clock = at
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S+08:00", time.gmtime(at + 8 * 3600))
        self.records.append((device, {"type": type_, "time": stamp, **members}))
        return len(self.records) - 1

    def gain(self, device, lot, amount):
        self.stock[device, lot] = self.stock.get((device, lot), Decimal(0)) + amount

    def take(self, device, most):
        """So much of some lots that the device holds: [(lot, kg)]."""
        held = [lot for (who, lot), amount in self.stock.items() if who == device and amount >= 2]
        taken = []
        for lot in self.random.sample(held, min(len(held), self.random.randint(1, most))):
            amount = Decimal(self.random.randint(1, int(self.stock[device, lot])))
            self.stock[device, lot] -= amount
            taken.append((lot, amount))
        return taken

    def name(self, device, lot):
        """One of the names that the device may know it by."""
        record, number = lot
        if record is not None:
            return Ref(record=record)
        return Ref(uri=number) if number[0] != device or self.random.random() < 0.5 else number[1]

    def lines(self, device, taken):
        return [{"lot": self.name(device, lot), "quantity": kg(amount)} for lot, amount in taken]

    def at_the_farm(self, farm):
        plots = ["P1", "P2"]
        if self.random.random() < 0.5:
            self.add(farm, "treat", site=self.random.choice(plots), product=self.random.choice(INPUTS))
        for _ in range(self.random.randint(1, 2)):
            place = {"sites": plots} if self.random.random() < 0.3 else {"site": self.random.choice(plots)}
            amount, number = Decimal(self.random.randint(20, 60)), None
            if self.random.random() < 0.5:  # a lot that grows with several harvests
                number = (farm, f"D{self.day // 2}")
                place["lot"] = number[1]
            record = self.add(farm, "harvest", product="GREENS", quantity=kg(amount), **place)
            self.gain(farm, (None, number) if number else (record, None), amount)
        if self.random.random() < 0.5:
            self.pack(farm, "GREENS", most=3)
        if self.random.random() < 0.9:
            self.ship(farm, self.random.choice((PACKER, PACKER, *SHOPS)))

    def at_the_packer(self):
        for _ in range(self.random.randint(1, 2)):
            self.pack(PACKER, "SALAD", most=4)
        self.ship(PACKER, self.random.choice(SHOPS))

    def at_the_shop(self, shop):
        taken = self.take(shop, most=2)
        if taken:
            self.add(shop, "sell", lots=self.lines(shop, taken))

    def pack(self, device, product, most):
        taken = self.take(device, most)
        if not taken:
            return
        total = sum(amount for _, amount in taken)
        if self.random.random() < 0.2:
            total = (total * Decimal("1.03")).quantize(Decimal("0.01"))  # M01, and not refused
        if self.random.random() < 0.5:
            record = self.add(device, "pack", inputs=self.lines(device, taken), outputs=[{"product": product, "quantity": kg(total)}])
            self.gain(device, (record, None), total)
            return
        first = (total / 3).quantize(Decimal("0.01"))
        outputs = [((device, f"Q{len(self.records)}{half}"), amount) for half, amount in (("A", first), ("B", total - first))]
        self.add(device, "pack", inputs=self.lines(device, taken),
                 outputs=[{"product": product, "lot": number[1], "quantity": kg(amount)} for number, amount in outputs])
        for number, amount in outputs:
            self.gain(device, (None, number), amount)

    def ship(self, device, to):
        taken = self.take(device, most=3)
        if taken:
            record = self.add(device, "ship", to=Ref(party=to), lots=self.lines(device, taken))
            self.on_the_way.append((record, to, taken))

    def receive_all(self, device):
        for arrival in [a for a in self.on_the_way if a[1] == device]:
            record, _, taken = arrival
            if self.random.random() < 0.2 and self.day < 6:
                continue  # still on the way
            self.on_the_way.remove(arrival)
            members = {}
            if len(taken) == 1 and taken[0][1] > 2 and self.random.random() < 0.3:
                members["shortage"] = {"quantity": kg(1), "reason": "crushed"}
            self.add(device, "receive", shipment=Ref(record=record), **members)
            for lot, amount in taken:
                self.gain(device, lot, amount - (1 if members else 0))


class Delivery:
    """One delivery of a week to parties of its own."""

    def __init__(self, district, week, seed):
        self.district, self.week, self.random = district, week, random.Random(seed)
        self.parties = [district.party(kind, region) for kind, region in DEVICES]
        for device, party in enumerate(self.parties):
            if device in FARMS:
                for plot in ("P1", "P2"):
                    party.site(plot, commodity="vegetable/leafy/pak-choi")
                party.product("GREENS")
            elif device == PACKER:
                party.product("SALAD", shelfLifeDays=5)
        self.ids = [uuid7((MONDAY_S + n) * 1000) for n in range(len(week.records))]
        self.bodies = [(device, self.written({"id": self.ids[n], **record})) for n, (device, record) in enumerate(week.records)]
        self.attempts = self.again = 0

    def written(self, value):
        if isinstance(value, dict):
            return {name: self.written(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self.written(item) for item in value]
        if not isinstance(value, Ref):
            return value
        if "record" in value.what:
            return self.ids[value.what["record"]]
        if "party" in value.what:
            return self.parties[value.what["party"]].id
        device, number = value.what["uri"]
        return f"{self.parties[device].uri}/p/{'SALAD' if device == PACKER else 'GREENS'}/b/{number}"

    # — sending —
    def order(self, kind):
        """The queue of the whole week: as it happened, the devices one after the other, mixed, or anyhow."""
        order = list(range(len(self.bodies)))
        if kind == "devices":
            devices = self.random.sample(range(len(DEVICES)), len(DEVICES))
            order.sort(key=lambda n: (devices.index(self.bodies[n][0]), n))
        elif kind == "mixed":
            order.sort(key=lambda n: n + self.random.randint(0, 60))
        elif kind == "anyhow":
            self.random.shuffle(order)
        return order

    def send(self, kind):
        """Until all is in: what has to wait goes to the end of the queue, and some records are sent more than once."""
        queue, rounds = self.order(kind), 0
        while queue:
            rounds += 1
            assert rounds < 4000, [self.bodies[n] for n in queue[:3]]
            size = self.random.choice((1, 1, 2, 5, 12))
            device = self.bodies[queue[0]][0]
            chosen = [n for n in queue if self.bodies[n][0] == device][:size]
            queue = [n for n in queue if n not in chosen]
            queue += [n for n in self.deliver(device, chosen) if n not in queue]
            if self.random.random() < 0.1:
                queue.insert(self.random.randint(0, len(queue)), self.random.choice(chosen))  # repeated, perhaps before it is in

    def deliver(self, device, chosen):
        """What is to be sent again."""
        api = self.parties[device]
        records = [self.bodies[n][1] for n in chosen]
        if len(chosen) == 1:
            reply = api.post("/v1/events", records[0])
            results = [(reply.status, reply.problem() if reply.status >= 400 else None)]
        else:
            reply = api.post("/v1/events:batch", {"onError": self.random.choice(("rollback", "proceed")), "records": records})
            assert reply.status in (200, 503), reply
            results = [(r["status"], r["problem"]["type"].removeprefix("/problems/") if "problem" in r else None)
                       for r in reply.json().get("results", [])] or [(503, None)] * len(chosen)
        for record, (status, problem) in zip(records, results):
            assert status in (200, 201, 503) or problem in LATER, (problem, record, reply)
        return [n for n, (status, _) in zip(chosen, results) if status not in (200, 201)]

    # — what it leaves —
    def labels(self):
        """What stands for the ids of this delivery."""
        known = {name: f"party{n}" for n, party in enumerate(self.parties) for name in (party.id, party.number)}
        known.update({id_: f"record{n}" for n, id_ in enumerate(self.ids)})
        ids = [party.id for party in self.parties]
        for table in ("site", "product"):
            for id_, owner, number in self.rows(f"SELECT id::text, party::text, number FROM {table} WHERE party = ANY(%s::uuid[])", ids):
                known[id_] = f"{known[owner]}.{number}"
        own = {str(number[1]) for _, record in self.week.records for number in [(0, record.get("lot"))] if number[1]}
        own |= {output["lot"] for _, record in self.week.records for output in record.get("outputs", ()) if "lot" in output}
        for id_, org, number, event in self.rows("SELECT lot_id::text, org_id::text, number, created_event::text FROM lot"
                                                 " WHERE org_id = ANY(%s::uuid[])", ids):
            known[id_] = f"{known[org]}/{number}" if number in own else f"lot of {known[event]}"
        return known

    def rows(self, sql, *parameters):
        return self.district.service.rows(sql, *parameters)

    def state(self):
        """Stock by holder, lots, edges, shipments, alerts, and the trail of every lot that went into no other, with labels
        for ids."""
        known, ids = self.labels(), [party.id for party in self.parties]

        def label(match):
            text = match.group()
            return known.get(lot_of(text) if text.startswith("lot_") else text, "?")

        def told(value):
            if isinstance(value, (bytes, memoryview)):
                value = bytes(value).decode()
            if not isinstance(value, str):
                return value
            return re.sub(MADE_HERE, "", re.sub(SAW_SOLD, "", re.sub(NAMES, label, value)))

        def table(sql):
            return sorted(str([told(value) for value in row]) for row in self.rows(sql, ids))

        found = {name: table(sql) for name, sql in TABLES.items()}
        lots = self.rows("SELECT lot_id::text, org_id::text FROM lot WHERE org_id = ANY(%s::uuid[])"
                         " AND NOT EXISTS (SELECT FROM lot_edge WHERE parent = lot_id)", ids)
        for id_, org in lots:
            found["trail of " + known[id_]] = self.trail(id_, org, told)
        return found

    def trail(self, id_, org, told):
        name = "lot_" + base64.urlsafe_b64encode(uuid.UUID(org).bytes + uuid.UUID(id_).bytes).decode().rstrip("=")
        trail = self.district.admin.read(f"/v1/lots/{name}/trail")

        def plain(value, name=None):
            if isinstance(value, dict):
                return {k: plain(v, k) for k, v in value.items() if k not in VOLATILE}
            if isinstance(value, list):
                items = [plain(item) for item in value]
                return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if name in BY_ID else items
            return told(value)

        return json.dumps(plain(trail), ensure_ascii=False, sort_keys=True)


def lot_of(text):
    return str(uuid.UUID(bytes=base64.urlsafe_b64decode(text[4:] + "=")[16:]))


NAMES = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|lot_[A-Za-z0-9_-]{43}|PARTY[0-9]+"
MADE_HERE = r"\b[0-9]{8}-[0-9A-Z]{6}\b"  # a lot number that the service made
SAW_SOLD = r',"sold":(true|false)'  # what the rule saw when it was raised; what followed from it is the severity
BY_ID = {"origins", "alerts", "inputs", "outputs"}  # lists whose order is that of ids or of their making
# share: of equal remainders the one with the smaller id is rounded up; shareExact and the edges are compared
VOLATILE = {"share", "recordedAt", "recordedBetween", "asOf", "checkpoint", "proof", "code", "statement", "number", "firstSeen", "lastSeen", "dueAt"}
OF = "= ANY(%s::uuid[])"
TABLES = {
    "stock": f"SELECT lot_id::text, holder::text, on_hand, in_transit, sold, destroyed, deficit FROM lot_holding WHERE org_id {OF}",
    "lots": "SELECT lot_id::text, product::text, commodity, own, total, site::text, region, created_event::text, event_time,"
            f" produced_day, expires_day, flags FROM lot WHERE org_id {OF}",
    "edges": "SELECT parent::text, child::text, event::text, input, input_total, output, output_part, output_total, value, unit"
             f" FROM lot_edge WHERE event_org {OF}",
    "shipments": "SELECT s.from_party::text, s.to_party::text, s.event::text, s.state, l.n, l.lot_id::text, l.base, l.received"
                 f" FROM shipment s JOIN shipment_line l ON l.org_id = s.org_id AND l.shipment = s.id WHERE s.org_id {OF}",
    "alerts": "SELECT rule, severity, state, title_zh, reason_zh, action_zh, edition, party::text, product::text, lot_id::text,"
              f" event::text, inputs, evidence FROM alert WHERE org_id {OF}",
    "regions of alerts": "SELECT a.rule, a.lot_id::text, a.event::text, r.region, r.role FROM alert a JOIN alert_region r ON r.org_id = a.org_id"
                         f" AND r.alert = a.id WHERE a.org_id {OF}",
    "things": f"SELECT lot_id::text, event::text, n, role, value, unit, base FROM event_thing WHERE org_id {OF}",
    "sites": f"SELECT site::text, event::text, n, type, event_time, lot_id::text FROM site_event WHERE org_id {OF}",
}
