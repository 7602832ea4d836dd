import { z } from "zod";

/** Content blocks of the Messages API that worknode sends and receives. Unknown ones pass unchanged. */
export const textBlockSchema = z.object({ type: z.literal("text"), text: z.string() });
export const toolUseBlockSchema = z.object({
  type: z.literal("tool_use"),
  id: z.string(),
  name: z.string(),
  input: z.unknown(),
});
export const toolResultBlockSchema = z.object({
  type: z.literal("tool_result"),
  tool_use_id: z.string(),
  content: z.string(),
  is_error: z.boolean().optional(),
});
/** `thinking`, `redacted_thinking` and whatever comes later: sent back exactly as received. */
export const opaqueBlockSchema = z.looseObject({ type: z.string() });

export type TextBlock = z.infer<typeof textBlockSchema>;
export type ToolUseBlock = z.infer<typeof toolUseBlockSchema>;
export type ToolResultBlock = z.infer<typeof toolResultBlockSchema>;
export type OpaqueBlock = z.infer<typeof opaqueBlockSchema>;
export type ReplyBlock = TextBlock | ToolUseBlock | OpaqueBlock;

/** A message of a conversation, in the API's own form. */
export type Message =
  | { role: "user"; content: readonly (TextBlock | ToolResultBlock)[] }
  | { role: "assistant"; content: readonly ReplyBlock[] };

/** Tokens of one reply. Cache figures are kept apart because they are priced apart. */
export const usageSchema = z.object({
  input_tokens: z.int().nonnegative(),
  output_tokens: z.int().nonnegative(),
  cache_read_input_tokens: z.int().nonnegative(),
  cache_creation_input_tokens: z.int().nonnegative(),
});
export type Usage = z.infer<typeof usageSchema>;

/** A reply received whole. */
export const modelReplySchema = z.object({
  id: z.string(),
  model: z.string(),
  content: z.array(opaqueBlockSchema),
  stop_reason: z.string().nullable(),
  usage: usageSchema,
});
/** A reply received whole, with its blocks as they came. */
export interface ModelReply {
  id: string;
  model: string;
  content: ReplyBlock[];
  stop_reason: string | null;
  usage: Usage;
}

/** A tool offered to the model: name, description, JSON Schema of its input. */
export interface ToolDefinition {
  name: string;
  description: string;
  input_schema: Record<string, unknown>;
}

/** Whether a reply block is a tool call. */
export function isToolUse(block: ReplyBlock): block is ToolUseBlock {
  return block.type === "tool_use" && "id" in block && "name" in block;
}
