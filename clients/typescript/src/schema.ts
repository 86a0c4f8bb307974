/** The types of the HTTP API, generated from docs/openapi.json. */
import type { components, paths } from "./api.d.ts";

export type Schemas = components["schemas"];
export type Paths = paths;
export type SearchRequest = Schemas["SearchRequest"];
export type GenerateSettings = Schemas["Generate"];
export type CollectionConfig = Schemas["Collection"];
export type Filter = Schemas["Condition"] | Schemas["AllOf"] | Schemas["AnyOf"] | Schemas["Negation"];
export type Properties = Record<string, unknown>;
