import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { failure } from '../../src/core/base/failure.ts';
import { toReport } from '../../src/core/report/report.ts';
import { toLogLines } from '../../src/sinks/report-lines.ts';
import { facts, findings, id } from '../core/builders.ts';
import { blocksOf } from './pages.ts';

const WITH_JQ = spawnSync('jq', ['--version']).status === 0;

/** The commands for jq in the manual. */
const scripts = blocksOf('config/README.md')
  .map(({ content }) => content)
  .filter((content) => content.startsWith('jq '));

/** A log of a pass in which every service fails. */
function logOf(services: number): string {
  const sides = (port: number) =>
    Array.from({ length: services }, (_, index) => ({ service_id: id(index), name: `db-${index}`, tcp_port: port }));
  const outcome = { result: 'failed', attempts: 1, failure: failure('rejected', 'Tunnel ID Not Found') } as const;
  const report = toReport(
    facts({
      findings: findings({ declared: sides(1), live: sides(2) }),
      outcomes: new Map(sides(1).map(({ service_id }) => [service_id, outcome])),
    }),
  );
  return toLogLines(report)
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
}

test.runIf(WITH_JQ).for([1, 100])('the jq example lists the failed updates of a log with %d of them', (services) => {
  expect(scripts).toHaveLength(1);
  for (const script of scripts) {
    const output = execFileSync('/bin/sh', ['-c', script], { input: logOf(services), encoding: 'utf8' });
    expect(output.trimEnd().split('\n')).toEqual(
      Array.from({ length: services }, (_, index) => `${id(index)}\tTunnel ID Not Found`),
    );
  }
});
