// Icons as lines, in the colour of their text.
import { html } from "./preact.js";

const PATHS = {
  close: "M5 5l10 10M15 5L5 15",
  settings: "M3 6h7M14 6h3M3 14h3M10 14h7M12 4v4M8 12v4",
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
  whole: "M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4",
  up: "M10 16V5M5.5 9.5L10 5l4.5 4.5",
  down: "M10 4v11M5.5 10.5L10 15l4.5-4.5",
  back: "M16 10H5M9.5 5.5L5 10l4.5 4.5",
  like: "M4 10h9M9 6l4 4-4 4M16 5v10",
  code: "M7 6l-4 4 4 4M13 6l4 4-4 4",
  file: "M11 3H6a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1V7zM11 3v4h4",
  auto: "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14",
  dark: "M16 11.5A6.5 6.5 0 0 1 8.5 4a6.5 6.5 0 1 0 7.5 7.5z",
  light: "M10 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M15.7 4.3l-1.1 1.1M5.4 14.6l-1.1 1.1",
};
const FILLED = { auto: "M10 3a7 7 0 1 0 0 14z" };

export function Icon({ name }) {
  return html`<svg class="drawn" viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
    ${FILLED[name] && html`<path d=${FILLED[name]} fill="currentColor" stroke="none" />`}
    <path d=${PATHS[name]} />
  </svg>`;
}
