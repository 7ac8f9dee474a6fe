# SPDX-License-Identifier: Apache-2.0
"""Once all are in, the state is the same for every order: a week of five devices, delivered in random order with repetitions
and delays."""
import concurrent.futures
import itertools
import json
import os
import random
import time

import pytest
from week import Delivery, Week

WEEKS, THREADS = 2, 3


def parts(a, b, place=""):
    """Where two JSON values differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for name in sorted(set(a) | set(b)):
            yield from parts(a.get(name), b.get(name), f"{place}/{name}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for n, pair in enumerate(zip(a, b)):
            yield from parts(*pair, f"{place}/{n}")
    elif a != b:
        yield place, a, b


def differences(expected, found):
    for name in sorted(set(expected) | set(found)):
        there, here = expected.get(name), found.get(name)
        if there == here:
            continue
        if isinstance(there, str) and isinstance(here, str):
            yield name, list(parts(json.loads(there), json.loads(here)))[:5]
        else:
            yield name, {"only there": set(there or ()) - set(here or ()), "only here": set(here or ()) - set(there or ())}


@pytest.mark.parametrize("number", range(WEEKS))
def test_a_week_of_five_devices_converges(district, request, number):
    deliveries = 1000 // WEEKS if request.config.getoption("--long") else 6
    seed = int(os.environ.get("FARMTRAIL_TEST_SEED", random.randrange(1 << 32))) + number
    print(f"seed {seed}: FARMTRAIL_TEST_SEED")
    week = Week(seed)

    def delivered(n, kind):
        delivery = Delivery(district, week, seed + n)
        delivery.send(kind)
        return delivery.state()

    expected = delivered(0, "as it happened")
    assert expected["stock"] and expected["edges"] and expected["alerts"]
    kinds = itertools.cycle(("devices", "mixed", "anyhow"))
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        for n, found in enumerate(pool.map(delivered, range(1, deliveries), kinds), 1):
            wrong = list(differences(expected, found))
            assert not wrong, "\n".join(f"delivery {seed + n}: {name}: {what}" for name, what in wrong[:5])
    print(f"{deliveries} deliveries of {len(week.records)} records in {time.monotonic() - began:.0f} s")
