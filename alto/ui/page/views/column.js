// One search: its settings, its hits, and how they differ from those of the first column.
import { count } from "../lib/format.js";
import { Problem } from "../lib/parts.js";
import { html, useState } from "../lib/preact.js";
import { columnName, MODES } from "../lib/settings.js";
import { Hit } from "./hit.js";

export function Column(props) {
  const { at, column, columns, collection, result, others, loading, change, remove } = props;
  const [open, setOpen] = useState(false);
  // The object that others are to be like is its own nearest one.
  const hits = (result?.objects ?? []).filter((hit) => column.mode !== "near_object" || hit.id !== column.settings.id);
  const first = at > 0 ? places(others?.[0]) : null;
  const elsewhere = at === 0 && columns.length > 1 ? columns.slice(1).map((_, other) => places(others?.[other + 1])) : null;
  const highest = Math.max(...hits.map(strengthOf), 1e-9);
  return html`<section class=${`column ${loading ? "is-loading" : ""}`} aria-label=${columnName(column)}>
    <header class="column-head">
      <div class="row">
        ${column.mode === "near_object"
          ? html`<h2>More like this</h2>`
          : html`<label class="hidden" for=${`mode-${at}`}>Kind of search</label>
              <select id=${`mode-${at}`} class="mode" value=${column.mode} onChange=${(event) => change({ ...column, mode: event.target.value })}>
                ${MODES.map(([mode, name, what]) => html`<option key=${mode} value=${mode}>${name} – ${what}</option>`)}
              </select>`}
        ${column.mode !== "near_object" &&
        html`<button class="icon" aria-expanded=${open} aria-label="Settings of this search" title="Settings" onClick=${() => setOpen(!open)}>⚙</button>`}
        ${remove && html`<button class="icon" aria-label="Remove this column" title="Remove" onClick=${remove}>✕</button>`}
      </div>
      ${column.mode === "hybrid" && html`<${Alpha} column=${column} change=${change} />`}
      ${open && html`<${Settings} at=${at} column=${column} change=${change} collection=${collection} />`}
      ${result?.objects &&
      html`<p class="soft times">
        ${count(result.total)} found
        ${result.profile &&
        html`<span title="Waiting for the model"> · model ${result.profile.embedding_ms.toFixed(0)} ms</span
          ><span title="OpenSearch's own time for this search"> · engine ${result.profile.engine_took_ms.toFixed(0)} ms</span
          >${result.profile.rerank_ms >= 1 && html`<span> · rerank ${result.profile.rerank_ms.toFixed(0)} ms</span>`}`}
      </p>`}
      ${result?.rerank && !result.rerank.applied && html`<p class="warning">Not reranked: ${result.rerank.message}</p>`}
    </header>
    <${Problem} error=${result?.error} />
    ${result?.objects && hits.length === 0 && html`<p class="soft none">Nothing was found.</p>`}
    <ol class="hits">
      ${hits.map(
        (hit, place) =>
          html`<${Hit}
            key=${hit.id}
            hit=${hit}
            place=${place + 1}
            mode=${column.mode}
            share=${strengthOf(hit) / highest}
            highest=${highest}
            before=${first ? (first.get(hit.id) ?? null) : undefined}
            missing=${elsewhere && others?.[1] && elsewhere.every((each) => !each.has(hit.id))}
            ...${props}
          />`,
      )}
    </ol>
  </section>`;
}

const places = (result) => new Map((result?.objects ?? []).map((hit, place) => [hit.id, place + 1]));
const strengthOf = (hit) => hit.rerank_score ?? hit.score ?? hit.certainty ?? 1 - (hit.distance ?? 1);

function Alpha({ column, change }) {
  const given = column.settings.alpha;
  const [value, setValue] = useState(null);
  const shown = value ?? given ?? "0.55";
  const set = (event) => {
    setValue(null);
    change({ ...column, settings: { ...column.settings, alpha: event.target.value } });
  };
  return html`<label class="alpha">
    <span class="words">words</span>
    <input type="range" min="0" max="1" step="0.05" value=${shown} aria-label="Weight of the meaning (alpha)" aria-valuetext=${`alpha ${shown}`} onInput=${(event) => setValue(event.target.value)} onChange=${set} />
    <span class="meaning">meaning</span>
    <output>${Number(shown).toFixed(2)}</output>
  </label>`;
}

const FIELDS = [
  ["fusion", "Fusion", ["hybrid"], ["", "relative_score", "ranked"], "How two scores become one"],
  ["scoring", "Scoring", ["hybrid", "bm25"], ["", "combined", "sum"], "Properties as one text, or their sum"],
  ["operator", "Words", ["hybrid", "bm25"], ["", "or", "and", "and_across"], "Any or all of them"],
  ["fuzziness", "Typing errors", ["hybrid", "bm25"], ["", "auto", "1", "2"], "Letters that may differ"],
  ["phrase_boost", "Phrase boost", ["hybrid", "bm25"], null, "0.2 is a good start"],
  ["properties", "Properties", ["hybrid", "bm25"], null, "title^2,text"],
  ["rerank", "Rerank model", ["hybrid", "bm25", "near_text"], null, "cohere.rerank-v3-5:0"],
];

function Settings({ at, column, change, collection }) {
  const vectors = Object.keys(collection.vectors ?? {});
  const set = (name, value) => change({ ...column, settings: { ...column.settings, [name]: value.trim() } });
  const fields = FIELDS.filter(([, , modes]) => modes.includes(column.mode));
  const withVectors = vectors.length > 1 && column.mode !== "bm25" ? [...fields, ["target_vector", "Vector", [], ["", ...vectors], ""]] : fields;
  return html`<div class="settings">
    ${withVectors.map(([name, label, , values, hint]) => {
      const id = `${name}-${at}`;
      const value = column.settings[name] ?? "";
      return html`<label key=${name} for=${id}>
        <span>${label}</span>
        ${values
          ? html`<select id=${id} value=${value} title=${hint} onChange=${(event) => set(name, event.target.value)}>
              ${values.map((each) => html`<option key=${each} value=${each}>${each || "default"}</option>`)}
            </select>`
          : html`<input id=${id} value=${value} placeholder=${hint} onChange=${(event) => set(name, event.target.value)} />`}
      </label>`;
    })}
  </div>`;
}
