import { createModelClient, type ModelClientOptions } from "../../../src/model/client.js";
import { FULL_PROFILE } from "../../../src/model/profile.js";
import { type ModelRequest, requestHeaders } from "../../../src/model/request.js";

/** A request as the crew makes it, for tests. */
export const plainRequest: ModelRequest = {
  model: "claude-sonnet-5-5",
  system: "You write code.",
  tools: [{ name: "Read", description: "Reads", input_schema: { type: "object", properties: {} } }],
  messages: [{ role: "user", content: [{ type: "text", text: "Begin." }] }],
  maxTokens: 1_000,
};

/** Headers of one place in a run. */
export function headersOf(execution = "1:T-1:work:1:1") {
  return requestHeaders({ agent: "implementer", tier: "implementation", task: "T-1", execution });
}

/** A client of a server on loopback. */
export function clientOf(baseUrl: string, options: Partial<ModelClientOptions> = {}) {
  return createModelClient({ baseUrl, apiKey: "test-key", profile: FULL_PROFILE, ...options });
}
