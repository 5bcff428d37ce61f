/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require dom';

/** As LuCI's: a view draws itself into #view as soon as it is made. Nothing is saved here, so there is no footer. */
const View = baseclass.extend({
	__init__() {
		const root = document.getElementById('view');

		dom.content(root, E('div', { 'class': 'spinning' }, [ _('Loading view…') ]));

		Promise.resolve()
			.then(() => this.load())
			.then((data) => this.render(data))
			.then((node) => dom.content(root, node))
			.catch((error) => {
				dom.content(root, E('div', { 'class': 'alert-message error' }, [ E('p', [ error.message ]) ]));
				console.error(error);
			});
	},

	load() {},

	render() {}
});

return { extend: (members) => View.extend(members) };
