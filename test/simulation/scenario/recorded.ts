import { readFileSync } from 'node:fs';
import { settingsSchema } from '../../../src/config/settings.ts';
import type { Settings } from '../../../src/config/settings.ts';
import type { Scenario } from './scenario.ts';

/**
 * A scenario that found a bug, in full: what a seed leads to changes with the generator, and a recorded scenario does not. It contains only
 * the settings that are not the defaults, so that a new setting needs no change.
 */
export type Recorded = Omit<Scenario, 'settings'> & {
  readonly settings: Partial<Settings>;
  /** The bug, as the subject of its fix. */
  readonly found: string;
  /** The name of that bug in `mutations.ts`, and the rule that it breaks in this scenario. */
  readonly fault: string;
  readonly rule: string;
};

const FILE = new URL('recorded.json', import.meta.url);

/** Returns all recorded scenarios, with what they found. */
export function recordedScenarios(): readonly (Scenario & Omit<Recorded, 'settings'>)[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Written by `toRecorded`.
  const recorded = JSON.parse(readFileSync(FILE, 'utf8')) as readonly Recorded[];
  return recorded.map((each) => ({ ...each, settings: { ...defaults(), ...each.settings } }));
}

/** Returns the text to add to the file. */
export function toRecorded({ settings, ...scenario }: Scenario): string {
  const usual = new Map<string, unknown>(Object.entries(defaults()));
  const changed = Object.entries(settings).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(usual.get(key)),
  );
  return JSON.stringify({ found: '', fault: '', rule: '', ...scenario, settings: Object.fromEntries(changed) });
}

function defaults(): Settings {
  return settingsSchema.parse({ services: '/services', log_format: 'json' });
}
