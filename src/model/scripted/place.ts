import { isObject, type Raw } from "./rule.js";

/** Where in a run a request stands; the same request after a restart stands in the same place. */
export interface Place {
  /** `<cycle>:<task>:<kind>:<n>`. */
  readonly conversation: string;
  /** The script's key: the conversation without its cycle. */
  readonly key: string;
  readonly kind: string;
  readonly task: string;
  /** Which reply of the conversation is asked for, from 0: turns of the user in the request, less one. */
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
    index: countUserTurns(body) - 1,
  };
}

/** User messages in a row are one, as the API takes them for one turn. */
function countUserTurns(body: Raw): number {
  const messages = Array.isArray(body["messages"]) ? (body["messages"] as unknown[]) : [];
  const isUser = (message: unknown): boolean => isObject(message) && message["role"] === "user";
  return messages.filter((message, at) => isUser(message) && !isUser(messages[at - 1])).length;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
