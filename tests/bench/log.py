# SPDX-License-Identifier: Apache-2.0
"""The log: how fast a queue is numbered, what that costs captures, how soon a record is published, tiles and proofs."""
import contextlib
import os
import signal
import statistics
import tempfile
import time

import capture
from district import bulk_lines
from service import QUEUE_COPIES, Api
from stage import FailedToRun, run_wrk, wait_for

QUEUE, QUICK_QUEUE = 1000000, 60000
COST_RATE = 600  # captures a second: two cores take them with room to spare
DELAY_RATE, DELAY_LINES, DELAY_RECORDS, DELAY_CONNECTIONS = 2000, 400, 20, 16


def size(service):
    return service.value("SELECT size FROM log_head")


def fill(service, count):
    connection = service.cluster.connect(service.database)
    with connection.cursor() as cursor:
        cursor.execute(QUEUE_COPIES, [count])
        cursor.execute("VACUUM ANALYZE event")
        cursor.execute("VACUUM ANALYZE log_pending")
        cursor.execute("CHECKPOINT")
    connection.close()


def number_all(bench, service):
    """Starts the service on a full queue."""
    before, began = size(service), time.monotonic()
    service.start()
    if not wait_for(lambda: service.value("SELECT NOT EXISTS (SELECT FROM log_pending)"), 600, 0.05):
        raise FailedToRun(f"the queue is not emptied: {service.log()[-2000:]}")
    bench.figures.add("log-leaves", (size(service) - before) / (time.monotonic() - began))


def reopen(bench, service):
    """Everything is compared with everything at a start; the time is that of the whole server."""
    opened, began = service.log().count("state=running"), time.monotonic()
    service.start()
    if not wait_for(lambda: service.log().count("state=running") > opened, 60, 0.01):
        raise FailedToRun("the log does not open")
    bench.figures.add("log-open", time.monotonic() - began)


def delays(service, since):
    """Seconds from the commit of each record to the first head that covers it."""
    return [float(row[0]) for row in service.rows(
        "SELECT extract(epoch FROM (SELECT c.at FROM log_checkpoint c WHERE c.size > l.idx ORDER BY c.size LIMIT 1) - e.recorded_at)"
        " FROM log_leaf l JOIN event e ON e.org_id = l.org_id AND e.id = l.id WHERE l.kind = 'event' AND l.idx >= %s", since)]


@contextlib.contextmanager
def alone(*others):
    """The others rest: their processes are held, and with them what they would ask of PostgreSQL."""
    pids = [pid for service in others for pid in service.pids()]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def cost(bench):
    """Captures at one rate with and without a sequencer, in turn."""
    running, stopped = bench.serve("running"), bench.serve("unnumbered", LOG_SEQUENCER="false")
    figures = bench.figures
    with tempfile.NamedTemporaryFile("w", prefix="farmtrail-requests-") as file:
        capture.write_lines(file, bench.district()[1])
        for n in range(bench.rounds):
            order = [(running, stopped), (stopped, running)][:: 1 if n % 2 else -1]
            found = {}
            for service, other in order:
                with alone(other):
                    found[service] = capture.drive(service, file, bench.seconds, rate=COST_RATE)
                    wait_for(lambda: running.value("SELECT max(size) FROM log_checkpoint") == size(running), 30)
            figures.add("log-capture-rate", found[running].rate)
            figures.add("log-capture-rate-stopped", found[stopped].rate)
            figures.add("log-capture-cpu", found[running].total_cpu_us / found[stopped].total_cpu_us)
            for part in found[running].cpu_us:
                figures.add(f"log-capture-cpu-{part}", found[running].cpu_us[part] - found[stopped].cpu_us[part])
    stopped.stop()
    figures.say("log-capture-rate", "1/s")
    figures.say("log-capture-rate-stopped", "1/s")
    figures.say("log-capture-cpu", "× without a sequencer", at_most=1.10)
    for part in ("server", "signer", "postgres"):
        figures.say(f"log-capture-cpu-{part}", "µs each more than without")
    return running


def soon(bench, service):
    """How long after its commit a record is covered by what is published, at a given rate."""
    figures = bench.figures
    with tempfile.NamedTemporaryFile("w", prefix="farmtrail-requests-") as file:
        capture.write_all(file, bulk_lines(bench.district()[1], DELAY_LINES, DELAY_RECORDS))
        for _ in range(bench.rounds):
            since = size(service)
            load = capture.drive(service, file, bench.seconds, connections=DELAY_CONNECTIONS, rate=DELAY_RATE / DELAY_RECORDS)
            wait_for(lambda: service.value("SELECT max(size) FROM log_checkpoint") == size(service), 60)
            found = sorted(delays(service, since))
            figures.add("log-delay-rate", load.rate * DELAY_RECORDS)
            figures.add("log-delay-p50", statistics.median(found))
            figures.add("log-delay-p99", found[len(found) * 99 // 100])
    figures.say("log-delay-rate", "captures/s", at_least=0.95 * DELAY_RATE)
    figures.say("log-delay-p50", "s", at_most=1)
    figures.say("log-delay-p99", "s", at_most=2.5)


def reads(bench, service):
    """Tiles, and proofs beside the records they are of."""
    figures, tiles = bench.figures, size(service) // 256
    key = (("Authorization", f"Bearer {service.admin_key}"),)
    ids = [row[0] for row in service.rows(
        "SELECT e.id::text FROM event e JOIN signing_key k ON k.fingerprint = e.key_fingerprint LIMIT 2000")]
    address = f"http://127.0.0.1:{service.port}"
    with tempfile.NamedTemporaryFile("w") as tile_file, tempfile.NamedTemporaryFile("w") as proof_file, \
            tempfile.NamedTemporaryFile("w") as event_file:
        for file, lines in ((tile_file, [f"GET\t/log/tile/0/x{n // 1000:03}/{n % 1000:03}\t-\t-\t-" if n >= 1000 else
                                         f"GET\t/log/tile/0/{n:03}\t-\t-\t-" for n in range(tiles)]),
                            (proof_file, [f"GET\t/v1/events/{i}/proof\t-\t-\t-" for i in ids]),
                            (event_file, [f"GET\t/v1/events/{i}\t{service.admin_key}\t-\t-" for i in ids])):
            file.write("\n".join(lines) + "\n")
            file.flush()
        for _ in range(bench.rounds):
            found = {name: run_wrk(service, address, bench.seconds, "many.lua", (file.name, 2, int(time.time() * 1000)), headers)
                     for name, file, headers in (("tile", tile_file, ()), ("proof", proof_file, ()), ("event", event_file, key))}
            if any(load.refused for load in found.values()):
                raise FailedToRun(f"refused: { {name: load.refused for name, load in found.items()} }")
            for name, load in found.items():
                figures.add_load(f"log-{name}", load)
            figures.add("log-tile", found["tile"].rate)
            figures.add("log-proof", found["proof"].p50_us / found["event"].p50_us)
    figures.say("log-tile", "1/s", at_least=5000)
    figures.say("log-proof", "× reading the record", at_most=3)
    for name in ("tile", "proof", "event"):
        figures.say_load(f"log-{name}")


def metric(service, name):
    lines = Api(service, service.admin_key).get("/metrics").body.decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"{name} "))


def patrol(bench, service):
    """What was written again in a long log is named within a minute; what the search for it costs."""
    figures = bench.figures
    for _ in range(bench.rounds):
        began = time.monotonic()
        entry = service.rows("UPDATE event e SET statement = set_byte(statement, 40, get_byte(statement, 40) # 1) FROM log_leaf l"
                             " WHERE e.id = l.id AND l.kind = 'event' AND l.idx = (SELECT size / 2 + (random() * size / 4)::bigint FROM log_head)"
                             " RETURNING l.idx")[0][0]
        if not wait_for(lambda: service.value("SELECT EXISTS (SELECT FROM log_alteration WHERE idx = %s)", entry), 600, 0.05):
            raise FailedToRun("what was changed is not named")
        figures.add("log-altered", time.monotonic() - began)
        rounds = metric(service, "farmtrail_log_patrols_total")
        wait_for(lambda: metric(service, "farmtrail_log_patrols_total") > rounds, 600, 0.2)
        before, began = sum(service.cpu_s().values()), time.monotonic()
        wait_for(lambda: metric(service, "farmtrail_log_patrols_total") > rounds + 1, 600, 0.2)
        figures.add("log-patrol", metric(service, "farmtrail_log_patrol_worked_us") / 1e6)
        figures.add("log-patrol-share", (sum(service.cpu_s().values()) - before) / (time.monotonic() - began) * 100)
    figures.say("log-altered", f"s until a changed row is named, of {size(service)} entries", at_most=60)
    figures.say("log-patrol", "s that a round works, what it waits for a core included")
    figures.say("log-patrol-share", "% of a core, with the sweep and these questions")


def log(bench):
    """A queue of a million, then reads of that log, then what captures feel."""
    service = bench.serve("numbered")
    service.stop()
    fill(service, QUICK_QUEUE if bench.quick else QUEUE)
    number_all(bench, service)
    wait_for(lambda: service.value("SELECT max(size) FROM log_checkpoint") == size(service), 30)
    for _ in range(bench.rounds):
        service.stop()
        reopen(bench, service)
    bench.figures.say("log-leaves", "1/s", at_least=10000)
    bench.figures.say("log-open", "s", at_most=2)
    reads(bench, service)
    patrol(bench, service)
    service.stop()
    running = cost(bench)
    soon(bench, running)
    running.stop()
