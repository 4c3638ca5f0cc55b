// Every page as a person uses it on a working day: with thousands of records, and some that wait for him.

import type { Page } from '@playwright/test';
import { expect, expectCalm, openAwake, SEEDED, type Seeded, test } from './seeded.ts';

const DESK = 'IT service desk';

type Connection = { id: string; name: string; in_sync: number; failing: number; conflicts: number };

async function connectionOf(at: Seeded, name: string): Promise<Connection> {
  const rows: Connection[] = await at.ask('connections');
  return rows.find((row) => row.name === name) as Connection;
}

const pages = (page: Page) => page.getByRole('navigation', { name: 'Pages' });
const rows = (page: Page) => page.locator('tbody tr');

test('the overview says how much there is, and each count opens as many', async ({ page, at }) => {
  const [links, failures, conflicts] = [[], [], []] as number[][];
  for (const { in_sync, failing, conflicts: open } of await at.ask('connections')) {
    links?.push(in_sync);
    failures?.push(failing);
    conflicts?.push(open);
  }
  const sum = (counts?: number[]) => counts?.reduce((one, other) => one + other, 0);
  expect([sum(failures), sum(conflicts)]).toEqual([SEEDED.failures, SEEDED.conflicts]);

  await page.goto(at.console);
  await expect(page.getByText(`${SEEDED.failures} failures wait, ${SEEDED.conflicts} conflicts wait for a choice.`)).toBeVisible();
  await expect(page.getByRole('listitem').filter({ has: page.locator('.counts') })).toHaveCount(SEEDED.connections);
  const card = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: DESK, exact: true }) });
  const count = async (name: string) => {
    const link = card.locator('.counts div').filter({ hasText: name }).getByRole('link');
    const words = (await link.textContent()) as string;
    await link.click();
    return words;
  };
  for (const [name, expected] of [
    ['In sync', (words: string) => `${words} tickets`],
    ['Failing', (words: string) => `${words} failures of `],
    ['Conflicts', (words: string) => `${words} conflicts on `],
  ] as const) {
    await test.step(name, async () => {
      const words = await count(name);
      await expect(page.getByText(expected(words))).toBeVisible();
      await page.goBack();
      await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
    });
  }
});

test('thousands of tickets are sorted, narrowed down and paged through, and the way back is kept', async ({ page, at }) => {
  await openAwake(page, `${at.console}/tickets`);
  await expect(rows(page)).toHaveCount(50);
  await expect(pages(page)).toContainText('5,000 tickets · page 1 of 100');

  await page.getByRole('link', { name: 'Title', exact: true }).click();
  await expect(page).toHaveURL(/order=title/);
  await expect(rows(page).first()).toContainText('Access to the finance share');
  await page.getByLabel('Search').fill('payslip');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(pages(page)).toContainText('page 1 of');
  await expect(rows(page)).toHaveCount(50);
  await expect(rows(page).filter({ hasNotText: 'Payslip is missing' })).toHaveCount(0);
  await page.getByLabel('Connection').selectOption(DESK);
  await expect(page).toHaveURL(/connection=/);
  await pages(page).getByRole('link', { name: 'Next' }).click();
  await expect(page).toHaveURL(/page=2/);
  await expect(page).toHaveURL(/order=title/);
  await expect(pages(page)).toContainText('page 2 of');
  const number = (await rows(page).first().getByRole('link').first().textContent()) as string;
  await rows(page).first().getByRole('link', { name: number }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Payslip is missing');
  await page.goBack();
  await expect(pages(page)).toContainText('page 2 of');
  await expect(rows(page).first()).toContainText(number);
});

test('the history is asked several things at once, and read back and forth', async ({ page, at }) => {
  await openAwake(page, `${at.console}/history`);
  await expect(rows(page)).toHaveCount(50);
  await page.getByLabel('Connection').selectOption(DESK);
  await expect(page).toHaveURL(/connection=/);
  await page.getByLabel('Field').selectOption('description');
  await expect(page).toHaveURL(/field=description/);
  await page.getByLabel('What').selectOption('Fields written');
  await expect(page).toHaveURL(/kind=fields/);
  await page.getByLabel('Person').fill('ada');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/person=ada/);
  await expect(rows(page)).toHaveCount(50);
  await expect(rows(page).filter({ hasNotText: 'Ada' })).toHaveCount(0);
  await expect(rows(page).filter({ hasNotText: DESK })).toHaveCount(0);

  const first = await rows(page).first().textContent();
  await pages(page).getByRole('link', { name: 'Older' }).click();
  await expect(page).toHaveURL(/before=/);
  await expect(rows(page)).toHaveCount(50);
  await expect(rows(page).first()).not.toHaveText(first as string);
  await page.goBack();
  await expect(rows(page).first()).toHaveText(first as string);
  await page.goForward();
  await expect(page).toHaveURL(/before=/);

  await test.step('one change, with what was asked and answered', async () => {
    await rows(page).first().getByRole('link').filter({ hasText: 'went to' }).click();
    await expect(page).toHaveURL(/history\/\w+$/);
    await expect(page.getByRole('heading', { name: 'Attempts' })).toBeVisible();
    const request = page.locator('details').filter({ hasText: 'PATCH' });
    await request.locator('summary').click();
    await expect(request).toContainText('Seen on the spot.');
  });
});

test('a record is found by its number and read, on both sides and in the past', async ({ page, at }) => {
  const { rows: found } = await at.ask('tickets', { 'filter[search]': 'vpn drops', 'filter[status]': '', 'filter[page]': '7' });
  const [{ number, reference, title }] = found;
  await page.goto(`${at.console}/links`);
  await page.getByLabel('Number').fill(number);
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByRole('link', { name: `${reference} and ${number}` }).click();
  await expect(page.getByRole('row', { name: /^title/ })).toContainText(title);
  await page.getByRole('link', { name: 'as it stood then' }).last().click();
  await expect(page).toHaveURL(/at=/);
  await expect(page.getByRole('row', { name: /^description/ })).toContainText('By phone.');
  const address = page.url().replace(/\?.*/, '');
  await page.goto(`${address}?read=now`);
  await expect(page.getByRole('row', { name: /^description/ })).toContainText('As told on the phone.');
});

test('forty conflicts are a queue of two pages, and one is settled by keyboard', async ({ page, at }) => {
  const { id, conflicts } = await connectionOf(at, DESK);
  await page.goto(`${at.console}/conflicts`);
  const records = page.locator('[data-link]');
  await expect(page.getByText(`${SEEDED.conflicts} conflicts on 26 records`)).toBeVisible();
  await expect(records).toHaveCount(20);
  await pages(page).getByRole('link', { name: 'Next' }).click();
  await expect(page).toHaveURL(/page=2/);
  await expect(records).toHaveCount(6);

  // Others are told who looks at a record.
  const told = page.waitForResponse((answer) => new URL(answer.url()).pathname === '/fn/look-at-conflicts');
  await page.goto(`${at.console}/conflicts?connection=${id}`);
  const first = page.getByRole('group').first();
  await expect(async () => {
    await page.keyboard.press('j');
    await expect(first).toBeFocused({ timeout: 500 });
  }).toPass();
  expect(await (await told).json()).toEqual([]);
  // Only the form that was sent says what it met.
  await records.nth(1).getByRole('button', { name: 'Save choices' }).click();
  await expect(page.locator('.trouble').filter({ visible: true })).toHaveCount(1);
  await expect(records.nth(1).locator('.trouble')).toBeVisible();
  await first.focus();
  const before = await records.count();
  const link = (await records.first().getAttribute('data-link')) as string;
  await page.keyboard.press('1');
  await expect(first.getByRole('radio', { name: /^ServiceNow/ })).toBeChecked();
  if ((await records.first().getByRole('group').count()) > 1) {
    await page.keyboard.press('j');
    await page.keyboard.press('3');
  }
  await expect(records.first().getByRole('row').filter({ hasText: 'Badge' }).first()).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.locator(`[data-link="${link}"]`)).toHaveCount(0, { timeout: 30_000 });
  await expect(records).toHaveCount(before - 1);
  const left = async () => (await connectionOf(at, DESK)).conflicts;
  await expect.poll(left, { timeout: 20_000 }).toBeLessThan(conflicts);
});

test('the same for the next like it becomes a rule: by way of the draft, and seen before it counts', async ({ page, at }) => {
  await page.goto(`${at.console}/conflicts`);
  await page.getByRole('link', { name: "ServiceNow's", exact: true }).first().click();
  await expect(page.getByRole('heading', { level: 1, name: /^The same for every conflict about / })).toBeVisible();
  expect(await rows(page).count()).toBeGreaterThan(1);
  await page.getByRole('button', { name: 'Make this the rule' }).click();
  await expect(page).toHaveURL(/\/mappings\/preview$/);
  await expect(page.getByText(/both sides changed it/i).first()).toBeVisible();
  await expect(page.getByText('Nobody has looked at what this draft would do to real records.')).toBeVisible();
  await page.getByText('Discard', { exact: true }).click();
  await page.getByRole('button', { name: 'Discard the draft' }).click();
  await expect(page.getByText(/There is no draft: the first edit begins one/)).toBeVisible();
});

test('sixty failures are a handful of causes; one is repaired, and all of it tried again', async ({ page, at }) => {
  await page.goto(`${at.console}/failures`);
  await expect(page.getByText(`${SEEDED.failures} failures of 7 causes`)).toBeVisible();
  const refused = rows(page).filter({ hasText: 'Writing status' }).filter({ hasText: 'Facilities' });
  await expect(refused).toContainText('Resolution code');
  await expect(refused.getByRole('cell', { name: '10', exact: true })).toBeVisible();
  await refused.getByRole('link', { name: 'Writing status to ServiceNow' }).click();
  await expect(rows(page)).toHaveCount(10);
  await page.goBack();

  // As the text beside it says: the code becomes a choice again.
  const there = at.instances.at(-1) as string;
  const query = 'sys_choice?sysparm_query=name=incident^element=close_code^value=Solution provided';
  for (const { sys_id } of await at.table('GET', query, undefined, there)) {
    await at.table('PATCH', `sys_choice/${sys_id}`, { inactive: 'false' }, there);
  }
  await refused.getByRole('button', { name: 'Retry all' }).click();
  await expect(refused).toHaveCount(0, { timeout: 30_000 });
  await expect.poll(async () => (await connectionOf(at, 'Facilities')).failing, { timeout: 30_000 }).toBe(0);
  await expect(page.getByText(`${SEEDED.failures - 10} failures of 6 causes`)).toBeVisible();
  const resolved = async () => (await at.table('GET', 'incident?sysparm_query=short_descriptionSTARTSWITHChair^state=6', undefined, there)).length;
  await expect.poll(resolved, { timeout: 30_000 }).toBe(10);
});

test('drift: a run is opened, and what differs is named', async ({ page, at }) => {
  const { id } = await connectionOf(at, DESK);
  await page.goto(`${at.console}/settings/connections/${id}/drift`);
  await expect(pages(page)).toContainText(/^\d+ runs/);
  await rows(page).first().getByRole('link').first().click();
  await expect(rows(page).filter({ hasText: 'Lamp, as a script says' })).toHaveCount(3);
});

test('the audit tells who did what, and is asked for more', async ({ page, at }) => {
  await openAwake(page, `${at.console}/settings/audit`);
  await expect(rows(page)).toHaveCount(50);
  await page.getByLabel('What').selectOption('Published the mapping');
  await expect(page).toHaveURL(/action=mapping.publish/);
  await expect(rows(page)).toHaveCount(SEEDED.connections);
  await page.getByRole('link', { name: `Everything about ${DESK}` }).click();
  await expect(page).toHaveURL(/subject=/);
  await expect(rows(page).filter({ hasText: 'Published the mapping' })).toHaveCount(1);
});

test('every page stands still while it comes, at any width', async ({ page, at }) => {
  test.slow();
  const { id } = await connectionOf(at, DESK);
  const connection = `/settings/connections/${id}`;
  const { rows: tickets } = await at.ask('tickets', { 'filter[search]': 'room', 'filter[status]': '', 'filter[page]': '9' });
  const { rows: lines } = await at.ask('history', {
    ...Object.fromEntries(['connection', 'ticket', 'record', 'person', 'from', 'to', 'before'].map((name) => [`filter[${name}]`, ''])),
    ...{ 'filter[field]': 'description', 'filter[kind]': 'fields', 'filter[recovered]': 'false' },
  });
  const { records } = await at.ask('conflicts', { 'filter[connection]': '', 'filter[page]': '1' });
  const { groups } = await at.ask('failures', { 'filter[connection]': '', 'filter[cause]': '', 'filter[page]': '1' });
  const { runs } = await at.ask('drift', { id, page: '1' });
  const [{ link }] = await at.ask('find-records', { number: tickets[0].number });
  const cause = `/failures?connection=${groups[0].connection_id}&cause=${groups[0].cause}`;
  for (const path of [
    ...['/', '/tickets', '/tickets?search=payslip&order=owner&page=3', '/tickets/new', `/tickets/${tickets[0].id}`],
    ...['/history', `/history?connection=${id}&field=title&person=ada`, `/history/${lines[0].id}`],
    ...['/links', `/links?number=${tickets[0].number}`, `/links/${link}`],
    ...['/conflicts', `/conflicts/${records[0].conflicts[0].id}`, '/failures', cause],
    ...['/settings/connections', '/settings/connections/new', connection],
    ...['mappings', 'mappings/values', 'mappings/flow', 'mappings/preview', 'mappings/versions'].map((tab) => `${connection}/${tab}`),
    ...['tokens', 'permissions', 'servicenow', 'disconnect', 'drift'].map((tab) => `${connection}/${tab}`),
    `/drift/${runs[0].id}`,
    ...['audit', 'people', 'me', 'tokens', 'api', 'retention'].map((name) => `/settings/${name}`),
    '/errors',
  ]) {
    await test.step(path, () => expectCalm(page, at, path));
  }
});
