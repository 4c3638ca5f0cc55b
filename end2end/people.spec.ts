// An administrator lets somebody in; the roles hold; the audit tells; a program works with a token, until it is revoked.

import type { Page } from '@playwright/test';
import { expect, test } from './program.ts';
import { createAdministrator, expectAccessible } from './steps.ts';

const BOB = { name: 'Bob Bright', email: 'bob@example.com', password: 'bob has his own words' };

async function expectWell(page: Page): Promise<void> {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, `${page.url()} does not scroll sideways`).toBeLessThanOrEqual(0);
  await expectAccessible(page);
}

test('people, the audit and tokens', async ({ page: ada, browser, program }) => {
  await createAdministrator(ada, program);
  const other = await browser.newContext();
  const bob = await other.newPage();

  const link = await test.step('an operator is added and gets a link', async () => {
    await ada.getByRole('link', { name: 'People', exact: true }).first().click();
    await ada.getByLabel('Name', { exact: true }).fill(BOB.name);
    await ada.getByLabel('E-mail').fill('bob at example');
    await ada.getByLabel('E-mail').evaluate((input: HTMLInputElement) => (input.type = 'text'));
    await ada.getByRole('button', { name: 'Add person' }).click();
    await expect(ada.getByRole('alert')).toContainText('no e-mail address');
    await expect(ada.getByLabel('Name', { exact: true })).toHaveValue(BOB.name);
    await ada.getByLabel('E-mail').fill(BOB.email);
    await ada.getByRole('button', { name: 'Add person' }).click();
    await expect(ada.getByRole('heading', { level: 1, name: BOB.name })).toBeVisible();
    const shown = ada.getByText('/set-password?token=');
    const link = (await shown.textContent()) as string;
    await expectWell(ada);
    await ada.reload();
    await expect(ada.getByRole('heading', { level: 1, name: BOB.name })).toBeVisible();
    await expect(shown).toHaveCount(0);
    return link;
  });

  await test.step('Bob sets a password, by the keyboard, and is in', async () => {
    await bob.goto(link);
    await expectWell(bob);
    await bob.getByLabel('Password').focus();
    await bob.keyboard.type(BOB.password);
    await bob.keyboard.press('Enter');
    await expect(bob.getByRole('button', { name: 'Sign out' })).toBeVisible();
    await expect(bob.getByText(BOB.email).filter({ visible: true })).toBeVisible();
    await bob.goto(link);
    await expect(bob.getByRole('heading', { level: 1 })).toHaveText('This link does not work any more');
  });

  await test.step('he is refused what an administrator may do, and the audit shows it', async () => {
    await bob.goto(`${program.console}/settings/people`);
    await expect(bob.getByRole('button', { name: 'Add person' })).toHaveCount(0);
    const answer = await bob.request.post(`${program.console}/fn/set-role`, {
      form: { id: 'anybody', role: 'admin' },
      headers: { accept: 'application/json', origin: program.console },
    });
    expect(answer.status()).toBe(403);
    await ada.getByRole('link', { name: 'Audit', exact: true }).click();
    await ada.getByLabel('Who').selectOption(BOB.name);
    await expect(ada).toHaveURL(/person=/);
    await ada.getByLabel('Refused only').check();
    await ada.getByRole('button', { name: 'Filter' }).click();
    const row = ada.getByRole('row').filter({ hasText: 'Changed a role' });
    await expect(row).toContainText('Refused');
    await expect(row).toContainText('needs the role administrator');
    await expect(ada.getByRole('row')).toHaveCount(2);
    await expectWell(ada);
    const [file] = await Promise.all([ada.waitForEvent('download'), ada.getByRole('link', { name: 'CSV' }).click()]);
    expect(file.suggestedFilename()).toBe('isthmus-audit.csv');
  });

  await test.step('a token is made, used and revoked', async () => {
    await ada.getByRole('link', { name: 'API tokens', exact: true }).click();
    await ada.getByLabel('Name', { exact: true }).fill('nightly report');
    await ada.getByRole('button', { name: 'Make token' }).click();
    const token = (await ada.locator('.next-step code').first().textContent()) as string;
    expect(token).toMatch(/^isthmus_[\w-]{43}$/);
    await expectWell(ada);
    const ask = () => fetch(`${program.console}/api/v1/connections`, { headers: { authorization: `Bearer ${token}` } });
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ items: [], next: null });
    await ada.reload();
    await expect(ada.getByText(token)).toHaveCount(0);
    await ada.getByRole('button', { name: 'Revoke nightly report' }).click();
    await expect(ada.getByText('Revoked', { exact: true })).toBeVisible();
    const refused = await ask();
    expect(refused.status).toBe(401);
    expect((await refused.json()).code).toBe('API-TOKEN');
    await ada.goto(`${program.console}/settings/api`);
    await expect(ada.getByText('/api/v1/tickets/{id}/comments')).toBeVisible();
    await expectWell(ada);
  });

  await test.step('a closed account is out at once', async () => {
    await ada.getByRole('link', { name: 'People', exact: true }).first().click();
    await ada.getByRole('link', { name: BOB.name }).click();
    await ada.getByRole('button', { name: 'Close account' }).click();
    await expect(ada.getByText('Closed').first()).toBeVisible();
    await bob.goto(`${program.console}/tickets`);
    await expect(bob).toHaveURL(/sign-in/);
    await bob.getByLabel('E-mail').fill(BOB.email);
    await bob.getByLabel('Password').fill(BOB.password);
    await bob.getByRole('button', { name: 'Sign in' }).click();
    await expect(bob.getByRole('alert')).toContainText('Your account is closed');
    const [page] = await Promise.all([other.waitForEvent('page'), bob.getByRole('link', { name: 'AUTH-CLOSED' }).click()]);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('AUTH-CLOSED');
    await expectWell(page);
  });

  await test.step('the last administrator stays, and is told why', async () => {
    await ada.getByRole('link', { name: 'People', exact: true }).first().click();
    await ada.locator('main').getByRole('link', { name: 'Ada' }).click();
    await ada.getByRole('button', { name: 'Close account' }).click();
    await expect(ada.getByRole('alert')).toContainText('last administrator');
    await ada.getByRole('link', { name: 'Your own settings' }).click();
    await expect(ada.getByRole('heading', { level: 1 })).toHaveText('Your account');
    await expectWell(ada);
  });
  await other.close();
});

test.describe('in another time zone', () => {
  test.use({ timezoneId: 'Asia/Dubai' });

  test('times are the reader\'s, with UTC on hover', async ({ page, program }) => {
    await createAdministrator(page, program);
    await page.goto(`${program.console}/settings/people`);
    await expect(page.getByText('Times are Asia/Dubai.').filter({ visible: true })).toBeVisible();
    const time = page.locator('main time').first();
    const iso = (await time.getAttribute('datetime')) as string;
    const shown = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Dubai', hour: '2-digit', minute: '2-digit' }).format(new Date(iso));
    await expect(time).toContainText(` ${shown}:`);
    await expect(time).toHaveAttribute('title', `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`);
    await page.goto(`${program.console}/settings/me`);
    await page.getByLabel('Time zone').fill('America/New_York');
    await page.locator('form', { has: page.getByLabel('Time zone') }).getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('Times are in America/New_York now.')).toBeVisible();
  });
});
