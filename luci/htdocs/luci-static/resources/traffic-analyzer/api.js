/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require rpc';

/* Of all reports; a test keeps them those of the declarations. */
const FILTERS = [
	'iface', 'lookback_minutes', 'period', 'start_day', 'since', 'until', 'day', 'device', 'domain', 'by', 'protocol',
	'limit', 'offset', 'sort', 'order'
];

const declare = (method, params) => rpc.declare({
	object: 'traffic-analyzer',
	method,
	params,
	expect: { '': {} },
	reject: true
});

const call = {
	reports: declare('reports'),
	report: declare('report', [ 'name', ...FILTERS ]),
	live: declare('live', [ 'since' ]),
	status: declare('status'),
	settings: declare('settings')
};

/** What to do, by why a question was refused. `%s`: what it was about. */
const reasons = {
	'device-unknown': () => _('No device is called “%s”. Choose one of the list, or write a MAC or an IP address.'),
	'domain-malformed': () => _('“%s” is no name of a site. Write it as example.org.'),
	'iface-unknown': () => _('Nothing was ever counted on an interface “%s”. Choose one of the list.'),
	'protocol-malformed': () => _('“%s” is no protocol. Write tcp, udp or a number, with a port or without: udp/443.')
};

/** What to do, by what is wrong. `%s`: what was said of it. */
const sentences = {
	/* what rpcd's plugin says, and the standalone page */
	stopped: () => _('The collector does not answer. Start it with “traffic-analyzer run”, or on OpenWrt with “service traffic-analyzer start”.'),
	token: () => L.env.is_standalone
		? _('This page does not have the collector’s token. Open the link that “traffic-analyzer link” prints, as root.')
		: _('The collector does not take the token that LuCI found. Restart it with “service traffic-analyzer restart”.'),
	refused: (said, { reason, subject }) => reason in reasons ? reasons[reason]().format(subject)
		: _('The collector does not take this question: %s').format(said),
	unreadable: (said) => _('The database cannot be read: %s').format(said),
	slow: () => _('The collector took too long to answer. Ask for a shorter time, or try again.'),

	/* what rpcd says itself, and the browser */
	plugin: () => _('LuCI finds no traffic-analyzer. Install luci-app-traffic-analyzer, then run “service rpcd restart”.'),
	denied: () => _('You may not see the traffic of this network. Log in as a user who may read luci-app-traffic-analyzer.'),
	expired: () => _('You are logged out. Load this page again to log in.'),
	unreachable: () => _('The router does not answer. Check the connection to it.'),
	broken: (said) => _('Something went wrong that has no name yet: %s').format(said)
};

/** An Error whose `code` is *code* and whose `message` is the sentence for it; `why` a refusal was one, if that is known. */
function trouble(code, said, why) {
	const known = code in sentences ? code : 'broken';

	return Object.assign(new Error(sentences[known](said, why ?? {})), { code: known });
}

/** The code of what rpc.js threw: the numbers are those of JSON-RPC (rpcd, uhttpd) and of ubus. */
function codeOf(error) {
	const number = /(?:error|ubus code|HTTP error) (-?\d+)/.exec(error.message)?.[1];

	if (error.name == 'SessionError')
		return 'expired';

	switch (number) {
	case '-32000': /* no such object */
	case '-32601': case '3': /* no such method */
	case '4': /* not found */
		return 'plugin';

	case '-32002': case '6': case '403':
		return 'denied';

	case '7': /* time is up */
		return 'slow';

	case undefined:
		return 'unreachable';

	default:
		return 'broken';
	}
}

async function ask(method, ...args) {
	let answer;

	try {
		answer = await call[method](...args);
	}
	catch (error) {
		throw trouble(codeOf(error), error.message.split('\n')[0]);
	}

	if (answer.error)
		throw trouble(answer.error.code, answer.error.text, answer.error);

	return answer;
}

let described = null;

/**
 * What the collector answers, as docs of its endpoint say. Each promise that fails gives an Error whose `message` is a
 * translated sentence that says what to do, and whose `code` is one of `stopped`, `token`, `refused`, `unreadable`,
 * `slow`, `plugin`, `denied`, `expired`, `unreachable` and `broken`.
 */
return baseclass.extend({
	/** Every report, described: a list. Asked once. */
	reports() {
		described ??= ask('reports').then((answer) => answer.reports, (error) => {
			described = null;
			throw error;
		});

		return described;
	},

	/** Report *name* of what *filters* choose: by the name of a setting, a text, a number, or a list of texts. */
	report(name, filters) {
		return ask('report', name, ...FILTERS.map((filter) => filters?.[filter] ?? undefined));
	},

	/** Rates: the slots after sequence *since*, all of the last ten minutes without it; and devices. */
	live(since) {
		return ask('live', since ?? 0);
	},

	/** How the collector stands. */
	status() {
		return ask('status');
	},

	/** Settings with the values that the running collector has: a list. */
	settings() {
		return ask('settings').then((answer) => answer.settings);
	}
});
