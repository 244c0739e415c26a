import { expect, test } from 'vitest';
import { failureKindOf } from '../../../src/cloudflare/http/failure-kind.ts';

test.for([
  { statuses: [408, 429, 500, 502, 503, 520, 524, 599, 999], code: null, kind: 'transient' },
  { statuses: [401, 403, 404, 300, 301, 308, 399], code: null, kind: 'denied' },
  { statuses: [400, 402, 405, 409, 413, 499], code: null, kind: 'rejected' },
  { statuses: [200, 204, 299], code: null, kind: 'transient' },
  { statuses: [200, 400, 404, 429, 500], code: 9109, kind: 'denied' },
  { statuses: [200, 400, 404], code: 5104, kind: 'rejected' },
  { statuses: [404], code: 5103, kind: 'denied' },
  { statuses: [200], code: 5100, kind: 'rejected' },
  { statuses: [200], code: 5199, kind: 'rejected' },
  { statuses: [200], code: 5099, kind: 'transient' },
  { statuses: [200], code: 5200, kind: 'transient' },
  { statuses: [429, 500], code: 5101, kind: 'transient' },
])('statuses $statuses with code $code are $kind', ({ statuses, code, kind }) => {
  for (const status of statuses) expect(failureKindOf(status, code), String(status)).toBe(kind);
});
