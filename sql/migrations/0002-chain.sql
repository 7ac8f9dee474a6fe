-- SPDX-License-Identifier: Apache-2.0
-- Events and what is derived from them: lots, stock, edges, shipments, codes, alerts, the log's queue, cached trails.

CREATE TABLE event (
    org_id           uuid NOT NULL,
    id               uuid NOT NULL,
    event_id         text NOT NULL,
    declaration_time timestamptz,
    type             text NOT NULL,
    event_time       timestamptz NOT NULL,
    offset_min       smallint NOT NULL CHECK (offset_min BETWEEN -840 AND 840),
    recorded_at      timestamptz NOT NULL,
    biz_step         text,
    disposition      text,
    party            uuid NOT NULL,
    site             uuid,
    region           text,
    to_party         uuid,
    input_product    text,
    input_active     text[],
    flags            bigint NOT NULL DEFAULT 0,
    body             bytea NOT NULL,
    request_sha256   bytea NOT NULL CHECK (length(request_sha256) = 32),
    view_secret      bytea,
    key_fingerprint  bytea NOT NULL CHECK (length(key_fingerprint) = 32),
    seq              bigint NOT NULL CHECK (seq > 0),
    statement        bytea NOT NULL,
    statement_sha256 bytea NOT NULL CHECK (length(statement_sha256) = 32),
    answer           bytea NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, key_fingerprint, seq)
);
COMMENT ON TABLE event IS 'One captured EPCIS 2.0 event: its body as signed, and columns derived from it';
COMMENT ON COLUMN event.org_id IS 'Organisation that recorded and signed it';
COMMENT ON COLUMN event.id IS 'UUIDv7 from the client or made at capture';
COMMENT ON COLUMN event.event_id IS 'EPCIS eventID, urn:uuid: and the id for our own';
COMMENT ON COLUMN event.declaration_time IS 'Of an error declaration; NULL: none';
COMMENT ON COLUMN event.type IS 'Record type in farm words: harvest, pack …';
COMMENT ON COLUMN event.event_time IS 'When it happened';
COMMENT ON COLUMN event.offset_min IS 'Offset of that time, minutes east of UTC: calendar days are its';
COMMENT ON COLUMN event.recorded_at IS 'When it was recorded; strictly grows';
COMMENT ON COLUMN event.biz_step IS 'CBV business step';
COMMENT ON COLUMN event.disposition IS 'CBV disposition';
COMMENT ON COLUMN event.party IS 'Who acted';
COMMENT ON COLUMN event.site IS 'Where; NULL: not said';
COMMENT ON COLUMN event.region IS 'Region code of the place, else of the party';
COMMENT ON COLUMN event.to_party IS 'Receiver of a shipment';
COMMENT ON COLUMN event.input_product IS 'Registered name or number of the input used (treat, feed, medicate)';
COMMENT ON COLUMN event.input_active IS 'Active substances of that input';
COMMENT ON COLUMN event.flags IS 'Bits: 1 time ahead of ours, by a device clock; 2 entered from paper; 4 import';
COMMENT ON COLUMN event.body IS 'The event object, byte for byte what the statement covers';
COMMENT ON COLUMN event.request_sha256 IS 'SHA-256 of the request as received: same id and same content is the same record';
COMMENT ON COLUMN event.view_secret IS 'Secret from which the salts of the views derive; NULL: erased';
COMMENT ON COLUMN event.key_fingerprint IS 'SHA-256 of the signing key''s SPKI';
COMMENT ON COLUMN event.seq IS 'Place in that key''s sequence, without gaps in what is committed';
COMMENT ON COLUMN event.statement IS 'Signed note over the body''s manifest';
COMMENT ON COLUMN event.statement_sha256 IS 'SHA-256 of the note''s text';
COMMENT ON COLUMN event.answer IS 'JSON of the first answer, given again to every repetition';
CREATE INDEX event_by_recorded ON event (org_id, recorded_at DESC, id DESC);
COMMENT ON INDEX event_by_recorded IS 'event_list_own';
CREATE INDEX event_by_time_of_record ON event (recorded_at DESC);
COMMENT ON INDEX event_by_time_of_record IS 'last_recorded_at, event_list_all';

CREATE TABLE event_key (
    hash   bytea NOT NULL CHECK (length(hash) = 32),
    org_id uuid NOT NULL,
    id     uuid NOT NULL,
    PRIMARY KEY (hash)
);
COMMENT ON TABLE event_key IS 'Directory of eventIDs: one identity, one record, for ever';
COMMENT ON COLUMN event_key.hash IS 'SHA-256 of the eventID (and of the declaration time, where there is one)';
COMMENT ON COLUMN event_key.org_id IS 'Organisation that recorded it';
COMMENT ON COLUMN event_key.id IS 'Id of the event there';

CREATE TABLE lot (
    org_id        uuid NOT NULL,
    lot_id        uuid NOT NULL,
    number        text NOT NULL,
    uri           text NOT NULL,
    code          text,
    product       uuid NOT NULL,
    commodity     text NOT NULL,
    dimension     smallint NOT NULL,
    unit          text NOT NULL,
    own           numeric NOT NULL CHECK (own >= 0),
    total         numeric NOT NULL CHECK (total >= own),
    site          uuid,
    region        text NOT NULL,
    created_event uuid NOT NULL,
    event_time    timestamptz NOT NULL,
    offset_min    smallint NOT NULL,
    produced_day  date NOT NULL,
    expires_day   date,
    flags         bigint NOT NULL DEFAULT 0,
    salt          bytea NOT NULL CHECK (length(salt) = 16),
    head          bytea NOT NULL CHECK (length(head) = 32),
    version       timestamptz NOT NULL,
    PRIMARY KEY (org_id, lot_id)
);
COMMENT ON TABLE lot IS 'Batches (批次): one product, one history';
COMMENT ON COLUMN lot.org_id IS 'Party that issued it; never changes';
COMMENT ON COLUMN lot.lot_id IS 'UUIDv7';
COMMENT ON COLUMN lot.number IS 'Own number within the issuing party';
COMMENT ON COLUMN lot.uri IS 'EPCIS class URI';
COMMENT ON COLUMN lot.code IS 'Short code that its QR carries';
COMMENT ON COLUMN lot.product IS 'Product';
COMMENT ON COLUMN lot.commodity IS 'Commodity path of the product when the lot came into being';
COMMENT ON COLUMN lot.dimension IS 'enum dimension: what its stock is counted in';
COMMENT ON COLUMN lot.unit IS 'UN/CEFACT code it was created with; of a package dimension the package';
COMMENT ON COLUMN lot.own IS 'Base units that came into being here (harvested), without parents';
COMMENT ON COLUMN lot.total IS 'Base units ever put into it';
COMMENT ON COLUMN lot.site IS 'Where it grew or was made';
COMMENT ON COLUMN lot.region IS 'Region code of that place';
COMMENT ON COLUMN lot.created_event IS 'First event';
COMMENT ON COLUMN lot.event_time IS 'When it came into being: earliest event';
COMMENT ON COLUMN lot.offset_min IS 'Offset of that time';
COMMENT ON COLUMN lot.produced_day IS 'Calendar day of that time in its own offset';
COMMENT ON COLUMN lot.expires_day IS 'Last day of its shelf life; NULL: none registered';
COMMENT ON COLUMN lot.flags IS 'Bits: 1 recalled, 2 on hold, 4 suspicious, 8 voided, 16 destroyed, 32 returned';
COMMENT ON COLUMN lot.salt IS 'Salt of its blinded name in the public log';
COMMENT ON COLUMN lot.head IS 'Statement of the newest event about it: the next one names it as prev';
COMMENT ON COLUMN lot.version IS 'recorded_at of whatever last changed what its trail shows';
CREATE INDEX lot_by_version ON lot (org_id, version DESC, lot_id DESC);
COMMENT ON INDEX lot_by_version IS 'lot_list_all';

CREATE TABLE event_thing (
    org_id      uuid NOT NULL,
    lot_id      uuid NOT NULL,
    event_org   uuid NOT NULL,
    event       uuid NOT NULL,
    n           smallint NOT NULL,
    role        text NOT NULL CHECK (role IN ('input', 'output', 'thing')),
    recorded_at timestamptz NOT NULL,
    value       text,
    unit        text,
    base        numeric CHECK (base >= 0),
    PRIMARY KEY (org_id, lot_id, event, n)
);
COMMENT ON TABLE event_thing IS 'Link rows at the lot''s own organisation: which events concern a lot, in which role, with how much';
COMMENT ON COLUMN event_thing.org_id IS 'Issuer of the lot';
COMMENT ON COLUMN event_thing.lot_id IS 'The lot';
COMMENT ON COLUMN event_thing.event_org IS 'Organisation that recorded the event';
COMMENT ON COLUMN event_thing.event IS 'The event';
COMMENT ON COLUMN event_thing.n IS 'Place among the event''s things';
COMMENT ON COLUMN event_thing.role IS 'input, output, or thing (neither consumed nor made)';
COMMENT ON COLUMN event_thing.recorded_at IS 'As in the event';
COMMENT ON COLUMN event_thing.value IS 'Quantity as written';
COMMENT ON COLUMN event_thing.unit IS 'Unit as stored';
COMMENT ON COLUMN event_thing.base IS 'The same in the lot''s base unit; NULL: the whole lot, unmeasured';

CREATE TABLE site_event (
    org_id      uuid NOT NULL,
    site        uuid NOT NULL,
    event_org   uuid NOT NULL,
    event       uuid NOT NULL,
    n           smallint NOT NULL,
    type        text NOT NULL,
    event_time  timestamptz NOT NULL,
    offset_min  smallint NOT NULL,
    recorded_at timestamptz NOT NULL,
    lot_org     uuid,
    lot_id      uuid,
    PRIMARY KEY (org_id, site, event, n)
);
COMMENT ON TABLE site_event IS 'Link rows at the site''s party: what was done at a place and what was harvested there';
COMMENT ON COLUMN site_event.org_id IS 'Party of the site';
COMMENT ON COLUMN site_event.site IS 'The site';
COMMENT ON COLUMN site_event.event_org IS 'Organisation that recorded the event';
COMMENT ON COLUMN site_event.event IS 'The event';
COMMENT ON COLUMN site_event.n IS 'Place among the event''s rows';
COMMENT ON COLUMN site_event.type IS 'Record type';
COMMENT ON COLUMN site_event.event_time IS 'When it happened';
COMMENT ON COLUMN site_event.offset_min IS 'Offset of that time';
COMMENT ON COLUMN site_event.recorded_at IS 'As in the event';
COMMENT ON COLUMN site_event.lot_org IS 'Issuer of the lot harvested here; NULL: not a harvest';
COMMENT ON COLUMN site_event.lot_id IS 'The lot harvested here';
CREATE INDEX site_event_by_time ON site_event (org_id, site, event_time);
COMMENT ON INDEX site_event_by_time IS 'site_uses, site_harvests, trail_site_steps';

CREATE TABLE lot_holding (
    org_id     uuid NOT NULL,
    lot_id     uuid NOT NULL,
    holder     uuid NOT NULL,
    region     text NOT NULL,
    site       uuid,
    on_hand    numeric NOT NULL CHECK (on_hand >= 0),
    in_transit numeric NOT NULL CHECK (in_transit >= 0),
    sold       numeric NOT NULL CHECK (sold >= 0),
    destroyed  numeric NOT NULL CHECK (destroyed >= 0),
    deficit    numeric NOT NULL CHECK (deficit >= 0),
    PRIMARY KEY (org_id, lot_id, holder)
);
COMMENT ON TABLE lot_holding IS 'Stock of a lot per holder, base units; a row says also that the party holds, held or was shipped the lot';
COMMENT ON COLUMN lot_holding.org_id IS 'Issuer of the lot';
COMMENT ON COLUMN lot_holding.lot_id IS 'The lot';
COMMENT ON COLUMN lot_holding.holder IS 'The party';
COMMENT ON COLUMN lot_holding.region IS 'Region code of the holder''s seat or site';
COMMENT ON COLUMN lot_holding.site IS 'Where it was last recorded at that holder';
COMMENT ON COLUMN lot_holding.on_hand IS 'Held now';
COMMENT ON COLUMN lot_holding.in_transit IS 'Shipped by this holder and not yet received';
COMMENT ON COLUMN lot_holding.sold IS 'Sold to consumers by this holder';
COMMENT ON COLUMN lot_holding.destroyed IS 'Destroyed by this holder';
COMMENT ON COLUMN lot_holding.deficit IS 'Taken beyond what was held, where that is not refused';
CREATE INDEX lot_holding_by_holder ON lot_holding (holder);
COMMENT ON INDEX lot_holding_by_holder IS 'lot_list_held';
CREATE INDEX lot_holding_by_region ON lot_holding (region);
COMMENT ON INDEX lot_holding_by_region IS 'lot_list_held, lot_list_all';

CREATE TABLE lot_edge (
    parent_org   uuid NOT NULL,
    parent       uuid NOT NULL,
    child_org    uuid NOT NULL,
    child        uuid NOT NULL,
    event_org    uuid NOT NULL,
    event        uuid NOT NULL,
    input        numeric NOT NULL CHECK (input > 0),
    input_total  numeric NOT NULL CHECK (input_total >= input),
    output       numeric NOT NULL CHECK (output > 0),
    output_part  numeric NOT NULL CHECK (output_part > 0),
    output_total numeric NOT NULL CHECK (output_total >= output_part),
    value        text NOT NULL,
    unit         text NOT NULL,
    recorded_at  timestamptz NOT NULL,
    PRIMARY KEY (child, parent, event)
);
COMMENT ON TABLE lot_edge IS 'Lineage: how much of a parent went into a child in one event. Kept whole, on one node';
COMMENT ON COLUMN lot_edge.parent_org IS 'Issuer of the parent';
COMMENT ON COLUMN lot_edge.parent IS 'Parent lot';
COMMENT ON COLUMN lot_edge.child_org IS 'Issuer of the child';
COMMENT ON COLUMN lot_edge.child IS 'Child lot';
COMMENT ON COLUMN lot_edge.event_org IS 'Organisation that recorded the event';
COMMENT ON COLUMN lot_edge.event IS 'The transformation';
COMMENT ON COLUMN lot_edge.input IS 'Of this parent into the event, in the inputs'' common measure';
COMMENT ON COLUMN lot_edge.input_total IS 'All inputs of the event in that measure';
COMMENT ON COLUMN lot_edge.output IS 'What the event added to the child, in the child''s base unit';
COMMENT ON COLUMN lot_edge.output_part IS 'The same in the outputs'' common measure';
COMMENT ON COLUMN lot_edge.output_total IS 'All outputs of the event in that measure: value * output_part / output_total of the parent is in this child';
COMMENT ON COLUMN lot_edge.value IS 'Input quantity as written';
COMMENT ON COLUMN lot_edge.unit IS 'Unit of it';
COMMENT ON COLUMN lot_edge.recorded_at IS 'As in the event';
CREATE INDEX lot_edge_by_parent ON lot_edge (parent, child);
COMMENT ON INDEX lot_edge_by_parent IS 'lot_visible, lot_reach, lot_downstream_sold';

CREATE TABLE shipment (
    org_id      uuid NOT NULL,
    id          uuid NOT NULL,
    from_party  uuid NOT NULL,
    to_party    uuid NOT NULL,
    vehicle     text,
    event       uuid NOT NULL,
    shipped_at  timestamptz NOT NULL,
    state       text NOT NULL CHECK (state IN ('in_transit', 'received')),
    PRIMARY KEY (org_id, id)
);
COMMENT ON TABLE shipment IS 'Goods on their way from one party to another';
COMMENT ON COLUMN shipment.org_id IS 'Organisation that recorded the shipping';
COMMENT ON COLUMN shipment.id IS 'UUIDv7';
COMMENT ON COLUMN shipment.from_party IS 'Shipper';
COMMENT ON COLUMN shipment.to_party IS 'Receiver';
COMMENT ON COLUMN shipment.vehicle IS 'Vehicle as recorded';
COMMENT ON COLUMN shipment.event IS 'The ship event';
COMMENT ON COLUMN shipment.shipped_at IS 'When it left';
COMMENT ON COLUMN shipment.state IS 'in_transit or received';

CREATE TABLE shipment_line (
    org_id   uuid NOT NULL,
    shipment uuid NOT NULL,
    n        smallint NOT NULL,
    lot_org  uuid NOT NULL,
    lot_id   uuid NOT NULL,
    value    text NOT NULL,
    unit     text NOT NULL,
    base     numeric NOT NULL CHECK (base > 0),
    received numeric NOT NULL CHECK (received >= 0),
    PRIMARY KEY (org_id, shipment, n)
);
COMMENT ON TABLE shipment_line IS 'What a shipment carries';
COMMENT ON COLUMN shipment_line.org_id IS 'As in shipment';
COMMENT ON COLUMN shipment_line.shipment IS 'The shipment';
COMMENT ON COLUMN shipment_line.n IS 'Line';
COMMENT ON COLUMN shipment_line.lot_org IS 'Issuer of the lot';
COMMENT ON COLUMN shipment_line.lot_id IS 'The lot';
COMMENT ON COLUMN shipment_line.value IS 'Quantity as written';
COMMENT ON COLUMN shipment_line.unit IS 'Unit of it';
COMMENT ON COLUMN shipment_line.base IS 'The same in the lot''s base unit';
COMMENT ON COLUMN shipment_line.received IS 'Of it received so far';

CREATE TABLE code (
    code        text PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('lot', 'item', 'unit', 'place')),
    org_id      uuid NOT NULL,
    id          uuid NOT NULL,
    state       text NOT NULL CHECK (state IN ('issued', 'activated', 'voided')),
    issued_at   timestamptz NOT NULL
);
COMMENT ON TABLE code IS 'What a QR carries; no code without a signed event behind it';
COMMENT ON COLUMN code.code IS 'Letter, body, tag (core/code.h)';
COMMENT ON COLUMN code.kind IS 'Kind of thing it names';
COMMENT ON COLUMN code.org_id IS 'Organisation of the thing';
COMMENT ON COLUMN code.id IS 'The thing';
COMMENT ON COLUMN code.state IS 'issued, activated or voided';
COMMENT ON COLUMN code.issued_at IS 'When';

CREATE TABLE alert (
    org_id       uuid NOT NULL,
    id           uuid NOT NULL,
    rule         text NOT NULL,
    rule_version bigint NOT NULL,
    severity     smallint NOT NULL CHECK (severity BETWEEN 0 AND 3),
    state        text NOT NULL CHECK (state IN ('open', 'acknowledged', 'escalated', 'closed')),
    subject      bytea NOT NULL CHECK (length(subject) = 32),
    title_zh     text NOT NULL,
    title_en     text NOT NULL,
    reason_zh    text NOT NULL,
    reason_en    text NOT NULL,
    action_zh    text NOT NULL,
    action_en    text NOT NULL,
    inputs       bytea NOT NULL,
    edition      text NOT NULL,
    evidence     bytea NOT NULL,
    first_seen   timestamptz NOT NULL,
    last_seen    timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    assignee     text,
    party        uuid,
    product      uuid,
    lot_org      uuid,
    lot_id       uuid,
    event        uuid NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, subject)
);
COMMENT ON TABLE alert IS 'Findings of the risk rules, with all that explains and replays them';
COMMENT ON COLUMN alert.org_id IS 'Organisation the finding is about';
COMMENT ON COLUMN alert.id IS 'UUIDv7';
COMMENT ON COLUMN alert.rule IS 'Rule of the catalogue: R01, I01 …';
COMMENT ON COLUMN alert.rule_version IS 'Version of the rule';
COMMENT ON COLUMN alert.severity IS '0 critical, 1 high, 2 medium, 3 low';
COMMENT ON COLUMN alert.state IS 'open, acknowledged, escalated, closed';
COMMENT ON COLUMN alert.subject IS 'SHA-256 of what the finding is about: found again it is the same alert';
COMMENT ON COLUMN alert.title_zh IS 'Title';
COMMENT ON COLUMN alert.title_en IS 'Title';
COMMENT ON COLUMN alert.reason_zh IS 'Why, with the figures';
COMMENT ON COLUMN alert.reason_en IS 'Why, with the figures';
COMMENT ON COLUMN alert.action_zh IS 'What to do next';
COMMENT ON COLUMN alert.action_en IS 'What to do next';
COMMENT ON COLUMN alert.inputs IS 'JSON: the facts the rule saw';
COMMENT ON COLUMN alert.edition IS 'Edition of the reference data it used';
COMMENT ON COLUMN alert.evidence IS 'JSON list of {event, reference, words}';
COMMENT ON COLUMN alert.first_seen IS 'When it was raised';
COMMENT ON COLUMN alert.last_seen IS 'When it was last found again';
COMMENT ON COLUMN alert.due_at IS 'When somebody must have acted';
COMMENT ON COLUMN alert.assignee IS 'Who deals with it';
COMMENT ON COLUMN alert.party IS 'Party it concerns';
COMMENT ON COLUMN alert.product IS 'Product it concerns';
COMMENT ON COLUMN alert.lot_org IS 'Issuer of the lot it concerns';
COMMENT ON COLUMN alert.lot_id IS 'The lot it concerns';
COMMENT ON COLUMN alert.event IS 'Event whose capture raised it';
CREATE INDEX alert_by_first_seen ON alert (first_seen DESC, id DESC);
COMMENT ON INDEX alert_by_first_seen IS 'alert_list';
CREATE INDEX alert_by_lot ON alert (lot_id);
COMMENT ON INDEX alert_by_lot IS 'trail_alerts';

CREATE TABLE alert_region (
    org_id uuid NOT NULL,
    alert  uuid NOT NULL,
    region text NOT NULL,
    role   text NOT NULL CHECK (role IN ('origin', 'found', 'held')),
    PRIMARY KEY (org_id, alert, region, role)
);
COMMENT ON TABLE alert_region IS 'Regions an alert concerns: where the goods come from, where it was found, where they are held';
COMMENT ON COLUMN alert_region.org_id IS 'As in alert';
COMMENT ON COLUMN alert_region.alert IS 'The alert';
COMMENT ON COLUMN alert_region.region IS 'Region code';
COMMENT ON COLUMN alert_region.role IS 'origin, found, held';
CREATE INDEX alert_region_by_region ON alert_region (region, alert);
COMMENT ON INDEX alert_region_by_region IS 'alert_list';

CREATE TABLE alert_action (
    org_id   uuid NOT NULL,
    alert    uuid NOT NULL,
    id       uuid NOT NULL,
    at       timestamptz NOT NULL,
    key_id   uuid NOT NULL,
    party    uuid,
    action   text NOT NULL CHECK (action IN ('acknowledge', 'assign', 'comment', 'escalate', 'transfer', 'close', 'reopen')),
    reason   text,
    note     text,
    assignee text,
    region   text,
    PRIMARY KEY (org_id, alert, id)
);
COMMENT ON TABLE alert_action IS 'What was done about an alert: append-only timeline';
COMMENT ON COLUMN alert_action.org_id IS 'As in alert';
COMMENT ON COLUMN alert_action.alert IS 'The alert';
COMMENT ON COLUMN alert_action.id IS 'UUIDv7';
COMMENT ON COLUMN alert_action.at IS 'When';
COMMENT ON COLUMN alert_action.key_id IS 'API key that acted';
COMMENT ON COLUMN alert_action.party IS 'Party of that key; NULL: none';
COMMENT ON COLUMN alert_action.action IS 'What was done';
COMMENT ON COLUMN alert_action.reason IS 'Reason code of a close';
COMMENT ON COLUMN alert_action.note IS 'Words';
COMMENT ON COLUMN alert_action.assignee IS 'Of an assign';
COMMENT ON COLUMN alert_action.region IS 'Of a transfer';

CREATE TABLE log_pending (
    qid         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('event', 'key', 'party', 'site', 'product', 'certificate')),
    org_id      uuid NOT NULL,
    id          uuid,
    version     bigint,
    fingerprint bytea
);
COMMENT ON TABLE log_pending IS 'Statements that wait for the sequencer; filled in the transaction that stores the statement';
COMMENT ON COLUMN log_pending.qid IS 'Queue place; carries no order that anybody may rely on';
COMMENT ON COLUMN log_pending.kind IS 'What was stated: event, key, or a kind of master data';
COMMENT ON COLUMN log_pending.org_id IS 'Organisation';
COMMENT ON COLUMN log_pending.id IS 'Event or master data id';
COMMENT ON COLUMN log_pending.version IS 'Version of master data';
COMMENT ON COLUMN log_pending.fingerprint IS 'Of a key statement';

CREATE TABLE trail_summary (
    org_id      uuid NOT NULL,
    lot_id      uuid NOT NULL,
    code        text,
    lots        uuid[] NOT NULL,
    version     timestamptz NOT NULL,
    good_until  timestamptz NOT NULL,
    computed_at timestamptz NOT NULL,
    body        bytea NOT NULL,
    PRIMARY KEY (org_id, lot_id)
);
COMMENT ON TABLE trail_summary IS 'Public trail of a lot, computed at its first scan; valid while no lot in its set has a newer version';
COMMENT ON COLUMN trail_summary.org_id IS 'Issuer of the lot';
COMMENT ON COLUMN trail_summary.lot_id IS 'The lot';
COMMENT ON COLUMN trail_summary.code IS 'Its short code, so that a scan needs one statement';
COMMENT ON COLUMN trail_summary.lots IS 'Every lot the trail was made from';
COMMENT ON COLUMN trail_summary.version IS 'Newest version among them when it was computed';
COMMENT ON COLUMN trail_summary.good_until IS 'Earliest moment at which the answer changes by itself (expiry)';
COMMENT ON COLUMN trail_summary.computed_at IS 'When it was computed';
COMMENT ON COLUMN trail_summary.body IS 'JSON of the farm tier, public form';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES
    ('event', 'dist', 'org_id', 'org'), ('event_key', 'dist', 'hash', 'thing'), ('lot', 'dist', 'org_id', 'org'),
    ('event_thing', 'dist', 'org_id', 'org'), ('site_event', 'dist', 'org_id', 'org'),
    ('lot_holding', 'dist', 'org_id', 'org'), ('lot_edge', 'local', NULL, NULL), ('shipment', 'dist', 'org_id', 'org'),
    ('shipment_line', 'dist', 'org_id', 'org'), ('code', 'dist', 'code', 'code'), ('alert', 'dist', 'org_id', 'org'),
    ('alert_region', 'dist', 'org_id', 'org'), ('alert_action', 'dist', 'org_id', 'org'),
    ('log_pending', 'local', NULL, NULL), ('trail_summary', 'dist', 'org_id', 'org');

ALTER TABLE lot ADD CONSTRAINT lot_product FOREIGN KEY (product) REFERENCES product (id);
ALTER TABLE event_thing ADD CONSTRAINT event_thing_lot FOREIGN KEY (org_id, lot_id) REFERENCES lot (org_id, lot_id);
ALTER TABLE lot_holding ADD CONSTRAINT lot_holding_lot FOREIGN KEY (org_id, lot_id) REFERENCES lot (org_id, lot_id);
ALTER TABLE shipment_line ADD CONSTRAINT shipment_line_shipment FOREIGN KEY (org_id, shipment) REFERENCES shipment (org_id, id);
ALTER TABLE alert_region ADD CONSTRAINT alert_region_alert FOREIGN KEY (org_id, alert) REFERENCES alert (org_id, id);
ALTER TABLE alert_action ADD CONSTRAINT alert_action_alert FOREIGN KEY (org_id, alert) REFERENCES alert (org_id, id);
