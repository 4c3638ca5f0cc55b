// Any process may die at any moment, while ServiceNow has its bad days. Afterwards, read through their public APIs, both
// sides are the same, whatever was said stands there once, and every incident has one ticket.

import { randomUUID } from 'node:crypto';
import { test } from '@playwright/test';
import { expect } from './program.ts';
import { Fleet, type Row } from './fleet.ts';

const PAIRS = 6;
const KILLS = 12;
// A comment whose answer was lost is looked up for as long as ServiceNow may still be writing it.
const SETTLED_MS = 200_000;

/** Answers that are late, lost, wrong or never come, and webhooks that are lost, doubled and out of order. */
const BAD_DAYS = {
  faults: [
    { kind: 'status', status: 503, path: '/api/now/table/', share: 0.03, seed: 1 },
    { kind: 'rate_limit', path: '/api/now/table/', share: 0.02, seed: 2, retry_after: 1 },
    { kind: 'cut', path: '/api/now/table/', share: 0.02, seed: 3 },
    { kind: 'lose_response', path: '/api/now/table/incident', method: 'PATCH', share: 0.05, seed: 4 },
    { kind: 'truncated', path: '/api/now/table/', method: 'GET', share: 0.02, seed: 5 },
  ],
  webhook_loss: 0.3,
  webhook_seed: 6,
};

type Pair = { incident: string; number: string; ticket: string };
type Ticket = { title: string; description: string; comments: { body: string }[] };
type Listed = { id: string; title: string; reference: string };

/** The same numbers each time: which process dies, and when. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

async function tickets(fleet: Fleet): Promise<Listed[]> {
  const found: Listed[] = [];
  for (let page = 1; ; page++) {
    const form = { 'filter[search]': '', 'filter[status]': '', 'filter[page]': String(page) };
    const { rows } = await fleet.ask<{ rows: Listed[] }>(0, 'tickets', form);
    found.push(...rows);
    if (!rows.length || page > 20) return found;
  }
}

async function killed(roles: string[], database?: string): Promise<void> {
  const fleet = await Fleet.create(roles, database);
  try {
    await fleet.connect();
    const pairs: Pair[] = [];
    const open = async (title: string) => fleet.table('POST', 'incident', { short_description: title, category: 'inquiry' });
    for (let i = 0; i < PAIRS; i++) {
      const made = await open(`pair ${i}`);
      let ticket: string | undefined;
      const find = async () => (ticket = (await tickets(fleet)).find((row) => row.reference === made.number)?.id);
      await expect.poll(find, { timeout: 30_000 }).toBeTruthy();
      pairs.push({ incident: made.sys_id as string, number: made.number as string, ticket: ticket as string });
    }

    await fleet.switches(BAD_DAYS);
    const draw = chance(roles.length);
    const said: { words: string; pair: Pair; acknowledged: boolean }[] = [];
    const opened: string[] = [];
    for (let round = 0; round < KILLS; round++) {
      const traffic: Promise<unknown>[] = [];
      let answered = 0;
      const say = (words: string, pair: Pair, send: () => Promise<unknown>) => {
        const entry = { words, pair, acknowledged: false };
        said.push(entry);
        // Killed, or refused by a fault, before it answered: it may have happened or not.
        traffic.push(send().then(() => void (entry.acknowledged = true), () => {}).finally(() => answered++));
      };
      pairs.forEach((pair, i) => {
        const desk = `<desk ${round}.${i}>`;
        const snow = `<snow ${round}.${i}>`;
        say(desk, pair, () => fleet.ask(0, 'comment', { ticket: pair.ticket, body: desk }));
        const edit = { comments: snow, short_description: `pair ${i} in round ${round}` };
        say(snow, pair, () => fleet.table('PATCH', `incident/${pair.incident}`, edit));
      });
      traffic.push(open(`new in round ${round}`).then((made) => opened.push(made.number as string), () => {}));
      const enough = Math.floor(draw() * said.filter((entry) => entry.words.includes(` ${round}.`)).length);
      await expect.poll(() => answered, { timeout: 30_000, intervals: [2] }).toBeGreaterThanOrEqual(enough);
      const dying = Math.floor(draw() * roles.length);
      await fleet.kill(dying);
      await Promise.all(traffic);
      await fleet.start(dying);
    }
    expect(said.filter(({ acknowledged }) => acknowledged).length, 'some of it was acknowledged').toBeGreaterThan(KILLS);

    // The bad days end, and the dust settles.
    await fleet.switches({ faults: [], webhook_loss: 0 });
    for (const pair of pairs) {
      await expect(async () => {
        const query = `sys_journal_field?sysparm_query=element_id=${pair.incident}&sysparm_limit=1000`;
        const [ticket, journal, incident] = await Promise.all([
          fleet.ask<Ticket>(0, 'ticket', { id: pair.ticket }),
          fleet.table<Row[]>('GET', query),
          fleet.table('GET', `incident/${pair.incident}`),
        ]);
        expect(ticket.title).toBe(incident.short_description);
        const here = ticket.comments.map((comment) => comment.body);
        const there = journal.map((entry) => entry.value as string);
        const count = (texts: string[], words: string) => texts.filter((text) => text.includes(words)).length;
        for (const { words, acknowledged } of said.filter((entry) => entry.pair === pair)) {
          const times = { words, desk: count(here, words), servicenow: count(there, words) };
          const once = acknowledged || times.desk > 0 || times.servicenow > 0;
          expect(times).toEqual({ words, desk: once ? 1 : 0, servicenow: once ? 1 : 0 });
        }
        expect(here.length).toBe(there.length);
      }).toPass({ timeout: SETTLED_MS, intervals: [500] });
    }
    await expect(async () => {
      const references = (await tickets(fleet)).map((row) => row.reference);
      expect(new Set(references).size, 'no incident has two tickets').toBe(references.length);
      for (const number of opened) expect(references).toContain(number);
    }).toPass({ timeout: SETTLED_MS, intervals: [500] });
  } catch (error) {
    console.log(fleet.output.slice(-6000));
    throw error;
  } finally {
    await fleet.remove();
  }
}

test('one process on SQLite, killed over and over under load and faults', async () => {
  test.setTimeout(600_000);
  await killed(['all']);
});

test('three processes on PostgreSQL, any of them killed over and over under load and faults', async () => {
  test.setTimeout(600_000);
  const server = process.env.ISTHMUS_TEST_POSTGRES;
  if (!server) throw new Error('no PostgreSQL for this test: run `make end2end`, or scripts/with-postgres.sh playwright test');
  const name = `fleet_${randomUUID().replaceAll('-', '')}`;
  const { execFileSync } = await import('node:child_process');
  execFileSync('psql', [server, '-qc', `create database ${name}`]);
  await killed(['web', 'worker', 'all'], server.replace(/\/postgres$/, `/${name}`));
});
