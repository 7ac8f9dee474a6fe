-- SPDX-License-Identifier: Apache-2.0
-- Where rows are a newest state and not history, the server may change them. Everything else stays append-only for it:
-- events, versions, keys, edges and the log's queue are inserted and read, never changed.

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        -- newest versions; the versions themselves are rows of master_version, which nobody changes
        GRANT UPDATE ON party, site, product, certificate TO ft_app;
        -- sequence heads, revocation, and nothing else of keys
        GRANT UPDATE (seq) ON key_head TO ft_app;
        GRANT UPDATE (state, revoked_at) ON api_key TO ft_app;
        -- stock, shipments on their way, state of lots and alerts
        GRANT UPDATE ON lot, lot_holding, shipment, shipment_line, alert TO ft_app;
        -- a cache
        GRANT UPDATE, DELETE ON trail_summary TO ft_app;
    END IF;
END
$$;
