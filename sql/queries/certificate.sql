-- SPDX-License-Identifier: Apache-2.0
-- Certificates.

-- name: certificate_insert :exec
-- A new certificate.
-- param: id uuid, party uuid, scheme text, number text, products uuid[], sites uuid[], valid_from date, valid_to date
-- param: state text, updated_at timestamptz
-- class: ref
INSERT INTO certificate (id, party, scheme, number, products, sites, valid_from, valid_to, state, version, updated_at)
VALUES (@id, @party, @scheme, @number, @products, @sites, @valid_from, @valid_to, @state, 1, @updated_at);

-- name: certificate_update :exec
-- Its newest version.
-- param: id uuid, products uuid[], sites uuid[], valid_from date, valid_to date, state text, version bigint
-- param: updated_at timestamptz
-- class: ref
UPDATE certificate
SET products = @products, sites = @sites, valid_from = @valid_from, valid_to = @valid_to, state = @state,
    version = @version, updated_at = @updated_at
WHERE id = @id;

-- name: certificate_list :many
-- Certificates by a text in scheme or number, by holder, region subtree of the holder, state; oldest first.
-- param: q text, party uuid, region text, state text, after uuid, max_rows bigint
-- class: ref
-- column: body bytea, recorded_at timestamptz, statement_sha256 bytea
-- opens: body
SELECT v.body, v.recorded_at, v.statement_sha256
FROM certificate p JOIN master_version v ON v.kind = 'certificate' AND v.id = p.id AND v.version = p.version
WHERE (@q IS NULL OR strpos(lower(p.scheme), lower(@q)) > 0 OR strpos(lower(p.number), lower(@q)) > 0)
  AND (@party IS NULL OR p.party = @party)
  AND (@region IS NULL OR p.party IN (SELECT o.id FROM party o JOIN region_closure c ON c.descendant = o.region
                                      WHERE c.ancestor = @region))
  AND (@state IS NULL OR p.state = @state)
  AND (@after IS NULL OR p.id > @after)
ORDER BY p.id
LIMIT @max_rows;
