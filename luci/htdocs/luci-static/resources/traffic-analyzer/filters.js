/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require traffic-analyzer.selection as selection';
'require traffic-analyzer.table as table';
'require traffic-analyzer.units as units';

// What a selection is narrowed to: a chip each, and fields to add one, for every list that a report takes.

const PROTOCOLS = [
	'tcp/443', 'udp/443', 'tcp/80', 'udp/53', 'tcp/22', 'tcp/853', 'udp/123', 'udp/51820', 'tcp', 'udp', 'icmp', 'icmpv6'
];
const CHIP_MOST = 32;

function titles() {
	return { device: _('Device'), domain: _('Site or name'), protocol: _('Protocol'), iface: _('Interface') };
}

function hints() {
	return {
		device: _('name, MAC or IP address'), domain: 'example.org', protocol: 'udp/443', iface: 'br-lan'
	};
}

/** What a filter is called. */
function title(name) {
	return titles()[name] || name;
}

/** The lists that `report` takes, in the order in which one asks for them. */
function taken(report) {
	return selection.ABOUT.filter(name => report.filters.some(filter => filter.name === name && filter.kind === 'list'))
		.sort((a, b) => Object.keys(titles()).indexOf(a) - Object.keys(titles()).indexOf(b));
}

/** The state with, or without, one of a list's values. */
function toggled(state, name, value, is_in) {
	const values = (state[name] || []).filter(one => one !== value).concat(is_in ? [ value ] : []);
	const next = selection.without(state, [ 'offset', name ]);

	return values.length ? Object.assign(next, { [name]: values }) : next;
}

/** The chips: each a link to the state without it. `called(name, value)`: what it is called. */
function chips(state, report, called, href) {
	return E('div', { 'class': 'ta-chips' }, [].concat(...taken(report).map(name => (state[name] || []).map(value =>
		E('span', { 'class': 'ta-chip', 'title': called(name, value) === value ? null : value }, [
			E('span', { 'class': 'ta-chip-of' }, [ title(name) ]),
			table.name(called(name, value), CHIP_MOST),
			E('a', {
				'href': href(toggled(state, name, value, false)), 'class': 'ta-chip-off',
				'title': _('Remove this filter'),
				'aria-label': `${_('Remove this filter')}: ${title(name)} ${units.escaped(called(name, value))}`
			}, [ '×' ])
		])
	))));
}

/**
 * The fields. `known` holds, by filter, [[value, text], …] to choose from; `go(state)` is called when one is added.
 * What is typed may be a known text, or any value that the endpoint takes.
 */
function fields(state, report, known, go) {
	return E('div', { 'class': 'ta-fields' }, taken(report).map(name => {
		const choices = name === 'protocol' ? PROTOCOLS.map(text => [ text, text ]) : known[name] || [];
		const add = () => {
			const typed = input.value.trim(), found = choices.filter(([ , text ]) => text === typed);

			input.value = '';

			// A name that two devices share asks for both.
			if (typed)
				go(toggled(state, name, found.length === 1 ? found[0][0] : typed, true));
		};
		const input = E('input', {
			'type': 'text', 'class': 'cbi-input-text', 'name': `add_${name}`, 'list': `ta-known-${name}`,
			'placeholder': hints()[name], 'autocomplete': 'off', 'autocapitalize': 'none', 'spellcheck': 'false',
			'maxlength': '1016',
			// A choice from the list counts at once; what is typed, when it is done.
			'change': add,
			'input': ev => ev.inputType && ev.inputType !== 'insertReplacementText' ? null : add()
		});

		return E('label', {}, [
			E('span', {}, [ title(name) ]), input,
			E('datalist', { 'id': `ta-known-${name}` }, choices.map(([ value, text ]) =>
				E('option', { 'value': text, 'label': text === value ? null : value })))
		]);
	}));
}

return baseclass.extend({ taken, chips, fields });
