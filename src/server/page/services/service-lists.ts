import { SUCCESSES } from '../../../core/plan/outcome.ts';
import { isUrgent } from '../../../core/report/service-report.ts';
import type { ServiceReport } from '../../../core/report/service-report.ts';
import { omitReasons, sharedReasons } from '../../../core/report/shared-reasons.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { PageData } from '../page-data.ts';
import { placeRenderer } from '../source-links.ts';
import { renderListSection } from '../sections/list-section.ts';
import { renderServiceItem } from './service-item.ts';

/** The lists of declared services that are not in sync, or were not before the last pass. */
export type ServiceLists = {
  readonly needAttention: readonly ServiceReport[];
  readonly toWrite: readonly ServiceReport[];
  readonly written: readonly ServiceReport[];
  readonly paused: readonly ServiceReport[];
  readonly ignoring: readonly ServiceReport[];
};

/** Returns the lists of services, the ones that need attention first. The headline shows the reasons that several services share. */
export function renderServiceLists(data: PageData): Html {
  const { lastGood } = data;
  const lists = listServices(lastGood === null ? [] : omitReasons(lastGood.services, sharedReasons(lastGood)));
  const renderPlace = placeRenderer(data, lastGood);
  const usedAnchors = new Set<string>();
  const renderItem = (service: ServiceReport) =>
    renderServiceItem(service, anchorOf(service, usedAnchors), renderPlace);
  const renderList = (id: string, title: string, items: readonly ServiceReport[]) =>
    renderListSection({ id, title, items, renderItem });
  const { needAttention, toWrite, written, paused, ignoring } = lists;
  return html`${[
    renderList('needs-attention', 'Needs attention', needAttention),
    renderList(
      'to-update',
      lastGood?.mode === 'apply' && lastGood.paused === null
        ? 'Not attempted'
        : areUpdates(toWrite)
          ? 'To update'
          : 'To change',
      toWrite,
    ),
    renderList('updated', areUpdates(written) ? 'Updated' : 'Changed', written),
    renderList('paused', 'Paused', paused),
    renderList('ignored', 'With ignored differences', ignoring),
  ]}`;
}

function listServices(all: readonly ServiceReport[]): ServiceLists {
  const services = all.filter(({ finding }) => finding !== 'unmanaged');
  const needAttention = services.filter(isUrgent);
  const rest = services.filter((service) => !isUrgent(service));
  const written = rest.filter(({ result }) => SUCCESSES.includes(result));
  const paused = rest.filter(({ result }) => result === 'paused');
  const ignoring = rest.filter(({ finding }) => finding === 'in_sync');
  const others = new Set([...needAttention, ...written, ...paused, ...ignoring]);
  return { needAttention, written, paused, ignoring, toWrite: services.filter((service) => !others.has(service)) };
}

function areUpdates(services: readonly ServiceReport[]): boolean {
  return services.every(({ finding }) => finding === 'drifted');
}

const SERVICE_ID = /^[0-9a-f-]{36}$/;

/** Returns the anchor for links to a service. An id that is declared twice makes two items, and only the first one gets the anchor. */
function anchorOf({ service_id: id }: ServiceReport, used: Set<string>): string | null {
  if (id === null || !SERVICE_ID.test(id) || used.has(id)) return null;
  used.add(id);
  return id;
}
