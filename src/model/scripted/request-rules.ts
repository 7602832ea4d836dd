import { messageFault } from "./message-rules.js";
import { extraInputs, firstFault, firstOf, isBlank, isObject, type Raw, type Rule } from "./rule.js";
import { toolFault } from "./tool-rules.js";

const FIELDS: ReadonlySet<string> = new Set([
  "model",
  "max_tokens",
  "messages",
  "system",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "cache_control",
  "stream",
  "stop_sequences",
  "metadata",
  "service_tier",
  "container",
  "inference_geo",
  "diagnostics",
  "speed",
  "temperature",
  "top_p",
  "top_k",
]);
const EFFORTS: ReadonlySet<unknown> = new Set(["low", "medium", "high", "xhigh", "max"]);
const MAX_BREAKPOINTS = 4;

const required: Rule<Raw> = (body) => {
  const missing = ["model", "max_tokens", "messages"].find((field) => body[field] === undefined);
  return missing === undefined ? undefined : `${missing}: Field required`;
};

const shapes: Rule<Raw> = (body) => {
  if (typeof body["model"] !== "string" || body["model"] === "") return "model: Input should be a valid string";
  if (!Number.isInteger(body["max_tokens"])) return "max_tokens: Input should be a valid integer";
  if (Number(body["max_tokens"]) < 1) return "max_tokens: Input should be greater than or equal to 1";
  if (body["stream"] !== undefined && typeof body["stream"] !== "boolean")
    return "stream: Input should be a valid boolean";
  return undefined;
};

const sampling: Rule<Raw> = (body) => {
  const field = ["temperature", "top_p", "top_k"].find((name) => body[name] !== undefined);
  return field === undefined ? undefined : `\`${field}\` is not supported on this model.`;
};

const thinking: Rule<Raw> = (body) => {
  const config = body["thinking"];
  if (config === undefined) return undefined;
  if (!isObject(config)) return "thinking: Input should be an object";
  if (config["type"] === "enabled" || config["budget_tokens"] !== undefined)
    return '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort".';
  if (config["type"] !== "adaptive" && config["type"] !== "disabled")
    return "thinking.type: Input should be 'adaptive' or 'disabled'";
  return extraInputs(config, new Set(["type", "display"]), "thinking.");
};

const forcedTool: Rule<Raw> = (body) => {
  const choice = body["tool_choice"];
  const forced = isObject(choice) && (choice["type"] === "any" || choice["type"] === "tool");
  const thinks = isObject(body["thinking"]) && body["thinking"]["type"] === "adaptive";
  return forced && thinks ? "Thinking may not be enabled when tool_choice forces tool use." : undefined;
};

const outputConfig: Rule<Raw> = (body) => {
  const config = body["output_config"];
  if (config === undefined) return undefined;
  if (!isObject(config)) return "output_config: Input should be an object";
  if (config["effort"] !== undefined && !EFFORTS.has(config["effort"]))
    return "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'";
  return extraInputs(config, new Set(["effort", "format"]), "output_config.");
};

const system: Rule<Raw> = (body) => {
  const value = body["system"];
  if (value === undefined || typeof value === "string") return undefined;
  if (!Array.isArray(value)) return "system: Input should be a valid string or a list of text blocks";
  return firstOf(value as unknown[], systemBlock);
};

function systemBlock(block: unknown): string | undefined {
  if (!isObject(block) || block["type"] !== "text") return "system: Input should be a text block";
  return isBlank(block) ? "system: text content blocks must be non-empty" : undefined;
}

const topLevelCache: Rule<Raw> = (body) => cacheControlFault(body["cache_control"], "cache_control");

const breakpoints: Rule<Raw> = (body) => {
  const blocks = [body["tools"], body["system"], messageBlocks(body["messages"])]
    .filter(Array.isArray)
    .flat() as unknown[];
  const marked = blocks.filter((block): block is Raw => isObject(block) && block["cache_control"] !== undefined);
  if (marked.length > MAX_BREAKPOINTS)
    return `A maximum of ${MAX_BREAKPOINTS} blocks with cache_control may be provided. Found ${marked.length}.`;
  for (const block of marked) {
    if (block["type"] === "text" && isBlank(block)) return "cache_control cannot be set for empty text blocks";
    const fault = cacheControlFault(block["cache_control"], "cache_control");
    if (fault !== undefined) return fault;
  }
  return undefined;
};

function cacheControlFault(value: unknown, where: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value) || value["type"] !== "ephemeral") return `${where}.type: Input should be 'ephemeral'`;
  return extraInputs(value, new Set(["type", "ttl"]), `${where}.`);
}

function messageBlocks(messages: unknown): unknown[] {
  if (!Array.isArray(messages)) return [];
  return (messages as unknown[]).flatMap((message) => {
    const content = isObject(message) ? message["content"] : undefined;
    return Array.isArray(content) ? (content as unknown[]) : [];
  });
}

const unknownFields: Rule<Raw> = (body) => extraInputs(body, FIELDS, "");

/**
 * What the real API would refuse in a request, in its order: fields, then configuration, tools and
 * messages. Undefined when it would accept. Source: notes/messages-api.md.
 */
export function requestFault(body: Raw): string | undefined {
  return firstFault(
    [
      required,
      unknownFields,
      shapes,
      sampling,
      thinking,
      outputConfig,
      system,
      topLevelCache,
      toolFault,
      forcedTool,
      breakpoints,
      messageFault,
    ],
    body,
  );
}
