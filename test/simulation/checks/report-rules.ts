import type { Report } from '../../../src/core/report/report.ts';
import type { SentRequest } from '../world/api.ts';
import type { WorldFolder } from '../world/folder.ts';
import { differences, expectedFacts, factsOf, fromText, isMapping, isPausedAt, sameMap } from '../world/service.ts';
import type { Facts, JsonValue, Wanted } from '../world/service.ts';
import type { Views } from './views.ts';
import type { Break } from './violation.ts';

export type ReportRulesOptions = {
  readonly folder: WorldFolder;
  readonly views: Views;
  /** Returns the times that the wall clock may have shown to the pass when it made its plan. */
  readonly walls: () => readonly number[];
  readonly now: () => number;
  readonly broken: Break;
};

/** Checks that reports agree with what the API has seen, and with themselves. */
export function reportRules({ folder, views, walls, now, broken }: ReportRulesOptions) {
  let beganAt: number | null = null;
  let requests: SentRequest[] = [];

  const checkBugs = ({ error, services }: Report) => {
    for (const each of [error, ...services.map((service) => service.error)]) {
      if (each?.kind === 'internal') broken('bug', each.message);
    }
  };

  const checkTotals = ({ api, services, counts }: Report) => {
    if (api.requests !== requests.length)
      broken('report', `${api.requests} requests reported, ${requests.length} sent`);
    const writes = requests.filter(({ method }) => method !== 'GET').length;
    const attempts = services.reduce((sum, service) => sum + service.attempts, 0);
    if (attempts !== writes) broken('report', `${attempts} attempts reported, ${writes} writes sent`);
    for (const result of ['created', 'updated', 'deleted', 'failed', 'unsettled', 'withheld', 'paused'] as const) {
      const count = services.filter((service) => service.result === result).length;
      if (count !== counts[result]) broken('report', `${counts[result]} ${result} counted, ${count} listed`);
    }
  };

  const isAsDeclared = (wanted: Wanted, value: JsonValue) => {
    const facts = factsOf(value);
    return walls().some((wall) => sameMap(facts.known, expectedFacts(wanted, facts, wall)));
  };
  const idsOf = (name: string) =>
    views.ids().filter((each) => views.of(each).some(({ value }) => value['name'] === name));
  const isListed = (id: string) => views.lastList()?.byId.has(id) === true && !views.wasDeleted(id);

  /** A pass that says that everything is in sync must have seen it so. */
  const checkInSync = ({ outcome, started_at }: Report) => {
    if (outcome !== 'in_sync' || beganAt === null) return;
    const snapshots = folder.declaredSince(beganAt - folder.slowestReadMs());
    const isTrue = snapshots.some(
      (declared) =>
        declared !== null &&
        [...declared].every(([id, wanted]) => {
          if (wanted === 'skipped') return false;
          if (walls().some((wall) => isPausedAt(wanted, wall))) return true;
          const ids = wanted.isByName ? idsOf(wanted.name) : [id];
          if (wanted.isAbsent) return ids.every((each) => !isListed(each));
          return ids.some((each) => views.of(each).some(({ value }) => isAsDeclared(wanted, value)));
        }),
    );
    if (!isTrue) broken('in sync', `the pass of ${started_at} reports in_sync, and it is not`);
  };

  /** Every updated service must have been confirmed as it was declared at some time, by an answer or a list of the pass. */
  const checkUpdated = ({ services, started_at }: Report) => {
    for (const { service_id: id, name, result } of services) {
      if ((result !== 'updated' && result !== 'created') || id === null || beganAt === null) continue;
      const wanted = folder.declaredSince(beganAt - 2000 - folder.slowestReadMs()).flatMap((declared) =>
        [...(declared?.values() ?? [])].flatMap((each) => {
          if (each === 'skipped' || (each.isByName ? each.name !== name : each.id !== id)) return [];
          return [each];
        }),
      );
      const answers = [views.lastAnswer(id), ...views.of(id), ...views.listedSince(id, beganAt)].filter(
        (view) => view !== null,
      );
      const seen = answers.map(({ value }) => value);
      if (!wanted.some((each) => seen.some((value) => isAsDeclared(each, value)))) {
        const differing = wanted.flatMap((each) =>
          seen.map((value) => differencesOf(each, factsOf(value), walls()[0] ?? 0)),
        );
        const paths = [...new Set(differing)].join(' / ');
        broken('updated', `the pass of ${started_at} reports ${name ?? id} as updated, and it is not: ${paths}`);
      }
      checkKept(id);
    }
  };

  /** The values that the last update contained and its answer does not: the API did not store them. */
  const checkKept = (id: string) => {
    const body = requests.findLast((request) => request.method === 'PUT' && request.id === id);
    const answer = views.lastAnswer(id);
    if (body === undefined || answer === null || answer.at < body.at) return;
    const sent = fromText(body.text ?? 'null');
    const { unknown } = factsOf(answer.value);
    const lost = isMapping(sent) ? [...factsOf(sent).unknown.keys()].filter((path) => !unknown.has(path)) : [];
    if (lost.length > 0) broken('updated', `${id} is reported as updated, and has lost ${lost.join(', ')}`);
  };

  return {
    onBegin: () => {
      beganAt = now();
      requests = [];
    },
    onSend: (request: SentRequest) => {
      if (beganAt === null) broken('report', 'a request outside of every pass');
      requests.push(request);
    },
    onReport: (report: Report) => {
      checkBugs(report);
      checkTotals(report);
      checkInSync(report);
      checkUpdated(report);
      beganAt = null;
    },
    reset: () => {
      beganAt = null;
      requests = [];
    },
  };
}

function differencesOf(wanted: Wanted, live: Facts, wall: number): string {
  return differences(expectedFacts(wanted, live, wall), live.known).join(', ');
}
