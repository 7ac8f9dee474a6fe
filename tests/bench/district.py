# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks act on, made through the public API: parties with plots, lots and keys, and a mixed lot."""
import datetime
import json
import random

from stage import FailedToRun
from service import Api

TOWNSHIP = "500112016"
CHINA = datetime.timezone(datetime.timedelta(hours=8))
PLOTS = 10  # of each farm: a plot that is treated a thousand times a season is nobody's


def ago(days, hours=0):
    return (datetime.datetime.now(CHINA) - datetime.timedelta(days=days, hours=hours)).replace(microsecond=0).isoformat()


def kg(value):
    return {"value": str(value), "unit": "KGM"}


def must(reply):
    if reply.status != 201:
        raise FailedToRun(f"not accepted: {reply}")
    return reply.json()


class Farm:
    """A cooperative with plots P1 …, products LEAF and BOX, an API key, and a lot from each plot."""

    def __init__(self, service, admin, number):
        self.number = f"FARM{number}"
        names = {"zh": f"合作社{number}", "en": f"Cooperative {number}"}
        self.id = must(admin.post("/v1/parties", {"number": self.number, "kind": "cooperative", "name": names,
                                                  "region": TOWNSHIP}))["id"]
        for i in range(PLOTS + 1):  # the last is for the mixed lot alone
            must(admin.post("/v1/sites", {"party": self.id, "number": f"P{i}", "kind": "plot", "region": TOWNSHIP,
                                          "name": {"zh": f"{i}号地"}, "commodity": "vegetable/leafy/pak-choi"}))
        for product in ("LEAF", "BOX"):
            must(admin.post("/v1/products", {"party": self.id, "number": product, "unit": "KGM", "shelfLifeDays": 400,
                                             "name": {"zh": "小白菜", "en": "Pak choi"},
                                             "commodity": "vegetable/leafy/pak-choi"}))
        self.key = must(admin.post("/v1/keys", {"name": "bench", "scopes": ["capture", "read"],
                                                "parties": [self.id]}))["secret"]
        self.api = Api(service, self.key)
        self.lots = []

    def record(self, type_, time, **members):
        return must(self.api.post("/v1/events", {"type": type_, "time": time, **members}))

    def treat(self, plot, days):
        self.record("treat", ago(days), site=plot, product="阿维菌素 1.8%乳油", active=["阿维菌素"])

    def harvest(self, value, plot="P0", days=2):
        return self.record("harvest", ago(days), site=plot, product="LEAF", quantity=kg(value))["lots"][0]

    def harvest_all(self):
        for i in range(PLOTS):
            self.treat(f"P{i}", 40)
        self.lots = [self.harvest(5000, f"P{i}") for i in range(PLOTS)]


def make_farms(service, count):
    admin = Api(service, service.admin_key)
    farms = [Farm(service, admin, i) for i in range(count)]
    for farm in farms:
        farm.harvest_all()
    return farms


def make_mixed_lot(farms):
    """A box made in twelve steps from the goods of two farms; answers its code."""
    packer, growers, plot = farms[0], farms[1:3], f"P{PLOTS}"
    inputs = []
    for grower in growers:
        grower.record("plant", ago(60), site=plot, product="小白菜")
        grower.treat(plot, 30)
        lot = grower.harvest(100, plot, days=3)
        sent = grower.record("ship", ago(2, 12), to=packer.number, lots=[{"lot": lot["id"], "quantity": kg(100)}])
        packer.record("receive", ago(2), shipment=sent["shipment"])
        inputs.append({"lot": lot["id"], "quantity": kg(60)})
    mixed = packer.record("mix", ago(1, 12), inputs=inputs, outputs=[{"product": "LEAF", "quantity": kg(118)}])["lots"][0]
    packed = packer.record("pack", ago(1), inputs=[{"lot": mixed["id"], "quantity": kg(100)}],
                           outputs=[{"product": "BOX", "quantity": kg(98)}])["lots"][0]
    return packed["code"]


def some_record(chance, i, farm, other, number):
    """The i-th of many records of a farm: half are treatments and harvests, the rest packing and shipping."""
    plot = f"P{chance.randrange(PLOTS)}"
    lot = chance.choice(farm.lots)
    kind = ("treat", "harvest", "pack", "ship", "irrigate", "harvest", "pack", "ship")[i % 8]
    if kind == "treat":
        return {"type": kind, "time": ago(0, 1), "site": plot, "product": "阿维菌素 1.8%乳油", "active": ["阿维菌素"]}
    if kind == "irrigate":
        return {"type": kind, "time": ago(0, 1), "site": plot}
    if kind == "harvest":
        return {"type": kind, "time": ago(0, 2), "site": plot, "product": "LEAF", "quantity": kg(f"1{number}.5")}
    if kind == "pack":
        return {"type": kind, "time": ago(0, 1), "inputs": [{"lot": lot["id"], "quantity": kg(f"1.{number}")}],
                "outputs": [{"product": "BOX", "quantity": kg(f"0.{number}")}]}
    return {"type": kind, "time": ago(0, 1), "to": other.number,
            "lots": [{"lot": lot["number"], "quantity": kg(f"1.{number}")}]}


def request_line(path, farm, body):
    """A line for many.lua."""
    return f"POST\t{path}\t{farm.key}\t-\t{json.dumps(body, ensure_ascii=False, separators=(',', ':'))}"


def capture_lines(farms, count, seed=1):
    """Requests with one record each."""
    lines, chance = [], random.Random(seed)
    for i in range(count):
        farm, other = chance.sample(farms, 2)
        named = {"id": "@ID@"} if i % 2 else {}
        lines.append(request_line("/v1/events", farm, named | some_record(chance, i // 2, farm, other, "@N@")))
    return lines


def bulk_lines(farms, count, records, seed=1):
    """Requests with many records of one farm each."""
    lines, chance = [], random.Random(seed)
    for _ in range(count):
        farm, other = chance.sample(farms, 2)
        body = {"records": [some_record(chance, i, farm, other, f"{i % 100:02}@N@") for i in range(records)]}
        lines.append(request_line("/v1/events:batch", farm, body))
    return lines
