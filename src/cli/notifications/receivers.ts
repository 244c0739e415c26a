import { poster } from '../../cloudflare/network/post.ts';
import type { Poster, PostRequest } from '../../cloudflare/network/post.ts';
import { readCaFile } from '../../config/ca-file.ts';
import { ConfigError } from '../../config/config-error.ts';
import type { NotificationSetting } from '../../config/notifications/notification-settings.ts';
import { secretFile, signingKey } from '../../config/notifications/secret-file.ts';
import type { SecretFile, SecretKind } from '../../config/notifications/secret-file.ts';
import { routeTo } from '../../config/proxy.ts';
import type { Settings } from '../../config/settings.ts';
import { toAttempt, toGitlabAttempt } from '../../sinks/notifications/attempt.ts';
import type { Response } from '../../sinks/notifications/attempt.ts';
import type { Attempt } from '../../sinks/notifications/delivery.ts';
import type { Receiver, Send } from '../../sinks/notifications/notifier.ts';
import { githubRequest, gitlabRequest, slackRequest, webhookRequest } from '../../sinks/notifications/receivers.ts';
import type { ReadSecrets, ToRequest } from '../../sinks/notifications/receivers.ts';
import type { Context } from '../context.ts';
import { untilResponsive } from '../input/responsive.ts';
import { version } from '../version.ts';
import { clock } from '../wiring.ts';

/** How long a receiver may take to answer. Standard Webhooks recommend 15 to 30 seconds. */
const REQUEST_TIMEOUT_MS = 15_000;

export type OpenReceivers = {
  readonly receivers: readonly Receiver[];
  readonly close: () => Promise<void>;
};

export type ReceiverEvents = {
  /** Called with the reason when a secret can no longer be read, and with null once it can be again. `key` names the setting. */
  readonly onSecretProblem: (key: string, problem: string | null) => void;
};

/** Opens the receivers in the settings, or only one. Throws a `ConfigError` that lists every secret that cannot be read. */
export async function openReceivers(
  settings: Pick<Settings, 'notifications' | 'public_url' | 'ca_file'>,
  context: Context,
  { onSecretProblem }: ReceiverEvents,
  only: string | null = null,
): Promise<OpenReceivers> {
  const { environment, secrets: redactor } = context;
  const chosen = Object.entries(settings.notifications).filter(([name]) => only === null || name === only);
  const files: { readonly key: string; readonly file: SecretFile }[] = [];
  const openFile: OpenFile = (key, kind, path) => {
    const onProblem = (problem: string | null) => onSecretProblem(key, problem);
    const file = secretFile({ kind, path, onSecret: redactor.add, onProblem }, clock.elapsedMs);
    files.push({ key, file });
    return file.read;
  };
  await untilResponsive([settings.ca_file, ...chosen.flatMap(([, setting]) => filesOf(setting))], context);
  const { certificates: caCertificates, error: caError } = readCaFile(settings.ca_file);
  const { post, close } = poster({
    proxyTo: (url) => {
      const route = routeTo(url, environment);
      return route.kind === 'proxy' ? route.proxy : null;
    },
    caCertificates,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    userAgent: `vpc-reconciler/${version}`,
  });
  const { redact } = redactor;
  const receivers = chosen.map(([name, setting]) => {
    return openReceiver(name, setting, { post, openFile, redact, pageUrl: settings.public_url });
  });
  const problems = files.flatMap(({ key, file }) => {
    const problem = file.check();
    return problem === null ? [] : [`${key}: ${problem}`];
  });
  if (caError !== null) problems.push(caError);
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return { receivers, close };
}

/** Opens a secret file, and returns the function that reads it. `key` names the setting, such as `notifications.team.url_file`. */
type OpenFile = (key: string, kind: SecretKind, path: string) => ReadSecrets;

type Parts = {
  readonly post: Poster['post'];
  readonly openFile: OpenFile;
  readonly redact: (text: string) => string;
  readonly pageUrl: string | null;
};

function openReceiver(name: string, setting: NotificationSetting, parts: Parts): Receiver {
  const { post, openFile, redact, pageUrl } = parts;
  const key = (of: string) => `notifications.${name}.${of}`;
  const sender = <Message>(address: string, toRequest: ToRequest<Message>, decide?: typeof toAttempt): Send<Message> =>
    sendBy(post, key(address), toRequest, decide);
  switch (setting.type) {
    case 'webhook': {
      const { url, url_file, secret_file } = setting;
      const inFile = url_file === undefined ? null : openFile(key('url_file'), 'URL', url_file);
      const address = inFile ?? (async () => (url === undefined ? [] : [url]));
      const secrets = openFile(key('secret_file'), 'signing secret', secret_file);
      const toRequest = webhookRequest({ address, secrets, keyOf: signingKey, redact, now: clock.now });
      return { name, ...messagesOf(setting), send: sender(inFile === null ? 'url' : 'url_file', toRequest) };
    }
    case 'slack': {
      const address = openFile(key('url_file'), 'URL', setting.url_file);
      return { name, ...messagesOf(setting), send: sender('url_file', slackRequest({ address, redact })) };
    }
    case 'github':
    case 'gitlab': {
      const { type, base_url: baseUrl, repository, context } = setting;
      const tokens = openFile(key('token_file'), 'token', setting.token_file);
      const options = { baseUrl, repository, context, tokens, pageUrl, redact };
      const send =
        type === 'github'
          ? sender('base_url', githubRequest(options))
          : sender('base_url', gitlabRequest(options), toGitlabAttempt);
      return { name, kind: 'statuses', send };
    }
  }
}

function messagesOf({ events, remind_after }: NotificationSetting & { readonly type: 'webhook' | 'slack' }) {
  return { kind: 'messages', events, remindAfterMs: remind_after } as const;
}

function sendBy<Message>(
  post: Poster['post'],
  setting: string,
  toRequest: ToRequest<Message>,
  decide: (response: Response) => Attempt = toAttempt,
): Send<Message> {
  return async (message, signal) => {
    const request: PostRequest = { ...(await toRequest(message)), setting };
    return decide(await post(request, signal));
  };
}

function filesOf(setting: NotificationSetting): readonly string[] {
  return Object.entries(setting).flatMap(([key, value]) =>
    key.endsWith('_file') && typeof value === 'string' ? [value] : [],
  );
}
