# SPDX-License-Identifier: GPL-2.0-only
# For the recipes of this folder: `packing` installs what the list says, with the Python that the router's is built from.

TA_PACKING_DIR := $(dir $(lastword $(MAKEFILE_LIST)))

# 1: package, 2: folder, 3: what the list leaves open
define TaInstall
	PYTHONPATH="$(TA_PACKING_DIR)" PYTHONDONTWRITEBYTECODE=1 "$(HOST_PYTHON3_BIN)" -m packing install \
		--site "$(PYTHON3_PKG_DIR)" $(3) $(1) "$(2)"
endef
