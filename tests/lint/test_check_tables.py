#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What tools/check_tables.py refuses, on small trees made for each case."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).parents[2] / "tools" / "check_tables.py"
TREE = {
    "sql/queries/capture.sql": "-- name: lots_lock :many\nSELECT 1\nLIMIT 1;\n",
    "sql/queries/lot.sql": "-- name: lot_list :many\n-- name: lot_read :one\n",
    "sql/migrations/0001-lot.sql": "COMMENT ON INDEX lot_by_version IS 'lot_list, lot_read';\n",
    "include/ft/base/problem.def": 'PROBLEM(LOT_SHORT, 409, "lot-short")\n',
    "include/ft/base/config.def": 'SETTING_INT(port, "PORT", 80)\n',
    "include/ft/base/metrics.def": 'METRIC(CAPTURES, counter, "captures", "help")\n',
    "src/api/lots.c": "lot_list(db); db_queue(db, &sql_lot_read); lots_lock(db); metric_add(METRIC_CAPTURES, 1);\n"
                      "listen(config->port); return PROBLEM_LOT_SHORT;\n.may_fail = {PROBLEM_LOT_SHORT},\n",
}


class CheckTables(unittest.TestCase):
    def said(self, **changes):
        """Of the tree with `old` replaced by `new` in `file`."""
        with tempfile.TemporaryDirectory() as directory:
            for name, text in TREE.items():
                path = pathlib.Path(directory) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                if name == changes.get("file"):
                    self.assertIn(changes["old"], text)
                    text = text.replace(changes["old"], changes["new"])
                path.write_text(text, encoding="utf-8")
            done = subprocess.run([sys.executable, TOOL, directory], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout

    def refuses(self, words, file, old, new=""):
        code, said = self.said(file=file, old=old, new=new)
        self.assertEqual(code, 1)
        self.assertEqual(len(said.splitlines()), 1, said)
        self.assertIn(words, said)

    def test_tables_and_code_that_agree_pass(self):
        self.assertEqual(self.said(), (0, ""))

    def test_statement_that_a_macro_names_is_run(self):
        self.assertEqual(self.said(file="src/api/lots.c", old="lot_list(db);",
                                   new="\n#define LIST(kind) \\\n\tkind##_list(db);\nLIST(lot)\n"), (0, ""))

    def test_statement_that_nothing_runs_is_refused(self):
        self.refuses("nothing runs lot_read", "src/api/lots.c", "&sql_lot_read")

    def test_statement_of_the_writer_that_is_cut_short_is_refused(self):
        self.refuses("lots_lock answers with a part", "sql/queries/capture.sql", "LIMIT 1;", "LIMIT 5000;")

    def test_index_for_an_unknown_statement_is_refused(self):
        self.refuses("index lot_by_version serves lot_count", "sql/migrations/0001-lot.sql", "lot_list", "lot_count")

    def test_problem_that_nothing_returns_is_refused(self):
        self.refuses("nothing returns LOT_SHORT", "src/api/lots.c", "return PROBLEM_LOT_SHORT;")

    def test_problem_that_no_route_lists_is_refused(self):
        self.refuses("no route lists LOT_SHORT", "src/api/lots.c", ".may_fail = {PROBLEM_LOT_SHORT}")

    def test_setting_that_nothing_reads_is_refused(self):
        self.refuses("nothing reads port", "src/api/lots.c", "config->port", "80")

    def test_metric_that_nothing_sets_is_refused(self):
        self.refuses("nothing sets CAPTURES", "src/api/lots.c", "METRIC_CAPTURES", "0")


if __name__ == "__main__":
    unittest.main()
