/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require traffic-analyzer.api as api';
'require traffic-analyzer.selection as selection';
'require traffic-analyzer.table as table';
'require traffic-analyzer.units as units';

// What devices and sites there are to choose from, and what they are called; and what time it is at the router.

const CHOICES = 100;
const LOOKBACK_MINUTES = 1440;
const PLACES = { device: 'devices', domain: 'sites' };

/** The report that is told in that place, where everything is told at once. */
function summary(reports, filter) {
	return reports.find(report => report.summary && report.summary.place === PLACES[filter]) || null;
}

class Known {
	constructor(reports, onlearnt) {
		this.reports = reports;
		this.onlearnt = onlearnt;
		this.names = { device: new Map(), domain: new Map() };  // texts by value
		this.ifaces = [];
		this.clock = null;
		this.asked = new Set();
		this.start();
	}

	/* Devices of the last minutes, interfaces and the time; where they cannot be had, it goes without. */
	async start() {
		const [ live, status ] = await Promise.all([ api.live().catch(() => null), api.status().catch(() => null) ]);

		for (const one of live && live.devices || [])
			this.names.device.set(one.device, one.name || one.device);

		this.ifaces = (status && status.interfaces || []).map(({ iface }) => [ iface, iface ]);

		if (live || status)
			this.clock = { unix_s: (live || status).now_unix_s, at_ms: performance.now() };

		this.onlearnt();
	}

	/** The router's time; null: not known. */
	now_unix_s() {
		return this.clock && this.clock.unix_s + (performance.now() - this.clock.at_ms) / 1000;
	}

	/** Asks once what of `filter` there was in the last day: device, domain. */
	async learn(filter) {
		const report = summary(this.reports, filter);

		if (!report || this.asked.has(filter))
			return;

		this.asked.add(filter);

		try {
			this.read(await api.report(report.name, selection.question(
				{ lookback_minutes: String(LOOKBACK_MINUTES), limit: String(CHOICES), by: report.summary.by }, report)));
			this.onlearnt();
		}
		catch (error) {
			this.asked.delete(filter);
		}
	}

	/** Asks what devices are called that nothing has named yet. */
	recognize(devices) {
		if (devices.some(device => !this.names.device.has(device)))
			this.learn('device');
	}

	/** Keeps what the rows of an answer are called, by what selects them. */
	read({ columns, rows }) {
		for (const { name, selects } of columns || [])
			if (selects in this.names)
				for (const row of rows)
					if (selection.selected([ { name, selects } ], row)) {
						const first = table.lead(columns), text = first.unit === 'name' && row[first.name] || row[name];

						this.names[selects].set(String(row[name]), String(text));
					}
	}

	/** What a filter's value is called. */
	called(filter, value) {
		return this.names[filter] && this.names[filter].get(value) || value;
	}

	/** By filter, [[value, text], …]. */
	choices() {
		const pairs = filter => Array.from(this.names[filter]).map(([ value, text ]) => [ value, units.escaped(text) ]);

		return { device: pairs('device'), domain: pairs('domain'), iface: this.ifaces };
	}
}

return baseclass.extend({
	summary,

	/** What is known; `onlearnt()` is called when it has become more. */
	of(reports, onlearnt) {
		return new Known(reports, onlearnt);
	}
});
