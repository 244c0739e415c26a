import { expect, test } from 'vitest';
import { acceptHint } from '../../../../src/core/import/accept/accept-hint.ts';
import { toReport } from '../../../../src/core/report/report.ts';
import { facts, findings, tcp } from '../../builders.ts';

test.each([
  {
    what: 'live values differ',
    live: { ...tcp, tcp_port: 1 },
    hint: 'to keep live values instead, run: vpc-reconciler accept NAME',
  },
  { what: 'all is in sync', live: tcp, hint: null },
])('mentions accept only if something can be accepted: $what', ({ live, hint }) => {
  expect(acceptHint(toReport(facts({ findings: findings({ declared: [tcp], live: [live] }) })))).toBe(hint);
});
