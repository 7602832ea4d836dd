import { blockFault } from "./block-rules.js";
import { extraInputs, firstFault, firstOf, isObject, type Raw, type Rule } from "./rule.js";
import { thinkingWasDropped } from "./thinking-proof.js";

/** A message with its content as blocks, whatever form it was sent in. */
interface Turn {
  readonly role: string;
  readonly blocks: readonly Raw[];
}

const MESSAGE_FIELDS: ReadonlySet<string> = new Set(["role", "content"]);
const ROLES: ReadonlySet<unknown> = new Set(["user", "assistant", "system"]);

const shape: Rule<Raw> = (body) => {
  const messages = body["messages"];
  if (!Array.isArray(messages)) return "messages: Input should be a valid list";
  if (messages.length === 0) return "messages: at least one message is required";
  return firstOf(messages as unknown[], oneMessage);
};

function oneMessage(message: unknown, index: number): string | undefined {
  const at = `messages.${index}`;
  if (!isObject(message)) return `${at}: Input should be an object`;
  if (!ROLES.has(message["role"])) return `${at}.role: Input should be 'user' or 'assistant'`;
  return extraInputs(message, MESSAGE_FIELDS, `${at}.`) ?? contentFault(message, at);
}

function contentFault(message: Raw, at: string): string | undefined {
  const content = message["content"];
  if (content === undefined) return `${at}.content: Field required`;
  if (typeof content === "string")
    return content === "" ? `${at}: messages must have non-empty content` : blank(content);
  if (!Array.isArray(content)) return `${at}.content: Input should be a valid string or list`;
  if (content.length === 0) return `${at}: messages must have non-empty content`;
  return firstOf(content as unknown[], (block, n) => blockFault(block, `${at}.content.${n}`, String(message["role"])));
}

function blank(text: string): string | undefined {
  return text.trim() === "" ? "messages: text content blocks must contain non-whitespace text" : undefined;
}

/** Consecutive messages of one role count as one turn, as in the real API. */
function turnsOf(body: Raw): Turn[] {
  const turns: { role: string; blocks: Raw[] }[] = [];
  for (const message of body["messages"] as Raw[]) {
    const content = message["content"];
    const blocks = typeof content === "string" ? [{ type: "text", text: content }] : (content as Raw[]);
    const last = turns.at(-1);
    if (last !== undefined && last.role === message["role"]) last.blocks.push(...blocks);
    else turns.push({ role: String(message["role"]), blocks: [...blocks] });
  }
  return turns;
}

const firstRole: Rule<readonly Turn[]> = (turns) =>
  turns[0]?.role === "assistant" ? 'messages: first message must use the "user" role' : undefined;

const prefill: Rule<readonly Turn[]> = (turns) => {
  const last = turns.at(-1);
  if (last?.role !== "assistant") return undefined;
  const text = last.blocks.at(-1)?.["text"];
  if (typeof text === "string" && /\s$/.test(text))
    return "messages: final assistant content cannot end with trailing whitespace";
  return "This model does not support assistant message prefill. The conversation must end with a user message.";
};

const uniqueIds: Rule<readonly Turn[]> = (turns) => {
  const ids = turns.flatMap((turn) => idsOf(turn, "tool_use", "id"));
  return new Set(ids).size === ids.length ? undefined : "messages: `tool_use` ids must be unique";
};

function idsOf(turn: Turn | undefined, type: string, member: string): string[] {
  return (turn?.blocks ?? []).filter((block) => block["type"] === type).map((block) => String(block[member]));
}

const pairing: Rule<readonly Turn[]> = (turns) =>
  firstOf(turns, (turn, index) => {
    if (turn.role !== "user") return missingResults(turn, turns[index + 1], index);
    return strayResults(turn, turns[index - 1], index) ?? textBeforeResults(turn, index);
  });

function missingResults(turn: Turn, next: Turn | undefined, index: number): string | undefined {
  const answered = new Set(idsOf(next, "tool_result", "tool_use_id"));
  const open = idsOf(turn, "tool_use", "id").filter((id) => !answered.has(id));
  if (open.length === 0) return undefined;
  return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
}

function strayResults(turn: Turn, previous: Turn | undefined, index: number): string | undefined {
  const asked = new Set(idsOf(previous, "tool_use", "id"));
  const results = idsOf(turn, "tool_result", "tool_use_id");
  const stray = results.find((id) => !asked.has(id));
  if (stray !== undefined)
    return `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
  if (new Set(results).size === results.length) return undefined;
  return `messages.${index}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with the same id.`;
}

function textBeforeResults(turn: Turn, index: number): string | undefined {
  const lastResult = turn.blocks.findLastIndex((block) => block["type"] === "tool_result");
  const firstOther = turn.blocks.findIndex((block) => block["type"] !== "tool_result");
  if (firstOther === -1 || firstOther > lastResult) return undefined;
  return `messages.${index}: \`tool_result\` blocks must come before any other content of the message.`;
}

const keptThinking: Rule<readonly Turn[]> = (turns) =>
  firstOf(turns, (turn, index) =>
    turn.role === "assistant" && thinkingWasDropped(turn.blocks)
      ? `messages.${index}: \`thinking\` or \`redacted_thinking\` blocks cannot be modified. These blocks must remain as they were in the original response.`
      : undefined,
  );

/** What the real API would refuse in `messages`. */
export function messageFault(body: Raw): string | undefined {
  return shape(body) ?? firstFault([firstRole, uniqueIds, pairing, keptThinking, prefill], turnsOf(body));
}
