/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';

/**
 * LuCI reads a text that does not stand in a list as HTML. Here it is an error, so that no name ever gets there by a slip.
 */
return baseclass.extend({
	elem(node) {
		return node != null && typeof(node) == 'object' && 'nodeType' in node;
	},

	append(node, children) {
		if (children == null)
			return null;

		if (typeof(children) == 'function')
			return this.append(node, children(node));

		if (this.elem(children))
			return node.appendChild(children);

		if (!Array.isArray(children))
			throw new TypeError(`${children}: LuCI would read this as HTML; put it in a list`);

		/* null is no child, but in a list it is a text: LuCI writes it too. */
		for (const child of children)
			node.appendChild(this.elem(child) ? child : document.createTextNode(`${child}`));

		return node.lastChild;
	},

	content(node, children) {
		while (node.firstChild)
			node.removeChild(node.firstChild);

		return this.append(node, children);
	},

	attr(node, key, value) {
		const attributes = typeof(key) == 'string' ? { [key]: value } : key;

		for (const name in attributes) {
			const given = attributes[name];

			if (typeof(given) == 'function')
				node.addEventListener(name, given);
			else if (given != null)
				node.setAttribute(name, typeof(given) == 'object' ? JSON.stringify(given) : given);
		}
	},

	create(what, attributes, children) {
		if (Array.isArray(attributes)) {
			children = attributes;
			attributes = null;
		}

		if (typeof(attributes ?? {}) != 'object' || this.elem(attributes))
			throw new TypeError(`${attributes}: LuCI would take this for attributes or HTML; put it in a list`);

		let node = what;

		if (Array.isArray(what)) {
			node = document.createDocumentFragment();
			what.forEach((one) => node.appendChild(this.create(one)));
		}
		else if (!this.elem(what)) {
			node = document.createElement(what);
		}

		this.attr(node, attributes);
		this.append(node, children);

		return node;
	}
});
