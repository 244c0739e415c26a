import { formatSuggestions, suggest } from '../base/text/suggest.ts';
import type { Finding } from './compare.ts';

/** The texts that select a service: its id and its names. */
export type Identifiers = { readonly service_id: string | null; readonly names: readonly (string | null)[] };

export type Selection<Service> = {
  readonly selected: readonly Service[];
  /** One for each text that does not select exactly one service. */
  readonly errors: readonly string[];
};

/**
 * Returns the services that `wanted` names, in their own order; all of them if `wanted` is empty. Each text is an exact name, an id in
 * any case, the beginning of one id, or several of these separated by commas.
 */
export function select<Service>(
  services: readonly Service[],
  wanted: readonly string[],
  identify: (service: Service) => Identifiers,
): Selection<Service> {
  if (wanted.length === 0) return { selected: services, errors: [] };
  const candidates = services.map((service) => ({ service, ...identify(service) }));
  const matchesOf = (text: string) => {
    const exact = candidates.filter(
      ({ service_id, names }) => names.includes(text) || service_id === text.toLowerCase(),
    );
    return exact.length > 0 ? exact : candidates.filter(({ service_id }) => isPrefix(text, service_id));
  };
  // A text that matches as a whole is not split, because a name may contain a comma.
  const texts = wanted.flatMap((text) =>
    matchesOf(text).length > 0 ? [text] : text.split(',').map((part) => part.trim()),
  );
  const selected = new Set(texts.flatMap(matchesOf).map(({ service }) => service));
  return {
    selected: services.filter((service) => selected.has(service)),
    errors: texts.flatMap((text) => describeMismatch(text, matchesOf(text), candidates) ?? []),
  };
}

/** Selects findings by declared name, live name or id. */
export function selectFindings(findings: readonly Finding[], wanted: readonly string[]): Selection<Finding> {
  return select(findings, wanted, identifyFinding);
}

/** The beginning of an id needs at least this many characters, as in git. */
const MIN_PREFIX_LENGTH = 4;

function isPrefix(text: string, id: string | null): boolean {
  return text.length >= MIN_PREFIX_LENGTH && id !== null && id.startsWith(text.toLowerCase());
}

/** Returns why a text does not select exactly one service; null if it does. */
function describeMismatch(
  text: string,
  matches: readonly Identifiers[],
  candidates: readonly Identifiers[],
): string | null {
  if (matches.length === 1) return null;
  const found = JSON.stringify(text);
  if (matches.length === 0) {
    const identifiers = candidates.flatMap(({ service_id, names }) => [...names, service_id]);
    const suggestions = suggest(text, [...new Set(identifiers.filter((each) => each !== null))]);
    return `expected the name or id of a service, found ${found}${formatSuggestions(suggestions)}`;
  }
  const ids = listIds(matches);
  return matches.some(({ names }) => names.includes(text))
    ? `expected the name of one service, found ${found}, which is the name of ${ids}; use the id instead`
    : `expected the beginning of one id, found ${found}, with which ${ids} begin; write more of the id`;
}

/** Returns the texts that select a finding. */
export function identifyFinding(finding: Finding): Identifiers {
  switch (finding.kind) {
    case 'in_sync':
    case 'drifted':
      return { service_id: finding.live.service_id, names: [finding.declaration.name, finding.live.name] };
    case 'unwanted':
      return { service_id: finding.live.service_id, names: [finding.tombstone.name, finding.live.name] };
    case 'gone':
      return { service_id: finding.tombstone.service_id, names: [finding.tombstone.name] };
    case 'missing':
      return {
        service_id: finding.declaration.service_id,
        names: [finding.declaration.name, finding.declaration.instructions.renamedFrom],
      };
    case 'unmanaged':
      return { service_id: finding.live.service_id, names: [finding.live.name] };
    case 'invalid':
      return {
        service_id: finding.skipped.service_id,
        names: [finding.skipped.name, finding.live?.name ?? null],
      };
  }
}

/** At most this many ids are named in a message. */
const MAX_IDS = 5;

function listIds(matches: readonly Identifiers[]): string {
  const ids = matches.slice(0, MAX_IDS).map(({ service_id }) => service_id ?? '(no id)');
  const others = matches.length - ids.length;
  return others > 0 ? `${ids.join(', ')} and ${others} more` : ids.join(' and ');
}
