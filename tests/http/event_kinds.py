# SPDX-License-Identifier: Apache-2.0
"""What trails call partners' events: by what EPCIS says of them, in every spelling. The verifiers, in C and in the page, have
to say the same."""

OBSERVE = {"type": "ObjectEvent", "action": "OBSERVE"}
KINDS = [  # (word, members)
    ("create", {"type": "ObjectEvent", "action": "ADD", "bizStep": "shipping"}),
    ("ship", {**OBSERVE, "bizStep": "shipping"}),
    ("ship", {**OBSERVE, "bizStep": "urn:epcglobal:cbv:bizstep:shipping"}),
    ("receive", {**OBSERVE, "bizStep": "https://ref.gs1.org/cbv/BizStep-receiving"}),
    ("receive", {**OBSERVE, "bizStep": "https://gs1.org/cbv/BizStep-receiving"}),
    ("sell", {**OBSERVE, "bizStep": "cbv:BizStep-retail_selling"}),
    ("sell", {"type": "ObjectEvent", "action": "DELETE", "bizStep": "gs1:cbv/BizStep-retail_selling"}),
    ("observe", {**OBSERVE, "bizStep": "https://example.org/BizStep-shipping"}),
    ("observe", OBSERVE),
    ("remove", {"type": "ObjectEvent", "action": "DELETE", "bizStep": "decommissioning"}),
    ("aggregate", {"type": "AggregationEvent", "action": "ADD", "bizStep": "packing"}),
    ("associate", {"type": "AssociationEvent", "action": "ADD"}),
    ("transact", {"type": "TransactionEvent", "action": "ADD", "bizStep": "shipping"}),
    ("process", {"type": "TransformationEvent", "bizStep": "commissioning"}),
    ("observe", {**OBSERVE, "bizStep": "shipping", "errorDeclaration": {"declarationTime": "2026-05-03T10:12:00Z"}}),
]
