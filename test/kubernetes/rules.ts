import { posix } from 'node:path';
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import type { IProbe } from 'kubernetes-models/v1/Probe';
import configSchema from '../../config/config.schema.json' with { type: 'json' };
import packageJson from '../../package.json' with { type: 'json' };
import { ConfigError } from '../../src/config/config-error.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { gitSyncOptions } from './git-sync.ts';
import { containerOf, containersOf, environmentOf, templatesOf } from './manifests.ts';
import type { Manifest, Rule, Template } from './manifests.ts';
import { references } from './references.ts';

const KNOWN_SETTINGS = new Set(Object.keys(configSchema.properties));
const SETTING = 'VPC_RECONCILER_';

export const rules = {
  /** https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, and a read-only root file system. */
  'every container is restricted': forEachPod((pod) => [
    ...['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => Object(pod.template.spec)[field] === true),
    ...(pod.template.spec?.volumes ?? [])
      .filter((volume) => !('emptyDir' in volume || 'configMap' in volume || 'secret' in volume))
      .map(({ name }) => `the volume ${name} is not an emptyDir, configMap, or secret`),
    ...containersOf(pod).flatMap((container) =>
      unrestricted(container, pod.template.spec).map((fault) => `${container.name}: ${fault}`),
    ),
  ]),

  'every image has a fixed tag, and ours has this version': forEachContainer(({ name, image = '' }) => {
    const tag = /^[^:@]+(?::\d+\/[^:@]+)?:([^:@/]+)$/.exec(image)?.[1];
    if (tag === undefined || tag === 'latest') return [`the image ${image}`];
    const isExpected =
      name !== 'vpc-reconciler' || image.split('/').at(-1) === `${packageJson.name}:${packageJson.version}`;
    return isExpected ? [] : [`the image ${image}`];
  }),

  'every container has resource requests and a memory limit': forEachContainer(({ resources }) =>
    [
      ...['cpu', 'memory']
        .filter((name) => resources?.requests?.[name] === undefined)
        .map((name) => `no ${name} request`),
      resources?.limits?.['memory'] === undefined ? 'no memory limit' : '',
    ].filter(Boolean),
  ),

  'only one process writes at a time': (manifests) =>
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

  'no manifest contains a secret': (manifests) => [
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

  'every setting exists and has a valid value': forEachReconciler((_container, _pod, environment) => {
    const settings = Object.entries(environment).filter(([name]) => name.startsWith(SETTING));
    const unknown = settings.map(([name]) => name).filter((name) => !KNOWN_SETTINGS.has(settingOf(name)));
    const loadable = settings.filter(([name]) => !unknown.includes(name));
    return [...unknown, ...configFaults(Object.fromEntries(loadable))];
  }),

  'probes use the port on which the program listens': forEachReconciler((container, { workload }, environment) => {
    if (workload.kind !== 'Deployment') return [];
    const port = Number(environment['VPC_RECONCILER_HTTP_LISTEN']?.split(':').at(-1));
    const isProbe = (probe: IProbe | undefined, path: string) =>
      probe?.httpGet?.path === path && portOf(container, probe.httpGet.port) === port;
    const isOwnPod = workload.metadata?.name === 'vpc-reconciler';
    return [
      environment['VPC_RECONCILER_HTTP_LISTEN'] === `:${port}` ? '' : 'does not listen on the pod address',
      isProbe(container.startupProbe, '/healthz') ? '' : 'startup',
      isProbe(container.livenessProbe, '/healthz') ? '' : 'liveness',
      !isOwnPod || isProbe(container.readinessProbe, '/readyz') ? '' : 'readiness',
      !isOwnPod && container.readinessProbe !== undefined
        ? 'a readiness probe takes the application out of traffic'
        : '',
    ].filter(Boolean);
  }),

  'every flag and variable of git-sync exists': (manifests) =>
    templatesOf(manifests).flatMap((pod) => {
      const container = containerOf(pod, 'git-sync');
      return container === undefined ? [] : gitSyncOf(container, manifests).unknown;
    }),

  'the folder of declarations is mounted, and below the link of git-sync': forEachReconciler(
    (container, pod, environment, manifests) => {
      const services = environment['VPC_RECONCILER_SERVICES'] ?? '';
      const mount = container.volumeMounts?.find(({ mountPath }) => within(services, mountPath));
      if (mount === undefined) return [`${services} is not mounted`];
      if (mount.readOnly !== true || mount.subPath !== undefined)
        return [`${mount.mountPath} must be read-only and without subPath`];
      const sync = containerOf(pod, 'git-sync');
      if (sync === undefined)
        return volumeAt(services, container, pod)?.configMap ? [] : [`${services} is not a ConfigMap`];
      const { values } = gitSyncOf(sync, manifests);
      const root = values.get('root') ?? '';
      const link = posix.resolve(root, values.get('link') ?? '');
      const isShared = sync.volumeMounts?.some(({ name, mountPath }) => name === mount.name && mountPath === root);
      return isShared === true && root === mount.mountPath && within(services, link)
        ? []
        : [`${services} is not in ${link}`];
    },
  ),

  'no command line overrides the mode of the settings': forEachReconciler(({ args }) =>
    (args ?? []).filter((arg) => arg.startsWith('--mode')),
  ),

  'the grace period is shorter than that of the pod': forEachReconciler((_container, { template }, environment) => {
    const { settings } = loadConfig({ environment: pick(environment, `${SETTING}GRACE_PERIOD`), flags: {} });
    const seconds = template.spec?.terminationGracePeriodSeconds ?? 30;
    return seconds * 1000 > settings.grace_period ? [] : [`${seconds} s`];
  }),

  'a Job ends, and has enough time for a pass': (manifests) =>
    manifests.flatMap((manifest) => {
      const job = manifest.kind === 'CronJob' ? manifest.spec?.jobTemplate.spec : undefined;
      if (job === undefined) return [];
      const spec = job.template.spec;
      const sync = spec?.initContainers?.find(({ name }) => name === 'git-sync');
      const { settings } = loadConfig({ environment: {}, flags: {} });
      return [
        (job.activeDeadlineSeconds ?? 0) * 1000 > settings.pass_timeout ? '' : 'activeDeadlineSeconds',
        job.backoffLimit === undefined ? 'backoffLimit' : '',
        job.podFailurePolicy?.rules.some(
          ({ action, onExitCodes: codes }) =>
            action === 'FailJob' && codes?.containerName === 'vpc-reconciler' && codes.values.includes(2),
        ) === true
          ? ''
          : 'pending changes are tried again',
        spec?.restartPolicy === 'Never' ? '' : 'restartPolicy',
        sync?.args?.includes('--one-time') === true ? '' : 'git-sync does not end',
        spec?.containers.every(({ args }) => args?.[0] === 'apply') === true ? '' : 'the command does not end',
      ].filter(Boolean);
    }),

  'our pods have no service account token and no variables about Services': forEachReconciler((_container, pod) => {
    if (pod.workload.metadata?.name !== 'vpc-reconciler') return [];
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

/** Checks every pod that runs vpc-reconciler. `environment` contains the variables that the process sees. */
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
      if (container === undefined) return ['a pod without vpc-reconciler'];
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

/** Returns the setting of a variable: `grace_period` for `VPC_RECONCILER_GRACE_PERIOD`. */
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
