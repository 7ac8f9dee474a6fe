-- SPDX-License-Identifier: Apache-2.0
-- What every later migration stands on: PostGIS, the roles, the ledger of migrations, the map for distribution.

CREATE EXTENSION IF NOT EXISTS postgis;

-- Group roles; who connects is a member of one of them. Roles belong to the whole cluster: another database may have
-- made them, and who migrates a database of the user's own may be allowed none of this. Then an administrator makes
-- them (deploy/README.md).
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['ft_owner', 'ft_app', 'ft_public'] LOOP
        BEGIN
            IF to_regrole(wanted) IS NULL THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            END IF;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL; -- another database's migration was quicker
            WHEN insufficient_privilege THEN RAISE NOTICE 'role % is missing and may not be made here', wanted;
        END;
    END LOOP;
END
$$;

-- Append-only by default: who may change or delete rows of a table is granted beside the table. What the public
-- role may read is granted column by column, never by default.
DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA public TO ft_app;
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO ft_app;
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO ft_app;
    END IF;
    IF to_regrole('ft_public') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA public TO ft_public;
    END IF;
END
$$;

CREATE TABLE scale_map (
    tab      text PRIMARY KEY,
    kind     text NOT NULL CHECK (kind IN ('dist', 'ref', 'local')),
    dist_col text,
    grp      text CHECK (grp IN ('org', 'thing', 'code')),
    CHECK ((kind = 'dist') = (dist_col IS NOT NULL)),
    CHECK ((kind = 'dist') = (grp IS NOT NULL))
);
COMMENT ON TABLE scale_map IS 'How each table is laid out once the database is distributed over machines; read by the deploy script and by the schema checks';
COMMENT ON COLUMN scale_map.tab IS 'Table';
COMMENT ON COLUMN scale_map.kind IS 'dist: sharded by dist_col; ref: copied to every machine; local: whole, on one machine';
COMMENT ON COLUMN scale_map.dist_col IS 'Of dist: first column, NOT NULL, part of the primary key and of every unique index';
COMMENT ON COLUMN scale_map.grp IS 'Of dist: tables of one group lie together and may be joined and refer to each other';

CREATE TABLE schema_migration (
    number     integer PRIMARY KEY CHECK (number >= 0),
    name       text NOT NULL UNIQUE,
    sha256     text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE schema_migration IS 'Which migrations were applied; written by the migrating program only';
COMMENT ON COLUMN schema_migration.number IS 'Number of the file in sql/migrations';
COMMENT ON COLUMN schema_migration.name IS 'Name of the file without .sql';
COMMENT ON COLUMN schema_migration.sha256 IS 'SHA-256 of the file, lower-case hexadecimal; another one later stops the start';
COMMENT ON COLUMN schema_migration.applied_at IS 'When it was applied';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES
    ('scale_map', 'local', NULL, NULL),
    ('schema_migration', 'local', NULL, NULL);
