// SPDX-License-Identifier: MIT
// OpenWhisk's own client for JavaScript against the functions endpoint.
// Usage: openwhisk_client.mjs FAAS_MAIN NODE_MODULES_PARENT
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import path from 'node:path';

const [program, modules] = process.argv.slice(2);
const openwhisk = createRequire(path.join(path.resolve(modules), 'x.js'))('openwhisk');
const API_KEY = '23bc46b1-71f6-4ed5-8c54-816aa4f8c502:' +
	'123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP';
const DEADLINE_MS = 30000;

async function withEndpoint(fn) {
	const server = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
	const lines = createInterface({ input: server.stdout });
	const [url] = await new Promise((resolve, reject) => {
		lines.once('line', (line) => resolve([line]));
		server.once('exit', (code) => reject(new Error(`faas_main exited with ${code}`)));
	});
	try {
		await fn(url);
	} finally {
		server.removeAllListeners('exit');
		const ended = new Promise((resolve) => server.once('exit', resolve));
		server.stdin.end();
		assert.equal(await ended, 0);
	}
}

async function failsWith(promise, status, text) {
	const error = await promise.then(() => assert.fail('it succeeded'), (e) => e);
	assert.equal(error.name, 'OpenWhiskError', String(error));
	assert.equal(error.statusCode, status);
	assert.match(error.message, text);
	return error;
}

// The record appears when the function has ended.
async function waitForRecord(ow, id) {
	const until = Date.now() + DEADLINE_MS;
	for (;;) {
		try {
			return await ow.activations.get(id);
		} catch (error) {
			assert.equal(error.statusCode, 404);
			assert.ok(Date.now() < until, 'no record in time');
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
	}
}

async function checkActions(ow) {
	const made = await ow.actions.create({
		name: 'hello',
		action: 'function main(p) { console.log("called"); return { hi: p.name }; }',
		params: { name: 'nobody' },
		annotations: { about: 'a test' },
		limits: { timeout: 5000 },
	});
	assert.equal(made.version, '0.0.1');
	assert.equal(made.exec.kind, 'nodejs:20');
	assert.equal(made.limits.timeout, 5000);
	assert.deepEqual(made.parameters, [{ key: 'name', value: 'nobody' }]);
	await failsWith(ow.actions.create({ name: 'hello', action: 'x' }), 409,
		/resource already exists/);
	const updated = await ow.actions.update({
		name: 'hello',
		action: 'function main(p) { console.log("called"); return { hello: p.name }; }',
		params: { name: 'nobody' },
	});
	assert.equal(updated.version, '0.0.2');
	const list = await ow.actions.list();
	assert.deepEqual(list.map((item) => item.name), ['hello']);
	assert.equal(list[0].exec.binary, false);
	const got = await ow.actions.get({ name: 'hello' });
	assert.match(got.exec.code, /hello: p.name/);
	const brief = await ow.actions.get({ name: 'hello', code: false });
	assert.equal(brief.exec.code, undefined);
}

async function checkInvocations(ow) {
	const record = await ow.actions.invoke({ name: 'hello', blocking: true });
	assert.equal(record.response.status, 'success');
	assert.deepEqual(record.response.result, { hello: 'nobody' });
	const result = await ow.actions.invoke({
		name: 'hello', blocking: true, result: true, params: { name: 'bob' },
	});
	assert.deepEqual(result, { hello: 'bob' });
	const { activationId } = await ow.actions.invoke({ name: 'hello', params: { name: 'eve' } });
	const later = await waitForRecord(ow, activationId);
	assert.deepEqual(later.response.result, { hello: 'eve' });
	const { logs } = await ow.activations.logs(activationId);
	assert.match(logs[0], /^\S+Z +stdout: called$/);
	const response = await ow.activations.result(activationId);
	assert.deepEqual(response.result, { hello: 'eve' });
	const list = await ow.activations.list({ name: 'hello' });
	assert.equal(list.length, 3);
	assert.equal(list[0].activationId, activationId);
}

async function checkFailures(ow) {
	await ow.actions.update({
		name: 'bad', action: 'function main() { return { error: "mine" }; }',
	});
	const error = await failsWith(ow.actions.invoke({ name: 'bad', blocking: true }), 502,
		/mine|application error/);
	assert.equal(error.error.response.status, 'application error');
	await failsWith(ow.actions.invoke({ name: 'missing', blocking: true }), 404,
		/The requested resource does not exist/);
	await failsWith(ow.triggers.create({ name: 't' }), 501, /not supported/);
	await failsWith(ow.packages.update({ name: 'p' }), 501, /not supported/);
}

async function checkOtherKinds(ow) {
	await ow.actions.update({
		name: 'snake', kind: 'python:default', action: 'def main(p):\n  return {"py": p["n"]}',
	});
	const result = await ow.actions.invoke({
		name: 'snake', blocking: true, result: true, params: { n: 3 },
	});
	assert.deepEqual(result, { py: 3 });
}

await withEndpoint(async (url) => {
	const ow = openwhisk({ apihost: url, api_key: API_KEY });
	await checkActions(ow);
	await checkInvocations(ow);
	await checkFailures(ow);
	await checkOtherKinds(ow);
	const gone = await ow.actions.delete('hello');
	assert.equal(gone.name, 'hello');
	await failsWith(ow.actions.get({ name: 'hello' }), 404, /does not exist/);
	const stranger = openwhisk({ apihost: url, api_key: 'a:b' });
	await failsWith(stranger.actions.list(), 401, /authentication/);
});
