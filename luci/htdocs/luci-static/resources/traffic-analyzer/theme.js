/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';

const STYLE = L.resource('traffic-analyzer/style.css');
const roots = new Set();
const ROOM = /@container [\w-]+ (\([^{]*\))\s*\{((?:[^{}]*\{[^{}]*\})*)\s*\}/g;

/** Red, green, blue (0 to 255) and alpha (0 to 1) of a computed colour; null: none of a form that is known. */
function parts(colour) {
	const numbers = /^rgba?\(([^)]+)\)$/.exec(colour)?.[1].split(/[\s,/]+/).map(Number);

	return numbers ? [ ...numbers.slice(0, 3), numbers[3] ?? 1 ] : null;
}

/** Whether what is behind *node* is dark, whatever theme painted it. */
function isDark(node) {
	for (let at = node; at; at = at.parentElement) {
		const [ red, green, blue, alpha ] = parts(window.getComputedStyle(at).backgroundColor) ?? [ 0, 0, 0, 0 ];

		if (alpha > 0.5)
			return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
	}

	return false;
}

function paint() {
	for (const root of roots) {
		const place = root.isConnected ? root.parentElement : document.getElementById('view') ?? document.body;

		root.classList.toggle('ta-dark', isDark(place));
	}
}

function watch() {
	const later = () => window.requestAnimationFrame(paint);
	const observer = new MutationObserver(later);

	for (const node of [ document.documentElement, document.body ])
		observer.observe(node, { attributes: true });

	window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', later);
}

/** Asks the window for its width where a browser (before 2023) cannot ask our column: on a phone that is the same. */
async function adapt(link) {
	const text = await (await fetch(link.href)).text();

	if (!link.sheet)
		await new Promise((loaded) => link.addEventListener('load', loaded, { once: true }));

	const sheet = link.sheet;

	for (const [ , room, rules ] of text.matchAll(ROOM))
		sheet.insertRule(`@media ${room} { ${rules} }`, sheet.cssRules.length);
}

return baseclass.extend({
	/** Gives *root*, a view's outermost element, our style and the class that fits the theme, also when that changes. */
	apply(root) {
		if (!roots.size) {
			const link = [ ...document.querySelectorAll('link[rel=stylesheet]') ].find((one) => one.getAttribute('href') == STYLE)
				?? document.head.appendChild(E('link', { 'rel': 'stylesheet', 'href': STYLE }));

			watch();

			if (!CSS.supports('container-type', 'inline-size'))
				adapt(link).catch(console.warn);
		}

		root.classList.add('ta');
		roots.add(root);
		paint();

		return root;
	}
});
