# SPDX-License-Identifier: GPL-2.0-only
"""Makes OpenWrt's packages: what they install, and the files of opkg and apk. Python's standard library is enough."""
