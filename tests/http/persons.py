# SPDX-License-Identifier: Apache-2.0
"""A person with a home, records and stock, and all the words by which one would know them again, for the tests that erase."""
import gzip
import secrets
import subprocess

from conftest import TOWNSHIP, ago, kg, line
from service import Api

USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def word():
    return f"W{secrets.token_hex(5)}"


def gln():
    digits = [6, 9] + [secrets.randbelow(10) for _ in range(10)]
    return "".join(map(str, digits)) + str(-sum(d * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10)


class Person:
    """A family farm with a home, versions, records and stock at a shop; `known`: registered as an organisation, not as a person."""

    def __init__(self, district, known=False):
        self.district, self.admin, self.known = district, district.admin, known
        self.name, self.number, self.why, self.place, self.held = word(), word(), word(), word(), word()
        self.gln, self.lon = gln(), f"106.{10**5 + secrets.randbelow(9 * 10**5)}7"  # as a number prints it
        self.uscc = "9" + "".join(secrets.choice(USCC) for _ in range(17))
        self.body = {"number": self.number, "kind": "family_farm", "region": TOWNSHIP, "personal": not known, "gln": self.gln,
                     "name": {"zh": f"张{self.name}", "en": f"Zhang {self.name}"}, **({} if known else {"uscc": self.uscc})}
        self.id = self.admin.make("/v1/parties", self.body)["id"]
        self.api = Api(district.service, district.key(["capture", "read", "register"], parties=[self.id], name=f"key {self.held}"))
        assert self.put(f"/v1/parties/{self.id}", {**self.body, "name": {"zh": f"张{self.name}二"}, "reason": f"因{self.why}"}).status == 200
        self.home_body = {"party": self.id, "number": self.place, "kind": "plot", "region": TOWNSHIP, "personal": not known,
                          "commodity": "vegetable/leafy/pak-choi", "name": {"zh": f"地{self.place}"},
                          "geometry": {"type": "Point", "coordinates": [float(self.lon), 29.5]}}
        self.home = self.admin.make("/v1/sites", self.home_body)
        self.admin.make("/v1/products", {"party": self.id, "number": "PAKCHOI", "name": {"zh": "小白菜"}, "unit": "KGM",
                                         "commodity": "vegetable/leafy/pak-choi"})
        made = self.api.record("harvest", ago(days=2), site=self.place, product="PAKCHOI", quantity=kg(10), harvester=f"harvester {self.name}")
        self.event, self.lot = made["event"], made["lots"][0]
        self.shop = district.party("shop")
        self.shipped = self.api.record("ship", ago(days=1), lots=[line(self.lot, 4)], to=self.shop.number)
        self.shop.receive(self.shipped["shipment"])
        self.path = f"/t/{self.lot['code']}"

    def put(self, path, body, api=None, match="*"):
        return (api or self.admin).put(path, body, if_match=match)

    def words(self):
        """What may stand nowhere any more."""
        said = [self.name, self.why, self.gln, self.lon, self.held]
        # What stood in a URI that was not a person's stands in records of others and on labels.
        return said if self.known else [*said, self.number, self.uscc, self.place]

    def erase(self, api=None, reason="request"):
        return (api or self.admin).post(f"/v1/parties/{self.id}/erase", {"reason": reason})

    def erase_home(self, api=None):
        return (api or self.admin).post(f"/v1/sites/{self.home['id']}/erase", {"reason": "request"})


# What is stored sealed: the keys and the sealed columns of each table.
SEALED = {"event": (("org_id", "id"), ("body", "view_secret", "request_sha256", "place")), "lot": (("org_id", "lot_id"), ("place",)),
          "master_version": (("kind", "id", "version"), ("body", "view_secret", "reason")),
          "party": (("id",), ("name_zh", "name_en", "uscc", "gln")), "site": (("id",), ("name_zh", "name_en")),
          "api_key": (("id",), ("name",)), "shipment": (("org_id", "id"), ("vehicle",)), "alert": (("org_id", "id"), ("assignee",)),
          "alert_action": (("org_id", "alert", "id"), ("note", "assignee")), "capture_job": (("id",), ("errors",)),
          "prepared": (("statement_sha256",), ("record", "seed")), "code_mark": (("code", "state", "first"), ("reason",))}


def opened(service):
    """All that is sealed, as who has the key reads it."""
    values = (value for table, (_, columns) in SEALED.items() for row in service.rows(f"SELECT {', '.join(columns)} FROM {table}")
              for value in row if value is not None)
    return b"\n".join(value.encode() if isinstance(value, str) else bytes(value) for value in values)


def dump_of(service):
    done = subprocess.run([service.cluster.programs / "pg_dump", "-h", service.cluster.directory, "-U", "postgres", service.database],
                          capture_output=True, check=True)
    # behind the mark of who keeps it
    kept = [gzip.decompress(bytes(row[0])[32:]) for row in service.rows("SELECT body FROM trail_summary")]
    return done.stdout + b"\n".join(kept)


def found(service, words):
    """Which of the words the database holds, plainly, as bytes or sealed; kept trails are opened."""
    dump = (dump_of(service) + opened(service)).lower()
    return [w for w in words if w.lower().encode() in dump or w.encode().hex().encode() in dump]
