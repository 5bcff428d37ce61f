/* SPDX-License-Identifier: GPL-2.0-only
 * Made by `make docs` from the declarations. Do not edit. */
'use strict';
'require baseclass';

return baseclass.extend({
	tabs: [
		{
			name: "interfaces",
			title: _("Interfaces")
		},
		{
			name: "storage",
			title: _("Storage")
		},
		{
			name: "names",
			title: _("Names")
		},
		{
			name: "page",
			title: _("Page")
		},
		{
			name: "load",
			title: _("Load")
		}
	],

	settings: [
		{
			name: "iface",
			tab: "interfaces",
			title: _("Interfaces"),
			kind: "list",
			help: _("interface to count on; may be repeated; auto: those that see everything, as they come and go (default: auto)"),
			default: null,
			minimum: null,
			maximum: null,
			choices: [],
			is_required: false
		},
		{
			name: "role",
			tab: "interfaces",
			title: _("Roles"),
			kind: "list",
			help: _("what is behind an interface and those below it, where that is found wrong: lan (clients), wan (the internet) or host (this machine alone); may be repeated"),
			default: null,
			minimum: null,
			maximum: null,
			choices: [],
			is_required: false
		},
		{
			name: "db",
			tab: "storage",
			title: _("Database"),
			kind: "path",
			help: _("SQLite database"),
			default: "/var/lib/traffic-analyzer/traffic-analyzer.db",
			minimum: null,
			maximum: null,
			choices: [],
			is_required: false
		},
		{
			name: "archive",
			tab: "storage",
			title: _("Archive"),
			kind: "path",
			help: _("SQLite database that hours and days are kept in, on a disk that lasts, where “Database” is in RAM (default: the one that “Database” names since the last run, else none, and “Database” keeps them)"),
			default: null,
			minimum: null,
			maximum: null,
			choices: [],
			is_required: false
		},
		{
			name: "commit_interval_minutes",
			tab: "storage",
			title: _("Write to the archive every (minutes)"),
			kind: "integer",
			help: _("minutes between two writes to the archive: what a power cut takes at most, where “Database” is in RAM"),
			default: 30,
			minimum: 1,
			maximum: 1440,
			choices: [],
			is_required: false
		},
		{
			name: "archive_budget_mib",
			tab: "storage",
			title: _("Write at most, in a day (MiB)"),
			kind: "integer",
			help: _("most MiB written to the archive in a day; what is due then waits in “Database”; 0: no limit"),
			default: 24,
			minimum: 0,
			maximum: 1048576,
			choices: [],
			is_required: false
		},
		{
			name: "archive_max_mib",
			tab: "storage",
			title: _("Largest archive (MiB)"),
			kind: "integer",
			help: _("most MiB that the archive takes; oldest hours go first, then days; 0: no limit"),
			default: 96,
			minimum: 0,
			maximum: 1048576,
			choices: [],
			is_required: false
		},
		{
			name: "copy_days",
			tab: "storage",
			title: _("Copy the archive every (days)"),
			kind: "integer",
			help: _("days between two compressed copies of the archive, which the last good one takes over from where it is damaged; 0: none"),
			default: 7,
			minimum: 0,
			maximum: 3650,
			choices: [],
			is_required: false
		},
		{
			name: "minutes_keep_hours",
			tab: "storage",
			title: _("Keep minutes for (hours)"),
			kind: "integer",
			help: _("hours that minutes, with every address and port, are kept; 0: 24 with “Archive”, else as long as there is room"),
			default: 0,
			minimum: 0,
			maximum: 876000,
			choices: [],
			is_required: false
		},
		{
			name: "minutes_max_mib",
			tab: "storage",
			title: _("Largest database (MiB)"),
			kind: "integer",
			help: _("most MiB that “Database” takes; oldest minutes go first; 0: 64 with “Archive”, else 4,096"),
			default: 0,
			minimum: 0,
			maximum: 1048576,
			choices: [],
			is_required: false
		},
		{
			name: "hours_keep_days",
			tab: "storage",
			title: _("Keep hours for (days)"),
			kind: "integer",
			help: _("days that hours are kept"),
			default: 14,
			minimum: 1,
			maximum: 36500,
			choices: [],
			is_required: false
		},
		{
			name: "days_keep_days",
			tab: "storage",
			title: _("Keep days for (days)"),
			kind: "integer",
			help: _("days that days are kept"),
			default: 3650,
			minimum: 1,
			maximum: 36500,
			choices: [],
			is_required: false
		},
		{
			name: "dns_ttl_cap_secs",
			tab: "names",
			title: _("A DNS answer names for (seconds)"),
			kind: "integer",
			help: _("longest time that a DNS answer names an address, in seconds; 0: only connections that follow at once"),
			default: 600,
			minimum: 0,
			maximum: 604800,
			choices: [],
			is_required: false
		},
		{
			name: "sni_ttl_cap_secs",
			tab: "names",
			title: _("A server name makes others ambiguous for (seconds)"),
			kind: "integer",
			help: _("longest time, in seconds, that a server name read on one flow makes other nameless flows of that device to the same address ambiguous; 0: never"),
			default: 300,
			minimum: 0,
			maximum: 604800,
			choices: [],
			is_required: false
		},
		{
			name: "flow_idle_timeout_secs",
			tab: "names",
			title: _("Forget a silent flow after (seconds)"),
			kind: "integer",
			help: _("seconds of silence after which a flow's name is forgotten; its bytes are counted on"),
			default: 900,
			minimum: 1,
			maximum: 604800,
			choices: [],
			is_required: false
		},
		{
			name: "web_listen",
			tab: "page",
			title: _("Address of the page"),
			kind: "text",
			help: _("address and port of the page and its data, which take the token of “traffic-analyzer link”; off: none"),
			default: "127.0.0.1:8377",
			minimum: null,
			maximum: null,
			choices: [],
			is_required: false
		},
		{
			name: "web_host",
			tab: "page",
			title: _("Other names of it"),
			kind: "list",
			help: _("further name that the page may be called by, as in http://router.lan:8377/, besides the address that it listens on; may be repeated"),
			default: null,
			minimum: null,
			maximum: null,
			choices: [],
			is_required: false
		},
		{
			name: "web_token_file",
			tab: "page",
			title: _("File of the token"),
			kind: "path",
			help: _("file with the token, made anew once a boot; its owner alone can read it"),
			default: "/run/traffic-analyzer/token",
			minimum: null,
			maximum: null,
			choices: [],
			is_required: false
		},
		{
			name: "flush_interval_secs",
			tab: "load",
			title: _("Read the maps every (seconds)"),
			kind: "integer",
			help: _("seconds between two readings of the kernel's maps"),
			default: 1,
			minimum: 1,
			maximum: 60,
			choices: [],
			is_required: false
		},
		{
			name: "flow_map_entries",
			tab: "load",
			title: _("Flows between two readings"),
			kind: "integer",
			help: _("flows that fit between two readings; each takes about 400 bytes of kernel memory on two CPUs"),
			default: 65536,
			minimum: 1,
			maximum: 16777216,
			choices: [],
			is_required: false
		},
		{
			name: "event_poll_millis",
			tab: "load",
			title: _("Look at payload heads every (milliseconds)"),
			kind: "integer",
			help: _("milliseconds between two looks at captured payload heads"),
			default: 100,
			minimum: 1,
			maximum: 10000,
			choices: [],
			is_required: false
		},
		{
			name: "capture_heads_per_sec",
			tab: "load",
			title: _("Payload heads in a second, on each CPU"),
			kind: "integer",
			help: _("most payload heads captured in a second on each CPU; 0: none, no names are read"),
			default: 20000,
			minimum: 0,
			maximum: 1000000,
			choices: [],
			is_required: false
		},
		{
			name: "capture_buffer_kib",
			tab: "load",
			title: _("Buffer for payload heads (KiB)"),
			kind: "integer",
			help: _("KiB of kernel memory for payload heads that wait to be read, rounded up to a power of two"),
			default: 4096,
			minimum: 64,
			maximum: 262144,
			choices: [],
			is_required: false
		}
	]
});
