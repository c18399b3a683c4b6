"""Many clients, many volumes, and a daemon that is killed at random: 50 times, 1,000 with --long.

REXRAY_TORTURE_SEED repeats the clients' choices of a run that failed (not the moments, which are the kernel's).
"""

import os
import random

from torture import Torture

KILLS = 1000 if os.environ.get("REXRAY_LONG_TESTS") else 50


def test_nothing_is_lost_whenever_it_dies(daemon):
    seed = os.environ.get("REXRAY_TORTURE_SEED") or str(random.SystemRandom().randrange(2**32))
    torture = Torture(daemon, seed)
    try:
        for number in range(KILLS):
            torture.round()
        torture.end()
    except BaseException as error:
        raise AssertionError(f"after {number} kills; REXRAY_TORTURE_SEED={seed}: {error}\n{daemon.log[-8000:]}") from error
    calls = sum(client.calls for client in torture.clients)
    print(f"seed {seed}: {KILLS} kills, {calls} calls, {torture.refusals} refused")
    assert calls > 10 * KILLS, f"only {calls} calls: this has tried nothing"
    assert torture.refusals < calls / 4, f"{torture.refusals} of {calls} calls were refused, the last: {torture.last_refusal}"
