// Values of the hits that filter by clicking: any of several, and ranges of numbers and dates.
import { collectionPath, post } from "../lib/api.js";
import { chosenValues, filterOf, isRange, setRange, toggleValue, typeOf, withoutOwn } from "../lib/filters.js";
import { count } from "../lib/format.js";
import { useLoaded } from "../lib/parts.js";
import { html, useState } from "../lib/preact.js";
import { rangesOf } from "../lib/ranges.js";
import { searchOf } from "../lib/settings.js";

const MOST_PROPERTIES = 12;
const MOST_RANGES = 3;
const MOST_GROUPS = 1_000;
// Of all objects, those whose value is none of these groups.
const MOST_OTHERS = 0.1;
const SHOWN = 6;
const LONGEST = 60;
const DEPTH = 500;
// Counts of passages, not what a reader would filter by.
const INTERNAL = new Set(["ordinal", "document_version", "source", "links"]);

export function Facets({ collection, column, query, filters, set }) {
  const candidates = collection.properties.filter((each) => each.filterable !== false && !(collection.documents && INTERNAL.has(each.name)));
  const valued = candidates.filter((each) => ["text", "text[]", "boolean"].includes(each.type)).slice(0, MOST_PROPERTIES);
  const ranged = candidates.filter((each) => ["int", "number", "date"].includes(each.type)).slice(0, MOST_RANGES);
  const search = query && column.mode !== "near_object" ? { ...column, settings: { ...column.settings, rerank: "" } } : null;
  const found = useLoaded((signal) => load({ collection, search, query, filters, valued, ranged }, signal), [collection.name, search && JSON.stringify(searchOf(search, query)), JSON.stringify(filters)]);
  const values = valued
    .map((each) => [each.name, valuesOf(found.value?.values[each.name], chosenValues(filters, each.name), found.value?.total)])
    .filter(([, shown]) => shown.length > 0)
    .filter(([name, shown], at, all) => chosenValues(filters, name).length > 0 || isNew(collection.name, name, shown, at, all, filters));
  const ranges = ranged
    .map((each) => [each, rangesOf(each.type, found.value?.groups[each.name]?.groups ?? []), found.value?.groups[each.name] ?? {}])
    .filter(([each, shown]) => shown.length > 1 || filters.some((one) => isRange(one, each.name)));
  if (values.length + ranges.length === 0) return html`<aside class="facets is-empty" aria-label="Filters"></aside>`;
  return html`<aside class="facets" aria-label="Filters">
    ${values.map(([name, shown]) => html`<${Values} key=${name} name=${name} values=${shown} chosen=${chosenValues(filters, name)} toggle=${(value) => set(toggleValue(filters, name, value))} />`)}
    ${ranges.map(([property, shown, of]) => html`<${Ranges} key=${property.name} property=${property} ranges=${shown} of=${of} filters=${filters} set=${set} />`)}
    ${query && html`<p class="soft small-text">Counts are those of the first ${count(DEPTH)} hits.</p>`}
  </aside>`;
}

// One request for all properties without a choice, and one for each that has one or is a range.
async function load({ collection, search, query, filters, valued, ranged }, signal) {
  const ask = (conditions, body) => {
    const filter = filterOf(conditions);
    const over = search ? { search: searchOf(search, query, filter, DEPTH) } : filter ? { filter } : {};
    return post(collectionPath(collection.name, "/aggregate"), { ...over, ...body }, { signal });
  };
  const metricsOf = (each) => [each.name, each.type === "boolean" ? { metrics: ["total_true", "total_false"] } : { metrics: ["top_occurrences"], limit: 20 }];
  const chosen = valued.filter((each) => chosenValues(filters, each.name).length > 0);
  const others = valued.filter((each) => !chosen.includes(each));
  const asked = [
    ...(others.length ? [[filters, { properties: Object.fromEntries(others.map(metricsOf)) }]] : []),
    ...chosen.map((each) => [withoutOwn(filters, each.name), { properties: Object.fromEntries([metricsOf(each)]) }]),
    ...ranged.map((each) => [withoutOwn(filters, each.name), { group_by: { property: each.name, limit: MOST_GROUPS } }]),
  ];
  // A facet that cannot be counted is left out.
  const done = await Promise.allSettled(asked.map(([conditions, body]) => ask(conditions, body)));
  const [values, groups] = [{}, {}];
  const total = done.find(({ value }) => value)?.value.total;
  done.forEach(({ value }, at) => {
    if (value?.properties) Object.assign(values, value.properties);
    const by = asked[at][1].group_by;
    if (by && value) groups[by.property] = value;
  });
  await Promise.all(ranged.map(async ({ name }) => {
    const { other_objects: others, total: all } = groups[name] ?? {};
    if (!search && others > all * MOST_OTHERS) groups[name] = await sample(collection, name, withoutOwn(filters, name), signal);
  }));
  return { values, groups, total };
}

// Where most values are rare, the most frequent ones say little: objects in the order of their ids, which are random.
async function sample(collection, name, conditions, signal) {
  const body = { sort: [{ property: "_id" }], limit: MOST_GROUPS, return_properties: [name], filter: filterOf(conditions) };
  const { objects } = await post(collectionPath(collection.name, "/search"), body, { signal });
  const groups = objects.map((each) => ({ value: each.properties[name], total: 1 })).filter((each) => each.value !== undefined && each.value !== null);
  return { groups, sampled: objects.length };
}

function Values({ name, values, chosen, toggle }) {
  const [all, setAll] = useState(false);
  const most = Math.max(...values.map((each) => each.count));
  const shown = values.filter((each, at) => all || at < SHOWN || chosen.includes(each.value));
  return html`<section>
    <h2>${name.replaceAll("_", " ")}</h2>
    <ul>
      ${shown.map(
        ({ value, count: found }) =>
          html`<li key=${String(value)}>
            <button class="facet" aria-pressed=${chosen.includes(value)} onClick=${() => toggle(value)}>
              <span class="facet-bar" style=${{ width: `${(found / most) * 100}%` }} aria-hidden="true"></span>
              <span class="facet-box" aria-hidden="true"></span><span class="facet-name">${String(value)}</span><span class="facet-count">${count(found)}</span>
            </button>
          </li>`,
      )}
    </ul>
    ${values.length > SHOWN && html`<button class="link small-text" onClick=${() => setAll(!all)}>${all ? "Fewer" : `${values.length - SHOWN} more`}</button>`}
  </section>`;
}

function Ranges({ property, ranges, of, filters, set }) {
  const { name } = property;
  const own = filters.filter((each) => isRange(each, name));
  const most = Math.max(...ranges.map((each) => each.count), 1);
  const value = (operators) => own.find((each) => operators.includes(each.operator))?.value;
  const [from, to] = [value(["greater_or_equal", "greater_than"]), value(["less_than", "less_or_equal"])];
  const isIn = (each) => (from === undefined || below(from, each.to)) && (to === undefined || below(each.from, to));
  const choose = (each) => (own.length === 2 && from === each.from && to === each.to ? set(withoutOwn(filters, name)) : set(setRange(filters, name, each.from, each.to)));
  return html`<section class="ranges">
    <h2>${name.replaceAll("_", " ")}</h2>
    <div class="histogram" role="group" aria-label=${`Ranges of ${name}`}>
      ${ranges.map(
        (each) =>
          html`<button key=${each.from} class=${own.length > 0 && isIn(each) ? "is-in" : ""} aria-pressed=${own.length > 0 && isIn(each)} aria-label=${`${each.label}: ${count(each.count)}`} title=${`${each.label}: ${count(each.count)}`} onClick=${() => choose(each)}>
            <span style=${{ height: `${each.count ? Math.max(4, (each.count / most) * 100) : 0}%` }}></span>
          </button>`,
      )}
    </div>
    <p class="soft histogram-ends" aria-hidden="true"><span>${endText(ranges[0], 0)}</span><span>${endText(ranges.at(-1), 1)}</span></p>
    <${Bounds} property=${property} from=${from} to=${to} set=${(low, high) => set(setRange(filters, name, low, high))} />
    ${of.sampled && html`<p class="soft small-text">Counts are those of ${count(of.sampled)} objects.</p>`}
    ${of.other_objects > 0 && html`<p class="soft small-text">Without ${count(of.other_objects)} of rarer values.</p>`}
  </section>`;
}

const below = (a, b) => (typeof a === "string" ? Date.parse(a) < Date.parse(b) : a < b);
const endText = (range, at) => range?.label.split(" – ").at(at ? -1 : 0);

// Bounds as they are typed: both belong to the range, of dates the whole last day.
function Bounds({ property, from, to, set }) {
  const isDate = property.type === "date";
  const isInt = property.type === "int";
  const day = (value, earlier) => (value === undefined ? "" : new Date(Date.parse(value) - earlier).toISOString().slice(0, 10));
  const [low, high] = isDate ? [day(from, 0), day(to, 1)] : [from ?? "", to === undefined ? "" : isInt ? to - 1 : to];
  const read = (text, isEnd) => {
    if (text === "") return undefined;
    if (!isDate) return isEnd && isInt ? Math.floor(Number(text)) + 1 : Number(text);
    return new Date(Date.parse(text) + (isEnd ? 86_400_000 : 0)).toISOString();
  };
  const field = (label, value, change) => html`<input type=${isDate ? "date" : "number"} step=${isInt ? 1 : "any"} aria-label=${`${property.name} ${label}`} placeholder=${label} value=${value} onChange=${(event) => event.target.validity.valid && change(event.target.value)} />`;
  return html`<p class=${`bounds ${isDate ? "of-dates" : ""}`}>
    ${field("from", low, (text) => set(read(text, false), to))}<span class="soft" aria-hidden="true">–</span>${field("to", high, (text) => set(from, read(text, true)))}
  </p>`;
}

// A code and its name ("kms", "Key Management Service") divide objects in the same way: the first one is enough. It is seen
// where nothing is filtered, and remembered, since a choice changes the counts of one of them.
const twins = new Set();
function isNew(collection, name, values, at, facets, filters) {
  const counts = (of) => of.map((each) => each.count).join();
  const key = `${collection} ${name}`;
  if (filters.length > 0) return !twins.has(key);
  const isTwin = values.length >= 3 && facets.slice(0, at).some(([, earlier]) => counts(earlier) === counts(values));
  if (isTwin) twins.add(key);
  else twins.delete(key);
  return !isTwin;
}

// A property whose values hardly repeat, or are long, is not a facet. Chosen values are always shown.
function valuesOf(metrics, chosen, total) {
  if (!metrics) return [];
  const values = metrics.top_occurrences ?? [["true", metrics.total_true], ["false", metrics.total_false]].filter(([, found]) => found > 0).map(([value, found]) => ({ value: value === "true", count: found }));
  const missing = chosen.filter((value) => !values.some((each) => each.value === value)).map((value) => ({ value, count: 0 }));
  if (chosen.length > 0 || !metrics.top_occurrences) return [...values, ...missing];
  const covered = values.reduce((sum, each) => sum + each.count, 0);
  const middle = values[Math.floor(values.length / 2)]?.count ?? 0;
  const repeats = values.length > 0 && values[0].count > 1 && (middle > 2 || covered >= total / 4);
  return repeats && values.every((each) => each.value.length <= LONGEST) ? values : [];
}
