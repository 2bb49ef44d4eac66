"""Every fault by its name. To add one: a file here, and a line in FAULTS."""

from loadtest.faults.kinds import clients, engine, nginx, postgres, redis, release, replica
from loadtest.faults.kinds.fault import Fault

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        *engine.FAULTS,
        *redis.FAULTS,
        *postgres.FAULTS,
        *replica.FAULTS,
        *nginx.FAULTS,
        *clients.FAULTS,
        *release.FAULTS,
    )
}
# What an operator does or meets in a bad week.
PROOF = ("blue_green", "canary_rollback", "nginx_reload", "postgres_restart", "redis_restart", "replica_kill")
