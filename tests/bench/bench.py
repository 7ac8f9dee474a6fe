# SPDX-License-Identifier: Apache-2.0
"""Measures Farmtrail against bare ceilings on the same machine in the same run.

Prints a line a figure: bench NAME VALUE unit (min–max, n rounds). Ratios are computed inside a round; the median is
printed, and beside it the bar that the project sets itself. A figure below its bar is no failure of this program.
"""
import argparse
import statistics
import sys
import traceback

from stage import BenchCluster, BenchService, FailedToRun
import capture
import lineage
import log
import scan
import soak

NAMES = {"page": scan.page, "item": scan.item, "trail": scan.trail, "capture": capture.capture, "bulk": capture.bulk,
         "lone": capture.lone, "slow": capture.slow, "memory": scan.memory, "lineage": lineage.lineage, "log": log.log, "soak": soak.soak}
ONLY_BY_NAME = {"soak"}  # an hour
FARMS, GROWTH_SECONDS = 200, 8  # thousands of records: plans made for empty tables are nobody's


class Figures:
    """Gathers the values of the rounds and prints what came out."""

    def __init__(self):
        self.values = {}

    def add(self, name, value):
        self.values.setdefault(name, []).append(value)

    def say(self, name, unit, at_least=None, at_most=None):
        values = self.values[name]
        middle = statistics.median(values)
        text = f"bench {name} {number(middle)} {unit} ({number(min(values))}–{number(max(values))}, {len(values)} rounds)"
        if at_least is not None:
            text += f" bar ≥ {at_least:g}: {'met' if middle >= at_least else 'missed'}"
        if at_most is not None:
            text += f" bar ≤ {at_most:g}: {'met' if middle <= at_most else 'missed'}"
        print(text, flush=True)

    def add_load(self, name, load):
        self.add(f"{name}-rate", load.rate)
        self.add(f"{name}-p50", load.p50_us)
        self.add(f"{name}-p99", load.p99_us)
        for part, value in load.cpu_us.items():
            self.add(f"{name}-cpu-{part}", value)
        self.add(f"{name}-refused", load.refused)

    def say_load(self, name):
        self.say(f"{name}-rate", "1/s")
        self.say(f"{name}-p50", "µs")
        self.say(f"{name}-p99", "µs")
        for part in ("server", "signer", "postgres"):
            if f"{name}-cpu-{part}" in self.values:
                self.say(f"{name}-cpu-{part}", "µs each")
        if sum(self.values[f"{name}-refused"]):
            self.say(f"{name}-refused", "answers")


def number(value):
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


class Bench:
    """What the figures are taken with; the district is made once, when it is first needed."""

    def __init__(self, options):
        self.rounds, self.seconds, self.quick = options.rounds, options.seconds, options.quick
        self.minutes = options.minutes
        self.figures = Figures()
        self.cluster = BenchCluster()
        self.services = []
        self.made = None

    def district(self):
        """A service that was filled and stopped, to make copies of; its farms; the code of a mixed lot."""
        if not self.made:
            import district
            service = BenchService(self.cluster, "district")
            self.services.append(service)
            service.start()
            farms = district.make_farms(service, FARMS)
            code = district.make_mixed_lot(farms)
            capture.drive_all(service, farms, GROWTH_SECONDS)
            service.stop()
            self.cluster.execute(service.database, "VACUUM ANALYZE")
            self.made = service, farms, code
        return self.made

    def serve(self, name, **settings):
        """A running copy of the district."""
        service = self.district()[0].clone(name, **settings)
        self.services.append(service)
        return service.start()

    def close(self):
        for service in self.services:
            service.close()
        self.cluster.close()


def read_options():
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; none: all but {', '.join(ONLY_BY_NAME)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=10, help="of each measurement")
    parser.add_argument("--minutes", type=int, default=60, help="of the soak")
    parser.add_argument("--quick", action="store_true", help="2 rounds of 3 seconds: does it run?")
    parser.add_argument("--keep", action="store_true", help="leave cluster and directories for a closer look")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"no such figure: {', '.join(unknown)}")
    if not 1 <= options.rounds <= 1000 or not 1 <= options.seconds <= 3600:
        parser.error("--rounds is 1 to 1000, --seconds 1 to 3600")
    if not 1 <= options.minutes <= 10000:
        parser.error("--minutes is 1 to 10000")
    if options.quick:
        options.rounds, options.seconds = 2, 3
    return options


def main():
    options = read_options()
    bench, failed = Bench(options), False
    try:
        for name in options.names or [name for name in NAMES if name not in ONLY_BY_NAME]:
            try:
                NAMES[name](bench)
            except (FailedToRun, AssertionError, OSError) as e:
                failed = True
                traceback.print_exc()
                print(f"bench {name} failed to run: {e}", file=sys.stderr)
    finally:
        if options.keep:
            print(f"kept: {bench.cluster.directory}, {', '.join(str(s.data) for s in bench.services)}", file=sys.stderr)
        else:
            bench.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
