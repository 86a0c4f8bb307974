// New collections and properties. The checks are Alto's own: an error names its field.
import { collectionPath, post } from "../lib/api.js";
import { Icon } from "../lib/icons.js";
import { Dialog, Problem } from "../lib/parts.js";
import { html, useState } from "../lib/preact.js";

const TYPES = ["text", "text[]", "int", "number", "boolean", "date", "uuid", "geo"];
const TOKENIZATIONS = ["english", "word", "lowercase", "whitespace", "field", "trigram", "german", "french", "spanish", "cjk"];
const EMPTY = { name: "", type: "text", tokenization: "english" };

const described = ({ name, type, tokenization }) => ({ name: name.trim(), type, ...(type.startsWith("text") && tokenization !== "english" ? { tokenization } : {}) });

export function CollectionForm({ onClose, created }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [properties, setProperties] = useState([{ ...EMPTY, name: "title" }, { ...EMPTY, name: "text" }]);
  const [vectorizer, setVectorizer] = useState("bedrock");
  const [model, setModel] = useState("amazon.titan-embed-text-v2:0");
  const [region, setRegion] = useState("us-east-1");
  const [dimensions, setDimensions] = useState("512");
  const [state, setState] = useState({});
  const vectors = {
    bedrock: { default: { vectorizer: "text2vec-aws", service: "bedrock", model, region, dimensions: Number(dimensions) || null } },
    none: { default: { vectorizer: "none", dimensions: Number(dimensions) } },
    words: {},
  }[vectorizer];
  const submit = async (event) => {
    event.preventDefault();
    setState({ loading: true });
    try {
      const body = { name: name.trim(), description, properties: properties.filter((each) => each.name.trim()).map(described), vectors };
      const made = await post("v1/collections", body);
      await created(made?.name ?? body.name);
    } catch (error) {
      setState({ error });
    }
  };
  const set = (at, changes) => setProperties(properties.map((each, place) => (place === at ? { ...each, ...changes } : each)));
  return html`<${Dialog} title="New collection" wide onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <div class="grid">
        <label>Name<input required value=${name} placeholder="Article" onInput=${(event) => setName(event.target.value)} /></label>
        <label>Description<input value=${description} onInput=${(event) => setDescription(event.target.value)} /></label>
      </div>
      <fieldset>
        <legend>Properties</legend>
        ${properties.map(
          (each, at) => html`<div class="property-row" key=${at}>
            <${PropertyFields} property=${each} at=${at} set=${(changes) => set(at, changes)} />
            <button type="button" class="icon" aria-label=${`Remove the property ${each.name || at + 1}`} onClick=${() => setProperties(properties.filter((_, place) => place !== at))}><${Icon} name="close" /></button>
          </div>`,
        )}
        <button type="button" class="small" onClick=${() => setProperties([...properties, { ...EMPTY }])}>+ Property</button>
      </fieldset>
      <fieldset>
        <legend>Vector</legend>
        <div class="grid">
          <label>Made by<select value=${vectorizer} onChange=${(event) => setVectorizer(event.target.value)}><option value="bedrock">a model of Bedrock</option><option value="none">me: I bring vectors</option><option value="words">none: search by words only</option></select></label>
          ${vectorizer === "bedrock" && html`<label>Model<input value=${model} onInput=${(event) => setModel(event.target.value)} /></label><label>Region<input value=${region} onInput=${(event) => setRegion(event.target.value)} /></label>`}
          ${vectorizer !== "words" && html`<label>Dimensions<input type="number" min="1" value=${dimensions} onInput=${(event) => setDimensions(event.target.value)} /></label>`}
        </div>
      </fieldset>
      <${Problem} error=${state.error} />
      <div class="row end"><button class="primary" disabled=${state.loading}>Create</button></div>
    </form>
  <//>`;
}

export function PropertyForm({ collection, onClose, reload }) {
  const [property, setProperty] = useState({ ...EMPTY });
  const [error, setError] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    try {
      await post(collectionPath(collection.name, "/properties"), described(property));
      await reload();
      onClose();
    } catch (problem) {
      setError(problem);
    }
  };
  return html`<${Dialog} title=${`Add a property to ${collection.name}`} onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <div class="property-row"><${PropertyFields} property=${property} at=${0} set=${(changes) => setProperty({ ...property, ...changes })} /></div>
      <${Problem} error=${error} />
      <div class="row end"><button class="primary">Add</button></div>
    </form>
  <//>`;
}

function PropertyFields({ property, at, set }) {
  return html`<label><span class="hidden">Name of property ${at + 1}</span><input value=${property.name} placeholder="name" onInput=${(event) => set({ name: event.target.value })} /></label>
    <label><span class="hidden">Type of property ${at + 1}</span><select value=${property.type} onChange=${(event) => set({ type: event.target.value })}>${TYPES.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}</select></label>
    ${property.type.startsWith("text") && html`<label><span class="hidden">Tokenization of property ${at + 1}</span><select value=${property.tokenization} onChange=${(event) => set({ tokenization: event.target.value })}>${TOKENIZATIONS.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}</select></label>`}`;
}
