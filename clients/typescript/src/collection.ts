/** One collection: its data, searches and generated texts. */
import { AltoConfigurationError, AltoError, AltoNotFoundError } from "./errors.ts";
import { filter } from "./filters.ts";
import type { CollectionConfig, Filter, GenerateSettings, Properties, Schemas, SearchRequest } from "./schema.ts";
import type { Transport } from "./transport.ts";

export type Metadata = "score" | "distance" | "certainty" | "creationTime" | "updateTime" | "explainScore";
export type Vectors = Record<string, number[]>;

export interface SearchOptions {
  limit?: number;
  offset?: number;
  filters?: Filter;
  returnProperties?: string[];
  includeVector?: boolean;
  autoLimit?: number;
  targetVector?: string;
  /** Accepted as Weaviate's: every result has the metadata that its search makes. */
  returnMetadata?: Metadata[] | "all";
  /** Any other field of the request, as docs/openapi.json has it. */
  request?: Partial<SearchRequest>;
}
export interface NearOptions extends SearchOptions {
  distance?: number;
  certainty?: number;
}
export interface NearTextOptions extends NearOptions {
  moveTo?: { force: number; concepts?: string[] };
  moveAway?: { force: number; concepts?: string[] };
}
export interface Bm25Options extends SearchOptions {
  queryProperties?: string[];
}
export interface HybridOptions extends Bm25Options {
  /** The weight of the meaning, 0.7 by default as in Weaviate; 0 is BM25. */
  alpha?: number;
  vector?: number[];
  fusionType?: "Ranked" | "RelativeScore";
  maxVectorDistance?: number;
}
export interface GenerateTask {
  /** A template for each object: `Translate {title}`. */
  singlePrompt?: string;
  /** A task for all objects found. */
  groupedTask?: string;
  /** The properties that the model reads. */
  groupedProperties?: string[];
  /** The model, as `configure.generative` makes it; the collection's own, if not given. */
  config?: Schemas["GenerativeConfig"];
}
export interface ObjectMetadata {
  score?: number;
  distance?: number;
  certainty?: number;
  rerankScore?: number;
  creationTime?: Date;
  updateTime?: Date;
}
export interface AltoObject<P extends object = Properties> {
  uuid: string;
  properties: P;
  metadata: ObjectMetadata;
  vectors: Vectors;
  key?: string;
}
export interface QueryReturn<P extends object = Properties> {
  objects: AltoObject<P>[];
  total: number;
}
export interface GeneratedText {
  text: string;
  citations: Schemas["Citation"][];
  error?: Schemas["QueryProblem"];
}
export interface GenerativeObject<P extends object = Properties> extends AltoObject<P> {
  /** The text of `singlePrompt`. */
  generated?: string;
  generative?: GeneratedText;
}
export interface GenerateReturn<P extends object = Properties> {
  objects: GenerativeObject<P>[];
  /** The text of `groupedTask`. */
  generated?: string;
  generative?: GeneratedText;
}
export interface DataObject<P extends object = Properties> {
  properties: P;
  id?: string;
  key?: string;
  vectors?: number[] | Vectors;
}
export interface InsertManyReturn {
  uuids: Record<number, string>;
  errors: Record<number, { message: string; code: string }>;
  hasErrors: boolean;
}
export interface WriteOptions {
  /** Return only when searches see the change. */
  wait?: boolean;
}

const MAX_BATCH = 500;

export class Collection<P extends object = Properties> {
  readonly name: string;
  readonly data: Data<P>;
  readonly query: Query<P>;
  readonly generate: Generate<P>;
  readonly filter = filter;
  readonly config: { get: () => Promise<CollectionConfig> };
  readonly #transport: Transport;

  constructor(transport: Transport, name: string) {
    const path = `/v1/collections/${encodeURIComponent(name)}`;
    this.name = name;
    this.#transport = transport;
    this.data = new Data<P>(transport, path);
    this.query = new Query<P>(transport, path);
    this.generate = new Generate<P>(transport, path);
    this.config = { get: () => transport.send<CollectionConfig>("GET", path) };
  }

  /** How many objects there are. */
  async length(): Promise<number> {
    const path = `/v1/collections/${encodeURIComponent(this.name)}/aggregate`;
    const found = await this.#transport.send<Schemas["AggregateResponse"]>("POST", path, {}, { repeatable: true });
    return found.total;
  }

  /** All objects, by id: `for await (const each of films.iterator())`. */
  async *iterator(
    options: { includeVector?: boolean; returnProperties?: string[]; filters?: Filter; after?: string } = {},
  ): AsyncGenerator<AltoObject<P>> {
    const path = `/v1/collections/${encodeURIComponent(this.name)}/objects/list`;
    let after = options.after;
    do {
      const body: Schemas["ListRequest"] = {
        limit: options.includeVector ? 100 : 500,
        after,
        filter: options.filters,
        include_vectors: options.includeVector,
        return_properties: options.returnProperties,
      };
      const page = await this.#transport.send<Schemas["ObjectPage"]>("POST", path, body, { repeatable: true });
      for (const each of page.objects) yield objectOf<P>(each);
      after = page.next ?? undefined;
    } while (after !== undefined);
  }
}

class Data<P extends object> {
  readonly #transport: Transport;
  readonly #path: string;

  constructor(transport: Transport, path: string) {
    this.#transport = transport;
    this.#path = `${path}/objects`;
  }

  /** Insert an object, and return its id: its properties alone, or with an id, a key or vectors. */
  async insert(given: P | DataObject<P>, options: WriteOptions = {}): Promise<string> {
    const made = await this.#transport.send<Schemas["StoredObject"]>("POST", this.#path, bodyOf(given), write(options));
    return made.id;
  }

  /**
   * Insert or replace many objects. One that fails is in `errors` by its place; throws if all failed.
   *
   * Objects without an id get one here, so a request that is sent again stores nothing twice.
   */
  async insertMany(given: (P | DataObject<P>)[], options: WriteOptions = {}): Promise<InsertManyReturn> {
    const done: InsertManyReturn = { uuids: {}, errors: {}, hasErrors: false };
    for (let start = 0; start < given.length; start += MAX_BATCH) {
      const objects = given.slice(start, start + MAX_BATCH).map((each) => {
        const body = bodyOf(each);
        return body.id === undefined && body.key === undefined ? { ...body, id: crypto.randomUUID() } : body;
      });
      const request = { ...write(options), repeatable: true };
      const found = await this.#transport.send<Schemas["BatchResult"]>("POST", `${this.#path}/batch`, { objects }, request);
      found.results.forEach((each, index) => {
        if (each.error) {
          done.errors[start + index] = { message: each.error.message, code: each.error.code };
        } else {
          done.uuids[start + index] = each.id as string;
        }
      });
    }
    const failed = Object.values(done.errors);
    done.hasErrors = failed.length > 0;
    if (failed.length > 0 && failed.length === given.length) {
      throw new AltoError(`None of the ${given.length} objects was stored. The first error: ${failed[0]?.message}`, {
        code: failed[0]?.code,
      });
    }
    return done;
  }

  /** Merge properties into an object; null removes one. */
  async update(given: { id: string; properties: Partial<P> }, options: WriteOptions = {}): Promise<void> {
    await this.#transport.send("PATCH", this.#of(given.id), { properties: given.properties }, write(options));
  }

  /** Replace an object as a whole, or insert it. */
  async replace(given: { id: string } & DataObject<P>, options: WriteOptions = {}): Promise<void> {
    const { id, ...rest } = given;
    await this.#transport.send("PUT", this.#of(id), bodyOf(rest as DataObject<P>), { ...write(options), repeatable: true });
  }

  /** Delete an object; returns whether it existed. */
  async deleteById(id: string, options: WriteOptions = {}): Promise<boolean> {
    return found(this.#transport.send("DELETE", this.#of(id), undefined, write(options)), "object_not_found");
  }

  /** Whether an object has this id. */
  async exists(id: string): Promise<boolean> {
    return found(this.#transport.send("GET", this.#of(id)), "object_not_found");
  }

  /** Delete the objects that match, 10,000 at most. */
  async deleteMany(filters: Filter, options: WriteOptions & { dryRun?: boolean; verbose?: boolean } = {}) {
    const body = { filter: filters, dry_run: options.dryRun, verbose: options.verbose };
    const done = await this.#transport.send<Schemas["DeleteResult"]>("POST", `${this.#path}/delete`, body, write(options));
    return { matches: done.matches, successful: done.deleted, failed: done.failed, objects: done.objects };
  }

  /** Set properties of all objects that match, in as many requests as needed. */
  async updateMany(filters: Filter, properties: Partial<P>, options: WriteOptions = {}) {
    const total = { matches: 0, updated: 0, unchanged: 0, failed: 0 };
    let after: string | undefined;
    let isFirst = true;
    do {
      const body = { filter: filters, set: properties, after };
      const part: Schemas["UpdateResult"] = await this.#transport.send("POST", `${this.#path}/update`, body, write(options));
      if (isFirst) total.matches = part.matches;
      isFirst = false;
      total.updated += part.updated;
      total.unchanged += part.unchanged;
      total.failed += part.failed;
      after = part.next ?? undefined;
    } while (after !== undefined);
    return total;
  }

  #of(id: string): string {
    return `${this.#path}/${encodeURIComponent(id)}`;
  }
}

abstract class Searches {
  protected readonly transport: Transport;
  protected readonly path: string;

  constructor(transport: Transport, path: string) {
    this.transport = transport;
    this.path = path;
  }
}

class Query<P extends object> extends Searches {
  /** Search by meaning. */
  nearText = (query: string | string[], options: NearTextOptions = {}) => this.#search(requests.nearText(query, options));
  /** Search by a vector. */
  nearVector = (vector: number[], options: NearOptions = {}) => this.#search(requests.nearVector(vector, options));
  /** Search for what is near an object. */
  nearObject = (id: string, options: NearOptions = {}) => this.#search(requests.nearObject(id, options));
  /** Search by words. */
  bm25 = (query: string, options: Bm25Options = {}) => this.#search(requests.bm25(query, options));
  /** Search by words and meaning. */
  hybrid = (query: string, options: HybridOptions = {}) => this.#search(requests.hybrid(query, options));
  /** List objects. */
  fetchObjects = (options: SearchOptions = {}) => this.#search(page(options));

  /** The object with this id as last written, or null. */
  async fetchObjectById(id: string, options: { includeVector?: boolean } = {}): Promise<AltoObject<P> | null> {
    const path = `${this.path}/objects/${encodeURIComponent(id)}`;
    try {
      const query = { include_vectors: options.includeVector };
      return objectOf<P>(await this.transport.send<Schemas["StoredObject"]>("GET", path, undefined, { query }));
    } catch (error) {
      if (error instanceof AltoNotFoundError && error.code === "object_not_found") return null;
      throw error;
    }
  }

  async #search(body: SearchRequest): Promise<QueryReturn<P>> {
    const path = `${this.path}/search`;
    const found = await this.transport.send<Schemas["SearchResponse"]>("POST", path, body, { repeatable: true });
    return { objects: found.objects.map((each) => objectOf<P>(each)), total: found.total };
  }
}

class Generate<P extends object> extends Searches {
  nearText = (query: string | string[], task: GenerateTask, options: NearTextOptions = {}) =>
    this.#generate(requests.nearText(query, options), task);
  nearVector = (vector: number[], task: GenerateTask, options: NearOptions = {}) =>
    this.#generate(requests.nearVector(vector, options), task);
  nearObject = (id: string, task: GenerateTask, options: NearOptions = {}) =>
    this.#generate(requests.nearObject(id, options), task);
  bm25 = (query: string, task: GenerateTask, options: Bm25Options = {}) =>
    this.#generate(requests.bm25(query, options), task);
  hybrid = (query: string, task: GenerateTask, options: HybridOptions = {}) =>
    this.#generate(requests.hybrid(query, options), task);
  fetchObjects = (task: GenerateTask, options: SearchOptions = {}) => this.#generate(page(options), task);

  async #generate(body: SearchRequest, task: GenerateTask): Promise<GenerateReturn<P>> {
    const generate: GenerateSettings = {
      ...task.config,
      single_prompt: task.singlePrompt,
      grouped_task: task.groupedTask,
      properties: task.groupedProperties,
    };
    const path = `${this.path}/generate`;
    const found = await this.transport.send<Schemas["GenerateResponse"]>("POST", path, { ...body, generate });
    const objects = found.objects.map((each) => ({ ...objectOf<P>(each), ...textOf(each.generated) }));
    return { objects, ...textOf(found.generated) };
  }
}

const requests = {
  nearText: (query: string | string[], options: NearTextOptions): SearchRequest => ({
    ...page(options),
    near_text: { ...near(options), query, move_to: options.moveTo, move_away: options.moveAway },
  }),
  nearVector: (vector: number[], options: NearOptions): SearchRequest => ({
    ...page(options),
    near_vector: { ...near(options), vector },
  }),
  nearObject: (id: string, options: NearOptions): SearchRequest => ({
    ...page(options),
    near_object: { ...near(options), id },
  }),
  bm25: (query: string, options: Bm25Options): SearchRequest => ({
    ...page(options),
    bm25: { query, properties: options.queryProperties },
  }),
  hybrid: (query: string, options: HybridOptions): SearchRequest => ({
    ...page(options),
    hybrid: {
      query,
      alpha: options.alpha ?? 0.7,
      properties: options.queryProperties,
      vector: options.vector,
      target_vector: options.targetVector,
      max_vector_distance: options.maxVectorDistance,
      fusion: options.fusionType === "Ranked" ? "ranked" : options.fusionType && "relative_score",
    },
  }),
};

function page(options: SearchOptions): SearchRequest {
  return {
    limit: options.limit,
    offset: options.offset,
    filter: options.filters,
    return_properties: options.returnProperties,
    include_vectors: options.includeVector,
    autocut: options.autoLimit,
    ...options.request,
  } as SearchRequest;
}

function near(options: NearOptions) {
  return { distance: options.distance, certainty: options.certainty, target_vector: options.targetVector };
}

function write(options: WriteOptions) {
  return { query: { consistency: options.wait ? "wait" : undefined } };
}

const FIELDS = new Set(["properties", "id", "key", "vectors"]);

/** Properties alone, or an object around them: one whose `properties` is an object and that has no other names. */
function bodyOf<P extends object>(given: P | DataObject<P>): Schemas["ObjectBody"] {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new AltoConfigurationError(`object: expected properties such as {title: "Up"}, got ${JSON.stringify(given)}`);
  }
  const inner = (given as DataObject<P>).properties;
  const isWrapped = typeof inner === "object" && inner !== null && Object.keys(given).every((name) => FIELDS.has(name));
  const { properties, vectors, ...rest } = (isWrapped ? given : { properties: given }) as DataObject<P>;
  const sent = Array.isArray(vectors) ? { vector: vectors } : vectors ? { vectors } : {};
  return { ...rest, ...sent, properties: properties as Schemas["ObjectBody"]["properties"] } as Schemas["ObjectBody"];
}

function objectOf<P extends object>(each: Partial<Schemas["Hit"]> & { id: string; properties: object }): AltoObject<P> {
  return {
    uuid: each.id,
    properties: each.properties as P,
    metadata: {
      score: each.score ?? undefined,
      distance: each.distance ?? undefined,
      certainty: each.certainty ?? undefined,
      rerankScore: each.rerank_score ?? undefined,
      creationTime: each.created ? new Date(each.created) : undefined,
      updateTime: each.updated ? new Date(each.updated) : undefined,
    },
    vectors: each.vectors ?? {},
    ...(each.key ? { key: each.key } : {}),
  };
}

function textOf(given: Schemas["Generated"] | null | undefined): { generated?: string; generative?: GeneratedText } {
  if (!given) return {};
  const generative: GeneratedText = { text: given.text ?? "", citations: given.citations ?? [] };
  if (given.error) generative.error = given.error;
  return { generated: generative.text, generative };
}

/** Whether a request found its resource: false for a 404 with this code. */
async function found(sent: Promise<unknown>, missing: string): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    if (error instanceof AltoNotFoundError && error.code === missing) return false;
    throw error;
  }
}

export { found };
