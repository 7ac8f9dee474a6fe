# SPDX-License-Identifier: Apache-2.0
"""Once all are in, the state is the same for every order: a week of five devices, delivered in random order with repetitions
and delays."""
import concurrent.futures
import itertools
import os
import random
import time

import pytest
from week import Delivery, Week

WEEKS, THREADS = 2, 3


def differences(expected, found):
    for name in sorted(set(expected) | set(found)):
        if expected.get(name) != found.get(name):
            a, b = expected.get(name) or [], found.get(name) or []
            if isinstance(a, list) and isinstance(b, list):
                yield name, {"only there": sorted(set(a) - set(b)), "only here": sorted(set(b) - set(a))}
            else:
                yield name, {"there": a, "here": b}


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
    assert expected["stock"] and expected["edges"] and len(expected["alerts"]) > 3
    kinds = itertools.cycle(("devices", "mixed", "anyhow"))
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        for n, found in enumerate(pool.map(delivered, range(1, deliveries), kinds), 1):
            wrong = list(differences(expected, found))
            assert not wrong, (f"delivery {seed + n}", wrong[:3])
    print(f"{deliveries} deliveries of {len(week.records)} records in {time.monotonic() - began:.0f} s")
