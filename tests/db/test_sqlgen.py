#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What stops tools/sqlgen.py, and that it leaves unchanged files alone. Usage: test_sqlgen.py sqlgen.py"""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SQLGEN = sys.argv.pop()
GOOD = """-- name: item_get :one
-- Reads one; a@b in a comment is nothing.
-- param: id bigint
-- class: key
-- column: note text
SELECT note FROM item WHERE id = @id AND note <> 'a@b' AND tags @> ARRAY['x'];
"""


class Sqlgen(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.directory = Path(self.place.name)
        (self.directory / "sql").mkdir()

    def generate(self, text, name="item.sql"):
        (self.directory / "sql" / name).write_text(text, encoding="utf-8")
        return subprocess.run([sys.executable, SQLGEN, "queries", *(self.directory / out for out in ("q.h", "q.c", "q.d")),
                               self.directory / "sql"], capture_output=True, text=True, check=False)

    def assert_stops(self, text, reason):
        done = self.generate(text)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(reason, done.stderr)

    def test_a_good_statement_becomes_a_function(self):
        self.assertEqual(self.generate(GOOD).stderr, "")
        header, source = ((self.directory / name).read_text(encoding="utf-8") for name in ("q.h", "q.c"))
        self.assertIn("enum problem item_get(struct db *db, struct arena *arena, const struct item_get_params *params, "
                      "struct item_get_row *ret) must_check;", header)
        self.assertIn("WHERE id = $1 AND note <> 'a@b' AND tags @> ARRAY['x']\"", source)

    def test_parameters_are_declared_and_used(self):
        self.assert_stops(GOOD.replace("-- param: id bigint\n", ""), "@id is not declared")
        self.assert_stops(GOOD.replace("id bigint", "id bigint, more text"), "@more is never used")
        self.assert_stops(GOOD.replace("id bigint", "id bigint, id text"), '"id" is declared twice')

    def test_types_are_known(self):
        self.assert_stops(GOOD.replace("bigint", "money"), '"id money" is not "name type"')
        self.assert_stops(GOOD.replace("note text", "note"), '"note" is not "name type"')

    def test_every_statement_has_a_class(self):
        self.assert_stops(GOOD.replace("-- class: key\n", ""), 'needs one "-- class:" line')
        self.assert_stops(GOOD.replace("class: key", "class: any other"), 'needs one "-- class:" line')

    def test_an_insert_of_arrays_has_a_form_for_one_row(self):
        insert = ("-- name: items_add :exec\n-- param: ids bigint[], notes text[]\n-- class: key\n"
                  "INSERT INTO item (id, note) SELECT unnest(@ids), unnest(@notes);\n")
        self.generate(insert)
        source = (self.directory / "q.c").read_text(encoding="utf-8")
        self.assertIn("INSERT INTO item (id, note) SELECT $1::bigint, $2::text", source)
        self.assertIn(".single = &sql_items_add_single,", source)
        for other in (insert.replace("notes text[]", "notes text").replace("unnest(@notes)", "@notes"),
                      insert.replace("unnest(@notes)", "@notes[1]")):
            self.assertEqual(self.generate(other).stderr, "")
            self.assertNotIn("_single", (self.directory / "q.c").read_text(encoding="utf-8"))

    def test_what_a_statement_is_run_for_is_an_array(self):
        many = GOOD.replace(":one", ":many").replace("id bigint", "ids bigint[]").replace("= @id", "= ANY(@ids)")
        self.assertEqual(self.generate(many.replace("-- class", "-- each: ids\n-- class")).stderr, "")
        self.assertIn("false, true, false, false, false, 0},", (self.directory / "q.c").read_text(encoding="utf-8"))
        self.assert_stops(many.replace("-- class", "-- each: id\n-- class"), '"id" is not a parameter that is an array')
        self.assert_stops(GOOD.replace("-- class", "-- each: id\n-- class"), '"id" is not a parameter that is an array')
        self.assert_stops(many.replace(":many", ":one").replace("-- class", "-- each: ids\n-- class"), "so it has no each")

    def test_what_may_name_people_is_sealed(self):
        named = GOOD.replace("id bigint", "id bigint, said text, home boolean").replace("WHERE", "WHERE said = @said AND home = @home AND")
        seals = named.replace("-- class", "-- seals: said if home\n-- opens: note\n-- class")
        self.assertEqual(self.generate(seals).stderr, "")
        source = (self.directory / "q.c").read_text(encoding="utf-8")
        self.assertIn("said), false, false, false, true, true, offsetof(struct item_get_params, home)},", source)
        self.assertIn("note), false, false, false, true, false, 0},", source)
        self.assert_stops(named.replace("-- class", "-- seals: id\n-- class"), '"id" is no text or bytea')
        self.assert_stops(named.replace("-- class", "-- opens: said\n-- class"), '"said" is no text or bytea')
        self.assert_stops(named.replace("-- class", "-- seals: said if id\n-- class"), '"id" is not a boolean')
        self.assert_stops(named.replace("-- class", "-- opens: note if home\n-- class"), '"home" is not a boolean')
        self.assert_stops(named.replace("note text", "note text[]").replace("-- class", "-- opens: note\n-- class"), '"note" is no text or bytea')

    def test_a_statement_runs_in_the_callers_name_unless_it_says_otherwise(self):
        self.generate(GOOD)
        self.assertIn(".scope = SQL_SCOPE_CALLER,", (self.directory / "q.c").read_text(encoding="utf-8"))
        self.generate(GOOD.replace("-- class: key\n", "-- class: key\n-- scope: public\n"))
        self.assertIn(".scope = SQL_SCOPE_PUBLIC,", (self.directory / "q.c").read_text(encoding="utf-8"))
        self.assert_stops(GOOD.replace("-- class: key\n", "-- class: key\n-- scope: root\n"), 'may have one "-- scope:" line')

    def test_columns_go_with_the_kind(self):
        self.assert_stops(GOOD.replace(":one", ":exec"), ":exec has no columns")
        self.assert_stops(GOOD.replace("-- column: note text\n", ""), ":exec has no columns")

    def test_a_name_is_used_once(self):
        self.generate(GOOD, "first.sql")
        self.assert_stops(GOOD, "is also defined in")

    def test_a_block_is_one_statement(self):
        self.assert_stops(GOOD + "SELECT 1;\n", "is not one statement")
        self.assert_stops("SELECT 1;\n" + GOOD, "SQL before the first")
        self.assert_stops(GOOD.replace(":one", ":some"), "the header is not")

    def test_unchanged_output_is_left_alone(self):
        self.generate(GOOD)
        before = (self.directory / "q.h").stat().st_mtime_ns
        self.generate(GOOD + "\n")
        self.assertEqual((self.directory / "q.h").stat().st_mtime_ns, before)

    def test_the_depfile_names_files_and_directory(self):
        self.generate(GOOD)
        depfile = (self.directory / "q.d").read_text(encoding="utf-8")
        self.assertIn(str(self.directory / "sql" / "item.sql"), depfile)
        self.assertIn(f"{self.directory / 'sql'} ", depfile)


unittest.main()
