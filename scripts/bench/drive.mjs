// What every measurement needs: the built program started on free ports, a person's steps over HTTP, and a line a figure.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sparePorts } from '../ports.mjs';

export const DIST = process.env.ISTHMUS_DIST ?? fileURLToPath(new URL('../../target/dist', import.meta.url));
export const ADMINISTRATOR = { name: 'Ada', email: 'ada@example.com', password: 'a long sentence for a password' };
const CLIENT = { id: 'isthmus-practice-client', secret: 'practice-secret' };
const ADMIN = `Basic ${Buffer.from('admin:admin').toString('base64')}`;

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));
export const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))];
export const ms = (value) => `${value.toFixed(1)} ms`;

export function report(what, measured, limit, ok) {
  console.log(`${what.padEnd(66)} ${measured.padStart(20)}   ${limit}${ok === undefined || ok ? '' : '   MISSED'}`);
}

/** A console and a practice instance, as two programs, with a folder of their own. */
export class Installation {
  cookies = {};
  log = '';
  running = [];

  static async make() {
    const made = new Installation();
    const [consolePort, sandboxPort] = await sparePorts(2);
    made.listen = `127.0.0.1:${consolePort}`;
    made.console = `http://${made.listen}`;
    made.data = await mkdtemp(join(tmpdir(), 'isthmus-bench-'));
    made.servicenow = await made.practice(sandboxPort, 'servicenow.db');
    return made;
  }

  /** A practice instance with this file in the data folder; answers its address. */
  async practice(port, file) {
    const address = `http://127.0.0.1:${port}`;
    const redirect = ['--redirect-url', `${this.console}/oauth/callback`];
    this.spawn('sandbox', '--listen', `127.0.0.1:${port}`, ...redirect, '--data', join(this.data, file));
    await this.until('the practice instance answers', async () => (await fetch(`${address}/login.do`)).ok);
    return address;
  }

  get database() {
    return join(this.data, 'isthmus.db');
  }

  async serve(...more) {
    this.server = this.spawn(
      ...['serve', '--listen', this.listen, '--database-url', `sqlite://${this.database}`, '--key-file', join(this.data, 'key')],
      ...['--allow-address', '127.0.0.0/8', ...more],
    );
    await this.until('the console is ready', async () => (await fetch(`${this.console}/readyz`)).ok);
  }

  async stopServer() {
    await stop(this.server);
  }

  async remove() {
    await Promise.all(this.running.map(stop));
    await rm(this.data, { recursive: true, force: true });
  }

  /** From the first-run link to an active connection with its business rule; answers its id. */
  async connect(address = this.servicenow) {
    await this.beginAsAdministrator();
    return this.addConnection('Bench', address);
  }

  async beginAsAdministrator() {
    await this.until('the first-run link was printed', async () => /first-run\?token=/.test(this.log));
    const token = this.log.match(/first-run\?token=([\w-]+)/)[1];
    await this.browse(this.console, 'POST', '/fn/create-first-admin', { token, ...ADMINISTRATOR });
  }

  /** `instance` is where its administrator signs in. */
  async addConnection(name, address, instance = this.servicenow) {
    const form = { name, address, client_id: CLIENT.id, client_secret: CLIENT.secret };
    const saved = await this.browse(this.console, 'POST', '/fn/connect', form);
    const id = saved.headers.get('location').split('/')[3];
    const consent = (await this.browse(this.console, 'GET', `/oauth/authorize/${id}`)).headers.get('location');
    await this.browse(instance, 'POST', '/login.do', { user_name: 'admin', user_password: 'admin', uri: '/' });
    const answers = { ...Object.fromEntries(new URL(consent).searchParams), answer: 'allow' };
    const back = (await this.browse(instance, 'POST', '/oauth_auth.do', answers)).headers.get('location');
    await this.browse(this.console, 'GET', back);
    await this.ask('start-sync', { id });
    await this.ask('install-webhook', { id });
    return id;
  }

  /** Incidents that are tickets: `{incident, number, ticket}` each. */
  async pairs(count) {
    const pairs = [];
    for (let i = 0; i < count; i += 8) {
      const some = Array.from({ length: Math.min(8, count - i) }, (_, j) =>
        this.table('POST', 'incident', { short_description: `bench ${i + j}`, category: 'inquiry' }),
      );
      for (const made of await Promise.all(some)) pairs.push({ incident: made.sys_id, number: made.number });
    }
    const tickets = new Map();
    await this.until('every incident is a ticket', async () => {
      for (let page = 1; ; page++) {
        const { rows } = await this.ask('tickets', { 'filter[search]': 'bench', 'filter[status]': '', 'filter[page]': String(page) });
        for (const row of rows) tickets.set(row.reference, row.id);
        if (!rows.length) break;
      }
      for (const pair of pairs) pair.ticket = tickets.get(pair.number);
      return pairs.every((pair) => pair.ticket);
    });
    return pairs;
  }

  /** Edits a ticket's title or description as the form does. */
  async editTicket(id, changes) {
    const { title, description, status, kind, priority, owner_email, due } = await this.ask('ticket', { id });
    const shown = { title, description, status, kind, priority, owner_email, due };
    const form = { 'form[id]': id };
    for (const [name, value] of Object.entries(shown)) {
      form[`form[${name}]`] = changes[name] ?? value;
      form[`form[shown][${name}]`] = value;
    }
    await this.ask('edit-ticket', form);
  }

  /** Server functions, as the console's pages call them. */
  async ask(name, form = {}) {
    const answer = await fetch(`${this.console}/fn/${name}`, {
      method: 'POST',
      headers: { cookie: this.cookies[this.console], accept: 'application/json' },
      body: new URLSearchParams(form),
    });
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** An access token of the console's client, as the engine's own are. */
  async token() {
    const form = { grant_type: 'password', client_id: CLIENT.id, client_secret: CLIENT.secret, username: 'admin', password: 'admin' };
    const answer = await fetch(`${this.servicenow}/oauth_token.do`, { method: 'POST', body: new URLSearchParams(form) });
    if (!answer.ok) throw new Error(`a token: ${answer.status} ${await answer.text()}`);
    return (await answer.json()).access_token;
  }

  /** ServiceNow's Table API, as an administrator. */
  async table(method, path, body, instance = this.servicenow) {
    const answer = await this.admin(method, `/api/now/table/${path}`, body && JSON.stringify(body), instance);
    return (await answer.json()).result;
  }

  async switches(values) {
    await this.admin('PUT', '/sandbox/switches', JSON.stringify(values));
  }

  async admin(method, path, body, instance = this.servicenow) {
    const headers = { accept: 'application/json', 'content-type': 'application/json', authorization: ADMIN };
    const answer = await fetch(instance + path, { method, headers, body });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  /** A browser without JavaScript, with its cookies by hand. */
  async browse(origin, method, path, form) {
    const answer = await fetch(path.startsWith('http') ? path : origin + path, {
      method,
      redirect: 'manual',
      headers: { cookie: this.cookies[origin] ?? '', accept: 'text/html', origin, 'sec-fetch-site': 'same-origin' },
      body: form && new URLSearchParams(form),
    });
    const cookie = answer.headers.getSetCookie().map((line) => line.split(';')[0]);
    if (cookie.length) this.cookies[origin] = cookie.join('; ');
    return answer;
  }

  async metrics() {
    return (await fetch(`${this.console}/metrics`)).text();
  }

  /** How many records wait or are being worked on. */
  async waiting() {
    return (await this.ask('connections')).reduce((sum, { waiting }) => sum + waiting, 0);
  }

  async isQuiet() {
    return (await this.waiting()) === 0;
  }

  /** Resident memory now, in MiB. */
  memory() {
    return Number(readFileSync(`/proc/${this.server.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024;
  }

  async until(what, isSo, tries = 1500, every = 20) {
    for (let i = 0; i < tries; i++) {
      if (await isSo().catch(() => false)) return;
      await pause(every);
    }
    throw new Error(`it never came true that ${what}\n${this.log.slice(-4000)}`);
  }

  spawn(...args) {
    const own = ([name]) => !/^(ISTHMUS_|DATABASE_URL)/.test(name);
    const child = spawn(join(DIST, 'isthmus'), args, {
      env: Object.fromEntries(Object.entries(process.env).filter(own)),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stderr.setEncoding('utf8').on('data', (text) => (this.log += text));
    child.stdout.resume();
    this.running.push(child);
    return child;
  }
}

async function stop(child) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
