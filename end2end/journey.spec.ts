// From nothing to a live two-way sync, as one person with two tabs does it.

import { expect, test } from './program.ts';
import { afterReload, connect, createAdministrator, expectAccessible, openIncident } from './steps.ts';

const soon = { timeout: 1_000 };

test('from the first-run link to a live two-way sync', async ({ page: desk, context, program }) => {
  const incident = await context.newPage();

  await test.step('the first administrator', async () => {
    await createAdministrator(desk, program);
    await expectAccessible(desk);
  });

  await test.step('Connect, with consent on ServiceNow’s pages', async () => {
    await connect(desk, program);
    await expectAccessible(desk);
    await desk.getByRole('button', { name: 'Install in ServiceNow' }).click();
    await expect(desk.getByRole('status').filter({ hasText: 'Installed.' })).toBeVisible();
  });

  await test.step('an incident becomes a ticket on the open list, without a reload', async () => {
    await desk.getByRole('link', { name: 'Tickets', exact: true }).click();
    await expect(desk).toHaveURL(`${program.console}/tickets`);
    await expect(desk.getByText('No tickets yet.')).toBeVisible();
    await desk.evaluate(() => Object.assign(window, { stayed: true }));

    await openIncident(incident, program, 'VPN drops every hour');

    await expect(desk.getByRole('link', { name: 'VPN drops every hour' })).toBeVisible();
    const row = desk.getByRole('row').filter({ hasText: 'VPN drops every hour' });
    await expect(row).toContainText('New');
    await expect(row).toContainText('General inquiry');
    await expect(row).toContainText(/INC\d+/);
    expect(await desk.evaluate(() => 'stayed' in window), 'the list was not loaded again').toBe(true);
    await expectAccessible(desk);
  });

  await test.step('a title edited in Desk reaches the incident', async () => {
    await desk.getByRole('link', { name: 'VPN drops every hour' }).click();
    await desk.getByLabel('Title', { exact: true }).fill('VPN drops every hour in Berlin');
    await desk.getByRole('button', { name: 'Save' }).click();
    await expect(desk.getByText('Saved.')).toBeVisible();

    await afterReload(incident, () =>
      expect(incident.getByLabel('Short description')).toHaveValue('VPN drops every hour in Berlin', soon),
    );
    await expectAccessible(desk);
  });

  await test.step('a state changed in the incident reaches the open ticket', async () => {
    await incident.getByLabel('State', { exact: true }).selectOption('In Progress');
    await incident.getByRole('button', { name: 'Update' }).click();
    await expect(desk.getByLabel('Status', { exact: true })).toHaveValue('In Progress');
  });

  await test.step('comments cross both ways, public and internal apart', async () => {
    const said = (words: string) => desk.getByRole('listitem').filter({ hasText: words });

    await incident.getByLabel('Additional comments').fill('Does it happen on Wi-Fi too?');
    await incident.getByRole('button', { name: 'Post' }).click();
    await expect(said('Does it happen on Wi-Fi too?')).toBeVisible();
    await expect(said('Does it happen on Wi-Fi too?')).not.toContainText('Internal note');

    await incident.getByLabel('Work notes').fill('The gateway was restarted at noon.');
    await incident.getByRole('button', { name: 'Post' }).click();
    await expect(said('The gateway was restarted at noon.')).toContainText('Internal note');

    await desk.getByLabel('Comment', { exact: true }).fill('Yes, on Wi-Fi and on cable.');
    await desk.getByRole('button', { name: 'Add comment' }).click();
    await expect(said('Yes, on Wi-Fi and on cable.')).toBeVisible();

    await desk.getByLabel('Comment', { exact: true }).fill('Ask the network team.');
    await desk.getByLabel('Internal note').check();
    await desk.getByRole('button', { name: 'Add comment' }).click();
    await expect(said('Ask the network team.')).toContainText('Internal note');

    await afterReload(incident, async () => {
      await expect(incident.getByText('Yes, on Wi-Fi and on cable.')).toHaveCount(1, soon);
      await expect(incident.getByText('Ask the network team.')).toHaveCount(1, soon);
    });
    // Each of the four stands there once, also after everything has come back around.
    for (const words of ['Does it happen on Wi-Fi', 'The gateway was', 'Yes, on Wi-Fi', 'Ask the network']) {
      await expect(said(words)).toHaveCount(1);
    }
  });

  await test.step('the history tells what moved and why', async () => {
    await desk.getByRole('link', { name: 'why?' }).click();
    await expect(desk.getByRole('heading', { name: 'History' })).toBeVisible();
    await expectAccessible(desk);
    const toServiceNow = desk.getByRole('row').filter({ has: desk.getByRole('cell', { name: 'Desk to ServiceNow' }) });
    await toServiceNow.getByRole('link', { name: /title/i }).click();

    const field = desk.getByRole('row').filter({ has: desk.getByRole('rowheader', { name: 'Title' }) });
    await expect(field).toContainText('VPN drops every hour');
    await expect(field).toContainText('VPN drops every hour in Berlin');
    await expect(field.getByRole('cell').last(), 'a reason in words').toContainText(/\w+ \w+ \w+ \w+/);
    await expectAccessible(desk);
  });
});
