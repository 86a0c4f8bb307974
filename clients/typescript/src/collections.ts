/** `client.collections` and `client.alias`. */
import { Collection, found } from "./collection.ts";
import type { GenerativeSettings, VectorConfig } from "./configure.ts";
import { AltoConfigurationError } from "./errors.ts";
import type { CollectionConfig, Properties, Schemas } from "./schema.ts";
import type { Transport } from "./transport.ts";

type Type = Schemas["Property-Input"]["type"];

export interface PropertyConfig {
  name: string;
  dataType: Type | "geoCoordinates";
  description?: string;
  tokenization?: Schemas["Property-Input"]["tokenization"];
  skipVectorization?: boolean;
  vectorizePropertyName?: boolean;
  nestedProperties?: PropertyConfig[];
}

export interface CreateOptions {
  name: string;
  description?: string;
  properties?: PropertyConfig[];
  vectorizers?: VectorConfig | VectorConfig[];
  generative?: GenerativeSettings;
  /** Whether the first object with another property adds it. True by default, as in Weaviate. */
  autoSchema?: boolean;
}

const path = (name: string) => `/v1/collections/${encodeURIComponent(name)}`;

export class Collections {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Create a collection; its models are tested now. */
  async create<P extends object = Properties>(options: CreateOptions): Promise<Collection<P>> {
    const given = options.vectorizers === undefined ? [] : [options.vectorizers].flat();
    const vectors = Object.fromEntries(given.map((each) => [each.name, each.settings]));
    if (Object.keys(vectors).length < given.length) {
      throw new AltoConfigurationError("vectorizers: give each vector a name of its own");
    }
    const body: Schemas["CollectionConfig"] = {
      name: options.name,
      description: options.description,
      auto_schema: options.autoSchema ?? true,
      properties: options.properties?.map(propertyOf),
      vectors,
      generative: options.generative,
    };
    const made = await this.#transport.send<CollectionConfig>("POST", "/v1/collections", body);
    return this.use<P>(made.name);
  }

  /** The collection of this name. Sends no request. */
  use<P extends object = Properties>(name: string): Collection<P> {
    return new Collection<P>(this.#transport, name);
  }

  /** As `use`. */
  get<P extends object = Properties>(name: string): Collection<P> {
    return this.use<P>(name);
  }

  /** Whether the collection exists. */
  async exists(name: string): Promise<boolean> {
    return found(this.#transport.send("GET", path(name)), "collection_not_found");
  }

  /** All collections. */
  async listAll(): Promise<CollectionConfig[]> {
    return (await this.#transport.send<Schemas["CollectionList"]>("GET", "/v1/collections")).collections;
  }

  /** Delete a collection and all its objects. One that does not exist is ignored. */
  async delete(name: string): Promise<void> {
    await found(this.#transport.send("DELETE", path(name), undefined, { repeatable: true }), "collection_not_found");
  }
}

/** Further names of collections, which can be pointed elsewhere in one atomic change. */
export class Aliases {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async create(given: { alias: string; collection: string }): Promise<void> {
    await this.#transport.send("POST", "/v1/aliases", given);
  }

  async listAll(options: { collection?: string } = {}): Promise<Schemas["Alias"][]> {
    const found = await this.#transport.send<Schemas["AliasList"]>("GET", "/v1/aliases", undefined, {
      query: { collection: options.collection },
    });
    return found.aliases;
  }

  async update(given: { alias: string; newTargetCollection: string }): Promise<void> {
    const body = { collection: given.newTargetCollection };
    await this.#transport.send("PUT", `/v1/aliases/${encodeURIComponent(given.alias)}`, body, { repeatable: true });
  }

  /** Delete an alias; returns whether it existed. */
  async delete(alias: string): Promise<boolean> {
    return found(this.#transport.send("DELETE", `/v1/aliases/${encodeURIComponent(alias)}`), "alias_not_found");
  }
}

function propertyOf(given: PropertyConfig): Schemas["Property-Input"] {
  return {
    name: given.name,
    type: given.dataType === "geoCoordinates" ? "geo" : given.dataType,
    description: given.description,
    tokenization: given.tokenization,
    skip_vectorization: given.skipVectorization,
    vectorize_property_name: given.vectorizePropertyName,
    properties: given.nestedProperties?.map(propertyOf),
  } as Schemas["Property-Input"];
}
