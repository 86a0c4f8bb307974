import { asCurl, asPython, asTypeScript } from "../lib/code.js";
import { Copy, Dialog, Tabs } from "../lib/parts.js";
import { html, useState } from "../lib/preact.js";

const LANGUAGES = { curl: ["curl", asCurl], python: ["Python", asPython], typescript: ["TypeScript", asTypeScript] };

export function CodeDialog({ about, path, body, onClose }) {
  const [chosen, setChosen] = useState(() => localStorage.getItem("alto.language") ?? "curl");
  const choose = (key) => {
    localStorage.setItem("alto.language", key);
    setChosen(key);
  };
  const text = (LANGUAGES[chosen] ?? LANGUAGES.curl)[1](about, path, body);
  return html`<${Dialog} title="This request as code" wide onClose=${onClose}>
    <div class="row spread">
      <${Tabs} label="Language" tabs=${Object.entries(LANGUAGES).map(([key, [name]]) => [key, name])} chosen=${chosen} choose=${choose} />
      <${Copy} text=${text} />
    </div>
    <pre class="code" tabindex="0"><code>${text}</code></pre>
  <//>`;
}
