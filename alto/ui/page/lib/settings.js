// A column of the comparison: a mode and its settings, written as `hybrid alpha=0.4 fusion=ranked`, the same text that
// `alto evaluate --setting` takes.

export const MODES = [
  ["hybrid", "Hybrid"],
  ["bm25", "Words"],
  ["near_text", "Meaning"],
];
const WHOLE = new Set(["rerank", "min_score", "autocut"]);
const OF_MODE = {
  hybrid: ["alpha", "fusion", "properties", "scoring", "phrase_boost", "fuzziness", "operator", "target_vector", "rerank"],
  bm25: ["properties", "scoring", "phrase_boost", "fuzziness", "operator", "rerank"],
  near_text: ["target_vector", "certainty", "rerank"],
  near_object: ["id", "target_vector"],
};
export const MOST_COLUMNS = 3;

export function readColumn(text) {
  const [mode, ...pairs] = text.trim().split(/\s+/);
  const settings = {};
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at > 0) settings[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return OF_MODE[mode] ? { mode, settings } : { mode: "hybrid", settings: {} };
}

export function writeColumn({ mode, settings }) {
  const kept = Object.entries(settings).filter(
    ([name, value]) => OF_MODE[mode].includes(name) && value !== "" && value !== undefined,
  );
  return [mode, ...kept.map(([name, value]) => `${name}=${value}`)].join(" ");
}

export const readColumns = (text) => (text || "hybrid").split("|").slice(0, MOST_COLUMNS).map(readColumn);
export const writeColumns = (columns) => columns.map(writeColumn).join("|");

export function columnName({ mode, settings }) {
  if (mode === "near_object") return "More like this";
  if (mode === "listing") return "All that match";
  const name = MODES.find(([each]) => each === mode)?.[1] ?? mode;
  return mode === "hybrid" && settings.alpha !== undefined ? `${name} ${settings.alpha}` : name;
}

function typed(name, value) {
  if (name === "properties") return value.split(",").filter(Boolean);
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

// The search of a column: as small as it can be, since it is shown as code too.
export function searchOf(column, query, filter, limit = 10) {
  const ofMode = {};
  const whole = {};
  for (const [name, value] of Object.entries(column.settings)) {
    if (!OF_MODE[column.mode].includes(name) || value === "") continue;
    if (name === "rerank") whole.rerank = { model: value };
    else (WHOLE.has(name) ? whole : ofMode)[name] = name === "id" ? value : typed(name, value);
  }
  if (column.mode !== "near_object") ofMode.query = query;
  return { [column.mode]: ofMode, ...whole, ...(filter ? { filter } : {}), limit };
}

// Objects of a filter, without a search: the last stored ones first, of documents their passages in order.
export const LISTING = { mode: "listing", settings: {} };
const listingOf = (collection, filter, limit) => ({
  sort: collection.documents ? [{ property: "document" }, { property: "ordinal" }] : [{ property: "_updated", order: "descending" }],
  ...(filter ? { filter } : {}),
  limit,
});

export function shownSearch(column, query, filter, limit, collection) {
  if (column === LISTING) return listingOf(collection, filter, limit);
  const search = { ...searchOf(column, query, filter, limit), profile: true };
  if (column.mode === "hybrid") search.explain = true;
  if (column.mode === "hybrid" || column.mode === "bm25") search.highlight = true;
  return search;
}
