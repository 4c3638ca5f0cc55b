// What people do, in their words. Every step works with JavaScript on and off.

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, type Program } from './program.ts';

export const ADMINISTRATOR = { name: 'Ada Admin', email: 'ada@example.com', password: 'a long sentence for a password' };

/** From the printed link to a signed-in administrator. */
export async function createAdministrator(page: Page, program: Program): Promise<void> {
  await page.goto(await program.firstRunLink());
  await page.getByLabel('Your name').fill(ADMINISTRATOR.name);
  await page.getByLabel('E-mail').fill(ADMINISTRATOR.email);
  await page.getByLabel('Password').fill(ADMINISTRATOR.password);
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await expect(page).toHaveURL(`${program.console}/`);
  await expect(page.getByText(ADMINISTRATOR.email).filter({ visible: true })).toBeVisible();
}

export async function signIn(page: Page): Promise<void> {
  await page.getByLabel('E-mail').fill(ADMINISTRATOR.email);
  await page.getByLabel('Password').fill(ADMINISTRATOR.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
}

/** Settings > Connections > Connect, as far as the filled-in form of the first step. */
export async function openConnect(page: Page, program: Program): Promise<void> {
  await page.getByRole('link', { name: 'Connections' }).click();
  await page.getByRole('link', { name: 'Connect', exact: true }).click();
  await expect(page.getByLabel('Instance address')).toHaveValue(program.sandbox);
  await expect(page.getByLabel('Name', { exact: true })).not.toHaveValue('');
  await expect(page.getByLabel('Client ID')).not.toHaveValue('');
  await expect(page.getByLabel('Client secret')).not.toHaveValue('');
}

/** The heading of a step of Connect. */
export function step(page: Page, name: string) {
  return page.getByRole('heading', { level: 2, name });
}

const saveAndContinue = (page: Page) => page.getByRole('button', { name: 'Save and continue' }).click();

/** From the form, over the second step, to ServiceNow's question whether to let Isthmus in. */
export async function goToConsent(page: Page, program: Program): Promise<void> {
  await saveAndContinue(page);
  await expect(step(page, '2. Capability')).toBeVisible();
  await expect(page.getByLabel('Sandbox or sub-production')).toBeChecked();
  await saveAndContinue(page);
  await page.getByRole('link', { name: 'Authorize in ServiceNow' }).click();
  await logIn(page, program);
  await expect(page.getByRole('button', { name: 'Deny' })).toBeVisible();
}

/** ServiceNow's own sign-in page. */
export async function logIn(page: Page, program: Program): Promise<void> {
  await expect(page).toHaveURL((url) => url.origin === program.sandbox);
  await page.getByLabel('User name').fill('admin');
  await page.getByLabel('Password').fill('admin');
  await page.getByRole('button', { name: 'Log in' }).click();
}

/** From ServiceNow's question to the sixth step: from then on changes flow. */
export async function allowAndStart(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Allow' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Authorized.' })).toBeVisible();
  await expect(page.getByText('Failed', { exact: true })).toHaveCount(0);
  await page.getByRole('link', { name: 'Continue', exact: true }).click();
  await expect(page.getByLabel('From now on')).toBeChecked();
  await saveAndContinue(page);
  await page.getByRole('button', { name: 'Start syncing' }).click();
  await expect(step(page, '6. ServiceNow side')).toBeVisible();
}

/** All of Connect: ends on the connection's page. */
export async function connect(page: Page, program: Program): Promise<void> {
  await openConnect(page, program);
  await goToConsent(page, program);
  await allowAndStart(page);
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page).toHaveURL(new RegExp(`^${program.console}/settings/connections/[^/]+$`));
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
}

/** Publishes a mapping by which a person decides where both sides changed a field. `connection` is its page's address. */
export async function askAPerson(page: Page, connection: string): Promise<void> {
  await page.goto(`${connection}/mappings/flow`);
  await page.getByLabel('When both sides changed a field').selectOption('manual_review');
  await page.getByRole('button', { name: 'Save to the draft' }).click();
  await expect(page.getByText('Draft with 1 difference')).toBeVisible();
  await page.goto(`${connection}/mappings/preview`);
  await page.getByRole('button', { name: 'See what it would do' }).click();
  await page.getByRole('button', { name: 'Publish and heal' }).click();
  await expect(page).toHaveURL(/\/drift$/);
  await afterReload(page, () => expect(page.getByText('Done').first()).toBeVisible({ timeout: 2_000 }));
}

/** Opens an incident on the practice instance's page and stays on it. */
export async function openIncident(page: Page, program: Program, title: string): Promise<void> {
  await page.goto(`${program.sandbox}/incident.do?sys_id=-1`);
  await page.getByLabel('Short description').fill(title);
  await page.getByLabel('Description', { exact: true }).fill(`${title}: since this morning.`);
  await page.getByLabel('Category', { exact: true }).selectOption('Inquiry / Help');
  await page.getByRole('button', { name: 'Submit' }).click();
  await expect(page.getByRole('button', { name: 'Update' })).toBeVisible();
}

/** The form of an incident does not follow by itself: looks again until it shows what is awaited. */
export async function afterReload(page: Page, awaited: () => Promise<void>): Promise<void> {
  await expect(async () => {
    await page.reload();
    await awaited();
  }).toPass({ timeout: 20_000 });
}

/** No fault that keeps people out: labels, contrast, names, landmarks. */
export async function expectAccessible(page: Page): Promise<void> {
  await expect(page).toHaveTitle(/./);
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' | ')}`);
  expect.soft(found, `accessibility of ${page.url()}`).toEqual([]);
}
