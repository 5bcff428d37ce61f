# SPDX-License-Identifier: GPL-2.0-only
# `make help` lists the targets. Each installs what it needs and builds what is stale.

PYTHON ?= python3
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
CAPTURES ?= ../shared/captures
IFACE ?=
DB ?=
RUN_FLAGS ?= --progress-secs 5
# Simulated days of the reference home.
BENCH_DAYS ?= 30
# Of OpenWrt's architectures, those that `make package` makes packages for; two byte orders are all the difference.
ARCH ?= aarch64_cortex-a53 mips_24kc x86_64
SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),0)

VENV := .venv
BIN := $(VENV)/bin
OBJECTS := build/ebpf/traffic_analyzer.bpfel.o build/ebpf/traffic_analyzer.bpfeb.o
EBPF_HEADERS := $(wildcard ebpf/*.h)
SUFFIXES := python/traffic_analyzer/data/public_suffixes
SUFFIX_LIST := /usr/share/publicsuffix/public_suffix_list.dat
VENDORS := python/traffic_analyzer/data/vendors
VENDOR_LISTS := $(addprefix /usr/share/ieee-data/,oui.csv mam.csv oui36.csv iab.csv)
PEEWEE := build/package/peewee.py

PAGE := python/traffic_analyzer/data/page/index.html
FORM := luci/htdocs/luci-static/resources/traffic-analyzer/settings.js
MANUAL := docs/traffic-analyzer.1
BASH_COMPLETION := files/usr/share/bash-completion/completions/traffic-analyzer
ZSH_COMPLETION := files/usr/share/zsh/site-functions/_traffic-analyzer
PAGE_SOURCES := $(shell find luci/htdocs luci/standalone luci/po 2>/dev/null)

RUN_PACKAGES := clang llvm libbpf-dev linux-libc-dev python3-bpfcc python3-venv publicsuffix ieee-data
TEST_PACKAGES := $(RUN_PACKAGES) iproute2 ethtool tshark dnsmasq-base nginx-light curl bind9-dnsutils iputils-ping nftables tzdata \
	openssl sqlite3 bpftool shellcheck chromium firefox-esr libnss3-tools unbound knot-dnsutils isc-dhcp-client python3-bottle python3-pyroute2 zsh \
	groff-base man-db tmux

# Kernels for QEMU are downloaded by series, unpacked, and never installed.
QEMU_PACKAGES := $(RUN_PACKAGES) iproute2 ethtool iputils-ping util-linux qemu-system-x86 qemu-system-misc busybox-static kmod zstd \
	nftables conntrack wireguard-tools
KERNELS ?= 6.1 6.12 6.1/s390x

.PHONY: pictures help setup build run demo browsers test test-oldest test-kernels bench score lint package wheel lists docs clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing: Debian packages (as root) and the Python environment
	@hack/install-packages $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory $(VENV)/.dev

build: $(VENV)/.run $(OBJECTS) $(SUFFIXES) $(VENDORS) $(PAGE) ## the eBPF objects, both byte orders, and .venv/bin/traffic-analyzer
	@:

run: ## collect on the interfaces that see everything (or IFACE="name …") until Ctrl-C, as root
	@[ "$$(id -u)" -eq 0 ] || { echo 'counting packets takes root: run `sudo make run`' >&2; exit 1; }
	@hack/install-packages $(RUN_PACKAGES)
	@$(MAKE) --no-print-directory build
	@echo "Reports, in another terminal: $(BIN)/traffic-analyzer top-domain$(if $(DB), --db $(DB))   (status, top-device, --help)"
	@exec $(BIN)/traffic-analyzer run $(addprefix --iface ,$(IFACE)) $(addprefix --db ,$(DB)) $(RUN_FLAGS)

demo: ## build a virtual home in network namespaces, send real traffic for 20 s, print the reports
	@hack/install-packages $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory build
	@$(BIN)/python -m tests.home.demo

test: setup build ## every test, kernel tests included where root and eBPF are at hand
	@$(BIN)/python -m pytest $(PYTEST_FLAGS)

test-oldest: setup build ## the tests that touch libraries, with their oldest versions (those of Debian 12)
	@$(PYTHON) -m venv build/oldest
	@build/oldest/bin/pip install --quiet --disable-pip-version-check --constraint hack/oldest-versions --editable '.[test]'
	@build/oldest/bin/python -m pytest tests/unit tests/kernel/test_attach.py tests/kernel/test_database_trouble.py

test-kernels: setup build ## kernel tests, VLAN, PPPoE, WireGuard, flowtables, a clock that jumps: KERNELS="6.1 6.12 6.1/s390x" in QEMU
	@hack/install-packages $(QEMU_PACKAGES)
	@$(BIN)/python -m tests.qemu $(KERNELS)

browsers: setup build ## real browsers, and a home behind shared addresses: every flow beside its true name
	@$(BIN)/python -m tests.home.browsers
	@$(BIN)/python -m tests.home.cdn

pictures: setup build ## what docs/ shows: the pages, of a home that is lived in for eleven minutes, and the dashboard
	@$(BIN)/python -m tests.home.pictures docs/page
	@$(BIN)/python -m tests.home.screens docs/dashboard.svg

bench: setup build ## ns per packet, µs per flow, beside what they compare with; and BENCH_DAYS=30 of a reference home
	@BENCH_DAYS=$(BENCH_DAYS) $(BIN)/python -m tests.bench

score: setup build ## replay CAPTURES=dir through the real programs and compare with its expected answers
	@$(BIN)/python -m tests.score $(CAPTURES)

lint: setup ## ruff, mypy --strict, shellcheck
	@$(BIN)/ruff check python tests package hack/compile-page hack/compile-public-suffixes hack/compile-vendors hack/extract-messages
	@$(BIN)/mypy
	@shellcheck hack/install-packages .ci/run files/etc/init.d/traffic-analyzer tests/package/rc.sh

package: ## OpenWrt's packages in dist/, for ARCH="x86_64 …": .ipk, and .apk where apk-tools 3 is at hand
	@hack/install-packages clang llvm libbpf-dev linux-libc-dev python3-venv
	@$(MAKE) --no-print-directory $(OBJECTS) $(PEEWEE)
	@PYTHONPATH=package PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m packing build dist $(ARCH) \
		--objects 'build/ebpf/traffic_analyzer.{}.o' --peewee $(PEEWEE) --date $(SOURCE_DATE_EPOCH)

lists: ## what the packages carry of public lists, in package/data, as new as this machine has them
	@hack/install-packages publicsuffix ieee-data
	@$(PYTHON) hack/compile-public-suffixes $(SUFFIX_LIST) package/data/public_suffixes
	@$(PYTHON) hack/compile-vendors --of package/home_makers $(VENDOR_LISTS) package/data/vendors

wheel: build ## a Python wheel with both objects inside, in dist/
	@mkdir -p python/traffic_analyzer/bpf
	@cp $(OBJECTS) python/traffic_analyzer/bpf/
	@$(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	@ls -l dist/*.whl

docs: build ## what is drawn from the declarations: reference, man page, completion, settings page, OpenWrt's configuration, texts
	@mkdir -p docs
	@$(BIN)/python -m traffic_analyzer.faces.reference > docs/reference.md
	@$(BIN)/python -m traffic_analyzer.faces.form > $(FORM)
	@$(BIN)/python -m traffic_analyzer.faces.options files/etc
	@mkdir -p $(dir $(MANUAL) $(BASH_COMPLETION) $(ZSH_COMPLETION))
	@$(BIN)/python -m traffic_analyzer.faces.manual > $(MANUAL)
	@$(BIN)/python -m traffic_analyzer.faces.completion bash > $(BASH_COMPLETION)
	@$(BIN)/python -m traffic_analyzer.faces.completion zsh > $(ZSH_COMPLETION)
	@$(BIN)/python hack/extract-messages luci

clean: ## remove everything that was built in this folder
	@rm -rf build dist $(VENV) python/traffic_analyzer/bpf python/traffic_analyzer/data \
		.pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name '__pycache__' -o -name '*.egg-info' | grep -v '^./.git/' | xargs -r rm -rf

build/ebpf/traffic_analyzer.%.o: ebpf/traffic_analyzer.bpf.c $(EBPF_HEADERS)
	@mkdir -p $(dir $@)
	@$(CLANG) -target $* -mcpu=v3 -O2 -g -fdebug-prefix-map=$(CURDIR)=. -Wall -Wextra -Werror $(addprefix -I,$(wildcard /usr/include/*-linux-gnu*)) \
		-c $< -o $@.tmp
	@$(LLVM_STRIP) -g $@.tmp
	@mv $@.tmp $@
	@echo "built $@"

$(SUFFIXES): hack/compile-public-suffixes $(wildcard $(SUFFIX_LIST))
	@$(PYTHON) $< $(SUFFIX_LIST) $@

$(VENDORS): hack/compile-vendors $(wildcard $(VENDOR_LISTS))
	@$(PYTHON) $< $(VENDOR_LISTS) $@

$(PAGE): hack/compile-page $(PAGE_SOURCES)
	@$(PYTHON) $< luci $(@D)

$(PEEWEE): package/python3-peewee/Makefile | $(VENV)/.venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-compile --upgrade --target $(@D)/fetched \
		peewee==$(shell sed -n 's/^PKG_VERSION:=//p' $<)
	@cp $(@D)/fetched/peewee.py $@

$(VENV)/.venv:
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.venv pyproject.toml
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@
	@echo "built $(BIN)/traffic-analyzer"

$(VENV)/.dev: $(VENV)/.run
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test,lint]'
	@touch $@
