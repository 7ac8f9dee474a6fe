# SPDX-License-Identifier: Apache-2.0
"""Everything upstream of a lot against reading one lot, among 1.2 million lots; a diamond, whose work must be linear."""
import json
import re
import subprocess
import tempfile

from stage import HERE, FailedToRun, bench_program

ASKED = 50000
EDGES_LEAST = 1_400_000
QUERIES = HERE.parents[1] / "sql" / "queries" / "trail.sql"


def fill(service):
    """Statement by statement: VACUUM wants no transaction."""
    connection = service.cluster.connect(service.database)
    with connection.cursor() as cursor:
        for statement in re.split(r";\n", (HERE / "lineage.sql").read_text()):
            if re.sub(r"--.*", "", statement).strip():
                cursor.execute(statement)
    connection.close()
    edges = service.value("SELECT count(*) FROM lot_edge")
    if edges < EDGES_LEAST:
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


def lineage(bench):
    """Percentiles of both statements, warm, two connections."""
    service, figures = bench.district()[0].clone("lineage"), bench.figures
    bench.services.append(service)
    fill(service)
    with tempfile.NamedTemporaryFile("w", prefix="farmtrail-lots-") as file:
        rows = service.rows("SELECT org_id, lot_id FROM lot WHERE code ~ '^B[0-9]{11}[89]$' AND number ~ '^L'"
                            f" ORDER BY md5(number) LIMIT {ASKED}")
        file.write("".join(f"{org} {lot}\n" for org, lot in rows))
        file.flush()
        command = [bench_program("bench_lineage"), service.cluster.conninfo(service.database, "ft_app"), file.name]
        for _ in range(bench.rounds):
            done = subprocess.run([*command, str(bench.seconds)], capture_output=True, text=True, check=False,
                                  timeout=bench.seconds + 60)
            if done.returncode:
                raise FailedToRun(f"bench_lineage: {done.stderr}")
            found = json.loads(done.stdout)
            for name in ("read_p50", "read_p99", "walk_p50", "walk_p99"):
                figures.add(f"lineage-{name.replace('_', '-')}", found[f"{name}_ns"] / 1000)
            figures.add("lineage-lots-p50", found["lots_p50"])
            figures.add("lineage-lots-p99", found["lots_p99"])
            figures.add("lineage-p50", found["walk_p50_ns"] / found["read_p50_ns"])
            figures.add("lineage-p99", found["walk_p99_ns"] / found["read_p99_ns"])
    figures.say("lineage-p50", "× one lot", at_most=5)
    figures.say("lineage-p99", "× one lot", at_most=15)
    for name in ("read-p50", "read-p99", "walk-p50", "walk-p99"):
        figures.say(f"lineage-{name}", "µs")
    figures.say("lineage-lots-p50", "lots")
    figures.say("lineage-lots-p99", "lots")
    shallow, deep = rows_visited(service, 5000000, 20), rows_visited(service, 6000000, 40)
    figures.add("lineage-diamond-rows", shallow)
    figures.add("lineage-diamond", deep / shallow)
    figures.say("lineage-diamond-rows", "rows for 80 edges on 20 levels", at_most=160)
    figures.say("lineage-diamond", "× rows for 2 × levels", at_most=2.2)
