import type { Problem } from '../load/problem.ts';

/** A finding for the code quality report of GitLab. */
export type CodeQualityFinding = {
  readonly check: string;
  readonly severity: 'minor' | 'critical' | 'blocker';
  readonly message: string;
  /** GitLab shows a finding only with a place. */
  readonly place: Pick<Problem, 'file' | 'line'>;
};

/**
 * Renders findings as a code quality report: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format. GitLab
 * recognizes a finding in another commit by its fingerprint, which therefore does not contain the line. `hash` must be the same in
 * every run.
 */
export function renderCodeQuality(findings: readonly CodeQualityFinding[], hash: (text: string) => string): string {
  const seen = new Map<string, number>();
  const entries = findings.map(({ check, severity, message, place: { file, line } }) => {
    const identity = JSON.stringify([file, check, message]);
    const count = seen.get(identity) ?? 0;
    seen.set(identity, count + 1);
    return {
      description: message,
      check_name: check,
      fingerprint: hash(count === 0 ? identity : `${identity} ${count}`),
      severity,
      location: { path: file, lines: { begin: line } },
    };
  });
  return JSON.stringify(entries, null, 2);
}
