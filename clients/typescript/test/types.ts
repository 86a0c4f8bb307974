/** A program of a user, compiled under `strict` and never run: what is wrong has to be an error. */
import alto, { type AltoObject, type QueryReturn } from "../src/index.ts";

interface Film {
  title: string;
}

export async function program(): Promise<string | undefined> {
  const client = await alto.connectToLocal();
  const films = client.collections.use<Film>("Film");
  const found: QueryReturn<Film> = await films.query.hybrid("a holiday film", { limit: 1 });
  const first: AltoObject<Film> | undefined = found.objects[0];
  // @ts-expect-error: films have no such property
  first?.properties.nothing;
  // @ts-expect-error: a limit is a number
  await films.query.hybrid("a holiday film", { limit: "1" });
  // @ts-expect-error: a region is needed
  alto.configure.vectors.text2VecAWSBedrock({ model: "m" });
  // @ts-expect-error: the API has no such field
  await films.query.bm25("a", { request: { nothing: 1 } });
  return first?.properties.title;
}
