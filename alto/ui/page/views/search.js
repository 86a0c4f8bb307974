// One query, up to three searches side by side, all in one request.
import { collectionPath, post } from "../lib/api.js";
import { filterOf, readFilters, writeFilters } from "../lib/filters.js";
import { count, plural } from "../lib/format.js";
import { Icon } from "../lib/icons.js";
import { Empty, Loading, Problem, useLoaded } from "../lib/parts.js";
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { go } from "../lib/route.js";
import { LISTING, MOST_COLUMNS, readColumns, shownSearch, writeColumns } from "../lib/settings.js";
import { CodeDialog } from "./code-dialog.js";
import { Column } from "./column.js";
import { Facets } from "./facets.js";
import { Filters } from "./filters.js";

const PAGE = 10;
const MOST_HITS = 100;

export function Search({ about, collection, params }) {
  const [text, setText] = useState(params.q ?? "");
  const [code, setCode] = useState(false);
  const [pointed, setPointed] = useState(null);
  const input = useRef(null);
  const chosen = readColumns(params.m);
  const filters = readFilters(params.f);
  const limit = Math.min(MOST_HITS, Number(params.n) || PAGE);
  const query = params.q ?? "";
  const change = (changes) => go("search", { c: collection?.name, q: query, m: params.m, f: params.f, n: params.n, ...changes });
  useEffect(() => setText(query), [query]);
  useEffect(() => {
    if (!query) input.current?.focus();
    const onKey = (event) => {
      if (event.key === "/" && !/INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName)) {
        event.preventDefault();
        input.current?.select();
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);

  const filter = filterOf(filters);
  const like = chosen.some((each) => each.mode === "near_object");
  const columns = query || like || filters.length === 0 ? chosen : [LISTING];
  const asks = Boolean(query || like || filters.length > 0);
  const body = { queries: columns.map((each) => shownSearch(each, query, filter, limit, collection)) };
  const found = useLoaded(
    async (signal) => (collection && asks ? post(collectionPath(collection.name, "/search"), body, { signal }) : null),
    [collection?.name, query, params.m, params.f, limit],
  );
  if (!collection) {
    return html`<${Empty} title="No collection yet"><p>Make one under <a href="#/collections">Collections</a>, or run <code>make demo</code>.</p><//>`;
  }
  const results = asks ? found.value?.results : null;
  const setColumn = (at, column) => change({ m: writeColumns(columns.map((each, place) => (place === at ? column : each))) });
  const submit = (event) => {
    event.preventDefault();
    if (text.trim() === query) found.reload();
    else change({ q: text.trim(), n: undefined });
  };
  return html`<div class="search">
    <div class="search-head">
      <h1 class="hidden">Search ${collection.name}</h1>
      <form role="search" onSubmit=${submit}>
        <label class="hidden" for="query">Query</label>
        <input id="query" ref=${input} type="search" autocomplete="off" placeholder=${`Search ${collection.name}`} value=${text} onInput=${(event) => setText(event.target.value)} />
        <button class="primary">Search</button>
      </form>
      <${Filters} collection=${collection} filters=${filters} set=${(next) => change({ f: writeFilters(next) })} />
      <div class="search-tools">
        <p class="soft" role="status" aria-live="polite">
          ${found.loading && asks ? "Searching…" : results ? `${plural(columns.length, "search").replace("searchs", "searches")} in one request, ${count(found.value.took_ms)} ms` : ""}
        </p>
        ${columns.length < MOST_COLUMNS && columns[0] !== LISTING && html`<button class="small" onClick=${() => change({ m: writeColumns([...columns, nextColumn(columns)]) })}><${Icon} name="plus" /> Compare</button>`}
        <button class="small" disabled=${!asks} onClick=${() => setCode(true)}><${Icon} name="code" /> Code</button>
      </div>
    </div>
    <div class="search-body">
      <${Facets} collection=${collection} column=${chosen[0]} query=${query} filters=${filters} set=${(next) => change({ f: writeFilters(next) })} />
      <div class="results">
        <${Problem} error=${found.error} retry=${found.reload} />
        <div class=${`columns columns-${columns.length}`}>
          ${columns.map(
            (column, at) =>
              html`<${Column}
                key=${at}
                at=${at}
                column=${column}
                columns=${columns}
                collection=${collection}
                result=${results?.[at]}
                others=${results}
                loading=${found.loading}
                pointed=${pointed}
                point=${setPointed}
                change=${(next) => setColumn(at, next)}
                remove=${columns.length > 1 ? () => change({ m: writeColumns(columns.filter((_, place) => place !== at)) }) : undefined}
                like=${(id) => change({ m: writeColumns([...(query ? columns.slice(0, MOST_COLUMNS - 1) : []), { mode: "near_object", settings: { id } }]) })}
              />`,
          )}
        </div>
        ${!asks && html`<${Starting} collection=${collection} change=${change} />`}
        ${found.loading && !results && asks && html`<${Loading} label="Searching" />`}
        ${results?.some((each) => each.objects?.length === limit) && limit < MOST_HITS &&
        html`<p class="more"><button onClick=${() => change({ n: Math.min(MOST_HITS, limit + 20) })}>Show more</button></p>`}
      </div>
    </div>
    ${code && html`<${CodeDialog} about=${about} path=${collectionPath(collection.name, "/search")} body=${body} onClose=${() => setCode(false)} />`}
  </div>`;
}

// The first comparison is the one that says most: the two legs of the hybrid search.
function nextColumn(columns) {
  const used = new Set(columns.map((each) => each.mode));
  return { mode: ["bm25", "near_text", "hybrid"].find((mode) => !used.has(mode)) ?? "hybrid", settings: {} };
}

function Starting({ collection, change }) {
  return html`<${Empty} title=${`Search ${collection.name}`}>
    <p>Type a question or some words. <kbd>/</kbd> comes back to the field.</p>
    <p>
      <button onClick=${() => change({ m: "hybrid|bm25|near_text" })}>Compare hybrid, words and meaning</button>
    </p>
  <//>`;
}
