# SPDX-License-Identifier: Apache-2.0
"""Everything upstream and downstream of a lot against reading one lot, among 1.2 million lots and among a tenth of them; a
diamond, whose work must be linear."""
import json
import math
import re
import subprocess
import tempfile

from stage import HERE, FailedToRun, bench_program

ASKED = 5000  # few enough that all they lead to is warm when it is measured
LOTS, TENTH = 1_200_000, 120_000  # as 2 and 0.2 million events make
EDGES_LEAST = 1.16  # of the lots
QUERIES = HERE.parents[1] / "sql" / "queries" / "trail.sql"


def fill(service, lots):
    """Statement by statement: VACUUM wants no transaction."""
    connection = service.cluster.connect(service.database)
    with connection.cursor() as cursor:
        for statement in re.split(r";\n", (HERE / "lineage.sql").read_text().replace("@LOTS@", str(lots))):
            if re.sub(r"--.*", "", statement).strip():
                cursor.execute(statement)
    connection.close()
    edges = service.value("SELECT count(*) FROM lot_edge")
    if edges < EDGES_LEAST * lots:
        raise FailedToRun(f"only {edges} edges")


def statement_text(name):
    """A statement as the product runs it, with $1 … for its parameters."""
    found = re.search(rf"^-- name: {name} :\w+\n((?:--[^\n]*\n)*)([^;]*);", QUERIES.read_text(), re.MULTILINE)
    if not found:
        raise FailedToRun(f"no statement {name}")
    text, types = found[2], []
    for line in re.findall(r"^-- param: (.*)$", found[1], re.MULTILINE):
        for parameter in line.split(","):
            parameter_name, type_ = parameter.split()
            types.append(type_)
            text = re.sub(rf"@{parameter_name}\b", f"${len(types)}", text)
    return text, types


def scanned(plan):
    """Rows that the scans of a plan read, those they threw away included."""
    own = 0
    if "Scan" in plan["Node Type"] and plan.get("Relation Name"):
        own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return own + sum(scanned(child) for child in plan.get("Plans", []))


def rows_visited(service, base, levels):
    text, types = statement_text("lot_upstream")
    connection = service.cluster.connect(service.database)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT (SELECT id FROM bench.issuer WHERE n = 0), bench.id({base + 2 * levels})")
        org, lot = cursor.fetchone()
        cursor.execute(f"PREPARE upstream ({', '.join(types)}) AS {text}")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT json) EXECUTE upstream ('{org}', '{lot}', 'infinity', 20000)")
        plan = cursor.fetchone()[0][0]["Plan"]
    connection.close()
    return scanned(plan)


class Graph:
    """A database with so many lots, and which of them are asked for."""

    def __init__(self, bench, name, lots):
        self.service = bench.district()[0].clone(name)
        bench.services.append(self.service)
        fill(self.service, lots)
        # what has as much above it, or below it, in a graph of any size: windows at its beginning and end are cut short
        self.sold, self.grown = self.some("[89]", lots * 6 // 10, lots), self.some("[0-3]", lots // 4, lots * 6 // 10)

    def some(self, kinds, first, after):
        file = tempfile.NamedTemporaryFile("w", prefix="farmtrail-lots-")
        rows = self.service.rows(f"SELECT org_id, lot_id FROM lot WHERE code ~ '^B[0-9]{{11}}{kinds}$' AND number ~ '^L'"
                                 f" AND substr(number, 2)::bigint BETWEEN {first} AND {after - 1} ORDER BY md5(number) LIMIT {ASKED}")
        file.write("".join(f"{org} {lot}\n" for org, lot in rows))
        file.flush()
        return file

    def measure(self, seconds):
        done = subprocess.run([bench_program("bench_lineage"), self.service.cluster.conninfo(self.service.database, "ft_app"),
                               self.sold.name, self.grown.name, str(seconds)],
                              capture_output=True, text=True, check=False, timeout=seconds + 60)
        if done.returncode:
            raise FailedToRun(f"bench_lineage: {done.stderr}")
        return json.loads(done.stdout)


def lineage(bench):
    """Percentiles of the statements, warm, two connections."""
    figures, tenth, whole = bench.figures, Graph(bench, "lineage_tenth", TENTH), Graph(bench, "lineage", LOTS)
    for _ in range(bench.rounds):
        less, found = tenth.measure(bench.seconds), whole.measure(bench.seconds)
        for name in ("read", "walk", "reach"):
            for part in ("p50", "p99"):
                figures.add(f"lineage-{name}-{part}", found[f"{name}_ns_{part}"] / 1000)
        for part in ("p50", "p99"):
            figures.add(f"lineage-{part}", found[f"walk_ns_{part}"] / found[f"read_ns_{part}"])
            figures.add(f"reach-{part}", found[f"reach_ns_{part}"] / found[f"read_ns_{part}"])
            figures.add(f"lineage-lots-{part}", found[f"lots_{part}"])
            figures.add(f"reach-edges-{part}", found[f"reached_{part}"])
        figures.add("lineage-growth", math.log10(found["walk_ns_p50"] / less["walk_ns_p50"]))
        figures.add("reach-growth", math.log10(found["reach_ns_p50"] / less["reach_ns_p50"]))
    figures.say("lineage-p50", "× one lot", at_most=5)
    figures.say("lineage-p99", "× one lot", at_most=15)
    figures.say("reach-p50", "× one lot", at_most=9)
    figures.say("reach-p99", "× one lot", at_most=25)
    figures.say("lineage-growth", "exponent of p50 from 0.2 to 2 million events", at_most=0.2)
    figures.say("reach-growth", "exponent of p50 from 0.2 to 2 million events")
    for name in ("read-p50", "read-p99", "walk-p50", "walk-p99", "reach-p50", "reach-p99"):
        figures.say(f"lineage-{name}", "µs")
    for part in ("p50", "p99"):
        figures.say(f"lineage-lots-{part}", "lots")
        figures.say(f"reach-edges-{part}", "edges")
    shallow, deep = rows_visited(whole.service, 5000000, 20), rows_visited(whole.service, 6000000, 40)
    figures.add("lineage-diamond-rows", shallow)
    figures.add("lineage-diamond", deep / shallow)
    figures.say("lineage-diamond-rows", "rows for 80 edges on 20 levels", at_most=160)
    figures.say("lineage-diamond", "× rows for 2 × levels", at_most=2.2)
