import type { SentRequest } from '../world/api.ts';
import { fromText, isMapping } from '../world/service.ts';

/** Returns the service that a request writes: its id, or the name of a service to create. Null for a read. */
export function writeKeyOf({ method, id, text }: SentRequest): string | null {
  if (method !== 'POST') return method === 'GET' ? null : id;
  const body = fromText(text ?? 'null');
  return isMapping(body) ? String(body['name']) : null;
}
