# SPDX-License-Identifier: Apache-2.0
"""Scans against a bare web server that sends the same bytes; memory after a mixed load."""
import tempfile
import time

from district import capture_lines
from service import Api
from stage import BareServer, FailedToRun, THREADS, pss_mb, run_wrk

PAGE = (("Accept", "text/html"), ("Accept-Language", "zh-CN"), ("Accept-Encoding", "gzip"))
TRAIL = (("Accept", "application/json"), ("Accept-Encoding", "gzip"))
STEPS = 12
MIXED_SECONDS = 60


def compare(bench, name, service, path, headers, bar):
    """Rounds of service and bare server in turn."""
    public = Api(service)
    asked = {k.replace("-", "_"): v for k, v in headers}
    public.get(path, **asked)
    reply = public.get(path, **asked)  # as it is from the second time on
    if reply.status != 200:
        raise FailedToRun(f"{path}: {reply}")
    bare, figures = BareServer(reply), bench.figures
    try:
        for _ in range(bench.rounds):
            ours = run_wrk(service, f"http://127.0.0.1:{service.port}{path}", bench.seconds, headers=headers)
            theirs = run_wrk(bare, f"http://127.0.0.1:{bare.port}{path}", bench.seconds, headers=headers)
            if ours.refused:
                raise FailedToRun(f"{path}: {ours.refused} refused")
            figures.add_load(name, ours)
            figures.add_load(f"{name}-bare", theirs)
            figures.add(name, ours.rate / theirs.rate)
            figures.add(f"{name}-cpu", ours.total_cpu_us / theirs.total_cpu_us)
    finally:
        bare.close()
    figures.say(name, "of bare", at_least=bar)
    figures.say(f"{name}-cpu", "× bare")
    figures.say_load(name)
    figures.say_load(f"{name}-bare")


def check_steps(service, code):
    steps = Api(service).get(f"/t/{code}", Accept="application/json").json()["steps"]
    if len(steps) != STEPS:
        raise FailedToRun(f"the mixed lot has {len(steps)} steps")


def page(bench):
    """The page of a lot, from memory."""
    service, code = bench.serve("page"), bench.district()[2]
    check_steps(service, code)
    compare(bench, "page", service, f"/t/{code}", PAGE, 0.70)
    service.stop()


def trail(bench):
    """The trail of a lot as JSON, from its row in the database."""
    service, code = bench.serve("trail", TRAIL_CACHE=0), bench.district()[2]
    check_steps(service, code)
    if service.value("SELECT count(*) FROM trail_summary") != 1:
        raise FailedToRun("the trail was not kept")
    compare(bench, "trail", service, f"/t/{code}", TRAIL, 0.20)
    service.stop()


def issue(bench, service, count):
    """Codes of packs of the mixed lot, in use; of each issue the codes in order."""
    admin, code = Api(service, service.admin_key), bench.district()[2]
    lot = Api(service).get(f"/t/{code}", Accept="application/json").json()["lot"]["id"]
    codes = []
    while len(codes) < count:
        made = admin.post("/v1/codes", {"kind": "item", "lot": lot, "count": min(count, 100000), "activate": True}).json()
        codes += [row.split(",")[1] for row in admin.get(made["list"]).body.decode().splitlines()[1:]]
    return codes[:count]


def compare_items(bench, name, service, codes, bar):
    """As compare(), each request for the next pack."""
    public = Api(service)
    asked = {k.replace("-", "_"): v for k, v in PAGE}
    public.get(f"/t/{codes[0]}", **asked)
    bare, figures = BareServer(public.get(f"/t/{codes[0]}", **asked)), bench.figures
    with tempfile.NamedTemporaryFile("w", prefix="farmtrail-requests-") as file:
        file.writelines(f"GET\t/t/{code}\t-\ttext/html\t-\n" for code in codes)
        file.flush()
        try:
            for _ in range(bench.rounds):
                ours, theirs = (run_wrk(of, f"http://127.0.0.1:{of.port}", bench.seconds, "many.lua",
                                        (file.name, THREADS, int(time.time() * 1000))) for of in (service, bare))
                if ours.refused:
                    raise FailedToRun(f"{name}: {ours.refused} refused")
                figures.add_load(name, ours)
                figures.add_load(f"{name}-bare", theirs)
                figures.add(name, ours.rate / theirs.rate)
        finally:
            bare.close()
    figures.say(name, "of bare", at_least=bar)
    figures.say_load(name)
    figures.say_load(f"{name}-bare")


def item(bench):
    """The pages of packs, each with a code of its own: some that were scanned lately, and far more than memory holds."""
    service = bench.serve("item")
    compare_items(bench, "item", service, issue(bench, service, 10000), 0.20)
    compare_items(bench, "item-new", service, issue(bench, service, 300000), 0.20)
    service.stop()


def mixed_lines(farms):
    """Of eight requests four are pages, two are trails, two are captures."""
    captures = capture_lines(farms, 4000)
    lots = [lot for farm in farms for lot in farm.lots]
    lines = []
    for i in range(0, len(captures), 2):
        for j in range(6):
            code = lots[(3 * i + j) % len(lots)]["code"]
            lines.append(f"GET\t/t/{code}\t-\t{'text/html' if j < 4 else 'application/json'}\t-")
        lines += captures[i:i + 2]
    return lines


def memory(bench):
    """Server and signer together, after a minute of pages, trails and captures."""
    service, farms = bench.serve("memory"), bench.district()[1]
    with tempfile.NamedTemporaryFile("w", prefix="farmtrail-requests-") as file:
        file.write("\n".join(mixed_lines(farms)) + "\n")
        file.flush()
        start = pss_mb(service.pids())
        load = run_wrk(service, f"http://127.0.0.1:{service.port}", 3 if bench.quick else MIXED_SECONDS, "many.lua",
                       (file.name, THREADS, int(time.time() * 1000)))
    if load.refused > load.requests / 100:
        raise FailedToRun(f"{load.refused} of {load.requests} refused")
    bench.figures.add("memory-start", start)
    bench.figures.add("memory", pss_mb(service.pids()))
    bench.figures.add_load("memory-load", load)
    bench.figures.say("memory", "MB", at_most=100)
    bench.figures.say("memory-start", "MB")
    bench.figures.say_load("memory-load")
    service.stop()
