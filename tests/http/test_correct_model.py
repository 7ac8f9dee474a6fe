# SPDX-License-Identifier: Apache-2.0
"""Random histories with late records and corrections. What was answered for a moment is answered for it for ever, and in the
end everything is as if only the records that stand had ever been sent, to somebody else, in any order of arrival."""
import collections
import json
import random

import pytest

from conftest import ago, kg, line

STEPS = 45


class Records:
    """The records of a history, each in the place of the one it corrects; quantities are whole kilograms."""

    def __init__(self, rng):
        self.rng, self.slots, self.numbers = rng, [], 0

    def number(self):
        self.numbers += 1
        return f"N{self.numbers}"

    def play(self, slots):
        """Stock by (party, lot) and what is on its way; None: somebody would give what he does not have."""
        stock, sent = collections.Counter(), {}
        for place, slot in enumerate(slots):
            if slot is None:
                continue
            party = slot["party"]
            for lot, amount in slot.get("takes", {}).items():
                stock[party, lot] -= amount
                if stock[party, lot] < 0:
                    return None
            for lot, amount in slot.get("makes", {}).items():
                stock[party, lot] += amount
            if slot["type"] == "ship":
                sent[place] = slot
            if slot["type"] == "receive":
                shipment = sent.pop(slot["of"], None)
                if shipment is None or shipment["to"] != party:
                    return None
                for lot, amount in slot["got"].items():
                    if amount > shipment["takes"].get(lot, 0):
                        return None  # the sender's deficit would depend on what else he has
                    stock[party, lot] += amount
        self.sent = sent
        return stock

    def harvest(self, lot=None):
        self.play(self.slots)
        mine = [name for slot in self.slots if slot and slot["type"] == "harvest" for name in slot["makes"]]
        if lot is None:
            lot = self.rng.choice(mine) if mine and self.rng.random() < 0.3 else ("H", self.number())
        return {"type": "harvest", "party": 0, "makes": {lot: self.rng.randint(50, 300)}, "site": self.rng.choice(["P1", "P2"]),
                "days": self.rng.randint(20, 90)}

    def held(self, party):
        return [(lot, amount) for (who, lot), amount in self.play(self.slots).items() if who == party and amount > 0]

    def some(self, party, most=2):
        held = self.held(party)
        return {lot: self.rng.randint(1, amount) for lot, amount in self.rng.sample(held, min(most, len(held)))}

    def pack(self):
        party = self.rng.choice([1, 2])
        takes = self.some(party)
        total = sum(takes.values())
        return takes and total > 2 and {"type": "mix", "party": party, "takes": takes,
                                        "makes": {(party, self.number()): self.rng.randint(total // 2, total)},
                                        "days": self.rng.randint(5, 15)}

    def ship(self):
        party = self.rng.choice([0, 0, 1, 2])
        takes = self.some(party)
        return takes and {"type": "ship", "party": party, "takes": takes, "to": self.rng.choice([p for p in (1, 2) if p != party]),
                          "days": self.rng.randint(5, 15)}

    def receive(self):
        self.play(self.slots)
        if not self.sent:
            return None
        place = self.rng.choice(list(self.sent))
        shipment = self.sent[place]
        got = {lot: amount - self.rng.choice([0, 0, amount // 10]) for lot, amount in shipment["takes"].items()}
        return {"type": "receive", "party": shipment["to"], "of": place, "got": got, "days": self.rng.randint(2, 15)}

    def sell(self):
        party = self.rng.choice([1, 2])
        takes = self.some(party)
        return takes and {"type": "sell", "party": party, "takes": takes, "days": self.rng.randint(1, 4)}

    def changed(self, slot):
        """Another statement of what it was; None: it never was."""
        rng, now = self.rng, dict(slot)
        if rng.random() < 0.2:
            return None
        now["days"] = slot["days"] + rng.randint(0, 9)
        for member in ("takes", "makes", "got"):
            if member in slot:
                now[member] = {lot: max(1, amount + rng.randint(-20, 20)) for lot, amount in slot[member].items()}
        if slot["type"] == "mix" and sum(now["makes"].values()) > sum(now["takes"].values()):
            now["makes"] = {lot: sum(now["takes"].values()) for lot in now["makes"]}
        if slot["type"] == "mix" and rng.random() < 0.5:  # of other lots
            others = [lot for lot, _ in self.held(slot["party"]) if lot not in now["makes"]]
            if others:
                now["takes"] = {rng.choice(others): sum(now["takes"].values())}
        if slot["type"] == "harvest":
            now["site"] = rng.choice(["P1", "P2"])
        if slot["type"] == "ship" and rng.random() < 0.4:
            now["to"] = rng.choice([p for p in (1, 2) if p != slot["party"]])
        return now


class World:
    """Three parties that send records."""

    def __init__(self, district):
        from conftest import OTHER_TOWNSHIP
        farm = district.farm()
        farm.site("P2", region=OTHER_TOWNSHIP, commodity="vegetable/leafy/pak-choi")
        self.parties = [farm, district.packer(), district.packer()]
        self.district, self.lots, self.events, self.shipments = district, {}, {}, {}

    def record(self, slot, place):
        def lines(amounts):
            return [line(self.lots[lot]["id"], amount) for lot, amount in amounts.items()]

        record = {"type": slot["type"], "time": ago(days=slot["days"])}
        if slot["type"] == "harvest":
            (lot, amount), = slot["makes"].items()
            record.update(product="PAKCHOI", quantity=kg(amount), lot=lot[1], site=slot["site"])
        elif slot["type"] == "mix":
            (lot, amount), = slot["makes"].items()
            record.update(inputs=lines(slot["takes"]), outputs=[{"product": "SALAD", "lot": lot[1], "quantity": kg(amount)}])
        elif slot["type"] == "receive":
            record.update(shipment=self.shipments[slot["of"]], lots=lines(slot["got"]))
        else:
            record.update(lots=lines(slot["takes"]))
            if slot["type"] == "ship":
                record["to"] = self.parties[slot["to"]].number
        return record

    def take(self, slot, place, answer):
        self.events[place] = answer["event"]
        for lot, made in zip(slot.get("makes", {}), answer["lots"]):
            self.lots[lot] = made
        if answer.get("shipment"):
            self.shipments[place] = answer["shipment"]

    def send(self, slot, place):
        self.take(slot, place, self.parties[slot["party"]].make("/v1/events", self.record(slot, place)))

    def correct(self, was, now, place):
        record = {"type": "correct", "event": self.events[place], "reason": "probe"}
        if now:
            record["replacement"] = self.record(now, place)
        done = self.parties[was["party"]].make("/v1/events", record)
        if now:
            self.take(now, place, done["replacement"])

    def now(self):
        """The moment of the newest record."""
        return self.district.admin.read("/v1/events?limit=1")["items"][0]["recordedAt"]

    def answer(self, lot, moment):
        """Byte for byte, but for the newest head of the log, which is about now."""
        trail = self.district.admin.read(f"/v1/lots/{self.lots[lot]['id']}/trail?asOf={moment}")
        trail.pop("checkpoint")
        return json.dumps(trail, ensure_ascii=False)

    def stock(self):
        number = {party.id: n for n, party in enumerate(self.parties)}
        return {(lot, number[holder]): row for lot, made in self.lots.items()
                for holder, row in self.district.stock(made).items() if any(row.values())}

    def shares(self):
        name = {made["id"]: lot for lot, made in self.lots.items()}
        found = {}
        for lot, made in self.lots.items():
            trail = self.district.admin.read(f"/v1/lots/{made['id']}/trail")
            found[lot] = trail["verdict"] == "voided" or (
                trail["verdict"], trail["lot"]["produced"], trail["lot"]["quantity"],
                sorted((name[o["lot"]], o["shareExact"], o["township"]["code"], o.get("harvested")) for o in trail["origins"]))
        return found


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_then_stays_then_and_now_is_what_stands(district, seed):
    rng = random.Random(seed)
    records, world, kept, corrected = Records(rng), World(district), [], 0
    for _ in range(STEPS):
        standing = [place for place, slot in enumerate(records.slots) if slot]
        if standing and rng.random() < 0.35:
            place = rng.choice(standing)
            was, now = records.slots[place], records.changed(records.slots[place])
            if records.play(records.slots[:place] + [now] + records.slots[place + 1:]) is None:
                continue
            world.correct(was, now, place)
            records.slots[place] = now
            corrected += 1
        else:
            act = rng.choice([records.harvest, records.harvest, records.pack, records.ship, records.ship, records.receive,
                              records.receive, records.sell])
            slot = act()
            if not slot or records.play(records.slots + [slot]) is None:
                continue
            world.send(slot, len(records.slots))
            records.slots.append(slot)
        moment = world.now()
        for lot in rng.sample(list(world.lots), min(2, len(world.lots))):
            kept.append((lot, moment, world.answer(lot, moment)))
    assert corrected > 3 and len(kept) > 20
    for lot, moment, answer in kept:
        assert world.answer(lot, moment) == answer, (lot, moment)

    fresh = World(district)
    for place, slot in enumerate(records.slots):
        if slot:
            fresh.send(slot, place)
    assert {key: row for key, row in world.stock().items()} == fresh.stock()
    found, expected = world.shares(), fresh.shares()
    assert {lot: found[lot] for lot in expected} == expected
    assert all(found[lot] is True for lot in set(found) - set(expected)), "lots that no record stands for are void"
