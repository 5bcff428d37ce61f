/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require view';
'require poll';
'require traffic-analyzer.api as api';
'require traffic-analyzer.cards as cards';
'require traffic-analyzer.chart as chart';
'require traffic-analyzer.devices as devices';
'require traffic-analyzer.ring as ring';
'require traffic-analyzer.selection as selection';
'require traffic-analyzer.sentences as sentences';
'require traffic-analyzer.svg as svg';
'require traffic-analyzer.theme as theme';
'require traffic-analyzer.units as units';

// Where the traffic goes, on one page: live each second, the sums of a period every ten. Which reports these are is
// said by their declarations.

const SPAN_S = 600;
const RATE_S = 5; // what runs now is the mean of so long, as that of each device is
const ASK_S = 10;
const REST = 4; // seconds that are let pass while nobody answers
const DEVICES_MOST = 64; // as many as api.live() tells of

function periods() {
	return [
		{ window: { lookback_minutes: '60' }, title: _('Last hour') },
		{ window: { day: 'today' }, title: _('Today') },
		{ window: { period: 'week' }, title: _('This week') },
		{ window: { period: 'month' }, title: _('This month') }
	];
}

function orders() {
	return [ { order: 'total', title: _('Most in total') }, { order: 'now', title: _('Most now') } ];
}

/** Buttons of which one is pressed. `choices`: `[{title, …}]`; `chosen(one)` tells which it is; `choose(one)` is called. */
function choice(about, choices, chosen, choose) {
	const buttons = choices.map(one => E('button', { 'type': 'button', 'class': 'btn cbi-button', 'click': () => {
		choose(one);
		press();
	} }, [ one.title ]));
	const press = () => buttons.forEach((button, at) => {
		const is_pressed = chosen(choices[at]);

		button.setAttribute('aria-pressed', is_pressed);
		[ 'cbi-button-action', 'important' ].forEach(name => button.classList.toggle(name, is_pressed));
	});

	press();

	return { press, node: E('div', { 'class': 'ta-choice', 'role': 'group', 'aria-label': about }, buttons) };
}

/** A rate in large figures. */
function figure(kind, title) {
	const number = E('b'), unit = E('span');

	return {
		node: E('div', { 'class': `ta-figure ta-${kind}` },
			[ E('span', { 'class': 'ta-title' }, [ title ]), E('div', {}, [ number, unit ]) ]),
		show(bytes_s) {
			const [ amount, of ] = bytes_s === null ? [ '–' ] : units.rate(bytes_s).split(' ');

			svg.put(number, amount);
			svg.put(unit, of ? ` ${of}` : '');
		}
	};
}

return view.extend({
	handleSave: null,
	handleSaveApply: null,
	handleReset: null,

	render() {
		this.state = { period: periods()[1], order: 'total' };
		this.ring = ring.create(SPAN_S);
		this.troubles = {};
		this.rest = 0;
		this.restore();

		const node = this.page();

		theme.apply(node);
		window.addEventListener('hashchange', () => this.restore() && this.ask());
		poll.add(() => this.live(), 1); // starts the clock: what is added after it waits for its first turn
		poll.add(() => this.ask(), ASK_S);
		this.ask();

		return node;
	},

	page() {
		const live = cards.card('live', _('Right now')), column = names => E('div', { 'class': 'ta-column' },
			names.map(name => this.cards[name].node));

		this.chart = chart.live({ span_s: SPAN_S });
		this.figures = { rx: figure('rx', `↓ ${_('Download')}`), tx: figure('tx', `↑ ${_('Upload')}`) };
		this.cards = {
			devices: cards.card('devices', _('Devices')), sites: cards.card('sites', _('Top sites')),
			labels: cards.card('labels', _('How sure the names are')), health: cards.card('health', _('Does it add up?'))
		};
		this.devices = devices.create({ order: this.state.order, link: (report, row) => this.link(report, row) });
		this.choices = [
			choice(_('Period'), periods(), one => one.title === this.state.period.title, period => this.choose({ period })),
			choice(_('Sorted by'), orders(), one => one.order === this.state.order, ({ order }) => this.choose({ order }))
		];
		this.cards.devices.head.appendChild(this.choices[1].node);
		this.cards.devices.body.appendChild(this.devices.node);
		this.columns = E('div', { 'class': 'ta-columns', 'hidden': '' },
			[ column([ 'devices', 'labels' ]), column([ 'sites', 'health' ]) ]);
		this.alert = E('div', { 'class': 'alert-message warning ta-alert', 'role': 'alert', 'hidden': '' }, [ E('p') ]);
		this.told = E('div', { 'class': 'alert-message notice ta-alert', 'hidden': '' }, [ E('p') ]);
		live.body.appendChild(E('div', { 'class': 'ta-figures' }, [ this.figures.rx.node, this.figures.tx.node ]));
		live.body.appendChild(this.chart.node);
		this.figures.rx.show(null);
		this.figures.tx.show(null);

		return this.root = E('div', { 'class': 'ta ta-overview' }, [
			E('div', { 'class': 'ta-top' }, [ E('h2', { 'name': 'content' }, [ _('Traffic') ]), this.choices[0].node ]),
			this.alert, this.told, live.node, this.columns
		]);
	},

	/** Reads the hash. True where it says something else than is shown. */
	restore() {
		const said = selection.parse(window.location.hash);
		const period = periods().find(({ window }) => Object.keys(window).every(name => window[name] === said[name])) ||
			periods()[1];
		const order = said.order === 'now' ? 'now' : 'total', before = this.state.period;
		const is_other = period.title !== before.title;

		this.state = { period: is_other ? period : before, order };

		if (this.choices) {
			this.choices.forEach(one => one.press());
			this.devices.by(order);
		}

		return is_other;
	},

	choose(chosen) {
		this.state = Object.assign({}, this.state, chosen);
		window.history.replaceState(null, '', '#' + selection.format(Object.assign({}, this.state.period.window,
			this.state.order === 'now' ? { order: 'now' } : {})));

		if (chosen.order)
			this.devices.by(chosen.order);
		else {
			this.columns.classList.add('ta-busy');
			this.ask();
		}
	},

	/** What a summary asks its report for. The period is told apart by its object: who asked for an earlier one is late. */
	asked(report) {
		return Object.assign({}, this.state.period.window, selection.takes(report, 'by') ? { by: report.summary.by } : {});
	},

	/** Where a row of a summary leads: the traffic of that row alone. */
	link(report, row) {
		const target = this.reports.find(one => one.name === report.leads_to) || report;
		const state = selection.into(Object.assign({ report: report.name }, this.asked(report)), target,
			selection.selected(report.columns, row));

		return state && selection.link('explore', state);
	},

	live() {
		if (document.hidden || this.rest-- > 0)
			return null;

		return api.live(this.ring.since).then(answer => {
			this.rest = 0;
			this.ring.add(answer);

			const rates = this.ring.rates(RATE_S, answer.now_unix_s);

			this.figures.rx.show(rates && rates.rx);
			this.figures.tx.show(rates && rates.tx);
			this.chart.update(this.ring.slots, answer.now_unix_s, answer.offsets);
			this.devices.live(answer.devices);

			if (this.trouble('live', null))
				return this.ask();

			return null;
		}, error => {
			this.rest = REST;
			this.trouble('live', error);
		});
	},

	ask() {
		if (document.hidden)
			return null;

		const period = this.state.period, is_still = () => this.state.period === period;

		return Promise.all([ api.reports(), api.status() ]).then(([ reports, status ]) => {
			this.reports = reports;

			const places = [ 'devices', 'sites', 'labels' ].map(place =>
				[ place, reports.find(report => report.summary && report.summary.place === place) ]);

			for (const [ place, report ] of places)
				this.cards[place].node.hidden = !report;

			return Promise.all(places.filter(([ , report ]) => report).map(([ place, report ]) => {
				const limit = place === 'devices' ? DEVICES_MOST : report.summary.limit;
				const state = Object.assign(this.asked(report), limit ? { limit: String(limit) } : {});

				return api.report(report.name, selection.question(state, report)).then(answer => {
					if (is_still())
						this.show(place, report, answer);

					return answer;
				});
			})).then(answers => {
				if (is_still())
					this.judge(status, answers);
			});
		}).then(() => is_still() && this.trouble('asked', null), error => is_still() && this.trouble('asked', error));
	},

	show(place, report, answer) {
		const { head, body } = this.cards[place], link = (of, row) => this.link(of, row);

		this.columns.hidden = false;

		if (place === 'devices')
			this.devices.answer(report, answer);
		else if (place === 'sites')
			cards.ranking(body, report, answer, link);
		else
			cards.sureness(body, report, answer);

		const href = selection.link('explore', Object.assign({ report: report.name }, this.asked(report)));

		if (!this.cards[place].all)
			this.cards[place].all = head.appendChild(E('a', { 'class': 'ta-all', 'title': _(report.help) }, [ _('Explore') ]));

		this.cards[place].all.setAttribute('href', href);
	},

	judge(status, answers) {
		const remarks = answers.reduce((all, answer) => all.concat(answer.remarks), status.remarks);
		const completeness = answers.length ? answers[0].completeness : status.completeness;
		const clock = status.notices.find(notice => notice.code === 'clock'), said = [];
		const passed = this.ring.rates(SPAN_S, status.now_unix_s);

		if (clock)
			said.push(sentences.notice(clock), sentences.remedy(clock.code));
		else if (!answers.some(answer => answer.rows.length) && !(passed && passed.rx + passed.tx))
			said.push(status.interfaces.length
				? _('Nothing counted yet: numbers appear here seconds after the first packets pass.')
				: _('Nothing counted yet, and no interface is counted on. The settings say which are chosen, the system log why ' +
					'they are not counted.'));

		cards.health(this.cards.health.body, { completeness, title: this.state.period.title }, status,
			Array.from(new Set(remarks.map(sentences.notice))));
		this.told.hidden = !said.length;
		svg.put(this.told.firstChild, said.join(' '));
	},

	/** Says what is wrong with what is asked, or that nothing is any more; true where it was wrong until now. */
	trouble(what, error) {
		const was = this.troubles[what];

		this.troubles[what] = error;

		const found = this.troubles.live || this.troubles.asked;

		if (what === 'asked')
			this.columns.classList.remove('ta-busy');

		// What the collector said last stays readable, and looks like the past.
		this.root.classList.toggle('ta-stale', !!found);
		this.root.classList.toggle('ta-running', !this.troubles.live);
		this.alert.hidden = !found;
		svg.put(this.alert.firstChild, found ? found.message : '');

		if (error && !error.code)
			console.error(error);

		return !!was && !error;
	}
});
