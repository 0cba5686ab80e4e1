"""The worker inside a test: it does what waits when it is told."""

from backend.kernel.relay import Relay
from backend.kernel.runner import Runner


async def work_off(relay: Relay, runner: Runner) -> int:
    """Runs everything that waits, as the worker would, until nothing does. Returns how many jobs ran."""
    count = 0
    while True:
        await relay.expand()
        jobs = await relay.take()
        if not jobs:
            return count
        for ids in jobs:
            assert await runner.run_all(ids) == len(ids), "a job failed: see the log"
            count += len(ids)
