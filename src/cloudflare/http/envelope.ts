import * as z from 'zod';
import type { HttpMethod } from '../../core/base/api-usage.ts';
import { parseJson, toPlainNumber } from '../../core/base/json.ts';

/** A field whose type differs from the reference counts as absent, so that the other fields can still be used. */
const text = z.string().nullish().catch(null);
const code = z.preprocess(toPlainNumber, z.number().nullish()).catch(null);
const causeSchema = z.looseObject({ code, message: text });
const errorSchema = z.looseObject({
  code,
  message: text,
  /** The causes of an error, which name the actual mistake (observed). */
  error_chain: z.array(causeSchema.catch({})).nullish().catch(null),
  documentation_url: text,
  source: z.looseObject({ pointer: text }).nullish().catch(null),
});
const envelopeSchema = z.looseObject({
  success: z.boolean(),
  errors: z.array(errorSchema.catch({})).nullish().catch(null),
  result: z.unknown().optional(),
  result_info: z.unknown().optional(),
});

/** The JSON object that surrounds every result of the API. */
export type Envelope = z.infer<typeof envelopeSchema>;

export type EnvelopeParser = (method: HttpMethod, text: string) => Envelope | null;

/**
 * Returns a function that parses the body of a response; null for any other text, such as an HTML page of the edge or a truncated body.
 * It keeps the last response to a GET: the next one is usually identical, and then its result is the same object.
 */
export function envelopeParser(): EnvelopeParser {
  let last: { readonly text: string; readonly envelope: Envelope | null } | null = null;
  return (method, text) => {
    if (last?.text === text) return last.envelope;
    const envelope = parseEnvelope(text);
    if (method === 'GET') last = { text, envelope };
    return envelope;
  };
}

function parseEnvelope(text: string): Envelope | null {
  try {
    return envelopeSchema.safeParse(parseJson(text)).data ?? null;
  } catch {
    return null; // Not JSON: the status and the CF-Ray header describe the failure.
  }
}
