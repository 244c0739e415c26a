import { readFileSync } from 'node:fs';
import * as z from 'zod';

const gridSchema = z.strictObject({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1), h: z.int().min(1) });
const targetSchema = z.looseObject({ refId: z.string(), expr: z.string(), legendFormat: z.string() });
const panelSchema = z.looseObject({
  id: z.int(),
  type: z.enum(['row', 'stat', 'timeseries']),
  title: z.string().min(1),
  gridPos: gridSchema,
  targets: z.array(targetSchema).min(1).optional(),
});
const dashboardSchema = z.looseObject({
  id: z.null(),
  uid: z.string(),
  title: z.string(),
  schemaVersion: z.int(),
  annotations: z.looseObject({ list: z.array(z.looseObject({ expr: z.string() })) }),
  templating: z.looseObject({ list: z.array(z.looseObject({ name: z.string(), type: z.string() })) }),
  panels: z.array(panelSchema),
});

export type Panel = z.infer<typeof panelSchema>;

const json: unknown = JSON.parse(
  readFileSync(new URL('../../config/monitoring/dashboard.json', import.meta.url), 'utf8'),
);
export const dashboard = dashboardSchema.parse(json);

/** The panels with data; rows have none. */
export const panels = dashboard.panels.filter(({ type }) => type !== 'row');

/** The Prometheus expressions of all panels and annotations. */
export const expressions: readonly string[] = [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboard.annotations.list.map(({ expr }) => expr),
];

/** Returns an expression with its Grafana variables filled in, for all instances. */
export function fillVariables(expression: string): string {
  return expression.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '5m');
}
