// ServiceNow's side set up by one file: downloaded from the console, imported, and taken away again.

import type { Page } from '@playwright/test';
import { expect, type Program, test } from './program.ts';
import { afterReload, connect, createAdministrator, openIncident } from './steps.ts';

// It all works by plain links and forms.
test.use({ javaScriptEnabled: false });

/** As an administrator of ServiceNow does it, with the file that the link on the connection's page gives. */
async function importFile(desk: Page, servicenow: Page, program: Program, link: string): Promise<void> {
  const downloading = desk.waitForEvent('download');
  await desk.getByRole('link', { name: link, exact: true }).click();
  const file = await (await downloading).path();
  await servicenow.goto(`${program.sandbox}/sys_remote_update_set_list.do`);
  await servicenow.getByRole('link', { name: 'Import Update Set from XML' }).click();
  await servicenow.getByLabel('Update set (XML)').setInputFiles(file);
  await servicenow.getByRole('button', { name: 'Upload' }).click();
  await servicenow.getByRole('button', { name: 'Preview Update Set' }).click();
  await servicenow.getByRole('button', { name: 'Commit Update Set' }).click();
  await expect(servicenow.getByRole('button', { name: 'Commit Update Set' })).toHaveCount(0);
}

test('one file sets up ServiceNow’s side, and another takes it away', async ({ page: desk, context, program }) => {
  const servicenow = await context.newPage();
  await createAdministrator(desk, program);
  await connect(desk, program);
  const lastWebhook = desk.locator('dl div').filter({ hasText: 'Last webhook' });
  await expect(lastWebhook).toContainText('never');

  await test.step('the update set is imported', () => importFile(desk, servicenow, program, 'the update set'));

  let incident = '';
  await test.step('what a person does in ServiceNow arrives as a signed webhook', async () => {
    await openIncident(servicenow, program, 'Grüße from 東京');
    incident = servicenow.url();
    await afterReload(desk, () => expect(lastWebhook).not.toContainText('never', { timeout: 1_000 }));
  });

  await test.step('a comment of 10,000 characters arrives whole', async () => {
    const words = 'Ärger in 東京 seit heute früh. ';
    const comment = words.repeat(10_000 / words.length + 1).slice(0, 9_999).trimEnd().padEnd(10_000, '!');
    await servicenow.getByLabel('Additional comments').fill(comment);
    await servicenow.getByRole('button', { name: 'Update' }).click();
    const ticket = await desk.context().newPage();
    await ticket.goto(`${program.console}/tickets`);
    await ticket.getByRole('link', { name: 'Grüße from 東京' }).click();
    await afterReload(ticket, () => expect(ticket.getByText(comment)).toBeVisible({ timeout: 1_000 }));
    await ticket.close();
    await servicenow.goto(incident);
  });

  await test.step('the button sends one record', async () => {
    await servicenow.getByRole('button', { name: 'Send to Isthmus' }).click();
    await expect(servicenow.getByText('Isthmus will look at this record within a minute.')).toBeVisible();
  });

  await test.step('the other file takes everything away', async () => {
    await importFile(desk, servicenow, program, 'Another one');
    await servicenow.goto(incident);
    await expect(servicenow.getByRole('button', { name: 'Update', exact: true })).toBeVisible();
    await expect(servicenow.getByRole('button', { name: 'Send to Isthmus' })).toHaveCount(0);
  });
});
