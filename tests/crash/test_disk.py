# SPDX-License-Identifier: Apache-2.0
"""A disk that is full: nothing acknowledged is lost, nothing is half stored, and work goes on when there is room again."""
import os
import subprocess
import tempfile

import pytest
from load import Load
from service import Api, Cluster, Service, wait_for


class Disk:
    """A small disk of its own, in memory."""

    def __init__(self, megabytes):
        self.path = tempfile.mkdtemp(prefix="ftd-", dir="/tmp")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", self.path], capture_output=True,
                              text=True, check=False)
        if done.returncode:
            os.rmdir(self.path)
            pytest.skip(f"no disk to fill can be mounted here: {done.stderr.strip() or done.returncode}")
        self.ballast = os.path.join(self.path, "ballast")

    def fill(self):
        """To the last block, again and again: what is deleted meanwhile makes room."""
        with open(self.ballast, "ab", buffering=0) as out:
            try:
                while out.write(bytes(4096)):
                    pass
            except OSError:
                pass

    def make_room(self):
        os.unlink(self.ballast)

    def close(self):
        subprocess.run(["umount", "-l", self.path], check=False)
        os.rmdir(self.path)


@pytest.fixture
def disk():
    made = Disk(600)
    yield made
    made.close()


@pytest.fixture
def on_disk(request, disk):
    """A service of which one part lies on the small disk: the whole database, all of it but its journal, or its own directory."""
    cluster = Cluster(parent="/tmp" if request.param == "directory" else disk.path, journal_apart=request.param == "tables")
    service = None
    try:
        service = Service(cluster, "disk", parent=disk.path if request.param == "directory" else "/tmp")
        service.start()
        yield service
        if service.process.poll() is None:
            service.stop()
    finally:
        if service:
            service.close()
        cluster.close()


@pytest.mark.parametrize("on_disk", ["database", "tables"], indirect=True)
def test_the_disk_of_the_database_is_full(disk, on_disk):
    """PostgreSQL refuses, or ends when it is its journal that has no room: it is started again as its supervisor does."""
    service = on_disk
    with Load(service, clients=4) as load:
        load.wait_for_more(20)
        for _ in range(2):
            repeated = sum(client.repeated for client in load.clients)

            def refused(before=repeated):
                disk.fill()
                return sum(client.repeated for client in load.clients) > before + 8
            assert wait_for(refused, 120), "a full disk goes unnoticed"
            assert service.process.poll() is None and Api(service).get("/healthz").status == 200
            disk.make_room()
            if not service.cluster.is_ready():
                service.cluster.kill()
                service.cluster.start()
            load.wait_for_more(20)
    load.check()
    assert {slug for client in load.clients for slug in client.retried} == {"database-unavailable"}


@pytest.mark.parametrize("on_disk", ["directory"], indirect=True)
def test_the_disk_of_the_guard_is_full(disk, on_disk):
    """No head is signed that the guard file does not hold; records go on, and are in the log when there is room again."""
    service = on_disk
    public = Api(service)
    size = lambda: int(public.get("/log/checkpoint").body.decode().split("\n")[1])  # noqa: E731
    with Load(service, clients=4) as load:
        load.wait_for_more(20)
        assert wait_for(lambda: size() > 20, 60)
        disk.fill()
        load.wait_for_more(20)
        held = size()
        load.wait_for_more(40)
        assert size() == held, "a head was published that the guard does not hold"
        disk.make_room()
        assert wait_for(lambda: size() > held + 40, 60), service.log()[-3000:]
    load.check()
