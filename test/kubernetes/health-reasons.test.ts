import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Vitals } from '../../src/core/report/vitals.ts';
import { root } from '../e2e/program.ts';
import { health } from '../server/page-states.ts';

const readme = readFileSync(join(root, 'config/kubernetes/README.md'), 'utf8');
const NOW = 3_600_000;
const MINUTE = 60_000;

const situations: readonly { readonly situation: string; readonly vitals: Partial<Vitals> }[] = [
  { situation: 'no good pass yet', vitals: { lastGoodPass: null, lastPass: null } },
  {
    situation: 'the API is down or too slow',
    vitals: {
      dueSince: NOW - 15 * MINUTE,
      lastPass: { at: NOW, outcome: 'failed', error: 'HTTP 503: …' },
    },
  },
  {
    situation: 'the folder cannot be checked, and no pass reads it',
    vitals: {
      lastRead: 0,
      watcher: { by: 'rescans', reason: null, checkedAt: NOW - 15.5 * MINUTE, missedChanges: 0 },
    },
  },
  {
    situation: 'a pass hangs beyond `pass_timeout`',
    vitals: { pass: { trigger: 'interval', since: NOW - 15.5 * MINUTE - 1 } },
  },
  { situation: 'a pass is due and does not start', vitals: { timerAt: NOW - MINUTE / 2 - 1 } },
  { situation: 'the process is shutting down', vitals: { stopping: true } },
];

test.for(situations)('the README shows the reason when $situation', ({ situation, vitals }) => {
  const row = readme.split('\n').find((line) => line.startsWith(`| ${situation} |`));
  expect(row).toContain(`\`${health(vitals).reason}\``);
});
