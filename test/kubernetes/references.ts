import { containerOf, containersOf, templatesOf } from './manifests.ts';
import type { Manifest, Rule, Template } from './manifests.ts';

/** Secrets that the operator creates by hand. */
const SECRETS = new Set(['vpc-reconciler', 'git-credentials']);

/** Rules about references between manifests, and about the network. */
export const references = {
  'every referenced object exists': (manifests) => [
    ...templatesOf(manifests).flatMap((pod) => missingInPod(pod, manifests)),
    ...missingPorts(manifests),
  ],

  'every selector matches our pods only': (manifests) => {
    const labels = templatesOf(manifests).map(({ template }) => template.metadata?.labels ?? {});
    return manifests.flatMap((manifest) => {
      const selector = selectorOf(manifest);
      if (selector === null) return [];
      const pairs = Object.entries(selector);
      const selects = pairs.length > 0 && labels.some((each) => pairs.every(([name, value]) => each[name] === value));
      return selects ? [] : [`${manifest.kind} selects ${JSON.stringify(selector)}`];
    });
  },

  'the network policy allows only the needed ports': (manifests) =>
    manifests.flatMap((manifest) => {
      if (manifest.kind !== 'NetworkPolicy') return [];
      const { policyTypes, egress = [], ingress = [] } = manifest.spec ?? {};
      const allowed = new Set(
        egress.flatMap(({ ports }) => ports ?? []).map(({ port, protocol = 'TCP' }) => `${port}/${protocol}`),
      );
      const usesGit = templatesOf(manifests).some((pod) => containerOf(pod, 'git-sync') !== undefined);
      const needed = ['53/UDP', '53/TCP', '443/TCP', ...(usesGit ? ['22/TCP'] : [])];
      return [
        policyTypes?.includes('Egress') === true && policyTypes.includes('Ingress') ? '' : 'not for both directions',
        ...needed.filter((port) => !allowed.has(port)).map((port) => `${port} is not allowed`),
        ...[...allowed].filter((port) => !needed.includes(port)).map((port) => `${port} is allowed without need`),
        ...ingress
          .filter(({ from, ports }) => !from?.length || !ports?.length)
          .map(() => 'open to all sources or ports'),
      ].filter(Boolean);
    }),
} satisfies Readonly<Record<string, Rule>>;

function missingInPod(pod: Template, manifests: readonly Manifest[]): string[] {
  const { volumes = [], serviceAccountName } = pod.template.spec ?? {};
  const configMaps = namesOf('ConfigMap', manifests);
  const mounts = containersOf(pod).flatMap(({ volumeMounts }) => volumeMounts ?? []);
  const sources = containersOf(pod).flatMap(({ envFrom }) => envFrom ?? []);
  const mounted = new Set(mounts.map(({ name }) => name));
  const declared = new Set(volumes.map(({ name }) => name));
  return [
    ...[...mounted].flatMap((name) => missing(declared, 'volume', name)),
    ...[...declared].flatMap((name) => missing(mounted, 'mount of', name)),
    ...volumes.flatMap(({ configMap }) => missing(configMaps, 'ConfigMap', configMap?.name)),
    ...volumes.flatMap(({ secret }) => missing(SECRETS, 'Secret', secret?.secretName)),
    ...sources.flatMap(({ configMapRef }) => missing(configMaps, 'ConfigMap', configMapRef?.name)),
    ...missing(namesOf('ServiceAccount', manifests), 'ServiceAccount', serviceAccountName),
  ];
}

/** Returns the named ports that no container has. */
function missingPorts(manifests: readonly Manifest[]): string[] {
  const ports = templatesOf(manifests)
    .flatMap(containersOf)
    .flatMap(({ ports }) => ports ?? []);
  const declared = new Set(ports.map(({ name }) => name));
  return manifests.flatMap(namedPorts).flatMap((name) => missing(declared, 'port', name));
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

/** Returns `kind name` if the name is set and does not exist. */
function missing(existing: ReadonlySet<string | undefined>, kind: string, name: string | undefined): string[] {
  return name === undefined || existing.has(name) ? [] : [`${kind} ${name}`];
}

function selectorOf(manifest: Manifest): Readonly<Record<string, string>> | null {
  if (manifest.kind === 'Deployment') return manifest.spec?.selector.matchLabels ?? {};
  if (manifest.kind === 'Service') return manifest.spec?.selector ?? {};
  if (manifest.kind === 'NetworkPolicy') return manifest.spec?.podSelector?.matchLabels ?? {};
  return manifest.kind === 'PodMonitor' ? (manifest.spec.selector.matchLabels ?? {}) : null;
}
