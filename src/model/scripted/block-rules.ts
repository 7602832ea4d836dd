import { extraInputs, firstOf, isObject, type Raw } from "./rule.js";
import { signThinking } from "./thinking-proof.js";

/** Checks one content block at a place such as `messages.1.content.0`. */
type BlockRule = (block: Raw, at: string) => string | undefined;

interface BlockForm {
  readonly roles: ReadonlySet<string>;
  readonly fields: ReadonlySet<string>;
  readonly check: BlockRule;
}

const USER: ReadonlySet<string> = new Set(["user"]);
const ASSISTANT: ReadonlySet<string> = new Set(["assistant"]);
const ANY: ReadonlySet<string> = new Set(["user", "assistant", "system"]);
const ID = /^[a-zA-Z0-9_-]+$/;

const text: BlockRule = (block, at) => {
  if (typeof block["text"] !== "string") return `${at}.text.text: Field required`;
  if (block["text"] === "") return "messages: text content blocks must be non-empty";
  return block["text"].trim() === "" ? "messages: text content blocks must contain non-whitespace text" : undefined;
};

const toolUse: BlockRule = (block, at) => {
  if (typeof block["id"] !== "string" || !ID.test(block["id"]))
    return `${at}.tool_use.id: String should match pattern '${ID.source}'`;
  if (typeof block["name"] !== "string" || block["name"] === "") return `${at}.tool_use.name: Field required`;
  return isObject(block["input"]) ? undefined : `${at}.tool_use.input: Input should be a valid dictionary`;
};

const toolResult: BlockRule = (block, at) => {
  if (typeof block["tool_use_id"] !== "string") return `${at}.tool_result.tool_use_id: Field required`;
  const content = block["content"];
  if (isEmpty(content))
    return block["is_error"] === true ? `${at}: content cannot be empty if \`is_error\` is true` : undefined;
  if (typeof content === "string") return undefined;
  if (!Array.isArray(content)) return `${at}.tool_result.content: Input should be a valid string or list`;
  return firstOf(content as unknown[], (part, n) => resultPart(part, `${at}.tool_result.content.${n}`));
};

function isEmpty(content: unknown): boolean {
  return content === undefined || content === "" || (Array.isArray(content) && content.length === 0);
}

function resultPart(part: unknown, at: string): string | undefined {
  if (!isObject(part)) return `${at}: Input should be an object`;
  return part["type"] === "text" ? text(part, at) : undefined;
}

const thinking: BlockRule = (block, at) => {
  if (typeof block["signature"] !== "string") return `${at}.thinking.signature: Field required`;
  if (typeof block["thinking"] !== "string") return `${at}.thinking.thinking: Field required`;
  return block["signature"] === signThinking(block["thinking"])
    ? undefined
    : `${at}: Invalid \`signature\` in \`thinking\` block`;
};

const redacted: BlockRule = (block, at) =>
  typeof block["data"] === "string" ? undefined : `${at}.redacted_thinking.data: Field required`;

const FORMS: Record<string, BlockForm> = {
  text: { roles: ANY, fields: new Set(["type", "text", "cache_control", "citations"]), check: text },
  tool_use: { roles: ASSISTANT, fields: new Set(["type", "id", "name", "input", "cache_control"]), check: toolUse },
  tool_result: {
    roles: USER,
    fields: new Set(["type", "tool_use_id", "content", "is_error", "cache_control"]),
    check: toolResult,
  },
  thinking: { roles: ASSISTANT, fields: new Set(["type", "thinking", "signature"]), check: thinking },
  redacted_thinking: { roles: ASSISTANT, fields: new Set(["type", "data"]), check: redacted },
  image: { roles: USER, fields: new Set(["type", "source", "cache_control"]), check: () => undefined },
  document: {
    roles: USER,
    fields: new Set(["type", "source", "cache_control", "title", "context", "citations"]),
    check: () => undefined,
  },
};

/** What the real API would refuse in one content block of a message of `role`. */
export function blockFault(block: unknown, at: string, role: string): string | undefined {
  if (!isObject(block)) return `${at}: Input should be an object`;
  const type = String(block["type"]);
  const form = FORMS[type];
  if (form === undefined) return `${at}: Input tag '${type}' is not one of the expected tags`;
  if (!form.roles.has(role)) return `${at}: \`${type}\` blocks cannot be in \`${role}\` messages`;
  return extraInputs(block, form.fields, `${at}.${type}.`) ?? form.check(block, at);
}
