import { capitalize } from '../../core/base/text/capitalize.ts';
import { toJsonSchema } from '../../core/service/json-schema.ts';
import type { JsonSchema } from '../../core/service/json-schema.ts';
import { notification } from './notification-settings.ts';

// oxlint-disable unicorn/no-thenable -- `then` is a keyword of JSON Schema, and no schema is awaited.

const TYPE = 'The kind of receiver: a signed webhook, a chat, or the commit statuses of a forge';
const BASE_URL = 'The API of another server: of GitHub Enterprise Server, https://HOST/api/v3; of GitLab, https://HOST';

/** Values that editors offer. */
const EXAMPLES: Readonly<Record<string, readonly unknown[]>> = {
  type: ['webhook', 'slack', 'github', 'gitlab'],
  url: ['https://hooks.example.com/vpc'],
  url_file: ['/run/secrets/slack-url'],
  secret_file: ['/run/secrets/hook'],
  events: [['failed', 'denied', 'recovered']],
  remind_after: ['4h'],
  repository: ['org/network', 'group/subgroup/network'],
  base_url: ['https://github.example.com/api/v3', 'https://gitlab.example.com'],
  token_file: ['/run/secrets/github-token'],
  context: ['vpc-reconciler/production'],
};

/**
 * Returns the part of the JSON Schema of the setting `notifications` that describes a receiver. All types of receivers are one object with a condition for each type: of
 * alternatives, an editor would only report that none matches.
 */
export function notificationsSchema(): JsonSchema {
  const types = notification.options.map((option) => toJsonSchema(option, capitalize));
  // Where types differ in a key, GitLab accepts more.
  const properties: Readonly<Record<string, JsonSchema>> = Object.assign(
    {},
    ...types.map((type) => type['properties']),
  );
  const { default: _, ...baseUrl } = properties['base_url'] ?? {};
  const all = {
    ...properties,
    base_url: { ...baseUrl, description: BASE_URL },
    type: { enum: EXAMPLES['type'], description: TYPE },
  };
  const receiver = {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(all).map(([name, property]) => [
        name,
        { ...property, title: capitalize(name.replaceAll('_', ' ')), examples: EXAMPLES[name] },
      ]),
    ),
    required: ['type'],
    additionalProperties: false,
    allOf: types.map(({ properties: own, required }, index) => ({
      if: { properties: { type: { const: EXAMPLES['type']?.[index] } }, required: ['type'] },
      then: { required, propertyNames: { enum: Object.keys(Object(own)) } },
    })),
  };
  return { additionalProperties: receiver };
}
