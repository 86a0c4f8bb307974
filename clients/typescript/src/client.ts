/** A connection to one Alto. */
import { Aliases, Collections } from "./collections.ts";
import { AltoConfigurationError } from "./errors.ts";
import type { Schemas } from "./schema.ts";
import { type AwsCredentials, type ClientOptions, type RequestOptions, type Signing, Transport } from "./transport.ts";

export class AltoClient {
  readonly collections: Collections;
  readonly alias: Aliases;
  readonly #transport: Transport;

  constructor(url: string, options: ClientOptions = {}, signing?: Signing) {
    this.#transport = new Transport(url, options, signing);
    this.collections = new Collections(this.#transport);
    this.alias = new Aliases(this.#transport);
  }

  /** Whether searches would succeed now. */
  async isReady(): Promise<boolean> {
    return this.#holds("/v1/.well-known/ready");
  }

  /** Whether Alto responds at all. */
  async isLive(): Promise<boolean> {
    return this.#holds("/v1/.well-known/live");
  }

  /** Version, region and modules. */
  async getMeta(): Promise<Schemas["Meta"]> {
    return this.#transport.send<Schemas["Meta"]>("GET", "/v1/meta");
  }

  /** Send any request of the HTTP API (docs/openapi.json), for operations without a method here. */
  async call<T = unknown>(method: string, path: string, body?: unknown, options: RequestOptions = {}): Promise<T> {
    return this.#transport.send<T>(method, path, body, options);
  }

  /** Nothing is kept open; as Weaviate's client has it. */
  close(): void {}

  async #holds(path: string): Promise<boolean> {
    try {
      await this.#transport.send("GET", path);
      return true;
    } catch {
      return false;
    }
  }
}

/** Connect to the Alto that `alto up` runs on this machine. */
export async function connectToLocal(
  options: ClientOptions & { host?: string; port?: number } = {},
): Promise<AltoClient> {
  return connect(`http://${options.host ?? "localhost"}:${options.port ?? 8700}`, options);
}

/**
 * Connect to an Alto behind API Gateway; requests are signed (SigV4).
 *
 * The region is that of the address, and the credentials are those of the environment, unless given. A provider of the
 * AWS SDK, such as `fromNodeProviderChain()`, reads profiles and roles as well.
 */
export async function connectToAWS(
  options: ClientOptions & {
    url: string;
    region?: string;
    credentials?: AwsCredentials | (() => Promise<AwsCredentials>);
  },
): Promise<AltoClient> {
  const region = options.region ?? /\.execute-api\.([a-z0-9-]+)\.amazonaws\./.exec(options.url)?.[1];
  if (region === undefined) throw new AltoConfigurationError("region: the address does not name it, so give it");
  const given = options.credentials ?? fromEnvironment;
  return connect(options.url, options, {
    region,
    credentials: typeof given === "function" ? given : async () => given,
  });
}

/** Connect to an Alto at any address: one with tokens takes `headers: {Authorization: "Bearer …"}`. */
export async function connectToCustom(url: string, options: ClientOptions = {}): Promise<AltoClient> {
  return connect(url, options);
}

async function connect(url: string, options: ClientOptions, signing?: Signing): Promise<AltoClient> {
  const client = new AltoClient(url, options, signing);
  await client.getMeta();
  return client;
}

async function fromEnvironment(): Promise<AwsCredentials> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new AltoConfigurationError(
      "credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; or give a provider of the AWS SDK",
    );
  }
  return { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN };
}
