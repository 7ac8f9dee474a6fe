# SPDX-License-Identifier: Apache-2.0
"""Mixed load for an hour: what the server's memory does meanwhile. Clients record, correct and repeat; others read what they made."""
import importlib.util
import statistics
import sys
import threading
import time
from pathlib import Path

from stage import BenchService, pss_mb

CRASH = Path(__file__).resolve().parents[1] / "crash"
MAX_SLOPE_KIB = 64  # a minute: under 4 MB an hour
CLIENTS, PAUSE_S = 4, 0.05  # some 4,000 records a minute, all of which are checked in the end
PLOTS = 200


def mixed_load():
    """The clients of the crash tests."""
    sys.path.insert(0, str(CRASH))
    spec = importlib.util.spec_from_file_location("crash_load", CRASH / "load.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Load


class Reader(threading.Thread):
    """Scans lots, known and unknown ones, and walks lists."""

    def __init__(self, load):
        super().__init__(daemon=True)
        self.load, self.read, self.error = load, 0, None

    def run(self):
        try:
            while not self.load.ended.is_set():
                listed = self.load.farm.read("/v1/lots?limit=50")["items"]
                for lot in listed:
                    if self.load.ended.is_set():
                        return
                    for target in (f"/t/{lot['code']}", f"/v1/lots/{lot['id']}/trail", "/t/BAAAAAAAAAAAA", "/v1/events?limit=20"):
                        self.load.farm.get(target)
                        self.read += 1
        except BaseException as e:  # told by the thread that measures
            self.error = e


def slope(samples):
    """KiB a minute, by least squares."""
    minutes = [at / 60 for at, _ in samples]
    return statistics.linear_regression(minutes, [kib for _, kib in samples]).slope


def soak(bench):
    # caches that are full within minutes: what still grows then is not theirs
    service = BenchService(bench.cluster, "soak", LOG_MEMORY=1, TRAIL_CACHE=4)
    bench.services.append(service)
    service.start()
    samples, began = [], time.monotonic()
    with mixed_load()(service, CLIENTS, PLOTS, PAUSE_S) as load:
        reader = Reader(load)
        reader.start()
        while time.monotonic() - began < bench.minutes * 60:
            time.sleep(min(60, bench.minutes * 6))
            samples.append((time.monotonic() - began, pss_mb(service.pids()) * 1024))
            print(f"soak: {samples[-1][0] / 60:.1f} min, {samples[-1][1]:.0f} KiB, {load.count()} records, {reader.read} reads",
                  file=sys.stderr, flush=True)
            broken = next((one.error for one in (*load.clients, reader) if one.error), None)
            if broken:
                raise broken
    load.check()
    settled = samples[len(samples) // 3:]  # caches and arenas have filled
    bench.figures.add("soak-slope", slope(settled))
    bench.figures.add("soak-pss", settled[-1][1] / 1024)
    bench.figures.say("soak-slope", "KiB/min", at_most=MAX_SLOPE_KIB)
    bench.figures.say("soak-pss", "MiB")
