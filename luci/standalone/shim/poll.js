/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';

/**
 * As LuCI's: each function again after its seconds, unless its last promise is still open. What is added first is called
 * at once, what is added to others when its seconds are due. Rests while nobody looks.
 */
return baseclass.extend({
	__init__() {
		this.queue = [];
		this.tick = 0;
		document.addEventListener('visibilitychange', () => {
			if (this.active() && !document.hidden) {
				this.tick = 0;
				this.step();
			}
		});
	},

	add(fn, seconds) {
		if (this.queue.some((entry) => entry.fn === fn))
			return false;

		this.queue.push({ fn, seconds: seconds > 0 ? seconds >>> 0 : 5, is_ready: true });
		this.start();

		return true;
	},

	remove(fn) {
		const before = this.queue.length;

		this.queue = this.queue.filter((entry) => entry.fn !== fn);

		if (!this.queue.length)
			this.stop();

		return this.queue.length != before;
	},

	start() {
		if (this.active() || !this.queue.length)
			return false;

		this.tick = 0;
		this.timer = window.setInterval(() => this.step(), 1000);
		this.step();

		return true;
	},

	stop() {
		if (!this.active())
			return false;

		window.clearInterval(this.timer);
		this.timer = null;

		return true;
	},

	active() {
		return this.timer != null;
	},

	step() {
		if (document.hidden || !this.active())
			return;

		for (const entry of this.queue) {
			if (this.tick % entry.seconds || !entry.is_ready)
				continue;

			const ready = () => { entry.is_ready = true };

			entry.is_ready = false;
			Promise.resolve().then(entry.fn).then(ready, (error) => {
				ready();
				console.error(error);
			});
		}

		this.tick++;
	}
});
