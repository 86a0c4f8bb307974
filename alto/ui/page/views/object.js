// One object: its properties, its JSON, its vectors.
import { collectionPath, get } from "../lib/api.js";
import { plain, since, titleOf } from "../lib/format.js";
import { Icon } from "../lib/icons.js";
import { Copy, Loading, Problem, Tabs, useLoaded } from "../lib/parts.js";
import { html, useState } from "../lib/preact.js";
import { link } from "../lib/route.js";
import { InDocument, placeOf } from "./passage.js";

export function ObjectView({ collection, params }) {
  const [chosen, setTab] = useState(null);
  const found = useLoaded((signal) => get(collectionPath(params.c, `/objects/${encodeURIComponent(params.id)}?include_vectors=true`), { signal }), [params.c, params.id]);
  const object = found.value;
  if (!object) return html`<${Problem} error=${found.error} retry=${found.reload} />${found.loading && html`<${Loading} />`}`;
  const { vectors, ...rest } = object;
  const isPassage = Boolean(collection?.documents && object.properties.document && object.properties.ordinal !== undefined);
  const tab = chosen ?? (isPassage ? "document" : "properties");
  const tabs = [...(isPassage ? [["document", "In its document"]] : []), ["properties", "Properties"], ["json", "JSON"], ["vectors", "Vectors"]];
  const text = JSON.stringify(rest, null, 2);
  return html`<article class="object">
    <p class="soft small-text"><button class="link" onClick=${() => history.back()}><${Icon} name="back" /> Back</button></p>
    <h1>${titleOf(object.properties)[1] || object.key || object.id}</h1>
    ${isPassage && placeOf(object.properties) && html`<p class="soft">${placeOf(object.properties)}</p>`}
    <dl class="facts">
      <div><dt>id</dt><dd><code>${object.id}</code></dd></div>
      ${object.key && html`<div><dt>key</dt><dd><code>${object.key}</code></dd></div>`}
      <div><dt>created</dt><dd title=${object.created}>${since(object.created)}</dd></div>
      <div><dt>updated</dt><dd title=${object.updated}>${since(object.updated)}</dd></div>
      <div><dt>version</dt><dd><code>${object.version}</code></dd></div>
    </dl>
    <div class="row spread">
      <${Tabs} label="Parts of the object" chosen=${tab} choose=${setTab} tabs=${tabs} />
      <span class="row">
        <a class="button small" href=${link("search", { c: params.c, m: `near_object id=${object.id}` })}>More like this</a>
        <${Copy} text=${text} label="Copy JSON" />
      </span>
    </div>
    ${tab === "document" && html`<${InDocument} collection=${collection} object=${object} />`}
    ${tab === "properties" &&
    html`<dl class="properties">
      ${Object.entries(object.properties).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value === null ? html`<span class="soft">null</span>` : plain(value)}</dd></div>`)}
    </dl>`}
    ${tab === "json" && html`<pre class="code" tabindex="0"><code>${text}</code></pre>`}
    ${tab === "vectors" && html`<${Vectors} vectors=${vectors ?? {}} collection=${collection} />`}
  </article>`;
}

function Vectors({ vectors, collection }) {
  const entries = Object.entries(vectors);
  if (entries.length === 0) return html`<p class="soft">This object has no vector.</p>`;
  return entries.map(([name, vector]) => {
    const length = Math.sqrt(vector.reduce((sum, each) => sum + each * each, 0));
    const config = collection?.vectors?.[name];
    return html`<section key=${name} class="vector">
      <h2>${name}</h2>
      <p class="soft small-text">${vector.length} numbers, length ${length.toFixed(3)}${config?.model ? `, ${config.model}` : ""}</p>
      <${Stripe} vector=${vector} label=${`The numbers of the vector ${name}`} />
      <p class="numbers"><code>[${vector.slice(0, 8).map((each) => each.toFixed(4)).join(", ")}, …]</code> <${Copy} text=${JSON.stringify(vector)} label="Copy all" /></p>
    </section>`;
  });
}

function Stripe({ vector, label }) {
  const most = Math.max(...vector.map(Math.abs)) || 1;
  const width = 1000 / vector.length;
  return html`<svg class="stripe" viewBox="0 0 1000 80" preserveAspectRatio="none" role="img" aria-label=${label}>
    ${vector.map((each, at) => {
      const size = (Math.abs(each) / most) * 40;
      return html`<rect key=${at} x=${(at * width).toFixed(2)} y=${each > 0 ? 40 - size : 40} width=${Math.max(width * 0.85, 0.5).toFixed(2)} height=${size.toFixed(2)} class=${each > 0 ? "above" : "below"} />`;
    })}
  </svg>`;
}
