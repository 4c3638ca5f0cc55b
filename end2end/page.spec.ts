// What somebody does on a page stays while the page follows the server, and is sent once.

import type { Page, Route } from '@playwright/test';
import { expect, type Program, test } from './program.ts';
import { createAdministrator } from './steps.ts';

/** A ticket that somebody else makes. */
async function makeTicket(page: Page, program: Program, title: string): Promise<void> {
  const form = { 'form[title]': title, 'form[kind]': 'Payroll', 'form[priority]': 'Normal' };
  const answer = await page.request.post(`${program.console}/fn/create-ticket`, { form, headers: { accept: 'application/json' } });
  expect(answer.ok(), await answer.text()).toBe(true);
}

const row = (page: Page, title: string) => page.getByRole('row').filter({ hasText: title });

test('ticks and typed words stay while the server moves', async ({ page, context, program }) => {
  await createAdministrator(page, program);
  await makeTicket(page, program, 'The first');
  await makeTicket(page, program, 'The second');

  await test.step('a tick stays with its row, and its form says once what it did', async () => {
    await page.goto(`${program.console}/tickets`);
    await row(page, 'The first').getByRole('checkbox').check();
    await page.getByLabel('Status', { exact: true }).last().selectOption('In Progress');
    await makeTicket(page, program, 'The third');
    await expect(row(page, 'The third')).toBeVisible();
    await expect(row(page, 'The first').getByRole('checkbox')).toBeChecked();
    await expect(page.locator('tbody').getByRole('checkbox', { checked: true })).toHaveCount(1);
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await expect(page.getByText('1 changed.')).toBeVisible();
    await expect(row(page, 'The first')).toContainText('In Progress');
    await expect(page.locator('tbody').getByRole('checkbox', { checked: true })).toHaveCount(0);
    await makeTicket(page, program, 'The fourth');
    await expect(row(page, 'The fourth')).toBeVisible();
    await expect(page.getByText('1 changed.'), 'what was said is not lost to news').toBeVisible();
    await page.getByLabel('Select all of this page').check();
    await expect(page.locator('tbody').getByRole('checkbox', { checked: true })).toHaveCount(4);
    await page.reload();
    await expect(page.getByText('1 changed.')).toBeHidden();
  });

  await test.step('words that are not sent stay, with the keyboard in them; the rest follows', async () => {
    await row(page, 'The first').getByRole('link', { name: 'The first' }).click();
    const title = page.getByLabel('Title', { exact: true });
    await title.fill('The very first');
    const other = await context.newPage();
    await other.goto(page.url());
    await other.getByLabel('Description', { exact: true }).fill('What the other wrote.');
    await other.getByRole('button', { name: 'Save' }).click();
    await expect(other.getByText('Saved.')).toBeVisible();
    await expect(page.getByLabel('Description', { exact: true })).toHaveValue('What the other wrote.');
    await expect(title).toHaveValue('The very first');
    await expect(title).toBeFocused();
    await page.keyboard.type('!');
    await expect(title).toHaveValue('The very first!');

    const comment = page.getByLabel('Comment', { exact: true });
    await comment.fill('Said once.');
    await page.getByRole('button', { name: 'Add comment' }).dblclick();
    await expect(page.getByRole('listitem').filter({ hasText: 'Said once.' })).toHaveCount(1);
    await expect(comment).toHaveValue('');
    await expect(title).toHaveValue('The very first!');
    await other.close();
  });

  await test.step('an answer of something before the console is none, and that is said', async () => {
    const badGateway = (route: Route) => route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' });
    await page.route('**/fn/edit-ticket', badGateway);
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('The server did not answer.')).toBeVisible();
    await expect(page.getByLabel('Title', { exact: true })).toHaveValue('The very first!');
    await page.unroute('**/fn/edit-ticket', badGateway);
  });

  await test.step('after the end of the session what was typed is still there', async () => {
    await page.request.post(`${program.console}/fn/sign-out`, { headers: { accept: 'application/json' } });
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('You are not signed in any more.')).toBeVisible();
    await expect(page.getByLabel('Title', { exact: true })).toHaveValue('The very first!');
  });
});

test('the audit tells of new lines and shows them when asked', async ({ page, program }) => {
  await createAdministrator(page, program);
  await page.goto(`${program.console}/settings/audit`);
  const form = { 'form[title]': 'Made beside', 'form[kind]': 'Payroll', 'form[priority]': 'Normal' };
  const rows = await page.getByRole('row').count();
  await page.request.post(`${program.console}/fn/create-ticket`, { form, headers: { accept: 'application/json' } });
  const news = page.getByRole('link', { name: /1 new/ });
  await expect(news).toBeVisible();
  expect(await page.getByRole('row').count(), 'nothing moves under the eyes').toBe(rows);
  await news.click();
  await expect(page.getByRole('row')).toHaveCount(rows + 1);
  await expect(news).toBeHidden();
});
