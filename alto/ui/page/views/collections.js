// Collections: what they hold, how they are searched, and changes.
import { call, collectionPath, get, post } from "../lib/api.js";
import { bytes, count, plain, since, titleOf } from "../lib/format.js";
import { Dialog, Empty, Loading, Problem, useLoaded } from "../lib/parts.js";
import { html, useEffect, useState } from "../lib/preact.js";
import { go, link } from "../lib/route.js";
import { CollectionForm, PropertyForm } from "./collection-form.js";

export function Collections({ collections, params, reload }) {
  const [creating, setCreating] = useState(false);
  const chosen = collections.find((each) => each.name === params.c) ?? collections[0];
  return html`<div class="two">
    <section class="list" aria-label="Collections">
      <div class="row spread"><h1>Collections</h1><button class="primary small" onClick=${() => setCreating(true)}>New</button></div>
      <ul class="cards">
        ${collections.map((each) => html`<${Card} key=${each.name} collection=${each} current=${each.name === chosen?.name} />`)}
      </ul>
      ${collections.length === 0 && html`<p class="soft">There are no collections yet.</p>`}
    </section>
    ${chosen ? html`<${Detail} key=${chosen.name} collection=${chosen} reload=${reload} />` : html`<${Empty} title="Make a collection"><p>It holds objects with properties, and finds them by words and by meaning.</p><//>`}
    ${creating && html`<${CollectionForm} onClose=${() => setCreating(false)} created=${async (name) => (await reload(), setCreating(false), go("collections", { c: name }))} />`}
  </div>`;
}

function Card({ collection, current }) {
  const found = useLoaded((signal) => post(collectionPath(collection.name, "/aggregate"), {}, { signal }), [collection.name, collection.updated]);
  const vectors = Object.values(collection.vectors ?? {});
  return html`<li>
    <a href=${link("collections", { c: collection.name })} aria-current=${current ? "true" : undefined}>
      <strong>${collection.name}</strong>
      <span class="soft">${found.value ? `${count(found.value.total)} objects` : found.error ? "cannot be counted" : "…"}</span>
      <span class="soft small-text">${collection.properties.length} properties · ${vectors.map((each) => each.model ?? each.endpoint ?? "own vectors").join(", ") || "no vector"}</span>
    </a>
  </li>`;
}

function Detail({ collection, reload }) {
  const [dialog, setDialog] = useState(null);
  const facts = useLoaded(
    async (signal) => {
      const [total, sample] = await Promise.all([
        post(collectionPath(collection.name, "/aggregate"), {}, { signal }),
        get(collectionPath(collection.name, "/objects?limit=5"), { signal }),
      ]);
      return { total: total.total, objects: sample.objects };
    },
    [collection.name],
  );
  const vectors = Object.entries(collection.vectors ?? {});
  const size = vectors.reduce((sum, [, each]) => sum + (each.dimensions ?? 0) * 4, 0) * (facts.value?.total ?? 0);
  return html`<section class="detail" aria-label=${collection.name}>
    <div class="row spread">
      <h1>${collection.name}</h1>
      <span class="row">
        <a class="button small" href=${link("search", { c: collection.name })}>Search</a>
        <button class="small" onClick=${() => setDialog("change")}>Change</button>
        <button class="small danger" onClick=${() => setDialog("delete")}>Delete</button>
      </span>
    </div>
    ${collection.description && html`<p>${collection.description}</p>`}
    ${collection.notice && html`<p class="warning">${collection.notice}</p>`}
    <dl class="facts">
      <div><dt>objects</dt><dd>${count(facts.value?.total)}</dd></div>
      <div><dt>vectors</dt><dd>${size ? `${bytes(size)} of numbers` : "–"}</dd></div>
      <div><dt>created</dt><dd>${since(collection.created)}</dd></div>
      <div><dt>undescribed properties</dt><dd>${collection.auto_schema ? "are added" : "are rejected"}</dd></div>
      ${collection.documents && html`<div><dt>documents</dt><dd>${collection.documents.chunking ?? "structure"}, ${count(collection.documents.size ?? 1200)} characters</dd></div>`}
      <div><dt>shards</dt><dd>${collection.index?.shards ?? 1}</dd></div>
    </dl>
    <div class="row spread"><h2>Properties</h2><button class="small" onClick=${() => setDialog("property")}>Add</button></div>
    <div class="scroll" tabindex="0" role="region" aria-label="Properties"><table>
      <thead><tr><th>name</th><th>type</th><th>words</th><th>in the vector</th><th>in filters</th></tr></thead>
      <tbody>${collection.properties.map((each) => html`<tr key=${each.name}><td><code>${each.name}</code>${each.description && html`<br /><span class="soft small-text">${each.description}</span>`}</td><td>${each.type}</td><td>${wordsOf(each)}</td><td>${inVector(each, vectors)}</td><td>${each.filterable === false ? "no" : "yes"}</td></tr>`)}</tbody>
    </table></div>
    <h2>Vectors</h2>
    ${vectors.length === 0 ? html`<p class="soft">None: this collection is searched by words.</p>` : html`<div class="scroll" tabindex="0" role="region" aria-label="Vectors"><table>
      <thead><tr><th>name</th><th>made by</th><th>numbers</th><th>distance</th></tr></thead>
      <tbody>${vectors.map(([name, each]) => html`<tr key=${name}><td><code>${name}</code></td><td>${each.vectorizer === "none" ? "the caller" : `${each.model ?? each.endpoint}, ${each.region}`}</td><td>${each.dimensions}</td><td>${each.index?.distance ?? "cosine"}</td></tr>`)}</tbody>
    </table></div>`}
    <h2>Some objects</h2>
    <${Problem} error=${facts.error} retry=${facts.reload} />
    ${facts.loading && !facts.value && html`<${Loading} />`}
    ${facts.value?.objects.length === 0 && html`<p class="soft">There are none yet: <a href=${link("imports", { c: collection.name })}>import a file</a>.</p>`}
    <ul class="samples">${facts.value?.objects.map((each) => html`<li key=${each.id}><a href=${link("object", { c: collection.name, id: each.id })}>${titleOf(each.properties)[1] || each.id}</a><span class="soft small-text">${summary(each.properties)}</span></li>`)}</ul>
    ${dialog === "change" && html`<${Change} collection=${collection} onClose=${() => setDialog(null)} reload=${reload} />`}
    ${dialog === "property" && html`<${PropertyForm} collection=${collection} onClose=${() => setDialog(null)} reload=${reload} />`}
    ${dialog === "delete" && html`<${Delete} collection=${collection} total=${facts.value?.total} onClose=${() => setDialog(null)} reload=${reload} />`}
  </section>`;
}

function summary(properties) {
  const [title] = titleOf(properties);
  const shown = Object.entries(properties).filter(([name, value]) => name !== title && value !== null);
  return shown.map(([, value]) => plain(value).slice(0, 90)).join(" · ");
}

function wordsOf(property) {
  if (!property.type.startsWith("text")) return "";
  if (property.searchable === false) return "not searched";
  const stop = Array.isArray(property.stop_words) ? `${property.stop_words.length} stop words` : property.stop_words === "none" ? "no stop words" : "";
  return [property.tokenization ?? "english", stop].filter(Boolean).join(", ");
}

function inVector(property, vectors) {
  const names = vectors.filter(([, each]) => each.source_properties?.includes(property.name) || (!each.source_properties && each.vectorizer !== "none" && property.type.startsWith("text") && !property.skip_vectorization)).map(([name]) => name);
  return names.length === 0 ? "" : vectors.length === 1 ? "yes" : names.join(", ");
}

function Change({ collection, onClose, reload }) {
  const [description, setDescription] = useState(collection.description ?? "");
  const [open, setOpen] = useState(Boolean(collection.auto_schema));
  const [error, setError] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    try {
      await call("PATCH", collectionPath(collection.name), { description, auto_schema: open });
      await reload();
      onClose();
    } catch (problem) {
      setError(problem);
    }
  };
  return html`<${Dialog} title=${`Change ${collection.name}`} onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <label>Description<textarea rows="3" value=${description} onInput=${(event) => setDescription(event.target.value)}></textarea></label>
      <label class="check"><input type="checkbox" checked=${open} onChange=${(event) => setOpen(event.target.checked)} /> Add properties that are not described when an object has them</label>
      <${Problem} error=${error} />
      <div class="row end"><button class="primary">Save</button></div>
    </form>
  <//>`;
}

function Delete({ collection, total, onClose, reload }) {
  const [name, setName] = useState("");
  const [error, setError] = useState(null);
  useEffect(() => setError(null), [name]);
  const submit = async (event) => {
    event.preventDefault();
    try {
      await call("DELETE", collectionPath(collection.name));
      onClose();
      await reload();
      go("collections", {});
    } catch (problem) {
      setError(problem);
    }
  };
  return html`<${Dialog} title=${`Delete ${collection.name}`} onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <p>This removes the collection and ${total === undefined ? "all its objects" : `its ${count(total)} objects`}. It cannot be undone.</p>
      <label>Type <strong>${collection.name}</strong> to confirm<input value=${name} autocomplete="off" onInput=${(event) => setName(event.target.value)} /></label>
      <${Problem} error=${error} />
      <div class="row end"><button class="danger" disabled=${name !== collection.name}>Delete it</button></div>
    </form>
  <//>`;
}
