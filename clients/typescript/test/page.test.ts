/**
 * The TypeScript examples of Weaviate's page "Text Embeddings" of the AWS integration, against a running Alto.
 *
 * What differs from the page: `alto` where it says `weaviate`, and the line that connects.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import alto, { type AltoClient, AltoNotFoundError } from "../src/index.ts";

const url = process.env.ALTO_TEST_URL ?? "";
const name = "PageOfTypescript";
let client: AltoClient;

const srcObjects = [
  { title: "The Shawshank Redemption", description: "A wrongfully imprisoned man forms an inspiring friendship." },
  { title: "The Godfather", description: "A powerful mafia family struggles to balance loyalty and power." },
  { title: "The Dark Knight", description: "Batman faces the Joker's plan to spread chaos in Gotham." },
  { title: "Jingle All the Way", description: "A father hunts for the hottest toy of the holiday season." },
  { title: "A Christmas Carol", description: "A miserly man is changed by three ghosts on Christmas Eve." },
];

beforeAll(async () => {
  const aws_access_key = process.env.AWS_ACCESS_KEY || "";
  const aws_secret_key = process.env.AWS_SECRET_KEY || "";

  client = await alto.connectToCustom(url, {
    headers: {
      "X-AWS-Access-Key": aws_access_key,
      "X-AWS-Secret-Key": aws_secret_key,
    },
  });
  await client.collections.delete(name);
});

afterAll(async () => {
  await client.collections.delete(name);
  client.close();
});

it("configures the vectorizer: SageMaker", async () => {
  await client.collections.create({
    name,
    properties: [
      {
        name: "title",
        dataType: "text" as const,
      },
    ],
    vectorizers: [
      alto.configure.vectors.text2VecAWSSagemaker({
        name: "title_vector",
        region: "us-east-1",
        sourceProperties: ["title"],
        endpoint: "tei-custom",
      }),
    ],
  });

  expect(await client.collections.exists(name)).toBe(true);
  await client.collections.delete(name);
});

it("configures the vectorizer: Bedrock", async () => {
  await client.collections.create({
    name,
    properties: [
      {
        name: "title",
        dataType: "text" as const,
      },
    ],
    vectorizers: [
      alto.configure.vectors.text2VecAWSBedrock({
        name: "title_vector",
        region: "us-east-1",
        sourceProperties: ["title"],
        model: "amazon.titan-embed-text-v2:0",
      }),
    ],
  });

  const { vectors } = await client.collections.use(name).config.get();
  expect(vectors?.title_vector).toMatchObject({ model: "amazon.titan-embed-text-v2:0", source_properties: ["title"] });
});

it("imports data", async () => {
  const myCollection = client.collections.use(name);
  const dataObjects = new Array();

  for (const srcObject of srcObjects) {
    dataObjects.push({
      title: srcObject.title,
      description: srcObject.description,
    });
  }

  const response = await myCollection.data.insertMany(dataObjects, { wait: true });

  expect(response.hasErrors).toBe(false);
  expect(await myCollection.length()).toBe(5);
});

it("searches near a text", async () => {
  const myCollection = client.collections.use(name);

  const result = await myCollection.query.nearText("A holiday film", {
    limit: 2,
  });

  expect(result.objects).toHaveLength(2);
  expect(result.objects.map((each) => each.properties.title)).toContain("A Christmas Carol");
  expect(result.objects[0]?.metadata.distance).toBeLessThan(result.objects[1]?.metadata.distance ?? 0);
});

it("searches by words and meaning, with filters", async () => {
  const myCollection = client.collections.use<{ title: string; description: string }>(name);

  const result = await myCollection.query.hybrid("A holiday film", {
    limit: 2,
  });
  const filtered = await myCollection.query.hybrid("A holiday film", {
    filters: myCollection.filter.byProperty("title").equal("The Godfather"),
  });

  expect(result.objects.map((each) => each.properties.title)).toContain("A Christmas Carol");
  expect(filtered.objects.map((each) => each.properties.title)).toEqual(["The Godfather"]);
});

it("iterates over all objects", async () => {
  const seen = new Set<string>();

  for await (const each of client.collections.use<{ title: string }>(name).iterator()) seen.add(each.properties.title);

  expect(seen).toEqual(new Set(srcObjects.map((each) => each.title)));
});

it("generates from what it found", async () => {
  const myCollection = client.collections.use(name);
  const model = alto.configure.generative.awsBedrock({ model: "amazon.nova-lite-v1:0" });

  const response = await myCollection.generate.nearText(
    "A holiday film",
    { singlePrompt: "Describe {title}: {description}", groupedTask: "Which ghosts are there?", config: model },
    { limit: 2 },
  );

  for (const each of response.objects) expect(each.generated).not.toBe("");
  expect(response.generative?.error).toBeUndefined();
  expect(response.generated).toMatch(/\w/);
});

it("finds by an alias, and says what is missing", async () => {
  const alias = `${name}Alias`;
  await client.alias.delete(alias);
  await client.alias.create({ alias, collection: name });

  const found = await client.collections.use(alias).query.bm25("ghosts");
  expect(found.objects.map((each) => each.properties.title)).toEqual(["A Christmas Carol"]);

  expect(await client.alias.delete(alias)).toBe(true);
  await expect(client.collections.use(alias).query.bm25("ghosts")).rejects.toThrow(AltoNotFoundError);
});
