// Connect goes wrong: each way has its own message, says what to do, and leaves the way open for another try.

import type { Page } from '@playwright/test';
import { expect, type Program, test } from './program.ts';
import { createAdministrator, goToConsent, openConnect } from './steps.ts';

test.beforeEach(async ({ page, program }) => {
  await createAdministrator(page, program);
  await openConnect(page, program);
});

/** Back on the third step, with this finding and the button to try again. */
async function expectFinding(page: Page, program: Program, code: string): Promise<void> {
  await expect(page).toHaveURL((url) => url.origin === program.console);
  const finding = page.getByRole('listitem').filter({ hasText: code });
  await expect(finding).toContainText('Failed');
  await expect(finding).toContainText('What to do:');
  await expect(page.getByText('Authorized.')).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Authorize in ServiceNow' })).toBeVisible();
}

test('a wrong client secret', async ({ page, program }) => {
  await page.getByLabel('Client secret').fill('not-the-secret');
  await goToConsent(page, program);
  await page.getByRole('button', { name: 'Allow' }).click();
  await expectFinding(page, program, 'CONN-SECRET');
});

test('the person denies', async ({ page, program }) => {
  await goToConsent(page, program);
  await page.getByRole('button', { name: 'Deny' }).click();
  await expectFinding(page, program, 'CONN-DENIED');
});

/** Refused before anything is kept: the form stays, with what was typed. */
async function expectRefused(page: Page, program: Program, address: string, code: string): Promise<void> {
  await page.getByLabel('Instance address').fill(address);
  await page.getByRole('button', { name: 'Save and continue' }).click();
  await expect(page.getByRole('alert')).toContainText('What to do:');
  await expect(page.getByRole('alert')).toContainText(code);
  await expect(page).toHaveURL(`${program.console}/settings/connections/new`);
  await expect(page.getByLabel('Instance address')).toHaveValue(address);
}

test('an address where nobody answers', async ({ page, program }) => {
  await expectRefused(page, program, 'http://127.0.0.1:9', 'CONN-UNREACHABLE');
});

test('an address that is no ServiceNow instance', async ({ page, program }) => {
  await expectRefused(page, program, program.console, 'CONN-HTML');
});
