import { isDeepStrictEqual } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { fromText, isMapping, withoutNulls } from '../world/service.ts';
import type { JsonValue } from '../world/service.ts';
import type { HeldRequest } from './held-network.ts';

type DeclaredDocument = {
  readonly key: string;
  readonly value: JsonValue;
  readonly isAbsent: boolean;
};

function documentsOf(folder: string): readonly DeclaredDocument[] {
  return parseAllDocuments(folder).flatMap((document): readonly DeclaredDocument[] => {
    const content: unknown = document.toJS();
    if (!isMapping(content)) return [];
    const { reconcile, service_id: id, ...value } = content;
    const isAbsent = isMapping(reconcile) && reconcile['ensure'] === 'absent';
    return [{ key: String(id ?? value['name']), value, isAbsent }];
  });
}

/** Whether a folder declares what a request would do. */
export function isDeclared(
  { method, path, text }: HeldRequest,
  folder: string,
  get: (id: string) => JsonValue | null,
): boolean {
  const documents = documentsOf(folder);
  if (method === 'DELETE') {
    const id = decodeURIComponent(path.split('/').at(-1) ?? '');
    return documents.some(
      ({ key, isAbsent }) => isAbsent && (key === id || key === get(id)?.['name'] || get(id) === null),
    );
  }
  const body = text === null ? null : fromText(text);
  return documents.some(({ value, isAbsent }) => !isAbsent && isDeepStrictEqual(body, value));
}

/** Whether every declaration of a folder was as declared in one of several states. */
export function isAsDeclared(states: readonly (readonly JsonValue[])[], folder: string): boolean {
  return documentsOf(folder).every((document) => states.some((services) => differenceOf(document, services) === null));
}

/** Returns how the live services differ from what a folder declares. */
export function differences(services: readonly JsonValue[], folder: string): readonly string[] {
  const documents = documentsOf(folder);
  const wrong = documents.flatMap((document) => differenceOf(document, services) ?? []);
  const others = services.filter((service) => !documents.some((document) => declares(document, service)));
  return [...wrong, ...others.map(({ name }) => `${String(name)} is left`)];
}

function declares({ key, value }: DeclaredDocument, { service_id: id, name }: JsonValue): boolean {
  return id === key || name === key || name === value['name'];
}

/** Returns how the service of one document differs from it. */
function differenceOf(document: DeclaredDocument, services: readonly JsonValue[]): string | null {
  const { key, value, isAbsent } = document;
  const found = services.filter((service) => service['service_id'] === key || service['name'] === key);
  if (isAbsent) return found.length === 0 ? null : `${key} exists`;
  const [service] = found;
  if (service === undefined || found.length > 1) return `${key} exists ${found.length} times`;
  const content = contentOf(service);
  return isDeepStrictEqual(content, value) ? null : `${key} is ${JSON.stringify(content)}`;
}

/** Returns a live service without what the API adds. */
function contentOf(service: JsonValue): JsonValue {
  const { service_id: _id, created_at: _created, updated_at: _updated, host, ...rest } = withoutNulls(service);
  return { ...rest, host: isMapping(host) ? withoutNulls(host) : host };
}
