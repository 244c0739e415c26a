import type { LiveService } from '../service/directory.ts';

type NamedService = Pick<LiveService, 'service_id' | 'name'>;

/**
 * Returns a file name for each service, by service_id. It is the name of the service if every file system accepts that; otherwise a
 * portable form of it, followed by a part of the id, or all of the id if two file names would differ only in case. The order of the
 * services makes no difference.
 */
export function fileNames(services: readonly NamedService[]): ReadonlyMap<string, string> {
  const byId = new Map(services.map((service) => [service.service_id, service]));
  const candidates = makeUnique([...byId.values()].map(toCandidate));
  return new Map(candidates.map((candidate) => [candidate.service_id, toFileName(candidate)]));
}

/** A name, followed by the given number of characters from the end of the id. */
type Candidate = { readonly service_id: string; readonly stem: string; readonly idLength: number };

const PART_OF_ID = 12;
const WHOLE_ID = 36;

function toCandidate({ service_id, name }: NamedService): Candidate {
  const stem = portableName(name);
  return { service_id, stem, idLength: stem === name ? 0 : PART_OF_ID };
}

function toFileName({ service_id, stem, idLength }: Candidate): string {
  return idLength === 0 ? `${stem}.yaml` : `${stem}-${service_id.slice(-idLength)}.yaml`;
}

/** Lengthens the ids in equal file names until all are different. */
function makeUnique(candidates: readonly Candidate[]): readonly Candidate[] {
  const groups = Map.groupBy(candidates, (candidate) => toFileName(candidate).toLowerCase()).values();
  const duplicates = new Set(
    [...groups].flatMap((group) => (group.length > 1 ? group.filter(({ idLength }) => idLength < WHOLE_ID) : [])),
  );
  if (duplicates.size === 0) return candidates;
  return makeUnique(
    candidates.map((candidate) =>
      duplicates.has(candidate)
        ? { ...candidate, idLength: candidate.idLength === 0 ? PART_OF_ID : WHOLE_ID }
        : candidate,
    ),
  );
}

const MAX_LENGTH = 80;

/** Windows reserves these names, with any extension: https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/**
 * Returns the part of a name that every file system accepts, and that every shell reads without quotes. Accents are removed, because
 * they have several encodings; so are a leading dot, which hides a file, and a trailing one, which Windows drops.
 */
function portableName(name: string): string {
  const portable = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/-*[^\w.-][^\w.]*/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, MAX_LENGTH)
    .replace(/[.-]+$/, '')
    .replace(RESERVED, 'service-$&');
  return portable === '' ? 'service' : portable;
}
