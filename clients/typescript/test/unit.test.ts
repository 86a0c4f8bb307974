/** The requests of the client, and its reading of responses: no server. */
import { describe, expect, it } from "vitest";
import alto, {
  AltoAuthenticationError,
  AltoClient,
  AltoConfigurationError,
  AltoConflictError,
  AltoConnectionError,
  AltoEmbeddingError,
  AltoError,
  AltoInvalidRequestError,
  AltoNotFoundError,
  AltoServerError,
  AltoThrottledError,
  Filters,
} from "../src/index.ts";

interface Asked {
  method: string;
  url: URL;
  headers: Headers;
  body: unknown;
}

/** A client over these responses, and its requests. */
function server(...responses: (Response | Error)[]) {
  const asked: Asked[] = [];
  const respond: typeof fetch = async (input, init) => {
    const text = init?.body as string | undefined;
    asked.push({
      method: init?.method ?? "GET",
      url: new URL(String(input)),
      headers: new Headers(init?.headers),
      body: text && JSON.parse(text),
    });
    const next = responses.shift();
    if (next === undefined) throw new Error("no response is left");
    if (next instanceof Error) throw next;
    return next;
  };
  return { asked, client: new AltoClient("http://localhost:1", { fetch: respond }), respond };
}

const reply = (body: unknown, status = 200, headers = {}) => new Response(JSON.stringify(body), { status, headers });
const refused = (status: number, code: string) =>
  reply({ error: { code, message: "no", details: [{ field: "limit", message: "is wrong" }], request_id: "r" } }, status);
const HIT = { id: "a", properties: { title: "Up" }, score: 0.5, distance: 0.25 };
const FOUND = { objects: [HIT], total: 1, truncated: false, took_ms: 1 };

describe("searches", () => {
  it.each([
    ["nearText", ["a film", { limit: 2 }], { near_text: { query: "a film" }, limit: 2 }],
    ["nearVector", [[1, 2], { distance: 0.5 }], { near_vector: { vector: [1, 2], distance: 0.5 } }],
    ["nearObject", ["id"], { near_object: { id: "id" } }],
    ["bm25", ["a", { queryProperties: ["title^2"] }], { bm25: { query: "a", properties: ["title^2"] } }],
    ["hybrid", ["a", { alpha: 0.2, fusionType: "Ranked" }], { hybrid: { query: "a", alpha: 0.2, fusion: "ranked" } }],
    ["hybrid", ["a"], { hybrid: { query: "a", alpha: 0.7 } }],
    ["fetchObjects", [{ returnProperties: ["title"] }], { return_properties: ["title"] }],
  ])("%s sends what was given, and nothing else", async (method, given, body) => {
    const { client, asked } = server(reply(FOUND));
    const query = client.collections.use("Film").query as unknown as Record<string, (...all: unknown[]) => Promise<unknown>>;

    const result = await query[method]?.(...given);

    expect(asked[0]).toMatchObject({ method: "POST", body });
    expect(asked[0]?.body).toEqual(body);
    expect(asked[0]?.url.pathname).toBe("/v1/collections/Film/search");
    expect(result).toMatchObject({ objects: [{ uuid: "a", properties: { title: "Up" }, metadata: { distance: 0.25 } }] });
  });

  it("combines filters", async () => {
    const { client, asked } = server(reply(FOUND));
    const films = client.collections.use("Film");
    const date = new Date("2020-01-02T03:04:05Z");

    await films.query.bm25("a", {
      filters: Filters.and(
        films.filter.byProperty("year").greaterThan(1990),
        Filters.not(films.filter.byCreationTime().lessThan(date)),
      ),
    });

    expect(asked[0]?.body).toMatchObject({
      filter: {
        and: [
          { property: "year", operator: "greater_than", value: 1990 },
          { not: { property: "_created", operator: "less_than", value: date.toISOString() } },
        ],
      },
    });
  });

  it("returns generated texts with their citations", async () => {
    const citation = { id: "a", property: "title", quote: "Up" };
    const generated = { text: "It is Up.", citations: [citation], citation_mode: "native" };
    const { client, asked } = server(reply({ ...FOUND, objects: [{ ...HIT, generated }], generated }));

    const result = await client.collections.use("Film").generate.nearText(
      "a film",
      { singlePrompt: "Translate {title}", config: alto.configure.generative.awsBedrock({ model: "m" }) },
      { limit: 2 },
    );

    expect(asked[0]?.body).toEqual({
      near_text: { query: "a film" },
      limit: 2,
      generate: { service: "bedrock", model: "m", single_prompt: "Translate {title}" },
    });
    expect(result.objects[0]?.generated).toBe("It is Up.");
    expect(result.generative?.citations).toEqual([citation]);
  });
});

describe("writes", () => {
  it("names the objects that failed by their places", async () => {
    const results = [
      { id: "a", status: "created" },
      { id: null, status: "failed", error: { code: "invalid_object", message: "no" } },
    ];
    const { client } = server(reply({ results }));

    const done = await client.collections.use("Film").data.insertMany([{ title: "Up" }, { title: 1 }]);

    expect(done).toEqual({
      uuids: { 0: "a" },
      errors: { 1: { code: "invalid_object", message: "no" } },
      hasErrors: true,
    });
  });

  it("throws when every object failed", async () => {
    const results = [{ id: null, status: "failed", error: { code: "invalid_object", message: "no" } }];
    const { client } = server(reply({ results }));

    await expect(client.collections.use("Film").data.insertMany([{ title: 1 }])).rejects.toThrow(/None of the 1/);
  });

  it("gives objects ids, so that a request which is sent again stores nothing twice", async () => {
    const { client, asked } = server(new TypeError("broken"), reply({ results: [{ id: "a", status: "created" }] }));

    await client.collections.use("Film").data.insertMany([{ title: "Up" }]);

    expect(asked).toHaveLength(2);
    expect(asked[1]?.body).toEqual(asked[0]?.body);
    expect((asked[0]?.body as { objects: { id: string }[] }).objects[0]?.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("takes properties alone, or an object with id, key and vectors", async () => {
    const made = () => reply({ id: "a", properties: {} }, 201);
    const { client, asked } = server(made(), made(), made());
    const { data } = client.collections.use("Film");

    await data.insert({ title: "Up" });
    await data.insert({ id: "a", properties: { title: "Up" }, vectors: [1, 2] });
    // A property that is called `properties` is one.
    await data.insert({ properties: { a: 1 }, title: "Up" });

    expect(asked.map((each) => each.body)).toEqual([
      { properties: { title: "Up" } },
      { id: "a", properties: { title: "Up" }, vector: [1, 2] },
      { properties: { properties: { a: 1 }, title: "Up" } },
    ]);
  });

  it("does not send a write again whose effect is unknown", async () => {
    const { client, asked } = server(new TypeError("broken"));

    await expect(client.collections.use("Film").data.insert({ title: "Up" })).rejects.toThrow(AltoConnectionError);
    expect(asked).toHaveLength(1);
  });

  it("updates page by page until nothing is left", async () => {
    const part = { dry_run: false, unchanged: 0, failed: 0, objects: [] };
    const { client, asked } = server(
      reply({ ...part, matches: 3, updated: 2, next: "b" }),
      reply({ ...part, matches: 1, updated: 1 }),
    );
    const films = client.collections.use("Film");

    const done = await films.data.updateMany(films.filter.byProperty("year").equal(1), { seen: true });

    expect(done).toEqual({ matches: 3, updated: 3, unchanged: 0, failed: 0 });
    expect((asked[1]?.body as { after: string }).after).toBe("b");
  });
});

it("iterates over all pages", async () => {
  const { client, asked } = server(
    reply({ objects: [HIT, { ...HIT, id: "b" }], next: "b" }),
    reply({ objects: [{ ...HIT, id: "c" }] }),
  );

  const seen = [];
  for await (const each of client.collections.use("Film").iterator()) seen.push(each.uuid);

  expect(seen).toEqual(["a", "b", "c"]);
  expect((asked[1]?.body as { after: string }).after).toBe("b");
});

it("creates a collection with Weaviate's names", async () => {
  const { client, asked } = server(reply({ name: "Film" }, 201));

  const films = await client.collections.create({
    name: "film",
    properties: [{ name: "title", dataType: "text" }, { name: "place", dataType: "geoCoordinates" }],
    vectorizers: [
      alto.configure.vectors.text2VecAWSBedrock({ name: "t", region: "r", model: "m", sourceProperties: ["title"] }),
      alto.configure.vectors.text2VecAWSSagemaker({ name: "s", region: "r", endpoint: "e" }),
      alto.configure.vectors.selfProvided({ name: "o", dimensions: 3 }),
    ],
    generative: alto.configure.generative.aws({ service: "bedrock", model: "g" }),
  });

  const common = { vectorizer: "text2vec-aws", vectorize_collection_name: true, region: "r" };
  expect(asked[0]?.body).toEqual({
    name: "film",
    auto_schema: true,
    properties: [{ name: "title", type: "text" }, { name: "place", type: "geo" }],
    vectors: {
      t: { ...common, service: "bedrock", model: "m", source_properties: ["title"] },
      s: { ...common, service: "sagemaker", endpoint: "e" },
      o: { vectorizer: "none", dimensions: 3 },
    },
    generative: { service: "bedrock", model: "g" },
  });
  expect(films.name).toBe("Film");
});

describe("errors", () => {
  it.each([
    [400, "invalid_request", AltoInvalidRequestError],
    [403, "forbidden", AltoAuthenticationError],
    [404, "collection_not_found", AltoNotFoundError],
    [409, "conflict", AltoConflictError],
    [413, "answer_too_large", AltoInvalidRequestError],
    [502, "model_not_found", AltoEmbeddingError],
    [502, "search_engine_error", AltoServerError],
    [500, "internal_error", AltoServerError],
    [418, "of_tomorrow", AltoError],
  ])("%i %s has a class of its own", async (status, code, kind) => {
    const { client } = server(refused(status, code));

    const error = await client.getMeta().catch((caught: unknown) => caught);

    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ status, code, requestId: "r", details: [{ field: "limit" }] });
  });

  it("tries again what is throttled, and throws in the end", async () => {
    const throttled = Array.from({ length: 4 }, () => refused(429, "model_throttled"));
    const { client, asked } = server(...throttled);

    await expect(client.getMeta()).rejects.toThrow(AltoThrottledError);
    expect(asked).toHaveLength(4);
  });

  it("does not take another missing thing for a missing object", async () => {
    const { client } = server(refused(404, "collection_not_found"), refused(404, "object_not_found"));
    const { data } = client.collections.use("Film");

    await expect(data.exists("a")).rejects.toThrow(AltoNotFoundError);
    expect(await data.exists("a")).toBe(false);
  });

  it.each([
    ["ftp://alto", {}],
    ["http://alto.example", { headers: { authorization: "Bearer x" } }],
    ["http://localhost", { headers: { "X-AWS-Access-Key": undefined } }],
  ])("rejects the connection %s before anything is sent", (url, options) => {
    expect(() => new AltoClient(url, options)).toThrow(AltoConfigurationError);
  });
});

describe("signing", () => {
  const KEY = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "token" };

  it("signs for API Gateway, in the region of the address", async () => {
    const { respond, asked } = server(reply({ version: "1" }), reply(FOUND));
    const url = "https://abc.execute-api.eu-west-1.amazonaws.com";

    const client = await alto.connectToAWS({ url, credentials: KEY, fetch: respond });
    await client.collections.use("Film").query.bm25("ä b", { limit: 1 });

    for (const { headers } of asked) {
      expect(headers.get("authorization")).toMatch(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/execute-api\/aws4_request, SignedHeaders=.*host.*, Signature=[0-9a-f]{64}$/,
      );
      expect(headers.get("x-amz-security-token")).toBe("token");
    }
    expect(asked[1]?.body).toEqual({ bm25: { query: "ä b" }, limit: 1 });
  });

  it("needs a region and credentials", async () => {
    await expect(alto.connectToAWS({ url: "https://alto.example", credentials: KEY })).rejects.toThrow(/region/);
  });
});
