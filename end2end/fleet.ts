// Several real processes on one database beside a practice instance of its own, driven over HTTP alone: for tests in
// which any of them may die at any moment.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sparePorts } from '../scripts/ports.mjs';
import { BINARY, cleanEnvironment } from './program.ts';

const CLIENT = { id: 'isthmus-practice-client', secret: 'practice-secret' };
const PASSWORD = 'a long sentence for a password';
const PATIENCE_MS = 30_000;

export type Row = Record<string, string>;

export class Fleet {
  readonly sandbox: string;
  /** Every process's address, in the order of their roles. */
  readonly consoles: string[];
  output = '';
  private readonly children: (ChildProcess | undefined)[] = [];
  private practice: ChildProcess | undefined;
  private readonly cookies: Record<string, string> = {};

  private constructor(
    private readonly folder: string,
    private readonly database: string,
    private readonly roles: string[],
    ports: number[],
  ) {
    this.sandbox = `http://127.0.0.1:${ports[0]}`;
    this.consoles = ports.slice(1).map((port) => `http://127.0.0.1:${port}`);
  }

  /** One process a role; `database` is an address, or nothing for a file of SQLite. */
  static async create(roles: string[], database?: string): Promise<Fleet> {
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-fleet-'));
    const url = database ?? `sqlite://${join(folder, 'isthmus.db')}`;
    const fleet = new Fleet(folder, url, roles, await sparePorts(roles.length + 1));
    const redirect = `${fleet.consoles[0]}/oauth/callback`;
    const data = ['--data', join(folder, 'servicenow.db')];
    fleet.practice = fleet.spawn(['sandbox', '--listen', host(fleet.sandbox), '--redirect-url', redirect, ...data]);
    await fleet.until('the practice instance answers', async () => (await fetch(`${fleet.sandbox}/login.do`)).ok);
    for (let i = 0; i < roles.length; i++) await fleet.start(i);
    return fleet;
  }

  async start(i: number): Promise<void> {
    const address = this.consoles[i] as string;
    const child = this.spawn([
      ...['serve', '--listen', host(address), '--public-url', this.consoles[0] as string, '--role', this.roles[i] as string],
      ...['--database-url', this.database, '--key-file', join(this.folder, 'key')],
      ...['--allow-address', '127.0.0.0/8', '--poll-seconds', '1'],
    ]);
    this.children[i] = child;
    await this.until(`process ${i} is ready`, async () => (await fetch(`${address}/readyz`)).ok, () => hasEnded(child));
  }

  /** As a power cut would. */
  async kill(i: number): Promise<void> {
    await end(this.children[i], 'SIGKILL');
  }

  async remove(): Promise<void> {
    await Promise.all([...this.children, this.practice].map((child) => end(child, 'SIGTERM')));
    await rm(this.folder, { recursive: true, force: true });
  }

  /** From the first-run link to an active connection with its business rule; answers its id. */
  async connect(): Promise<string> {
    // Each start of a process with pages makes a new link, so the last one counts.
    const printed = () => [...this.output.matchAll(/first-run\?token=([\w-]+)/g)].map(([, token]) => token);
    const links = this.roles.filter((role) => role !== 'worker').length;
    await this.until('all first-run links were printed', async () => printed().length === links);
    const token = printed().at(-1) as string;
    const console_ = this.consoles[0] as string;
    await this.browse('POST', `${console_}/fn/create-first-admin`, { token, name: 'Ada', email: 'ada@example.com', password: PASSWORD });
    const form = { name: 'Fleet', address: this.sandbox, client_id: CLIENT.id, client_secret: CLIENT.secret };
    const saved = await this.browse('POST', `${console_}/fn/connect`, form);
    const id = saved.headers.get('location')?.split('/')[3] as string;
    const consent = (await this.browse('GET', `${console_}/oauth/authorize/${id}`)).headers.get('location') as string;
    await this.browse('POST', `${this.sandbox}/login.do`, { user_name: 'admin', user_password: 'admin', uri: '/' });
    const answers = { ...Object.fromEntries(new URL(consent).searchParams), answer: 'allow' };
    const back = (await this.browse('POST', `${this.sandbox}/oauth_auth.do`, answers)).headers.get('location') as string;
    await this.browse('GET', back);
    await this.ask(0, 'start-sync', { id });
    await this.ask(0, 'install-webhook', { id });
    return id;
  }

  /** A server function of one process. */
  async ask<T>(i: number, name: string, form: Record<string, string> = {}): Promise<T> {
    const console_ = this.consoles[i] as string;
    const answer = await fetch(`${console_}/fn/${name}`, {
      method: 'POST',
      headers: { cookie: this.cookies['127.0.0.1'] ?? '', accept: 'application/json' },
      body: new URLSearchParams(form),
    });
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** ServiceNow's Table API, as an administrator's program. */
  async table<T = Row>(method: string, path: string, body?: object): Promise<T> {
    const answer = await this.admin(method, `/api/now/table/${path}`, body);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { result: T }).result;
  }

  /** The practice instance's bad days. */
  async switches(values: object): Promise<void> {
    const answer = await this.admin('PUT', '/sandbox/switches', values);
    if (!answer.ok) throw new Error(`switches: ${answer.status} ${await answer.text()}`);
  }

  private admin(method: string, path: string, body?: object): Promise<Response> {
    return fetch(this.sandbox + path, {
      method,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}`,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  /** A browser without JavaScript. ServiceNow and the console share a host, so each has a jar of its own. */
  private async browse(method: string, url: string, form?: Record<string, string>): Promise<Response> {
    const origin = new URL(url).origin;
    const jar = origin === this.sandbox ? 'servicenow' : '127.0.0.1';
    const answer = await fetch(url, {
      method,
      redirect: 'manual',
      headers: { cookie: this.cookies[jar] ?? '', accept: 'text/html', origin, 'sec-fetch-site': 'same-origin' },
      ...(form && { body: new URLSearchParams(form) }),
    });
    const cookies = answer.headers.getSetCookie().map((line) => line.split(';')[0]);
    if (cookies.length) this.cookies[jar] = cookies.join('; ');
    return answer;
  }

  private spawn(args: string[]): ChildProcess {
    const child = spawn(BINARY, args, { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    const append = (text: string) => (this.output += text);
    child.stdout.setEncoding('utf8').on('data', append);
    child.stderr.setEncoding('utf8').on('data', append);
    return child;
  }

  private async until(what: string, isSo: () => Promise<boolean>, isHopeless = () => false): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (performance.now() < end && !isHopeless()) {
      if (await isSo().catch(() => false)) return;
      await new Promise((done) => setTimeout(done, 25));
    }
    throw new Error(`it never came true that ${what}. It wrote:\n${this.output.slice(-4000)}`);
  }
}

const host = (address: string) => address.replace('http://', '');

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
