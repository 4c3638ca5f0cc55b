// The same forms in a browser that runs no script: slower for the person, complete all the same.

import { expect, test } from './program.ts';
import { afterReload, connect, createAdministrator, openIncident, signIn } from './steps.ts';

test.use({ javaScriptEnabled: false });

test('every form works without JavaScript', async ({ page: desk, context, program }) => {
  await test.step('first administrator, sign-out, sign-in', async () => {
    await createAdministrator(desk, program);
    await desk.getByRole('button', { name: 'Sign out' }).click();
    await expect(desk).toHaveURL(/\/sign-in/);
    await signIn(desk);
  });

  await test.step('Connect', async () => {
    await connect(desk, program);
    await desk.getByRole('button', { name: 'Install in ServiceNow' }).click();
    await expect(desk).toHaveURL(/\/settings\/connections\//);
    await expect(desk.getByRole('alert')).toHaveCount(0);
  });

  await test.step('an incident becomes a ticket', async () => {
    const incident = await context.newPage();
    await openIncident(incident, program, 'Badge does not open the door');
    await desk.getByRole('link', { name: 'Tickets', exact: true }).click();
    await afterReload(desk, () =>
      expect(desk.getByRole('link', { name: 'Badge does not open the door' })).toBeVisible({ timeout: 1_000 }),
    );

    await desk.getByRole('link', { name: 'Badge does not open the door' }).click();
    await desk.getByLabel('Title', { exact: true }).fill('Badge does not open the lab');
    await desk.getByRole('button', { name: 'Save' }).click();
    await expect(desk.getByRole('heading', { level: 1 })).toContainText('Badge does not open the lab');
    await desk.getByLabel('Comment', { exact: true }).fill('A new badge is on its way.');
    await desk.getByRole('button', { name: 'Add comment' }).click();
    await expect(desk.getByRole('listitem').filter({ hasText: 'A new badge is on its way.' })).toBeVisible();

    await afterReload(incident, async () => {
      await expect(incident.getByLabel('Short description')).toHaveValue('Badge does not open the lab', { timeout: 1_000 });
      await expect(incident.getByText('A new badge is on its way.')).toHaveCount(1, { timeout: 1_000 });
    });
  });

  await test.step('the history', async () => {
    await desk.getByRole('link', { name: 'History', exact: true }).click();
    await expect(desk.getByRole('row').filter({ hasText: /title/i }).first()).toBeVisible();
  });
});

test('a wrong password is refused with a way out', async ({ page: desk, program }) => {
  await createAdministrator(desk, program);
  await desk.getByRole('button', { name: 'Sign out' }).click();
  await desk.getByLabel('E-mail').fill('ada@example.com');
  await desk.getByLabel('Password').fill('not the password at all');
  await desk.getByRole('button', { name: 'Sign in' }).click();
  await expect(desk.getByRole('alert')).toContainText('What to do:');
});
