// `make pictures`: every page as a person sees it, wide, narrow and dark, into ./shots; and the README's picture.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, type Program, test } from './program.ts';
import { connect, createAdministrator } from './steps.ts';

const SHOTS = fileURLToPath(new URL('../shots/', import.meta.url));
const README = fileURLToPath(new URL('../docs/picture.png', import.meta.url));
const BETH = '46d44a23a9fe19810012d100cca80666';
const INCIDENTS = [
  ['VPN drops every hour in Berlin', 'inquiry', { state: '2', assigned_to: BETH, comments: 'It began after the update on Monday.' }],
  ['Payslip for October is missing', 'payroll', { caller_id: BETH }],
  ['Access to the finance share for a new colleague', 'access_request', { state: '3', hold_reason: '1' }],
  ['Contract template for interns', 'hiring', { state: '6', close_code: 'Solution provided', close_notes: 'Sent.' }],
  ['Monitor flickers after the move to the third floor', 'inquiry', { state: '2', assigned_to: BETH }],
  ['Parental leave: which form?', 'employee_help', {}],
  ['Mailbox full, cannot send any longer', 'inquiry', { due_date: '2026-12-01 16:00:00' }],
  ['Overtime of week 45 was not counted', 'payroll', { state: '7', close_code: 'Solution provided', close_notes: 'Counted.' }],
] as const;

async function table(program: Program, page: Page, method: string, path: string, data?: object): Promise<any> {
  const authorization = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
  const answer = await page.request.fetch(`${program.sandbox}/api/now/table/${path}`, { method, data, headers: { authorization } });
  return (await answer.json()).result;
}

test('pictures', async ({ page, program }) => {
  test.setTimeout(180_000);
  mkdirSync(SHOTS, { recursive: true });
  const shot = async (name: string, path: string) => {
    for (const [look, width, height, scheme] of [
      ['wide', 1280, 800, 'light'],
      ['dark', 1280, 800, 'dark'],
      ['narrow', 360, 740, 'light'],
    ] as const) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: scheme });
      await page.goto(path.startsWith('http') ? path : program.console + path);
      await page.screenshot({ path: `${SHOTS}${name}-${look}.png`, fullPage: look !== 'wide' });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect.soft(overflow, `${name} ${look} does not scroll sideways`).toBeLessThanOrEqual(0);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: 'light' });
  };

  await shot('first-run', await program.firstRunLink());
  await createAdministrator(page, program);
  await shot('overview-empty', '/');
  await shot('connect', '/settings/connections/new');
  await page.goto(program.console);
  await connect(page, program);
  await page.getByRole('button', { name: 'Install the business rule' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Installed.' })).toBeVisible();
  const connection = new URL(page.url()).pathname;

  for (const [short_description, category, more] of INCIDENTS) {
    await table(program, page, 'POST', 'incident', { short_description, category, description: 'As told on the phone.', ...more });
  }
  await page.goto(`${program.console}/tickets`);
  await expect(page.getByRole('row')).toHaveCount(INCIDENTS.length + 1, { timeout: 20_000 });
  const found = await table(program, page, 'GET', 'incident?sysparm_query=short_descriptionSTARTSWITHVPN drops&sysparm_limit=1');
  await page.getByRole('link', { name: 'VPN drops' }).click();
  await page.getByLabel('Comment', { exact: true }).fill('Thank you. We look at the gateway today.');
  await page.getByRole('button', { name: 'Add comment' }).click();
  await page.getByLabel('Title', { exact: true }).fill('VPN drops every hour in Berlin, third floor');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();
  const ticket = new URL(page.url()).pathname;
  await expect(page.getByText('in sync', { exact: false }).first()).toBeVisible();

  await shot('overview', '/');
  await shot('tickets', '/tickets');
  await shot('ticket', ticket);
  await shot('connections', '/settings/connections');
  await shot('connection', connection);
  await shot('history', '/history');
  await page.goto(`${program.console}/history`);
  await page.getByRole('link', { name: /went to ServiceNow/ }).filter({ hasText: 'title' }).first().click();
  await expect(page).toHaveURL(/history\/\w+/);
  await shot('change', new URL(page.url()).pathname);
  await shot('not-found', '/no/such/page');
  await shot('incident', `${program.sandbox}/incident.do?sys_id=${found[0].sys_id}`);
  await shot('incidents', `${program.sandbox}/incident_list.do`);
  await page.goto(`${program.console}/tickets`);
  await page.screenshot({ path: README });
});
