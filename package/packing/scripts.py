# SPDX-License-Identifier: GPL-2.0-only
"""What package managers run: OpenWrt's ``default_postinst`` and ``default_prerm``, and what a package adds to them."""

from __future__ import annotations

from .recipes import Package

_FUNCTIONS = """\
[ -s ${IPKG_INSTROOT}/lib/functions.sh ] || exit 0
. ${IPKG_INSTROOT}/lib/functions.sh
"""
_HERE = '[ "${IPKG_NO_SCRIPT}" = "1" ] && exit 0\n'


def of_opkg(package: Package) -> dict[str, str]:
    """By name in the control archive: the scripts of an ``.ipk``. Those of a package's own are ``…-pkg``."""
    found = {
        "postinst": f"#!/bin/sh\n{_HERE}{_FUNCTIONS}default_postinst $0 $@\n",
        "prerm": f"#!/bin/sh\n{_FUNCTIONS}default_prerm $0 $@\n",
    }
    for what, text in package.scripts.items():
        found[f"{what}-pkg" if what in found else what] = text
    return found


def of_apk(package: Package) -> dict[str, str]:
    """By type: the scripts of an ``.apk``."""
    named = f'export root="${{IPKG_INSTROOT}}"\nexport pkgname="{package.name}"\n'
    own = {what: text.removeprefix("#!/bin/sh\n") for what, text in package.scripts.items()}
    install = f"{_HERE}{_FUNCTIONS}{named}add_group_and_user\ndefault_postinst\n{own.get('postinst', '')}"
    found = {
        "post-install": install,
        "post-upgrade": f"export PKG_UPGRADE=1\n{install}",
        "pre-deinstall": f"{_FUNCTIONS}{named}default_prerm\n{own.get('prerm', '')}",
    }
    if "preinst" in own:
        found["pre-install"] = own["preinst"]
        found["pre-upgrade"] = f"export PKG_UPGRADE=1\n{own['preinst']}"
    if "postrm" in own:
        found["post-deinstall"] = own["postrm"]
    return {what: f"#!/bin/sh\n{text}" for what, text in found.items()}
