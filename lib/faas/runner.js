// SPDX-License-Identifier: MIT
// Runs JavaScript functions as OpenWhisk's node runtime does, over ActionLoop's pipes: a line
// of JSON on standard input for each run, a line on descriptor 3 for each result. The first
// line out is "ready"; the first line in is the code. An answer that OpenWhisk's runtime would
// give with a status other than 200 is marked with a leading '!', and is the last.
//
// Input is read with a blocking call: the answer to a line is then a few microseconds away.
// Only when a function has left something behind that may still happen (a timer, a socket) is
// the wait handed to a thread, so that the event loop lives on.
//
// All of it is inside a function: what a program given with -e declares is seen by all code.
(() => {
'use strict';
const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');

const RESULT = 3;
// What is printed must be in the pipe before the result is; node would queue what does not fit.
for (const stream of [process.stdout, process.stderr])
	stream._handle?.setBlocking?.(true);
const keepAlive = setInterval(() => {}, 0x7fffffff);
const quiet = process.getActiveResourcesInfo().length;
const block = Buffer.allocUnsafe(65536);
let input = Buffer.alloc(0);
let parts = [];
let main;
let onFailure = null; // what to do with an error that nobody caught

function send(text) {
	const bytes = Buffer.from(text + '\n');
	for (let sent = 0; sent < bytes.length;)
		sent += fs.writeSync(RESULT, bytes, sent);
}

function fail(message) {
	send('!' + JSON.stringify({ error: message }));
	process.exit(0);
}

// A whole line from what has been read, or null.
function cutLine(bytes) {
	const end = bytes.indexOf(10);
	if (end < 0) {
		parts.push(Buffer.from(bytes));
		return null;
	}
	parts.push(bytes.subarray(0, end));
	const line = parts.length === 1 ? parts[0].toString() : Buffer.concat(parts).toString();
	parts = [];
	input = Buffer.from(bytes.subarray(end + 1));
	return line;
}

function onBytes(size) {
	if (size === 0)
		process.exit(0);
	return cutLine(block.subarray(0, size));
}

function next(handle) {
	let line = null;
	if (input.length) {
		const rest = input;
		input = Buffer.alloc(0);
		line = cutLine(rest);
	}
	while (line === null) {
		if (process.getActiveResourcesInfo().length > quiet) {
			fs.read(0, block, 0, block.length, null, (error, size) => {
				const later = error ? process.exit(0) : onBytes(size);
				if (later === null)
					next(handle);
				else
					handle(later);
			});
			return;
		}
		line = onBytes(fs.readSync(0, block, 0, block.length, null));
	}
	handle(line);
}

function toEnv(value) {
	if (typeof value === 'object' && value !== null)
		return JSON.stringify(value);
	return value ? String(value) : '';
}

// What serialize-error makes of an Error; other values are themselves.
function serialize(error) {
	if (!(error instanceof Error))
		return error === undefined ? {} : error;
	return Object.assign({ name: error.name, message: error.message, stack: error.stack },
		error);
}

function unpack(code, folder) {
	const { execFileSync } = require('child_process');
	const bytes = Buffer.from(code, 'base64');
	const file = path.join(folder, '.archive');
	fs.writeFileSync(file, bytes);
	const command = bytes[0] === 0x1f && bytes[1] === 0x8b ?
		['tar', ['-xzf', file, '-C', folder]] :
		['python3', ['-m', 'zipfile', '-e', file, folder]];
	try {
		execFileSync(command[0], command[1], { stdio: 'ignore' });
	} catch (error) {
		throw new Error('There was an error uncompressing the action archive.');
	}
	fs.unlinkSync(file);
}

function loadArchive(init) {
	unpack(init.code, init.folder);
	process.chdir(init.folder);
	const hasPackage = fs.existsSync(path.join(init.folder, 'package.json'));
	if (!hasPackage && !fs.existsSync(path.join(init.folder, 'index.js')))
		throw new Error('Zipped actions must contain either package.json or index.js at the root.');
	const words = init.main.split('.');
	const file = words.length > 1 ? words.shift() : '';
	const loaded = require(file ? path.join(init.folder, file) : init.folder);
	return words.reduce((at, word) => at && at[word], loaded);
}

// The code is the body of a function, and its last lines say what it has defined.
function loadSource(init) {
	const here = path.join(process.cwd(), 'action.js');
	const own = { exports: {}, filename: here, id: '.', loaded: false, children: [], paths: [] };
	const words = init.main.split('.')[0];
	const isName = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(words);
	const find = isName ? `\n;return typeof ${words} !== 'undefined' ? ${words} : undefined;` : '';
	const body = new Function('require', 'module', 'exports', '__filename', '__dirname',
		init.code + '\n' + find);
	const defined = body.call(globalThis, createRequire(here), own, own.exports, here,
		process.cwd());
	const at = init.main.split('.').reduce((from, word) => from && from[word], own.exports);
	if (typeof at === 'function')
		return at;
	if (typeof own.exports === 'function' && init.main === 'main')
		return own.exports;
	return defined;
}

function onInit(line) {
	const init = JSON.parse(line);
	for (const [key, value] of Object.entries(init.env))
		process.env[key] = toEnv(value);
	try {
		main = init.binary ? loadArchive(init) : loadSource(init);
		if (typeof main !== 'function')
			throw `Action entrypoint '${init.main}' is not a function.`;
	} catch (error) {
		const text = error instanceof Error ? error.stack : String(error);
		console.error(text);
		fail('Initialization has failed due to: ' + text);
	}
	send('{"ok":true}');
	setImmediate(next, onRun);
}

function finish(result) {
	onFailure = null;
	let text;
	if (result === undefined)
		result = {};
	if (typeof result !== 'object')
		fail('The action did not return a dictionary.');
	try {
		text = JSON.stringify(result);
	} catch (error) {
		console.error(error);
		fail('An error has occurred: ' + error);
	}
	send(text);
	// One turn of the event loop for what is due, then the next line.
	setImmediate(next, onRun);
}

function finishOnce() {
	let done = false;
	return (result) => {
		if (done)
			return;
		done = true;
		finish(result);
	};
}

function onRun(line) {
	const { value = {}, ...rest } = JSON.parse(line);
	for (const key in rest)
		process.env['__OW_' + key.toUpperCase()] = toEnv(rest[key]);
	const end = finishOnce();
	const endFailed = (error) => end({ error: serialize(error) });
	let result;
	onFailure = endFailed;
	try {
		result = main(value);
	} catch (error) {
		console.error(error);
		fail(`An error has occurred: ${error}`);
	}
	if (result !== null && typeof result === 'object' && typeof result.then === 'function')
		result.then(end, endFailed);
	else
		end(result);
}

function onUncaught(error) {
	console.error(error);
	if (onFailure)
		onFailure(error);
}

process.on('uncaughtException', onUncaught);
process.on('unhandledRejection', onUncaught);
send('ready');
next(onInit);
})();
