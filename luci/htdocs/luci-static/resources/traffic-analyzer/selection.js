/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require traffic-analyzer.units as units';

// What explore shows is its state: {report, filters by name, and how one came there}. It is the page's hash, so that every
// state has an address. Lists are arrays of texts, all else is text.

const LISTS = [ 'iface', 'device', 'domain', 'protocol', 'from', 'within' ];
const LIST_MOST = 16;
const WINDOW = [ 'lookback_minutes', 'period', 'start_day', 'since', 'until', 'day' ];
const ABOUT = [ 'iface', 'device', 'domain', 'protocol' ];
const UNASKABLE = [ '', '-', '(other)' ];

/** The state that a hash stands for; what makes no sense in it is left out. */
function parse(hash) {
	const state = {};

	for (const [ name, text ] of new URLSearchParams(String(hash || '').replace(/^#/, ''))) {
		if (text === '' || name === 'token' || !/^[a-z_]{1,32}$/.test(name))
			continue;

		if (!LISTS.includes(name))
			state[name] = text;
		else if (!(state[name] = state[name] || []).includes(text) && state[name].length < LIST_MOST)
			state[name].push(text);
	}

	return state;
}

/** The hash of `state`, without `#`. */
function format(state) {
	const found = new URLSearchParams();

	for (const name of [ 'report', ...Object.keys(state).filter(name => name !== 'report') ])
		for (const text of [].concat(state[name]))
			if (text !== undefined && text !== null && text !== '')
				found.append(name, text);

	return found.toString().replace(/%3A/g, ':').replace(/%2F/g, '/').replace(/%2C/g, ',');
}

/** The address of a page of ours, in `state`. */
function link(page, state) {
	const hash = format(state || {});

	return L.url('admin/status/traffic-analyzer', page) + (hash ? `#${hash}` : '');
}

/** `state` without what is named. */
function without(state, names) {
	const kept = Object.assign({}, state);

	for (const name of names)
		delete kept[name];

	return kept;
}

/** The part of `state` that is named. */
function only(state, names) {
	const kept = {};

	for (const name of names)
		if (state[name] !== undefined)
			kept[name] = state[name];

	return kept;
}

/** True where `report`, as describe() has it, takes the filter `name`. */
function takes(report, name) {
	return report.filters.some(filter => filter.name === name);
}

/** What `state` asks `report` for: only what it takes, each of its type. */
function question(state, report) {
	const asked = {};

	for (const { name, kind } of report.filters) {
		const given = state[name];

		if (given === undefined)
			continue;

		if (kind === 'list')
			asked[name] = [].concat(given);
		else if (kind !== 'integer')
			asked[name] = given;
		else if (/^[0-9]{1,10}$/.test(given))
			asked[name] = Number(given);
	}

	if (asked.order && !asked.sort)
		delete asked.order;

	return asked;
}

/** `state` for another report: the same window, and those of its filters that `report` takes. */
function turned(state, report) {
	return Object.assign({ report: report.name },
		only(state, [ ...WINDOW, 'within', 'by', ...ABOUT.filter(name => takes(report, name)) ]));
}

/** The filters that ask for the traffic of `row` alone, by name; null where a value of it cannot be asked for. */
function selected(columns, row) {
	const found = {};
	let is_any = false;

	for (const column of columns) {
		const v = column.selects ? row[column.name] : undefined;

		if (!column.selects)
			continue;

		if (v === null || v === undefined || v === -1 || UNASKABLE.includes(v) || /^hidden by ECH \(/.test(v))
			return null;

		found[column.selects] = column.unit === 'l4_proto' ? units.value(v, column.unit) : String(v);
		is_any = true;
	}

	if (found.port !== undefined) {
		if (found.protocol === undefined)
			return null;

		found.protocol += `/${found.port}`;
		delete found.port;
	}

	return is_any ? found : null;
}

/** A step of the way, as it is kept in a state: the report, and the filters that it was asked with. */
function step(state) {
	const names = ABOUT.filter(name => state[name]);

	return state.report + (names.length ? `:${names.join(',')}` : '');
}

/** The state of the report `target`, asked for what `values` (of selected()) say; null where it cannot be. */
function into(state, target, values) {
	const names = Object.keys(values || {});

	if (!names.length || names.some(name => !takes(target, name)))
		return null;

	const next = turned(state, target);

	for (const name of names)
		next[name] = [ values[name] ];

	if (!next.by && takes(target, 'by') && target.summary)
		next.by = target.summary.by;

	if (step(next) === step(state) && names.every(name => String(state[name]) === values[name]))
		return null;

	next.from = [ ...(state.from || []), step(state) ].slice(-LIST_MOST);

	return next;
}

/** The way to `state`, from where it began: [{state, added: [[filter, text], …]}, …]. */
function way(state) {
	const steps = [ ...(state.from || []), step(state) ];

	if (steps.length === 1 && steps[0] !== state.report)
		steps.unshift(state.report);

	const found = [];
	let before = [];

	steps.forEach((text, at) => {
		const [ report, listed ] = text.split(':');
		const names = (listed || '').split(',').filter(name => ABOUT.includes(name) && state[name]);
		const is_last = at === steps.length - 1;
		const there = Object.assign({ report }, only(state, [ ...WINDOW, 'within', 'by', ...names ]));

		if (at && steps.length > 1 && state.from)
			there.from = steps.slice(0, at);

		found.push({
			state: is_last ? state : there,
			added: [].concat(...names.filter(name => !before.includes(name))
				.map(name => state[name].map(value => [ name, value ])))
		});
		before = names;
	});

	return found;
}

return baseclass.extend({
	ABOUT, WINDOW, parse, format, link, without, only, takes, question, turned, selected, into, way
});
