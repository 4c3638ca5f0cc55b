// @ts-check
// What a page does in the browser, beside its islands: forms keep their place and what is typed, a list is narrowed down
// without a jump, and what is open follows the server. Without it every link and form works all the same.
// No page is made here. The server sends it whole, and idiomorph carries over what is another.

/** A burst of changes becomes one question and this long. */
const CALM = 250;
/** A browser does not open a line again that was refused; we do. */
const AGAIN = 4000;
/** A person who pauses in typing for so long looks up. */
const PAUSE = 300;

/** What this page was asked for last: the address bar does not hold what a form's last attempt met. */
let shown = location.href;
/** How often the page has become another by a person's doing. What was asked for before is too late then. */
let turn = 0;
/** @type {Set<HTMLFormElement>} Forms that wait for their answer. */
const sending = new Set();

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Control */

// --- Pages ------------------------------------------------------------------------------------------------------------

/**
 * A page, or nothing where something else came: another page, no page, an error without one.
 * @param {URL} address @param {{ byItself?: boolean }} [how]
 */
async function ask(address, { byItself = false } = {}) {
  const headers = { accept: 'text/html', ...(byItself && { 'isthmus-by-itself': '1' }) };
  const answer = await fetch(address, { headers });
  const isPage = answer.headers.get('content-type')?.startsWith('text/html');
  if (!isPage || new URL(answer.url).pathname !== address.pathname) return undefined;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const script of page.body.querySelectorAll('script')) script.remove(); // each has run once
  return page;
}

/** Shows the page of this address in place of another state of itself. @param {URL} address @param {HTMLFormElement} [sent] */
async function go(address, sent) {
  const now = ++turn;
  const page = await ask(address).catch(() => null);
  if (now !== turn) return;
  if (page === null) return notice('unreachable');
  if (!page) return location.assign(address);
  sent?.reset(); // what was sent is not typed any more
  if (address.href !== location.href) history.pushState(null, '', address);
  shown = address.href;
  show(page);
  if (address.hash) document.getElementById(address.hash.slice(1))?.scrollIntoView({ block: 'nearest' });
}

/** Makes this page like that one, whose address it has. @param {Document} page @param {{ follows?: boolean }} [how] */
function show(page, { follows = false } = {}) {
  document.title = page.title;
  morph(document.body, page.body, (old) => follows && old.hasAttribute('data-stays'));
}

/**
 * @param {Element} old @param {Element} next
 * @param {(old: Element, next?: Element) => boolean} stays Whether an element is left as it is.
 */
function morph(old, next, stays) {
  /** @type {(() => void)[]} */
  const afterwards = [];
  // @ts-expect-error a script of its own
  Idiomorph.morph(old, next, {
    morphStyle: 'outerHTML',
    callbacks: {
      beforeNodeMorphed: (/** @type {Node} */ old, /** @type {Node} */ next) => {
        if (!(old instanceof Element && next instanceof Element)) return true;
        if (stays(old, next)) return false;
        if (old.localName === 'leptos-island') return wakeAnew(old, next);
        keepTyped(old, next, afterwards);
        return true;
      },
      beforeNodeRemoved: (/** @type {Node} */ node) => !(node instanceof Element && stays(node)),
      // A part that somebody has opened stays open.
      beforeAttributeUpdated: (/** @type {string} */ name, /** @type {Element} */ of) => !(name === 'open' && of.localName === 'details'),
      afterNodeAdded: (/** @type {Node} */ node) => {
        if (node instanceof Element) for (const island of islands(node)) wake(island);
      },
    },
  });
  for (const act of afterwards) act();
}

// --- Islands ----------------------------------------------------------------------------------------------------------

/** @param {Element} within */
const islands = (within) => [within, ...within.querySelectorAll('*')].filter((element) => element.localName === 'leptos-island');

/** @param {Element} island */
function wake(island) {
  // @ts-expect-error made by Leptos while its part is loaded; until it is there, it finds every island by itself
  window.__hydrateIsland?.(island, island.dataset.component).catch(() => {});
}

/** An island that is told the same lives on; another one begins anew. @param {Element} old @param {Element} next */
function wakeAnew(old, next) {
  const told = (/** @type {Element} */ island) => `${island.getAttribute('data-component')} ${island.getAttribute('data-props')}`;
  if (told(old) !== told(next)) {
    const fresh = document.importNode(next, true);
    old.replaceWith(fresh);
    wake(fresh);
  }
  return false;
}

// --- What is typed ----------------------------------------------------------------------------------------------------

/** @param {Element} element @returns {element is Control} */
const isControl = (element) => element.matches('input:not([type=hidden], [type=file]), textarea, select');
/** @param {Element} control @returns {control is HTMLInputElement} */
const isTick = (control) => control instanceof HTMLInputElement && (control.type === 'checkbox' || control.type === 'radio');
/** @param {HTMLSelectElement} select */
const defaultIndex = (select) => Math.max([...select.options].findIndex((option) => option.defaultSelected), 0);

/** Whether a person has given it another value than the server. @param {Control} control */
function isTyped(control) {
  if (isTick(control)) return control.checked !== control.defaultChecked;
  if (control instanceof HTMLSelectElement) return control.selectedIndex !== defaultIndex(control);
  return control.value !== control.defaultValue;
}

/** What is typed goes over into the next page; what the server says there is what it began from. @param {Element} old @param {Element} next @param {(() => void)[]} afterwards */
function keepTyped(old, next, afterwards) {
  if (!isControl(old) || !isControl(next) || old.name !== next.name || !isTyped(old)) return;
  if (isTick(old) && isTick(next)) {
    if (old.getAttribute('value') !== next.getAttribute('value')) return;
    const { defaultChecked, type } = next;
    const { checked } = old;
    next.checked = checked;
    afterwards.push(() => {
      if (old.type !== type) return;
      old.defaultChecked = defaultChecked;
      old.checked = checked;
    });
  } else if (old instanceof HTMLSelectElement && next instanceof HTMLSelectElement) {
    const { value } = old;
    if (![...next.options].some((option) => option.value === value)) return;
    const began = next.options[defaultIndex(next)]?.value;
    next.value = value;
    afterwards.push(() => {
      for (const option of old.options) option.defaultSelected = option.value === began;
      old.value = value;
    });
  } else if (!isTick(old) && !(old instanceof HTMLSelectElement) && !(next instanceof HTMLSelectElement)) {
    const began = next.defaultValue;
    next.value = old.value;
    afterwards.push(() => (old.defaultValue = began));
  }
}

// --- Forms ------------------------------------------------------------------------------------------------------------

/** Where a form goes and with what, as it is sent by this button. @param {HTMLFormElement} form @param {HTMLElement | null} button */
function sent(form, button) {
  const said = (/** @type {string} */ name) => button?.getAttribute(`form${name}`) ?? form.getAttribute(name);
  const address = new URL(said('action') ?? '', location.href);
  const data = [...new FormData(form, button)].map(([name, value]) => [name, String(value)]);
  return { address, isPost: said('method')?.toLowerCase() === 'post', data: new URLSearchParams(data) };
}

addEventListener('submit', (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const button = event.submitter;
  if (event.defaultPrevented || form.enctype === 'multipart/form-data') return;
  const { address, isPost, data } = sent(form, button);
  if (isPost) {
    event.preventDefault();
    send(form, address, data);
  } else if (button?.hasAttribute('data-looks')) {
    event.preventDefault();
    look(form, button);
  } else if (address.pathname === location.pathname) {
    event.preventDefault();
    // An address says what is asked for, not what is not.
    address.search = new URLSearchParams([...data].filter(([, value]) => value !== '')).toString();
    go(address);
  }
});

/** Sends a form once, and goes where the answer says. @param {HTMLFormElement} form @param {URL} action @param {URLSearchParams} data */
async function send(form, action, data) {
  if (sending.has(form)) return;
  sending.add(form);
  form.ariaBusy = 'true';
  turn++;
  try {
    const answer = await fetch(action, { method: 'POST', headers: { accept: 'application/json' }, body: data });
    if (answer.ok) {
      const next = new URL(answer.headers.get('location') ?? location.href, location.href);
      if (next.pathname !== location.pathname) return location.assign(next); // and nothing is sent any more
      await go(next, form);
    } else if (answer.status === 401) {
      notice('signed-out');
    } else if (answer.headers.has('serverfnerror')) {
      await tell(form, action, await answer.text());
    } else {
      notice('unreachable'); // what answered is not the console: a proxy before it
    }
  } catch {
    notice('unreachable');
  }
  sending.delete(form);
  form.ariaBusy = null;
}

/** The page says what the form met, as it does without scripts: its address tells it. @param {HTMLFormElement} form @param {URL} action @param {string} trouble */
async function tell(form, action, trouble) {
  const bytes = Array.from(new TextEncoder().encode(trouble), (byte) => String.fromCharCode(byte)).join('');
  const address = new URL(location.href);
  address.searchParams.set('__path', action.pathname);
  address.searchParams.set('__err', btoa(bytes).replaceAll('+', '-').replaceAll('/', '_'));
  address.searchParams.set('__form', form.id);
  const page = await ask(address);
  if (!page) return notice('signed-out');
  shown = address.href;
  show(page);
  document.querySelector('[role=alert]:not([hidden])')?.scrollIntoView({ block: 'nearest' });
}

/** Says what stood in the way of an answer. @param {'signed-out' | 'unreachable'} what */
function notice(what) {
  /** @type {HTMLElement} */ (document.getElementById(what)).hidden = false;
}

/** @type {WeakMap<HTMLFormElement, number>} */
const looks = new WeakMap();

/**
 * Asks as this button would ask, and shows in the form what is said of it. The controls stay as they are, unless others
 * are offered now; islands look after themselves.
 * @param {HTMLFormElement} form @param {HTMLElement} button
 */
async function look(form, button) {
  const now = (looks.get(form) ?? 0) + 1;
  looks.set(form, now);
  const { address, data } = sent(form, button);
  address.search = inShort(form, data);
  address.hash = '';
  const place = button.closest('[aria-busy]');
  place?.setAttribute('aria-busy', 'true');
  const page = await ask(address, { byItself: true }).catch(() => undefined);
  // Answers can overtake each other: only the last question counts.
  if (looks.get(form) !== now) return;
  place?.setAttribute('aria-busy', 'false');
  const next = page?.getElementById(form.id);
  if (next) morph(form, next, (old, next) => old.localName === 'leptos-island' || (next !== undefined && isControl(old) && offersTheSame(old, next)));
}

/**
 * An address has an end: of a table of some hundred rows it holds what is said (`data-sparse`: empty is as good as left out).
 * @param {HTMLFormElement} form @param {URLSearchParams} data
 */
function inShort(form, data) {
  const isSparse = (/** @type {string} */ name) => {
    const control = form.elements.namedItem(name);
    return control instanceof HTMLElement && 'sparse' in control.dataset;
  };
  const said = [...data].filter(([name, value]) => value !== '' || !isSparse(name));
  return new URLSearchParams(said).toString().replaceAll('%5B', '[').replaceAll('%5D', ']');
}

/** @param {Control} old @param {Element} next */
function offersTheSame(old, next) {
  if (!isControl(next) || old.name !== next.name || old.type !== next.type) return false;
  const offers = (/** @type {Control} */ of) => (of instanceof HTMLSelectElement ? [...of.options].map(({ value }) => value).join('\n') : '');
  return offers(old) === offers(next);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let pause;

for (const kind of ['input', 'change']) {
  addEventListener(kind, ({ target }) => {
    const form = target instanceof Element ? target.closest('form') : null;
    if (!form) return;
    if (kind === 'change' && target instanceof HTMLSelectElement && form.role === 'search') form.requestSubmit();
    if (kind === 'change' && target instanceof HTMLInputElement && target.dataset.ticks) tickAll(form, target);
    // What the last attempt brought is not about what is typed now.
    for (const said of form.querySelectorAll('[role=status][data-stays]')) said.textContent = '';
    const button = /** @type {HTMLElement | null} */ (form.querySelector(`[data-looks=${kind}]`));
    if (!button) return;
    clearTimeout(pause);
    pause = setTimeout(() => look(form, button), kind === 'input' ? PAUSE : 0);
  });
}

/** @param {HTMLFormElement} form @param {HTMLInputElement} all */
function tickAll(form, all) {
  const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('input[type=checkbox]'));
  for (const box of boxes) if (box.name === all.dataset.ticks) box.checked = all.checked;
}

// --- The server's news ------------------------------------------------------------------------------------------------

/** @type {EventSource | undefined} */
let line;
let isNew = false;
let isCalm = true;

function listen() {
  // HTTP/1.1 allows six requests at a time to a server: tabs in the background must not hold them all.
  if (line || document.hidden || !document.querySelector('[data-live]')) return;
  line = new EventSource('/events');
  line.onopen = follow; // what moved while nobody listened is unknown
  line.onmessage = ({ data }) => topics().includes(data) && follow();
  line.onerror = () => {
    if (line?.readyState !== EventSource.CLOSED) return;
    line = undefined;
    setTimeout(listen, AGAIN);
  };
}

/** What the page says that it is about. @returns {HTMLElement[]} */
const abouts = () => [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-topics]'))];
const topics = () => abouts().flatMap(({ dataset }) => dataset.topics?.split(' '));

/** Passes the first of many moves on at once, the rest when it has been calm. */
async function follow() {
  isNew = true;
  if (!isCalm) return;
  isCalm = false;
  while (isNew) {
    isNew = false;
    if (topics().length > 0) await askAgain().catch(() => {}); // a question that fails leaves what is shown
    await new Promise((calm) => setTimeout(calm, CALM));
  }
  isCalm = true;
}

async function askAgain() {
  const now = turn;
  const address = abouts().find(({ dataset }) => dataset.address)?.dataset.address ?? shown;
  const page = sending.size === 0 ? await ask(new URL(address, location.href), { byItself: true }) : undefined;
  if (page && now === turn) show(page, { follows: true });
  // The person was quicker, and may have been shown what was before.
  isNew ||= sending.size > 0 || now !== turn;
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) return listen();
  line?.close();
  line = undefined;
});
// A page that the browser had put aside has missed what moved.
addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
addEventListener('popstate', () => {
  const [here, before] = [new URL(location.href), new URL(shown)];
  if (here.pathname !== before.pathname || here.search !== before.search) go(here);
});

listen();
// A form that was opened begins with the keyboard in it. The browser goes to the address's place first, and takes it away.
addEventListener('load', () => {
  const first = /** @type {HTMLElement | null} */ (document.querySelector('[data-focus] input:not([type=hidden])'));
  requestAnimationFrame(() => first?.focus());
});
