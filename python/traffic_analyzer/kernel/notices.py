"""What a user should know of this machine's network: what its way of forwarding hides, and from which interface."""

from __future__ import annotations

from collections.abc import Collection

from ..records import Notice
from .topology import Topology

_PORTS_OF_A_SWITCH = ("", "dsa")


def _flow_offload(topology: Topology) -> list[Notice]:
    found = []
    for table in topology.survey.flowtables:
        if table.devices:
            code = "offload-hardware" if table.is_hardware else "offload-software"
            found.append(Notice(code, table.title, ", ".join(table.devices)))
    if topology.survey.flowtables_unknown:
        found.append(Notice("offload-unknown", "nft", topology.survey.flowtables_unknown))
    return found


def _bridges(topology: Topology, attached: Collection[str]) -> list[Notice]:
    """Clients of one bridge reach each other without passing it, and those of one switch without passing its ports."""
    found = []
    for name, link in topology.links.items():
        ports = topology.lower(name)
        if link.kind != "bridge" or len(ports) < 2:
            continue
        if name in attached or any(above in attached for above in topology.above(name)):
            found.append(Notice("bridge-local", name, ", ".join(ports)))
        elif attached_ports := [p for p in ports if p in attached and topology.links[p].kind in _PORTS_OF_A_SWITCH]:
            found.append(Notice("switch-local", name, ", ".join(attached_ports)))
    return found


def notices(topology: Topology, attached: Collection[str], addressed: Collection[str] = ()) -> list[Notice]:
    """What holds now for the *attached* interfaces; nothing where all is seen.

    :param addressed: as of :meth:`Topology.sides`.
    """
    if not topology.forwards:
        found = []
    else:
        found = [*_flow_offload(topology), *_bridges(topology, attached)]
        found += [Notice("passes-below", name, ", ".join(passed)) for name in sorted(topology.primaries(attached))
                  if (passed := topology.passed_by(name))]  # fmt: skip
        found += [Notice("shared", name) for name in topology.shared(addressed) if name in attached]
        if not topology.outward and "wan" not in {role.value for role in topology.given.values()}:
            found.append(Notice("no-wan", ""))
    merging = [each for name in attached for each in (name, *topology.below(name))
               if each in topology.links and topology.links[each].features.get("rx-lro")]  # fmt: skip
    return found + [Notice("lro", name) for name in dict.fromkeys(merging)]
