import { expect, test } from 'vitest';
import { renderCodeQuality } from '../../../src/core/report/code-quality.ts';
import type { CodeQualityFinding } from '../../../src/core/report/code-quality.ts';

const finding: CodeQualityFinding = {
  check: 'same-port',
  severity: 'minor',
  message: 'no',
  place: { file: 'services/web.yaml', line: 7 },
};
const fingerprintsOf = (...findings: readonly CodeQualityFinding[]) => {
  const entries: readonly { readonly fingerprint: string }[] = JSON.parse(
    renderCodeQuality(findings, (text) => `hash of ${text}`),
  );
  return entries.map(({ fingerprint }) => fingerprint);
};

test('renders findings in the format of GitLab', () => {
  expect(JSON.parse(renderCodeQuality([finding], () => 'abc'))).toEqual([
    {
      description: 'no',
      check_name: 'same-port',
      fingerprint: 'abc',
      severity: 'minor',
      location: { path: 'services/web.yaml', lines: { begin: 7 } },
    },
  ]);
  expect(renderCodeQuality([], () => 'abc')).toBe('[]');
});

test('gives a finding the same fingerprint on another line, and every finding its own', () => {
  const moved = { ...finding, place: { ...finding.place, line: 9 } };
  expect(fingerprintsOf(moved)).toEqual(fingerprintsOf(finding));
  const others = [
    { ...finding, check: 'odd-name' },
    { ...finding, message: 'yes' },
    { ...finding, place: { file: 'b.yaml', line: 7 } },
  ];
  expect(new Set(fingerprintsOf(finding, moved, finding, ...others)).size).toBe(6);
});
