// Objects in two dimensions, coloured by a property, with a query and its nearest objects.
import { post } from "../lib/api.js";
import { count, plain, titleOf } from "../lib/format.js";
import { Icon } from "../lib/icons.js";
import { Empty, Loading, Problem, useLoaded } from "../lib/parts.js";
import { html, useEffect, useMemo, useRef, useState } from "../lib/preact.js";
import { go, link } from "../lib/route.js";

const COLOURS = 8;
const [WIDTH, HEIGHT, EDGE] = [1000, 640, 24];
const MOST_ZOOM = 40;
const WHOLE = { x: 0, y: 0, zoom: 1 };

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
  const hits = found.value?.hits ?? [];
  const at = useMemo(() => scale([...objects, ...hits].map((each) => each.place).concat(found.value?.query ? [found.value.query] : [])), [found.value]);
  const byId = useMemo(() => new Map([...objects, ...hits].map((each) => [each.id, each])), [found.value]);
  // Drawn once: a zoom changes only the part of the plane that is shown.
  const dots = useMemo(() => objects.map((each) => {
    const [x, y] = at(each.place);
    return html`<circle key=${each.id} cx=${x} cy=${y} class=${`dot c${groups.of(each)}`} data-id=${each.id} />`;
  }), [found.value, groups]);
  if (!collection || vectors.length === 0) return html`<${Empty} title="No vectors"><p>A map shows the vectors of a collection. This one has none.</p><//>`;
  const change = (changes) => go("map", { c: collection.name, q: params.q, v: params.v, by: params.by, ...changes });
  const submit = (event) => {
    event.preventDefault();
    change({ q: text.trim() });
  };
  const point = (event) => {
    const each = byId.get(event.target.closest("[data-id]")?.dataset.id);
    if (!each) return setPointed(null);
    const frame = event.currentTarget.getBoundingClientRect();
    const mark = event.target.getBoundingClientRect();
    return setPointed({ each, left: mark.left + mark.width / 2 - frame.left, top: mark.top - frame.top });
  };
  const open = (event) => {
    const id = event.target.closest("[data-id]")?.dataset.id;
    if (id) go("object", { c: collection.name, id });
  };
  return html`<div class="map">
    <h1 class="hidden">Map of ${collection.name}</h1>
    <div class="map-tools">
      <form role="search" onSubmit=${submit}>
        <label class="hidden" for="map-query">Query</label>
        <input id="map-query" type="search" placeholder="Show a query and its nearest objects" value=${text} onInput=${(event) => setText(event.target.value)} />
        <button class="primary">Show</button>
      </form>
      <label class="inline">Colour <select value=${groups.name ?? "-"} onChange=${(event) => change({ by: event.target.value })}><option value="-">none</option>${properties.map((each) => html`<option key=${each.name} value=${each.name}>${each.name}</option>`)}</select></label>
      ${vectors.length > 1 && html`<label class="inline">Vector <select value=${vector} onChange=${(event) => change({ v: event.target.value })}>${vectors.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}</select></label>`}
    </div>
    <${Problem} error=${found.error} retry=${found.reload} />
    ${found.loading && html`<${Loading} label="Reading vectors" />`}
    ${objects.length > 0 && html`<div class="map-body">
      <figure onMouseOver=${point} onMouseLeave=${() => setPointed(null)} onClick=${open}>
        <${Zoomed} label=${`${objects.length} objects of ${collection.name} by their vectors`} dimmed=${hits.length > 0} key=${`${vector} ${params.q ?? ""}`} moved=${() => setPointed(null)}>
          ${dots}
          ${found.value.query && hits.map((each) => {
            const [x, y] = at(each.place);
            const [qx, qy] = at(found.value.query);
            return html`<line key=${each.id} class="ray" x1=${qx} y1=${qy} x2=${x} y2=${y} />`;
          })}
          ${hits.map((each, place) => {
            const [x, y] = at(each.place);
            return html`<g key=${each.id} class="near" style=${{ transformOrigin: `${x}px ${y}px` }} data-id=${each.id}><circle cx=${x} cy=${y} r="9" /><text x=${x} y=${y + 3.5} text-anchor="middle">${place + 1}</text></g>`;
          })}
          ${found.value.query && html`<${Star} place=${at(found.value.query)} />`}
        <//>
        ${pointed && html`<p class="tip" style=${{ left: `${pointed.left}px`, top: `${pointed.top}px` }}><strong>${titleOf(pointed.each.properties)[1] || pointed.each.id}</strong>${groups.name && html`<br />${plain(pointed.each.properties[groups.name]).slice(0, 60)}`}</p>`}
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

// The plane, of which a part is shown: the wheel, + and - zoom, dragging and arrows move, 0 shows the whole.
function Zoomed({ label, dimmed, children, moved }) {
  const [view, setView] = useState(WHOLE);
  const held = useRef(null);
  const svg = useRef(null);
  const limit = ({ x, y, zoom }) => {
    const kept = Math.min(MOST_ZOOM, Math.max(1, zoom));
    return { zoom: kept, x: Math.min(WIDTH - WIDTH / kept, Math.max(0, x)), y: Math.min(HEIGHT - HEIGHT / kept, Math.max(0, y)) };
  };
  const show = (next) => (moved(), setView((before) => limit(next(before))));
  // `right` and `low` are the place that stays, as shares of the width and the height.
  const zoomBy = (factor, right = 0.5, low = 0.5) =>
    show(({ x, y, zoom }) => {
      const next = Math.min(MOST_ZOOM, Math.max(1, zoom * factor));
      return { zoom: next, x: x + right * (WIDTH / zoom - WIDTH / next), y: y + low * (HEIGHT / zoom - HEIGHT / next) };
    });
  const shift = (right, low) => show(({ x, y, zoom }) => ({ zoom, x: x + (right * WIDTH) / zoom, y: y + (low * HEIGHT) / zoom }));
  useEffect(() => {
    const onWheel = (event) => {
      event.preventDefault();
      const frame = svg.current.getBoundingClientRect();
      zoomBy(1.0015 ** -event.deltaY, (event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height);
    };
    // Not by Preact, whose listeners for the wheel cannot keep the page from scrolling.
    svg.current.addEventListener("wheel", onWheel, { passive: false });
    return () => svg.current?.removeEventListener("wheel", onWheel);
  }, []);
  const keys = { "+": () => zoomBy(1.5), "=": () => zoomBy(1.5), "-": () => zoomBy(1 / 1.5), 0: () => show(() => WHOLE), ArrowLeft: () => shift(-0.2, 0), ArrowRight: () => shift(0.2, 0), ArrowUp: () => shift(0, -0.2), ArrowDown: () => shift(0, 0.2) };
  const onKey = (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    keys[event.key]();
  };
  const drag = (event) => {
    if (!held.current) return;
    const frame = svg.current.getBoundingClientRect();
    const [right, low] = [(held.current.x - event.clientX) / frame.width, (held.current.y - event.clientY) / frame.height];
    if (Math.abs(right) + Math.abs(low) < 0.004) return;
    held.current = { x: event.clientX, y: event.clientY, moved: true };
    shift(right, low);
  };
  const grab = (event) => {
    held.current = view.zoom > 1 ? { x: event.clientX, y: event.clientY } : null;
  };
  const release = () => setTimeout(() => (held.current = null));
  return html`<div class="plane" onClickCapture=${(event) => held.current?.moved && event.stopPropagation()}>
    <svg ref=${svg} tabindex="0" viewBox=${`${view.x} ${view.y} ${WIDTH / view.zoom} ${HEIGHT / view.zoom}`} role="img" aria-label=${label}
      class=${`${dimmed ? "has-query" : ""} ${view.zoom > 1 ? "is-zoomed" : ""}`} style=${{ "--zoom": view.zoom }}
      onKeyDown=${onKey} onPointerDown=${grab} onPointerMove=${drag} onPointerUp=${release} onPointerLeave=${release}>${children}</svg>
    <div class="zoom" role="group" aria-label="Zoom">
      <button class="icon" aria-label="Nearer" title="Nearer (+)" disabled=${view.zoom >= MOST_ZOOM} onClick=${() => zoomBy(1.5)}><${Icon} name="plus" /></button>
      <button class="icon" aria-label="Farther" title="Farther (-)" disabled=${view.zoom <= 1} onClick=${() => zoomBy(1 / 1.5)}><${Icon} name="minus" /></button>
      <button class="icon" aria-label="The whole map" title="The whole map (0)" disabled=${view.zoom <= 1} onClick=${() => show(() => WHOLE)}><${Icon} name="whole" /></button>
    </div>
  </div>`;
}

function Star({ place: [x, y] }) {
  const points = Array.from({ length: 10 }, (_, at) => {
    const size = at % 2 ? 6 : 14;
    const angle = (Math.PI * at) / 5 - Math.PI / 2;
    return `${(x + size * Math.cos(angle)).toFixed(1)},${(y + size * Math.sin(angle)).toFixed(1)}`;
  });
  return html`<polygon class="star" style=${{ transformOrigin: `${x}px ${y}px` }} points=${points.join(" ")}><title>The query</title></polygon>`;
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
  const name = chosen === "-" ? undefined : (chosen ?? mostTelling(names, tally));
  if (!name) return { name: undefined, values: [], others: 0, of: () => "-none" };
  const values = tally(name);
  const first = values.slice(0, COLOURS);
  const index = new Map(first.map(([value], place) => [value, place]));
  const others = values.slice(COLOURS).reduce((sum, [, found]) => sum + found, 0);
  return { name, values: first, others, of: (each) => index.get(plain(each.properties[name])) ?? "-other" };
}
