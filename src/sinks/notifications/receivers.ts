import { createHmac } from 'node:crypto';
import { shorten } from '../../core/base/text/shorten.ts';
import { toCloudEvent } from '../../core/report/notifications/cloud-event.ts';
import type { CommitStatus } from '../../core/report/notifications/commit-status.ts';
import type { Notice } from '../../core/report/notifications/notice.ts';
import { toSlackText } from '../../core/report/notifications/slack-text.ts';

/** An HTTP request to a receiver. */
export type ReceiverRequest = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Makes the request that sends a message. It is made for every attempt, because secrets and the time change. */
export type ToRequest<Message> = (message: Message) => Promise<ReceiverRequest>;

/** Returns the secrets that count now, the current one first; empty while there is none. */
export type ReadSecrets = () => Promise<readonly string[]>;

type Redact = (text: string) => string;

export type WebhookOptions = {
  /** The address, from the settings or from a file. */
  readonly address: ReadSecrets;
  readonly secrets: ReadSecrets;
  /** Returns the key in a secret; null if it has none. */
  readonly keyOf: (secret: string) => Buffer | null;
  readonly redact: Redact;
  readonly now: () => Date;
};

/**
 * CloudEvents in structured mode (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md), signed
 * as Standard Webhooks specify (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
export function webhookRequest({ address, secrets, keyOf, redact, now }: WebhookOptions): ToRequest<Notice> {
  return async (notice) => {
    const [[url], keys] = await Promise.all([address(), secrets()]);
    const body = toCloudEvent(notice, redact);
    const timestamp = String(Math.floor(now().getTime() / 1000));
    const signatures = keys.flatMap((secret) => {
      const key = keyOf(secret);
      if (key === null) return [];
      return `v1,${createHmac('sha256', key).update(`${notice.id}.${timestamp}.${body}`).digest('base64')}`;
    });
    return {
      url: new URL(url ?? ''),
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'webhook-id': notice.id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signatures.join(' '),
      },
      body,
    };
  };
}

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
export function slackRequest({ address, redact }: Pick<WebhookOptions, 'address' | 'redact'>): ToRequest<Notice> {
  return async (notice) => {
    const [url] = await address();
    const text = toSlackText(notice, redact);
    // A preview of the linked pages would only take space.
    const body = JSON.stringify({ text, mrkdwn: true, unfurl_links: false, unfurl_media: false });
    return { url: new URL(url ?? ''), headers: {}, body };
  };
}

export type ForgeOptions = {
  readonly baseUrl: string;
  readonly repository: string;
  readonly context: string;
  readonly tokens: ReadSecrets;
  /** The address of the status page, to which the status links; null for none. */
  readonly pageUrl: string | null;
  readonly redact: Redact;
};

/** https://docs.github.com/en/rest/commits/statuses#create-a-commit-status */
export function githubRequest({ baseUrl, repository, tokens, ...options }: ForgeOptions): ToRequest<CommitStatus> {
  return async (status) => {
    const [token] = await tokens();
    return {
      url: new URL(`${baseUrl.replace(/\/+$/, '')}/repos/${repository}/statuses/${status.revision}`),
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${token ?? ''}`,
        'x-github-api-version': '2022-11-28',
      },
      body: JSON.stringify({
        state: status.state,
        context: options.context,
        description: describe(status, 140, options.redact),
        ...(options.pageUrl === null ? {} : { target_url: options.pageUrl }),
      }),
    };
  };
}

/** https://docs.gitlab.com/api/commits/#set-commit-pipeline-status */
export function gitlabRequest({ baseUrl, repository, tokens, ...options }: ForgeOptions): ToRequest<CommitStatus> {
  return async (status) => {
    const [token] = await tokens();
    const api = baseUrl.replace(/\/+$/, '').replace(/\/api\/v4$/, '');
    return {
      url: new URL(`${api}/api/v4/projects/${encodeURIComponent(repository)}/statuses/${status.revision}`),
      headers: { accept: 'application/json', 'private-token': token ?? '' },
      body: JSON.stringify({
        state: status.state === 'failure' ? 'failed' : status.state,
        name: options.context,
        description: describe(status, 255, options.redact),
        ...(options.pageUrl === null ? {} : { target_url: options.pageUrl }),
      }),
    };
  };
}

/** Shortens a description. Longer ones are refused. */
function describe({ description }: CommitStatus, maxLength: number, redact: Redact): string {
  return shorten(redact(description), maxLength);
}
