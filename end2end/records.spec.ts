// Two people disagree, and the keyboard is all that it takes to choose. What a change went through can be read to the last
// request, and what was before comes back.

import type { Page } from '@playwright/test';
import { expect, type Program, test } from './program.ts';
import { askAPerson, connect, createAdministrator, expectAccessible } from './steps.ts';

const TITLE = 'Badge does not open the door';

/** Asks a server function as the page's own script does. */
async function ask(page: Page, program: Program, name: string, form: Record<string, string>): Promise<any> {
  const answer = await page.request.post(`${program.console}/fn/${name}`, { form, headers: { accept: 'application/json' } });
  const text = await answer.text();
  return text === '' ? null : JSON.parse(text);
}

/** ServiceNow's Table API, as its administrator. */
async function table(program: Program, page: Page, method: string, path: string, data?: object): Promise<any> {
  const authorization = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
  const answer = await page.request.fetch(`${program.sandbox}/api/now/table/${path}`, { method, data, headers: { authorization } });
  return (await answer.json()).result;
}

type Pair = { connection: string; incident: string; ticket: string };

/** An incident and its ticket, by a connection that asks a person about clashes. */
async function linked(page: Page, program: Program): Promise<Pair> {
  await createAdministrator(page, program);
  await connect(page, program);
  const [{ id: connection }] = await ask(page, program, 'connections', {});
  await ask(page, program, 'install-webhook', { id: connection });
  await askAPerson(page, `${program.console}/settings/connections/${connection}`);
  const { sys_id: incident } = await table(program, page, 'POST', 'incident', { short_description: TITLE, category: 'inquiry' });
  let ticket = '';
  await expect(async () => {
    const { rows } = await ask(page, program, 'tickets', { 'filter[search]': '', 'filter[status]': '', 'filter[page]': '1' });
    ticket = rows[0].id;
  }).toPass({ timeout: 30_000 });
  return { connection, incident, ticket };
}

async function retitle(page: Page, program: Program, ticket: string, title: string): Promise<void> {
  await page.goto(`${program.console}/tickets/${ticket}`);
  await page.getByLabel('Title', { exact: true }).fill(title);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(title);
}

/** Both people give the title another value while nothing flows. */
async function disagree(page: Page, program: Program, { connection, incident, ticket }: Pair, there: string, here: string): Promise<void> {
  // What is under way when a connection is paused comes to its end.
  await expect.poll(async () => (await ask(page, program, 'connections', {}))[0].waiting, { timeout: 30_000 }).toBe(0);
  await ask(page, program, 'pause-connection', { id: connection });
  await table(program, page, 'PATCH', `incident/${incident}`, { short_description: there });
  await retitle(page, program, ticket, here);
  await ask(page, program, 'resume-connection', { id: connection });
}

async function expectInServicenow(page: Page, program: Program, { incident }: Pair, title: string): Promise<void> {
  const there = async () => (await table(program, page, 'GET', `incident/${incident}`)).short_description;
  await expect.poll(there, { timeout: 30_000 }).toBe(title);
}

test('a conflict is settled by keyboard, its story read, and the past brought back', async ({ page, program }) => {
  const pair = await linked(page, program);
  await disagree(page, program, pair, 'Badge opens nothing', 'Badge does not open the lab');

  await test.step('by keyboard alone', async () => {
    await page.goto(`${program.console}/conflicts`);
    const conflict = page.getByRole('group').filter({ hasText: 'title' });
    await expect(conflict).toBeVisible({ timeout: 30_000 });
    await expect(page.locator('mark').first()).toBeVisible();
    await expectAccessible(page);

    // What somebody types stays with the field.
    const another = page.getByLabel('Another value for title');
    await another.click();
    await page.keyboard.type('j1k2');
    await expect(another).toHaveValue('j1k2');
    await page.getByRole('button', { name: 'Clear' }).click();

    await page.reload();
    await expect(conflict).toBeVisible();
    await expect(async () => {
      await page.keyboard.press('j');
      await expect(conflict).toBeFocused({ timeout: 500 });
    }).toPass();
    await page.keyboard.press('1');
    await expect(conflict.getByRole('radio', { name: /^ServiceNow/ })).toBeChecked();
    await page.keyboard.press('3');
    await expect(conflict.getByRole('radio', { name: /^Desk/ })).toBeChecked();
    const written = page.getByRole('row').filter({ hasText: 'short_description' });
    await expect(written).toContainText('Badge does not open the lab');
    await expect(written).toContainText('Badge opens nothing');
    await page.keyboard.press('Enter');
    await expectInServicenow(page, program, pair, 'Badge does not open the lab');
    await expect(page.getByText('Nobody disagrees.')).toBeVisible({ timeout: 30_000 });
    await expectAccessible(page);
  });

  await test.step('the story of a change, to its requests', async () => {
    await page.goto(`${program.console}/history?kind=fields`);
    await page.getByRole('link', { name: 'Title went to ServiceNow' }).first().click();
    await expect(page.getByRole('heading', { name: 'Attempts' })).toBeVisible();
    const request = page.locator('details').filter({ hasText: 'PATCH' });
    await request.locator('summary').click();
    await expect(request).toContainText('short_description');
    await expect(request).toContainText('200');
    await expectAccessible(page);
  });

  await test.step('what comes meanwhile waits until it is asked for', async () => {
    await page.goto(`${program.console}/history`);
    const rows = page.locator('tbody tr');
    const shown = await rows.count();
    await table(program, page, 'PATCH', `incident/${pair.incident}`, { short_description: 'Badge opens the lab' });
    const news = page.getByRole('link', { name: /new change/ });
    await expect(news).toBeVisible({ timeout: 30_000 });
    await expect(rows).toHaveCount(shown);
    await news.click();
    await expect(rows.first()).toContainText('Title went to Desk');
    await expect(news).toBeHidden();
  });

  await test.step('a field as it was at the beginning comes back', async () => {
    await page.goto(`${program.console}/tickets/${pair.ticket}`);
    await page.getByRole('link', { name: 'both sides and the past' }).click();
    await expect(page.getByRole('row', { name: /^title/ })).toContainText('Badge opens the lab');
    await expectAccessible(page);
    await page.getByRole('listitem').filter({ hasText: 'as ticket' }).getByRole('link', { name: 'as it stood then' }).click();
    const title = page.getByRole('row', { name: /^title/ });
    await expect(title).toContainText(TITLE);
    await title.getByRole('link', { name: 'Restore title' }).click();
    await expect(page.getByRole('row').filter({ hasText: 'short_description' })).toContainText(TITLE);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Restore this' }).click();
    await expect(page).toHaveURL(/\/links\/\w+$/);
    await expectInServicenow(page, program, pair, TITLE);
    await expect(page.getByRole('link', { name: /restored title to/ })).toBeVisible({ timeout: 30_000 });
  });
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a conflict is looked at and settled', async ({ page, program }) => {
    const pair = await linked(page, program);
    await disagree(page, program, pair, 'Badge opens nothing', 'Badge does not open the lab');
    const conflict = page.getByRole('group').filter({ hasText: 'title' });
    await expect(async () => {
      await page.goto(`${program.console}/conflicts`);
      await expect(conflict).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 30_000 });
    await conflict.getByRole('radio', { name: /^ServiceNow/ }).check();
    await page.getByRole('button', { name: 'Preview' }).click();
    await expect(page.getByRole('heading', { name: 'What will be written' })).toBeVisible();
    await expect(page.getByRole('row').filter({ hasText: 'Desk' })).toContainText('Badge opens nothing');
    await expect(conflict.getByRole('radio', { name: /^ServiceNow/ })).toBeChecked();
    await page.getByRole('button', { name: 'Save choices' }).click();
    await expect(async () => {
      await page.goto(`${program.console}/tickets/${pair.ticket}`);
      await expect(page.getByRole('heading', { level: 1 })).toContainText('Badge opens nothing', { timeout: 1_000 });
    }).toPass({ timeout: 30_000 });
  });
});
