// The one place that names the vendored file.
export {
  html,
  render,
  useEffect,
  useMemo,
  useRef,
  useState,
  useCallback,
} from "../vendor/htm-preact.js";
