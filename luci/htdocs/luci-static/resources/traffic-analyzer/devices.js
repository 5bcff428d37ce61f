/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require traffic-analyzer.chart as chart';
'require traffic-analyzer.svg as svg';
'require traffic-analyzer.table as table';
'require traffic-analyzer.units as units';

// Who is online: what runs now, from api.live(), beside the sums of a report, in rows that stay where they are.

const LIMIT = 8;

/** True for columns that have a place beside what runs now. */
function is_amount(column) {
	return !column.is_extra && [ 'bytes', 'share' ].includes(column.unit);
}

/** What a row says beside its amounts, for who points at its name. */
function about(report, row, offsets) {
	return report.columns.slice(1).filter(column => column.role !== 'sum' && column.role !== 'share').map(column => {
		const v = row[column.name], all = Array.isArray(v) ? v.map(units.escaped).join(', ') : '';

		return `${_(column.title, 'column')}: ${all || units.value(v, column.unit, offsets)}`;
	}).join('\n');
}

/** One device's row. Its nodes are made once; what is set again and again is text. */
class Row {
	constructor(columns) {
		const cell = (title, classes, children) =>
			E('td', { 'class': `td ${classes}`, 'data-title': title || null }, children || []);

		this.name = cell('', 'ta-who');
		this.spark = chart.spark([]);
		this.bar = chart.shares([]);
		this.rx = cell(`↓ ${_('Now')}`, 'ta-rate right');
		this.tx = cell(`↑ ${_('Now')}`, 'ta-rate right');
		this.amounts = columns.map(column => cell(_(column.title, 'column'), `ta-${column.unit} right`));
		this.node = E('tr', { 'class': 'tr' },
			[ this.name, cell('', 'ta-history', [ this.spark.node ]), this.rx, this.tx, ...this.amounts ]);
	}

	call(name, href) {
		if (this.called === name && this.href === href)
			return;

		const text = table.fitted(name);

		this.called = name;
		this.href = href;
		this.name.textContent = '';
		this.name.appendChild(href ? E('a', { href }, [ text ]) : text);
		this.name.appendChild(this.bar.node);
	}

	run(live) {
		this.spark.update(live ? live.history : []);

		for (const [ cell, bytes_s ] of [ [ this.rx, live && live.rx_bytes_s ], [ this.tx, live && live.tx_bytes_s ] ]) {
			svg.put(cell, bytes_s ? units.rate(bytes_s) : live ? '0' : '–');
			cell.classList.toggle('ta-idle', !bytes_s);
		}
	}

	/** `most`: bytes of the largest row, which fill the bar. */
	sum(columns, row, most) {
		const parts = columns.filter(column => column.unit === 'bytes')
			.map(column => ({ kind: column.name.slice(0, 2), amount: row ? row[column.name] : 0 }));

		columns.forEach((column, at) => svg.put(this.amounts[at], row ? units.value(row[column.name], column.unit) : '–'));
		this.bar.update(parts, most);
	}
}

class Devices {
	constructor(options) {
		this.options = options;
		this.order = options.order;
		this.rows = new Map();
		this.shown = [];
		this.running = new Map();
		this.answered = new Map();
		this.is_pointed = false;
		this.body = E('tbody', {
			'pointerenter': event => { this.is_pointed = event.pointerType === 'mouse' },
			'pointerleave': () => { this.is_pointed = false }
		});
		this.head = E('tr', { 'class': 'tr table-titles' });
		this.more = E('button', { 'type': 'button', 'class': 'btn cbi-button ta-more', 'hidden': '', 'click': () => {
			this.is_open = !this.is_open;
			this.draw();
		} });
		this.nothing = E('p', { 'class': 'ta-nothing' });
		this.node = E('div', {}, [
			E('table', { 'class': 'table ta-devices' }, [ E('thead', {}, [ this.head ]), this.body ]), this.nothing, this.more
		]);
	}

	/** Takes an answer of the report: the sums. It is also when rows may change places. */
	answer(report, answer) {
		const is_new = this.report !== report;

		this.report = report;
		this.key = report.columns.find(column => column.selects === 'device') || report.columns[0];
		this.columns = report.columns.filter(is_amount);
		this.limit = report.summary.limit || LIMIT;
		this.answered = new Map(answer.rows.map(row => [ String(row[this.key.name]), row ]));

		if (is_new)
			this.title();

		const bytes = this.columns.filter(column => column.unit === 'bytes').map(column => column.name);
		const sums = answer.rows.map(row => bytes.reduce((sum, name) => sum + row[name], 0));

		this.most = Math.max(1, ...sums);
		this.offsets = answer.offsets;

		for (const [ device, made ] of this.rows)
			this.fill(device, made);

		this.sort();
	}

	/** What a row says of the whole period. */
	fill(device, made) {
		const row = this.answered.get(device);

		made.sum(this.columns, row, this.most);
		made.name.title = row ? about(this.report, row, this.offsets) : '';
		made.leads = this.options.link(this.report, row || { [this.key.name]: device });
	}

	/** Takes the devices of an answer of api.live(): what runs now. */
	live(devices) {
		this.running = new Map(devices.map(device => [ device.device, device ]));

		if (this.report)
			this.draw();
	}

	/** Sorts by 'now' or by 'total' from now on. */
	by(order) {
		this.order = order;

		if (this.report)
			this.sort(true);
	}

	title() {
		const cell = (text, classes) => E('th', { 'class': `th ${classes}`, 'scope': 'col' }, [ text ]);

		this.head.textContent = '';
		this.rows.clear();
		this.body.textContent = '';

		for (const node of [
			cell(_(this.report.columns[0].title, 'column'), ''), cell(_('10 min'), 'ta-history'),
			cell(`↓ ${_('Now')}`, 'right'), cell(`↑ ${_('Now')}`, 'right'),
			...this.columns.map(column => cell(_(column.title, 'column'), `ta-${column.unit} right`))
		])
			this.head.appendChild(node);
	}

	/** Puts rows in order, but not below somebody's pointer. */
	sort(is_asked) {
		const rate = device => {
			const live = this.running.get(device);

			return live ? live.rx_bytes_s + live.tx_bytes_s : 0;
		};

		if (is_asked || !this.shown.length || !this.is_pointed && !this.body.contains(document.activeElement)) {
			this.shown = [ ...this.answered.keys() ];
			this.join();

			if (this.order === 'now') // sort() is stable: those at rest stay in the order of their sums
				this.shown.sort((a, b) => rate(b) - rate(a));
		}

		this.draw();
	}

	/** Those that are not in their place yet come last. */
	join() {
		const known = new Set(this.shown);

		for (const device of [ ...this.answered.keys(), ...this.running.keys() ])
			if (!known.has(device)) {
				known.add(device);
				this.shown.push(device);
			}
	}

	draw() {
		this.join();
		this.shown = this.shown.filter(device => this.answered.has(device) || this.running.has(device));

		const seen = this.is_open ? this.shown : this.shown.slice(0, this.limit);

		seen.forEach((device, at) => {
			const live = this.running.get(device), row = this.answered.get(device);
			let made = this.rows.get(device);

			if (!made) {
				this.rows.set(device, made = new Row(this.columns));
				this.fill(device, made);
			}

			made.call((live ? live.name : row[this.report.columns[0].name]) || device, made.leads);
			made.run(live);

			if (this.body.children[at] !== made.node)
				this.body.insertBefore(made.node, this.body.children[at] || null);
		});

		while (this.body.children.length > seen.length)
			this.body.lastChild.remove();

		for (const device of this.rows.keys())
			if (!this.answered.has(device) && !this.running.has(device))
				this.rows.delete(device);

		this.node.classList.toggle('ta-empty', !seen.length);
		svg.put(this.nothing, seen.length ? '' : _(this.report.nothing));
		this.more.hidden = this.shown.length <= this.limit;
		this.more.setAttribute('aria-expanded', !!this.is_open);
		svg.put(this.more, this.is_open ? _('Show fewer') : units.filled(_('Show all {n}'), { n: this.shown.length }));
	}
}

return baseclass.extend({
	/**
	 * A list of devices: `{node, answer(report, answer), live(devices), by(order)}`.
	 *
	 * `options.order`: 'now' or 'total'; `options.link(report, row)`: where a row leads, or null.
	 */
	create(options) {
		return new Devices(options);
	}
});
