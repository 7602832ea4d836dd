import type { Message, ReplyBlock, TextBlock, ToolResultBlock } from "../../schema/message.js";
import { isToolUse } from "../../schema/message.js";

/** Characters of what was said before that a session is told which has lost its own record. */
const MAX_RETOLD_CHARS = 400_000;

/**
 * What a session is told that has a record of all before: the newest user message, and the reply it answers. A program
 * that was killed may not have written that reply to its record, and results alone would then belong to no call.
 */
export function newestText(messages: readonly Message[]): string {
  const [newest, before] = [messages.at(-1), messages.at(-2)];
  if (newest === undefined) return "Go on.";
  if (newest.role === "assistant") return `${lastReply(newest)}\n\nGo on.`;
  const text = newest.content.map(userText).join("\n\n");
  return before?.role === "assistant" ? `${lastReply(before)}\n\n${text}` : text;
}

function lastReply({ content }: Extract<Message, { role: "assistant" }>): string {
  return `You were interrupted. Your last reply was:\n${content.map(replyText).join("\n")}`;
}

/** The whole conversation as text: what a session is told that has no record of it. */
export function wholeText(messages: readonly Message[]): string {
  if (messages.length === 1) return newestText(messages);
  const [first, ...rest] = messages.map(({ role, content }) =>
    role === "user" ? content.map(userText).join("\n\n") : `You said:\n${content.map(replyText).join("\n")}`,
  );
  const said = rest.join("\n\n").slice(-MAX_RETOLD_CHARS);
  return `${first}\n\nThis was begun before, and what follows has happened already. Go on from there.\n\n${said}`;
}

function userText(block: TextBlock | ToolResultBlock): string {
  if (block.type === "text") return block.text;
  return `${block.is_error === true ? "Error" : "Result"} of your call ${block.tool_use_id}:\n${block.content}`;
}

function replyText(block: ReplyBlock): string {
  if (isToolUse(block)) return `(call ${block.id}) ${block.name} ${JSON.stringify(block.input)}`;
  return "text" in block && typeof block.text === "string" ? block.text : "";
}
