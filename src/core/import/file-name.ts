import type { LiveService } from '../service/directory.ts';

type Named = Pick<LiveService, 'service_id' | 'name'>;

/**
 * A file name for each service, by service_id: its name where that can be one on every system, else what is left of it with a part of its id
 * behind, and more of the id for as long as two would be the same but for case. Does not depend on the order of the services.
 */
export function fileNames(services: readonly Named[]): ReadonlyMap<string, string> {
  const each = new Map(services.map((service) => [service.service_id, service]));
  return new Map(apart([...each.values()].map(draft)).map((each) => [each.service_id, nameOf(each)]));
}

/** A name with so many characters of the id behind. */
type Draft = { readonly service_id: string; readonly stem: string; readonly ofId: number };

const [SOME, ALL] = [12, 36];

function draft({ service_id, name }: Named): Draft {
  const stem = stemOf(name);
  return { service_id, stem, ofId: stem === name ? 0 : SOME };
}

function nameOf({ service_id, stem, ofId }: Draft): string {
  return ofId === 0 ? `${stem}.yaml` : `${stem}-${service_id.slice(-ofId)}.yaml`;
}

function apart(drafts: readonly Draft[]): readonly Draft[] {
  const alike = Map.groupBy(drafts, (each) => nameOf(each).toLowerCase()).values();
  const doubled = new Set(
    [...alike].flatMap((group) => (group.length > 1 ? group.filter(({ ofId }) => ofId < ALL) : [])),
  );
  if (doubled.size === 0) return drafts;
  return apart(drafts.map((each) => (doubled.has(each) ? { ...each, ofId: each.ofId === 0 ? SOME : ALL } : each)));
}

const LONGEST = 80;

/** Windows takes these for devices, whatever stands behind a dot: https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/**
 * What of a name every file system takes, and every shell without quotes. Letters lose their accents, which are spelt in more than one
 * way; a dot in front would hide the file, and one at the end gets lost on Windows.
 */
function stemOf(name: string): string {
  const portable = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/-*[^\w.-][^\w.]*/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, LONGEST)
    .replace(/[.-]+$/, '')
    .replace(DEVICE, 'service-$&');
  return portable === '' ? 'service' : portable;
}
