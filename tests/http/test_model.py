# SPDX-License-Identifier: Apache-2.0
"""A random supply chain against a model of it in a page of Python: stock after every record, shares and reach of every lot."""
import collections
import random
from decimal import Decimal
from fractions import Fraction

import pytest
from conftest import ago, kg, line

RECORDS = 120
UNITS = {"KGM": 1, "GRM": Decimal("0.001"), "jin": Decimal("0.5"), "TNE": 1000}


class Model:
    """What a lot holds at whom, and what it was made of."""

    def __init__(self):
        self.stock = collections.defaultdict(lambda: collections.defaultdict(Decimal))  # lot → (party, state) → kg
        self.own = collections.defaultdict(Decimal)  # lot → harvested
        self.made = collections.defaultdict(list)  # lot → [(amount, {input lot: amount})]
        self.lots = {}
        self.known = {}

    def add(self, lot, party, amount):
        self.lots[lot["id"]] = lot
        self.stock[lot["id"]][party.id, "on_hand"] += amount

    def held(self, party):
        return [(id_, states[party.id, "on_hand"]) for id_, states in self.stock.items() if states[party.id, "on_hand"] > 0]

    def shares(self, id_):
        """{harvested lot: share}, exact."""
        if id_ not in self.known:
            total = self.own[id_] + sum(amount for amount, _ in self.made[id_])
            found = collections.defaultdict(Fraction)
            if self.own[id_]:
                found[id_] += Fraction(self.own[id_]) / Fraction(total)
            for amount, inputs in self.made[id_]:
                for parent, part in inputs.items():
                    weight = Fraction(amount) / Fraction(total) * Fraction(part) / Fraction(sum(inputs.values()))
                    for origin, share in self.shares(parent).items():
                        found[origin] += weight * share
            self.known[id_] = dict(found)
        return self.known[id_]

    def below(self, id_):
        """{lot: steps down from here}, breadth first."""
        children = collections.defaultdict(set)
        for child, events in self.made.items():
            for _, inputs in events:
                for parent in inputs:
                    children[parent].add(child)
        depth, level, steps = {}, {id_}, 0
        while level:
            steps += 1
            level = {child for parent in level for child in children[parent]} - set(depth)
            depth.update(dict.fromkeys(level, steps))
        return depth


def quantity(rng, most):
    """A random amount of at most so many kilograms, written in a random unit: (kilograms, as sent)."""
    amount = (most * Decimal(rng.randint(1, 1000)) / 1000).quantize(Decimal("0.001"))
    unit = rng.choice(list(UNITS))
    value = amount / UNITS[unit]
    if amount <= 0 or value != value.quantize(Decimal("0.000001")):
        return quantity(rng, most) if most > Decimal("0.1") else (most, {"value": format(most, "f"), "unit": "KGM"})
    return amount, {"value": format(value.normalize(), "f"), "unit": unit}


class Chain:
    """Makes random records and keeps the model beside the service."""

    def __init__(self, district, rng):
        self.model, self.rng, self.number = Model(), rng, 0
        self.farms = [district.farm(), district.farm()]
        self.packers = [district.packer(), district.packer()]
        self.parties = self.farms + self.packers

    def step(self):
        party = self.rng.choice(self.parties)
        held = self.model.held(party)
        act = self.rng.choice([self.harvest, self.harvest, self.transform, self.transform, self.transform, self.move, self.move,
                               self.sell]) if held else self.harvest
        act(self.rng.choice(self.farms) if act == self.harvest else party, held)

    def harvest(self, farm, _):
        amount, sent = quantity(self.rng, Decimal(500))
        number = self.rng.choice([None, None, "FIRST"])
        lot = farm.harvest(sent, lot=number)
        self.model.own[lot["id"]] += amount
        self.model.add(lot, farm, amount)

    def some_of(self, held, count):
        return {id_: quantity(self.rng, amount) for id_, amount in self.rng.sample(held, min(count, len(held)))}

    def take(self, party, used, state=None):
        for id_, (amount, _) in used.items():
            self.model.stock[id_][party.id, "on_hand"] -= amount
            if state:
                self.model.stock[id_][party.id, state] += amount

    def transform(self, party, held):
        used = self.some_of(held, self.rng.randint(1, 4))
        inputs = {id_: amount for id_, (amount, _) in used.items()}
        left = sum(inputs.values())
        outputs = []
        for _ in range(self.rng.randint(1, 3)):
            amount = (left * Decimal(self.rng.choice(["0.3", "0.5", "0.9"]))).quantize(Decimal("0.001"))
            if amount > 0:
                outputs.append(amount)
                left -= amount
        if not outputs:
            return
        product = "PAKCHOI" if party in self.farms else "SALAD"
        self.number += 1
        sent = [{"product": product, "lot": f"T{self.number}-{n}", "quantity": kg(format(amount, "f"))}
                for n, amount in enumerate(outputs)]
        again = next((lot["number"] for lot in self.model.lots.values() if lot["uri"].startswith(party.uri + "/")
                      and lot["number"].startswith("T") and lot["id"] not in inputs
                      and not set(self.model.below(lot["id"])) & set(inputs)), None)
        if again and self.rng.random() < 0.3:  # into a lot that exists
            sent[0]["lot"] = again
        made = party.record(self.rng.choice(["mix", "process"]), ago(hours=2), outputs=sent,
                            inputs=[line(id_, sent_) for id_, (_, sent_) in used.items()])["lots"]
        self.take(party, used)
        for lot, amount in zip(made, outputs):
            self.model.made[lot["id"]].append((amount, inputs))
            self.model.add(lot, party, amount)

    def move(self, party, held):
        other = self.rng.choice([p for p in self.parties if p is not party])
        used = self.some_of(held, 2)
        shipment = party.ship(other, *(line(id_, sent) for id_, (_, sent) in used.items()), time=ago(hours=2))
        self.take(party, used, "in_transit")
        if self.rng.random() < 0.8:
            other.receive(shipment, time=ago(hours=1))
            for id_, (amount, _) in used.items():
                self.model.stock[id_][party.id, "in_transit"] -= amount
                self.model.stock[id_][other.id, "on_hand"] += amount

    def sell(self, party, held):
        used = self.some_of(held, 2)
        party.record("sell", ago(minutes=30), lots=[line(id_, sent) for id_, (_, sent) in used.items()])
        self.take(party, used, "sold")


@pytest.fixture(scope="module", params=[1, 2, 3])
def chain(district, request):
    made = Chain(district, random.Random(request.param))
    for _ in range(RECORDS):
        made.step()
    return made


def test_stock_is_that_of_the_model(district, chain):
    for id_, states in chain.model.stock.items():
        expected = {key: amount for key, amount in states.items() if amount}
        found = {(party, state): amount for party, row in district.stock(chain.model.lots[id_]).items()
                 for state, amount in row.items() if amount}
        assert found == expected, id_


def test_shares_are_those_of_the_model(district, chain):
    for id_ in chain.model.lots:
        trail = district.admin.read(f"/v1/lots/{id_}/trail?tier=farm")
        assert not trail["rest"]["count"]
        assert {origin["lot"]: Fraction(origin["shareExact"]) for origin in trail["origins"]} == chain.model.shares(id_), id_
        assert sum(Decimal(origin["share"]) for origin in trail["origins"]) == 1


def test_reach_is_that_of_the_model(district, chain):
    for id_ in chain.model.lots:
        reach = district.admin.read(f"/v1/lots/{id_}/reach")
        assert {lot["lot"]: lot["depth"] for lot in reach["lots"]} == chain.model.below(id_), id_
        for lot in reach["lots"]:
            total = sum(Decimal(holder["quantity"]["value"]) for holder in lot["holders"])
            assert total == sum(chain.model.stock[lot["lot"]].values()), lot
