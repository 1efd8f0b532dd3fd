"""Limits on what one visitor, and one network address, may use of the server."""

import ipaddress
import os

SLOTS_VARIABLE = "LATENT_EXPLORER_SLOTS"
"""Sets how many runs train at once, where a container's quota gives fewer cores than it shows."""

ADDRESS_VARIABLE = "LATENT_EXPLORER_ADDRESS_LIMITS"
"""Set to 1 on a public server: then WAITING and KEPT_BYTES hold for each address.

Off by default, because a class behind one router shares one address.
"""

QUEUE = 40
"""The maximum of waiting runs."""
WALL_S = 3600
"""The maximum duration of a run, in seconds like all times here."""
PAUSE_S = 600
"""After this long a paused run continues by itself, because others may wait for its slot."""
SILENCE_S = 60
"""The maximum time without a sign of life from a worker."""
WAITING = 3
"""The maximum of waiting runs of one address."""
KEPT_BYTES = 200_000_000
"""The maximum size of all kept models of one address."""


class RefusedError(RuntimeError):
    """The request cannot be fulfilled now; the message says why and what to do."""


def default_slots() -> int:
    """The value of SLOTS_VARIABLE, or else the number of cores minus one."""
    chosen = os.environ.get(SLOTS_VARIABLE, "")
    if chosen.isdecimal() and int(chosen):
        return int(chosen)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)


def client(address: str | None) -> str:
    """The key under which the limits count a client; "" if there is no limit: the server's own computer, or an unknown
    one.

    It is an IPv4 address, or the /64 network of an IPv6 address, because a client can choose any of its 2^64 addresses.
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
