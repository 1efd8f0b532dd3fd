"""How much of the server one visitor, and one network address, may take."""

import ipaddress
import os

SLOTS_VARIABLE = "LATENT_EXPLORER_SLOTS"
"""Sets how many runs train at once, where a container's quota gives fewer cores than it shows."""

ADDRESS_VARIABLE = "LATENT_EXPLORER_ADDRESS_LIMITS"
"""Set to 1 on a public server: then WAITING and KEPT_BYTES hold for each address.

Off otherwise, for a class behind one router has one address for all.
"""

QUEUE = 40
"""Runs that wait."""
WALL_S = 3600
"""Of a run, in seconds as all times here."""
PAUSE_S = 600
"""After so long a pause a run goes on by itself, for others wait for its place."""
SILENCE_S = 60
"""Without a sign of life from a worker."""
WAITING = 3
"""Runs of one address that wait."""
KEPT_BYTES = 200_000_000
"""Of one address's kept models together."""


class RefusedError(RuntimeError):
    """What cannot be done now; the message says why and what to do."""


def default_slots() -> int:
    """All cores but one, or what SLOTS_VARIABLE says."""
    chosen = os.environ.get(SLOTS_VARIABLE, "")
    if chosen.isdecimal() and int(chosen):
        return int(chosen)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)


def client(address: str | None) -> str:
    """What the limits count as one client, or "" for those without a limit: the server's own computer, an unknown one.

    An IPv4 address, or the network of an IPv6 address, for one client chooses freely among its 2^64 addresses.
    """
    if os.environ.get(ADDRESS_VARIABLE) != "1":
        return ""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    found = getattr(found, "ipv4_mapped", None) or found
    if found.is_loopback:
        return ""
    return str(ipaddress.ip_network((found, 64 if found.version == 6 else 32), strict=False))
