#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs suites on a build and counts: prints each failure, ends with "N passed, N failed" (", N skipped").

usage: run_suites.py BUILD SUITE…        called by tools/test, which makes the build

A suite is what meson knows by that name, and the pytest files of tests/SUITE, which get a PostgreSQL cluster
(tests/db/with_cluster) and the build in FARMTRAIL_BUILD. lint also compiles with clang and asks the checkers.
A suite that has nothing is passed over.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST_SUITES = {"http", "crash"}  # those of other suites are run by meson, which knows their programs
HTTP_RUNS = 4  # of pytest side by side, each with a cluster and a server
OUTPUT_LINES = 80  # of a failure; the rest is in the build's meson-logs
SHELL_SCRIPTS = ["tools/run", "tools/test", "tools/fuzz", "tools/lib.sh", "tools/cluster.sh", "tools/check_headers", ".ci/run"]
CPPCHECK = ["cppcheck", "--quiet", "--std=c11", "--language=c", "--inline-suppr", "--error-exitcode=1",
            "--enable=warning,portability", "--suppress=missingInclude", "--suppress=preprocessorErrorDirective",
            "--max-configs=1", "-DFARMTRAIL_VERSION=\"\"", "-Iinclude"]


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def report(name, output):
    """One failure, readable: without what went well."""
    noise = re.compile(r"^\[ RUN +\]|^\[ +OK \]|^\[==========\]|^\[  PASSED  \]")
    lines = [line for line in output.strip().splitlines() if not noise.match(line)]
    if len(lines) > OUTPUT_LINES:
        lines = lines[:OUTPUT_LINES] + [f"… {len(lines) - OUTPUT_LINES} lines more"]
    print(f"\nFAILED {name}", *("    " + line for line in lines), sep="\n", flush=True)


def cases(output):
    """Test cases as cmocka or pytest count them; None for a program that does not."""
    count = Count()
    ran = sum(map(int, re.findall(r"(?m)^\[=+\] (\d+) test\(s\) run\.", output)))
    if ran:
        count.passed = sum(map(int, re.findall(r"(?m)^\[  PASSED  \] (\d+) test\(s\)\.", output)))
        count.skipped = sum(map(int, re.findall(r"(?m)^\[  SKIPPED \] (\d+) test\(s\)", output)))
        count.failed = ran - count.passed - count.skipped
        return count
    said = re.findall(r"(?m)^=*\s*((?:\d+ (?:passed|failed|skipped|errors?|xfailed|xpassed|deselected|warnings?)(?:, )?)+)"
                      r" in [\d.]+s", output)
    if not said:
        return None
    for number, word in re.findall(r"(\d+) (\w+)", said[-1]):
        if word in ("passed", "xfailed"):
            count.passed += int(number)
        elif word in ("failed", "error", "errors", "xpassed"):
            count.failed += int(number)
        elif word == "skipped":
            count.skipped += int(number)
    return count


def count_meson_test(test):
    output = test.get("stdout", "") + test.get("stderr", "")
    result = test["result"]
    if result == "SKIP":
        return Count(skipped=1)
    count = cases(output) or Count(passed=int(result == "OK"))
    if result not in ("OK", "EXPECTEDFAIL"):
        count.failed = max(count.failed, 1)  # it may have crashed after its last case, or leaked
        report(test["name"], f"{output}\n({result.lower()}, exit code {test.get('returncode')})")
    return count


def run_meson(build, suite):
    """None when meson has no tests of that suite."""
    listing = subprocess.run(["meson", "test", "-C", build, "--no-rebuild", "--list", "--suite", suite],
                             capture_output=True, text=True, check=False)
    if listing.returncode or not listing.stdout.strip():
        return None
    log = Path(build) / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:abort_on_error=0",
                       UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1")
    done = subprocess.run(["meson", "test", "-C", build, "--no-rebuild", "--suite", suite, "--num-processes",
                           str(os.cpu_count() or 1)], env=environment, capture_output=True, text=True, check=False)
    count = Count()
    tests = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
    for test in tests:
        count.add(count_meson_test(test))
    if done.returncode and not count.failed:
        report(suite, done.stdout + done.stderr)
        count.failed += 1
    return count


def start_pytest(build, files, place, n, dealt=None):
    """One pytest with a cluster of its own; what it says goes to files in `place`. `dealt`: where several of them that are given
    the same files mark whose is which."""
    environment = dict(os.environ, FARMTRAIL_BUILD=str(build), PYTHONDONTWRITEBYTECODE="1",
                       FARMTRAIL_CALLED=str(place / "called"))
    if dealt:
        environment["FARMTRAIL_DEALT"] = str(dealt)
    with open(place / f"{n}.out", "w", encoding="utf-8") as out:
        return subprocess.Popen([ROOT / "tests/db/with_cluster", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
                                 f"--junitxml={place / f'{n}.xml'}", *files], env=environment, cwd=ROOT, stdout=out,
                                stderr=subprocess.STDOUT)


def count_pytest(suite, place, n):
    result, count = place / f"{n}.xml", Count()
    if not result.exists():
        report(suite, (place / f"{n}.out").read_text(encoding="utf-8", errors="replace"))
        return Count(failed=1)
    cases_run = list(xml.parse(result).iter("testcase"))
    for case in cases_run:
        wrong = case.find("failure") if case.find("failure") is not None else case.find("error")
        if wrong is not None:
            count.failed += 1
            report(f"{case.get('classname')}.{case.get('name')}", wrong.text or wrong.get("message", ""))
        elif case.find("skipped") is not None:
            count.skipped += 1
        else:
            count.passed += 1
    if count.failed and suite == "http":
        files = dict.fromkeys(case.get("classname").rsplit(".", 1)[-1] for case in cases_run)
        report(f"run {n} of {suite}", f"which had, in this order: {' '.join(files)}")
    return count


def count_operations(build, place):
    """Every operation of the document was called by one of the runs."""
    done = subprocess.run([build / "src/farmtraild", "--print-openapi"], capture_output=True, text=True, check=True)
    there = {operation["operationId"] for methods in json.loads(done.stdout)["paths"].values() for operation in methods.values()}
    missing = sorted(there - set((place / "called").read_text(encoding="utf-8").split()))
    if missing:
        report("every operation is called", f"no test calls {', '.join(missing)}")
    return Count(failed=1) if missing else Count(passed=1)


def run_pytest(build, suite):
    """None when there are no pytest files of that suite. Those of http are dealt out to some runs as these come to them: they wait
    more than they work, and how long each takes depends on which were before it."""
    files = sorted((ROOT / "tests" / suite).glob("**/test_*.py"), key=lambda path: (-path.stat().st_size, path.name))
    if suite not in PYTEST_SUITES or not files:
        return None
    runs = HTTP_RUNS if suite == "http" else 1
    with tempfile.TemporaryDirectory() as name:
        place, count = Path(name), Count()
        dealt = place / "dealt"
        dealt.mkdir()
        for run in [start_pytest(build, files, place, n, dealt if runs > 1 else None) for n in range(runs)]:
            run.wait()
        for n in range(runs):
            count.add(count_pytest(suite, place, n))
        if suite == "http" and (place / "called").exists():
            count.add(count_operations(build, place))
        return count


def tracked(*patterns):
    done = subprocess.run(["git", "-C", ROOT, "ls-files", *patterns], capture_output=True, text=True, check=False)
    return [name for name in done.stdout.splitlines() if (ROOT / name).exists()]


def other_build(name, compiler, *options):
    """A compiler warns of more with other optimisations, and warnings are errors."""
    build = ROOT / "build" / name
    if not (build / "build.ninja").exists():
        shutil.rmtree(build, ignore_errors=True)
        done = subprocess.run(["meson", "setup", build, ROOT, *options], env=dict(os.environ, CC=compiler), capture_output=True,
                              text=True, check=False)
        if done.returncode:
            return done
    done = subprocess.run(["ninja", "-C", build], capture_output=True, text=True, check=False)
    done.stdout = "\n".join(line for line in done.stdout.splitlines() if not line.startswith("["))
    return done


def unformatted(sources):
    """The files that clang-format would change; it prints every place, and the names are enough to run it."""
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *sources], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    names = sorted(set(re.findall(r"(?m)^(\S+?):\d+:\d+: error: code should be", done.stderr)))
    done.stderr = "\n".join(names) + "\nrun clang-format -i on them" if names else done.stderr
    return done


def run_lint():
    """What meson's lint suite does not have. One check each."""
    sources = tracked("*.c", "*.h")
    checks = {
        "clang build": lambda: other_build("clang", "clang"),
        "release build": lambda: other_build("release", "gcc", "--buildtype=release"),
        "clang-format": lambda: unformatted(sources),
        "cppcheck": lambda: subprocess.run([*CPPCHECK, "-j", str(os.cpu_count() or 1), "src"], cwd=ROOT,
                                           capture_output=True, text=True, check=False),
        "shellcheck": lambda: subprocess.run(["shellcheck", "-x", "-e", "SC2317", *SHELL_SCRIPTS], cwd=ROOT,
                                             capture_output=True, text=True, check=False),
    }
    count = Count()
    for name, check in checks.items():
        done = check()
        if done.returncode:
            report(name, done.stdout + done.stderr)
            count.failed += 1
        else:
            count.passed += 1
    return count


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    build, suites = Path(sys.argv[1]).resolve(), sys.argv[2:]
    total = Count()
    for suite in suites:
        parts = [run_meson(build, suite), run_pytest(build, suite), run_lint() if suite == "lint" else None]
        if not any(parts):
            continue
        count = Count()
        for part in filter(None, parts):
            count.add(part)
        total.add(count)
        print(f"{suite}: {count}", flush=True)
    print(total)
    sys.exit(1 if total.failed else 0)


main()
