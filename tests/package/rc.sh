# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# What OpenWrt's rc.common gives an init script, as far as ours asks for it: sh rc.sh SCRIPT ACTION. What is declared to
# procd is written to the file RECORD, a call a line, its words parted by tabs. From the environment: OPTIONS (shell
# assignments), INVALID and UNPARSED (what validate_data and uci complain of), USERS, ENABLED, RUNNING.

record() {
	local word

	for word in "$@"; do
		printf '%s\t' "$word"
	done >>"$RECORD"
	echo >>"$RECORD"
}

for name in open_instance close_instance set_param add_jail add_jail_mount add_jail_mount_rw add_reload_trigger \
	add_raw_trigger; do
	eval "procd_$name() { record $name \"\$@\"; }"
done
for name in chown mount logger; do
	eval "$name() { record $name \"\$@\"; }"
done

enabled() { [ -n "$ENABLED" ]; }
procd_running() { [ -n "$RUNNING" ]; }
_procd_status() {
	record status "$@"
	procd_running && echo running || echo "active with no instances"
}
user_exists() { [ "$USERS" = "$1" ]; }
uci() {
	[ -z "$UNPARSED" ] || { echo "uci: $UNPARSED" >&2; return 1; }
}
config_load() { record config_load "$1"; package=$1; }
config_foreach() {
	[ "$package-$2" != traffic-analyzer-quota ] || "$1" quota
	[ "$package-$2" != dhcp- ] || "$1" dnsmasq
}
config_get() {
	case "$2.$3" in
	quota.hook) eval "$1=/etc/quota.sh" ;;
	dnsmasq.leasefile) eval "$1=/mnt/usb/dhcp.leases" ;;
	*) eval "$1=" ;;
	esac
}
uci_load_validate() {
	local section="$3" call="$4" tuple default result=0

	shift 4
	for tuple in "$@"; do
		eval "local ${tuple%%:*}"
		default="${tuple#*:*:}"
		[ "$default" = "$tuple" ] || eval "${tuple%%:*}=\$default"
	done
	eval "$OPTIONS"
	if [ -n "$INVALID" ]; then
		echo "traffic-analyzer.collector.copy_days is unset and defaults to range(0,3650) " >&2
		echo "$INVALID" >&2
		result=255
	fi
	[ -n "$call" ] || return $result
	"$call" "$section" $result
}

start() {
	record start
	start_service
	record service_triggers
	service_triggers
	service_started
}
stop() {
	record stop
	service_stopped
}
restart() {
	stop
	start
}
reload() { reload_service; }
status() { status_service; }

# shellcheck disable=SC1090
. "$1"
"$2"
