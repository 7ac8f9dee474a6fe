#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What tools/check_layers.py refuses, on small trees made for each case."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).parents[2] / "tools" / "check_layers.py"
LAYERS = "# X\n<!-- layers -->\n0: base\n1: codec crypto qr net\n2: core\n3: db http\n6: main\n<!-- /layers -->\n"


def check(files, layers=LAYERS):
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        for name, text in {"ARCHITECTURE.md": layers, **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, TOOL, root], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


class CheckLayers(unittest.TestCase):
    def passes(self, files, layers=LAYERS):
        self.assertEqual(check(files, layers), (0, ""))

    def refuses(self, files, words, layers=LAYERS):
        code, said = check(files, layers)
        self.assertEqual(code, 1)
        self.assertEqual(len(said.splitlines()), 1, said)
        self.assertIn(words, said)

    def test_own_and_lower_layers_pass(self):
        self.passes({
            "src/db/db.c": '#include "ft/db/db.h"\n#include <libpq-fe.h>\n#include "ft/core/lot.h"\n',
            "src/main.c": '#include "ft/db/db.h"\n#include "ft/http/server.h"\n',
            "include/ft/core/lot.h": '#include <stdint.h>\n#include "ft/base/str.h"\n',
        })

    def test_higher_layer_is_refused(self):
        self.refuses({"src/base/a.c": '\n#include "ft/db/db.h"\n'}, "src/base/a.c:2: base (layer 0) includes db")

    def test_same_layer_is_refused_unless_allowed(self):
        files = {"src/http/a.c": '#include "ft/db/db.h"\n'}
        self.refuses(files, "http includes db of the same layer 3")
        self.passes(files, LAYERS.replace("<!-- /layers -->", "allow: http -> db\n<!-- /layers -->"))

    def test_allowance_has_a_direction(self):
        self.refuses({"src/db/a.c": '#include "ft/http/server.h"\n'}, "db includes http",
                     LAYERS.replace("<!-- /layers -->", "allow: http -> db\n<!-- /layers -->"))

    def test_header_below_include_obeys_layers(self):
        self.refuses({"include/ft/base/a.h": '#include "ft/core/lot.h"\n'}, "include/ft/base/a.h:1")

    def test_unknown_module_is_refused(self):
        self.refuses({"src/odd/a.c": '#include "ft/base/str.h"\n'}, "module odd stands in no layer")

    def test_each_library_stays_at_home(self):
        for header, home in {"microhttpd.h": "http", "libpq-fe.h": "db", "qrencode.h": "qr", "openssl/evp.h": "crypto",
                             "gmp.h": "core", "curl/curl.h": "net", "zlib.h": "qr"}.items():
            with self.subTest(header):
                self.passes({f"src/{home}/a.c": f"#include <{header}>\n"})
                self.refuses({"src/base/a.c": f"#include <{header}>\n"}, f"<{header}> belongs in src/")
                self.refuses({"src/base/a.c": f'#include "{header}"\n'}, f"<{header}> belongs in src/")

    def test_jansson_is_for_tests(self):
        self.refuses({"src/codec/a.c": "#include <jansson.h>\n"}, "belongs in tests only")

    def test_public_header_names_no_library(self):
        self.refuses({"include/ft/http/a.h": "#include <microhttpd.h>\n"}, "library header <microhttpd.h>")
        self.refuses({"include/ft/http/a.h": "#include <sys/socket.h>\n"}, "not of the C standard library")

    def test_private_header_stays_in_its_module(self):
        private = {"src/codec/shape_priv.h": "", "src/codec/a.c": '#include "shape_priv.h"\n'}
        self.passes(private)
        self.refuses({**private, "src/core/a.c": '#include "../codec/shape_priv.h"\n'}, "private to another module")
        self.refuses({**private, "src/core/a.c": '#include "shape_priv.h"\n'}, "private to another module")
        self.refuses({**private, "src/core/a.c": '#include "codec/shape_priv.h"\n'}, "private to another module")

    def test_generated_header_passes(self):
        self.passes({"src/db/a.c": '#include "queries.h"\n'})

    def test_layer_list_must_be_there_and_well_formed(self):
        self.refuses({}, "there is no line <!-- layers -->", "# X\n")
        self.refuses({}, "is missing", "<!-- layers -->\n0: base\n")
        self.refuses({}, "neither", "<!-- layers -->\nbase zero\n<!-- /layers -->\n")
        self.refuses({}, "stands in two layers", "<!-- layers -->\n0: base\n1: base\n<!-- /layers -->\n")
        self.refuses({}, "which stands in no layer", "<!-- layers -->\n0: base\nallow: base -> odd\n<!-- /layers -->\n")


if __name__ == "__main__":
    unittest.main()
