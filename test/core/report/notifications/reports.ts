import type { Problem } from '../../../../src/core/load/problem.ts';
import { toReport } from '../../../../src/core/report/report.ts';
import type { Report } from '../../../../src/core/report/report.ts';
import { facts, findings, id } from '../../builders.ts';
import type { ServiceReport } from '../../../../src/core/report/service-report.ts';

/** Returns the report of a pass. Fields are not checked against each other. */
export function report(fields: Partial<Report> = {}): Report {
  const { account_id = 'account', source = { path: 'services', revision: null, files: 1 } } = fields;
  return { ...toReport(facts({ account_id, source })), outcome: 'partial', ...fields };
}

const [drifted] = toReport(
  facts({ findings: findings({ declared: [{ tcp_port: 5432 }], live: [{ tcp_port: 5433 }] }) }),
).services;

/** Returns the report of the service `db`, whose port has drifted, and nothing was done. */
export function serviceReport(fields: Partial<ServiceReport> = {}): ServiceReport {
  if (drifted === undefined) throw new Error('expected a drifted service');
  return { ...drifted, service_id: id(1), file: 'services/db.yaml', line: 1, ...fields };
}

export function problem(file: string, line = 1): Problem {
  return { file, line, column: 1, path: 'tcp_port', message: 'expected a port, found 0' };
}
