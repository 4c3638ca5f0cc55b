// Two people disagree, and the keyboard is all that it takes to choose; what a change went through can be read to the
// last request; what was before comes back.

import type { Page } from '@playwright/test';
import { expect, type Program, test } from './program.ts';
import { afterReload, connect, createAdministrator, expectAccessible, openIncident } from './steps.ts';

/** On the connection's page: clashes wait for a person from now on. */
async function askAPerson(desk: Page): Promise<void> {
  await desk.getByLabel('When both sides changed a field').selectOption('Ask a person');
  await desk.getByRole('button', { name: 'Save settings' }).click();
}

/** Signed in, connected, asking a person; with an incident and its ticket, each open on its own page. */
async function linkedPair(desk: Page, program: Program, title: string): Promise<{ incident: Page; connection: string }> {
  await createAdministrator(desk, program);
  await connect(desk, program);
  const connection = desk.url().split('?')[0] ?? '';
  await desk.getByRole('button', { name: 'Install the business rule' }).click();
  await desk.goto(connection);
  await askAPerson(desk);
  const incident = await desk.context().newPage();
  await openIncident(incident, program, title);
  await desk.goto(`${program.console}/tickets`);
  await afterReload(desk, () => expect(desk.getByRole('link', { name: title })).toBeVisible({ timeout: 1_000 }));
  await desk.getByRole('link', { name: title }).click();
  await expect(desk.getByText('In sync')).toBeVisible();
  return { incident, connection };
}

/** Both people edit the title while nothing flows. */
async function disagree(desk: Page, incident: Page, connection: string, there: string, here: string): Promise<void> {
  const ticket = desk.url();
  await desk.goto(connection);
  await desk.getByRole('button', { name: 'Pause' }).click();
  await expect(desk.getByRole('button', { name: 'Resume' })).toBeVisible();
  await incident.reload();
  await incident.getByLabel('Short description').fill(there);
  await incident.getByRole('button', { name: 'Update' }).click();
  await desk.goto(ticket);
  await desk.getByLabel('Title', { exact: true }).fill(here);
  await desk.getByRole('button', { name: 'Save' }).click();
  await expect(desk.getByRole('heading', { level: 1 })).toContainText(here);
  await desk.goto(connection);
  await desk.getByRole('button', { name: 'Resume' }).click();
  await expect(desk.getByRole('button', { name: 'Pause' })).toBeVisible();
}
