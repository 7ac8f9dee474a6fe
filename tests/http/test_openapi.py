# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document is the one that is served, and every operation in it was called and answered as it says."""
import json

import pytest


def test_the_document_is_served_to_everybody(service, district):
    reply = district.public.get("/openapi.json")
    assert reply.status == 200
    assert json.loads(reply.body) == service.contract.document


def test_every_operation_has_a_name_of_its_own(service):
    names = [operation["operationId"] for methods in service.contract.document["paths"].values()
             for operation in methods.values()]
    assert len(names) == len(set(names)) and all(names)


def test_every_operation_is_called(service, request):
    if not request.config.whole:
        pytest.skip("only some of the tests were chosen")
    assert service.contract.never_called() == []
