// Judging by keyboard: the hits of three kinds of search in one list without scores, so that none is favoured.
import { collectionPath, post } from "../lib/api.js";
import { bodyOf, plural, titleOf } from "../lib/format.js";
import { Copy, Empty, Loading, Problem, useLoaded } from "../lib/parts.js";
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { go } from "../lib/route.js";

const GRADES = [[2, "good", "3"], [1, "fair", "2"], [0, "bad", "1"]];
const KEYS = { 1: 0, 2: 1, 3: 2, b: 0, f: 1, g: 2 };
const DEPTH = 10;
const keyOf = (hit) => hit.key ?? hit.id;

export function Judge({ about, collection, params }) {
  const name = collection?.name;
  const [stored, setStored] = useState(null);
  const [error, setError] = useState(null);
  const [text, setText] = useState("");
  // One after the other: a fast typist sends the next judgement before the last one is stored.
  const queue = useRef(Promise.resolve());
  const change = (body) => {
    queue.current = queue.current
      .then(() => post("local/judgements", { collection: name, ...body }))
      .then(
        (value) => (setStored(value), setError(null), value),
        (problem) => setError(problem),
      );
    return queue.current;
  };
  useEffect(() => {
    if (name) change({});
  }, [name]);
  if (!collection) return html`<${Empty} title="No collection yet" />`;
  const queries = stored?.queries ?? [];
  const current = queries.find((each) => each.id === params.q) ?? queries[0];
  const choose = (query) => go("judge", { c: name, q: query?.id });
  const add = async (event) => {
    event.preventDefault();
    const value = await change({ text });
    setText("");
    if (value) choose(value.queries.find((each) => each.text === text.trim().replace(/\s+/g, " ")) ?? value.queries.at(-1));
  };
  return html`<div class="two judge">
    <section class="list" aria-label="Queries">
      <h1>Judge</h1>
      <form class="row" onSubmit=${add}>
        <label class="hidden" for="new-query">New query</label>
        <input id="new-query" required value=${text} placeholder="New query" onInput=${(event) => setText(event.target.value)} />
        <button class="small">Add</button>
      </form>
      <ul class="cards">
        ${queries.map(
          (each) => html`<li key=${each.id}>
            <a href=${`#/judge?${new URLSearchParams({ c: name, q: each.id })}`} aria-current=${each.id === current?.id ? "true" : undefined}>
              <strong>${each.text}</strong><span class="soft small-text">${plural(Object.keys(each.judgements).length, "judgement")}</span>
            </a>
          </li>`,
        )}
      </ul>
      ${stored && queries.length > 0 && html`<${Export} about=${about} name=${name} stored=${stored} />`}
    </section>
    <section class="detail" aria-label="Hits">
      <${Problem} error=${error} />
      ${current
        ? html`<${Hits} key=${current.id} collection=${collection} query=${current} change=${change} next=${() => choose(queries[(queries.indexOf(current) + 1) % queries.length])} remove=${() => change({ remove: current.id })} />`
        : stored && html`<${Empty} title="Add a query"><p>Mark its hits good, fair or bad by keyboard. Ten queries show large differences between settings; a hundred show small ones. <code>alto evaluate</code> measures with them.</p><//>`}
    </section>
  </div>`;
}

function Export({ about, name, stored }) {
  const where = about.url === "http://localhost:8700" ? "" : ` --url ${about.url}`;
  const command = `alto evaluate ${name} ${stored.queries_file} ${stored.qrels_file} --sweep alpha --html report.html${where}`;
  return html`<div class="export">
    <h2>Measure with these</h2>
    <pre class="code" tabindex="0"><code>${command}</code></pre>
    <${Copy} text=${command} />
  </div>`;
}

function Hits({ collection, query, change, next, remove }) {
  const [at, setAt] = useState(0);
  // The place for keys: they may come faster than the page is drawn.
  const current = useRef(0);
  const list = useRef(null);
  const found = useLoaded((signal) => pool(collection, query.text, signal), [collection.name, query.id]);
  const hits = found.value ?? [];
  const judged = hits.filter((hit) => query.judgements[keyOf(hit)] !== undefined).length;
  const grade = (hit, value) => change({ query: query.id, document: keyOf(hit), grade: value });
  const move = (place) => {
    const to = Math.max(0, Math.min(hits.length - 1, place));
    current.current = to;
    setAt(to);
    list.current?.children[to]?.scrollIntoView({ block: "nearest" });
  };
  useEffect(() => {
    const onKey = (event) => {
      if (/INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName) || event.metaKey || event.ctrlKey || event.altKey) return;
      const hit = hits[current.current];
      if (event.key in KEYS && hit) {
        grade(hit, KEYS[event.key]);
        move(current.current + 1);
      } else if (event.key === "0" && hit) grade(hit, null);
      else if (event.key === "j" || event.key === "ArrowDown") move(current.current + 1);
      else if (event.key === "k" || event.key === "ArrowUp") move(current.current - 1);
      else if (event.key === "n") next();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  });
  return html`<div class="row spread">
      <h1>${query.text}</h1>
      <span class="row"><button class="small" onClick=${next}>Next query</button><button class="small ghost" onClick=${remove}>Remove</button></span>
    </div>
    <p class="soft keys"><span role="status">${judged} of ${hits.length} judged.</span> <kbd>3</kbd> good <kbd>2</kbd> fair <kbd>1</kbd> bad <kbd>0</kbd> none <kbd>j</kbd> <kbd>k</kbd> move <kbd>n</kbd> next query</p>
    <${Problem} error=${found.error} retry=${found.reload} />
    ${found.loading && html`<${Loading} label="Searching in three ways" />`}
    <ol class="judged" ref=${list}>
      ${hits.map((hit, place) => html`<${Judged} key=${hit.id} hit=${hit} documents=${collection.documents} current=${place === at} given=${query.judgements[keyOf(hit)]} choose=${() => move(place)} grade=${(value) => grade(hit, value)} />`)}
    </ol>`;
}

function Judged({ hit, documents, current, given, choose, grade }) {
  const [titleName, title] = titleOf(hit.properties);
  const [, body] = bodyOf(hit.properties, titleName, documents);
  return html`<li class=${current ? "is-current" : ""} aria-current=${current ? "true" : undefined} onClick=${choose}>
    <div class="grades" role="group" aria-label=${`Judgement of ${title || hit.id}`}>
      ${GRADES.map(([value, word, key]) => html`<button key=${value} class=${`grade g${value}`} aria-pressed=${given === value} title=${`Key ${key}`} onClick=${() => grade(given === value ? null : value)}>${word}</button>`)}
    </div>
    <div><h2>${title || hit.id}</h2><p class="passage">${body.slice(0, 700)}</p></div>
  </li>`;
}

// The first hits of hybrid, words and meaning, taken in turn.
async function pool(collection, query, signal) {
  const hasVectors = Object.values(collection.vectors ?? {}).some((each) => each.vectorizer !== "none");
  const modes = hasVectors ? ["hybrid", "bm25", "near_text"] : ["bm25"];
  const body = { queries: modes.map((mode) => ({ [mode]: { query }, limit: DEPTH })) };
  const { results } = await post(collectionPath(collection.name, "/search"), body, { signal });
  const failed = results.find((each) => each.error);
  if (failed && results.every((each) => each.error)) throw failed.error;
  const hits = new Map();
  for (let place = 0; place < DEPTH; place += 1) {
    for (const { objects } of results) {
      const hit = objects?.[place];
      if (hit && !hits.has(hit.id)) hits.set(hit.id, hit);
    }
  }
  return [...hits.values()];
}
