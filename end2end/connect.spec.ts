// Connect, step by step: left in the middle and taken up again, tested live; then the access, the rights and the end.

import type { Locator, Page } from '@playwright/test';
import { expect, type Program, test } from './program.ts';
import { createAdministrator, expectAccessible, goToConsent, openConnect, step } from './steps.ts';

const save = (page: Page) => page.getByRole('button', { name: 'Save and continue' }).click();
const says = (page: Page, words: string) => page.getByRole('status').filter({ hasText: words });

/** From the list of connections back to where Connect was left. */
async function takeUp(page: Page, program: Program, at: number): Promise<void> {
  await page.goto(`${program.console}/settings/connections`);
  await expect(page.getByRole('row').nth(1)).toContainText('Draft');
  await page.getByRole('link', { name: `Continue at step ${at}` }).click();
}

test('six steps, left and taken up again, to a tested sync', async ({ page, program }) => {
  await createAdministrator(page, program);

  await test.step('instance, and away', async () => {
    await openConnect(page, program);
    await expectAccessible(page);
    await save(page);
    await expect(step(page, '2. Capability')).toBeVisible();
    await takeUp(page, program, 2);
  });

  await test.step('capability; back goes back', async () => {
    await expect(page.getByLabel('CRM')).toBeDisabled();
    await expectAccessible(page);
    await page.getByRole('radio', { name: /^Production/ }).check();
    await save(page);
    await expect(step(page, '3. Authorization')).toBeVisible();
    await page.goBack();
    await expect(page.getByRole('radio', { name: /^Production/ })).toBeChecked();
    await page.goForward();
  });

  await test.step('authorization, and away', async () => {
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Authorize in ServiceNow' }).click();
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password').fill('admin');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await expect(says(page, 'Authorized.')).toContainText('admin');
    await takeUp(page, program, 4);
  });

  await test.step('what to sync, counted while it is chosen', async () => {
    await expect(says(page, 'records there match')).toBeVisible();
    await page.evaluate(() => Object.assign(window, { stayed: true }));
    const all = await says(page, 'records there match').locator('strong').innerText();
    await page.getByLabel('Column 1').selectOption('category');
    await page.getByLabel('Value 1').selectOption('inquiry');
    const count = says(page, 'records there match').locator('strong').first();
    await expect(count).not.toHaveText(all);
    const few = Number((await count.innerText()).replace(',', ''));
    expect(few).toBeGreaterThan(0);
    expect(few).toBeLessThan(Number(all.replace(',', '')));
    await page.getByLabel('History too').check();
    await page.getByLabel('History since').fill('2015-01-01');
    await page.getByLabel('History since').blur();
    await expect(says(page, 'The history would pull')).toContainText('a minute');
    await page.getByLabel('From now on').check();
    await expect(says(page, 'From now on, new ones like these')).toBeVisible();
    expect(await page.evaluate(() => 'stayed' in window), 'nothing was loaded again').toBe(true);
    await expectAccessible(page);
    await save(page);
  });

  await test.step('mappings, with what the instance has', async () => {
    await expect(step(page, '5. Mappings')).toBeVisible();
    await expectAccessible(page);
    await page.getByLabel('Add Software', { exact: true }).check();
    await page.getByRole('button', { name: 'Add the ticked rows' }).click();
    await expect(page.getByLabel('Add Software', { exact: true })).toHaveCount(0);
    await expect(page.getByLabel('Add Hardware', { exact: true })).toBeVisible();
    await page.getByRole('button', { name: 'Start syncing' }).click();
  });

  await test.step('ServiceNow’s side, and the live test', async () => {
    await expect(step(page, '6. ServiceNow side')).toBeVisible();
    await page.getByRole('button', { name: 'Install in ServiceNow' }).click();
    await expect(says(page, 'Installed.')).toBeVisible();
    await page.getByRole('button', { name: 'Make a test record and follow it' }).click();
    await expect(says(page, 'Both ways work.')).toBeVisible({ timeout: 60_000 });
    for (const part of ['Create there', 'See here', 'Change here', 'See there', 'Put away']) {
      await expect(page.getByRole('listitem').filter({ hasText: part })).toContainText('Done');
    }
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Done' }).click();
    await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  });

  await test.step('the token is tested and regenerated', async () => {
    await page.getByRole('link', { name: 'Tokens', exact: true }).click();
    await page.getByRole('button', { name: 'Test connection' }).click();
    await expect(page.getByText('ServiceNow accepts the token; it acts as admin.')).toBeVisible();
    await expect(page.getByText('Ada Admin').first()).toBeVisible();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Regenerate token' }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await expect(says(page, 'The token was regenerated.')).toContainText('admin');
  });

  await test.step('every right is tried', async () => {
    await page.getByRole('link', { name: 'Permissions' }).click();
    await page.getByRole('button', { name: 'Try every right' }).click();
    await expect(says(page, 'No right that is needed is missing.')).toBeVisible({ timeout: 30_000 });
    await expect(page.getByRole('row').filter({ hasText: 'sys_updated_on' })).toContainText('Granted');
    await expectAccessible(page);
  });

  await test.step('disconnected, and connected again', async () => {
    await page.goto(`${program.console}/settings/connections`);
    await page.getByRole('row').nth(1).getByRole('link').first().click();
    await page.getByRole('link', { name: 'Disconnect or remove this connection' }).click();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await expect(page.getByText('Disconnected', { exact: true }).first()).toBeVisible();
    await page.getByRole('link', { name: 'Connect again' }).click();
    await expect(page.getByLabel('Client secret')).toHaveValue('');
    await expect(page.getByLabel('Instance address')).toHaveValue(program.sandbox);
  });
});

/** Moves the focus forward until it is there. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < 120; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('the focus never came there');
}

async function pressOn(page: Page, role: 'button' | 'link', name: string): Promise<void> {
  await tabTo(page, page.getByRole(role, { name, exact: true }));
  await page.keyboard.press('Enter');
}

test('Connect with the keyboard alone', async ({ page, program }) => {
  await createAdministrator(page, program);
  await page.goto(`${program.console}/settings/connections/new`);
  await pressOn(page, 'button', 'Save and continue');
  await expect(step(page, '2. Capability')).toBeVisible();
  await tabTo(page, page.getByLabel('Sandbox or sub-production'));
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('radio', { name: /^Production/ })).toBeChecked();
  await pressOn(page, 'button', 'Save and continue');
  await pressOn(page, 'link', 'Authorize in ServiceNow');
  await tabTo(page, page.getByLabel('User name'));
  await page.keyboard.type('admin');
  await page.keyboard.press('Tab');
  await page.keyboard.type('admin');
  await page.keyboard.press('Enter');
  await pressOn(page, 'button', 'Allow');
  await pressOn(page, 'link', 'Continue');
  await tabTo(page, page.getByLabel('Column 1'));
  await page.keyboard.type('Category');
  await tabTo(page, page.getByLabel('Value 1'));
  await page.keyboard.type('Inq');
  await expect(page.getByLabel('Value 1')).toHaveValue('inquiry');
  await pressOn(page, 'button', 'Save and continue');
  await pressOn(page, 'button', 'Start syncing');
  await expect(step(page, '6. ServiceNow side')).toBeVisible();
  await pressOn(page, 'button', 'Make a test record and follow it');
  await expect(says(page, 'Both ways work.')).toBeVisible({ timeout: 60_000 });
  await pressOn(page, 'button', 'Done');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('each step is a form, and nothing that was typed is lost by counting', async ({ page, program }) => {
    await createAdministrator(page, program);
    await openConnect(page, program);
    await goToConsent(page, program);
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('link', { name: 'Continue', exact: true }).click();
    await page.getByLabel('Column 1').selectOption('category');
    await page.getByLabel('Value 1').fill('inquiry');
    await page.getByRole('button', { name: 'Count again' }).click();
    await expect(page.getByLabel('Column 1')).toHaveValue('category');
    await expect(page.getByLabel('Value 1')).toHaveValue('inquiry');
    await expect(says(page, 'records there match')).toBeVisible();
    await save(page);
    await page.getByRole('button', { name: 'Start syncing' }).click();
    await page.getByRole('button', { name: 'Make a test record and follow it' }).click();
    await expect(async () => {
      await page.reload();
      await expect(says(page, 'Both ways work.')).toBeVisible({ timeout: 500 });
    }).toPass({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Done' }).click();
    await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  });
});
