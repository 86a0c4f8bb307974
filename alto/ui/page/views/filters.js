// The filters that hold, and a form for those that no facet has.
import { chipsOf, kindOf, OPERATORS, typedValue } from "../lib/filters.js";
import { Icon } from "../lib/icons.js";
import { html, useState } from "../lib/preact.js";

export function Filters({ collection, filters, set }) {
  const [open, setOpen] = useState(false);
  return html`<div class="filters">
    ${chipsOf(filters).map(
      ({ text, conditions }) =>
        html`<span class="chip" key=${JSON.stringify(conditions)}>
          ${text}
          <button aria-label=${`Remove the filter ${text}`} onClick=${() => set(filters.filter((each) => !conditions.includes(each)))}><${Icon} name="close" /></button>
        </span>`,
    )}
    ${open
      ? html`<${FilterForm} collection=${collection} close=${() => setOpen(false)} add=${(each) => (setOpen(false), set([...filters, each]))} />`
      : html`<button class="small ghost" onClick=${() => setOpen(true)}><${Icon} name="plus" /> Filter</button>`}
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
  const hint = chosen === "contains_any" ? "one, another" : property?.type === "date" ? "2026-01-31T00:00:00Z" : "value";
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
        : html`<input required value=${value} type=${property?.type === "int" || property?.type === "number" ? "number" : "text"} step="any" onInput=${(event) => setValue(event.target.value)} placeholder=${hint} />`}
    </label>`}
    <button class="small">Add</button>
    <button class="small ghost" type="button" onClick=${close}>Cancel</button>
  </form>`;
}
