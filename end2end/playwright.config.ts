import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';

/** A Chromium of the system's; none found: Playwright's own, if somebody installed it. */
function chromium(): string | undefined {
  try {
    const find = fileURLToPath(new URL('../scripts/find.sh', import.meta.url));
    return execFileSync(find, ['chromium'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

export default defineConfig({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  testIgnore: process.env.PICTURES ? [] : ['pictures.spec.ts'], // no test: `make pictures`
  outputDir: 'test-results',
  reporter: [['list']],
  workers: 1, // each test starts a whole program; two at once would only measure each other
  retries: 0, // a test that passes the second time has found something
  forbidOnly: Boolean(process.env.CI),
  timeout: 120_000,
  expect: { timeout: 10_000 },
  use: {
    actionTimeout: 10_000,
    navigationTimeout: 20_000,
    screenshot: 'only-on-failure',
    trace: 'off',
    video: 'off',
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      executablePath: chromium(),
      args: [
        '--no-sandbox', // Chromium's own sandbox does not work for root, which CI often is
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
