/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require dom';

return baseclass.extend({
	/** A box above the view, until it is dismissed. */
	addNotification(title, children, ...classes) {
		const main = document.getElementById('maincontent');
		const said = E('div', { 'class': 'ta-said' }, title != null ? [ E('h4', [ title ]) ] : []);
		const box = E('div', { 'class': [ 'alert-message', ...classes ].join(' ') }, [
			said,
			E('button', { 'class': 'btn', 'click': () => box.remove() }, [ _('Dismiss') ])
		]);

		dom.append(said, children);
		main.insertBefore(box, main.firstElementChild);

		return box;
	}
});
