// Measures what a user would feel: from a webhook's arrival to the other side's write, how fast pages answer, memory,
// and what the browser loads. The console and the practice instance run as two programs, as in a real installation.
// Each figure stands beside its limit or beside the same request without Isthmus, from the same run.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

const DIST = process.env.ISTHMUS_DIST;
const CHANGES_A_SECOND = 20;
const SECONDS = Number(process.argv[2] ?? 30);
const PAIRS = 40;
const CLIENT = { id: 'isthmus-practice-client', secret: 'practice-secret' };

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))];
const ms = (value) => `${value.toFixed(1)} ms`;

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

const [consolePort, sandboxPort] = await freePorts(2);
const console_ = `http://127.0.0.1:${consolePort}`;
const servicenow = `http://127.0.0.1:${sandboxPort}`;
const data = await mkdtemp(join(tmpdir(), 'isthmus-bench-'));
const running = [];
let log = '';

function start(...args) {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(ISTHMUS_|DATABASE_URL)/.test(name)));
  const child = spawn(join(DIST, 'isthmus'), args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.setEncoding('utf8').on('data', (text) => (log += text));
  child.stdout.resume();
  running.push(child);
  return child;
}

async function until(what, isSo) {
  for (let tries = 0; tries < 1500; tries++) {
    if (await isSo().catch(() => false)) return;
    await pause(20);
  }
  throw new Error(`it never came true that ${what}\n${log}`);
}

// A browser's cookies, by hand.
const cookies = {};
async function browse(origin, method, path, form) {
  const answer = await fetch(path.startsWith('http') ? path : origin + path, {
    method,
    redirect: 'manual',
    headers: { cookie: cookies[origin] ?? '', accept: 'text/html', origin, 'sec-fetch-site': 'same-origin' },
    body: form && new URLSearchParams(form),
  });
  const cookie = answer.headers.getSetCookie().map((line) => line.split(';')[0]);
  if (cookie.length) cookies[origin] = cookie.join('; ');
  return answer;
}

async function ask(name, form = {}) {
  const answer = await fetch(`${console_}/fn/${name}`, {
    method: 'POST',
    headers: { cookie: cookies[console_], accept: 'application/json' },
    body: new URLSearchParams(form),
  });
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function table(method, path, body) {
  const answer = await fetch(`${servicenow}/api/now/table/${path}`, {
    method,
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}`,
    },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).result;
}

async function connect() {
  const token = log.match(/first-run\?token=([\w-]+)/)[1];
  const password = 'a long sentence for a password';
  await browse(console_, 'POST', '/fn/create-first-admin', { token, name: 'Ada', email: 'ada@example.com', password });
  const form = { name: 'Bench', address: servicenow, client_id: CLIENT.id, client_secret: CLIENT.secret, environment: 'sandbox' };
  const saved = await browse(console_, 'POST', '/fn/connect', form);
  const id = saved.headers.get('location').split('/').pop();
  const consent = (await browse(console_, 'GET', `/oauth/authorize/${id}`)).headers.get('location');
  await browse(servicenow, 'POST', '/login.do', { user_name: 'admin', user_password: 'admin', uri: '/' });
  const answers = { ...Object.fromEntries(new URL(consent).searchParams), answer: 'allow' };
  const back = (await browse(servicenow, 'POST', '/oauth_auth.do', answers)).headers.get('location');
  await browse(console_, 'GET', back);
  await ask('install-webhook', { id });
  return id;
}

/** Quantiles of the time from the news to the finished write, per side, as the server measured them itself. */
async function newsToWrite() {
  const text = await (await fetch(`${console_}/metrics`)).text();
  const read = (side, q) =>
    1000 * Number(text.match(new RegExp(`isthmus_news_to_write_seconds\\{side="${side}",quantile="${q}"\\} (\\S+)`))?.[1] ?? NaN);
  return Object.fromEntries(['platform', 'servicenow'].map((side) => [side, { p50: read(side, '0.5'), p99: read(side, '0.99') }]));
}

const memory = (child) => Number(readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024;

function report(what, measured, limit, ok) {
  console.log(`${what.padEnd(58)} ${measured.padStart(18)}   ${limit}${ok === undefined ? '' : ok ? '' : '   MISSED'}`);
}

try {
  start('sandbox', '--listen', `127.0.0.1:${sandboxPort}`, '--redirect-url', `${console_}/oauth/callback`, '--data', join(data, 'servicenow.db'));
  await until('the practice instance answers', async () => (await fetch(`${servicenow}/login.do`)).ok);
  const serve = start(
    ...['serve', '--listen', `127.0.0.1:${consolePort}`, '--database-url', `sqlite://${join(data, 'isthmus.db')}`],
    ...['--key-file', join(data, 'key'), '--allow-address', '127.0.0.0/8', '--poll-seconds', '15'],
  );
  await until('the console is ready', async () => (await fetch(`${console_}/readyz`)).ok && /first-run/.test(log));
  await connect();

  const pairs = [];
  for (let i = 0; i < PAIRS; i++) {
    const made = await table('POST', 'incident', { short_description: `bench ${i}`, category: 'inquiry' });
    pairs.push({ incident: made.sys_id, number: made.number });
  }
  const list = { 'filter[search]': 'bench', 'filter[status]': '', 'filter[page]': '1' };
  await until('every incident is a ticket', async () => {
    const { rows } = await ask('tickets', list);
    for (const pair of pairs) pair.ticket = rows.find((row) => row.reference === pair.number)?.id;
    return pairs.every((pair) => pair.ticket);
  });

  console.log(`${cpus().length} cores, ${CHANGES_A_SECOND} changes a second for ${SECONDS} s, half of them on each side, ${PAIRS} pairs\n`);

  // The same request without anybody listening for its change: what a write costs by itself.
  const raw = [];
  for (let i = 0; i < 100; i++) {
    const begun = performance.now();
    await table('PATCH', `incident/${pairs[i % PAIRS].incident}`, { work_notes_list: '', urgency: String((i % 3) + 1) });
    raw.push(performance.now() - begun);
  }
  await pause(1000);

  const sent = [];
  const begun = performance.now();
  for (let i = 0; i < CHANGES_A_SECOND * SECONDS; i++) {
    const wait = begun + (i * 1000) / CHANGES_A_SECOND - performance.now();
    if (wait > 0) await pause(wait);
    const pair = pairs[i % PAIRS];
    if (i % 2 === 0) {
      sent.push(table('PATCH', `incident/${pair.incident}`, { short_description: `bench edit ${i}` }));
    } else {
      const { title, description, status, kind, priority, owner_email, due } = await ask('ticket', { id: pair.ticket });
      const shown = { title, description, status, kind, priority, owner_email, due };
      const form = { 'form[id]': pair.ticket };
      for (const [name, value] of Object.entries(shown)) {
        form[`form[${name}]`] = name === 'description' ? `bench edit ${i}` : value;
        form[`form[shown][${name}]`] = value;
      }
      sent.push(ask('edit-ticket', form));
    }
  }
  await Promise.all(sent);
  await until('all work is done', async () => /isthmus_jobs\{state="ready"\} [01]\n/.test(await (await fetch(`${console_}/metrics`)).text()));
  const times = await newsToWrite();
  const loaded = memory(serve);

  report('webhook arrived to ticket written, p50 / p99', `${ms(times.platform.p50)} / ${ms(times.platform.p99)}`, 'limit 100 ms at p99', times.platform.p99 < 100);
  report('ticket edited to incident written, p50 / p99', `${ms(times.servicenow.p50)} / ${ms(times.servicenow.p99)}`, 'limit 100 ms at p99', times.servicenow.p99 < 100);
  report('  a raw PATCH of the practice instance, p50 / p99', `${ms(quantile(raw, 0.5))} / ${ms(quantile(raw, 0.99))}`, 'the same run, without Isthmus');
  report('  so Isthmus takes, against one raw PATCH, p50', `${(times.servicenow.p50 / quantile(raw, 0.5)).toFixed(1)} x`, 'three reads, one write and a read-back');

  for (const path of ['/', '/tickets', `/tickets/${pairs[0].ticket}`, '/history', '/settings/connections']) {
    const took = [];
    for (let i = 0; i < 60; i++) {
      const begun = performance.now();
      const answer = await browse(console_, 'GET', path);
      await answer.text();
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
      took.push(performance.now() - begun);
    }
    const label = path.replace(/[0-9A-Z]{26}/, '{id}');
    report(`page ${label}, p50 / p99`, `${ms(quantile(took, 0.5))} / ${ms(quantile(took, 0.99))}`, 'limit 30 ms', quantile(took, 0.99) < 30);
  }

  report('resident memory of `isthmus serve`, after the load', `${memory(serve).toFixed(0)} MiB`, `limit 100 MiB (under load ${loaded.toFixed(0)} MiB)`, loaded < 100);
  const pkg = join(DIST, 'site', 'pkg');
  const size = (ending) => readdirSync(pkg).filter((name) => name.endsWith(ending)).reduce((sum, name) => sum + statSync(join(pkg, name)).size, 0) / 1000;
  report('WebAssembly, brotli', `${size('.wasm.br').toFixed(0)} kB`, 'limit 400 kB', size('.wasm.br') < 400);
  report('  JavaScript and CSS, brotli', `${(size('.js.br') + size('.css.br')).toFixed(0)} kB`, '');
} finally {
  for (const child of running) child.kill('SIGTERM');
  await Promise.all(running.map((child) => (child.exitCode === null ? once(child, 'exit') : undefined)));
  await rm(data, { recursive: true, force: true });
}
