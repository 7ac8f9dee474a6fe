-- SPDX-License-Identifier: Apache-2.0
-- Roles and database on a PostgreSQL 15 of your own, as its superuser: psql -v ON_ERROR_STOP=1 -f database.sql
-- What only a superuser may do stands here; tables and grants come with the migrations, which ft_owner runs.

CREATE ROLE ft_owner LOGIN;  -- owns the schema and migrates it
CREATE ROLE ft_app LOGIN;    -- what the server runs as: may not change history
CREATE ROLE ft_public LOGIN; -- reads what the public may see; the server takes this role for it
GRANT ft_public TO ft_app;
CREATE DATABASE farmtrail OWNER ft_owner;
\connect farmtrail
CREATE EXTENSION postgis;
