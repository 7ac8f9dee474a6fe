# SPDX-License-Identifier: Apache-2.0
"""Durable signed captures against COPY of the rows they left, against a commit for each, against a bare insert."""
import io
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from district import bulk_lines, capture_lines
from stage import FailedToRun, THREADS, run_wrk

LINES = 8000
BULK_LINES, BULK_RECORDS = 400, 100
BULK_CONNECTIONS = 16  # so many records in flight as the writer's queue takes
EVENTS_A_TRANSACTION = 1000
COMMITS = 200  # of the loop that commits event by event
EMPTY_COPY = 21  # bytes of COPY's binary format without rows

# Where each new row belongs: the event that made it, so that a transaction of the copy holds whole events. The order is
# that of foreign keys.
SOURCES = {
    "event": "event t JOIN bench.place p ON p.id = t.id",
    "event_key": "event_key t JOIN bench.place p ON p.id = t.id",
    "lot": "lot t JOIN bench.place p ON p.id = t.created_event",
    "code": "code t JOIN lot l ON l.org_id = t.org_id AND l.lot_id = t.id JOIN bench.place p ON p.id = l.created_event",
    "thing": "thing t LEFT JOIN lot l ON l.org_id = t.org_id AND l.lot_id = t.id AND t.kind = 'lot'"
             " LEFT JOIN shipment s ON s.org_id = t.org_id AND s.id = t.id AND t.kind = 'shipment'"
             " JOIN bench.place p ON p.id = coalesce(l.created_event, s.event)",
    "lot_holding": "lot_holding t JOIN bench.holding_place p ON p.lot_id = t.lot_id AND p.holder = t.holder"
                   " WHERE NOT EXISTS (SELECT FROM bench.held h WHERE h.lot_id = t.lot_id AND h.holder = t.holder)",
    "stock_move": "stock_move t JOIN bench.place p ON p.id = t.event",
    "lot_edge": "lot_edge t JOIN bench.place p ON p.id = t.event",
    "event_thing": "event_thing t JOIN bench.place p ON p.id = t.event",
    "site_event": "site_event t JOIN bench.place p ON p.id = t.event",
    "shipment": "shipment t JOIN bench.place p ON p.id = t.event",
    "shipment_line": "shipment_line t JOIN shipment s ON s.org_id = t.org_id AND s.id = t.shipment"
                     " JOIN bench.place p ON p.id = s.event",
    "alert": "alert t JOIN bench.place p ON p.id = t.event",
    "alert_region": "alert_region t JOIN alert a ON a.org_id = t.org_id AND a.id = t.alert JOIN bench.place p ON p.id = a.event",
    "log_pending": "log_pending t JOIN bench.place p ON p.id = t.id",
}


class Copier:
    """Copies what captures left in one database into another that was equal before them."""

    def __init__(self, service, template, target):
        self.cluster, self.source, self.target = service.cluster, service.database, target
        self.cluster.execute("postgres", f"CREATE DATABASE {target} TEMPLATE {template}")
        self.cluster.execute(self.source, "CREATE SCHEMA bench")

    def before(self):
        """What is there before a round."""
        self.cluster.execute(self.source, """
            DROP TABLE IF EXISTS bench.known, bench.held;
            CREATE UNLOGGED TABLE bench.known AS SELECT id FROM event;
            CREATE UNLOGGED TABLE bench.held AS SELECT lot_id, holder FROM lot_holding""")

    def read(self, events_a_transaction=EVENTS_A_TRANSACTION, most=None):
        """The new rows, or those of the first events, as transactions: lists of (table, rows in COPY's binary format)."""
        connection = self.cluster.connect(self.source)
        with connection.cursor() as cursor:
            cursor.execute(f"""
                DROP TABLE IF EXISTS bench.place, bench.holding_place;
                CREATE UNLOGGED TABLE bench.place AS
                SELECT id, (row_number() OVER (ORDER BY recorded_at) - 1) / {events_a_transaction} AS chunk
                FROM event WHERE id NOT IN (SELECT id FROM bench.known) ORDER BY recorded_at LIMIT {most or 'ALL'};
                CREATE UNLOGGED TABLE bench.holding_place AS
                SELECT lot_id, holder, min(chunk) AS chunk
                FROM (SELECT l.lot_id, l.org_id AS holder, p.chunk FROM lot l JOIN bench.place p ON p.id = l.created_event
                      UNION ALL
                      SELECT i.lot_id, s.to_party, p.chunk
                      FROM shipment_line i JOIN shipment s ON s.org_id = i.org_id AND s.id = i.shipment
                      JOIN bench.place p ON p.id = s.event) x
                GROUP BY lot_id, holder;
                ANALYZE bench.known, bench.held, bench.place, bench.holding_place;
                SELECT count(*), max(chunk) FROM bench.place""")
            events, last = cursor.fetchone()
            transactions = [[] for _ in range((last if last is not None else -1) + 1)]
            for table, source in SOURCES.items():
                cursor.execute(f"DROP TABLE IF EXISTS bench.rows;"
                               f"CREATE UNLOGGED TABLE bench.rows AS SELECT p.chunk AS bench_chunk, t.* FROM {source};"
                               f"CREATE INDEX ON bench.rows (bench_chunk); ANALYZE bench.rows;"
                               f"SELECT string_agg(quote_ident(attname), ',' ORDER BY attnum) FROM pg_attribute"
                               f" WHERE attrelid = 'public.{table}'::regclass AND attnum > 0 AND NOT attisdropped")
                columns = cursor.fetchone()[0]
                for chunk, tables in enumerate(transactions):
                    rows = io.BytesIO()
                    cursor.copy_expert(f"COPY (SELECT {columns} FROM bench.rows WHERE bench_chunk = {chunk})"
                                       " TO STDOUT (FORMAT binary)", rows)
                    if rows.tell() > EMPTY_COPY:
                        tables.append((table, rows))
        connection.close()
        return events, transactions

    def write(self, transactions):
        """Seconds that the copy took, CPU seconds of PostgreSQL."""
        connection = self.cluster.connect(self.target)
        connection.autocommit = False
        for tables in transactions:
            for _, rows in tables:
                rows.seek(0)
        cpu, start = self.cluster.cpu_s(), time.monotonic()
        with connection.cursor() as cursor:
            for tables in transactions:
                for table, rows in tables:
                    cursor.copy_expert(f"COPY {table} FROM STDIN (FORMAT binary)", rows, size=1 << 20)
                connection.commit()
        taken = time.monotonic() - start, self.cluster.cpu_s() - cpu
        connection.close()
        return taken

    def check(self):
        """Both databases hold the same number of rows in every table."""
        counts = []
        for database in (self.source, self.target):
            connection = self.cluster.connect(database)
            with connection.cursor() as cursor:
                cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
                               " AND table_type = 'BASE TABLE' ORDER BY 1")
                tables = [row[0] for row in cursor.fetchall()]
                cursor.execute("SELECT " + ", ".join(f'(SELECT count(*) FROM "{table}")' for table in tables))
                counts.append(dict(zip(tables, cursor.fetchone())))
            connection.close()
        if counts[0] != counts[1]:
            wrong = {table: (n, counts[1][table]) for table, n in counts[0].items() if n != counts[1][table]}
            raise FailedToRun(f"the copy differs from what was captured: {wrong}")


def wait_until_quiet(service):
    """What clients no longer waited for is written all the same."""
    before, now = None, service.value("SELECT count(*) FROM event")
    while before != now:
        time.sleep(0.5)
        before, now = now, service.value("SELECT count(*) FROM event")


def drive(service, file, seconds, threads=THREADS, rate=None, **how):
    """At a rate of so many requests a second, else as many as are answered."""
    service.cluster.execute(service.database, "CHECKPOINT")
    load = run_wrk(service, f"http://127.0.0.1:{service.port}", seconds, "many.lua",
                   (file.name, threads, int(time.time() * 1000), *([] if rate is None else [rate])), threads=threads, **how)
    wait_until_quiet(service)
    return load


def write_lines(file, farms):
    write_all(file, capture_lines(farms, LINES))


def write_all(file, lines):
    file.write("\n".join(lines) + "\n")
    file.flush()


def drive_all(service, farms, seconds):
    """Captures of all kinds by all farms, unmeasured."""
    with tempfile.NamedTemporaryFile("w", prefix="farmtrail-requests-") as file:
        write_lines(file, farms)
        drive(service, file, seconds)


def copy_round(bench, copier, name, load, records=1):
    """Copies what a load left: answers of `records` each."""
    events, transactions = copier.read()
    if events < load.good * records:
        raise FailedToRun(f"{load.good} answers for {records} each, but {events} events")
    copier.cluster.execute("postgres", "CHECKPOINT")
    seconds, cpu = copier.write(transactions)
    copier.check()
    copied_us = cpu * 1e6 / events
    figures = bench.figures
    figures.add(f"{name}-copy-rate", events / seconds)
    figures.add(f"{name}-copy-cpu-postgres", copied_us)
    figures.add(name, load.rate * records / (events / seconds))
    figures.add(f"{name}-cpu", load.total_cpu_us / records / copied_us)


def capture(bench):
    """Single captures over HTTP by many parties."""
    # without the sequencer: what COPY is compared with stays as captures left it
    grouped = bench.serve("grouped", LOG_SEQUENCER="false")
    copier = Copier(grouped, bench.district()[0].database, "copied")
    single = bench.serve("single", CAPTURE_BATCH=1, CAPTURE_WRITERS=2, LOG_SEQUENCER="false")
    figures = bench.figures
    with tempfile.NamedTemporaryFile("w", prefix="farmtrail-requests-") as file:
        write_lines(file, bench.district()[1])
        for _ in range(bench.rounds):
            copier.before()
            load = drive(grouped, file, bench.seconds)
            copy_round(bench, copier, "capture", load)
            alone = drive(single, file, bench.seconds)
            figures.add_load("capture", load)
            figures.add_load("capture-single", alone)
            figures.add("capture-grouping", load.rate / alone.rate)
            figures.add("capture-grouping-cpu", load.total_cpu_us / alone.total_cpu_us)
    figures.say("capture", "of COPY", at_least=0.15)
    figures.say("capture-cpu", "× COPY")
    figures.say("capture-grouping", "× a commit each", at_least=2)
    figures.say("capture-grouping-cpu", "of the CPU of a commit each", at_most=0.6)
    figures.say_load("capture")
    figures.say_load("capture-single")
    figures.say("capture-copy-rate", "1/s")
    figures.say("capture-copy-cpu-postgres", "µs each")
    grouped.stop()
    single.stop()


def bulk(bench):
    """A hundred records a request."""
    service = bench.serve("bulk", LOG_SEQUENCER="false")
    copier, figures = Copier(service, bench.district()[0].database, "copied_bulk"), bench.figures
    with tempfile.NamedTemporaryFile("w", prefix="farmtrail-requests-") as file:
        write_all(file, bulk_lines(bench.district()[1], BULK_LINES, BULK_RECORDS))
        for _ in range(bench.rounds):
            copier.before()
            load = drive(service, file, bench.seconds, connections=BULK_CONNECTIONS)
            copy_round(bench, copier, "bulk", load, BULK_RECORDS)
            figures.add_load("bulk", load)
    figures.say("bulk", "of COPY", at_least=0.35)
    figures.say("bulk-cpu", "× COPY")
    figures.say_load("bulk")
    figures.say("bulk-copy-rate", "1/s")
    figures.say("bulk-copy-cpu-postgres", "µs each")
    service.stop()


INSERT = "INSERT INTO bench.bare (id, at, body) VALUES (gen_random_uuid(), now(), repeat('x', 1000)::bytea);\n"


def make_bare_table(service):
    service.cluster.execute(service.database, "CREATE SCHEMA IF NOT EXISTS bench;"
                            "CREATE TABLE bench.bare (id uuid PRIMARY KEY, at timestamptz NOT NULL, body bytea NOT NULL)")


def bare_inserts_us(service, seconds):
    """What each prepared insert of one row with its commit took one client."""
    with tempfile.TemporaryDirectory(prefix="farmtrail-insert-") as directory:
        script = Path(directory, "insert.sql")
        script.write_text(INSERT)
        done = subprocess.run([service.cluster.programs / "pgbench", "-n", "-M", "prepared", "-c", "1", "-T", str(seconds),
                               "-f", script, "--log", f"--log-prefix={directory}/log",
                               service.cluster.conninfo(service.database)],
                              capture_output=True, text=True, check=False, timeout=seconds + 60)
        taken = [int(line.split()[2]) for log in Path(directory).glob("log*") for line in log.read_text().splitlines()]
    if done.returncode or not taken:
        raise FailedToRun(f"pgbench: {done.stderr}")
    return taken


def slow(bench):
    """Where a sync of the disk takes a millisecond longer: many clients, against one connection that commits the rows of
    one capture at a time, and against one that commits a bare row; one client, against that one too."""
    bench.district()
    bench.cluster.slow_down(True)
    try:
        service, figures = bench.serve("slow", LOG_SEQUENCER="false"), bench.figures
        copier = Copier(service, bench.district()[0].database, "copied_slow")
        make_bare_table(service)
        with tempfile.NamedTemporaryFile("w", prefix="farmtrail-requests-") as file:
            write_lines(file, bench.district()[1])
            for _ in range(bench.rounds):
                copier.before()
                load = drive(service, file, bench.seconds)
                figures.add_load("slow", load)
                events, transactions = copier.read(events_a_transaction=1, most=COMMITS)
                seconds, _ = copier.write(transactions)
                figures.add("slow-commit-rate", events / seconds)
                figures.add("slow", load.rate * seconds / events)
                alone = drive(service, file, bench.seconds, threads=1, connections=1)
                taken = bare_inserts_us(service, bench.seconds)
                figures.add("slow-insert-rate", len(taken) / sum(taken) * 1e6)
                figures.add("slow-bare", load.rate * sum(taken) / len(taken) / 1e6)
                figures.add("slow-lone", alone.p50_us / statistics.median(taken))
        service.stop()
    finally:
        bench.cluster.slow_down(False)
    figures.say("slow", "× one connection that commits each capture's rows, + 1 ms a sync", at_least=10)
    figures.say("slow-bare", "× one connection that commits bare rows, + 1 ms a sync")
    figures.say("slow-lone", "× a bare insert, p50 of one client, + 1 ms a sync", at_most=2)
    figures.say_load("slow")
    figures.say("slow-commit-rate", "1/s")
    figures.say("slow-insert-rate", "1/s")


def lone(bench):
    """One client that waits for each answer, against one that inserts a row and commits."""
    service, figures = bench.serve("lone"), bench.figures
    make_bare_table(service)
    with tempfile.NamedTemporaryFile("w", prefix="farmtrail-requests-") as file:
        write_lines(file, bench.district()[1])
        for _ in range(bench.rounds):
            load = drive(service, file, bench.seconds, threads=1, connections=1)
            insert_us = statistics.median(bare_inserts_us(service, bench.seconds))
            figures.add_load("lone", load)
            figures.add("lone-insert-p50", insert_us)
            figures.add("lone", load.p50_us / insert_us)
    figures.say("lone", "× a bare insert, p50", at_most=2)
    figures.say("lone-insert-p50", "µs")
    figures.say_load("lone")
    service.stop()
