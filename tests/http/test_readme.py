# SPDX-License-Identifier: Apache-2.0
"""What the README tells people to type, typed in its order."""
import json
import re
import shutil
import subprocess

import pytest
from auditor import wait_until_logged
from conftest import demonstration
from service import ROOT, Api, environment, program

BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
NEW_KEY = 3  # of `monitor --mine`: the keys are new to whoever asks for the first time
ELSEWHERE = ("tools/run", "openssl ts")  # starts an installation of its own; needs an authority: test_log_timestamp.py


class Reader:
    """In a directory that looks as a clone does once `tools/run` is ready."""

    def __init__(self, service, place):
        self.service, self.place, self.admin = service, place, Api(service, service.admin_key)
        (place / "var").symlink_to(service.data)
        for name in ("log.vkey", "registrar.vkey"):
            shutil.copy(service.data / name, place)
        (place / "policy.txt").write_text(f"log {(place / 'log.vkey').read_text()}quorum none\n")
        here = f"http://127.0.0.1:{service.port}"
        self.words = {"http://127.0.0.1:8080": here, "https://trace.example.cn": here, "/srv/mirror": str(place / "mirror"),
                      "CODE": service.loaded["code"], "PARTY_ID": self.party("JG"), "PARTY": self.party("ZH")}

    def party(self, number):
        return self.admin.read(f"/v1/parties/{number}")["id"]

    def type(self, block):
        for word, meant in self.words.items():
            block = re.sub(rf"\b{word}\b" if word.isupper() else re.escape(word), meant, block)
        paths = environment(LANG="en_US.UTF-8", URL=self.words["http://127.0.0.1:8080"])
        paths["PATH"] = f"{program('farmtrail').rsplit('/', 1)[0]}:{paths['PATH']}"
        done = subprocess.run(["bash", "-eo", "pipefail", "-c", block], cwd=self.place, capture_output=True, text=True, check=False,
                              timeout=120, env=paths)
        assert done.returncode == (NEW_KEY if "--mine" in block else 0), (block, done.stdout, done.stderr)
        wait_until_logged(self.service, self.admin)
        return done.stdout


@pytest.fixture(scope="module")
def reader(cluster, tmp_path_factory):
    if not shutil.which("jq"):
        pytest.skip("jq is not installed")
    service = demonstration(cluster, "readme")
    yield Reader(service, tmp_path_factory.mktemp("clone"))
    service.stop()
    service.close()


def test_every_command_does_what_it_says(reader):
    """One after the other: later ones go on with what earlier ones left."""
    typed = [block for block in BLOCKS if not any(word in block for word in ELSEWHERE)]
    said = reader.type(typed.pop(0))
    answer = json.loads(said)
    assert answer["lots"][0]["code"] and answer["log"] == "queued"
    shown = re.search(r"```json\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    assert json.loads(shown).keys() == answer.keys() and json.loads(shown)["lots"][0].keys() == answer["lots"][0].keys()
    reader.words["EVENT"] = answer["event"]
    (reader.place / "receipts.json").write_text(said)
    outputs = [reader.type(block) for block in typed]
    whole = "\n".join(outputs)
    for words in ("Verified OK", "Signature Verified Successfully", "sha256 "):
        assert words in whole, words
    assert "/problems/" not in whole
    assert len(outputs) == len(BLOCKS) - 1 - sum(any(word in block for word in ELSEWHERE) for block in BLOCKS) >= 10
