# SPDX-License-Identifier: Apache-2.0
"""Several group writers at once: the same stock, the same numbers, the same alerts, taken from all sides. Every record is
answered, nothing is made and nothing is lost."""
import concurrent.futures
import random
import sys
import threading
import uuid

import pytest
from conftest import FAR_TOWNSHIP, District, ago, kg, line, uuid7
from service import Api, Contract, wait_for

THREADS, STEPS, WRITERS = 12, 12, 4


@pytest.fixture(scope="module")
def service(new_service, request):
    made = new_service(CAPTURE_WRITERS=WRITERS, CAPTURE_BATCH=3).start()
    made.contract = Contract.of_server()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def district(service):
    return District(service)


def together(work):
    """work(n, random) on many threads; the first that fails fails the test."""
    errors, gate = [], threading.Barrier(THREADS)

    def run(n):
        try:
            gate.wait()
            work(n, random.Random(n))
        except BaseException as e:
            errors.append(e)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_goods_that_go_round_are_neither_lost_nor_made(district):
    farm = district.farm()
    parties = [farm, *(district.packer() for _ in range(3))]
    lots = [farm.harvest(120) for _ in range(3)]
    for party in parties[1:]:
        party.receive(farm.ship(party, *(line(lot, 30) for lot in lots)))

    def work(n, rng):
        for _ in range(STEPS):
            sender, receiver = rng.sample(parties, 2)
            lot, other = rng.sample(lots, 2)
            reply = sender.post("/v1/events", {"type": "ship", "time": ago(hours=1), "to": receiver.number,
                                               "lots": [line(lot, rng.randint(1, 20)), line(other, rng.randint(1, 20))]})
            assert reply.status in (201, 409), reply
            if reply.status == 409:  # what is on its way may arrive yet
                assert reply.problem() in ("lot-short", "not-known-yet")
                continue
            receiver.receive(reply.json()["shipment"], time=ago(minutes=30))

    together(work)
    for lot in lots:
        stock = district.stock(lot)
        assert sum(row["on_hand"] for row in stock.values()) == 120
        assert not any(row["in_transit"] or row["sold"] or row["deficit"] for row in stock.values())


def test_slaughters_and_treatments_at_once_find_each_other(district):
    """Nothing but an ear tag links them."""
    farm, packer = district.farm(), district.packer()
    farm.site("PEN", "house", commodity="meat/pig")
    farm.product("PIG", "meat/pig", unit="HEA")
    packer.product("PORK", "meat/pig")
    heads = {"value": "1", "unit": "HEA", "net": kg(110)}
    herds = [farm.harvest(heads, product="PIG", time=ago(days=30)) for _ in range(THREADS // 2 * STEPS)]
    packer.receive(farm.ship(packer, *(line(herd, heads) for herd in herds), time=ago(days=2)), time=ago(days=1, hours=2))
    animals = [f"1500999{n:08}" for n in range(len(herds))]
    gates, lots, doses = [threading.Barrier(2) for _ in range(THREADS // 2)], {}, {}

    def work(n, rng):
        for step in range(STEPS):
            place = n // 2 * STEPS + step
            gates[n // 2].wait()
            if n % 2:
                doses[place] = farm.record("medicate", ago(days=3), product="土霉素片", site="PEN", animals=[animals[place]])["event"]
            else:
                lots[place] = packer.record("slaughter", ago(days=1), site="H1", inputs=[line(herds[place], heads)],
                                            animals=[animals[place]],
                                            outputs=[{"product": "PORK", "quantity": kg(80)}])["lots"][0]["id"]

    together(work)
    found = {}
    for row in district.admin.read("/v1/alerts?rule=I01&limit=1000")["items"]:
        for lot in row["lots"]:
            found[lot] = district.admin.read(f"/v1/alerts/{row['id']}")["evidence"][0]["event"]
    assert {place: found.get(lot) for place, lot in lots.items()} == doses


def test_what_is_sold_from_all_sides_is_sold_once(district):
    farm = district.farm()
    lot = farm.harvest(50)
    answers = []

    def work(n, rng):
        for _ in range(STEPS):
            answers.append(farm.post("/v1/events", {"type": "sell", "time": ago(hours=1), "lots": [line(lot, 1)]}).status)

    together(work)
    assert sorted(set(answers)) == [201, 409] and answers.count(201) == 50
    assert farm.stock(lot)["sold"] == 50 and farm.stock(lot)["on_hand"] == 0


def test_the_same_number_and_the_same_id_from_all_sides(service, district):
    farm = district.farm()
    shared = [uuid7() for _ in range(STEPS)]

    def work(n, rng):
        for step in range(STEPS):
            record = {"id": shared[step], "type": "harvest", "time": "2026-05-03T08:00:00+08:00", "site": "P1", "product": "PAKCHOI",
                      "quantity": kg(step + 1), "lot": f"SAME{step % 3}"}
            assert farm.post("/v1/events", record).status in (200, 201)

    together(work)
    rows = service.rows("SELECT l.number, l.total FROM lot l WHERE l.org_id = %s", farm.id)
    assert dict(rows) == {f"SAME{n}": sum(step + 1 for step in range(n, STEPS, 3)) for n in range(3)}
    assert service.value("SELECT count(*) FROM event WHERE org_id = %s", farm.id) == STEPS


def test_mixing_both_ways_makes_no_circle(service, district):
    """Each record alone is fine: A into B, B into A. Of those that would close a circle one is refused."""
    farm = district.farm()
    for number in "ABC":
        farm.harvest(1000, lot=number)

    def work(n, rng):
        for _ in range(STEPS):
            one, other = rng.sample("ABC", 2)
            reply = farm.post("/v1/events", {"type": "mix", "time": ago(hours=1), "inputs": [line(one, 1)],
                                             "outputs": [{"product": "PAKCHOI", "lot": other, "quantity": kg(1)}]})
            assert reply.status == 201 or reply.problem() == "lineage-cycle", reply

    together(work)
    edges = set(service.rows("SELECT p.number, c.number FROM lot_edge e JOIN lot p ON p.lot_id = e.parent"
                             " JOIN lot c ON c.lot_id = e.child WHERE p.org_id = %s", farm.id))
    assert edges
    below = {start: {start} for start in "ABC"}
    for _ in range(3):
        for start in below:
            below[start] |= {child for parent, child in edges if parent in below[start]}
    assert not any(parent in below[child] for parent, child in edges), edges


def test_alerts_found_from_all_sides_are_one(service, district):
    farm = district.farm()
    farm.record("treat", "2026-05-03T08:00:00+08:00", site="P1", product="阿维菌素 1.8%乳油", active=["阿维菌素"])

    def work(n, rng):
        for step in range(4):
            farm.harvest(5, lot=f"L{step if n % 2 else 3 - step}", time="2026-05-05T08:00:00+08:00")

    together(work)
    rows = service.rows("SELECT lot_id, count(*) FROM alert WHERE org_id = %s GROUP BY lot_id", farm.id)
    assert [count for _, count in rows] == [1] * 4
    seqs = [row[0] for row in service.rows("SELECT seq FROM event WHERE org_id = %s ORDER BY seq", farm.id)]
    assert seqs == list(range(2, len(seqs) + 2))


def test_two_parties_that_know_nothing_of_each_other_close_no_circle(service, district):
    """B became C, D became A. X mixes A into B while Y mixes C into D: one of the two is refused."""
    x, y = district.farm(), district.farm()

    def mix(party, one, other):
        return party.post("/v1/events", {"type": "mix", "time": ago(hours=1), "inputs": [line(one, 1)],
                                         "outputs": [{"product": "PAKCHOI", "lot": other, "quantity": kg(1)}]})

    for n in range(15):
        b, d = x.harvest(9, lot=f"B{n}"), y.harvest(9, lot=f"D{n}")
        y.receive(x.ship(y, line(b, 5)))
        x.receive(y.ship(x, line(d, 5)))
        assert mix(y, b, f"C{n}").status == mix(x, d, f"A{n}").status == 201
        gate, replies = threading.Barrier(2), {}

        def work(party, one, other):
            gate.wait()
            replies[party] = mix(party, one, other)

        threads = [threading.Thread(target=work, args=(x, f"A{n}", f"B{n}")), threading.Thread(target=work, args=(y, f"C{n}", f"D{n}"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(reply.status for reply in replies.values()) == [201, 422]
        assert {reply.problem() for reply in replies.values() if reply.status == 422} == {"lineage-cycle"}


TREATED = {"site": "P1", "product": "阿维菌素 1.8%乳油", "active": ["阿维菌素"]}


def writer_of(party):
    """All that one party records goes through the same of them."""
    return int.from_bytes(uuid.UUID(party.id).bytes[8:], sys.byteorder) % WRITERS


def elsewhere(party, make):
    """A party whose records another writer takes."""
    while True:
        made = make()
        if writer_of(made) != writer_of(party):
            return made


class Chain:
    """Goods of a harvest that a packer made others of, for a shop in another township."""

    def __init__(self, district, region=FAR_TOWNSHIP):
        self.district, self.farm, self.packer = district, district.farm(), district.packer()
        self.shop, self.region = elsewhere(self.farm, lambda: district.party("shop", region, "SHOP")), region
        self.packer.product("PACKED")
        self.lot = self.farm.harvest(100, time="2026-05-05T08:00:00+08:00")
        self.packer.receive(self.farm.ship(self.packer, line(self.lot, 100), time=ago(days=3)), time=ago(days=2, hours=9))
        packed = self.packer.record("pack", ago(days=2, hours=5), site="H1", inputs=[line(self.lot, 100)],
                                    outputs=[{"product": "PACKED", "quantity": kg(90)}])["lots"][0]
        self.packed = packed

    def treat_late(self):
        return self.farm.record("treat", "2026-05-03T08:00:00+08:00", **TREATED)["alerts"]

    def deliver(self):
        self.shop.receive(self.packer.ship(self.shop, line(self.packed, 90), time=ago(days=2, hours=3)), time=ago(days=2))

    def sell(self):
        self.shop.record("sell", ago(days=1), lots=[line(self.packed, 1)])

    def alert(self, of):
        rows = [row for row in of.read("/v1/alerts?rule=I01&state=open&limit=1000")["items"] if self.lot["id"] in row["lots"]]
        return rows[0] if rows else None


def lot_lock(lot):
    return "SELECT FROM lot WHERE uri = %s FOR NO KEY UPDATE", [lot["uri"]]


def held_up(service, lock, works):
    """Starts the first work, which has to wait for what is locked; then the second, until it is done or waits too."""
    holder = service.cluster.connect(service.database)
    holder.autocommit = False
    holder.cursor().execute(*lock)
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        try:
            first = pool.submit(works[0])
            assert wait_for(lambda: service.value(waiting) == 1, 30)
            second = pool.submit(works[1])
            assert wait_for(lambda: second.done() or service.value(waiting) == 2, 30)
        finally:
            holder.close()
        return first.result(), second.result()


def test_goods_are_not_sold_past_an_alert_that_is_being_raised(service, district):
    """What is sold makes it critical, and neither had seen the other."""
    chain = Chain(district)
    chain.deliver()
    held_up(service, lot_lock(chain.lot), (chain.treat_late, chain.sell))
    assert chain.alert(district.inspector(chain.region))["severity"] == "critical"


def test_goods_are_not_sold_past_an_alert_that_is_closed(service, district):
    """Opened again it is as strict, and seen by as many, as if it had stayed open."""
    chain = Chain(district)
    (alert,) = chain.treat_late()
    officer = district.inspector("500X01")

    def act(action, **members):
        reply = officer.post(f"/v1/alerts/{alert}/actions", {"action": action, **members})
        assert reply.status == 200, reply

    act("acknowledge")
    act("close", reason="handled")
    chain.deliver()
    chain.sell()
    assert not chain.alert(district.inspector(chain.region))
    act("reopen")
    assert chain.alert(district.inspector(chain.region))["severity"] == "critical"


def test_what_two_parties_record_of_one_plot_at_once_is_held_together(service, district):
    """A harvest by the farm, a treatment by who works for it: neither had seen the other."""
    farm = district.farm()
    contractor = elsewhere(farm, lambda: district.party("enterprise", prefix="SPRAYER"))
    hired = Api(service, district.key(["capture", "read"], parties=[contractor.id, farm.id]))
    treat = {"type": "treat", "time": "2026-05-03T08:00:00+08:00", "party": farm.number, **TREATED}
    works = (lambda: farm.harvest(10, time="2026-05-05T08:00:00+08:00")), (lambda: hired.make("/v1/events", treat))
    first, second = held_up(service, ["LOCK TABLE lot IN SHARE MODE"], works)  # until the lot is made
    found = service.rows("SELECT l.uri, a.rule FROM alert a JOIN lot l USING (org_id, lot_id) WHERE a.org_id = %s", farm.id)
    assert found == [(first["uri"], "I01")], (found, second)
