// A passage in its document: those before it, itself, those behind it.
import { collectionPath, post } from "../lib/api.js";
import { plain } from "../lib/format.js";
import { Loading, Problem, useLoaded } from "../lib/parts.js";
import { html, useState } from "../lib/preact.js";
import { link } from "../lib/route.js";

const AROUND = 2;
const MOST = 10;

// Where a passage is: "Travel > Receipts, page 3". The heading has the path of its headings.
export function placeOf(properties) {
  const page = properties.page ? `page ${properties.page}` : "";
  return [properties.heading, page].filter(Boolean).join(", ");
}

export function InDocument({ collection, object }) {
  const [around, setAround] = useState(AROUND);
  const text = collection.documents?.property ?? "text";
  const { document, ordinal } = object.properties;
  const found = useLoaded(
    async (signal) => {
      const filter = { property: "_id", operator: "equal", value: object.id };
      const body = { sort: [{ property: "ordinal" }], filter, limit: 1, context: around, return_properties: [text, "heading", "page"] };
      const { objects } = await post(collectionPath(collection.name, "/search"), body, { signal });
      return objects[0]?.context ?? [];
    },
    [object.id, around],
  );
  const shown = [...(found.value ?? []), { id: object.id, ordinal, properties: object.properties }].sort((a, b) => a.ordinal - b.ordinal);
  return html`<section class="document" aria-label=${`In ${document}`}>
    <div class="row spread">
      <p><strong>${document}</strong> <span class="soft">passage ${ordinal + 1}</span></p>
      <a class="button small" href=${link("search", { c: collection.name, q: "", f: JSON.stringify([{ property: "document", operator: "equal", value: document }]) })}>Search in it</a>
    </div>
    <${Problem} error=${found.error} retry=${found.reload} />
    <ol class=${`passages ${shown.some((each) => each.properties.page) ? "" : "without-pages"}`}>
      ${shown.map((each, at) => {
        const { heading, page } = each.properties;
        const before = shown[at - 1]?.properties;
        const own = each.id === object.id;
        return html`<li key=${each.id} class=${own ? "is-own" : ""} aria-current=${own ? "true" : undefined}>
          <span class="page">${page && (own || page !== before?.page) ? `page ${page}` : ""}</span>
          <div>
            ${heading && heading !== before?.heading && html`<h3>${heading}</h3>`}
            <p>${plain(each.properties[text])}</p>
            ${!own && html`<a class="small-text" href=${link("object", { c: collection.name, id: each.id })}>Open passage ${each.ordinal + 1}</a>`}
          </div>
        </li>`;
      })}
    </ol>
    ${found.loading && html`<${Loading} label="Reading the passages around it" />`}
    ${around < MOST && html`<p><button class="small" onClick=${() => setAround(Math.min(MOST, around + 4))}>Show more of the document</button></p>`}
  </section>`;
}
