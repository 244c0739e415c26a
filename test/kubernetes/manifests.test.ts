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
import { typeFaults } from './types.ts';

const folder = join(root, 'config/kubernetes');
const readme = readFileSync(join(folder, 'README.md'), 'utf8');
const overlays = ['base', 'overlays/configmap', 'overlays/sidecar', 'overlays/cronjob'] as const;
/** A kustomization of one's own, as the README shows it, and with what it leaves to be uncommented. */
const owns = ['the README', 'the README with its components'] as const;
const variants = [...overlays, ...owns];
type Variant = (typeof variants)[number];

/** Where those of one's own are made, a folder each. */
const own = mkdtempSync(join(tmpdir(), 'vpc-reconciler-kustomize-'));
afterAll(() => rmSync(own, { recursive: true }));

/** What each variant becomes: the text of its manifests. */
const rendered = new Map<Variant, string>();

beforeAll(async () => {
  if (kubectl === null) return;
  const example = /```yaml\n# kustomization\.yaml\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const folders = new Map<Variant, string>(overlays.map((overlay) => [overlay, join(folder, overlay)]));
  for (const variant of owns) {
    const place = mkdtempSync(join(own, 'own-'));
    folders.set(variant, place);
    const text = variant === 'the README' ? example : example.replaceAll(/^# /gm, '');
    writeFileSync(
      join(place, 'kustomization.yaml'),
      text.replaceAll('vpc-reconciler/config/kubernetes', relative(place, folder)),
    );
  }
  await Promise.all([...folders].map(async ([variant, place]) => rendered.set(variant, await kustomize(place))));
});

/** The manifests of a variant with one thing changed: where it is found first, or everywhere. */
function broken(variant: Variant, from: string | RegExp, to: string): Manifest[] {
  const text = rendered.get(variant) ?? '';
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return parseManifests(changed);
}

const manifestsOf = (variant: Variant) => parseManifests(rendered.get(variant) ?? '');

test('every overlay is looked at', () => {
  const found = readdirSync(join(folder, 'overlays')).map((name) => `overlays/${name}`);
  expect(overlays).toEqual(expect.arrayContaining(found));
});

test.each(['configmap', 'sidecar'])('the example in overlays/%s is a declaration', (overlay) => {
  const file = 'orders-api.yaml';
  const bytes = readFileSync(join(folder, 'overlays', overlay, 'services', file), 'utf8');
  expect(parseFile(file, bytes)).toMatchObject({ declarations: [{ name: 'orders-api' }], problems: [] });
});

test.skipIf(kubectl === null)('what the README shows asks for nothing that its commands did not make', () => {
  expect(rendered.get('the README')).not.toMatch(/PodMonitor|reconcile-token/);
  expect(rendered.get('the README with its components')).toMatch(/PodMonitor/);
  expect(rendered.get('the README with its components')).toMatch(/reconcile-token/);
});

test('every path that the README names is there', () => {
  const paths = [...readme.matchAll(/config\/kubernetes\/[\w/-]+/g)].map(([path]) => path);
  expect(paths.length).toBeGreaterThan(3);
  for (const path of paths) expect(() => readdirSync(join(root, path))).not.toThrow();
});

describe.skipIf(kubectl === null)('config/kubernetes', () => {
  test('is as the schema of Kubernetes has it', () => {
    const sets = Object.fromEntries(variants.map((variant) => [variant, manifestsOf(variant)]));
    expect(typeFaults(sets)).toEqual(Object.fromEntries(variants.map((variant) => [variant, []])));
  });

  describe.each(variants)('%s', (variant) => {
    test.each(Object.entries(rules))('%s', (_rule, faultsOf) => {
      expect(faultsOf(manifestsOf(variant))).toEqual([]);
    });
  });
});

describe.skipIf(kubectl === null)('manifests with a mistake are found out', () => {
  test('by the schema', () => {
    const mistakes: Readonly<Record<string, readonly [string | RegExp, string]>> = {
      'an unknown field': ['readinessProbe:', 'readynessProbe:'],
      'a field that is missing': ['        name: git-sync\n', ''],
      'a text for a number': ['replicas: 1', 'replicas: one'],
      'a number for a text': [/image: vpc-reconciler:.*/, 'image: 1'],
      'a word that is none of those allowed': ['protocol: UDP', 'protocol: udp'],
      'a field at the wrong place': ['      enableServiceLinks: false', '    enableServiceLinks: false'],
    };
    const sets = Object.fromEntries(
      Object.entries(mistakes).map(([name, [from, to]]) => [name, broken('base', from, to)]),
    );
    const faults = Object.entries(typeFaults(sets));
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
  const image = 'every image has a tag that stays, and ours is of this version';
  const writer = 'there is one writer at a time';
  const settings = 'every setting is one, and can be what it is';
  const probes = 'the probes ask where the program listens';
  const place = 'the folder of declarations is what the pod has mounted, or below the link of git-sync';
  const job = 'a Job has the time that a pass may take, and ends';
  const cluster = 'our pods have no token of the cluster, and no variables of its services';
  const named = 'whatever is named is there';
  const selected = 'whatever selects pods selects ours, and ours only';
  const network = 'the network lets out what is needed, and in what is asked';

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
    [
      'every container says what it needs, and how much memory it may take',
      'base',
      'memory: 256Mi',
      'cpu: 1',
      'no limit',
    ],
    [writer, 'base', 'replicas: 1', 'replicas: 2', '2 replicas'],
    [writer, 'base', 'type: Recreate', 'type: RollingUpdate', 'RollingUpdate'],
    [writer, 'overlays/cronjob', 'Policy: Forbid', 'Policy: Allow', 'concurrency Allow'],
    ['no secret stands in a manifest', 'base', 'CLOUDFLARE_ACCOUNT_ID', 'CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_API_TOKEN'],
    ['no secret stands in a manifest', 'base', 'kind: ConfigMap', 'kind: Secret', 'the Secret git-sync'],
    ['the token is read from a file of the Secret', 'base', '/cloudflare/api-token', '/other/api-token', '/other'],
    [settings, 'base', 'VPC_RECONCILER_SERVICES', 'VPC_RECONCILER_SERVICE', 'VPC_RECONCILER_SERVICE'],
    [settings, 'the README', /(VPC_RECONCILER_MAX_CHANGES): .*/, '$1: many', 'VPC_RECONCILER_MAX_CHANGES: expected'],
    [probes, 'base', 'path: /readyz', 'path: /healthz', 'readiness'],
    [probes, 'base', 'containerPort: 8484', 'containerPort: 8080', 'liveness'],
    [probes, 'base', 'value: :8484', 'value: 127.0.0.1:8484', 'does not listen on the address of the pod'],
    [probes, 'overlays/sidecar', 'startupProbe:', 'readinessProbe:', 'takes the application out of traffic'],
    ['git-sync knows its flags', 'base', '--link=', '--dest=', '--dest=current'],
    ['git-sync knows its flags', 'overlays/cronjob', 'GITSYNC_PERIOD', 'GITSYNC_WAIT', 'GITSYNC_WAIT'],
    [place, 'base', '/git/current/services', '/git/services', 'is not in /git/current'],
    [place, 'base', '/git/current/services', '/services', '/services is not mounted'],
    [place, 'base', '--link=current', '--link=HEAD', 'is not in /git/HEAD'],
    [place, 'overlays/cronjob', '--root=/git', '--root=/tmp/git', 'is not in /tmp/git/current'],
    [place, 'overlays/configmap', /(mountPath: \/services)/, '$1\n          subPath: a', 'must be read-only and whole'],
    [place, 'overlays/configmap', /configMap:\s+name: vpc-services/, 'emptyDir: {}', 'is no ConfigMap'],
    ['the grace period fits into that of the pod', 'base', 'PeriodSeconds: 30', 'PeriodSeconds: 20', '20 s'],
    [job, 'overlays/cronjob', 'DeadlineSeconds: 1800', 'DeadlineSeconds: 600', 'activeDeadlineSeconds'],
    [job, 'overlays/cronjob', '- --one-time', '- --verbose=1', 'git-sync does not end'],
    [job, 'overlays/cronjob', '- apply', '- run', 'the command does not end'],
    [job, 'overlays/cronjob', 'restartPolicy: Never', 'restartPolicy: OnFailure', 'restartPolicy'],
    [cluster, 'base', '      automountServiceAccountToken: false\n', '', 'automountServiceAccountToken'],
    [cluster, 'overlays/cronjob', 'enableServiceLinks: false', 'enableServiceLinks: true', 'enableServiceLinks'],
    [named, 'base', 'secretName: vpc-reconciler', 'secretName: other', 'Secret other'],
    [named, 'base', 'targetPort: http', 'targetPort: web', 'port web'],
    [named, 'base', /name: vpc-reconciler-\w+/, 'name: vpc-reconciler-old', 'ConfigMap vpc-reconciler-'],
    [named, 'base', 'name: git-sync-tmp\n', 'name: tmp\n', 'volume tmp'],
    [named, 'base', 'serviceAccountName: vpc-reconciler', 'serviceAccountName: other', 'ServiceAccount other'],
    [
      named,
      'the README with its components',
      '- port: git-metrics\n    relabelings',
      '- port: git\n    relabelings',
      'port git',
    ],
    [selected, 'base', /podSelector:\s+matchLabels:.*\n.*/, 'podSelector: {}', 'NetworkPolicy selects {}'],
    [selected, 'base', /(selector:\n.*app.kubernetes.io\/name): vpc-reconciler/, '$1: other', 'Service selects'],
    [network, 'base', '- port: 443', '- port: 80', '443/TCP is shut'],
    [network, 'base', '- port: 443', '- port: 80', '80/TCP is open'],
    [network, 'base', /- from:\n(.*\n)*?    ports:/, '- ports:', 'open to all'],
  ];

  const cases = mistakes.map(([rule, variant, from, to, fault]) => ({ rule, variant, from, to, fault }));
  test.each(cases)('$rule: $fault ($variant)', ({ rule, variant, from, to, fault }) => {
    expect(rules[rule](broken(variant, from, to))).toEqual(expect.arrayContaining([expect.stringContaining(fault)]));
  });

  test('every rule has a mistake that it finds', () => {
    expect(new Set(mistakes.map(([rule]) => rule))).toEqual(new Set(Object.keys(rules)));
  });
});
