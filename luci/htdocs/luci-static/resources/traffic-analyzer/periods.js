/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require traffic-analyzer.selection as selection';
'require traffic-analyzer.units as units';

// Windows of time, as users pick them, and the ones before and after. Days and longer are dates of the router's
// calendar; what is shorter is told in UTC, as a local time may come twice.

const DAY_MS = 86400000;

function presets() {
	return [
		[ { lookback_minutes: '60' }, _('Last hour') ],
		[ { lookback_minutes: '1440' }, _('Last 24 hours') ],
		[ { day: 'today' }, _('Today') ],
		[ { day: 'yesterday' }, _('Yesterday') ],
		[ { period: 'week' }, _('This week') ],
		[ { period: 'last-week' }, _('Last week') ],
		[ { period: 'month' }, _('This month') ],
		[ { period: 'last-month' }, _('Last month') ],
		[ { period: 'year' }, _('This year') ]
	];
}

/* Those that nobody is offered, but the endpoint knows. */
function others() {
	return [
		[ { period: 'hour' }, _('This hour') ],
		[ { period: 'day' }, _('Today') ],
		[ { period: 'last-year' }, _('Last year') ]
	];
}

/** The part of `state` that says which window; the last hour where it says nothing. */
function of(state) {
	const found = selection.only(state, selection.WINDOW);

	return Object.keys(found).length ? found : presets()[0][0];
}

/** `state` with another window. */
function put(state, window) {
	return Object.assign(selection.without(state, [ ...selection.WINDOW, 'offset' ]), window);
}

/** `2026-03-12T19:46Z`. */
function moment(unix_s) {
	return `${new Date(unix_s * 1000).toISOString().slice(0, 16)}Z`;
}

/** The window of these whole minutes. */
function between(since_unix_s, until_unix_s) {
	return { since: moment(since_unix_s), until: moment(Math.ceil(until_unix_s / 60) * 60) };
}

function is_midnight(local) {
	return local.endsWith('T00:00:00');
}

function date(ms) {
	return new Date(ms).toISOString().slice(0, 10);
}

/** Milliseconds of a local date, `months` later. */
function later(local, months) {
	const [ year, month, number ] = local.slice(0, 10).split('-').map(Number);

	return Date.UTC(year, month - 1 + months, number);
}

/** The window before (`sign` -1) or after (1) the one that `answer` is of. */
function shifted(state, answer, sign) {
	const { since_unix_s, until_unix_s } = answer.selection;
	const [ begin, end ] = [ since_unix_s, until_unix_s ].map(at => units.local(at, answer.offsets));

	if (!is_midnight(begin) || !is_midnight(end)) {
		const minutes = Number(of(state).lookback_minutes);
		const size_s = minutes ? minutes * 60 : Math.ceil((until_unix_s - since_unix_s) / 60) * 60;
		const from_unix_s = Math.floor(since_unix_s / 60) * 60 + sign * size_s;

		return between(from_unix_s, from_unix_s + size_s);
	}

	const [ first_ms, last_ms ] = [ later(begin, 0), later(end, 0) ];
	const [ first, last ] = [ begin, end ].map(text => Number(text.slice(0, 4)) * 12 + Number(text.slice(5, 7)));
	const months = last - first;

	// The 29th and later are not in every month.
	if (months && begin.slice(8, 10) === end.slice(8, 10) && begin.slice(8, 10) < '29')
		return { since: date(later(begin, sign * months)), until: date(later(end, sign * months)) };

	const size_ms = last_ms - first_ms;

	if (size_ms === DAY_MS)
		return { day: date(first_ms + sign * size_ms) };

	return { since: date(first_ms + sign * size_ms), until: date(last_ms + sign * size_ms) };
}

/** A window in words, by the router's clock: `2026-03-12 19:46 to 20:46`, `2026-03-12`, `2026-03-01 to 2026-03-31`. */
function words(since_unix_s, until_unix_s, offsets) {
	const [ begin, end ] = [ since_unix_s, until_unix_s ].map(at => units.local(at, offsets));
	const span = (from, to) => units.filled(_('{from} to {to}'), { from, to });

	if (is_midnight(begin) && is_midnight(end)) {
		const last = date(later(end, 0) - DAY_MS);

		return last <= begin.slice(0, 10) ? begin.slice(0, 10) : span(begin.slice(0, 10), last);
	}

	const [ from, to ] = [ begin, end ].map(text => text.slice(0, 16).replace('T', ' '));

	return span(from, from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to);
}

/** What the router's clock goes by in a window; both where it is set within. */
function zones(since_unix_s, until_unix_s, offsets) {
	const [ begin, end ] = [ since_unix_s, until_unix_s - 1 ].map(at => units.zone(at, offsets));

	return begin === end ? begin : units.filled(_('{before}, then {after}'), { before: begin, after: end });
}

/** The title of a window that has one, and is no span of its own; null else. */
function title(window) {
	const hash = selection.format(window);
	const found = [ ...presets(), ...others() ].find(([ preset ]) => selection.format(preset) === hash);

	if (found)
		return found[1];

	return window.lookback_minutes && !window.until
		? units.filled(_('Last {count} minutes'), { count: units.count(window.lookback_minutes) }) : null;
}

/** What a window that was asked for is called: its title, or its times, by the router's clock with the `offsets` known. */
function called(window, offsets) {
	const times = [ window.since, window.until ].filter(Boolean).map(text => text.replace('T', ' '));

	if (times.length === 2 && times.every(text => text.endsWith('Z')))
		return words(...times.map(text => Date.parse(text.replace(' ', 'T')) / 1000), offsets);

	return title(window) || window.day || times.join(' – ') || Object.values(window).join(' ');
}

/**
 * The picker: before, a list, after, and two fields for any other window.
 *
 * `answer` is the last one or null, `now_unix_s` the router's time or null; `go(window)` is called with what was picked.
 */
function picker(state, answer, now_unix_s, go) {
	const window = of(state), known = title(window);
	const picked = presets().findIndex(([ preset ]) => selection.format(preset) === selection.format(window));
	const is_last = !answer || window.lookback_minutes && !window.until ||
		now_unix_s !== null && answer.selection.until_unix_s > now_unix_s;
	const arrow = (sign, text, about, is_off) => E('button', {
		'type': 'button', 'class': 'cbi-button btn ta-step', 'name': `step${sign}`, 'title': about, 'aria-label': about,
		'disabled': is_off ? '' : null, 'click': () => go(shifted(state, answer, sign))
	}, [ text ]);
	const field = (name, label, at) => E('label', {}, [ label, ' ', E('input', {
		'type': 'datetime-local', 'class': 'cbi-input-text', 'name': name, 'required': '', 'step': '60',
		'value': answer ? units.local(Math.ceil(answer.selection[at] / 60) * 60, answer.offsets).slice(0, 16) : null
	}) ]);
	const own = E('form', { 'class': 'ta-own', 'hidden': known ? '' : null, 'submit': ev => {
		const [ since, until ] = [ 'own_since', 'own_until' ].map(name => own.elements[name].value);

		ev.preventDefault();
		own.elements.own_until.setCustomValidity(since < until ? '' : _('The end must be after the beginning.'));

		if (own.reportValidity())
			go({ since, until });
	}, 'input': () => own.elements.own_until.setCustomValidity('') }, [
		field('own_since', _('From', 'time'), 'since_unix_s'),
		field('own_until', _('to'), 'until_unix_s'),
		E('button', { 'type': 'submit', 'class': 'cbi-button btn' }, [ _('Show') ])
	]);
	const list = E('select', { 'class': 'cbi-input-select', 'name': 'window', 'aria-label': _('Period'), 'change': () => {
		own.hidden = list.value !== '';

		if (/^\d+$/.test(list.value))
			go(presets()[list.value][0]);
	} }, [
		...presets().map(([ , text ], at) => E('option', { 'value': at, 'selected': at === picked ? '' : null }, [ text ])),
		...known && picked < 0 ? [ E('option', { 'value': 'now', 'selected': '' }, [ known ]) ] : [],
		E('option', { 'value': '', 'selected': known ? null : '' }, [ known ? _('Other…') : _('Other') ])
	]);

	return E('div', { 'class': 'ta-period' }, [
		E('span', { 'class': 'ta-steps' }, [
			arrow(-1, '‹', _('The period before'), !answer), list, arrow(1, '›', _('The period after'), is_last)
		]),
		own
	]);
}

return baseclass.extend({ of, put, between, shifted, words, zones, called, picker });
