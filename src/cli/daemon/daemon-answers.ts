import * as z from 'zod';
import { FAILURE_KINDS, failure, FailureError } from '../../core/base/failure.ts';
import { isDeeperThan, isObject } from '../../core/base/json.ts';
import type { Json } from '../../core/base/json.ts';
import { escapeControlCharacters } from '../../core/base/text/escape.ts';
import { FINDING_KINDS } from '../../core/compare/compare.ts';
import { RESULTS } from '../../core/plan/outcome.ts';
import { SERVICE_STATES } from '../../core/report/counts.ts';
import type { KnownService } from '../../core/report/daemon/known-service.ts';
import type { RecentPass } from '../../core/report/daemon/recent-pass.ts';
import type { Health } from '../../core/report/health.ts';
import { MODES, PASS_OUTCOMES, TRIGGERS } from '../../core/report/pass.ts';
import type { Report } from '../../core/report/report.ts';
import { WATCH_MODES } from '../../core/report/vitals.ts';
import type { DaemonAnswer } from './daemon-client.ts';

/*
 * The answers of a daemon. They are checked before they are used: another program, or another version of this one, may listen at the
 * address. Nothing in them can make a command fail with a stack trace or control the terminal.
 */

/** A value may be nested at most this deep. A real one has four levels. */
const MAX_DEPTH = 20;

const text = z.string();
/** A text that is printed as it is. */
const printable = text.transform(escapeControlCharacters);
const time = z.iso.datetime();
const count = z.int().nonnegative();
const json = z.custom<Json>((value) => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- It was parsed as JSON.
  return value !== undefined && !isDeeperThan(MAX_DEPTH, value as Json);
});

const object = json.refine(isObject);

const failureSchema = z.object({
  kind: z.enum(FAILURE_KINDS),
  status: z.int().nullable(),
  code: z.int().nullable(),
  message: text,
  pointer: text.nullable(),
  documentation_url: text.nullable(),
  ray: text.nullable(),
});

const suspension = z.object({ since: time, until: time.nullable(), reason: text.nullable() });

const problem = z.object({ file: text, line: z.int(), column: z.int(), path: text.nullable(), message: text });

const change = z.object({ path: printable, live: json, declared: json });

const serviceFields = {
  service_id: text.nullable(),
  name: text.nullable(),
  file: text.nullable(),
  line: z.int().nullable(),
  finding: z.enum(FINDING_KINDS),
  cause: z.enum(['declaration', 'live', 'both']).nullable(),
  contested: z.object({ times: count, since: time }).nullable(),
  action: z.enum(['create', 'update', 'delete']).nullable(),
  changes: z.array(change),
  ignored: z.array(change),
  unknown_fields: z.array(text),
  result: z.enum(RESULTS).nullable(),
  reason: text.nullable(),
  hint: text.nullable(),
  attempts: count,
  error: failureSchema.nullable(),
};

const summaryFields = {
  run_id: text,
  trigger: z.enum(TRIGGERS),
  mode: z.enum(MODES),
  outcome: z.enum(PASS_OUTCOMES),
  paused: suspension.nullable(),
  superseded: z.boolean(),
  started_at: time,
  finished_at: time,
  duration_ms: count,
  counts: z.object({
    declared: count,
    live: count,
    ignored: count,
    contested: count,
    in_sync: count,
    drifted: count,
    missing: count,
    unwanted: count,
    unmanaged: count,
    invalid: count,
    created: count,
    updated: count,
    deleted: count,
    failed: count,
    unsettled: count,
    withheld: count,
    paused: count,
    to_create: count,
    to_update: count,
    to_delete: count,
  }),
  api: z.object({ requests: count, retries: count, throttled_ms: count }),
};

export const reportSchema: z.ZodType<Report> = z.object({
  ...summaryFields,
  schema_version: z.literal(2),
  account_id: text,
  source: z.object({ path: text, revision: text.nullable(), files: count }),
  unconfirmed: z.array(text),
  next_expiry: time.nullable(),
  services: z.array(z.object(serviceFields)),
  problems: z.array(problem),
  error: failureSchema.nullable(),
});

const passes: z.ZodType<readonly RecentPass[]> = z.array(
  z.object({
    ...summaryFields,
    revision: z
      .string()
      .regex(/^[0-9a-f]{40,64}$/)
      .nullable(),
    error: failureSchema.nullable(),
    retries_soon: z.boolean(),
  }),
);

const moment = z.object({ at: time, age_seconds: z.number() });

/** The answer of `/healthz`. */
export const healthSchema: z.ZodType<Health> = z.object({
  healthy: z.boolean(),
  ready: z.boolean(),
  reason: text.nullable(),
  version: text,
  started: moment,
  last_read: moment.nullable(),
  last_list: moment.nullable(),
  last_good_pass: moment.nullable(),
  last_pass: moment.extend({ outcome: z.enum(PASS_OUTCOMES), error: text.nullable() }).nullable(),
  pass: moment.extend({ trigger: z.enum(TRIGGERS) }).nullable(),
  next_pass: z.object({ at: time, in_seconds: z.number() }).nullable(),
  paused: suspension.nullable(),
  request_budget: z.array(z.object({ limit: count, window_seconds: z.number(), left: z.number() })),
  internal_errors: count,
  watcher: z.object({
    by: z.enum(WATCH_MODES),
    reason: text.nullable(),
    last_check: moment.nullable(),
    missed_changes: count,
  }),
});

/** The answer of `/api/service`. */
export const serviceSchema: z.ZodType<KnownService> = z.object({
  ...serviceFields,
  state: z.enum(SERVICE_STATES),
  since: time,
  or_earlier: z.boolean(),
  checked_at: time,
  revision: text.nullable(),
  mode: z.enum(MODES),
  outdated: text.nullable(),
  problems: z.array(problem),
  live: object.nullable(),
  declared: object.nullable(),
});

/** The answer of `/api/passes`. */
export const passesSchema = z.object({ passes });

/** Returns the value of an answer. Throws a `FailureError` if it has another form than this version expects. */
export function parseAnswer<Value>(schema: z.ZodType<Value>, { json: answer }: DaemonAnswer, path: string): Value {
  const { data, error } = schema.safeParse(answer);
  if (data !== undefined) return data;
  const [issue] = error?.issues ?? [];
  const place = escapeControlCharacters(issue?.path.join('.') ?? '').slice(0, 100);
  throw new FailureError(
    failure(
      'rejected',
      `${path}: the answer has another form than expected${place === '' ? '' : ` (${place})`}; is vpc-reconciler running there, in the same version?`,
    ),
  );
}
