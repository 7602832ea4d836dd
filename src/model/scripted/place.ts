import { isObject, type Raw } from "./rule.js";

/** Where in a run a request stands; the same request after a restart stands in the same place. */
export interface Place {
  /** `<cycle>:<task>:<kind>:<n>`. */
  readonly conversation: string;
  /** The script's key: the conversation without its cycle. */
  readonly key: string;
  readonly kind: string;
  readonly task: string;
  /** Which reply of the conversation is asked for, from 0: those that the request follows, empty ones too. */
  readonly index: number;
}

/** Reads the place from the header `x-worknode-execution` (`<cycle>:<task>:<kind>:<n>:<index>`) and the messages. */
export function placeOf(header: string, body: Raw): Place | undefined {
  const parts = decode(header).split(":");
  if (parts.length !== 5) return undefined;
  const [, task = "", kind = ""] = parts;
  return {
    conversation: parts.slice(0, 4).join(":"),
    key: parts.slice(1, 4).join(":"),
    kind,
    task,
    index: countReplies(body),
  };
}

/**
 * Replies a request follows. Each user message but the first answers one. An empty reply leaves no message, as the API
 * takes none without content: what is said to it is a text more in a user message that was whole before.
 */
function countReplies(body: Raw): number {
  const messages = Array.isArray(body["messages"]) ? (body["messages"] as unknown[]) : [];
  const asked = messages.filter((message) => isObject(message) && message["role"] === "user") as Raw[];
  return asked.reduce((count, message) => count + textsAdded(message["content"]), asked.length - 1);
}

/** Texts beyond what makes a user message: the results it gives, or else its first text. */
function textsAdded(content: unknown): number {
  if (!Array.isArray(content)) return 0;
  const texts = content.filter((block) => isObject(block) && block["type"] === "text").length;
  return texts === content.length ? Math.max(0, texts - 1) : texts;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
