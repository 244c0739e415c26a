import { containerOf, containersOf, templatesOf } from './manifests.ts';
import type { Manifest, Rule, Template } from './manifests.ts';

/** What somebody makes by hand, or does not. */
const SECRETS = new Set(['vpc-reconciler', 'git-credentials']);

/** What one manifest says of another, or of the world. */
export const references = {
  'whatever is named is there': (manifests) => [
    ...templatesOf(manifests).flatMap((pod) => missingInPod(pod, manifests)),
    ...missingPorts(manifests),
  ],

  'whatever selects pods selects ours, and ours only': (manifests) => {
    const labels = templatesOf(manifests).map(({ template }) => template.metadata?.labels ?? {});
    return manifests.flatMap((manifest) => {
      const selector = selectorOf(manifest);
      if (selector === null) return [];
      const pairs = Object.entries(selector);
      const selects = pairs.length > 0 && labels.some((each) => pairs.every(([name, value]) => each[name] === value));
      return selects ? [] : [`${manifest.kind} selects ${JSON.stringify(selector)}`];
    });
  },

  'the network lets out what is needed, and in what is asked': (manifests) =>
    manifests.flatMap((manifest) => {
      if (manifest.kind !== 'NetworkPolicy') return [];
      const { policyTypes, egress = [], ingress = [] } = manifest.spec ?? {};
      const out = new Set(
        egress.flatMap(({ ports }) => ports ?? []).map(({ port, protocol = 'TCP' }) => `${port}/${protocol}`),
      );
      const git = templatesOf(manifests).some((pod) => containerOf(pod, 'git-sync') !== undefined);
      const needed = ['53/UDP', '53/TCP', '443/TCP', ...(git ? ['22/TCP'] : [])];
      return [
        policyTypes?.includes('Egress') === true && policyTypes.includes('Ingress') ? '' : 'not both directions',
        ...needed.filter((port) => !out.has(port)).map((port) => `${port} is shut`),
        ...[...out].filter((port) => !needed.includes(port)).map((port) => `${port} is open`),
        ...ingress
          .filter(({ from, ports }) => !from?.length || !ports?.length)
          .map(() => 'open to all, or to all ports'),
      ].filter(Boolean);
    }),
} satisfies Readonly<Record<string, Rule>>;

function missingInPod(pod: Template, manifests: readonly Manifest[]): string[] {
  const { volumes = [], serviceAccountName } = pod.template.spec ?? {};
  const configMaps = namesOf('ConfigMap', manifests);
  const mounts = containersOf(pod).flatMap(({ volumeMounts }) => volumeMounts ?? []);
  const sources = containersOf(pod).flatMap(({ envFrom }) => envFrom ?? []);
  const mounted = new Set(mounts.map(({ name }) => name));
  const known = new Set(volumes.map(({ name }) => name));
  return [
    ...[...mounted].flatMap((name) => missing(known, 'volume', name)),
    ...[...known].flatMap((name) => missing(mounted, 'mount of', name)),
    ...volumes.flatMap(({ configMap }) => missing(configMaps, 'ConfigMap', configMap?.name)),
    ...volumes.flatMap(({ secret }) => missing(SECRETS, 'Secret', secret?.secretName)),
    ...sources.flatMap(({ configMapRef }) => missing(configMaps, 'ConfigMap', configMapRef?.name)),
    ...missing(namesOf('ServiceAccount', manifests), 'ServiceAccount', serviceAccountName),
  ];
}

/** Ports that somebody names and no container has. */
function missingPorts(manifests: readonly Manifest[]): string[] {
  const ports = templatesOf(manifests)
    .flatMap(containersOf)
    .flatMap(({ ports }) => ports ?? []);
  const known = new Set(ports.map(({ name }) => name));
  return manifests.flatMap(namedPorts).flatMap((name) => missing(known, 'port', name));
}

function namedPorts(manifest: Manifest): string[] {
  if (manifest.kind === 'Service') return (manifest.spec?.ports ?? []).map(({ targetPort }) => String(targetPort));
  if (manifest.kind === 'PodMonitor') return (manifest.spec.podMetricsEndpoints ?? []).map(({ port }) => String(port));
  if (manifest.kind !== 'NetworkPolicy') return [];
  return (manifest.spec?.ingress ?? []).flatMap(({ ports }) => ports ?? []).map(({ port }) => String(port));
}

function namesOf(kind: Manifest['kind'], manifests: readonly Manifest[]): Set<string | undefined> {
  return new Set(manifests.filter((each) => each.kind === kind).map(({ metadata }) => metadata?.name));
}

/** What is not named cannot be missing. */
function missing(known: ReadonlySet<string | undefined>, what: string, name: string | undefined): string[] {
  return name === undefined || known.has(name) ? [] : [`${what} ${name}`];
}

function selectorOf(manifest: Manifest): Readonly<Record<string, string>> | null {
  if (manifest.kind === 'Deployment') return manifest.spec?.selector.matchLabels ?? {};
  if (manifest.kind === 'Service') return manifest.spec?.selector ?? {};
  if (manifest.kind === 'NetworkPolicy') return manifest.spec?.podSelector?.matchLabels ?? {};
  return manifest.kind === 'PodMonitor' ? (manifest.spec.selector.matchLabels ?? {}) : null;
}
