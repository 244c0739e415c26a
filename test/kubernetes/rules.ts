import { posix } from 'node:path';
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import type { IProbe } from 'kubernetes-models/v1/Probe';
import configSchema from '../../config/config.schema.json' with { type: 'json' };
import packageJson from '../../package.json' with { type: 'json' };
import { ConfigError, loadConfig } from '../../src/config/load-config.ts';
import { gitSyncOptions } from './git-sync.ts';
import { containerOf, containersOf, environmentOf, templatesOf } from './manifests.ts';
import type { Manifest, Rule, Template } from './manifests.ts';
import { references } from './references.ts';

const KNOWN_SETTINGS = new Set(Object.keys(configSchema.properties));
const SETTING = 'VPC_RECONCILER_';

export const rules = {
  /** https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, and a root file system that cannot be written. */
  'every container is restricted': forEachPod((pod) => [
    ...['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => Object(pod.template.spec)[field] === true),
    ...(pod.template.spec?.volumes ?? [])
      .filter((volume) => !('emptyDir' in volume || 'configMap' in volume || 'secret' in volume))
      .map(({ name }) => `the volume ${name} is of another sort than needed`),
    ...containersOf(pod).flatMap((container) =>
      unrestricted(container, pod.template.spec).map((fault) => `${container.name}: ${fault}`),
    ),
  ]),

  'every image has a tag that stays, and ours is of this version': forEachContainer(({ name, image = '' }) => {
    const tag = /^[^:@]+(?::\d+\/[^:@]+)?:([^:@/]+)$/.exec(image)?.[1];
    if (tag === undefined || tag === 'latest') return [`the image ${image}`];
    const ours = name !== 'vpc-reconciler' || image.split('/').at(-1) === `${packageJson.name}:${packageJson.version}`;
    return ours ? [] : [`the image ${image}`];
  }),

  'every container says what it needs, and how much memory it may take': forEachContainer(({ resources }) =>
    [
      ...['cpu', 'memory']
        .filter((name) => resources?.requests?.[name] === undefined)
        .map((name) => `no request of ${name}`),
      resources?.limits?.['memory'] === undefined ? 'no limit of memory' : '',
    ].filter(Boolean),
  ),

  'there is one writer at a time': (manifests) =>
    manifests.flatMap((manifest) => {
      if (manifest.metadata?.name !== 'vpc-reconciler') return [];
      if (manifest.kind === 'Deployment') {
        return [
          manifest.spec?.replicas === 1 ? '' : `${manifest.spec?.replicas} replicas`,
          manifest.spec?.strategy?.type === 'Recreate' ? '' : `the strategy ${manifest.spec?.strategy?.type}`,
        ].filter(Boolean);
      }
      if (manifest.kind !== 'CronJob') return [];
      return manifest.spec?.concurrencyPolicy === 'Forbid' ? [] : [`concurrency ${manifest.spec?.concurrencyPolicy}`];
    }),

  'no secret stands in a manifest': (manifests) => [
    ...manifests.filter(({ kind }) => kind === 'Secret').map(({ metadata }) => `the Secret ${metadata?.name}`),
    ...manifests
      .flatMap((manifest) => (manifest.kind === 'ConfigMap' ? Object.keys(manifest.data ?? {}) : []))
      .concat(
        templatesOf(manifests)
          .flatMap(containersOf)
          .flatMap(({ env }) => (env ?? []).map(({ name }) => name)),
      )
      .filter((name) => /(TOKEN|KEY|PASSWORD|SECRET)$/i.test(name))
      .map((name) => `a value for ${name}`),
  ],

  'the token is read from a file of the Secret': forEachReconciler((container, pod, environment) => {
    const file = environment['CLOUDFLARE_API_TOKEN_FILE'] ?? '';
    const secret = volumeAt(posix.dirname(file), container, pod)?.secret;
    return secret?.secretName === 'vpc-reconciler' ? [] : [`CLOUDFLARE_API_TOKEN_FILE is ${file}`];
  }),

  'every setting is one, and can be what it is': forEachReconciler((_container, _pod, environment) => {
    const settings = Object.entries(environment).filter(([name]) => name.startsWith(SETTING));
    const unknown = settings.map(([name]) => name).filter((name) => !KNOWN_SETTINGS.has(settingOf(name)));
    const loadable = settings.filter(([name]) => !unknown.includes(name));
    return [...unknown, ...configFaults(Object.fromEntries(loadable))];
  }),

  'the probes ask where the program listens': forEachReconciler((container, { of }, environment) => {
    if (of.kind !== 'Deployment') return [];
    const port = Number(environment['VPC_RECONCILER_HTTP_LISTEN']?.split(':').at(-1));
    const asks = (probe: IProbe | undefined, path: string) =>
      probe?.httpGet?.path === path && portOf(container, probe.httpGet.port) === port;
    const ours = of.metadata?.name === 'vpc-reconciler';
    return [
      environment['VPC_RECONCILER_HTTP_LISTEN'] === `:${port}` ? '' : 'does not listen on the address of the pod',
      asks(container.startupProbe, '/healthz') ? '' : 'startup',
      asks(container.livenessProbe, '/healthz') ? '' : 'liveness',
      !ours || asks(container.readinessProbe, '/readyz') ? '' : 'readiness',
      !ours && container.readinessProbe !== undefined ? 'a readiness probe takes the application out of traffic' : '',
    ].filter(Boolean);
  }),

  'git-sync knows its flags': (manifests) =>
    templatesOf(manifests).flatMap((pod) => {
      const container = containerOf(pod, 'git-sync');
      return container === undefined ? [] : gitSyncOf(container, manifests).unknown;
    }),

  'the folder of declarations is what the pod has mounted, or below the link of git-sync': forEachReconciler(
    (container, pod, environment, manifests) => {
      const services = environment['VPC_RECONCILER_SERVICES'] ?? '';
      const mount = container.volumeMounts?.find(({ mountPath }) => within(services, mountPath));
      if (mount === undefined) return [`${services} is not mounted`];
      if (mount.readOnly !== true || mount.subPath !== undefined)
        return [`${mount.mountPath} must be read-only and whole`];
      const sync = containerOf(pod, 'git-sync');
      if (sync === undefined)
        return volumeAt(services, container, pod)?.configMap ? [] : [`${services} is no ConfigMap`];
      const { values } = gitSyncOf(sync, manifests);
      const root = values.get('root') ?? '';
      const link = posix.resolve(root, values.get('link') ?? '');
      const same = sync.volumeMounts?.some(({ name, mountPath }) => name === mount.name && mountPath === root);
      return same === true && root === mount.mountPath && within(services, link)
        ? []
        : [`${services} is not in ${link}`];
    },
  ),

  'the grace period fits into that of the pod': forEachReconciler((_container, { template }, environment) => {
    const { settings } = loadConfig({ environment: pick(environment, `${SETTING}GRACE_PERIOD`), flags: {} });
    const seconds = template.spec?.terminationGracePeriodSeconds ?? 30;
    return seconds * 1000 > settings.grace_period ? [] : [`${seconds} s`];
  }),

  'a Job has the time that a pass may take, and ends': (manifests) =>
    manifests.flatMap((manifest) => {
      const job = manifest.kind === 'CronJob' ? manifest.spec?.jobTemplate.spec : undefined;
      if (job === undefined) return [];
      const spec = job.template.spec;
      const sync = spec?.initContainers?.find(({ name }) => name === 'git-sync');
      const { settings } = loadConfig({ environment: {}, flags: {} });
      return [
        (job.activeDeadlineSeconds ?? 0) * 1000 > settings.pass_timeout ? '' : 'activeDeadlineSeconds',
        job.backoffLimit === undefined ? 'backoffLimit' : '',
        spec?.restartPolicy === 'Never' ? '' : 'restartPolicy',
        sync?.args?.includes('--one-time') === true ? '' : 'git-sync does not end',
        spec?.containers.every(({ args }) => args?.[0] === 'apply') === true ? '' : 'the command does not end',
      ].filter(Boolean);
    }),

  'our pods have no token of the cluster, and no variables of its services': forEachReconciler((_container, pod) => {
    if (pod.of.metadata?.name !== 'vpc-reconciler') return [];
    const { automountServiceAccountToken, enableServiceLinks } = pod.template.spec ?? {};
    return [
      automountServiceAccountToken === false ? '' : 'automountServiceAccountToken',
      enableServiceLinks === false ? '' : 'enableServiceLinks',
    ].filter(Boolean);
  }),

  ...references,
} satisfies Readonly<Record<string, Rule>>;

function unrestricted({ securityContext: own }: IContainer, pod: IPodSpec | undefined): string[] {
  const shared = pod?.securityContext;
  const user = own?.runAsUser ?? shared?.runAsUser;
  return [
    (own?.runAsNonRoot ?? shared?.runAsNonRoot) === true ? '' : 'runAsNonRoot',
    user !== undefined && user > 0 ? '' : 'runAsUser',
    (own?.seccompProfile ?? shared?.seccompProfile)?.type === 'RuntimeDefault' ? '' : 'seccompProfile',
    own?.allowPrivilegeEscalation === false ? '' : 'allowPrivilegeEscalation',
    own?.readOnlyRootFilesystem === true ? '' : 'readOnlyRootFilesystem',
    own?.capabilities?.drop?.includes('ALL') === true && !own.capabilities.add?.length ? '' : 'capabilities',
    own?.privileged === true ? 'privileged' : '',
  ].filter(Boolean);
}

function forEachPod(faultsOf: (pod: Template) => string[]): Rule {
  return (manifests) => templatesOf(manifests).flatMap(faultsOf);
}

function forEachContainer(faultsOf: (container: IContainer) => string[]): Rule {
  return forEachPod((pod) =>
    containersOf(pod).flatMap((container) => faultsOf(container).map((fault) => `${container.name}: ${fault}`)),
  );
}

/** For every pod that has the reconciler in it; the environment is what the process would find. */
function forEachReconciler(
  faultsOf: (
    container: IContainer,
    pod: Template,
    environment: Readonly<Record<string, string>>,
    manifests: readonly Manifest[],
  ) => string[],
): Rule {
  return (manifests) =>
    templatesOf(manifests).flatMap((pod) => {
      const container = containerOf(pod, 'vpc-reconciler');
      if (container === undefined) return ['a pod without the reconciler'];
      return faultsOf(container, pod, environmentOf(container, manifests), manifests);
    });
}

function gitSyncOf(container: IContainer, manifests: readonly Manifest[]) {
  return gitSyncOptions(container.args ?? [], environmentOf(container, manifests));
}

function volumeAt(path: string, container: IContainer, { template }: Template) {
  const mount = container.volumeMounts?.find(({ mountPath }) => mountPath === path);
  return template.spec?.volumes?.find(({ name }) => name === mount?.name);
}

function portOf(container: IContainer, port: string | number): number | undefined {
  return typeof port === 'number' ? port : container.ports?.find(({ name }) => name === port)?.containerPort;
}

function within(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** `grace_period` for its variable. */
function settingOf(variable: string): string {
  return variable.slice(SETTING.length).toLowerCase();
}

function pick(environment: Readonly<Record<string, string>>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([each]) => each === name));
}

function configFaults(environment: Readonly<Record<string, string>>): string[] {
  try {
    loadConfig({ environment, flags: {} });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
}
