# SPDX-License-Identifier: Apache-2.0
"""Random histories with late records and corrections. What was answered for a moment is answered for it for ever, and in the
end everything is as if only the records that stand had ever been sent, to somebody else, in any order of arrival."""
import collections
import datetime
import json
import random

import pytest

from conftest import CHINA, kg, line

STEPS = 70


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
            if any((party, lot) not in stock for lot in slot.get("puts", ())):
                return None
            if slot.get("unit") and slot["type"] != "load" and not self.handles(slots[:place], slot, place):
                return None
        self.sent = sent
        return stock

    def crate(self, slots, unit, until=None):
        """What is in a crate before a moment, (days ago, place); None: what is in it now."""
        inside = []
        for place, slot in sorted(((p, s) for p, s in enumerate(slots) if s and s.get("unit") == unit),
                                  key=lambda pair: (-pair[1]["days"], -pair[0])):
            if until and (-slot["days"], -place) >= (-until[0], -until[1]):
                break
            if slot["type"] == "load":
                inside += [[lot, amount] for lot, amount in slot["puts"].items()]
            elif slot.get("part"):
                for lot, amount in slot["part"].items():
                    for row in inside:
                        taken = min(amount, row[1]) if row[0] == lot else 0
                        row[1] -= taken
                        amount -= taken
            elif slot["type"] != "ship":
                inside = []
        total = collections.Counter()
        for lot, amount in inside:
            total[lot] += amount
        return +total

    def handles(self, earlier, slot, place):
        """Whether the crate had been spoken of, and what is taken out of it was in it."""
        if not any(s and s["type"] == "load" and s["unit"] == slot["unit"] for s in earlier):
            return False
        inside = self.crate(earlier, slot["unit"], (slot["days"], place))
        return all(inside[lot] >= amount for lot, amount in slot.get("part", {}).items())

    def load(self):
        party = self.rng.choice([0, 1, 2])
        puts = self.some(party, 2)
        return puts and {"type": "load", "party": party, "unit": (party, self.rng.choice("AB")), "puts": puts,
                         "days": self.rng.randint(3, 12)}

    def loaded(self):
        """A crate and what it held on a day on which it held something."""
        units = [slot["unit"] for slot in self.slots if slot and slot["type"] == "load"]
        if not units:
            return None, None, None
        unit, days = self.rng.choice(units), self.rng.randint(1, 9)
        return unit, days, self.crate(self.slots, unit, (days, len(self.slots)))

    def unload(self):
        unit, days, inside = self.loaded()
        if not inside:
            return None
        part = {lot: self.rng.randint(1, amount) for lot, amount in self.rng.sample(list(inside.items()), 1)}
        return {"type": "unload", "party": unit[0], "unit": unit, "part": self.rng.choice([part, part, None]) or {}, "days": days}

    def ship_crate(self):
        unit, days, inside = self.loaded()
        return inside and {"type": "ship", "party": unit[0], "unit": unit, "takes": dict(inside), "days": days,
                           "to": self.rng.choice([p for p in (1, 2) if p != unit[0]])}

    def use_crate(self):
        unit, days, inside = self.loaded()
        return inside and unit[0] and {"type": "mix", "party": unit[0], "unit": unit, "takes": dict(inside), "days": days,
                                       "makes": {(unit[0], self.number()): sum(inside.values())}}

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
        if "unit" in slot and "takes" in slot:  # another crate, or the same at another time
            now["unit"] = (slot["party"], rng.choice("AB"))
            now["takes"] = dict(self.crate(self.slots, now["unit"], (now["days"], self.slots.index(slot))))
            if "makes" in slot:
                now["makes"] = {lot: sum(now["takes"].values()) for lot in slot["makes"]}
            return now if now["takes"] else None
        if slot["type"] in ("load", "unload"):
            now["unit"] = (slot["party"], rng.choice("AB"))
        for member in ("takes", "makes", "got", "puts", "part"):
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

    began = datetime.datetime.now(CHINA).replace(microsecond=0)

    def __init__(self, district):
        from conftest import OTHER_TOWNSHIP
        farm = district.farm()
        farm.site("P2", region=OTHER_TOWNSHIP, commodity="vegetable/leafy/pak-choi")
        self.parties = [farm, district.packer(), district.packer()]
        self.district, self.lots, self.events, self.shipments = district, {}, {}, {}

    def record(self, slot, place, by_crate=True):
        def lines(amounts):
            return [line(self.lots[lot]["id"], amount) for lot, amount in amounts.items()]

        at = self.began - datetime.timedelta(days=slot["days"], minutes=place)  # no two at one moment
        record = {"type": slot["type"], "time": at.isoformat()}
        if slot["type"] == "harvest":
            (lot, amount), = slot["makes"].items()
            record.update(product="PAKCHOI", quantity=kg(amount), lot=lot[1], site=slot["site"])
        elif slot["type"] == "mix":
            (lot, amount), = slot["makes"].items()
            record.update(outputs=[{"product": "SALAD", "lot": lot[1], "quantity": kg(amount)}])
            record.update({"units": [slot["unit"][1]]} if "unit" in slot and by_crate else {"inputs": lines(slot["takes"])})
        elif slot["type"] in ("load", "unload"):
            record["unit"] = slot["unit"][1]
            contents = lines(slot.get("puts") or slot["part"])
            record.update({"contents": contents} if contents else {})
        elif slot["type"] == "receive":
            record.update(shipment=self.shipments[slot["of"]], lots=lines(slot["got"]))
        else:
            record.update({"units": [slot["unit"][1]]} if "unit" in slot and by_crate else {"lots": lines(slot["takes"])})
            if slot["type"] == "ship":
                record["to"] = self.parties[slot["to"]].number
        return record

    def take(self, slot, place, answer):
        self.events[place] = answer["event"]
        for lot, made in zip(slot.get("makes", {}), answer["lots"]):
            self.lots[lot] = made
        if answer.get("shipment"):
            self.shipments[place] = answer["shipment"]

    def send(self, slot, place, by_crate=True):
        self.take(slot, place, self.parties[slot["party"]].make("/v1/events", self.record(slot, place, by_crate)))

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

    def crates(self):
        """What is in each crate now."""
        name = {made["uri"]: lot for lot, made in self.lots.items()}
        return {(party, unit): {name[row[0]]: int(row[1]) for row in self.district.service.rows(
                    "SELECT l.uri, sum(c.base) FROM containment c JOIN unit u ON u.id = c.parent JOIN lot l ON l.lot_id = c.child"
                    " WHERE u.uri = %s AND c.to_at IS NULL GROUP BY 1", f"{self.parties[party].uri}/u/{unit}")}
                for party in (0, 1, 2) for unit in "AB"}

    def shares(self):
        name = {made["id"]: lot for lot, made in self.lots.items()}
        found = {}
        for lot, made in self.lots.items():
            trail = self.district.admin.read(f"/v1/lots/{made['id']}/trail")
            found[lot] = trail["verdict"] == "voided" or (
                trail["verdict"], trail["lot"]["produced"], trail["lot"]["quantity"],
                sorted((name[o["lot"]], o["shareExact"], o["township"]["code"], o.get("harvested")) for o in trail["origins"]))
        return found


def send_again(fresh, records, slot, place):
    """What a record has said of a crate it has said, whatever is known of the crate since: then its lots are named."""
    by_crate = "unit" not in slot or "takes" not in slot or \
        slot["takes"] == dict(records.crate(records.slots[:place], slot["unit"], (slot["days"], place)))
    fresh.send(slot, place, by_crate)
    if not by_crate and slot["type"] == "mix":
        fresh.send({"type": "unload", "party": slot["party"], "unit": slot["unit"], "part": {}, "days": slot["days"]}, place)


@pytest.mark.parametrize("seed", [10, 69, 74, 83])
def test_then_stays_then_and_now_is_what_stands(district, seed):
    rng = random.Random(seed)
    records, world, kept, corrected = Records(rng), World(district), [], collections.Counter()
    for _ in range(STEPS):
        standing = [place for place, slot in enumerate(records.slots) if slot]
        if standing and rng.random() < 0.35:
            crates = [place for place in standing if "unit" in records.slots[place]]
            place = rng.choice(crates if crates and rng.random() < 0.6 else standing)
            was, now = records.slots[place], records.changed(records.slots[place])
            if records.play(records.slots[:place] + [now] + records.slots[place + 1:]) is None:
                continue
            world.correct(was, now, place)
            records.slots[place] = now
            corrected[was["type"] + (" of a crate" if "unit" in was else "")] += 1
        else:
            act = rng.choice([records.harvest, records.pack, records.ship, records.ship, records.receive,
                              records.receive, records.sell, records.load, records.load, records.unload, records.ship_crate,
                              records.use_crate])
            slot = act()
            if not slot or records.play(records.slots + [slot]) is None:
                continue
            world.send(slot, len(records.slots))
            records.slots.append(slot)
        moment = world.now()
        for lot in rng.sample(list(world.lots), min(2, len(world.lots))):
            kept.append((lot, moment, world.answer(lot, moment)))
    assert sum(count for kind, count in corrected.items() if "crate" in kind) > 1 and len(kept) > 20, corrected
    for lot, moment, answer in kept:
        assert world.answer(lot, moment) == answer, (lot, moment)

    fresh = World(district)
    for place, slot in enumerate(records.slots):
        if slot:
            send_again(fresh, records, slot, place)
    expected = {unit: dict(records.crate(records.slots, unit)) for unit in world.crates()}
    assert world.crates() == expected
    assert fresh.crates() == expected
    assert {key: row for key, row in world.stock().items()} == fresh.stock()
    found, expected = world.shares(), fresh.shares()
    assert {lot: found[lot] for lot in expected} == expected
    assert all(found[lot] is True for lot in set(found) - set(expected)), "lots that no record stands for are void"
