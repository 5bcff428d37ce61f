/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';

const STYLE = L.resource('traffic-analyzer/style.css');
const roots = new Set();

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

return baseclass.extend({
	/** Gives *root*, a view's outermost element, our style and the class that fits the theme, also when that changes. */
	apply(root) {
		if (![ ...document.querySelectorAll('link[rel=stylesheet]') ].some((link) => link.getAttribute('href') == STYLE))
			document.head.appendChild(E('link', { 'rel': 'stylesheet', 'href': STYLE }));

		if (!roots.size)
			watch();

		root.classList.add('ta');
		roots.add(root);
		paint();

		return root;
	}
});
