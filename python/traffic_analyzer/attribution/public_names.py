"""Public names of Encrypted Client Hello: what a ClientHello shows in place of the site it hides (RFC 9849 6.1)."""

from __future__ import annotations

#: Providers' public names that are known without an HTTPS record.
#: Cloudflare: developers.cloudflare.com/ssl/edge-certificates/ech/
_WELL_KNOWN = frozenset({"cloudflare-ech.com"})
_KEPT_NS = 24 * 3600 * 10**9  # clients use a configuration longer than its record lives


class PublicNames:
    """Which (public name, config id) HTTPS records announced. GREASE draws its config id at random (RFC 9849 6.2).

    :param most: pairs that are remembered; the oldest goes early, and is counted in ``overflow``.
    """

    def __init__(self, most: int = 1024) -> None:
        self._most = most
        self._announced: dict[tuple[str, int], int] = {}  # boot clock, ns
        self.overflow = 0

    def announce(self, public_name: str, config_id: int, now_boot_ns: int) -> None:
        """An HTTPS record holds such a configuration. *public_name* in lower case."""
        self._announced.pop((public_name, config_id), None)
        if len(self._announced) >= self._most:
            del self._announced[next(iter(self._announced))]
            self.overflow += 1
        self._announced[public_name, config_id] = now_boot_ns

    def hides(self, server_name: str, config_id: int, now_boot_ns: int) -> bool:
        """True where a ClientHello with this outer server name and config id hides another name."""
        if server_name in _WELL_KNOWN:
            return True
        announced_boot_ns = self._announced.get((server_name, config_id))
        return announced_boot_ns is not None and now_boot_ns - announced_boot_ns <= _KEPT_NS
