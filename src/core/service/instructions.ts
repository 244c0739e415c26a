import { isObject } from '../base/json.ts';
import type { Json } from '../base/json.ts';
import { parseMoment } from './moment.ts';
import { FIELD_PATHS } from './normalize.ts';
import { MAPPING_PATHS } from './fields.ts';

/** The instructions in the block `reconcile` of a declaration, apart from `ensure`. */
export type Instructions = {
  /** The previous name of a service without a `service_id`. */
  readonly renamedFrom: string | null;
  /** Null if nothing is paused. */
  readonly pause: Term | null;
  readonly ignore: readonly Ignored[];
};

/** How long an instruction holds, and why it was given. */
export type Term = {
  /** In milliseconds of Unix time; null for no end. */
  readonly until: number | null;
  /** The same as the declaration writes it. */
  readonly untilText: string | null;
  readonly reason: string | null;
};

/** A field whose differences are not corrected. The path of a mapping means all fields in it. */
export type Ignored = Term & { readonly path: string };

export const noInstructions: Instructions = { renamedFrom: null, pause: null, ignore: [] };

/** The paths that `ignore` can name: everything that is compared, and the mappings that contain it. */
export const IGNORABLE_PATHS: readonly string[] = [
  ...FIELD_PATHS,
  ...MAPPING_PATHS.filter((mapping) => FIELD_PATHS.some((path) => path.startsWith(`${mapping}.`))),
]
  .filter((path, index, all) => all.indexOf(path) === index)
  .sort();

const endless: Term = { until: null, untilText: null, reason: null };

/** Reads a block that was checked. Returns the same value for all declarations without one. */
export function readInstructions(block: Json | undefined): Instructions {
  if (!isObject(block)) return noInstructions;
  const { renamed_from: renamedFrom, pause, ignore } = block;
  return {
    renamedFrom: textOrNull(renamedFrom),
    pause: pause === true ? endless : isObject(pause) ? readTerm(pause) : null,
    ignore: (Array.isArray(ignore) ? ignore : []).map((item: Json) =>
      isObject(item)
        ? { path: textOrNull(item['path']) ?? '', ...readTerm(item) }
        : { path: textOrNull(item) ?? '', ...endless },
    ),
  };
}

/** Whether an instruction holds at a time, in milliseconds of Unix time. */
export function isActive({ until }: Term, now: number): boolean {
  return until === null || now < until;
}

/** Returns, for example, `paused until 2027-01-31: vendor migration`. */
export function describePause({ untilText, reason }: Term): string {
  const until = untilText === null ? '' : ` until ${untilText}`;
  return `paused${until}${reason === null ? (untilText === null ? ' by its declaration' : '') : `: ${reason}`}`;
}

/** Returns when the first instruction ends that holds now; null if none ends. */
export function nextExpiry(instructions: Iterable<Instructions>, now: number): number | null {
  let next: number | null = null;
  for (const { pause, ignore } of instructions) {
    if (pause === null && ignore.length === 0) continue;
    for (const { until } of pause === null ? ignore : [pause, ...ignore]) {
      if (until !== null && until > now && (next === null || until < next)) next = until;
    }
  }
  return next;
}

function readTerm({ until, reason }: { readonly [key: string]: Json }): Term {
  const untilText = textOrNull(until);
  return { until: untilText === null ? null : parseMoment(untilText), untilText, reason: textOrNull(reason) };
}

function textOrNull(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
