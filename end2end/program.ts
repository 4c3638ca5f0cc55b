// The real program, started for one test on spare ports with a data folder of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test as base, expect, type Page } from '@playwright/test';
import { sparePorts } from '../scripts/ports.mjs';

export const BINARY = process.env.ISTHMUS_BIN ?? fileURLToPath(new URL('../target/dist/isthmus', import.meta.url));
const START_MS = 30_000;
const STOP_MS = 30_000;

export class Program {
  /** The console's address, without a slash at the end. */
  readonly console: string;
  /** The practice instance's address, without a slash at the end. */
  readonly sandbox: string;
  /** All that the program has written, over every start. */
  output = '';
  private child: ChildProcess | undefined;
  private readonly data: string;

  private constructor(data: string, consolePort: number, sandboxPort: number) {
    this.data = data;
    this.console = `http://127.0.0.1:${consolePort}`;
    this.sandbox = `http://127.0.0.1:${sandboxPort}`;
  }

  static async create(): Promise<Program> {
    const data = await mkdtemp(join(tmpdir(), 'isthmus-end2end-'));
    const [consolePort, sandboxPort] = await sparePorts(2);
    const program = new Program(data, consolePort, sandboxPort);
    await program.start().catch(async (error) => {
      await program.kill();
      await rm(data, { recursive: true, force: true });
      throw error;
    });
    return program;
  }

  /** Starts it (again, with the same data and ports) and waits until it is ready. */
  async start(): Promise<void> {
    const listen = (address: string) => address.replace('http://', '');
    const child = spawn(
      BINARY,
      ['demo', '--listen', listen(this.console), '--sandbox-listen', listen(this.sandbox), '--data', this.data],
      { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.child = child;
    const append = (text: string) => (this.output += text);
    child.stdout.setEncoding('utf8').on('data', append);
    child.stderr.setEncoding('utf8').on('data', append);
    child.on('error', (error) => append(`\n${BINARY} did not start: ${error.message}. Run: make build\n`));

    const ready = async () => {
      if (!this.running) return 'ended';
      return fetch(`${this.console}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
        (answer) => (answer.ok ? 'ready' : 'starting'),
        () => 'starting',
      );
    };
    await expect.poll(ready, { timeout: START_MS, intervals: [50], message: 'the program is ready' }).not.toBe('starting');
    if (!this.running) throw new Error(`The program ended while it was starting. It wrote:\n${this.output}`);
  }

  /** The one-time link of the first start. */
  async firstRunLink(): Promise<string> {
    const link = () => this.output.match(/http:\/\/\S+\/first-run\?token=[\w-]+/)?.[0];
    await expect.poll(link, { intervals: [50], message: 'the first-run link was printed' }).toBeTruthy();
    return link() as string;
  }

  /** Asks it to stop and waits until it has. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async remove(): Promise<void> {
    try {
      await this.stop();
    } finally {
      await rm(this.data, { recursive: true, force: true });
    }
  }

  private get running(): boolean {
    return this.child?.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!this.child || !this.running) return;
    const child = this.child;
    const ended = once(child, 'exit', { signal: AbortSignal.timeout(STOP_MS) });
    child.kill(signal);
    await ended.catch(() => {
      child.kill('SIGKILL');
      throw new Error(`The program did not stop within ${STOP_MS / 1000} s of ${signal}. It wrote:\n${this.output}`);
    });
  }
}

/** The developer's own settings must not reach the program under test. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const own = ([name]: [string, unknown]) => name !== 'DATABASE_URL' && !/^(ISTHMUS|LEPTOS)_/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(own));
}

type Fixtures = {
  program: Program;
  /** Watches every page of the browser: an error in its console fails the test at the end. */
  browserErrors: string[];
};

export const test = base.extend<Fixtures>({
  program: async ({}, use, info) => {
    const program = await Program.create();
    try {
      await use(program);
    } finally {
      await program.remove();
      if (info.status !== info.expectedStatus) {
        await info.attach('what the program wrote', { body: program.output, contentType: 'text/plain' });
      }
    }
  },

  browserErrors: [
    async ({ context }, use) => {
      const errors: string[] = [];
      const watch = (page: Page) => page.on('pageerror', (error) => errors.push(`${page.url()}: ${error.message}`));
      context.pages().forEach(watch);
      context.on('page', watch);
      context.on('console', (message) => {
        // The browser says this about every answer of 400 and above, wanted or not.
        const aboutAnAnswer = message.text().startsWith('Failed to load resource');
        if (message.type() === 'error' && !aboutAnAnswer) errors.push(`${message.location().url}: ${message.text()}`);
      });
      await use(errors);
      expect(errors, 'errors in the browser console').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
