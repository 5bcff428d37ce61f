/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';

// Nodes of an SVG.

const NAMESPACE = 'http://www.w3.org/2000/svg';

/** A node with its attributes and children. Text goes in by put(), and only as text. */
function draw(name, attributes, children) {
	const node = document.createElementNS(NAMESPACE, name);

	for (const key of Object.keys(attributes || {}))
		node.setAttribute(key, attributes[key]);

	for (const child of children || [])
		node.appendChild(child);

	return node;
}

/** Gives `node` that text; the page is only touched where it differs. Returns the node. */
function put(node, text) {
	if (node.textContent !== text)
		node.textContent = text;

	return node;
}

/** A coordinate to a tenth of a pixel. */
function px(value) {
	return Math.round(value * 10) / 10;
}

return baseclass.extend({ draw, put, px });
