// Values as people read them.
import { html } from "./preact.js";

const NAMES = ["title", "name", "headline", "subject"];
const number = new Intl.NumberFormat("en");

export const count = (value) => (value === undefined || value === null ? "–" : number.format(value));
export const score = (value) => (value === undefined || value === null ? "" : Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));
export const plural = (value, word) => `${count(value)} ${word}${value === 1 ? "" : "s"}`;
export const since = (text) => {
  const seconds = Math.max(0, (Date.now() - new Date(text)) / 1000);
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.round(seconds / 3600)} h ago`;
  return new Date(text).toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
};
export const duration = (seconds) =>
  seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : seconds < 172800 ? `${(seconds / 3600).toFixed(1)} h` : `${count(Math.round(seconds / 86400))} days`;
export const bytes = (value) => {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let at = 0;
  while (value >= 1000 && at < units.length - 1) [value, at] = [value / 1000, at + 1];
  return `${at && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
};

// A date without its time, if that is midnight.
export const short = (value) => (typeof value === "string" ? value.replace(/T00:00:00(\.0+)?(Z|\+00:00)$/, "") : String(value));

export function plain(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

// The property that names an object, and the one that says most about it.
export function titleOf(properties) {
  const named = NAMES.find((name) => typeof properties[name] === "string" && properties[name]);
  const name = named ?? Object.keys(properties).find((each) => typeof properties[each] === "string" && properties[each].length < 120);
  return name ? [name, properties[name]] : [null, ""];
}

export function bodyOf(properties, title, documents) {
  const text = documents?.property ?? "text";
  if (documents && typeof properties[text] === "string") return [text, properties[text]];
  const texts = Object.entries(properties).filter(([name, value]) => name !== title && typeof value === "string" && value.length > 60);
  return texts.sort((a, b) => b[1].length - a[1].length)[0] ?? [null, ""];
}

// A passage of Alto: text escaped for HTML, with <em> around the words of the query. Shown as text nodes, never as HTML.
const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&#x27;": "'", "&#39;": "'", "&#x2F;": "/" };
const unescape = (text) => text.replace(/&(lt|gt|amp|quot|#x27|#39|#x2F);/g, (each) => ENTITIES[each]);
export function marked(passage) {
  return passage
    .split(/(<em>.*?<\/em>)/s)
    .filter(Boolean)
    .map((part) => (part.startsWith("<em>") ? html`<mark>${unescape(part.slice(4, -5))}</mark>` : unescape(part)));
}
