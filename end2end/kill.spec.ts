// The process is killed as by a power cut, in the middle of traffic on both sides, again and again. Afterwards
// both sides are the same, and whatever was said stands there once.

import { type APIRequestContext } from '@playwright/test';
import { expect, type Program, test } from './program.ts';
import { connect, createAdministrator } from './steps.ts';

const PAIRS = 4;
const KILLS = 10;

type Pair = { incident: string; ticket: string };
type Comment = { body: string; internal: boolean };

/** Both sides by their public interfaces. */
class Sides {
  constructor(
    private readonly program: Program,
    private readonly request: APIRequestContext,
  ) {}

  async console<T>(name: string, form: Record<string, string>): Promise<T> {
    const answer = await this.request.post(`${this.program.console}/fn/${name}`, {
      form,
      headers: { accept: 'application/json' },
    });
    if (!answer.ok()) throw new Error(`${name}: ${answer.status()} ${await answer.text()}`);
    return answer.json();
  }

  async table(method: string, path: string, body?: object): Promise<any> {
    const answer = await this.request.fetch(`${this.program.sandbox}/api/now/table/${path}`, {
      method,
      data: body,
      headers: { accept: 'application/json', authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` },
    });
    if (!answer.ok()) throw new Error(`${path}: ${answer.status()}`);
    return (await answer.json()).result;
  }

  async tickets(): Promise<{ id: string; title: string; reference: string }[]> {
    const form = { 'filter[search]': '', 'filter[status]': '', 'filter[page]': '1' };
    return (await this.console<{ rows: { id: string; title: string; reference: string }[] }>('tickets', form)).rows;
  }

  async ticket(id: string): Promise<{ title: string; description: string; comments: Comment[] }> {
    return this.console('ticket', { id });
  }

  async journal(incident: string): Promise<{ element: string; value: string }[]> {
    return this.table('GET', `sys_journal_field?sysparm_query=element_id=${incident}^ORDERBYsys_created_on&sysparm_limit=1000`);
  }
}

/** How often some words were said. */
const count = (texts: string[], words: string) => texts.filter((text) => text.includes(words)).length;

test('killed in the middle of traffic, both sides end up the same and nothing is said twice', async ({ page, program }) => {
  test.setTimeout(360_000);
  await createAdministrator(page, program);
  await connect(page, program);
  await page.getByRole('button', { name: 'Install in ServiceNow' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Installed.' })).toBeVisible();
  // No page of ours stays open: the server comes and goes.
  await page.goto('about:blank');
  const sides = new Sides(program, page.request);

  const pairs: Pair[] = [];
  for (let i = 0; i < PAIRS; i++) {
    const made = await sides.table('POST', 'incident', { short_description: `pair ${i}`, category: 'inquiry' });
    let ticket: string | undefined;
    await expect
      .poll(async () => (ticket = (await sides.tickets()).find((row) => row.reference === made.number)?.id), { timeout: 20_000 })
      .toBeTruthy();
    pairs.push({ incident: made.sys_id, ticket: ticket as string });
  }

  const said: { words: string; pair: Pair; acknowledged: boolean }[] = [];
  for (let round = 0; round < KILLS; round++) {
    let answered = 0;
    const traffic: Promise<void>[] = [];
    const say = (words: string, pair: Pair, send: () => Promise<unknown>) => {
      const entry = { words, pair, acknowledged: false };
      said.push(entry);
      traffic.push(
        send().then(
          () => {
            entry.acknowledged = true;
            answered++;
          },
          () => {}, // killed before it answered: it may have happened or not
        ),
      );
    };
    pairs.forEach((pair, i) => {
      const desk = `<desk ${round}.${i}>`;
      const note = `<note ${round}.${i}>`;
      const snow = `<snow ${round}.${i}>`;
      say(desk, pair, () => sides.console('comment', { ticket: pair.ticket, body: desk }));
      say(snow, pair, () => sides.table('PATCH', `incident/${pair.incident}`, { comments: snow, short_description: `pair ${i} in round ${round}` }));
      say(note, pair, () => sides.console('comment', { ticket: pair.ticket, body: note, internal: 'on' }));
    });
    // A different moment each round, from "hardly begun" to "nearly done".
    const enough = Math.ceil(((round + 1) * traffic.length) / (KILLS + 1));
    await expect.poll(() => answered, { timeout: 20_000, intervals: [1] }).toBeGreaterThanOrEqual(enough);
    await program.kill();
    await Promise.all(traffic);
    await program.start();
  }
  expect(said.some(({ acknowledged }) => acknowledged)).toBe(true);

  // The dust settles: the same on both sides, and everything that was acknowledged is there.
  for (const pair of pairs) {
    await expect(async () => {
      const [ticket, journal, incident] = await Promise.all([
        sides.ticket(pair.ticket),
        sides.journal(pair.incident),
        sides.table('GET', `incident/${pair.incident}`),
      ]);
      expect(ticket.title).toBe(incident.short_description);
      const here = ticket.comments.map((comment) => comment.body);
      const there = journal.map((entry) => entry.value);
      for (const { words, acknowledged } of said.filter((entry) => entry.pair === pair)) {
        const times = { words, desk: count(here, words), servicenow: count(there, words) };
        const once = acknowledged || times.desk > 0 || times.servicenow > 0;
        expect(times).toEqual({ words, desk: once ? 1 : 0, servicenow: once ? 1 : 0 });
      }
      expect(here.length).toBe(there.length);
          // A comment whose answer was cut off is looked up for as long as ServiceNow may still be writing it.
    }).toPass({ timeout: 150_000 });
  }
});
