import * as z from 'zod';
import { EVENT_TYPES } from '../../core/report/notifications/transitions.ts';
import { isLoopback } from '../proxy.ts';
import { oneOf, positiveDuration } from '../setting-values.ts';

/* The receivers of messages, in the configuration file only: nested settings have no variables and no flags. */

const TYPES = 'expected the type webhook, slack, github or gitlab';

const FILE = 'expected the path of a file';
const file = z
  .string(FILE)
  .min(1, FILE)
  .refine((text) => !SECRET.test(text), 'expected the path of a file, found the secret itself; write it to a file');

/** Matches what belongs into a file. The path may have been completed already. */
const SECRET = /(?:^|\/)(?:https?:|whsec_|gh[a-z]_|github_pat_|glpat-)/;

const EVENTS = `expected a list of events: ${EVENT_TYPES.join(', ')}`;

const common = {
  events: z
    .array(oneOf(EVENT_TYPES), EVENTS)
    .min(1, EVENTS)
    .optional()
    .describe('The events to send; by default all of them'),
  remind_after: positiveDuration
    .optional()
    .describe('How long after the last message to repeat what is still not in order; by default never'),
};

/** A URL without credentials in it. Plain HTTP is accepted where no secret is sent, and on loopback. */
const httpUrl = ({ allowsHttp }: { readonly allowsHttp: boolean }) => {
  const message = `expected a URL that begins with ${allowsHttp ? 'https:// or http://' : 'https://'}`;
  return z
    .string(message)
    .superRefine((text, context) => {
      const problem = whyNotUrl(text, { allowsHttp });
      if (problem !== null) context.addIssue({ code: 'custom', message: problem });
    })
    .meta({ pattern: '^https?://[^\\s/]' });
};

/** Returns why a text is not a URL to send messages to, without the text; null if it is one. */
export function whyNotUrl(text: string, { allowsHttp }: { readonly allowsHttp: boolean }): string | null {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return `expected a URL that begins with https://${allowsHttp ? ' or http://' : ''}`;
  }
  if (url.username !== '' || url.password !== '') return 'expected a URL without a user name and a password';
  if (url.protocol === 'https:' || allowsHttp || isLoopback(url.hostname)) return null;
  return 'expected https:, found http:, which would send a secret unencrypted (allowed for loopback only)';
}

const RECEIVER = 'expected a mapping with a type, such as { type: webhook, … }';

const webhook = z
  .strictObject(
    {
      type: z.literal('webhook', TYPES).describe('CloudEvents 1.0, signed as Standard Webhooks specify'),
      url: httpUrl({ allowsHttp: true }).optional().describe('The address of the receiver'),
      url_file: file.optional().describe('Instead of url: a file that contains the address, if it is secret'),
      secret_file: file.describe('A file that contains the secret of the signature: whsec_ and Base64'),
      ...common,
    },
    RECEIVER,
  )
  .refine(({ url, url_file }) => (url === undefined) !== (url_file === undefined), 'expected either url or url_file');

const slack = z.strictObject(
  {
    type: z.literal('slack', TYPES).describe('An incoming webhook of Slack, or of a chat with the same format'),
    url_file: file.describe('A file that contains the address, which is secret'),
    ...common,
  },
  RECEIVER,
);

const REPOSITORY = 'expected a repository such as org/network';

const CONTEXT = 'expected at most 100 letters, digits, spaces, and ./_-';

const forge = {
  token_file: file.describe('A file that contains the token, which must be allowed to set commit statuses'),
  context: z
    .string(CONTEXT)
    .regex(/^[\w./ -]{1,100}$/, CONTEXT)
    .default('vpc-reconciler')
    .describe('The name of the status. Processes that report on the same commits need different names'),
};

const github = z.strictObject(
  {
    type: z.literal('github', TYPES).describe('The status of the commit on GitHub'),
    repository: z
      .string(REPOSITORY)
      .regex(/^[\w.-]+\/[\w.-]+$/, REPOSITORY)
      .describe('The repository of the declarations'),
    base_url: httpUrl({ allowsHttp: false })
      .default('https://api.github.com')
      .describe('The API; of GitHub Enterprise Server, https://HOST/api/v3'),
    ...forge,
  },
  RECEIVER,
);

const PROJECT = 'expected a project such as group/network, or its number';

const gitlab = z.strictObject(
  {
    type: z.literal('gitlab', TYPES).describe('The status of the commit on GitLab'),
    repository: z
      .string(PROJECT)
      .regex(/^(?:[\w.-]+(?:\/[\w.-]+)+|\d+)$/, PROJECT)
      .describe('The project of the declarations'),
    base_url: httpUrl({ allowsHttp: false }).default('https://gitlab.com').describe('The address of GitLab'),
    ...forge,
  },
  RECEIVER,
);

export const notification = z.discriminatedUnion('type', [webhook, slack, github, gitlab], TYPES);

const NOTIFICATIONS = 'expected none, or a mapping of names to receivers';
const NAME = 'expected a name of at most 40 letters, digits, _ and -, which begins with a letter';

/** Receivers by name; `none` for none. */
export const notifications = z
  .preprocess(
    (value) => (value === 'none' || value === null ? {} : value),
    z.record(z.string(NAME).regex(/^[A-Za-z][\w-]{0,39}$/, NAME), notification, NOTIFICATIONS),
  )
  .meta({ type: ['object', 'string'], pattern: '^none$' });

/** A receiver, with the keys of the configuration file. Durations are in milliseconds. */
export type NotificationSetting = z.infer<typeof notification>;

export type NotificationSettings = Readonly<Record<string, NotificationSetting>>;

/** Returns a value of the setting as it may be shown: the path of an address can be a secret. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]: [string, unknown]) => [
      key,
      key === 'url' ? `${URL.parse(String(each))?.origin ?? ''}/[redacted]` : withoutSecrets(each),
    ]),
  );
}

/** The keys of each type of receiver. */
export const KEYS_BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  webhook: Object.keys(webhook.shape),
  slack: Object.keys(slack.shape),
  github: Object.keys(github.shape),
  gitlab: Object.keys(gitlab.shape),
};
