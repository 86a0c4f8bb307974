// The state of the page in its address: `#/search?c=Film&q=ghosts`. Every view can be reloaded, kept and shared.
import { useEffect, useState } from "./preact.js";

export function parse(hash) {
  const [path, query] = hash.replace(/^#\/?/, "").split("?");
  return { view: path || "search", params: Object.fromEntries(new URLSearchParams(query ?? "")) };
}

export function link(view, params) {
  const kept = Object.entries(params).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const query = new URLSearchParams(kept).toString();
  return `#/${view}${query ? `?${query}` : ""}`;
}

export function go(view, params, { replace = false } = {}) {
  const target = link(view, params);
  if (target === location.hash) return;
  if (replace) {
    history.replaceState(null, "", target);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = target;
  }
}

export function useRoute() {
  const [route, setRoute] = useState(() => parse(location.hash));
  useEffect(() => {
    const update = () => setRoute(parse(location.hash));
    window.addEventListener("hashchange", update);
    return () => window.removeEventListener("hashchange", update);
  }, []);
  return route;
}
