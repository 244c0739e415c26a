import type { IPodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { ICronJob } from 'kubernetes-models/batch/v1/CronJob';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IPodTemplateSpec } from 'kubernetes-models/v1/PodTemplateSpec';
import type { ISecret } from 'kubernetes-models/v1/Secret';
import type { IService } from 'kubernetes-models/v1/Service';
import type { IServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { parseAllDocuments } from 'yaml';

export type Manifest =
  | IConfigMap
  | ICronJob
  | IDeployment
  | INetworkPolicy
  | IPodMonitor
  | ISecret
  | IService
  | IServiceAccount;

/** The pod template of a workload. */
export type Template = { readonly workload: IDeployment | ICronJob; readonly template: IPodTemplateSpec };

/** Returns the faults of a set of manifests in words; empty if it follows the rule. */
export type Rule = (manifests: readonly Manifest[]) => string[];

/** Parses the output of kustomize. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document): Manifest => {
    const manifest: Manifest = document.toJS(); // Unchecked here; schema-check.ts checks it with the compiler.
    return manifest;
  });
}

export function templatesOf(manifests: readonly Manifest[]): Template[] {
  return manifests.flatMap((manifest): Template[] => {
    if (manifest.kind === 'Deployment' && manifest.spec)
      return [{ workload: manifest, template: manifest.spec.template }];
    if (manifest.kind === 'CronJob' && manifest.spec?.jobTemplate.spec) {
      return [{ workload: manifest, template: manifest.spec.jobTemplate.spec.template }];
    }
    return [];
  });
}

/** Returns all containers of a pod, including init containers. */
export function containersOf({ template }: Template): IContainer[] {
  return [...(template.spec?.initContainers ?? []), ...(template.spec?.containers ?? [])];
}

/** Returns the container with the name, if the pod has it. */
export function containerOf(pod: Template, name: 'vpc-reconciler' | 'git-sync'): IContainer | undefined {
  return containersOf(pod).find((container) => container.name === name);
}

/** Returns the variables of a container, including those of its ConfigMaps. Its own variables win. */
export function environmentOf(container: IContainer, manifests: readonly Manifest[]): Record<string, string> {
  const configMaps = (container.envFrom ?? []).map(({ configMapRef }) =>
    manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata?.name === configMapRef?.name),
  );
  return {
    ...Object.assign({}, ...configMaps.map((map) => (map?.kind === 'ConfigMap' ? map.data : {}))),
    ...Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value ?? ''])),
  };
}
