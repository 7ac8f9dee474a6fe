-- SPDX-License-Identifier: Apache-2.0
-- Regions, parties, sites, products, certificates, keys: small reference tables, versions signed like events.

CREATE TABLE region (
    code       text PRIMARY KEY CHECK (code ~ '^[0-9X]{6}([0-9]{3})?$'),
    name_zh    text NOT NULL,
    name_en    text NOT NULL,
    level      text NOT NULL CHECK (level IN ('province', 'prefecture', 'district', 'township')),
    kind       text NOT NULL,
    parent     text REFERENCES region (code),
    valid_from date NOT NULL,
    valid_to   date
);
COMMENT ON TABLE region IS 'Administrative divisions: GB/T 2260 six-digit and GB/T 10114 nine-digit codes; an X in a code marks one of our own, for a place whose official code is not known yet';
COMMENT ON COLUMN region.code IS 'GB/T 2260 or GB/T 10114 code';
COMMENT ON COLUMN region.name_zh IS 'Chinese name';
COMMENT ON COLUMN region.name_en IS 'Name in pinyin';
COMMENT ON COLUMN region.level IS 'province, prefecture, district or township';
COMMENT ON COLUMN region.kind IS 'Kind as the source names it; pseudo rows exist in the code table only and are never shown';
COMMENT ON COLUMN region.parent IS 'The region that holds it today; of an abolished region: that held it last';
COMMENT ON COLUMN region.valid_from IS 'First day it existed under this code, as far as the source knows';
COMMENT ON COLUMN region.valid_to IS 'Day it was abolished; NULL: it exists';
CREATE INDEX region_by_parent ON region (parent);
COMMENT ON INDEX region_by_parent IS 'region_list';

CREATE TABLE region_change (
    changed_on date NOT NULL,
    change     text NOT NULL CHECK (change IN ('established', 'abolished', 'moved')),
    code       text NOT NULL REFERENCES region (code),
    old_parent text REFERENCES region (code),
    new_parent text REFERENCES region (code),
    source     text NOT NULL,
    PRIMARY KEY (changed_on, code)
);
COMMENT ON TABLE region_change IS 'Dated changes of the region tree, from which the closure over successors is made';
COMMENT ON COLUMN region_change.changed_on IS 'Day of effect';
COMMENT ON COLUMN region_change.change IS 'established, abolished or moved';
COMMENT ON COLUMN region_change.code IS 'The region that changed';
COMMENT ON COLUMN region_change.old_parent IS 'Holder before';
COMMENT ON COLUMN region_change.new_parent IS 'Holder after; NULL: none';
COMMENT ON COLUMN region_change.source IS 'Where the announcement was read';

CREATE TABLE region_closure (
    ancestor   text NOT NULL REFERENCES region (code),
    descendant text NOT NULL REFERENCES region (code),
    PRIMARY KEY (ancestor, descendant)
);
COMMENT ON TABLE region_closure IS 'Who sees whom today: a region, what it holds today, and abolished regions whose parts it took over';
COMMENT ON COLUMN region_closure.ancestor IS 'The region whose inspector looks';
COMMENT ON COLUMN region_closure.descendant IS 'A region it sees, itself included';

CREATE TABLE party (
    id         uuid PRIMARY KEY,
    number     text NOT NULL UNIQUE CHECK (number ~ '^[A-Za-z0-9._-]{1,40}$'),
    kind       text NOT NULL CHECK (kind IN ('cooperative', 'enterprise', 'family_farm', 'slaughterhouse', 'carrier',
                                             'market', 'shop', 'laboratory', 'authority')),
    name_zh    text NOT NULL,
    name_en    text,
    uscc       text UNIQUE CHECK (uscc ~ '^[0-9A-Z]{18}$'),
    gln        text UNIQUE CHECK (gln ~ '^[0-9]{13}$'),
    region     text NOT NULL REFERENCES region (code),
    uri        text NOT NULL UNIQUE,
    personal   boolean NOT NULL,
    state      text NOT NULL CHECK (state IN ('active', 'closed')),
    version    bigint NOT NULL CHECK (version > 0),
    updated_at timestamptz NOT NULL
);
COMMENT ON TABLE party IS 'Organisations and persons that record or hold goods (主体): newest version of each; history in master_version';
COMMENT ON COLUMN party.id IS 'UUIDv7; also the org_id of what it issues and records';
COMMENT ON COLUMN party.number IS 'Own number, unique in the installation';
COMMENT ON COLUMN party.kind IS 'Kind of party';
COMMENT ON COLUMN party.name_zh IS 'Chinese name';
COMMENT ON COLUMN party.name_en IS 'English name';
COMMENT ON COLUMN party.uscc IS 'Unified social credit code (GB 32100)';
COMMENT ON COLUMN party.gln IS 'GS1 Global Location Number of the party';
COMMENT ON COLUMN party.region IS 'Region of its seat';
COMMENT ON COLUMN party.uri IS 'Its own-scheme URI, minted once';
COMMENT ON COLUMN party.personal IS 'The name is that of a natural person: withheld from the public';
COMMENT ON COLUMN party.state IS 'active or closed';
COMMENT ON COLUMN party.version IS 'Number of its newest version';
COMMENT ON COLUMN party.updated_at IS 'When that version was recorded';
CREATE INDEX party_by_region ON party (region);
COMMENT ON INDEX party_by_region IS 'party_list';

CREATE TABLE site (
    id         uuid PRIMARY KEY,
    party      uuid NOT NULL REFERENCES party (id),
    number     text NOT NULL CHECK (number ~ '^[A-Za-z0-9._-]{1,40}$'),
    kind       text NOT NULL CHECK (kind IN ('plot', 'house', 'pond', 'packhouse', 'store', 'vehicle', 'stall', 'slaughter_line')),
    name_zh    text NOT NULL,
    name_en    text,
    region     text NOT NULL REFERENCES region (code),
    uri        text NOT NULL UNIQUE,
    personal   boolean NOT NULL,
    geometry   geometry(Geometry, 4326) CHECK (geometry IS NULL OR ST_IsValid(geometry)),
    commodity  text,
    state      text NOT NULL CHECK (state IN ('active', 'closed')),
    version    bigint NOT NULL CHECK (version > 0),
    updated_at timestamptz NOT NULL,
    UNIQUE (party, number)
);
COMMENT ON TABLE site IS 'Places with a region: plots, houses, ponds, packhouses, stores, vehicles, stalls; newest version of each';
COMMENT ON COLUMN site.id IS 'UUIDv7';
COMMENT ON COLUMN site.party IS 'The party it belongs to';
COMMENT ON COLUMN site.number IS 'Own number within the party';
COMMENT ON COLUMN site.kind IS 'Kind of place';
COMMENT ON COLUMN site.name_zh IS 'Chinese name';
COMMENT ON COLUMN site.name_en IS 'English name';
COMMENT ON COLUMN site.region IS 'Township (or district) it lies in';
COMMENT ON COLUMN site.uri IS 'Its own-scheme URI, minted once';
COMMENT ON COLUMN site.personal IS 'The place is somebody''s home or names a person: withheld from the public';
COMMENT ON COLUMN site.geometry IS 'WGS 84, longitude before latitude; never public';
COMMENT ON COLUMN site.commodity IS 'What grows or lives there now';
COMMENT ON COLUMN site.state IS 'active or closed';
COMMENT ON COLUMN site.version IS 'Number of its newest version';
COMMENT ON COLUMN site.updated_at IS 'When that version was recorded';
CREATE INDEX site_by_region ON site (region);
COMMENT ON INDEX site_by_region IS 'site_list';

CREATE TABLE product (
    id              uuid PRIMARY KEY,
    party           uuid NOT NULL REFERENCES party (id),
    number          text NOT NULL CHECK (number ~ '^[A-Za-z0-9._-]{1,40}$'),
    name_zh         text NOT NULL,
    name_en         text,
    commodity       text NOT NULL,
    gtin            text UNIQUE CHECK (gtin ~ '^[0-9]{14}$'),
    unit            text NOT NULL,
    shelf_life_days bigint CHECK (shelf_life_days > 0),
    temperature_min numeric,
    temperature_max numeric,
    packages        bytea,
    uri             text NOT NULL UNIQUE,
    state           text NOT NULL CHECK (state IN ('active', 'closed')),
    version         bigint NOT NULL CHECK (version > 0),
    updated_at      timestamptz NOT NULL,
    UNIQUE (party, number)
);
COMMENT ON TABLE product IS 'Products of a party: newest version of each';
COMMENT ON COLUMN product.id IS 'UUIDv7';
COMMENT ON COLUMN product.party IS 'The party whose product it is';
COMMENT ON COLUMN product.number IS 'Own number within the party';
COMMENT ON COLUMN product.name_zh IS 'Chinese name';
COMMENT ON COLUMN product.name_en IS 'English name';
COMMENT ON COLUMN product.commodity IS 'Commodity word, path from general to special: vegetable/leafy/pak-choi';
COMMENT ON COLUMN product.gtin IS 'GTIN-14';
COMMENT ON COLUMN product.unit IS 'UN/CEFACT code of the unit its lots are counted in';
COMMENT ON COLUMN product.shelf_life_days IS 'Calendar days from production';
COMMENT ON COLUMN product.temperature_min IS 'Lowest storage temperature, degrees Celsius';
COMMENT ON COLUMN product.temperature_max IS 'Highest storage temperature, degrees Celsius';
COMMENT ON COLUMN product.packages IS 'JSON list of {unit, value, of}: what one package holds';
COMMENT ON COLUMN product.uri IS 'Its URI: own scheme or https://id.gs1.org/01/…';
COMMENT ON COLUMN product.state IS 'active or closed';
COMMENT ON COLUMN product.version IS 'Number of its newest version';
COMMENT ON COLUMN product.updated_at IS 'When that version was recorded';

CREATE TABLE certificate (
    id         uuid PRIMARY KEY,
    party      uuid NOT NULL REFERENCES party (id),
    scheme     text NOT NULL,
    number     text NOT NULL,
    products   uuid[] NOT NULL,
    sites      uuid[] NOT NULL,
    valid_from date NOT NULL,
    valid_to   date NOT NULL CHECK (valid_to >= valid_from),
    state      text NOT NULL CHECK (state IN ('active', 'revoked')),
    version    bigint NOT NULL CHECK (version > 0),
    updated_at timestamptz NOT NULL,
    UNIQUE (scheme, number)
);
COMMENT ON TABLE certificate IS 'Certificates of a holder (green, organic, GI …), bound to products and sites: newest version of each';
COMMENT ON COLUMN certificate.id IS 'UUIDv7';
COMMENT ON COLUMN certificate.party IS 'Holder';
COMMENT ON COLUMN certificate.scheme IS 'Scheme word: green, organic, gi, pollution_free …';
COMMENT ON COLUMN certificate.number IS 'Number as printed on it';
COMMENT ON COLUMN certificate.products IS 'Products it covers; empty: none named';
COMMENT ON COLUMN certificate.sites IS 'Sites it covers; empty: all of the holder';
COMMENT ON COLUMN certificate.valid_from IS 'First day';
COMMENT ON COLUMN certificate.valid_to IS 'Last day';
COMMENT ON COLUMN certificate.state IS 'active or revoked';
COMMENT ON COLUMN certificate.version IS 'Number of its newest version';
COMMENT ON COLUMN certificate.updated_at IS 'When that version was recorded';
CREATE INDEX certificate_by_party ON certificate (party);
COMMENT ON INDEX certificate_by_party IS 'certificate_list, trail_certificates';

CREATE TABLE master_version (
    kind             text NOT NULL CHECK (kind IN ('party', 'site', 'product', 'certificate')),
    id               uuid NOT NULL,
    version          bigint NOT NULL CHECK (version > 0),
    valid_from       timestamptz NOT NULL,
    reason           text,
    recorded_at      timestamptz NOT NULL,
    recorded_by      uuid NOT NULL,
    body             bytea NOT NULL,
    view_secret      bytea,
    key_fingerprint  bytea NOT NULL CHECK (length(key_fingerprint) = 32),
    seq              bigint NOT NULL CHECK (seq > 0),
    statement        bytea NOT NULL,
    statement_sha256 bytea NOT NULL CHECK (length(statement_sha256) = 32),
    PRIMARY KEY (kind, id, version)
);
COMMENT ON TABLE master_version IS 'Every version of every party, site, product and certificate, as signed; nothing is overwritten';
COMMENT ON COLUMN master_version.kind IS 'Which kind of master data';
COMMENT ON COLUMN master_version.id IS 'Id of the party, site, product or certificate';
COMMENT ON COLUMN master_version.version IS '1, 2, 3 … without gaps';
COMMENT ON COLUMN master_version.valid_from IS 'From when it holds';
COMMENT ON COLUMN master_version.reason IS 'Why it was changed';
COMMENT ON COLUMN master_version.recorded_at IS 'When it was recorded';
COMMENT ON COLUMN master_version.recorded_by IS 'Party whose key signed it';
COMMENT ON COLUMN master_version.body IS 'The JSON that was signed, byte for byte';
COMMENT ON COLUMN master_version.view_secret IS 'Secret from which the salts of its views derive; NULL: erased';
COMMENT ON COLUMN master_version.key_fingerprint IS 'SHA-256 of the signing key''s SPKI';
COMMENT ON COLUMN master_version.seq IS 'Place in that key''s sequence';
COMMENT ON COLUMN master_version.statement IS 'Signed note';
COMMENT ON COLUMN master_version.statement_sha256 IS 'SHA-256 of the note''s text';

CREATE TABLE signing_key (
    fingerprint bytea PRIMARY KEY CHECK (length(fingerprint) = 32),
    org_id      uuid NOT NULL,
    algorithm   smallint NOT NULL,
    use         text NOT NULL CHECK (use IN ('event', 'registrar', 'inspect')),
    custody     text NOT NULL CHECK (custody IN ('service', 'self')),
    spki        bytea NOT NULL,
    statement   bytea NOT NULL,
    state       text NOT NULL CHECK (state IN ('active', 'retired', 'revoked')),
    created_at  timestamptz NOT NULL
);
COMMENT ON TABLE signing_key IS 'Public keys of organisations and of the registrar, with the key@v1 statement that enrolled each';
COMMENT ON COLUMN signing_key.fingerprint IS 'SHA-256 of the uncompressed SPKI DER';
COMMENT ON COLUMN signing_key.org_id IS 'Organisation';
COMMENT ON COLUMN signing_key.algorithm IS 'C2SP signature type: 1 Ed25519, 2 ECDSA P-256';
COMMENT ON COLUMN signing_key.use IS 'What it may sign';
COMMENT ON COLUMN signing_key.custody IS 'service: we keep the private key, wrapped; self: the organisation does';
COMMENT ON COLUMN signing_key.spki IS 'SubjectPublicKeyInfo, DER';
COMMENT ON COLUMN signing_key.statement IS 'key@v1 note, signed by the key itself and by the registrar';
COMMENT ON COLUMN signing_key.state IS 'active, retired or revoked; validity is decided by log index';
COMMENT ON COLUMN signing_key.created_at IS 'When it was enrolled';

CREATE TABLE key_head (
    fingerprint bytea PRIMARY KEY CHECK (length(fingerprint) = 32),
    org_id      uuid NOT NULL,
    seq         bigint NOT NULL CHECK (seq >= 0)
);
COMMENT ON TABLE key_head IS 'Last sequence number used by each key; its row lock orders the statements of one key';
COMMENT ON COLUMN key_head.fingerprint IS 'The key';
COMMENT ON COLUMN key_head.org_id IS 'Its organisation';
COMMENT ON COLUMN key_head.seq IS 'Last committed sequence number; 0: none yet';

CREATE TABLE key_secret (
    fingerprint bytea PRIMARY KEY CHECK (length(fingerprint) = 32),
    wrapped     bytea NOT NULL,
    kek_version bigint NOT NULL
);
COMMENT ON TABLE key_secret IS 'Custodial private keys, wrapped with a key that only the signer process can read';
COMMENT ON COLUMN key_secret.fingerprint IS 'The key';
COMMENT ON COLUMN key_secret.wrapped IS 'AES-256-GCM: nonce, ciphertext, tag';
COMMENT ON COLUMN key_secret.kek_version IS 'Version of the wrapping key';

CREATE TABLE api_key (
    id          uuid PRIMARY KEY,
    secret_hash bytea NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    name        text NOT NULL,
    scopes      text[] NOT NULL,
    region      text REFERENCES region (code),
    parties     uuid[] NOT NULL,
    state       text NOT NULL CHECK (state IN ('active', 'revoked')),
    created_at  timestamptz NOT NULL,
    created_by  uuid,
    revoked_at  timestamptz
);
COMMENT ON TABLE api_key IS 'Credentials: random 256-bit secrets, stored hashed, with scopes, parties and region subtree';
COMMENT ON COLUMN api_key.id IS 'UUIDv7';
COMMENT ON COLUMN api_key.secret_hash IS 'SHA-256 of the secret';
COMMENT ON COLUMN api_key.name IS 'What it is for';
COMMENT ON COLUMN api_key.scopes IS 'capture, inspect, register, read, admin';
COMMENT ON COLUMN api_key.region IS 'Region subtree it may see; NULL: not bounded by region';
COMMENT ON COLUMN api_key.parties IS 'Parties it acts for; the first is its default; empty: none';
COMMENT ON COLUMN api_key.state IS 'active or revoked';
COMMENT ON COLUMN api_key.created_at IS 'When it was made';
COMMENT ON COLUMN api_key.created_by IS 'Key that made it; NULL: init';
COMMENT ON COLUMN api_key.revoked_at IS 'When it was revoked';

CREATE TABLE thing (
    hash   bytea PRIMARY KEY CHECK (length(hash) = 32),
    kind   text NOT NULL CHECK (kind IN ('party', 'site', 'product', 'certificate', 'lot', 'shipment')),
    org_id uuid NOT NULL,
    id     uuid NOT NULL
);
COMMENT ON TABLE thing IS 'Directory: every spelling of a thing (number within a party, URI path, decoded GS1 key) hashed → what it names';
COMMENT ON COLUMN thing.hash IS 'SHA-256 of the canonical spelling (core/thing_name.h)';
COMMENT ON COLUMN thing.kind IS 'Kind of thing';
COMMENT ON COLUMN thing.org_id IS 'Organisation it belongs to';
COMMENT ON COLUMN thing.id IS 'Its id there';

CREATE TABLE reference_set (
    name      text NOT NULL,
    edition   text NOT NULL,
    loaded_at timestamptz NOT NULL,
    loaded_by uuid,
    active    boolean NOT NULL,
    content   bytea NOT NULL,
    PRIMARY KEY (name, edition)
);
COMMENT ON TABLE reference_set IS 'Editions of reference data (bans, intervals, yields, crop groups): CSV as loaded; findings name the edition they used';
COMMENT ON COLUMN reference_set.name IS 'Set: bans, intervals, yields, crop_groups';
COMMENT ON COLUMN reference_set.edition IS 'Name of the edition: first 12 hex digits of the SHA-256 of content, or as the administrator says';
COMMENT ON COLUMN reference_set.loaded_at IS 'When it was loaded';
COMMENT ON COLUMN reference_set.loaded_by IS 'Key that loaded it; NULL: shipped with the program';
COMMENT ON COLUMN reference_set.active IS 'The edition rules use now';
COMMENT ON COLUMN reference_set.content IS 'UTF-8 CSV with a source column';

CREATE TABLE audit (
    id         uuid PRIMARY KEY,
    at         timestamptz NOT NULL,
    key_id     uuid,
    action     text NOT NULL,
    subject    text NOT NULL,
    request_id text
);
COMMENT ON TABLE audit IS 'Administrative acts: who registered, changed, revoked what';
COMMENT ON COLUMN audit.id IS 'UUIDv7';
COMMENT ON COLUMN audit.at IS 'When';
COMMENT ON COLUMN audit.key_id IS 'Key that acted; NULL: init';
COMMENT ON COLUMN audit.action IS 'operationId or init step';
COMMENT ON COLUMN audit.subject IS 'What was acted on';
COMMENT ON COLUMN audit.request_id IS 'Request id, as in the logs';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES
    ('region', 'ref', NULL, NULL), ('region_change', 'ref', NULL, NULL), ('region_closure', 'ref', NULL, NULL),
    ('party', 'ref', NULL, NULL), ('site', 'ref', NULL, NULL), ('product', 'ref', NULL, NULL),
    ('certificate', 'ref', NULL, NULL), ('master_version', 'local', NULL, NULL),
    ('signing_key', 'ref', NULL, NULL), ('key_head', 'local', NULL, NULL), ('key_secret', 'local', NULL, NULL),
    ('api_key', 'local', NULL, NULL), ('thing', 'dist', 'hash', 'thing'), ('reference_set', 'ref', NULL, NULL),
    ('audit', 'local', NULL, NULL);
