// One installation for all specs of a file that look at much data: 3 connections, 5,000 links, 40 conflicts and 60 failures.
// Who looks is signed in.

import type { Page } from '@playwright/test';
import { SEEDED, type Seeded, seeded } from '../scripts/bench/seed.mjs';
import { test as base, expect } from './program.ts';
import { expectAccessible } from './steps.ts';

const NARROW = { width: 360, height: 740 };
const WIDE = { width: 1280, height: 800 };
/** Of the page's height, all moves together. Chromium calls less than 0.1 good. */
const SHIFT = 0.02;

export const test = base.extend<object, { at: Seeded }>({
  at: [
    async ({}, use) => {
      const at = await seeded();
      try {
        await use(at);
      } finally {
        await at.remove();
      }
    },
    { scope: 'worker', timeout: 240_000 },
  ],

  page: async ({ page, at }, use) => {
    const [name, value] = (at.cookies[at.console] as string).split('=') as [string, string];
    await page.context().addCookies([{ name, value, url: at.console }]);
    await page.addInitScript(watchShift);
    await use(page);
  },
});

/** Runs in the page, before anything else does: adds up what moved without anybody's doing. */
function watchShift() {
  const moved = { sum: 0, what: [] as string[] };
  Object.assign(window, { moved });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node: Node | null }[] })[]) {
      if (entry.hadRecentInput) continue;
      moved.sum += entry.value;
      for (const { node } of entry.sources) {
        const element = node instanceof Element ? node : node?.parentElement;
        moved.what.push(`${entry.value.toFixed(4)}: ${element?.outerHTML.slice(0, 120)}`);
      }
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** Opens a page and waits until its scripts have taken over: from then on it follows the server. */
export async function openAwake(page: Page, address: string): Promise<void> {
  const awake = page.waitForRequest((request) => new URL(request.url()).pathname === '/events');
  await page.goto(address);
  await awake;
}

/** Opens a page, waits until its scripts have nothing left to do, and says what moved meanwhile. */
async function shiftOf(page: Page, address: string): Promise<{ sum: number; what: string[] }> {
  await openAwake(page, address);
  await page.evaluate(() => new Promise((idle) => requestIdleCallback(() => requestAnimationFrame(() => requestIdleCallback(idle)))));
  return page.evaluate(() => (window as unknown as { moved: { sum: number; what: string[] } }).moved);
}

/** As the page comes: nothing moves while it loads and awakes, wide or narrow; nothing scrolls sideways; nobody is kept out. */
export async function expectCalm(page: Page, at: Seeded, path: string): Promise<void> {
  for (const size of [NARROW, WIDE]) {
    await page.setViewportSize(size);
    const { sum, what } = await shiftOf(page, at.console + path);
    expect.soft(sum, `${path} at ${size.width} moves: ${what.join('; ')}`).toBeLessThan(SHIFT);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect.soft(overflow, `${path} at ${size.width} scrolls sideways`).toBeLessThanOrEqual(0);
  }
  await expectAccessible(page);
}

export { expect, SEEDED, type Seeded };
