import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseFile } from '../../src/core/load/parse-file.ts';
import { root } from '../e2e/program.ts';
import { kubectl, kustomize } from './kubectl.ts';
import { parseManifests } from './manifests.ts';
import type { Manifest } from './manifests.ts';
import { rules } from './rules.ts';
import { schemaFaults } from './schema-check.ts';

const folder = join(root, 'config/kubernetes');
const readme = readFileSync(join(folder, 'README.md'), 'utf8');
const overlays = ['base', 'overlays/configmap', 'overlays/sidecar', 'overlays/cronjob'] as const;
/** The kustomization in the README, and the same with its commented lines. */
const examples = ['the README', 'the README with its components'] as const;
const variants = [...overlays, ...examples];
type Variant = (typeof variants)[number];

/** Contains one folder for each example. */
const examplesFolder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-kustomize-'));
afterAll(() => rmSync(examplesFolder, { recursive: true }));

/** The rendered manifests of each variant. */
const rendered = new Map<Variant, string>();

beforeAll(async () => {
  if (kubectl === null) return;
  const example = /```yaml\n# kustomization\.yaml\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const folders = new Map<Variant, string>(overlays.map((overlay) => [overlay, join(folder, overlay)]));
  for (const variant of examples) {
    const place = mkdtempSync(join(examplesFolder, 'example-'));
    folders.set(variant, place);
    const text = variant === 'the README' ? example : example.replaceAll(/^# /gm, '');
    writeFileSync(
      join(place, 'kustomization.yaml'),
      text.replaceAll('vpc-reconciler/config/kubernetes', relative(place, folder)),
    );
  }
  await Promise.all([...folders].map(async ([variant, place]) => rendered.set(variant, await kustomize(place))));
});

/** Returns the manifests of a variant with one replacement. */
function withMistake(variant: Variant, from: string | RegExp, to: string): Manifest[] {
  const text = rendered.get(variant) ?? '';
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return parseManifests(changed);
}

const manifestsOf = (variant: Variant) => parseManifests(rendered.get(variant) ?? '');

test('every overlay is tested', () => {
  const found = readdirSync(join(folder, 'overlays')).map((name) => `overlays/${name}`);
  expect(overlays).toEqual(expect.arrayContaining(found));
});

test.each(['configmap', 'sidecar'])('the example in overlays/%s is a valid declaration', (overlay) => {
  const file = 'orders-api.yaml';
  const bytes = readFileSync(join(folder, 'overlays', overlay, 'services', file), 'utf8');
  expect(parseFile(file, bytes)).toMatchObject({ declarations: [{ name: 'orders-api' }], problems: [] });
});

test.skipIf(kubectl === null)('the example in the README needs a component only after uncommenting it', () => {
  expect(rendered.get('the README')).not.toMatch(/PodMonitor|reconcile-token/);
  expect(rendered.get('the README with its components')).toMatch(/PodMonitor/);
  expect(rendered.get('the README with its components')).toMatch(/reconcile-token/);
});

test('every path in the README exists', () => {
  const paths = [...readme.matchAll(/config\/kubernetes\/[\w/-]+/g)].map(([path]) => path);
  expect(paths.length).toBeGreaterThan(3);
  for (const path of paths) expect(() => readdirSync(join(root, path))).not.toThrow();
});

describe.skipIf(kubectl === null)('config/kubernetes', () => {
  test('matches the Kubernetes schema', () => {
    const sets = Object.fromEntries(variants.map((variant) => [variant, manifestsOf(variant)]));
    expect(schemaFaults(sets)).toEqual(Object.fromEntries(variants.map((variant) => [variant, []])));
  });

  describe.each(variants)('%s', (variant) => {
    test.each(Object.entries(rules))('%s', (_rule, faultsOf) => {
      expect(faultsOf(manifestsOf(variant))).toEqual([]);
    });
  });
});

describe.skipIf(kubectl === null)('a mistake in a manifest is found', () => {
  test('by the Kubernetes schema', () => {
    const mistakes: Readonly<Record<string, readonly [string | RegExp, string]>> = {
      'an unknown field': ['readinessProbe:', 'readynessProbe:'],
      'a missing field': ['        name: git-sync\n', ''],
      'a string instead of a number': ['replicas: 1', 'replicas: one'],
      'a number instead of a string': [/image: vpc-reconciler:.*/, 'image: 1'],
      'a value that is not allowed': ['protocol: UDP', 'protocol: udp'],
      'a field in the wrong place': ['      enableServiceLinks: false', '    enableServiceLinks: false'],
    };
    const sets = Object.fromEntries(
      Object.entries(mistakes).map(([name, [from, to]]) => [name, withMistake('base', from, to)]),
    );
    const faults = Object.entries(schemaFaults(sets));
    expect(faults.filter(([, each]) => each.length > 0).map(([name]) => name)).toEqual(Object.keys(mistakes));
  });

  type Mistake = readonly [
    rule: keyof typeof rules,
    variant: Variant,
    from: string | RegExp,
    to: string,
    fault: string,
  ];

  const restricted = 'every container is restricted';
  const image = 'every image has a fixed tag, and ours has this version';
  const writer = 'only one process writes at a time';
  const settings = 'every setting exists and has a valid value';
  const probes = 'probes use the port on which the program listens';
  const place = 'the folder of declarations is mounted, and below the link of git-sync';
  const job = 'a Job ends, and has enough time for a pass';
  const mode = 'no command line overrides the mode of the settings';
  const cluster = 'our pods have no service account token and no variables about Services';
  const existing = 'every referenced object exists';
  const selectors = 'every selector matches our pods only';
  const network = 'the network policy allows only the needed ports';

  const mistakes: readonly Mistake[] = [
    [restricted, 'base', 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false', 'vpc-reconciler: readOnly'],
    [restricted, 'base', /- ALL/, '- NET_RAW', 'vpc-reconciler: capabilities'],
    [restricted, 'base', /drop:\s+- ALL/, 'add: [NET_ADMIN]', 'vpc-reconciler: capabilities'],
    [restricted, 'base', 'RuntimeDefault', 'Unconfined', 'git-sync: seccompProfile'],
    [restricted, 'base', 'emptyDir:\n          sizeLimit: 1Gi', 'hostPath:\n          path: /srv', 'the volume git'],
    [restricted, 'base', 'enableServiceLinks', 'hostNetwork: true\n      enableServiceLinks', 'hostNetwork'],
    [restricted, 'overlays/configmap', 'Escalation: false', 'Escalation: true', 'vpc-reconciler: allowPrivilege'],
    [restricted, 'overlays/sidecar', /runAsNonRoot: true/g, '', 'vpc-reconciler: runAsNonRoot'],
    [restricted, 'overlays/cronjob', 'runAsUser: 65533', 'runAsUser: 0', 'git-sync: runAsUser'],
    [image, 'base', /(image: vpc-reconciler):.*/, '$1:latest', 'vpc-reconciler:latest'],
    [image, 'base', /(image: vpc-reconciler):.*/, '$1', 'the image vpc-reconciler'],
    [image, 'base', /(image: vpc-reconciler):.*/, '$1:0.0.1', 'vpc-reconciler:0.0.1'],
    [image, 'overlays/cronjob', /(image: .*\/git-sync):.*/, '$1', 'git-sync: the image'],
    ['every container has resource requests and a memory limit', 'base', 'memory: 256Mi', 'cpu: 1', 'no memory limit'],
    [writer, 'base', 'replicas: 1', 'replicas: 2', '2 replicas'],
    [writer, 'base', 'type: Recreate', 'type: RollingUpdate', 'RollingUpdate'],
    [writer, 'overlays/cronjob', 'Policy: Forbid', 'Policy: Allow', 'concurrency Allow'],
    ['no manifest contains a secret', 'base', 'CLOUDFLARE_ACCOUNT_ID', 'CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_API_TOKEN'],
    ['no manifest contains a secret', 'base', 'kind: ConfigMap', 'kind: Secret', 'the Secret git-sync'],
    ['the token is read from a file of the Secret', 'base', '/cloudflare/api-token', '/other/api-token', '/other'],
    [settings, 'base', 'VPC_RECONCILER_SERVICES', 'VPC_RECONCILER_SERVICE', 'VPC_RECONCILER_SERVICE'],
    [settings, 'the README', /(VPC_RECONCILER_MAX_CHANGES): .*/, '$1: many', 'VPC_RECONCILER_MAX_CHANGES: expected'],
    [probes, 'base', 'path: /readyz', 'path: /healthz', 'readiness'],
    [probes, 'base', 'containerPort: 8484', 'containerPort: 8080', 'liveness'],
    [probes, 'base', 'value: :8484', 'value: 127.0.0.1:8484', 'does not listen on the pod address'],
    [probes, 'overlays/sidecar', 'startupProbe:', 'readinessProbe:', 'takes the application out of traffic'],
    ['every flag and variable of git-sync exists', 'base', '--link=', '--dest=', '--dest=current'],
    [
      'every flag and variable of git-sync exists',
      'overlays/cronjob',
      'GITSYNC_PERIOD',
      'GITSYNC_WAIT',
      'GITSYNC_WAIT',
    ],
    [place, 'base', '/git/current/services', '/git/services', 'is not in /git/current'],
    [place, 'base', '/git/current/services', '/services', '/services is not mounted'],
    [place, 'base', '--link=current', '--link=HEAD', 'is not in /git/HEAD'],
    [place, 'overlays/cronjob', '--root=/git', '--root=/tmp/git', 'is not in /tmp/git/current'],
    [
      place,
      'overlays/configmap',
      /(mountPath: \/services)/,
      '$1\n          subPath: a',
      'must be read-only and without subPath',
    ],
    [place, 'overlays/configmap', /configMap:\s+name: vpc-services/, 'emptyDir: {}', 'is not a ConfigMap'],
    ['the grace period is shorter than that of the pod', 'base', 'PeriodSeconds: 30', 'PeriodSeconds: 20', '20 s'],
    [job, 'overlays/cronjob', 'DeadlineSeconds: 1800', 'DeadlineSeconds: 600', 'activeDeadlineSeconds'],
    [job, 'overlays/cronjob', '- --one-time', '- --verbose=1', 'git-sync does not end'],
    [job, 'overlays/cronjob', 'values:\n            - 2', 'values:\n            - 1', 'pending changes'],
    [mode, 'overlays/cronjob', '- apply', '- apply\n            - --mode=apply', '--mode=apply'],
    [job, 'overlays/cronjob', '- apply', '- run', 'the command does not end'],
    [job, 'overlays/cronjob', 'restartPolicy: Never', 'restartPolicy: OnFailure', 'restartPolicy'],
    [cluster, 'base', '      automountServiceAccountToken: false\n', '', 'automountServiceAccountToken'],
    [cluster, 'overlays/cronjob', 'enableServiceLinks: false', 'enableServiceLinks: true', 'enableServiceLinks'],
    [existing, 'base', 'secretName: vpc-reconciler', 'secretName: other', 'Secret other'],
    [existing, 'base', 'targetPort: http', 'targetPort: web', 'port web'],
    [existing, 'base', /name: vpc-reconciler-\w+/, 'name: vpc-reconciler-old', 'ConfigMap vpc-reconciler-'],
    [existing, 'base', 'name: git-sync-tmp\n', 'name: tmp\n', 'volume tmp'],
    [existing, 'base', 'serviceAccountName: vpc-reconciler', 'serviceAccountName: other', 'ServiceAccount other'],
    [
      existing,
      'the README with its components',
      '- port: git-metrics\n    relabelings',
      '- port: git\n    relabelings',
      'port git',
    ],
    [selectors, 'base', /podSelector:\s+matchLabels:.*\n.*/, 'podSelector: {}', 'NetworkPolicy selects {}'],
    [selectors, 'base', /(selector:\n.*app.kubernetes.io\/name): vpc-reconciler/, '$1: other', 'Service selects'],
    [network, 'base', '- port: 443', '- port: 80', '443/TCP is not allowed'],
    [network, 'base', '- port: 443', '- port: 80', '80/TCP is allowed without need'],
    [network, 'base', /- from:\n(.*\n)*?    ports:/, '- ports:', 'open to all sources'],
  ];

  const cases = mistakes.map(([rule, variant, from, to, fault]) => ({ rule, variant, from, to, fault }));
  test.each(cases)('$rule: $fault ($variant)', ({ rule, variant, from, to, fault }) => {
    expect(rules[rule](withMistake(variant, from, to))).toEqual(
      expect.arrayContaining([expect.stringContaining(fault)]),
    );
  });

  test('every rule finds at least one mistake', () => {
    expect(new Set(mistakes.map(([rule]) => rule))).toEqual(new Set(Object.keys(rules)));
  });
});
