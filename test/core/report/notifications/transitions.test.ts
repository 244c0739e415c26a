import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failure } from '../../../../src/core/base/failure.ts';
import { noConditions, observe } from '../../../../src/core/report/notifications/transitions.ts';
import type { Conditions } from '../../../../src/core/report/notifications/transitions.ts';
import type { Report } from '../../../../src/core/report/report.ts';
import { problem, report, serviceReport } from './reports.ts';

/** Observes passes in order. Returns the transitions of each: `failed db, recovered web`. */
function told(...reports: readonly Report[]): readonly string[] {
  let conditions: Conditions = noConditions;
  return reports.map((each) => {
    const observation = observe(conditions, each);
    ({ conditions } = observation);
    return observation.transitions
      .map(({ event, service, problem: about }) => [event, service?.name ?? about?.file].filter(Boolean).join(' '))
      .join(', ');
  });
}

const service = serviceReport;
const contested = { times: 3, since: '2026-11-22T09:00:00.000Z' };
const refused = failure('rejected', 'refused');
const pass = (...services: Parameters<typeof service>[0][]) => report({ services: services.map(service) });
const inSync = report({ outcome: 'in_sync' });
const failed = report({ outcome: 'failed', error: failure('transient', 'no response') });
const denied = report({ outcome: 'denied', error: failure('denied', 'forbidden') });

describe('what is told', () => {
  test.for<readonly [reason: string, reports: readonly Report[], expected: readonly string[]]>([
    ['nothing while everything is in sync', [inSync, inSync], ['', '']],
    ['a difference that is only reported, once', [pass({}), pass({}), inSync], ['drift_found db', '', 'recovered db']],
    ['a missing service, once', [pass({ finding: 'missing' }), pass({ finding: 'missing' })], ['drift_found db', '']],
    [
      'every correction',
      [pass({ result: 'updated' }), inSync, pass({ result: 'updated' })],
      ['corrected db', '', 'corrected db'],
    ],
    [
      'a failure, and that an update succeeded at last',
      [pass({ result: 'failed' }), pass({ result: 'failed' }), pass({ result: 'updated' }), inSync],
      ['failed db', '', 'recovered db', ''],
    ],
    [
      'a refused update once, although it is parked',
      [pass({ result: 'failed' }), pass({ result: 'withheld', error: refused }), pass({ result: 'failed' })],
      ['failed db', '', ''],
    ],
    [
      'a value that the API does not keep once',
      [pass({ result: 'unsettled' }), pass({ result: 'withheld' })],
      ['withheld db', ''],
    ],
    [
      'a limit that becomes a failure',
      [pass({ result: 'withheld' }), pass({ result: 'failed' })],
      ['withheld db', 'failed db'],
    ],
    [
      'a contest once, however it goes on, and that it is over',
      [
        pass({ result: 'updated' }),
        pass({ result: 'withheld', contested }),
        pass({ result: 'updated', contested }),
        pass({ finding: 'in_sync', result: null, contested }),
        pass({ contested }),
        inSync,
      ],
      ['corrected db', 'contested db', '', '', '', 'recovered db'],
    ],
    [
      'a contest whose write fails as a failure',
      [
        pass({ result: 'withheld', contested }),
        pass({ result: 'failed', contested }),
        pass({ result: 'withheld', error: refused, contested }),
        pass({ result: 'updated', contested }),
      ],
      ['contested db', 'failed db', '', 'contested db'],
    ],
    [
      'a contest of a service that is paused or invalid as that',
      [pass({ result: 'paused', contested }), pass({ finding: 'invalid', contested })],
      ['paused db', 'failed db'],
    ],
    [
      'a contest of a service that is deleted and created again and again once',
      [
        pass({ finding: 'missing', result: 'created' }),
        pass({ finding: 'in_sync', result: null, service_id: '2', contested }),
        pass({ finding: 'missing', result: 'withheld', service_id: null, contested }),
        pass({ finding: 'missing', result: 'created', service_id: '3', contested }),
        pass({ finding: 'missing', result: 'withheld', service_id: null, contested }),
        inSync,
      ],
      ['corrected db', 'contested db', '', '', '', 'recovered db'],
    ],
    [
      'a missing service until it is created, with any id',
      [pass({ finding: 'missing', service_id: null }), pass({ finding: 'missing', result: 'created' }), inSync],
      ['drift_found db', 'recovered db', ''],
    ],
    ['an invalid declaration', [pass({ finding: 'invalid' }), inSync], ['failed db', 'recovered db']],
    ['nothing about services that are not declared', [pass({ finding: 'unmanaged' })], ['']],
    [
      'a problem of a file, once for each file',
      [
        report({ problems: [problem('a.yaml'), problem('a.yaml', 7), problem('b.yaml')] }),
        report({ problems: [problem('a.yaml', 9)] }),
      ],
      ['failed a.yaml, failed b.yaml', 'recovered b.yaml'],
    ],
    ['a pass that failed, and the end of it', [failed, failed, inSync], ['failed', '', 'recovered']],
    ['a denial after a failure', [failed, denied, failed, inSync], ['failed', 'denied', 'failed', 'recovered']],
    [
      'nothing new about services by a pass that failed',
      [pass({ result: 'failed' }), failed, pass({ result: 'failed' })],
      ['failed db', 'failed', 'recovered'],
    ],
    [
      'updates before a pass was denied',
      [
        report({
          outcome: 'denied',
          error: failure('denied', 'forbidden'),
          services: [service({ result: 'updated' })],
        }),
        inSync,
      ],
      ['denied, corrected db', 'recovered'],
    ],
    [
      'a success before a denial, once',
      [
        pass({ result: 'failed' }),
        report({
          outcome: 'denied',
          error: failure('denied', 'forbidden'),
          services: [service({ result: 'updated' })],
        }),
        inSync,
      ],
      ['failed db', 'denied, recovered db', 'recovered'],
    ],
    [
      'only updates by a pass that was interrupted',
      [
        report({
          outcome: 'interrupted',
          services: [service({ result: 'updated' }), service({ service_id: 'x', name: 'web', result: 'withheld' })],
        }),
      ],
      ['corrected db'],
    ],
    [
      'nothing about updates that the next pass makes',
      [report({ superseded: true, services: [service({ result: 'withheld' })] }), inSync],
      ['', ''],
    ],
    [
      'no end of what a superseded pass did not try',
      [
        pass({ result: 'failed' }),
        report({ superseded: true, services: [service({ result: 'withheld' })] }),
        pass({ result: 'failed' }),
      ],
      ['failed db', '', ''],
    ],
    [
      'the most urgent first',
      [
        pass(
          { result: 'updated' },
          { service_id: '2', name: 'web', result: 'withheld' },
          { service_id: '3', name: 'api', result: 'failed' },
        ),
      ],
      ['failed api, withheld web, corrected db'],
    ],
    [
      'services without an id by name or place',
      [
        pass(
          { service_id: null, result: 'failed' },
          { service_id: null, name: null, file: 'a.yaml', line: 3, finding: 'invalid' },
        ),
        pass({ service_id: null, result: 'failed' }),
      ],
      ['failed db, failed', 'recovered'],
    ],
  ])('%s', ([, reports, expected]) => {
    expect(told(...reports)).toEqual(expected);
  });

  test('a pause, and neither a recovery after it nor anything about a service in sync', () => {
    const paused = pass({ result: 'paused' });
    expect(told(paused, paused, pass({ finding: 'in_sync' }), pass({ result: 'updated' }))).toEqual([
      'paused db',
      '',
      '',
      'corrected db',
    ]);
    expect(told(paused, pass({ result: 'deleted' }))).toEqual(['paused db', 'corrected db']);
  });

  test('once that all writes are paused, with the services that wait', () => {
    const paused = { since: '2026-11-22T10:00:00.000Z', until: null, reason: 'vendor migration' };
    const whilePaused = report({ paused, services: [service()] });
    expect(told(report({ paused }), whilePaused, whilePaused, inSync)).toEqual(['paused', 'paused db', '', '']);
  });
});

test('a pass that repeats the one before is no news, whatever it found', () => {
  const results = fc.constantFrom('failed', 'withheld', 'unsettled', null);
  const services = fc.uniqueArray(fc.record({ service_id: fc.constantFrom('1', '2', '3'), result: results }), {
    selector: ({ service_id }) => service_id,
  });
  fc.assert(
    fc.property(services, services, (earlier, later) => {
      const second = pass(...later);
      expect(told(pass(...earlier), second, second)[2]).toBe('');
      // Every condition ends, and nothing ends twice.
      expect(told(pass(...earlier), inSync)[1]?.match(/recovered/g)?.length ?? 0).toBe(earlier.length);
    }),
  );
});
