// The frame of the page: collections, views, theme. Each view is a module of its own.
import { get } from "./lib/api.js";
import { Icon } from "./lib/icons.js";
import { Empty, Loading, Problem } from "./lib/parts.js";
import { html, render, useEffect, useState } from "./lib/preact.js";
import { go, link, useRoute } from "./lib/route.js";
import { Ask } from "./views/ask.js";
import { Collections } from "./views/collections.js";
import { Imports } from "./views/imports.js";
import { Judge } from "./views/judge.js";
import { MapView } from "./views/map.js";
import { ObjectView } from "./views/object.js";
import { Search } from "./views/search.js";

const VIEWS = [
  ["search", "Search", Search],
  ["ask", "Ask", Ask],
  ["map", "Map", MapView],
  ["judge", "Judge", Judge],
  ["collections", "Collections", Collections],
  ["imports", "Imports", Imports],
  ["object", "Object", ObjectView],
];
const THEMES = { auto: "dark", dark: "light", light: "auto" };

function useTheme() {
  const [theme, setTheme] = useState(() => localStorage.getItem("alto.theme") ?? "auto");
  useEffect(() => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    localStorage.setItem("alto.theme", theme);
  }, [theme]);
  return [theme, () => setTheme(THEMES[theme])];
}

function Header({ about, collections, collection, view, params }) {
  const [theme, nextTheme] = useTheme();
  // On a narrow screen the views are a row that scrolls.
  useEffect(() => document.querySelector(".top nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" }), [view]);
  const choose = (event) => go(view === "object" ? "search" : view, { c: event.target.value, q: view === "search" ? params.q : undefined });
  return html`<header class="top">
    <a class="brand" href=${link("search", { c: collection })}>
      <img src="icon.svg" alt="" width="22" height="22" /><span>Alto</span>
    </a>
    <label class="collection">
      <span class="hidden">Collection</span>
      <select value=${collection} onChange=${choose}>
        ${collections.length === 0 && html`<option value="">no collection yet</option>`}
        ${collections.map((each) => html`<option key=${each.name} value=${each.name}>${each.name}</option>`)}
      </select>
    </label>
    <nav aria-label="Views">
      ${VIEWS.slice(0, -1).map(
        ([key, name]) =>
          html`<a key=${key} href=${link(key, { c: collection })} aria-current=${key === view ? "page" : undefined}>${name}</a>`,
      )}
    </nav>
    <span class="where" title=${`Alto ${about.version ?? ""} in ${about.region ?? "?"}`}>${about.url.replace(/^https?:\/\//, "")}</span>
    <button class="icon" onClick=${nextTheme} aria-label=${`Colours: ${theme}. Change`} title=${`Colours: ${theme}`}>
      <${Icon} name=${theme} />
    </button>
  </header>`;
}

async function start() {
  const about = await get("local/about");
  const [meta, list] = await Promise.all([get("v1/meta"), get("v1/collections")]);
  return { about: { ...about, version: meta.version, region: about.region ?? meta.region }, collections: list.collections };
}

function App() {
  const { view, params } = useRoute();
  const [state, setState] = useState({});
  const load = () =>
    start().then(
      (found) => setState(found),
      (error) => setState((before) => ({ ...before, error })),
    );
  useEffect(() => {
    load();
  }, []);
  const { about, collections, error } = state;
  const name = params.c ?? collections?.[0]?.name ?? "";
  const collection = collections?.find((each) => each.name === name);
  // Collections that another program made since: looked up once for a name that is not known, and where all are listed.
  const [missing, setMissing] = useState(null);
  const isUnknown = Boolean(collections && params.c && !collection);
  // An alias is not in the list: its collection is shown, under its own name.
  const lookUp = async (wanted) => {
    const found = await get(`v1/collections/${encodeURIComponent(wanted)}`).catch(() => undefined);
    await load();
    if (found && found.name !== wanted) go(view, { ...params, c: found.name }, { replace: true });
    else setMissing(wanted);
  };
  useEffect(() => {
    if (isUnknown) lookUp(params.c);
  }, [isUnknown, params.c]);
  useEffect(() => {
    if (view === "collections" && collections) load();
  }, [view]);
  useEffect(() => {
    const title = VIEWS.find(([key]) => key === view)?.[1] ?? "Alto";
    document.title = `${params.q ? `${params.q} · ` : ""}${title} · Alto`;
  }, [view, params.q]);
  if (error && !collections) {
    return html`<main id="content" class="alone"><h1>Alto is not within reach</h1><${Problem} error=${error} retry=${load} /></main>`;
  }
  if (!collections) return html`<main id="content" class="alone"><${Loading} label="Opening the console" /></main>`;
  if (isUnknown && missing !== params.c) return html`<main id="content" class="alone"><${Loading} label=${`Looking for ${params.c}`} /></main>`;
  const View = VIEWS.find(([key]) => key === view)?.[2] ?? Search;
  const shared = { about, collections, collection, params, reload: load, key: view === "collections" ? "collections" : `${view}-${name}` };
  return html`<a class="skip" href="#content" onClick=${(event) => (event.preventDefault(), document.getElementById("content").focus())}>To the content</a>
    <${Header} about=${about} collections=${collections} collection=${name} view=${view} params=${params} />
    <main id="content" tabindex="-1" class=${`view-${view}`}>
      ${isUnknown && view !== "collections" ? html`<${Empty} title=${`${params.c} does not exist`}><p>It may have been deleted or renamed. <a href="#/collections">Collections</a> lists those that exist.</p><//>` : html`<${View} ...${shared} />`}
    </main>`;
}

document.getElementById("app").replaceChildren();
render(html`<${App} />`, document.getElementById("app"));
