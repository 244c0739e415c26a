import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { PageData } from '../page-data.ts';

/** A request that a person can send with the token. */
type Action = { readonly path: string; readonly label: string };

const RECONCILE: Action = { path: '/api/reconcile', label: 'Reconcile now' };
const PAUSE: Action = { path: '/api/pause', label: 'Pause' };
const RESUME: Action = { path: '/api/resume', label: 'Resume' };

/** Returns the buttons of the requests that need a token. Without the script they would do nothing, so they are hidden then. */
export function renderActions({ acceptsToken, health }: PageData): Html {
  const actions = acceptsToken ? [RECONCILE, health.paused === null ? PAUSE : RESUME] : [];
  return html`<section id="actions">
    ${actions.map(({ path, label }) => html`<button type="button" data-action="${path}">${label}</button>`)}
  </section>`;
}

/**
 * Returns the dialog that asks for the token. The field is not a password field, so that no browser offers to store the token; the
 * stylesheet hides what is typed.
 */
export function renderTokenDialog(): Html {
  return html`<dialog id="token-dialog" aria-labelledby="token-title">
    <form method="dialog">
      <h2 id="token-title"></h2>
      <p id="token-error" role="alert"></p>
      <p>
        <label for="token">Token</label
        ><input
          id="token"
          class="secret"
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          aria-describedby="token-hint"
        />
      </p>
      <p id="token-hint">
        The <code>reconcile_token</code> of the daemon. This tab keeps it until it is closed or reloaded.
      </p>
      <p id="pause-fields" hidden>
        <label for="pause-for">For</label
        ><select id="pause-for">
          <option value="30m">30 minutes</option>
          <option value="2h">2 hours</option>
          <option value="8h">8 hours</option>
          <option value="">until resumed</option></select
        ><label for="pause-reason">Reason</label><input id="pause-reason" maxlength="200" autocomplete="off" />
      </p>
      <p class="buttons"><button type="button" id="token-cancel">Cancel</button><button id="token-send"></button></p>
    </form>
  </dialog>`;
}
