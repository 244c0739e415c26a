import { formatAge } from './relative-time.ts';

const SETUP = `
const formatAge = ${formatAge.toString()};
const SILENCE_TIMEOUT_MS = 40000, RECONNECT_MS = 2000, MAX_DATA_AGE_MS = 60000;
const find = (selector, root = document) => root.querySelector(selector);
const setText = (element, text) => { if (element.textContent !== text) element.textContent = text; };
const [main, filter, lost, live, announcement, dialog] = ['main', '#filter', '#connection-lost', '#live', '#announcement', '#token-dialog'].map((each) => find(each));
`;

/** Keeps the ages up to date, by the clock of the daemon. */
const AGES = `
let clockOffsetMs = 0;
let loadedAt = 0;
const pageLoaded = () => {
  const time = find('#data-time');
  loadedAt = Date.now();
  clockOffsetMs = loadedAt - Date.parse(time.dateTime);
  find('.age', lost).dateTime = time.dateTime;
  find('#last-update').textContent = time.textContent;
  updateAges();
};
const updateAges = () => {
  for (const time of document.querySelectorAll('.age')) {
    const ms = Date.now() - clockOffsetMs - Date.parse(time.dateTime);
    setText(time, ms > 0 && time.matches('.upcoming') ? 'now' : formatAge(ms));
  }
};
`;

/**
 * Hides the items that do not contain every word of the filter, or are not of the chosen kind. Opens folded lists while they have matches.
 * Long folded lists are loaded when a filter needs them, or when they are opened.
 */
const FILTER = `
let kind = '';
const applyFilter = () => {
  const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
  if (kind !== '' && !find('[data-filter="' + kind + '"]', main)) kind = '';
  const filtering = words.length > 0 || kind !== '';
  const items = [...main.querySelectorAll('.item')];
  let shown = 0;
  for (const item of items) {
    const text = item.textContent.toLowerCase();
    const kinds = item.closest('[data-kind]')?.dataset.kind.split('|') ?? [];
    item.hidden = !words.every((word) => text.includes(word)) || (kind !== '' && !kinds.includes(kind));
    if (!item.hidden) shown += 1;
  }
  for (const details of main.querySelectorAll('details:has(.names)')) revealMatches(details, filtering);
  for (const button of main.querySelectorAll('[data-filter]')) button.setAttribute('aria-pressed', button.dataset.filter === kind);
  const count = shown.toLocaleString('en') + ' of ' + items.length.toLocaleString('en') + ' shown';
  setText(find('#filter-count'), filtering ? count : '');
  find('#filter-bar').hidden = items.length === 0 && !filtering && !find('[data-source]', main);
  if (filtering) main.querySelectorAll('[data-source]').forEach(loadList);
};
const revealMatches = (details, filtering) => {
  if (filtering && !details.open && find('.item:not([hidden])', details)) {
    details.open = true;
    details.dataset.opened = '';
  }
  if (!filtering && 'opened' in details.dataset) {
    details.open = false;
    delete details.dataset.opened;
  }
};
const loadList = async (list) => {
  if (list.dataset.loaded === list.dataset.run) return;
  list.dataset.loaded = list.dataset.run;
  try {
    const page = await fetchPage(list.dataset.source);
    list.replaceChildren(...find('#' + list.id, page).children);
    applyFilter();
  } catch {
    delete list.dataset.loaded;
  }
};
const fetchPage = async (path) => {
  const response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(SILENCE_TIMEOUT_MS) });
  if (!response.ok) throw new Error(response.statusText);
  return new DOMParser().parseFromString(await response.text(), 'text/html');
};
main.addEventListener('click', ({ target }) => {
  const button = target.closest('[data-filter]');
  if (!button) return;
  kind = kind === button.dataset.filter ? '' : button.dataset.filter;
  applyFilter();
});
const loadOpen = () => main.querySelectorAll('[open] [data-source]').forEach(loadList);
main.addEventListener('toggle', loadOpen, true);
`;

/** Remembers the focused element and the scroll position. Each function returns one that restores what it remembered. */
const VIEW = `
const keepFocus = () => {
  const holder = document.activeElement.closest('main [id]');
  if (!holder || holder === filter) return () => {};
  const targets = () => [...(document.getElementById(holder.id)?.querySelectorAll('a,summary,button,[tabindex]') ?? [])];
  const index = targets().indexOf(document.activeElement);
  return () => targets()[index]?.focus({ preventScroll: true });
};
const keepScroll = () => {
  const isBelowTop = (element) => {
    const { top, height } = element.getBoundingClientRect();
    return height > 0 && top >= 0;
  };
  const first = scrollY > 0 && [...main.querySelectorAll('li[id],section:not(#filter-bar)')].find(isBelowTop);
  if (!first) return () => {};
  const before = first.getBoundingClientRect().top;
  return () => {
    const after = document.getElementById(first.id)?.getBoundingClientRect();
    if (after?.height) scrollBy({ top: after.top - before, behavior: 'instant' });
  };
};
`;

/** Fetches the page and replaces the sections that changed. A new version of the program also has a new script, so it is reloaded. */
const REFRESH = `
const sourcesOf = (root) => new Map([...root.children].map((section) => [section.id, section.outerHTML]));
let shownSources = sourcesOf(main);
const refresh = async () => {
  update(await fetchPage('/'));
};
const update = (page) => {
  if (find('#program', page).textContent !== find('#program').textContent) return location.reload();
  const title = find('h1').textContent;
  const restore = [keepFocus(), keepScroll()];
  replaceSections(find('main', page));
  document.title = page.title;
  const [icon, nextIcon] = [document, page].map((each) => find('link[rel=icon]', each));
  if (icon.href !== nextIcon.href) icon.replaceWith(nextIcon);
  applyFilter();
  loadOpen();
  pageLoaded();
  for (const each of restore) each();
  if (find('h1').textContent !== title) announcement.textContent = find('h1').textContent;
};
const replaceSections = (next) => {
  const sources = sourcesOf(next);
  for (const section of [...next.children]) {
    if (sources.get(section.id) === shownSources.get(section.id)) continue;
    const old = document.getElementById(section.id);
    for (const details of old.querySelectorAll('details[open]')) {
      const same = find('#' + details.id, section);
      if (same) Object.assign(same.dataset, details.dataset), same.open = true;
    }
    // The old list stays until the new one is loaded.
    const [list, nextList] = [old, section].map((each) => find('[data-source]', each));
    if (list && nextList) nextList.replaceChildren(...list.children);
    old.replaceWith(section);
  }
  shownSources = sources;
};
`;

/**
 * Refreshes the page for every event. It does not use EventSource, which hides heartbeats: after `SILENCE_TIMEOUT_MS` without one, the
 * connection counts as lost. A stuck loop sends no events, so a heartbeat refreshes data older than `MAX_DATA_AGE_MS`. Errors are shown as
 * a lost connection and not logged to the console.
 */
const EVENTS = `
const setConnected = (connected) => {
  live.hidden = !connected;
  if (lost.hidden === connected) return;
  lost.hidden = connected;
  const icon = find('link[rel=icon]');
  if (!connected) {
    document.title = 'Connection lost · vpc-reconciler';
    icon.href = icon.dataset.lost;
  }
  find('p', lost).textContent = connected ? '' : 'Connection lost. Reconnecting.';
};
const followEvents = async () => {
  const silence = new AbortController();
  let timer;
  const restartTimer = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_TIMEOUT_MS);
  };
  try {
    restartTimer();
    const response = await fetch('/api/events', { cache: 'no-store', headers: { accept: 'text/event-stream' }, signal: silence.signal });
    if (!response.ok) throw new Error(response.statusText);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    await refresh();
    setConnected(true);
    for (let text = ''; ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      restartTimer();
      const blocks = (text + value).split(/\\r?\\n\\r?\\n/);
      text = blocks.pop();
      if (blocks.some((block) => /^event:/m.test(block)) || Date.now() - loadedAt > MAX_DATA_AGE_MS) await refresh();
    }
  } catch {
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
  setConnected(false);
  setTimeout(followEvents, RECONNECT_MS);
};
`;

/**
 * The buttons send a request with the token. It is in a variable and nowhere else, so closing or reloading the tab forgets it. A token that
 * is refused is forgotten at once.
 */
const ACTIONS = `
let token = '';
let action;
main.addEventListener('click', ({ target }) => {
  action = target.closest('[data-action]') ?? action;
  if (!target.closest('[data-action]')) return;
  if (token === '' || action.dataset.action === '/api/pause') ask('');
  else send();
});
const ask = (error) => {
  const label = action.textContent;
  find('#token-title').textContent = find('#token-send').textContent = label;
  find('#token-error').textContent = error;
  find('#token').value = token;
  find('#pause-fields').hidden = action.dataset.action !== '/api/pause';
  if (!dialog.open) dialog.showModal();
  find('#token').focus();
};
const send = async () => {
  const isPause = action.dataset.action === '/api/pause';
  const query = new URLSearchParams(isPause ? [['for', find('#pause-for').value], ['reason', find('#pause-reason').value]].filter(([, value]) => value) : []);
  const headers = { authorization: 'Bearer ' + token };
  try {
    const response = await fetch(action.dataset.action + '?' + query, { method: 'POST', headers, signal: AbortSignal.timeout(SILENCE_TIMEOUT_MS) });
    const { error } = await response.json();
    if (response.status === 401) token = '';
    if (!response.ok) return ask(response.status === 401 ? 'This is not the token.' : error);
    dialog.close();
    announcement.textContent = action.textContent + ': accepted';
  } catch {
    ask('The request failed.');
  }
};
find('form', dialog).addEventListener('submit', (event) => {
  event.preventDefault();
  token = find('#token').value.trim();
  if (token !== '') send();
});
find('#token-cancel').addEventListener('click', () => dialog.close());
dialog.addEventListener('close', () => { find('#token').value = ''; });
`;

/** "/" moves to the filter. Escape clears it, and leaves it when it is empty. */
const KEYS = `
document.addEventListener('keydown', (event) => {
  const isTyping = dialog.open || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
  if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey && !find('#filter-bar').hidden) {
    event.preventDefault();
    filter.focus();
    filter.select();
  }
  if (event.key === 'Escape' && document.activeElement === filter) {
    event.preventDefault();
    if (filter.value === '' && kind === '') filter.blur();
    filter.value = kind = '';
    applyFilter();
  }
});
`;

const START = `
filter.addEventListener('input', applyFilter);
applyFilter();
pageLoaded();
setInterval(updateAges, 1000);
followEvents();
`;

/**
 * The script that keeps the status page up to date. It builds no markup: it fetches the page again and replaces the sections that changed.
 * All escaping is therefore in one place, and nothing that a person reads, selects, or types is disturbed.
 */
export const browserScript: string = `{${SETUP}${AGES}${FILTER}${VIEW}${REFRESH}${EVENTS}${ACTIONS}${KEYS}${START}}\n`;
