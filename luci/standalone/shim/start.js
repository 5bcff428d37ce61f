/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';

/* The last file: theme, language, header, and the view that the address names. */
(function() {
	const THEME = 'traffic-analyzer.theme';
	const root = document.documentElement;
	const darkness = window.matchMedia('(prefers-color-scheme: dark)');
	let theme = 'auto';

	try { theme = window.localStorage.getItem(THEME) ?? 'auto' }
	catch (error) { console.warn(error) }

	function paint() {
		root.dataset.darkmode = theme == 'auto' ? darkness.matches : theme == 'dark';
	}

	darkness.addEventListener('change', paint);
	paint();

	/** Language and script of *tag*; of what is no tag, nothing. */
	function read(tag) {
		try {
			const { language, script } = new Intl.Locale(tag.replace('_', '-')).maximize();

			return `${language}-${script}`;
		}
		catch (error) {
			return '';
		}
	}

	/** The first language of the browser that there is a file for, before English: `zh-CN` is in zh_Hans. */
	function language() {
		for (const tag of window.navigator.languages) {
			const found = LANGUAGES.find((one) => read(one) == read(tag));

			if (found || read(tag) == read('en'))
				return found;
		}
	}

	async function words() {
		const found = language();

		if (!found)
			return;

		try {
			const answer = await fetch(L.resource(`${found}.json`));

			speak(found.replace('_', '-'), await answer.json());
		}
		catch (error) {
			console.warn(error);
		}
	}

	function pages(page) {
		const titles = { overview: _('Overview'), explore: _('Explore'), settings: _('Settings') };

		document.title = `${titles[page]} · traffic-analyzer`;

		return E('ul', { 'class': 'nav' }, Object.keys(titles).map((name) => E('li', [
			E('a', { 'href': `/${name}`, 'aria-current': name == page ? 'page' : null }, [ titles[name] ])
		])));
	}

	function themes() {
		const titles = { auto: _('Auto'), light: _('Light'), dark: _('Dark') };
		const buttons = Object.keys(titles).map((name) => E('button', {
			'type': 'button',
			'aria-pressed': `${name == theme}`,
			'click': () => {
				theme = name;
				buttons.forEach((one, at) => one.setAttribute('aria-pressed', Object.keys(titles)[at] == name));
				paint();

				try { window.localStorage.setItem(THEME, name) }
				catch (error) { console.warn(error) }
			}
		}, [ titles[name] ]));

		return buttons;
	}

	document.addEventListener('DOMContentLoaded', async () => {
		const page = window.location.pathname.split('/').pop() || 'overview';

		await L.require('access');
		await words();

		const dom = await L.require('dom');
		const switches = document.getElementById('theme');

		switches.setAttribute('aria-label', _('Theme'));
		dom.content(switches, themes());
		dom.content(document.getElementById('pages'), pages(page));
		await L.require(`view.traffic-analyzer.${page}`);
	});
})();
