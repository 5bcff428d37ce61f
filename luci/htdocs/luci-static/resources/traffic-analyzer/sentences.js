/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require traffic-analyzer.units as units';

// What numbers and notices mean, in words for everyone.

const OFFLOAD = [ 'offload-hardware', 'offload-unknown', 'offload-software' ];
const HIDING = [
	...OFFLOAD, 'not-attached', 'unseen', 'passes-below', 'switch-local', 'bridge-local', 'shared', 'lro'
];
const HARMLESS = [ 'offload-software', 'bridge-local', 'switch-local', 'archive-put-off', 'quota-warned' ];

/** What is missing of a window, each in a clause: nothing where it is complete. */
function missing(completeness) {
	const amount = name => ({
		bytes: units.bytes(completeness[`${name}_bytes`]), packets: units.count(completeness[`${name}_packets`])
	});
	const found = [];

	if (completeness.unseen_packets)
		found.push(units.filled(_('{bytes} passed unseen (packets: {packets})'), amount('unseen')));

	if (completeness.not_booked_packets)
		found.push(units.filled(_('{bytes} found no room in the table of flows (packets: {packets}); its size is one of ' +
			'the settings'), amount('not_booked')));

	if (completeness.difference_bytes || completeness.difference_packets)
		found.push(units.filled(_('{bytes} were seen and are in no report (packets: {packets})'), amount('difference')));

	return found;
}

/** True: nothing is missing; false: something is; null: nothing passed. */
function isComplete(completeness) {
	if (!completeness || !completeness.seen_packets && !completeness.unseen_packets)
		return null;

	return missing(completeness).length === 0;
}

/** How complete a window is, in a sentence or two. */
function verdict(completeness) {
	if (isComplete(completeness) === null)
		return _('No packet was counted in this time.');

	const seen = units.bytes(completeness.seen_bytes);

	if (isComplete(completeness))
		return units.filled(_('Complete: all {seen} that passed were counted.'), { seen });

	// Never 100 % where something is missing.
	return units.filled(_('Incomplete: {share} of what passed was counted. {missing}.'), {
		share: `${(Math.min(completeness.share || 0, 0.9999) * 100).toFixed(2)}%`, missing: missing(completeness).join('; ')
	});
}

/** `412/500`, bytes used and allowed, for a person; what systems say, translated; anything else as it is. */
function detail({ code, detail: text }) {
	const amounts = code.startsWith('quota-') && /^(\d+)\/(\d+)$/.exec(text);
	const since = /^(.*), since (\d{4}-\d\d-\d\d \d\d:\d\d)$/.exec(text);

	if (amounts)
		return units.filled(_('{used} of {limit}'), { used: units.bytes(+amounts[1]), limit: units.bytes(+amounts[2]) });

	if (since)
		return units.filled(_('{what}, since {time}'), { what: detail({ code, detail: since[1] }), time: since[2] });

	return units.escaped(text && _(text));
}

/** What a notice says, or a remark: what must be known of an answer. */
function notice(n) {
	if (!n.template)
		return units.escaped(n.text || `${n.code}: ${n.subject} ${n.detail}`);

	return units.filled(_(n.template), { subject: units.escaped(n.subject), detail: detail(n) });
}

/** What a notice is about, in two or three words; nothing for one that is not known. */
function topic(code) {
	switch (code) {
	case 'offload-hardware': return _('Hardware offload hides traffic');
	case 'offload-software': return _('Software offload');
	case 'offload-unknown': return _('Offload may hide traffic');
	case 'not-attached': return _('An interface is not counted');
	case 'unseen': return _('Packets pass unseen');
	case 'passes-below': return _('A short cut past an interface');
	case 'bridge-local': case 'switch-local': return _('Between your own devices');
	case 'shared': return _('One interface for both sides');
	case 'lro': return _('Merged packets');
	case 'clock': return _('The clock is not set');
	case 'no-wan': return _('No way to the internet yet');
	case 'quota-reached': case 'quota-warned': return _('Quota');
	case 'names-file': return _('Device names');
	case 'web-unavailable': return _('This page');
	}

	return code.startsWith('archive-') ? _('History') : /^(database|stand-in)-/.test(code) ? _('Database') : '';
}

/** What a user can do about a notice; nothing where there is nothing to do. */
function remedy(code) {
	switch (code) {
	case 'clock':
		return _('It is set by itself once time servers can be reached.');
	}

	return '';
}

/** Notices by what they say: `{hiding, other}`, each the gravest first, offload before all. */
function sorted(notices) {
	const rank = n => HIDING.indexOf(n.code);
	const hiding = notices.filter(n => rank(n) >= 0).sort((a, b) => rank(a) - rank(b));

	return { hiding, other: notices.filter(n => rank(n) < 0) };
}

/** A label in a word. */
function label(kind) {
	switch (kind) {
	case 'exact': return _('exact');
	case 'ambiguous': return _('ambiguous');
	case 'hidden': return _('hidden');
	case 'unknown': return _('unknown');
	}

	return kind;
}

/** What a label means. */
function meaning(kind) {
	switch (kind) {
	case 'exact':
		return _('The device said which site it wants, or had looked up one single name for that address.');
	case 'ambiguous':
		return _('Several sites share that address, and it is one of them: the name is likely, not certain.');
	case 'hidden':
		return _('The device encrypts the name of the site (Encrypted Client Hello, ECH): only its provider can be told.');
	case 'unknown':
		return _('No name was ever said for it: VPNs, calls, games, or connections from before counting began.');
	}

	return '';
}

/** What is called `text` in a row, where that is a word of ours and no name; else `text`. */
function name(text) {
	const hidden = /^hidden by ECH \((.*)\)$/.exec(text);

	if (hidden)
		return units.filled(_('hidden by ECH ({name})'), { name: hidden[1] });

	switch (text) {
	case '(other)': return _('(other)');
	case 'this machine': return _('this machine');
	case 'forwarded': return _('forwarded');
	case 'multicast': return _('multicast');
	case 'broadcast': return _('broadcast');
	}

	return text;
}

/** What is behind an interface. */
function role(kind) {
	switch (kind) {
	case 'lan': return _('your devices');
	case 'wan': return _('internet');
	case 'host': return _('this machine');
	}

	return kind || '-';
}

return baseclass.extend({
	isComplete, verdict, notice, topic, remedy, sorted, label, meaning, name, role,

	/** True where a notice only informs: nothing is lost. */
	isHarmless(code) {
		return HARMLESS.includes(code);
	}
});
