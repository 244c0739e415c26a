import { spellAge } from './age.ts';

/**
 * What keeps the status page up to date. It makes no markup of its own: at every news it fetches the page again and exchanges the sections
 * that changed, so that all escaping is in one place, and what somebody reads, marks or types into stays as it is.
 *
 * The events are read as a stream and not by an EventSource, which hides the heartbeats: a connection that is silent for longer than two of
 * them is dead, whatever the browser believes.
 */
export const script: string = `{
const spellAge = ${spellAge.toString()};
const SILENT_MS = 40000, AGAIN_MS = 2000, FRESH_MS = 60000;
const find = (selector, root = document) => root.querySelector(selector);
const [main, filter, lost, live, said] = ['main', '#filter', '#lost', '#live', '#said'].map((each) => find(each));
const sourcesOf = (root) => new Map([...root.children].map((section) => [section.id, section.outerHTML]));
let shown = sourcesOf(main);
let ahead = 0; // this clock of that one
let loadedAt = 0;
const loaded = () => {
  loadedAt = Date.now();
  ahead = loadedAt - Date.parse(find('#as-of').dateTime);
  find('.age', lost).dateTime = find('#as-of').dateTime;
  find('#seen').textContent = find('#as-of').textContent;
  tick();
};

const tick = () => {
  for (const time of document.querySelectorAll('.age')) {
    const ms = Date.now() - ahead - Date.parse(time.dateTime);
    const text = ms > 0 && time.matches('.next') ? 'now' : spellAge(ms);
    if (time.textContent !== text) time.textContent = text;
  }
};

const look = () => {
  const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const items = [...main.querySelectorAll('.item')];
  let left = 0;
  for (const item of items) {
    const text = item.textContent.toLowerCase();
    item.hidden = !words.every((word) => text.includes(word));
    if (!item.hidden) left += 1;
  }
  unfold(find('#unmanaged-list'), words.length > 0);
  const count = words.length === 0 ? '' : left.toLocaleString('en') + ' of ' + items.length.toLocaleString('en') + ' shown';
  if (find('#filter-count').textContent !== count) find('#filter-count').textContent = count;
  find('#find').hidden = items.length === 0 && words.length === 0;
};

// What is found must be seen; what was opened for that is closed again.
const unfold = (folded, searching) => {
  if (!folded) return;
  if (searching && !folded.open && find('.item:not([hidden])', folded)) {
    folded.open = true;
    folded.dataset.found = '';
  }
  if (!searching && 'found' in folded.dataset) {
    folded.open = false;
    delete folded.dataset.found;
  }
};

// What has the focus, and what is at the top of the window, by the element with an id that it is in.
const focusOf = () => {
  const holder = document.activeElement.closest('main [id]');
  if (!holder || holder === filter) return () => {};
  const targets = () => [...(document.getElementById(holder.id)?.querySelectorAll('a,summary,[tabindex]') ?? [])];
  const index = targets().indexOf(document.activeElement);
  return () => targets()[index]?.focus({ preventScroll: true });
};
const topOf = () => {
  const isBegun = (each) => {
    const { top, height } = each.getBoundingClientRect();
    return height > 0 && top >= 0;
  };
  const first = scrollY > 0 && [...main.querySelectorAll('li[id],section:not(#find)')].find(isBegun);
  if (!first) return () => {};
  const before = first.getBoundingClientRect().top;
  return () => {
    const after = document.getElementById(first.id)?.getBoundingClientRect();
    if (after?.height) scrollBy({ top: after.top - before, behavior: 'instant' });
  };
};

const exchange = (page) => {
  if (find('#program', page).textContent !== find('#program').textContent) return location.reload();
  const next = find('main', page);
  const sources = sourcesOf(next);
  const state = find('h1').textContent;
  const restore = [focusOf(), topOf()];
  for (const section of [...next.children]) {
    if (sources.get(section.id) === shown.get(section.id)) continue;
    const old = document.getElementById(section.id);
    for (const each of old.querySelectorAll('details[open]')) {
      const same = find('#' + each.id, section);
      if (same) Object.assign(same.dataset, each.dataset), same.open = true;
    }
    old.replaceWith(section);
  }
  shown = sources;
  document.title = page.title;
  const icon = find('link[rel=icon]');
  const nextIcon = find('link[rel=icon]', page).href;
  if (icon.href !== nextIcon) icon.href = nextIcon;
  look();
  loaded();
  for (const each of restore) each();
  if (find('h1').textContent !== state) said.textContent = find('h1').textContent;
};

const refresh = async () => {
  const answer = await fetch('/', { cache: 'no-store', signal: AbortSignal.timeout(SILENT_MS) });
  if (!answer.ok) throw new Error(answer.statusText);
  exchange(new DOMParser().parseFromString(await answer.text(), 'text/html'));
};

const tell = (isLive) => {
  live.hidden = !isLive;
  if (lost.hidden === isLive) return;
  lost.hidden = isLive;
  find('p', lost).textContent = isLive ? '' : 'The connection is lost; trying again.';
};

const follow = async () => {
  const quiet = new AbortController();
  let timer;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => quiet.abort(), SILENT_MS);
  };
  try {
    heard();
    const answer = await fetch('/api/events', { cache: 'no-store', headers: { accept: 'text/event-stream' }, signal: quiet.signal });
    if (!answer.ok) throw new Error(answer.statusText);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    await refresh();
    tell(true);
    for (let text = ''; ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      heard();
      const blocks = (text + value).split(/\\r?\\n\\r?\\n/);
      text = blocks.pop();
      // A loop that is stuck has no news, so the page is looked at now and then without.
      if (blocks.some((block) => /^event:/m.test(block)) || Date.now() - loadedAt > FRESH_MS) await refresh();
    }
  } catch {
    // Told below; the console of somebody else's browser is no place for it.
  } finally {
    clearTimeout(timer);
    quiet.abort();
  }
  tell(false);
  setTimeout(follow, AGAIN_MS);
};

filter.addEventListener('input', look);
document.addEventListener('keydown', (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && !find('#find').hidden) {
    event.preventDefault();
    filter.select();
  }
  if (event.key === 'Escape' && document.activeElement === filter) {
    event.preventDefault();
    if (filter.value === '') filter.blur();
    filter.value = '';
    look();
  }
});
look();
loaded();
setInterval(tick, 1000);
follow();
}
`;
