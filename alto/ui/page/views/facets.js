// Filters made by clicking: values that the hits have, and a form for everything else.
import { collectionPath, post } from "../lib/api.js";
import { describe, filterOf, kindOf, OPERATORS, typedValue } from "../lib/filters.js";
import { count } from "../lib/format.js";
import { useLoaded } from "../lib/parts.js";
import { html, useState } from "../lib/preact.js";
import { searchOf } from "../lib/settings.js";

const MOST_PROPERTIES = 12;
const SHOWN = 6;
const LONGEST = 60;
const DEPTH = 500;

export function Filters({ collection, filters, set }) {
  const [open, setOpen] = useState(false);
  return html`<div class="filters">
    ${filters.map(
      (each, at) =>
        html`<span class="chip" key=${JSON.stringify(each)}>
          ${describe(each)}
          <button aria-label=${`Remove the filter ${describe(each)}`} onClick=${() => set(filters.filter((_, place) => place !== at))}>✕</button>
        </span>`,
    )}
    ${open
      ? html`<${FilterForm} collection=${collection} close=${() => setOpen(false)} add=${(each) => (setOpen(false), set([...filters, each]))} />`
      : html`<button class="small ghost" onClick=${() => setOpen(true)}>+ Filter</button>`}
  </div>`;
}

function FilterForm({ collection, add, close }) {
  const properties = collection.properties.filter((each) => each.filterable !== false && !/^(object|geo)/.test(each.type));
  const [name, setName] = useState(properties[0]?.name ?? "");
  const property = properties.find((each) => each.name === name);
  const operators = OPERATORS[kindOf(property)];
  const [operator, setOperator] = useState(operators[0][0]);
  const [value, setValue] = useState("");
  const chosen = operators.some(([each]) => each === operator) ? operator : operators[0][0];
  const submit = (event) => {
    event.preventDefault();
    add({ property: name, operator: chosen, value: typedValue(property, chosen, value) });
  };
  return html`<form class="filter-form" onSubmit=${submit}>
    <label><span class="hidden">Property</span>
      <select value=${name} onChange=${(event) => setName(event.target.value)}>${properties.map((each) => html`<option key=${each.name} value=${each.name}>${each.name}</option>`)}</select>
    </label>
    <label><span class="hidden">Condition</span>
      <select value=${chosen} onChange=${(event) => setOperator(event.target.value)}>${operators.map(([each, words]) => html`<option key=${each} value=${each}>${words}</option>`)}</select>
    </label>
    ${chosen !== "is_null" &&
    html`<label><span class="hidden">Value</span>
      ${kindOf(property) === "boolean"
        ? html`<select value=${value || "true"} onChange=${(event) => setValue(event.target.value)}><option value="true">true</option><option value="false">false</option></select>`
        : html`<input required value=${value} type=${property?.type === "int" || property?.type === "number" ? "number" : "text"} step="any" onInput=${(event) => setValue(event.target.value)} placeholder=${property?.type === "date" ? "2026-01-31T00:00:00Z" : "value"} />`}
    </label>`}
    <button class="small">Add</button>
    <button class="small ghost" type="button" onClick=${close}>Cancel</button>
  </form>`;
}

export function Facets({ collection, column, query, filters, set }) {
  const properties = collection.properties
    .filter((each) => each.filterable !== false && ["text", "text[]", "boolean"].includes(each.type))
    .slice(0, MOST_PROPERTIES);
  const search = query && column.mode !== "near_object" ? { search: searchOf({ ...column, settings: { ...column.settings, rerank: "" } }, query, filterOf(filters), DEPTH) } : filters.length ? { filter: filterOf(filters) } : {};
  const found = useLoaded(
    async (signal) => {
      if (properties.length === 0) return null;
      const metrics = properties.map((each) => [each.name, each.type === "boolean" ? { metrics: ["total_true", "total_false"] } : { metrics: ["top_occurrences"], limit: 20 }]);
      return post(collectionPath(collection.name, "/aggregate"), { ...search, properties: Object.fromEntries(metrics) }, { signal });
    },
    [collection.name, JSON.stringify(search)],
  );
  const facets = properties.map((each) => [each.name, valuesOf(found.value?.properties?.[each.name])]).filter(([, values]) => values.length > 0).filter(isNew);
  if (facets.length === 0) return html`<aside class="facets is-empty" aria-label="Filters"></aside>`;
  const has = (name, value) => filters.some((each) => each.property === name && each.value === value);
  const toggle = (name, value) => {
    const rest = filters.filter((each) => !(each.property === name && each.value === value));
    set(rest.length < filters.length ? rest : [...filters, { property: name, operator: "equal", value }]);
  };
  return html`<aside class="facets" aria-label="Filters">
    ${facets.map(([name, values]) => html`<${Facet} key=${name} name=${name} values=${values} has=${has} toggle=${toggle} />`)}
    ${query && html`<p class="soft small-text">Counts are those of the first ${count(DEPTH)} hits.</p>`}
  </aside>`;
}

function Facet({ name, values, has, toggle }) {
  const [all, setAll] = useState(false);
  const most = Math.max(...values.map((each) => each.count));
  return html`<section>
    <h2>${name.replaceAll("_", " ")}</h2>
    <ul>
      ${values.slice(0, all ? values.length : SHOWN).map(
        ({ value, count: found }) =>
          html`<li key=${String(value)}>
            <button class="facet" aria-pressed=${has(name, value)} onClick=${() => toggle(name, value)}>
              <span class="facet-bar" style=${{ width: `${(found / most) * 100}%` }} aria-hidden="true"></span>
              <span class="facet-name">${String(value)}</span><span class="facet-count">${count(found)}</span>
            </button>
          </li>`,
      )}
    </ul>
    ${values.length > SHOWN && html`<button class="link small-text" onClick=${() => setAll(!all)}>${all ? "Fewer" : `${values.length - SHOWN} more`}</button>`}
  </section>`;
}

// A code and its name ("kms", "Key Management Service") divide objects in the same way: the first one is enough.
function isNew([, values], at, facets) {
  const counts = (of) => of.map((each) => each.count).join();
  return values.length < 3 || !facets.slice(0, at).some(([, earlier]) => counts(earlier) === counts(values));
}

// A property whose values hardly repeat, or are long, is not a facet.
function valuesOf(metrics) {
  if (!metrics) return [];
  if (metrics.top_occurrences) {
    const values = metrics.top_occurrences;
    const repeats = values.length > 0 && values[0].count > 1 && values.filter((each) => each.count > 1).length >= Math.min(values.length, 2);
    return repeats && values.every((each) => each.value.length <= LONGEST) ? values : [];
  }
  return [["true", metrics.total_true], ["false", metrics.total_false]]
    .filter(([, found]) => found > 0)
    .map(([value, found]) => ({ value: value === "true", count: found }));
}
