# SPDX-License-Identifier: Apache-2.0
"""What is measured and what measures: cluster, servers, the bare web server, wrk, CPU time and memory of processes."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "http"))

from service import Cluster, Service, build_directory, children_of, die_with_parent, free_port, wait_for  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
CONNECTIONS, THREADS = 64, 2
CLUSTER_MEMORY = {"MALLOC_TOP_PAD_": "1048576", "MALLOC_TRIM_THRESHOLD_": "16777216"}
SHARED_BUFFERS = subprocess.run(["bash", "-c", ". tools/cluster.sh; shared_buffers"], cwd=HERE.parents[1], check=True,
                                capture_output=True, text=True).stdout
CLUSTER_OPTIONS = {  # these and CLUSTER_MEMORY as tools/cluster.sh sets them
    "shared_buffers": SHARED_BUFFERS, "listen_addresses": "", "unix_socket_permissions": "0700", "max_connections": "100",
    "max_wal_size": "4GB", "checkpoint_timeout": "15min", "wal_compression": "lz4", "timezone": "UTC",
    "log_min_messages": "warning"}


class FailedToRun(Exception):
    """Something was not measured: never a figure that is too small."""


def bench_program(name):
    for path in (build_directory() / "tests" / "bench" / name, build_directory() / name):
        if path.is_file():
            return str(path)
    raise FailedToRun(f"no {name} in {build_directory()}")


class BenchCluster(Cluster):
    """A private cluster with the settings of those that tools/run makes."""

    preloaded = {}

    def slow_down(self, slow):
        """Starts again, on a disk that takes a millisecond longer to sync, or on the disk as it is."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        self.preloaded = {}
        if slow:
            library = self.directory / "slow_sync.so"  # where the cluster's user may read it
            shutil.copy(bench_program("slow_sync.so"), library)
            library.chmod(0o644)
            self.preloaded = {"LD_PRELOAD": str(library)}
        self.start()

    def start(self):
        with open(self.directory / "log", "ab") as log:
            options = [part for name, value in CLUSTER_OPTIONS.items() for part in ("-c", f"{name}={value}")]
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.directory / "data", "-k", self.directory, *options],
                stdout=log, stderr=log, cwd="/", start_new_session=True, preexec_fn=die_with_parent(signal.SIGQUIT),
                env={**os.environ, **CLUSTER_MEMORY, **self.preloaded}, **self.who)
        if not wait_for(self.is_ready, 60, 0.05):
            raise FailedToRun("PostgreSQL did not start:\n" + (self.directory / "log").read_text(errors="replace")[-4000:])

    def cpu_s(self):
        """CPU seconds of all its processes, those that ended included."""
        living = sum(sum(cpu_fields(pid)[:2]) for pid in children_of(self.process.pid))
        return living + sum(cpu_fields(self.process.pid))


class BenchService(Service):
    """A server whose database and directory may be copies of another's."""

    def clone(self, name, **settings):
        """The same installation again, on a copy of the database; this one must not run."""
        made = BenchService.__new__(BenchService)
        made.cluster, made.database, made.origin = self.cluster, name, self.origin
        made.data = Path(tempfile.mkdtemp(prefix=f"farmtrail-{name}-", dir="/tmp"))
        made.port, made.process, made.log_path = free_port(), None, made.data.with_suffix(".log")
        made.settings = {**self.settings, **settings, "DATABASE": self.cluster.conninfo(name, "ft_app"),
                         "DATABASE_OWNER": self.cluster.conninfo(name, "ft_owner")}
        shutil.copytree(self.data, made.data, dirs_exist_ok=True)
        made.cluster.execute("postgres", f"CREATE DATABASE {name} TEMPLATE {self.database}")
        return made

    def pids(self):
        return [self.process.pid, *children_of(self.process.pid)]

    def cpu_s(self):
        """CPU seconds of server, signer, PostgreSQL."""
        server, *signer = (sum(cpu_fields(pid)[:2]) for pid in self.pids())
        return {"server": server, "signer": sum(signer), "postgres": self.cluster.cpu_s()}


class BareServer:
    """libmicrohttpd that sends one reply from memory: the ceiling for everything that speaks HTTP through it."""

    def __init__(self, reply):
        self.file = tempfile.NamedTemporaryFile(prefix="farmtrail-bare-")
        skipped = ("connection", "date", "content-length")
        self.file.write("".join(f"{k}: {v}\n" for k, v in reply.headers.items() if k not in skipped).encode() + b"\n" + reply.body)
        self.file.flush()
        self.process = subprocess.Popen([bench_program("bare_mhd"), self.file.name], stdout=subprocess.PIPE,
                                        preexec_fn=die_with_parent(signal.SIGKILL), text=True)
        self.port = int(self.process.stdout.readline() or 0)
        if not self.port:
            raise FailedToRun("the bare web server did not start")

    def cpu_s(self):
        return {"server": sum(cpu_fields(self.process.pid)[:2])}

    def close(self):
        self.process.kill()
        self.process.wait()
        self.file.close()


def cpu_fields(pid):
    """utime, stime, cutime, cstime in seconds; nothing of a process that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return [0.0] * 4
    return [int(ticks) / TICKS for ticks in fields[11:15]]


def pss_mb(pids):
    """Proportional share of memory: what is shared with others counts in part."""
    kilobytes = 0
    for pid in pids:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        kilobytes += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes / 1024


class Load:
    """What one run of wrk found: answers that were good a second, CPU microseconds of each part for one of them."""

    def __init__(self, found, before, after):
        self.requests, self.refused, self.broken = found["requests"], found["refused"], found["broken"]
        self.good = self.requests - self.refused
        self.rate = self.good / (found["duration_us"] / 1e6)
        self.p50_us, self.p99_us = found["p50_us"], found["p99_us"]
        self.cpu_us = {part: (after[part] - before[part]) * 1e6 / max(self.good, 1) for part in after}
        self.total_cpu_us = sum(self.cpu_us.values())


def run_wrk(target, url, seconds, script="one.lua", arguments=(), headers=(), threads=THREADS, connections=CONNECTIONS):
    """Drives `target`, which has cpu_s(), for some seconds."""
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(HERE / script)]
    for name, value in headers:
        command += ["-H", f"{name}: {value}"]
    before = target.cpu_s()
    done = subprocess.run([*command, url, "--", *map(str, arguments)], capture_output=True, text=True, check=False,
                          timeout=seconds + 60)
    after = target.cpu_s()
    last = done.stdout.strip().splitlines()[-1:] or [""]
    if done.returncode or not last[0].startswith("{"):
        raise FailedToRun(f"wrk: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    found = json.loads(last[0])
    if not found["requests"] or found["broken"]:
        raise FailedToRun(f"wrk: {found}")
    return Load(found, before, after)
