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

/** A pod as somebody's template has it. */
export type Template = { readonly of: IDeployment | ICronJob; readonly template: IPodTemplateSpec };

/** What a set of manifests does wrong, in words; nothing where it keeps the rule. */
export type Rule = (manifests: readonly Manifest[]) => string[];

/** The manifests in what kustomize wrote. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document): Manifest => {
    const manifest: Manifest = document.toJS(); // Believed here, and looked at by the compiler in types.ts.
    return manifest;
  });
}

export function templatesOf(manifests: readonly Manifest[]): Template[] {
  return manifests.flatMap((manifest): Template[] => {
    if (manifest.kind === 'Deployment' && manifest.spec) return [{ of: manifest, template: manifest.spec.template }];
    if (manifest.kind === 'CronJob' && manifest.spec?.jobTemplate.spec) {
      return [{ of: manifest, template: manifest.spec.jobTemplate.spec.template }];
    }
    return [];
  });
}

/** All of a pod, those that run before the others among them. */
export function containersOf({ template }: Template): IContainer[] {
  return [...(template.spec?.initContainers ?? []), ...(template.spec?.containers ?? [])];
}

/** The container of a pod that is ours, or git-sync's. */
export function containerOf(pod: Template, name: 'vpc-reconciler' | 'git-sync'): IContainer | undefined {
  return containersOf(pod).find((container) => container.name === name);
}

/** The variables of a container, with those of the ConfigMaps that it names; its own win. */
export function environmentOf(container: IContainer, manifests: readonly Manifest[]): Record<string, string> {
  const named = (container.envFrom ?? []).map(({ configMapRef }) =>
    manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata?.name === configMapRef?.name),
  );
  return {
    ...Object.assign({}, ...named.map((map) => (map?.kind === 'ConfigMap' ? map.data : {}))),
    ...Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value ?? ''])),
  };
}
