// What the specs use of seed.mjs and drive.mjs.

export interface Seeded {
  /** The console's address, without a slash at the end. */
  readonly console: string;
  /** By address. */
  readonly cookies: Record<string, string>;
  /** The practice instances' addresses. */
  readonly instances: string[];
  /** All that the programs have written. */
  readonly log: string;
  ask(name: string, form?: Record<string, string>): Promise<any>;
  table(method: string, path: string, body?: object, instance?: string): Promise<any>;
  remove(): Promise<void>;
}

export const SEEDED: { connections: number; links: number; conflicts: number; failures: number };
export function seeded(...more: string[]): Promise<Seeded>;
