/** `configure`: vectors and generative models of a collection, named as in Weaviate's client. */
import type { Schemas } from "./schema.ts";

export type Index = Schemas["HnswIndex"];

export interface VectorConfig {
  name: string;
  settings: Schemas["Text2VecAws"] | Schemas["SelfProvided"];
}

export interface Common {
  /** The name of the vector; `default` if there is one only. */
  name?: string;
  /** The properties whose text is embedded; all text, if not given. */
  sourceProperties?: string[];
  /** Whether the collection's name is embedded too. True by default, as in Weaviate. */
  vectorizeCollectionName?: boolean;
  dimensions?: number;
  vectorIndexConfig?: Index;
  roleArn?: string;
  truncate?: "none" | "start" | "end";
}

export interface BedrockVector extends Common {
  region: string;
  model: string;
}

export interface SagemakerVector extends Common {
  region: string;
  endpoint: string;
  targetModel?: string;
  targetVariant?: string;
  payload?: Schemas["Text2VecAws"]["payload"];
}

export type AwsVector = ({ service: "bedrock" } & BedrockVector) | ({ service: "sagemaker" } & SagemakerVector);

function common(given: Common) {
  return {
    vectorizer: "text2vec-aws" as const,
    source_properties: given.sourceProperties,
    vectorize_collection_name: given.vectorizeCollectionName ?? true,
    dimensions: given.dimensions,
    index: given.vectorIndexConfig,
    role_arn: given.roleArn,
    truncate: given.truncate,
  };
}

const vectors = {
  /** A vector that a model on Amazon Bedrock makes. */
  text2VecAWSBedrock(given: BedrockVector): VectorConfig {
    const settings = { ...common(given), service: "bedrock" as const, region: given.region, model: given.model };
    return { name: given.name ?? "default", settings };
  },
  /** A vector that an Amazon SageMaker endpoint makes. */
  text2VecAWSSagemaker(given: SagemakerVector): VectorConfig {
    const settings = {
      ...common(given),
      service: "sagemaker" as const,
      region: given.region,
      endpoint: given.endpoint,
      target_model: given.targetModel,
      target_variant: given.targetVariant,
      payload: given.payload,
    };
    return { name: given.name ?? "default", settings };
  },
  /** Either of the two, by `service`. */
  text2VecAWS(given: AwsVector): VectorConfig {
    return given.service === "bedrock" ? vectors.text2VecAWSBedrock(given) : vectors.text2VecAWSSagemaker(given);
  },
  /** A vector that comes with each object. */
  selfProvided(given: { name?: string; dimensions: number; vectorIndexConfig?: Index }): VectorConfig {
    const settings = { vectorizer: "none" as const, dimensions: given.dimensions, index: given.vectorIndexConfig };
    return { name: given.name ?? "default", settings };
  },
};

export interface GenerativeCommon {
  region?: string;
  maxTokens?: number;
  temperature?: number;
  topK?: number;
  topP?: number;
  stopSequences?: string[];
}

export type GenerativeSettings = Schemas["GenerativeConfig"];

function generation(given: GenerativeCommon) {
  return {
    region: given.region,
    max_tokens: given.maxTokens,
    temperature: given.temperature,
    top_k: given.topK,
    top_p: given.topP,
    stop_sequences: given.stopSequences,
  };
}

const generative = {
  /** A text model on Amazon Bedrock. */
  awsBedrock: (given: GenerativeCommon & { model: string }): GenerativeSettings => ({
    ...generation(given),
    service: "bedrock",
    model: given.model,
  }),
  /** A text model behind an Amazon SageMaker endpoint. */
  awsSagemaker: (given: GenerativeCommon & { endpoint: string }): GenerativeSettings => ({
    ...generation(given),
    service: "sagemaker",
    endpoint: given.endpoint,
  }),
  /** Either of the two, by `service`. */
  aws: (
    given: GenerativeCommon & ({ service: "bedrock"; model: string } | { service: "sagemaker"; endpoint: string }),
  ): GenerativeSettings =>
    given.service === "bedrock" ? generative.awsBedrock(given) : generative.awsSagemaker(given),
};

const dataType = {
  TEXT: "text",
  TEXT_ARRAY: "text[]",
  INT: "int",
  INT_ARRAY: "int[]",
  NUMBER: "number",
  NUMBER_ARRAY: "number[]",
  BOOLEAN: "boolean",
  BOOLEAN_ARRAY: "boolean[]",
  DATE: "date",
  DATE_ARRAY: "date[]",
  UUID: "uuid",
  UUID_ARRAY: "uuid[]",
  OBJECT: "object",
  OBJECT_ARRAY: "object[]",
  GEO_COORDINATES: "geo",
} as const;

export const configure = { vectors, generative, dataType };
