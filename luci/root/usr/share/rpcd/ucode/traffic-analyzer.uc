// The ubus object `traffic-analyzer`: typed questions, each one GET to the JSON endpoint of the collector.
//
// rpcd goes on serving others while an answer is waited for, and nothing that the other end sends stops it. Needs
// ucode of OpenWrt 24.10: its modules fs, socket, ubus, uci and uloop.

'use strict';

import { open } from 'fs';
import { create, AF_INET, AF_INET6, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from 'socket';
import { connect } from 'ubus';
import { cursor } from 'uci';
import { handle, timer, ULOOP_READ, ULOOP_WRITE } from 'uloop';

const DEFAULT_LISTEN = '127.0.0.1:8377';
const DEFAULT_TOKEN_FILE = '/run/traffic-analyzer/token';

const WAIT_MS = 2000; // from connect to the last byte
const TOKEN_BYTES_MAX = 4096;
const QUESTION_BYTES_MAX = 16384;
// ubusd takes 1 MiB a message (UBUS_MAX_MSGLEN), hangs up on whoever sends more, and that would be all of rpcd.
const ANSWER_BYTES_MAX = 900000;
// "0," is two bytes of JSON and twelve as an array's element in a message; nothing grows more.
const GROWTH_MAX = 6;

const UNRESERVED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~';

// What is under way. Held here because loaders of uloop share one registry, in which another plugin's garbage
// collector does not see that ours are in use.
const asking = {};
let asked = 0;

let bus;

/** `{error}` as every method answers it: which trouble, and an English line that says what to do. */
function trouble(code, text) {
	return { error: { code, text } };
}

const STOPPED = trouble('stopped', 'nobody listens: start the service traffic-analyzer');
const TOKEN = trouble('token', 'the token is not the collector\'s: look at web_token_file, or restart the service');
const TOO_LONG = trouble('refused', 'the answer is too long for ubus: ask for fewer rows');
const STRANGE = trouble('stopped', 'no answer of a traffic-analyzer: look at web_listen and the log');
const SLOW = trouble('slow', 'no answer within two seconds: the collector is busy');

/** The bytes of *text* as RFC 3986, section 2.1 writes them in a query. */
function encoded(text) {
	let out = '';

	for (let i = 0; i < length(text); i++) {
		const byte = substr(text, i, 1);

		out += (index(UNRESERVED, byte) >= 0) ? byte : sprintf('%%%02X', ord(byte));
	}

	return out;
}

/** `name=value&…` of the *names* given in *values*, a list's once for each; null where a list holds what is no text. */
function query(names, values) {
	const parts = [];

	for (let name in names) {
		const value = values[name];

		for (let item in (type(value) == 'array') ? value : [ value ]) {
			if (type(value) == 'array' && type(item) != 'string')
				return null;

			if (item != null)
				push(parts, `${name}=${encoded(`${item}`)}`);
		}
	}

	return join('&', parts);
}

/** `{family, address, port}` of a `web_listen`, loopback where that is every address; null where it is none. */
function address_of(listen) {
	const parts = match(listen, /^(\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):([0-9]+)$/);

	if (!parts)
		return null;

	if (parts[2] != null && parts[2] != '')
		return { family: AF_INET6, address: (parts[2] == '::') ? '::1' : parts[2], port: +parts[4] };

	return { family: AF_INET, address: (parts[3] == '0.0.0.0') ? '127.0.0.1' : parts[3], port: +parts[4] };
}

/** The first line of *path*; null where it cannot be read or is nothing to put into a header. */
function token_of(path) {
	// In the service's jail /run is /var/run; outside it, OpenWrt did not always have a /run.
	const file = open(path, 'r') ?? (index(path, '/run/') == 0 ? open(`/var${path}`, 'r') : null);

	if (!file)
		return null;

	const line = rtrim(split(file.read(TOKEN_BYTES_MAX) ?? '', '\n')[0]);

	file.close();

	return match(line, /^[!-~]+$/) ? line : null;
}

/** Bytes of *value* in a message, without its own header (libubox, blobmsg.h). */
function message_bytes(value) {
	let sum = 0;

	switch (type(value)) {
	case 'object':
		for (let name, item in value)
			sum += 4 + ((length(name) + 6) & ~3) + message_bytes(item);

		return sum;

	case 'array':
		for (let item in value)
			sum += 8 + message_bytes(item);

		return sum;

	case 'string':
		return (length(value) + 4) & ~3;

	default:
		return (type(value) == 'double' || value > 0x7fffffff || value < -0x80000000) ? 8 : 4;
	}
}

/** What a method says where all that came is *text*. */
function answer_of(text) {
	const head = match(substr(text, 0, 16), /^HTTP\/1\.[01] ([0-9][0-9][0-9])[ \r]/);
	const at = index(text, '\r\n\r\n');

	if (!head || at < 0)
		return STRANGE;

	const status = +head[1];
	const body = json(substr(text, at + 4));

	if (status == 401 || status == 403)
		return TOKEN;

	if (type(body) != 'object')
		return STRANGE;

	const said = (type(body.error) == 'string') ? substr(body.error, 0, 500) : `HTTP status ${status}`;

	if (status == 400 || status == 404 || status == 405) {
		const refusal = trouble('refused', said);

		for (let name in [ 'reason', 'subject' ])
			if (type(body[name]) == 'string')
				refusal.error[name] = substr(body[name], 0, 500);

		return refusal;
	}

	if (status != 200)
		return trouble('unreadable', said);

	return (length(text) > ANSWER_BYTES_MAX / GROWTH_MAX && message_bytes(body) > ANSWER_BYTES_MAX) ? TOO_LONG : body;
}

/** Answers *request*, once, and lets go of all that was held for it. */
function finish(question, answer) {
	if (!delete asking[question.id])
		return;

	try {
		question.request.reply(answer);
	}
	catch {
		// rpcd has given up on it
	}

	question.timer.cancel();

	if (question.handle)
		question.handle.delete();

	question.socket.close();
}

/** *step* as a callback of uloop: an exception there would end rpcd. */
function guarded(question, step) {
	return () => {
		try {
			step(question);
		}
		catch {
			finish(question, STRANGE);
		}
	};
}

function receive(question) {
	const part = question.socket.recv(65536);

	if (part == null)
		return finish(question, STRANGE);

	if (part == '')
		return finish(question, answer_of(question.text));

	question.text += part;

	if (length(question.text) > ANSWER_BYTES_MAX)
		finish(question, TOO_LONG);
}

function send(question) {
	question.handle.delete();
	question.handle = null;

	if (question.socket.send(question.text) != length(question.text)) // also where nothing came of the connection
		return finish(question, STOPPED);

	question.text = '';
	question.handle = handle(question.socket, question.receive, ULOOP_READ);
}

/** What makes rpcd wait for *request* to be answered: before April 2026 that was a deferred call of ubus alone. */
function deferred(request) {
	if (type(request.defer) == 'function')
		return request.defer();

	for (let i = 0; i < 2; i++) {
		const call = bus && bus.defer('traffic-analyzer', 'none'); // rpcd looks at what it is, not at what comes of it

		if (call)
			return call;

		bus = connect();
	}

	return null;
}

/** Asks the endpoint for *path*; what a method returns. */
function ask(request, path) {
	const settings = cursor();
	const address = address_of(settings.get('traffic-analyzer', 'collector', 'web_listen') || DEFAULT_LISTEN);

	if (!address)
		return trouble('stopped', 'web_listen is off, or not ADDRESS:PORT');

	const token = token_of(settings.get('traffic-analyzer', 'collector', 'web_token_file') || DEFAULT_TOKEN_FILE);
	const host = (address.family == AF_INET6) ? `[${address.address}]` : address.address;
	const text = join('\r\n', [
		`GET /api/v1/${path} HTTP/1.0`,
		`Host: ${host}:${address.port}`,
		...(token ? [ `Authorization: Bearer ${token}` ] : []),
		'',
		''
	]);

	if (length(text) > QUESTION_BYTES_MAX)
		return trouble('refused', 'the question is too long: give fewer filters');

	const socket = create(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (!socket)
		return STOPPED;

	const question = { id: `${++asked}`, request, socket, text };

	asking[question.id] = question;
	question.receive = guarded(question, receive);
	question.late = guarded(question, (question) => finish(question, SLOW));
	question.send = guarded(question, send);
	question.timer = timer(WAIT_MS, question.late);

	socket.connect(address); // whether it is under way or has failed, `send` will see
	question.handle = handle(socket, question.send, ULOOP_WRITE);

	return deferred(request);
}

const FILTERS = {
	iface: [],
	lookback_minutes: 0,
	period: '',
	start_day: 0,
	since: '',
	until: '',
	day: '',
	device: [],
	domain: [],
	protocol: [],
	by: '',
	limit: 0,
	offset: 0,
	sort: '',
	order: ''
};

const methods = {
	reports: {
		call: (request) => ask(request, 'reports')
	},

	report: {
		args: { name: '', ...FILTERS },
		call: (request) => {
			const filters = query(keys(FILTERS), request.args);

			if (filters == null)
				return trouble('refused', 'a list holds what is no text');

			return ask(request, `reports/${encoded(request.args.name ?? '')}?${filters}`);
		}
	},

	live: {
		args: { since: 0 },
		call: (request) => ask(request, `live?${query([ 'since' ], request.args)}`)
	},

	status: {
		call: (request) => ask(request, 'status')
	},

	settings: {
		call: (request) => ask(request, 'settings')
	}
};

return { 'traffic-analyzer': methods };
