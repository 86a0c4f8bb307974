// Objects in two dimensions, coloured by a property, with a query and its nearest objects.
import { post } from "../lib/api.js";
import { count, plain, titleOf } from "../lib/format.js";
import { Empty, Loading, Problem, useLoaded } from "../lib/parts.js";
import { html, useMemo, useState } from "../lib/preact.js";
import { go, link } from "../lib/route.js";

const COLOURS = 8;
const [WIDTH, HEIGHT, EDGE] = [1000, 640, 24];

export function MapView({ collection, params }) {
  const [text, setText] = useState(params.q ?? "");
  const [pointed, setPointed] = useState(null);
  const vectors = Object.keys(collection?.vectors ?? {});
  const vector = params.v ?? (vectors.includes("default") ? "default" : vectors[0]);
  const found = useLoaded(
    async (signal) => (collection && vector ? post("local/map", { collection: collection.name, vector, query: params.q ?? "" }, { signal }) : null),
    [collection?.name, vector, params.q],
  );
  const properties = (collection?.properties ?? []).filter((each) => ["text", "int", "number", "boolean"].includes(each.type));
  const objects = found.value?.objects ?? [];
  const groups = useMemo(() => colouring(objects, properties.map((each) => each.name), params.by), [found.value, params.by]);
  if (!collection || vectors.length === 0) return html`<${Empty} title="No vectors"><p>A map shows the vectors of a collection. This one has none.</p><//>`;
  const change = (changes) => go("map", { c: collection.name, q: params.q, v: params.v, by: params.by, ...changes });
  const hits = found.value?.hits ?? [];
  const at = scale([...objects, ...hits].map((each) => each.place).concat(found.value?.query ? [found.value.query] : []));
  const submit = (event) => {
    event.preventDefault();
    change({ q: text.trim() });
  };
  return html`<div class="map">
    <h1 class="hidden">Map of ${collection.name}</h1>
    <div class="map-tools">
      <form role="search" onSubmit=${submit}>
        <label class="hidden" for="map-query">Query</label>
        <input id="map-query" type="search" placeholder="Show a query and its nearest objects" value=${text} onInput=${(event) => setText(event.target.value)} />
        <button class="primary">Show</button>
      </form>
      <label class="inline">Colour <select value=${groups.name ?? ""} onChange=${(event) => change({ by: event.target.value })}><option value="">none</option>${properties.map((each) => html`<option key=${each.name} value=${each.name}>${each.name}</option>`)}</select></label>
      ${vectors.length > 1 && html`<label class="inline">Vector <select value=${vector} onChange=${(event) => change({ v: event.target.value })}>${vectors.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}</select></label>`}
    </div>
    <${Problem} error=${found.error} retry=${found.reload} />
    ${found.loading && html`<${Loading} label="Reading vectors" />`}
    ${objects.length > 0 && html`<div class="map-body">
      <figure>
        <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${`${objects.length} objects of ${collection.name} by their vectors`} class=${hits.length ? "has-query" : ""}>
          <g>${objects.map((each) => {
            const [x, y] = at(each.place);
            return html`<circle key=${each.id} cx=${x} cy=${y} r="4" class=${`dot c${groups.of(each)}`} onMouseEnter=${() => setPointed({ each, x, y })} onMouseLeave=${() => setPointed(null)} onClick=${() => go("object", { c: collection.name, id: each.id })} />`;
          })}</g>
          ${found.value.query && hits.map((each) => {
            const [x, y] = at(each.place);
            const [qx, qy] = at(found.value.query);
            return html`<line key=${each.id} class="ray" x1=${qx} y1=${qy} x2=${x} y2=${y} />`;
          })}
          ${hits.map((each, place) => {
            const [x, y] = at(each.place);
            return html`<g key=${each.id} class="near" onMouseEnter=${() => setPointed({ each, x, y })} onMouseLeave=${() => setPointed(null)}><circle cx=${x} cy=${y} r="9" /><text x=${x} y=${y + 3.5} text-anchor="middle">${place + 1}</text></g>`;
          })}
          ${found.value.query && html`<${Star} place=${at(found.value.query)} />`}
        </svg>
        ${pointed && html`<p class="tip" style=${{ left: `${(pointed.x / WIDTH) * 100}%`, top: `${(pointed.y / HEIGHT) * 100}%` }}><strong>${titleOf(pointed.each.properties)[1] || pointed.each.id}</strong>${groups.name && html`<br />${plain(pointed.each.properties[groups.name]).slice(0, 60)}`}</p>`}
        <figcaption class="soft small-text">
          ${count(objects.length)} objects, the first by id (ids are random), in the two directions in which they differ most (PCA): they hold ${(found.value.explained.reduce((a, b) => a + b, 0) * 100).toFixed(0)} % of the variance, so near in the map is not always near in the vectors.
          ${found.value.query && html` ★ is the query, computed from its distances to its nearest objects.`}
        </figcaption>
      </figure>
      <div class="map-side">
        ${groups.values.length > 0 && html`<h2>${groups.name}</h2><ul class="legend">${groups.values.map(([value, found], place) => html`<li key=${value}><span class=${`swatch c${place}`}></span>${value} <span class="soft">${count(found)}</span></li>`)}${groups.others > 0 && html`<li><span class="swatch c-other"></span>others <span class="soft">${count(groups.others)}</span></li>`}</ul>`}
        ${hits.length > 0 && html`<h2>Nearest</h2><ol class="nearest">${hits.map((each) => html`<li key=${each.id}><a href=${link("object", { c: collection.name, id: each.id })}>${titleOf(each.properties)[1] || each.id}</a></li>`)}</ol>`}
      </div>
    </div>`}
  </div>`;
}

function Star({ place: [x, y] }) {
  const points = Array.from({ length: 10 }, (_, at) => {
    const size = at % 2 ? 6 : 14;
    const angle = (Math.PI * at) / 5 - Math.PI / 2;
    return `${(x + size * Math.cos(angle)).toFixed(1)},${(y + size * Math.sin(angle)).toFixed(1)}`;
  });
  return html`<polygon class="star" points=${points.join(" ")}><title>The query</title></polygon>`;
}

function scale(places) {
  const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)];
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return ([x, y]) => [
    Math.round((EDGE + ((x - left) / (right - left || 1)) * (WIDTH - 2 * EDGE)) * 10) / 10,
    Math.round((HEIGHT - EDGE - ((y - low) / (high - low || 1)) * (HEIGHT - 2 * EDGE)) * 10) / 10,
  ];
}

// The property of which the colours cover the most objects, with more than one value.
function mostTelling(names, tally) {
  const covered = names.map((name) => {
    const values = tally(name);
    const shown = values.slice(0, COLOURS).reduce((sum, [, found]) => sum + found, 0);
    return [name, values.length > 1 && values[0][1] > 1 && values[0][0].length < 40 ? shown : 0];
  });
  const [name, most] = covered.sort((a, b) => b[1] - a[1])[0] ?? [undefined, 0];
  return most > 0 ? name : undefined;
}

// Colours for the most frequent values of a property: the given one, or the one that says most.
function colouring(objects, names, chosen) {
  const tally = (name) => {
    const found = new Map();
    for (const each of objects) {
      const value = plain(each.properties[name]);
      if (value) found.set(value, (found.get(value) ?? 0) + 1);
    }
    return [...found].sort((a, b) => b[1] - a[1]);
  };
  const name = chosen ?? mostTelling(names, tally);
  if (!name) return { name: undefined, values: [], others: 0, of: () => "-none" };
  const values = tally(name);
  const first = values.slice(0, COLOURS);
  const index = new Map(first.map(([value], place) => [value, place]));
  const others = values.slice(COLOURS).reduce((sum, [, found]) => sum + found, 0);
  return { name, values: first, others, of: (each) => index.get(plain(each.properties[name])) ?? "-other" };
}
