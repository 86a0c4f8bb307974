// Small parts that views share.
import { Icon } from "./icons.js";
import { html, useEffect, useRef, useState } from "./preact.js";

export function Problem({ error, retry }) {
  if (!error) return null;
  return html`<div class="problem" role="alert">
    <p><strong>${error.message}</strong></p>
    ${error.details?.length > 0 &&
    html`<ul>
      ${error.details.map((each) => html`<li><code>${each.field}</code> ${each.message}</li>`)}
    </ul>`}
    <p class="soft">
      ${error.code}${error.requestId ? html`, request <code>${error.requestId}</code>` : ""}
      ${retry && html` <button class="link" onClick=${retry}>Try again</button>`}
    </p>
  </div>`;
}

export function Empty({ title, children }) {
  return html`<div class="empty"><h2>${title}</h2>${children}</div>`;
}

export function Loading({ label = "Loading" }) {
  return html`<p class="loading" role="status"><span class="dots" aria-hidden="true"></span>${label}…</p>`;
}

export function Copy({ text, label = "Copy" }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return html`<button class="small" onClick=${copy}>${done ? "Copied" : label}</button>`;
}

// A dialog of the browser: it keeps the focus, and Escape closes it.
export function Dialog({ title, onClose, children, wide = false }) {
  const dialog = useRef(null);
  useEffect(() => {
    dialog.current.showModal();
  }, []);
  return html`<dialog
    ref=${dialog}
    class=${wide ? "wide" : ""}
    aria-label=${title}
    onClose=${onClose}
    onClick=${(event) => event.target === dialog.current && dialog.current.close()}
  >
    <div class="dialog-body">
      <header>
        <h2>${title}</h2>
        <button class="icon" aria-label="Close" onClick=${() => dialog.current.close()}><${Icon} name="close" /></button>
      </header>
      ${children}
    </div>
  </dialog>`;
}

export function Tabs({ tabs, chosen, choose, label }) {
  return html`<div class="tabs" role="group" aria-label=${label}>
    ${tabs.map(
      ([key, text]) =>
        html`<button key=${key} aria-pressed=${key === chosen} onClick=${() => choose(key)}>${text}</button>`,
    )}
  </div>`;
}

// Loads once for each key, and ignores what arrives too late.
export function useLoaded(load, keys) {
  const [state, setState] = useState({ loading: true });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    setState((before) => ({ ...before, loading: true, error: undefined }));
    load(stop.signal).then(
      (value) => !stop.signal.aborted && setState({ value, loading: false }),
      (error) => !stop.signal.aborted && setState((before) => ({ ...before, error, loading: false })),
    );
    return () => stop.abort();
  }, [...keys, round]);
  return { ...state, reload: () => setRound((each) => each + 1) };
}
