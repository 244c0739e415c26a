import { orRather, suggest } from '../base/suggest.ts';
import type { Finding } from './compare.ts';

/** What somebody may call a service. */
export type Named = { readonly service_id: string | null; readonly names: readonly (string | null)[] };

export type Picked<Service> = { readonly picked: readonly Service[]; readonly faults: readonly string[] };

/**
 * The services that somebody means who names some of these, by exact name or by id in any case; each text may hold several, parted by
 * commas. What means none of them is told in `faults`. All of them where nothing is named.
 */
export function pick<Service>(
  services: readonly Service[],
  wanted: readonly string[],
  nameOf: (service: Service) => Named,
): Picked<Service> {
  if (wanted.length === 0) return { picked: services, faults: [] };
  const named = services.map((service) => ({ service, ...nameOf(service) }));
  const meant = (word: string) =>
    named.filter(({ service_id, names }) => names.includes(word) || service_id === word.toLowerCase());
  // A name may hold a comma.
  const words = wanted.flatMap((text) =>
    meant(text).length > 0 ? [text] : text.split(',').map((each) => each.trim()),
  );
  const known = new Set(
    named.flatMap(({ service_id, names }) => [...names, service_id]).filter((name) => name !== null),
  );
  const faults = words.flatMap((word) => {
    const found = meant(word);
    if (found.length === 1) return [];
    if (found.length > 1) {
      const ids = found.map(({ service_id }) => service_id ?? '(none)').join(' and ');
      return [
        `expected the name of one service, found ${JSON.stringify(word)}, by which ${ids} are known; give the id`,
      ];
    }
    const near = suggest(word, [...known]);
    const hint = near.length === 0 ? '' : orRather(near);
    return [`expected the name or the id of a service, found ${JSON.stringify(word)}${hint}`];
  });
  const picked = new Set(words.flatMap(meant).map(({ service }) => service));
  return { picked: services.filter((service) => picked.has(service)), faults };
}

/** Those that somebody means by their declared or their live name, or by their id. */
export function pickFindings(findings: readonly Finding[], wanted: readonly string[]): Picked<Finding> {
  return pick(findings, wanted, namesOf);
}

function namesOf(finding: Finding): Named {
  switch (finding.kind) {
    case 'in_sync':
    case 'drifted':
      return { service_id: finding.live.service_id, names: [finding.declaration.name, finding.live.name] };
    case 'missing':
      return { service_id: finding.declaration.service_id, names: [finding.declaration.name] };
    case 'unmanaged':
      return { service_id: finding.live.service_id, names: [finding.live.name] };
    case 'invalid':
      return {
        service_id: finding.skipped.service_id,
        names: [finding.skipped.name, finding.live?.name ?? null],
      };
  }
}
