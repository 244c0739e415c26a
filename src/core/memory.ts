import type { Finding } from './compare.ts';
import type { Fields } from './normalise.ts';
import type { Outcome } from './outcome.ts';

/** Who made a service drift: its file was changed, or somebody changed it outside git. */
export type Cause = 'declaration' | 'live' | 'both';

/** How a service stood at the end of the last pass that compared it. */
type Seen = {
  readonly declared: string;
  readonly live: string;
  readonly cause: Cause | null;
  /** The fields that the API kept differently when this declaration was last sent. */
  readonly unsettled: readonly string[] | null;
  /** How often in a row it was updated from one and the same live value, and from which. */
  readonly updates: { readonly from: string; readonly times: number };
};

/**
 * An API whose list does not show what its PUT answers looks like somebody who undoes the update at once; so often in a row
 * it is believed.
 */
const MOST_UPDATES_FROM_ONE_VALUE = 3;

const noUpdates: Seen['updates'] = { from: '', times: 0 };

/** By service_id. Held by the process only: nothing is lost with it but the causes of the next pass. */
export type Memory = ReadonlyMap<string, Seen>;

export const nothingSeen: Memory = new Map();

/**
 * Why a service drifted, as far as this process saw it; null when it did not see it in sync before. What is not put right
 * stays a cause: a service that drifted live, and whose declaration changes after, drifted on both sides.
 */
export function causeOf(finding: Finding, memory: Memory): Cause | null {
  if (finding.kind !== 'drifted') return null;
  const seen = memory.get(finding.live.service_id);
  if (seen === undefined) return null;
  const declaration = seen.declared !== fingerprint(finding.declared) || isPart('declaration', seen.cause);
  const live = seen.live !== fingerprint(finding.liveFields) || isPart('live', seen.cause);
  if (declaration && live) return 'both';
  if (declaration) return 'declaration';
  return live ? 'live' : null;
}

/** The fields that the API will not keep as declared, while neither side has changed since that was seen; else null. */
export function unsettledFields(finding: Finding, memory: Memory): readonly string[] | null {
  if (finding.kind !== 'drifted') return null;
  const seen = memory.get(finding.live.service_id);
  if (seen?.declared !== fingerprint(finding.declared)) return null;
  const live = fingerprint(finding.liveFields);
  if (seen.updates.from === live && seen.updates.times >= MOST_UPDATES_FROM_ONE_VALUE) {
    return finding.changes.map(({ path }) => path);
  }
  return seen.live === live ? seen.unsettled : null;
}

/** What to remember after a pass. `outcomes` are of this pass, by service_id. */
export function remember(findings: readonly Finding[], outcomes: ReadonlyMap<string, Outcome>, memory: Memory): Memory {
  return new Map(
    findings.flatMap((finding): [string, Seen][] => {
      if (finding.kind === 'in_sync') {
        const fields = fingerprint(finding.fields);
        return [
          [
            finding.live.service_id,
            { declared: fields, live: fields, cause: null, unsettled: null, updates: noUpdates },
          ],
        ];
      }
      // A declaration that is broken for a while is no change of it.
      if (finding.kind === 'invalid') {
        const seen = memory.get(finding.setAside.service_id ?? '');
        return seen === undefined || finding.setAside.service_id === null ? [] : [[finding.setAside.service_id, seen]];
      }
      if (finding.kind !== 'drifted') return [];
      const declared = fingerprint(finding.declared);
      const outcome = outcomes.get(finding.live.service_id);
      const cause = causeOf(finding, memory);
      const seen = memory.get(finding.live.service_id);
      const updates = seen?.declared === declared ? seen.updates : noUpdates;
      const from = fingerprint(finding.liveFields);
      switch (outcome?.result) {
        case 'updated':
          return [
            [
              finding.live.service_id,
              {
                declared,
                live: declared,
                cause: null,
                unsettled: null,
                updates: { from, times: updates.from === from ? updates.times + 1 : 1 },
              },
            ],
          ];
        case 'unsettled':
          return [
            [
              finding.live.service_id,
              { declared, live: fingerprint(outcome.kept), cause, unsettled: outcome.paths, updates },
            ],
          ];
        case 'failed':
        case 'withheld':
        case undefined:
          return [
            [
              finding.live.service_id,
              { declared, live: from, cause, unsettled: unsettledFields(finding, memory), updates },
            ],
          ];
      }
    }),
  );
}

function isPart(side: Cause, cause: Cause | null): boolean {
  return cause === side || cause === 'both';
}

/** Equal for equal fields: the order of the fields is that of `normalise`. */
function fingerprint(fields: Fields): string {
  return JSON.stringify([...fields]);
}
