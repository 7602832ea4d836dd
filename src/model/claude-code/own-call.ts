import type { Message, ToolUseBlock } from "../../schema/message.js";
import { isToolUse } from "../../schema/message.js";
import { ownName } from "./tool-server.js";

/** Ids of the calls a conversation holds. */
export function callIds(messages: readonly Message[]): Set<string> {
  const blocks = messages.flatMap(({ role, content }) => (role === "assistant" ? content : []));
  return new Set(blocks.filter(isToolUse).map(({ id }) => id));
}

/** A call under the tool's own name, and an id that no call before it has: a new session may begin to count anew. */
export function ownCall(
  renamed: Map<string, string>,
  { id, name, ...rest }: ToolUseBlock,
  taken: Set<string>,
): ToolUseBlock {
  let unique = id;
  for (let n = 2; taken.has(unique); n += 1) unique = `${id}_${n}`;
  taken.add(unique);
  if (unique !== id) renamed.set(unique, id);
  return { ...rest, id: unique, name: ownName(name) };
}
