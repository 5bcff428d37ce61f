/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require view';
'require dom';
'require traffic-analyzer.api as api';
'require traffic-analyzer.answers as answers';
'require traffic-analyzer.filters as filters';
'require traffic-analyzer.known as known';
'require traffic-analyzer.periods as periods';
'require traffic-analyzer.selection as selection';
'require traffic-analyzer.theme as theme';
'require traffic-analyzer.units as units';

// Any report of any part of the traffic. What is shown is told by the hash and by nothing else: what a user does sets
// it, and what it says is asked for and drawn. No report is known by name.

const CRUMB_MOST = 40;  // characters

/** Reports by what they are about, as told by what they take: [[title, [report, …]], …]. */
function groups(reports) {
	const takes = (report, name) => selection.takes(report, name);
	const one = report => report.needs_device || report.needs_domain;
	const client = report => takes(report, 'device') || takes(report, 'domain');

	return [
		[ _('Traffic'), reports.filter(report => !one(report) && client(report) && report.timeline) ],
		[ _('One device or name'), reports.filter(one) ],
		[ _('Names'), reports.filter(report => !one(report) && client(report) && !report.timeline) ],
		[ _('Interfaces and collector'), reports.filter(report => !one(report) && !client(report)) ]
	].filter(([ , found ]) => found.length);
}

const href = state => `#${selection.format(state)}`;

function go(state) {
	window.location.hash = selection.format(state);
}

class Explore {
	constructor(reports) {
		const part = name => E('div', { 'class': `ta-${name}` });

		this.reports = reports;
		this.shown = null;  // the last answer
		this.turn = 0;
		this.bar = part('asked');
		this.way = part('way');
		this.filters = part('filters');
		this.trouble = part('trouble');
		this.results = E('div', { 'class': 'ta-results', 'aria-live': 'off' });
		this.node = E('div', { 'class': 'ta ta-explore' }, [
			E('h2', { 'name': 'content' }, [ _('Explore') ]), this.bar, this.way, this.filters, this.trouble, this.results
		]);
		this.known = known.of(reports, () => this.controls());

		const listener = () => {
			if (document.body.contains(this.node))
				this.show();
			else
				window.removeEventListener('hashchange', listener);
		};

		window.addEventListener('hashchange', listener);
	}

	/* The report of the hash; without one, the first that is told where everything is told at once. */
	report() {
		return this.reports.find(report => report.name === this.state.report) ||
			this.reports.find(report => report.summary) || this.reports[0];
	}

	/* Draws what the hash says. */
	show() {
		this.state = selection.parse(window.location.hash);
		this.state.report = this.report().name;
		this.controls();
		this.ask();
	}

	controls() {
		if (!this.state)
			return;

		const active = document.activeElement, name = active && this.node.contains(active) ? active.getAttribute('name') : null;

		// Who types is not disturbed by names that have become known.
		if (name && name.startsWith('add_') && active.value)
			return;

		const report = this.report(), state = this.state;

		dom.content(this.bar, [
			this.picker(report),
			periods.picker(state, this.shown, this.known.now_unix_s(), window => go(periods.put(state, window))),
			this.by(report),
			E('button', {
				'type': 'button', 'class': 'cbi-button btn ta-again', 'name': 'again', 'title': _('Ask again'),
				'aria-label': _('Ask again'), 'click': () => this.ask()
			}, [ '↻' ])
		].filter(Boolean));
		dom.content(this.way, this.steps());
		dom.content(this.filters, [
			filters.chips(state, report, (filter, value) => this.known.called(filter, value), href), this.fields(report)
		]);

		const again = name && this.node.querySelector(`[name="${name}"]`);

		if (again)
			again.focus();
	}

	picker(report) {
		const list = E('select', {
			'class': 'cbi-input-select ta-report', 'name': 'report', 'aria-label': _('Report'),
			'change': () => go(selection.turned(this.state, this.reports.find(one => one.name === list.value)))
		}, groups(this.reports).map(([ title, reports ]) => E('optgroup', { 'label': title }, reports.map(one => E('option', {
			'value': one.name, 'selected': one === report ? '' : null, 'title': units.sentence(_(one.help))
		}, [ _(one.title) ])))));

		return list;
	}

	by(report) {
		const by = report.filters.find(filter => filter.name === 'by');

		if (!by)
			return null;

		const titles = { name: _('Names'), site: _('Sites') }, now = this.state.by || by.default;

		return E('span', { 'class': 'ta-switch', 'role': 'group', 'aria-label': _('Names put together by') },
			by.choices.map(choice => E('a', {
				'href': href(Object.assign(selection.without(this.state, [ 'offset' ]), { by: choice })),
				'class': choice === now ? 'ta-on' : null, 'aria-current': choice === now ? 'true' : null
			}, [ titles[choice] || choice ])));
	}

	/* The way back: All › tv › example.org, and out of a bar of the chart. */
	steps() {
		const way = selection.way(this.state), within = this.state.within || [];
		const nodes = way.length < 2 ? [] : [].concat(...way.map(({ state, added }, at) => {
			const named = this.reports.find(report => report.name === state.report);
			const texts = added.map(([ name, value ]) => units.escaped(this.known.called(name, value)));
			const inner = E('bdi', {}, [ units.shortened(texts.join(', ') || _('All'), CRUMB_MOST) ]);
			const about = { 'title': named ? _(named.title) : null };

			return [
				at ? E('span', { 'class': 'ta-sep', 'aria-hidden': 'true' }, [ '›' ]) : null,
				state === this.state ? E('b', about, [ inner ]) : E('a', Object.assign({ 'href': href(state) }, about), [ inner ])
			];
		})).filter(Boolean);

		if (within.length) {
			const outer = {};

			for (const [ name, value ] of new URLSearchParams(within[within.length - 1]))
				if (selection.WINDOW.includes(name))
					outer[name] = value;

			nodes.push(E('a', {
				'class': 'ta-out', 'href': href(Object.assign(periods.put(this.state, outer), { within: within.slice(0, -1) }))
			}, [ '↩ ', units.filled(_('Back to {window}'), {
				window: periods.called(outer, this.shown ? this.shown.offsets : [])
			}) ]));
		}

		return nodes.length ? [ E('nav', { 'class': 'ta-crumbs', 'aria-label': _('Where you are') }, nodes) ] : [];
	}

	fields(report) {
		const taken = filters.taken(report);

		if (!taken.length)
			return E('span');

		const count = taken.reduce((sum, name) => sum + (this.state[name] || []).length, 0);
		const box = E('details', { 'class': 'ta-narrow', 'open': this.is_open ? '' : null, 'toggle': () => {
			this.is_open = box.open;

			if (box.open)
				[ 'device', 'domain' ].forEach(filter => this.known.learn(filter));
		} }, [
			E('summary', {}, [ count ? units.filled(_('Filters ({count})'), { count }) : _('Filters') ]),
			filters.fields(this.state, report, this.known.choices(), go)
		]);

		return box;
	}

	/* Asks what the hash asks, and shows the answer; meanwhile the old one stays. */
	async ask() {
		const turn = ++this.turn, state = this.state, report = this.report();
		const needs = report.needs_device && !state.device ? 'device' : report.needs_domain && !state.domain ? 'domain' : null;

		this.results.classList.add('ta-busy');
		this.results.setAttribute('aria-busy', 'true');

		try {
			const nodes = needs ? await answers.wanted(this, needs) : await answers.given(this, state, report);

			if (turn !== this.turn)
				return;

			dom.content(this.trouble, []);
			dom.content(this.results, nodes);
			this.results.classList.remove('ta-busy');
			this.results.setAttribute('aria-busy', 'false');
			this.controls();
			this.known.recognize(state.device || []);
		}
		catch (error) {
			if (turn !== this.turn)
				return;

			this.results.setAttribute('aria-busy', 'false');
			dom.content(this.trouble, [ E('div', { 'class': 'alert-message warning', 'role': 'alert' }, [
				E('p', {}, [ error.message ]),
				E('button', {
					'type': 'button', 'class': 'btn cbi-button', 'name': 'retry', 'click': () => this.ask()
				}, [ _('Try again') ])
			]) ]);
		}
	}
}

return view.extend({
	handleSave: null,
	handleSaveApply: null,
	handleReset: null,

	load() {
		return api.reports().catch(error => error);
	},

	render(reports) {
		const root = E('div', { 'class': 'ta' });

		if (reports instanceof Error) {
			const again = async () => root.replaceWith(this.render(await this.load()));

			dom.content(root, [ E('h2', {}, [ _('Explore') ]), E('div', { 'class': 'alert-message warning', 'role': 'alert' }, [
				E('p', {}, [ reports.message ]),
				E('button', { 'type': 'button', 'class': 'btn cbi-button', 'name': 'retry', 'click': again }, [ _('Try again') ])
			]) ]);
			theme.apply(root);

			return root;
		}

		const page = new Explore(reports);

		theme.apply(page.node);
		page.show();

		return page.node;
	}
});
