"""The configuration file and its types, as OpenWrt's tools take them, drawn from the declarations: ``make docs``."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

from ..settings import OPTIONS, Kind, Setting

#: What the file sets where it comes with a router: there the default --db and /var/run are in RAM, /run may be missing.
ON_A_ROUTER = {
    "archive": "/etc/traffic-analyzer/archive.db",
    "web_token_file": "/var/run/traffic-analyzer/token",
}
_WIDTH = 100
_HEAD = """\
# What traffic-analyzer counts, and how. What is commented out shows its default. Flags of the command go before
# what is said here, and without flags every command looks for the database where this file says it is.
# After a change by hand: service traffic-analyzer reload
"""
_REST = """
# A name for a device, before all others; by MAC, or by address where there is no MAC.
#config device
#	option mac '02:aa:bb:cc:dd:01'
#	option name 'living room'

# A quota warns once at a part of it and once at all of it: in the log, in the status, and by a program of yours,
# which runs with the rights of the service.
#config quota 'provider'
#	option limit '500GB'         # kB to PB, or KiB to PiB
#	option network 'wan'         # an interface; or option device with a MAC or an address; or neither: all
#	option period 'month'        # or day, week
#	option start_day '15'
#	option direction 'both'      # or down, up
#	option warn_percent '80'
#	option hook '/etc/quota.sh'
"""
_TUPLES = re.compile(r"(?:^\t+'[a-z_]+:[^']*'(?: \\)?\n)+", re.MULTILINE)


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="\t# ", subsequent_indent="\t# ", break_on_hyphens=False)


def _line(setting: Setting) -> str:
    """The option with the value that it has on a router; where that is its default, commented out."""
    keyword = "list" if setting.kind is Kind.LIST else "option"
    value = ON_A_ROUTER.get(setting.name, setting.default)
    shown = setting.metavar or "" if value is None else value
    return f"\t{'' if setting.name in ON_A_ROUTER else '#'}{keyword} {setting.name} '{shown}'"


def render_config() -> str:
    """``/etc/config/traffic-analyzer`` as it comes with the package."""
    lines = [_HEAD, "config collector 'collector'", "\t# 0: the service counts nothing", "\toption enabled '1'"]
    for setting in OPTIONS:
        lines += ["", *_comment(setting.help), _line(setting)]
    return "\n".join(lines) + "\n" + _REST


def _type(setting: Setting) -> str:
    """What ``validate_data`` of OpenWrt is told of it; of a list, of each of its values."""
    if setting.kind is Kind.INTEGER:
        return f"range({setting.minimum},{setting.maximum})"
    if setting.choices:
        return "or(" + ",".join(f'"{choice}"' for choice in setting.choices) + ")"
    return "string"


def validated() -> list[str]:
    """``option:type:default`` of each, for ``uci_load_validate``. Defaults only of paths, where scripts need them."""
    tuples = [
        f"{s.name}:{_type(s)}" + (f":{s.default}" if s.kind is Kind.PATH and s.default else "") for s in OPTIONS
    ]
    return ["enabled:bool:1", *tuples]


def renewed(script: str) -> str:
    """*script* with the present ``option:type:default`` lines in the place of those that it has, a line each.

    :raises ValueError: it has none, or in several places.
    """
    text = " \\\n".join(f"\t\t'{line}'" for line in validated()) + "\n"
    script, count = _TUPLES.subn(lambda _: text, script)
    if count != 1:
        raise ValueError(f"{count} places with options")
    return script


if __name__ == "__main__":
    etc = Path(sys.argv[1])
    (etc / "config" / "traffic-analyzer").write_text(render_config())
    init = etc / "init.d" / "traffic-analyzer"
    init.write_text(renewed(init.read_text()))
