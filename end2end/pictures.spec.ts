// `make pictures`: every page as a person sees it, wide, narrow and dark, into ./shots; and the README's picture.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, type Program, test } from './program.ts';
import { askAPerson, createAdministrator, expectAccessible, goToConsent, openConnect } from './steps.ts';

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
  test.setTimeout(300_000);
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
      if (!path.startsWith(program.sandbox)) await expectAccessible(page);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: 'light' });
  };

  await shot('first-run', await program.firstRunLink());
  await createAdministrator(page, program);
  await shot('overview-empty', '/');
  await shot('connect', '/settings/connections/new');
  await page.goto(program.console);
  await openConnect(page, program);
  await goToConsent(page, program);
  await page.getByRole('button', { name: 'Allow' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Authorized.' })).toBeVisible();
  const draft = new URL(page.url()).pathname.replace(/\/connect\/3$/, '');
  for (const at of [1, 2, 3, 4, 5]) await shot(`connect-${at}`, `${draft}/connect/${at}`);
  await shot('connections-draft', '/settings/connections');
  await page.goto(`${program.console}${draft}/connect/4`);
  await page.getByRole('button', { name: 'Save and continue' }).click();
  await page.getByRole('button', { name: 'Start syncing' }).click();
  await page.getByRole('button', { name: 'Make a test record and follow it' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Both ways work.' })).toBeVisible({ timeout: 60_000 });
  await shot('connect-6', `${draft}/connect/6`);
  await page.goto(`${program.console}${draft}/connect/6`);
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await page.goto(`${program.console}${draft}/permissions`);
  await page.getByRole('button', { name: 'Try every right' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'No right that is needed is missing.' })).toBeVisible({ timeout: 30_000 });
  await shot('permissions', `${draft}/permissions`);
  await shot('tokens', `${draft}/tokens`);
  await shot('disconnect', `${draft}/disconnect`);
  await page.goto(program.console + draft);
  await page.getByRole('button', { name: 'Install in ServiceNow' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Installed.' })).toBeVisible();
  const connection = new URL(page.url()).pathname;

  for (const [short_description, category, more] of INCIDENTS) {
    await table(program, page, 'POST', 'incident', { short_description, category, description: 'As told on the phone.', ...more });
  }
  await page.goto(`${program.console}/tickets`);
  await expect(page.getByRole('row')).toHaveCount(INCIDENTS.length + 2, { timeout: 20_000 });
  const found = await table(program, page, 'GET', 'incident?sysparm_query=short_descriptionSTARTSWITHVPN drops&sysparm_limit=1');
  await page.getByRole('link', { name: 'VPN drops' }).click();
  await page.getByLabel('Comment', { exact: true }).fill('Thank you. We look at the gateway today.');
  await page.getByRole('button', { name: 'Add comment' }).click();
  await page.getByLabel('Title', { exact: true }).fill('VPN drops every hour in Berlin, third floor');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();
  const ticket = new URL(page.url()).pathname;
  await expect(page.getByText('in sync', { exact: false }).first()).toBeVisible({ timeout: 15_000 });

  // Both sides change a title while the connection rests, and a person shall decide.
  const press = (name: string) => page.locator('button').and(page.getByRole('button', { name, exact: true })).click();
  await page.goto(program.console + connection);
  await askAPerson(page, program.console + connection);
  await page.goto(program.console + connection);
  await press('Pause');
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible();
  await table(program, page, 'PATCH', `incident/${found[0].sys_id}`, { short_description: 'VPN drops in Berlin after the update' });
  await page.goto(program.console + ticket);
  await page.getByLabel('Title', { exact: true }).fill('VPN drops every hour in Berlin: the gateway on the third floor');
  await press('Save');
  await expect(page.getByText('Saved.')).toBeVisible();
  await page.locator('input[type=file]').setInputFiles({ name: 'gateway-log.txt', mimeType: 'text/plain', buffer: Buffer.from('11:02 link down\n'.repeat(40)) });
  await press('Add files');
  await expect(page.getByRole('link', { name: 'gateway-log.txt' })).toBeVisible();
  // The data policy of the instance refuses this resolution: the code of the mapping is no choice any longer.
  const codes = await table(program, page, 'GET', 'sys_choice?sysparm_query=name=incident^element=close_code^value=Solution provided');
  for (const { sys_id } of codes) await table(program, page, 'PATCH', `sys_choice/${sys_id}`, { inactive: 'true' });
  await page.goto(`${program.console}/tickets`);
  await page.getByRole('link', { name: 'Monitor flickers' }).click();
  await page.getByLabel('Status', { exact: true }).selectOption('Resolved');
  await press('Save');
  await expect(page.getByText('Saved.')).toBeVisible();
  await page.goto(program.console + connection);
  await press('Resume');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await expect(async () => {
    await page.goto(`${program.console}/conflicts`);
    await expect(page.locator('fieldset')).toHaveCount(1, { timeout: 1000 });
    await page.goto(`${program.console}/failures`);
    await expect(page.getByRole('row')).toHaveCount(2, { timeout: 1000 });
  }).toPass({ timeout: 60_000 });
  await shot('conflicts', '/conflicts');
  await page.goto(`${program.console}/conflicts`);
  await page.locator('main legend a').first().click();
  await expect(page).toHaveURL(/conflicts\/\w+/);
  await shot('conflict', new URL(page.url()).pathname);
  await page.goto(program.console + ticket);
  await page.getByRole('link', { name: 'both sides and the past' }).click();
  await expect(page).toHaveURL(/links\/\w+/);
  const link = new URL(page.url()).pathname;
  await shot('record', link);
  await page.goto(program.console + link);
  await page.getByRole('link', { name: 'as it stood then' }).last().click();
  await expect(page).toHaveURL(/at=/);
  await shot('record-past', new URL(page.url()).pathname + new URL(page.url()).search);
  await page.getByRole('link', { name: 'Restore title' }).click();
  await expect(page).toHaveURL(/restore/);
  await shot('restore', new URL(page.url()).pathname + new URL(page.url()).search);
  await shot('failures', '/failures');
  await page.goto(`${program.console}/failures`);
  await page.getByRole('row').nth(1).getByRole('link').first().click();
  await shot('failure', new URL(page.url()).pathname + new URL(page.url()).search);
  await page.goto(`${program.console}${connection}/drift`);
  await press('Look for drift');
  await expect(page.getByText('Done').first()).toBeVisible({ timeout: 30_000 });
  await shot('drift', `${connection}/drift`);
  await page.goto(`${program.console}${connection}/drift`);
  await page.getByRole('row').nth(1).getByRole('link').first().click();
  await shot('run', new URL(page.url()).pathname);
  await shot('retention', '/settings/retention');
  await page.goto(program.console + ticket);
  await page.getByRole('link', { name: 'Delete this ticket' }).click();
  await shot('delete-ticket', new URL(page.url()).pathname);

  await shot('overview', '/');
  await shot('tickets', '/tickets');
  await shot('ticket', ticket);
  await shot('connections', '/settings/connections');
  await shot('connection', connection);
  await shot('mapping', `${connection}/mappings`);
  await shot('mapping-rule', `${connection}/mappings?edit=title`);
  await shot('mapping-values', `${connection}/mappings/values`);
  await shot('mapping-value', `${connection}/mappings/values?edit=status`);
  await shot('mapping-flow', `${connection}/mappings/flow`);
  await shot('mapping-preview', `${connection}/mappings/preview`);
  await shot('mapping-versions', `${connection}/mappings/versions`);
  await shot('history', '/history');
  await page.goto(`${program.console}/history`);
  await page.getByRole('link', { name: /went to ServiceNow/ }).filter({ hasText: 'title' }).first().click();
  await expect(page).toHaveURL(/history\/\w+/);
  await shot('change', new URL(page.url()).pathname);
  for (const name of ['people', 'me', 'tokens', 'audit', 'api']) await shot(`settings-${name}`, `/settings/${name}`);
  await shot('errors', '/errors');
  await shot('error', '/errors/MAPPING-UNSEEN');
  await shot('records', '/links');
  await shot('ticket-new', '/tickets/new');
  await shot('servicenow-side', `${connection}/servicenow`);
  await shot('alike', `/conflicts/alike?connection=${connection.split('/').pop()}&field=title&take=platform`);
  await shot('design', '/design');
  await shot('not-found', '/no/such/page');
  await shot('incident', `${program.sandbox}/incident.do?sys_id=${found[0].sys_id}`);
  await shot('incidents', `${program.sandbox}/incident_list.do`);
  await page.goto(`${program.console}/tickets`);
  await page.screenshot({ path: README });
});
