/** Alto's TypeScript client: semantic search in your own AWS account. */
import { AltoClient, connectToAWS, connectToCustom, connectToLocal } from "./client.ts";
import { configure } from "./configure.ts";
import { filter, Filters } from "./filters.ts";

export * from "./collection.ts";
export * from "./collections.ts";
export * from "./errors.ts";
export type { Filter, Paths, Properties, Schemas, SearchRequest } from "./schema.ts";
export type { AwsCredentials, ClientOptions } from "./transport.ts";
export type { VectorConfig } from "./configure.ts";
export { AltoClient, configure, connectToAWS, connectToCustom, connectToLocal, filter, Filters };

/** As `import weaviate from 'weaviate-client'`. */
export default { connectToLocal, connectToAWS, connectToCustom, configure, filter, Filters };
