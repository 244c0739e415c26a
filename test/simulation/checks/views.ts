import type { VirtualTime } from '../time/virtual-time.ts';
import type { Answered } from '../world/network.ts';
import { fromText, isMapping } from '../world/service.ts';
import type { JsonValue } from '../world/service.ts';

/** One service as the program has seen it. */
export type View = { readonly at: number; readonly value: JsonValue };

/** A list may lag behind a write for this long; see "While a pass waits" in config/README.md. */
const MAX_LAG_MS = 30_000;

/** A list as the program has seen it, as far as its pages have arrived. */
export type ViewedList = {
  /** When the first page arrived: the list is as old as that. */
  readonly at: number;
  readonly lastPageAt: number;
  /** The position of this list among those of the pass, from 1. */
  readonly number: number;
  readonly byId: ReadonlyMap<string, JsonValue>;
};

/** Everything that the API has told the program about the services. */
export type Views = {
  readonly onAnswer: (answer: Answered) => void;
  /** Returns the values that the program may believe to be live: the one listed last, and its own recent writes. */
  readonly of: (id: string) => readonly View[];
  readonly listed: (id: string) => View | null;
  /** Returns every value of a service that a list has shown since `at`. */
  readonly listedSince: (id: string, at: number) => readonly View[];
  readonly written: (id: string) => View | null;
  /** Returns the last answer to a write, however old it is. */
  readonly lastAnswer: (id: string) => View | null;
  /** Whether the API has confirmed that it deleted a service. */
  readonly wasDeleted: (id: string) => boolean;
  readonly ids: () => readonly string[];
  /** Returns the last list; null before the first. */
  readonly lastList: () => ViewedList | null;
  /** Called when a pass begins. */
  readonly onBegin: () => void;
  readonly forget: () => void;
};

export function openViews(time: VirtualTime): Views {
  const listed = new Map<string, View>();
  const written = new Map<string, View>();
  /** The last values of each service that lists have shown, each with the last list that did. */
  const shown = new Map<string, readonly View[]>();
  const deleted = new Map<string, number>();
  let list: ViewedList | null = null;
  let lists = 0;
  const recent = (id: string) => {
    const view = written.get(id);
    return view !== undefined && time.now() - view.at <= MAX_LAG_MS + 60_000 ? view : null;
  };
  // Most lists are the same as the one before.
  let last: { readonly text: string; readonly body: unknown } | null = null;
  const show = (id: string, view: View) => {
    listed.set(id, view);
    const before = shown.get(id) ?? [];
    const isSame = before.at(-1)?.value['updated_at'] === view.value['updated_at'];
    shown.set(id, [...(isSame ? before.slice(0, -1) : before.slice(-99)), view]);
  };
  return {
    onAnswer: ({ request, status, text }) => {
      if (request.method === 'DELETE' && status === 404) deleted.set(request.id ?? '', time.now());
      if (text === null || status >= 300) return;
      const body = last?.text === text ? last.body : parseOrNull(text);
      last = { text, body };
      if (!isMapping(body) || body['success'] !== true) return;
      const { result } = body;
      const at = time.now();
      if (request.method === 'GET' && Array.isArray(result)) {
        const isFirstPage = request.path.includes('page=1&');
        if (isFirstPage) lists += 1;
        if (isFirstPage || list === null) list = { at, lastPageAt: at, number: lists, byId: new Map() };
        list = {
          ...list,
          lastPageAt: at,
          byId: new Map([
            ...list.byId,
            ...result.filter(isMapping).map((value) => [String(value['service_id']), value] as const),
          ]),
        };
        for (const value of result) if (isMapping(value)) show(String(value['service_id']), { at, value });
      }
      if ((request.method === 'PUT' || request.method === 'POST') && isMapping(result)) {
        written.set(String(result['service_id']), { at, value: result });
      }
      if (request.method === 'DELETE') deleted.set(request.id ?? '', at);
    },
    of: (id) => [listed.get(id), recent(id)].filter((view) => view != null),
    listed: (id) => listed.get(id) ?? null,
    listedSince: (id, since) => (shown.get(id) ?? []).filter(({ at }) => at >= since),
    written: recent,
    lastAnswer: (id) => written.get(id) ?? null,
    lastList: () => list,
    onBegin: () => {
      lists = 0;
    },
    wasDeleted: (id) => deleted.has(id),
    ids: () => [...new Set([...listed.keys(), ...written.keys()])],
    forget: () => {
      listed.clear();
      written.clear();
      shown.clear();
      deleted.clear();
      list = null;
    },
  };
}

function parseOrNull(text: string): unknown {
  try {
    return fromText(text);
  } catch {
    return null;
  }
}
