// One search: its settings, its hits, and how they differ from those of the first column.
import { count } from "../lib/format.js";
import { Icon } from "../lib/icons.js";
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
  const kind = column.mode === "near_object" ? "near_text" : column.mode;
  return html`<section class=${`column of-${kind} ${loading ? "is-loading" : ""}`} aria-label=${columnName(column)}>
    <header class="column-head">
      <div class="row">
        ${columns.length > 1 && html`<span class="letter" aria-hidden="true">${"ABC"[at]}</span>`}
        ${FIXED[column.mode]
          ? html`<h2>${FIXED[column.mode]}</h2>`
          : html`<label class="hidden" for=${`mode-${at}`}>Kind of search</label>
              <select id=${`mode-${at}`} class="mode" value=${column.mode} onChange=${(event) => change({ ...column, mode: event.target.value })}>
                ${MODES.map(([mode, name]) => html`<option key=${mode} value=${mode}>${name}</option>`)}
              </select>`}
        ${!FIXED[column.mode] &&
        html`<button class="icon" aria-expanded=${open} aria-label="Settings of this search" title="Settings" onClick=${() => setOpen(!open)}><${Icon} name="settings" /></button>`}
        ${remove && html`<button class="icon" aria-label="Remove this column" title="Remove" onClick=${remove}><${Icon} name="close" /></button>`}
      </div>
      ${column.mode === "hybrid" ? html`<${Alpha} column=${column} change=${change} used=${alphaOf(result)} />` : html`<p class="alpha about">${column.mode === "listing" && collection.documents ? "without a query, in the order of each document" : ABOUT[column.mode]}</p>`}
      ${open && html`<${Settings} at=${at} column=${column} change=${change} collection=${collection} />`}
      <p class="soft times" title=${result?.objects ? factsOf(column, result).join(" · ") : undefined}>
        ${result?.objects && html`<strong>${count(result.total)}</strong> found${factsOf(column, result).map((each) => ` · ${each}`)}`}
      </p>
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

const FIXED = { near_object: "More like this", listing: "All that match" };
const ABOUT = {
  listing: html`<span class="soft">without a query, the last stored first</span>`,
  bm25: html`<span class="words">the words of the query (BM25)</span>`,
  near_text: html`<span class="meaning">the meaning of the query (vectors)</span>`,
  near_object: html`<span class="meaning">the meaning of an object (vectors)</span>`,
};

// Settings in the head while their form is closed.
const settingsOf = ({ settings }) => Object.entries(settings).filter(([name, value]) => !["alpha", "id"].includes(name) && value !== "").map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`);

// Waiting for models, OpenSearch's own time, and what differs from the defaults.
function factsOf(column, { profile }) {
  const times = profile ? [["model", profile.embedding_ms], ["engine", profile.engine_took_ms], ["rerank", profile.rerank_ms]] : [];
  return [...settingsOf(column), ...times.filter(([name, time]) => name !== "rerank" || time >= 1).map(([name, time]) => `${name} ${time.toFixed(0)} ms`)];
}

// The alpha that Alto chose by the words of the query, where none is given.
function alphaOf(result) {
  if (typeof result?.alpha === "number") return result.alpha;
  const leg = (result?.objects ?? []).flatMap((hit) => hit.explanation?.legs ?? []).find((each) => each.leg === "vector");
  return leg?.weight;
}

function Alpha({ column, change, used }) {
  const given = column.settings.alpha;
  const [value, setValue] = useState(null);
  const shown = value ?? given ?? used ?? 0.75;
  const set = (alpha) => {
    setValue(null);
    change({ ...column, settings: { ...column.settings, alpha } });
  };
  return html`<div class="alpha">
    <label><span class="words">words</span>
    <input type="range" min="0" max="1" step="0.05" value=${shown} aria-label="Weight of the meaning (alpha)" aria-valuetext=${`alpha ${shown}`} onInput=${(event) => setValue(event.target.value)} onChange=${(event) => set(event.target.value)} />
    <span class="meaning">meaning</span></label>
    <output title="The weight of the meaning (alpha)">${Number(shown).toFixed(2)}</output>
    ${given === undefined ? html`<span class="soft" title="Alto chooses it by the words of the query">auto</span>` : html`<button class="link" title="Let Alto choose it by the words of the query" onClick=${() => set(undefined)}>auto</button>`}
  </div>`;
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
