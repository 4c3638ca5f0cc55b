// A connection's mapping, as a person edits it: with a mouse, with the keyboard alone, and without scripts.

import type { Locator, Page } from '@playwright/test';
import { expect, type Program, test } from './program.ts';
import { connect, createAdministrator, expectAccessible } from './steps.ts';

async function table(program: Program, page: Page, method: string, path: string, data?: object): Promise<any> {
  const authorization = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
  const answer = await page.request.fetch(`${program.sandbox}/api/now/table/${path}`, { method, data, headers: { authorization } });
  return (await answer.json()).result;
}

/** A connection with one linked pair, which somebody works on. Answers the connection's page and the incident. */
async function linkedPair(page: Page, program: Program): Promise<{ connection: string; incident: any; ticket: string }> {
  await createAdministrator(page, program);
  await page.goto(program.console);
  await connect(page, program);
  const connection = program.console + new URL(page.url()).pathname;
  const incident = await table(program, page, 'POST', 'incident', { short_description: 'The badge reader blinks', category: 'inquiry', state: '2' });
  const link = page.getByRole('link', { name: 'The badge reader blinks' });
  await expect(async () => {
    await page.goto(`${program.console}/tickets`);
    await expect(link).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
  const ticket = program.console + ((await link.getAttribute('href')) as string);
  return { connection, incident, ticket };
}

async function seeAndPublish(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'See what it would do' }).click();
  await expect(page.getByText(/\d+ of \d+ links read/)).toBeVisible();
  await page.getByRole('button', { name: 'Publish and heal' }).click();
  await expect(page).toHaveURL(/\/drift$/);
}

/** Looks again until the ticket has this status. */
async function statusIs(page: Page, ticket: string, status: string): Promise<void> {
  await expect(async () => {
    await page.goto(ticket);
    await expect(page.getByLabel('Status', { exact: true })).toHaveValue(status, { timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
}

const finding = (page: Page, words: string | RegExp): Locator => page.locator('.findings').getByText(words);

test('a mapping is changed, seen on real records, published and brought back', async ({ page, program }) => {
  const { connection, incident, ticket } = await linkedPair(page, program);
  const mappings = `${connection}/mappings`;

  await test.step('a field rule, with a mistake that is told of while it is typed', async () => {
    await page.goto(connection);
    await page.getByRole('link', { name: 'Mappings', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'Mappings', level: 1 })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Add a field rule' }).click();
    await page.getByLabel('Field in ServiceNow').pressSequentially('u_gone');
    await page.getByLabel('Field in Desk').pressSequentially('custom.room');
    await expect(finding(page, 'ServiceNow has no field u_gone')).toBeVisible();
    await page.getByLabel('Field in ServiceNow').fill('correlation_display');
    await expect(finding(page, 'no field')).toHaveCount(0);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Save to the draft' }).click();
    const row = page.getByRole('row').filter({ hasText: 'correlation_display' });
    await expect(row).toContainText('new');
    await expect(page.getByText('Draft with 1 difference')).toBeVisible();
  });

  await test.step('its direction is an arrow that turns', async () => {
    const arrow = page.getByRole('button', { name: /^room flows both ways/ });
    await arrow.click();
    const turned = page.getByRole('button', { name: /^room flows from ServiceNow to Desk only/ });
    await expect(turned).toBeFocused();
    await turned.click();
    await page.getByRole('button', { name: /^room flows from Desk to ServiceNow only/ }).click();
    await expect(page.getByRole('button', { name: /^room flows both ways/ })).toBeFocused();
  });

  await test.step('two values become one, and the way back is asked for at their row', async () => {
    await page.getByRole('link', { name: 'Values' }).click();
    await page.getByRole('link', { name: 'Edit Status' }).click();
    await page.getByLabel("Desk's value, row 2").fill('New');
    await expect(finding(page, 'none is marked default')).toBeVisible();
    await page.getByRole('row').filter({ has: page.getByLabel("Desk's value, row 1", { exact: true }) }).getByLabel('Write this back').check();
    await expect(finding(page, 'none is marked default')).toHaveCount(0);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Save to the draft' }).click();
    await expect(page.getByText('2 values are this')).toBeVisible();
  });

  await test.step('what it would do names the link; then it is published', async () => {
    await page.getByRole('link', { name: /Preview and publish/ }).click();
    await expect(page.getByRole('button', { name: 'Publish and heal' })).toHaveCount(0);
    await page.getByRole('button', { name: 'See what it would do' }).click();
    await expect(page.getByText('1 would be written to')).toBeVisible();
    await expect(page.getByRole('table', { name: 'Some of what would be written' })).toContainText(incident.number);
    await expectAccessible(page);
    await page.getByLabel('Note').fill('Rooms, and one status less');
    await page.getByRole('button', { name: 'Publish and heal' }).click();
    await expect(page).toHaveURL(/\/drift$/);
    await statusIs(page, ticket, 'New');
  });

  await test.step('what is typed into the new field arrives in ServiceNow', async () => {
    await page.getByLabel('room', { exact: true }).fill('3.14');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('Saved.')).toBeVisible();
    const room = async () => (await table(program, page, 'GET', `incident/${incident.sys_id}`)).correlation_display;
    await expect.poll(room, { timeout: 20_000 }).toBe('3.14');
  });

  await test.step('the version before is brought back by the same way', async () => {
    await page.goto(`${mappings}/versions`);
    await expect(page.getByRole('row').filter({ hasText: 'Rooms, and one status less' })).toContainText('in force');
    await expect(page.locator('#difference')).toContainText('New: rule "room"');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Bring back version 1' }).click();
    await expect(page.getByText('Removed: rule "room"')).toBeVisible();
    await seeAndPublish(page);
    await statusIs(page, ticket, 'In Progress');
  });
});

/** Presses Tab until the keyboard is there. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 150; presses++) {
    if (await target.evaluate((element) => element === document.activeElement).catch(() => false)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('the keyboard does not get there');
}

test('a rule is changed with the keyboard alone', async ({ page, program }) => {
  const { connection } = await linkedPair(page, program);
  await page.goto(`${connection}/mappings`);
  await tabTo(page, page.getByRole('link', { name: 'Edit title' }));
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Field in ServiceNow')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Direction')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await tabTo(page, page.getByRole('button', { name: 'Save to the draft' }));
  await page.keyboard.press('Enter');
  await expect(page.locator('#rule-title')).toContainText('changed');
  await expect(page.getByRole('button', { name: /^title flows from ServiceNow to Desk only/ })).toBeVisible();
});

test('typing beside 200 rules renders none of them anew', async ({ page, program }) => {
  const { connection } = await linkedPair(page, program);
  const mapping = await (await page.request.get(`${connection}/mapping.json`)).json();
  for (let at = mapping.fields.length; at < 200; at++) {
    mapping.fields.push({ ...mapping.fields[2], name: `extra ${at}`, servicenow: `u_extra_${at}`, platform: `custom.extra_${at}` });
  }
  await page.goto(`${connection}/mappings/versions`);
  await page.getByLabel('Take a file in').setInputFiles({ name: 'm.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(mapping)) });
  await page.getByRole('button', { name: 'Take it in' }).click();
  await expect(page).toHaveURL(/\/preview$/);
  await page.goto(`${connection}/mappings?edit=extra%20150`);
  await expect(page.getByRole('button', { name: 'Save to the draft' })).toBeVisible();
  await page.getByText('Condition, users, note').click();
  await page.evaluate(() => {
    const seen = { rows: 0, long: [] as number[] };
    const rows = new MutationObserver((changes) => (seen.rows += changes.filter((change) => !(change.target as Element).closest?.('.open-rule')).length));
    rows.observe(document.querySelector('table') as Element, { subtree: true, childList: true, characterData: true });
    new PerformanceObserver((list) => seen.long.push(...list.getEntries().map((entry) => entry.duration))).observe({ entryTypes: ['longtask'] });
    Object.assign(window, { seen });
  });
  await page.getByLabel('Note').fill('');
  await page.getByLabel('Note').pressSequentially('A note that is typed slowly enough for its check, and at some length.', { delay: 40 });
  await expect(page.getByLabel('Note')).toHaveValue(/at some length\.$/);
  await expect(finding(page, 'has no field u_extra_150').first()).toBeVisible();
  const seen = await page.evaluate(() => (window as any).seen);
  console.log(`long tasks over 50 ms while typing beside 200 rules: ${seen.long.length} (${seen.long.map(Math.round)})`);
  expect(seen.rows, 'nodes of the table that were rendered anew').toBe(0);
  expect(seen.long.length, 'long tasks').toBeLessThanOrEqual(1);
});

test('a table of 200 values is checked while somebody types in it', async ({ page, program }) => {
  const { connection } = await linkedPair(page, program);
  const mapping = await (await page.request.get(`${connection}/mapping.json`)).json();
  const { rows } = mapping.fields.find(({ name }: { name: string }) => name === 'status').convert.map;
  while (rows.length < 200) {
    const value = `a state of this company, the ${rows.length}th of many`;
    rows.push({ servicenow: `${100 + rows.length}`, label: value, platform: value });
  }
  await page.goto(`${connection}/mappings/versions`);
  await page.getByLabel('Take a file in').setInputFiles({ name: 'm.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(mapping)) });
  await page.getByRole('button', { name: 'Take it in' }).click();
  await expect(page).toHaveURL(/\/preview$/);
  await page.goto(`${connection}/mappings/values?edit=status`);
  await page.getByLabel("ServiceNow's value, row 150").fill('');
  await expect(page.getByText('has no value of ServiceNow').first()).toBeVisible();
  await page.getByLabel("ServiceNow's value, row 150").fill('4711');
  await expect(page.getByText('has no value of ServiceNow')).toHaveCount(0);
  await expect(page.getByLabel("ServiceNow's value, row 202")).toHaveValue('');
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('a mapping is changed, seen and published by plain forms', async ({ page, program }) => {
    const { connection, ticket } = await linkedPair(page, program);
    await page.goto(`${connection}/mappings`);
    await page.getByRole('link', { name: 'Add a field rule' }).click();
    await page.getByLabel('Field in ServiceNow').fill('u_gone');
    await page.getByLabel('Field in Desk').fill('custom.room');
    await page.getByRole('button', { name: 'Check' }).click();
    await expect(finding(page, 'ServiceNow has no field u_gone')).toBeVisible();
    await expect(page.getByLabel('Field in Desk')).toHaveValue('custom.room');
    await page.getByLabel('Field in ServiceNow').fill('');
    await page.getByRole('button', { name: 'Save to the draft' }).click();
    await expect(page.getByRole('alert')).toContainText('The rule names no field of ServiceNow.');
    await expect(page.getByLabel('Field in Desk')).toHaveValue('custom.room');
    await page.getByLabel('Field in ServiceNow').fill('correlation_display');
    await page.getByRole('button', { name: 'Save to the draft' }).click();
    await page.getByRole('button', { name: /^room flows both ways/ }).click();
    await expect(page.getByRole('button', { name: /^room flows from ServiceNow to Desk only/ })).toBeVisible();

    await page.getByRole('link', { name: 'Values' }).click();
    await page.getByRole('link', { name: 'Edit Status' }).click();
    await page.getByLabel("Desk's value, row 2").fill('New');
    await page.getByRole('button', { name: 'Check' }).click();
    await expect(finding(page, 'none is marked default')).toBeVisible();
    await page.getByRole('row').filter({ has: page.getByLabel("Desk's value, row 1", { exact: true }) }).getByLabel('Write this back').check();
    await page.getByRole('button', { name: 'Save to the draft' }).click();
    await expect(page.getByText('2 values are this')).toBeVisible();

    await page.getByRole('link', { name: /Preview and publish/ }).click();
    await seeAndPublish(page);
    await statusIs(page, ticket, 'New');
  });
});
