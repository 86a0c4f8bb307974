/** Sends requests: signed, with a time limit, and again where that is safe. */
import { AwsClient } from "aws4fetch";
import { AltoConfigurationError, AltoConnectionError, AltoError, errorOf } from "./errors.ts";

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface ClientOptions {
  /** Headers of every request, such as `X-AWS-Access-Key` and `X-AWS-Secret-Key` for the models. */
  headers?: Record<string, string | undefined>;
  /** Seconds for a request, 30 by default. */
  timeoutSeconds?: number;
  /** How often a request is sent again after a 429, a 503 or, if that is safe, a broken connection; 3 by default. */
  retries?: number;
  /** Another `fetch`, for tests. */
  fetch?: typeof fetch;
}

export interface Signing {
  region: string;
  /** Called for each request: a provider of the AWS SDK such as `fromNodeProviderChain()` fits. */
  credentials: () => Promise<AwsCredentials>;
}

export interface RequestOptions {
  query?: Record<string, string | number | boolean | undefined>;
  /** Sending it twice has the effect of once. */
  repeatable?: boolean;
  headers?: Record<string, string>;
}

const RETRIED = new Set([429, 503]);

export class Transport {
  readonly url: string;
  readonly #options: ClientOptions;
  readonly #signing: Signing | undefined;

  constructor(url: string, options: ClientOptions, signing?: Signing) {
    const parsed = URL.parse(url);
    if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
      throw new AltoConfigurationError(`url: expected an address such as https://…, got ${JSON.stringify(url)}`);
    }
    const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(parsed.hostname);
    const given = Object.entries(options.headers ?? {});
    for (const [name, value] of given) {
      if (value === undefined || value === "") {
        throw new AltoConfigurationError(`headers: ${name} has no value; is its environment variable set?`);
      }
    }
    if (parsed.protocol === "http:" && !isLocal && (signing || given.length > 0)) {
      throw new AltoConfigurationError("url: credentials are not sent in clear text: use https");
    }
    this.url = url.replace(/\/+$/, "");
    this.#options = options;
    this.#signing = signing;
  }

  /** Send a request and return the parsed body of its response. Throws the `AltoError` of the response. */
  async send<T>(method: string, path: string, body?: unknown, options: RequestOptions = {}): Promise<T> {
    const query = new URLSearchParams(
      Object.entries(options.query ?? {})
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, String(value)]),
    );
    // A space as %20: in a signature, + is a plus sign.
    const address = `${this.url}${path}${query.size ? `?${String(query).replaceAll("+", "%20")}` : ""}`;
    const retries = this.#options.retries ?? 3;
    const repeatable = options.repeatable ?? method === "GET";
    for (let attempt = 0; ; attempt++) {
      let response: Response;
      try {
        response = await this.#fetch(method, address, body, options.headers ?? {});
      } catch (error) {
        if (error instanceof AltoError) throw error;
        if (!repeatable || attempt >= retries) {
          throw new AltoConnectionError(`Alto at ${this.url} did not respond: ${String(error)}`, { cause: error });
        }
        await pause(attempt);
        continue;
      }
      if (RETRIED.has(response.status) && attempt < retries) {
        await response.arrayBuffer();
        await pause(attempt, Number(response.headers.get("retry-after")));
        continue;
      }
      const parsed = await parse(response);
      if (!response.ok) throw errorOf(response.status, parsed);
      return parsed as T;
    }
  }

  async #fetch(method: string, address: string, body: unknown, more: Record<string, string>): Promise<Response> {
    const headers: Record<string, string> = { ...(this.#options.headers as Record<string, string>), ...more };
    const content = body === undefined ? undefined : JSON.stringify(body);
    if (content !== undefined) headers["content-type"] = "application/json";
    const signal = AbortSignal.timeout((this.#options.timeoutSeconds ?? 30) * 1000);
    const call = this.#options.fetch ?? fetch;
    if (this.#signing === undefined) return call(address, { method, headers, body: content, signal });
    const signer = new AwsClient({
      ...(await this.#signing.credentials()),
      region: this.#signing.region,
      service: "execute-api",
      retries: 0,
    });
    const signed = await signer.sign(address, { method, headers, body: content });
    return call(signed.url, { method, headers: signed.headers, body: content, signal });
  }
}

async function parse(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new AltoError(`The response with status ${response.status} is not JSON: is this an Alto?`, {
      status: response.status,
    });
  }
}

function pause(attempt: number, retryAfter = 0): Promise<void> {
  const seconds = retryAfter > 0 ? Math.min(retryAfter, 20) : Math.random() * 0.2 * 2 ** attempt;
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
