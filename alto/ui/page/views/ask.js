// A question, a text with numbered citations, and the passages that they stand on.
import { collectionPath, post } from "../lib/api.js";
import { count, plain, titleOf } from "../lib/format.js";
import { Empty, Loading, Problem } from "../lib/parts.js";
import { html, useEffect, useState } from "../lib/preact.js";
import { go, link } from "../lib/route.js";
import { placeOf } from "./passage.js";

const MODEL = "amazon.nova-lite-v1:0";
const AROUND = 240;
// In short, the quote begins in the first line.
const BEFORE = 30;
const STOPPED = {
  max_tokens: "The text is cut at the largest number of tokens.",
  guardrail_intervened: "A guardrail stepped in: this is its message.",
  content_filtered: "The model's filter stepped in.",
};

export function Ask({ collection, params }) {
  const [text, setText] = useState(params.q ?? "");
  const [model, setModel] = useState(params.model ?? (collection?.generative?.model ? "" : (localStorage.getItem("alto.model") ?? MODEL)));
  const [state, setState] = useState({});
  const [pointed, setPointed] = useState(null);
  const limit = Number(params.n) || 5;
  const ask = async (question) => {
    setState({ loading: true });
    const generate = { grouped_task: question, ...(model ? { model } : {}) };
    try {
      const value = await post(collectionPath(collection.name, "/generate"), { hybrid: { query: question }, limit, generate });
      setState({ value });
    } catch (error) {
      setState({ error });
    }
  };
  useEffect(() => {
    if (params.q && collection) ask(params.q);
  }, [params.q, params.n]);
  if (!collection) return html`<${Empty} title="No collection yet" />`;
  const submit = (event) => {
    event.preventDefault();
    const question = text.trim();
    if (!question) return;
    localStorage.setItem("alto.model", model);
    if (question === params.q) ask(question);
    else go("ask", { c: collection.name, q: question, n: params.n, model });
  };
  const generated = state.value?.generated;
  const { pieces, sources } = generated?.text ? cited(generated) : { pieces: [], sources: [] };
  return html`<div class="ask">
    <h1 class="hidden">Ask ${collection.name}</h1>
    <form class="ask-form" onSubmit=${submit}>
      <label class="hidden" for="question">Question</label>
      <textarea id="question" rows="1" placeholder=${`Ask ${collection.name} a question`} value=${text} onInput=${(event) => setText(event.target.value)}
        onKeyDown=${(event) => event.key === "Enter" && !event.shiftKey && (event.preventDefault(), event.target.form.requestSubmit())}></textarea>
      <div class="row">
        <label class="inline">Model <input value=${model} placeholder=${collection.generative?.model ?? MODEL} onInput=${(event) => setModel(event.target.value.trim())} /></label>
        <label class="inline">Objects <select value=${String(limit)} onChange=${(event) => go("ask", { c: collection.name, q: params.q, n: event.target.value, model })}>${[3, 5, 10, 20].map((each) => html`<option key=${each} value=${each}>${each}</option>`)}</select></label>
        <button class="primary" disabled=${state.loading}>Ask</button>
      </div>
    </form>
    ${state.loading && html`<${Loading} label="Searching and writing" />`}
    <${Problem} error=${state.error ?? generated?.error} retry=${() => ask(params.q)} />
    ${generated?.text &&
    html`<div class="answer-row">
      <article class="written" aria-label="Text of the model" aria-live="polite">
        <p>
          ${pieces.map((each, at) =>
            each.text !== undefined
              ? html`<span key=${at} class=${each.numbers?.includes(pointed) ? "is-pointed" : ""}>${each.text}</span>`
              : html`<a key=${at} class=${`cite ${each.number === pointed ? "is-pointed" : ""}`} href=${`#source-${each.number}`} aria-label=${`Source ${each.number}`}
                  onClick=${(event) => (event.preventDefault(), document.getElementById(`source-${each.number}`)?.focus())}
                  onMouseEnter=${() => setPointed(each.number)} onMouseLeave=${() => setPointed(null)} onFocus=${() => setPointed(each.number)} onBlur=${() => setPointed(null)}>${each.number}</a>`,
          )}
        </p>
        ${STOPPED[generated.stop_reason] && html`<p class="warning">${STOPPED[generated.stop_reason]}</p>`}
        <p class="soft small-text">
          ${state.value.generation.model} · ${count(generated.usage?.input_tokens)} tokens in, ${count(generated.usage?.output_tokens)} out · ${count(state.value.generation.took_ms)} ms
          ${generated.dropped_citations > 0 && html` · ${generated.dropped_citations} citations were not in the objects and are left out`}
        </p>
      </article>
      <ol class="sources" aria-label="Sources">
        ${sources.length === 0 && html`<li class="soft">The text cites nothing.</li>`}
        ${sources.map((each, at) => html`<${Source} key=${at} number=${at + 1} citation=${each} collection=${collection} hits=${state.value.objects} pointed=${pointed} point=${setPointed} />`)}
      </ol>
    </div>`}
    ${!params.q && !state.loading && html`<${Empty} title="Ask a question"><p>A model writes a text from the objects found. Each statement has the number of the passage that it stands on.</p><//>`}
  </div>`;
}

function Source({ number, citation, collection, hits, pointed, point }) {
  const hit = hits.find((each) => each.id === citation.id);
  const value = hit ? valueOf(hit.properties, citation) : "";
  const characters = [...value];
  const open = pointed === number;
  const from = Math.max(0, citation.quote_start - (open ? AROUND : BEFORE));
  const to = Math.min(characters.length, citation.quote_end + AROUND);
  const part = (start, end) => characters.slice(start, end).join("");
  return html`<li id=${`source-${number}`} tabindex="0" class=${open ? "is-pointed" : ""} onMouseEnter=${() => point(number)} onMouseLeave=${() => point(null)} onFocus=${() => point(number)} onBlur=${() => point(null)}>
    <span class="cite" aria-hidden="true">${number}</span>
    <div>
      <a href=${link("object", { c: collection.name, id: citation.id })}>${hit ? titleOf(hit.properties)[1] || citation.id : citation.id}</a>
      <span class="soft small-text"> ${hit && collection.documents ? placeOf(hit.properties) || citation.property : citation.property}</span>
      <p class="passage">${from > 0 && "…"}${part(from, citation.quote_start)}<mark>${part(citation.quote_start, citation.quote_end) || citation.quote}</mark>${part(citation.quote_end, to)}${to < characters.length && "…"}</p>
    </div>
  </li>`;
}

function valueOf(properties, { property, item }) {
  const value = property.split(".").reduce((found, name) => found?.[name], properties);
  return plain(Array.isArray(value) && item !== null && item !== undefined ? value[item] : value);
}

// The text in pieces, with a number behind each statement that has a source. Places count code points, as strings of
// JavaScript do not.
export function cited({ text, citations = [] }) {
  const characters = [...text];
  const numbers = new Map();
  const sources = [];
  const marks = new Map();
  for (const each of [...citations].sort((a, b) => a.end - b.end)) {
    const key = JSON.stringify([each.id, each.property, each.quote]);
    if (!numbers.has(key)) {
      sources.push(each);
      numbers.set(key, sources.length);
    }
    const behind = marks.get(each.end) ?? [];
    if (!behind.some((mark) => mark.number === numbers.get(key))) behind.push({ number: numbers.get(key), start: each.start });
    marks.set(each.end, behind);
  }
  const pieces = [];
  let at = 0;
  for (const end of [...marks.keys()].sort((a, b) => a - b)) {
    const found = marks.get(end);
    const start = Math.max(at, Math.min(...found.map((each) => each.start)));
    if (start > at) pieces.push({ text: characters.slice(at, start).join("") });
    pieces.push({ text: characters.slice(start, end).join(""), numbers: found.map((each) => each.number) });
    for (const { number } of found) pieces.push({ number });
    at = end;
  }
  if (at < characters.length) pieces.push({ text: characters.slice(at).join("") });
  return { pieces, sources };
}
