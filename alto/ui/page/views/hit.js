// A hit: place and movement, title, passage, score with its parts, and what can be done with it.
import { bodyOf, marked, plain, score, short, titleOf } from "../lib/format.js";
import { Icon } from "../lib/icons.js";
import { html, useState } from "../lib/preact.js";
import { link } from "../lib/route.js";
import { placeOf } from "./passage.js";

const MOST_CHIPS = 4;
// Of a passage these are not what tells it from others; its place is shown on a line of its own.
const OF_PASSAGES = new Set(["ordinal", "document_version", "source", "links", "heading", "page"]);

export function Hit({ hit, place, mode, share, highest, before, missing, columns, collection, pointed, point, like }) {
  const [titleName, title] = titleOf(hit.properties);
  const several = columns.length > 1;
  return html`<li class=${`hit ${several && pointed === hit.id ? "is-pointed" : ""}`} onMouseEnter=${() => several && point(hit.id)} onMouseLeave=${() => several && point(null)}>
    <div class="hit-head">
      <span class="place">${place}</span>
      <h3><a href=${link("object", { c: collection.name, id: hit.id })}>${passageOf(hit, titleName) ?? (title || hit.key || hit.id)}</a></h3>
      <${Movement} place=${place} before=${before} missing=${missing} />
    </div>
    ${mode !== "listing" && html`<${Bar} hit=${hit} mode=${mode} share=${share} highest=${highest} />`}
    ${collection.documents && placeOf(hit.properties) && html`<p class="soft small-text">${placeOf(hit.properties)}</p>`}
    <${Passage} hit=${hit} titleName=${titleName} documents=${collection.documents} />
    <div class="hit-foot">
      <span class="chips">
        ${Object.entries(hit.properties)
          .filter(([name, value]) => name !== titleName && !(collection.documents && OF_PASSAGES.has(name)) && value !== null && plain(value).length <= 40)
          .slice(0, MOST_CHIPS)
          .map(([name, value]) => html`<span key=${name} title=${`${name}: ${plain(value)}`} style=${{ flexShrink: plain(value).length > 12 ? 1 : 0 }}>${short(plain(value))}</span>`)}
      </span>
      <button class="link" onClick=${() => like(hit.id)} aria-label=${`More like ${title || hit.id}`}><${Icon} name="like" /> More like this</button>
    </div>
  </li>`;
}

function Movement({ place, before, missing }) {
  if (missing) return html`<span class="move only" title="Not among the hits of the other columns">only here</span>`;
  if (before === undefined) return null;
  if (before === null) return html`<span class="move new" title="Not among the hits of the first column">new</span>`;
  const up = before - place;
  if (up === 0) return html`<span class="move same" title="At the same place in the first column">=</span>`;
  const text = `${Math.abs(up)} ${up > 0 ? "higher" : "lower"} than in the first column`;
  return html`<span class=${`move ${up > 0 ? "up" : "down"}`} title=${text}><${Icon} name=${up > 0 ? "up" : "down"} />${Math.abs(up)}<span class="hidden"> ${text}</span></span>`;
}

const LEGS = { bm25: ["words", "words"], vector: ["meaning", "meaning"] };

function Bar({ hit, mode, share, highest }) {
  const [open, setOpen] = useState(false);
  const parts = (hit.explanation?.legs ?? []).map((leg) => ({
    kind: LEGS[leg.leg][0],
    value: leg.contribution,
    text: `${LEGS[leg.leg][1]} ${score(leg.contribution)} = ${score(leg.weight)} × ${score(leg.normalized)}, from ${score(leg.score)}`,
  }));
  for (const kind of ["boost", "smoothing"]) {
    const part = hit.explanation?.[kind];
    if (part) parts.push({ kind, value: part.contribution, text: `${kind} ${score(part.contribution)} = ${score(part.weight)} × ${score(part.value)}` });
  }
  const isLeg = parts.length > 0 && (hit.rerank_score ?? null) === null;
  const shown = isLeg ? parts : [{ kind: mode === "bm25" ? "words" : mode === "hybrid" ? "both" : "meaning", value: share * highest, text: "" }];
  const value = hit.rerank_score ?? hit.score;
  const label = hit.certainty !== undefined && hit.certainty !== null ? `certainty ${score(hit.certainty)}` : `score ${score(value)}`;
  const bar = html`<span class="bar" aria-hidden="true">
      ${shown.map((each) => html`<span key=${each.kind} class=${`part ${each.kind}`} style=${{ width: `${Math.max(0, (each.value / highest) * 100)}%` }}></span>`)}
    </span>
    <span class="number">${label}</span>`;
  if (parts.length === 0) return html`<div class="score" title=${label}>${bar}</div>`;
  return html`<button class="score" aria-expanded=${open} title=${parts.map((each) => each.text).join("\n")} onClick=${() => setOpen(!open)}>${bar}<span class="hidden">. Explain the score</span></button>
    ${open && html`<ul class="parts">${parts.map((each) => html`<li key=${each.kind}><span class=${`part ${each.kind}`}></span>${each.text}</li>`)}</ul>`}`;
}

function passageOf(hit, name) {
  const found = name && hit.highlights?.[name];
  return found && found.length === 1 && found[0].replace(/<\/?em>/g, "").length >= plain(hit.properties[name]).length ? marked(found[0]) : null;
}

function Passage({ hit, titleName, documents }) {
  const passages = Object.entries(hit.highlights ?? {}).filter(([name]) => name !== titleName);
  const longest = passages.sort((a, b) => b[1].join("").length - a[1].join("").length)[0];
  if (longest) {
    const shown = longest[1].slice(0, 2);
    return html`<p class="passage">${shown.map((each, at) => html`${at > 0 && " … "}${marked(each)}`)}</p>`;
  }
  const [, body] = bodyOf(hit.properties, titleName, documents);
  return body ? html`<p class="passage">${body.slice(0, 400)}</p>` : null;
}
