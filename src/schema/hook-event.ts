import { z } from "zod";

/** Longest id or name a client may send (characters). */
const MAX_NAME_CHARS = 512;

const name = z.string().min(1).max(MAX_NAME_CHARS);
const base = {
  session_id: name,
  cwd: z.string().min(1),
  /** Below the client's own configuration folder. */
  transcript_path: z.string().optional(),
  permission_mode: z.string().optional(),
  /** Only inside a subagent. */
  agent_id: z.string().optional(),
  agent_type: z.string().optional(),
};
const call = { ...base, tool_name: name, tool_input: z.record(z.string(), z.unknown()), tool_use_id: name };

/**
 * What Claude Code tells a hook (seen on 2.1.329). Members not named here are dropped; an event of another form, or of
 * another name, is none that can be answered, and is therefore refused.
 */
export const hookEventSchema = z.discriminatedUnion("hook_event_name", [
  z.object({ ...base, hook_event_name: z.literal("SessionStart"), source: z.string().default("startup") }),
  z.object({ ...base, hook_event_name: z.literal("UserPromptSubmit"), prompt: z.string() }),
  z.object({ ...call, hook_event_name: z.literal("PreToolUse") }),
  z.object({ ...call, hook_event_name: z.literal("PostToolUse"), tool_response: z.unknown() }),
  z.object({ ...call, hook_event_name: z.literal("PostToolUseFailure"), error: z.string().default("") }),
  z.object({ ...base, hook_event_name: z.literal("Stop"), stop_hook_active: z.boolean().default(false) }),
  z.object({ ...base, hook_event_name: z.literal("SubagentStop"), stop_hook_active: z.boolean().default(false) }),
  z.object({ ...base, hook_event_name: z.literal("PreCompact"), trigger: z.string().default("auto") }),
  z.object({ ...base, hook_event_name: z.literal("SessionEnd"), reason: z.string().default("other") }),
]);
export type HookEvent = z.infer<typeof hookEventSchema>;
export type HookEventName = HookEvent["hook_event_name"];
export type HookEventOf<N extends HookEventName> = Extract<HookEvent, { hook_event_name: N }>;

/** Every event worknode answers, in the order a session meets them. */
export const HOOK_EVENTS: readonly HookEventName[] = hookEventSchema.options.map(
  ({ shape }) => shape.hook_event_name.value,
);

/** What a hook answers. An empty object says nothing; Claude Code then goes on as it would. */
export interface HookOutput {
  readonly decision?: "block";
  readonly reason?: string;
  readonly systemMessage?: string;
  /** Ends the session's turn. It does not undo a call, and does not stop one: that is `deny`. */
  readonly continue?: false;
  readonly stopReason?: string;
  readonly hookSpecificOutput?: {
    readonly hookEventName: HookEventName;
    readonly permissionDecision?: "allow" | "deny" | "ask";
    readonly permissionDecisionReason?: string;
    readonly updatedInput?: Readonly<Record<string, unknown>>;
    readonly additionalContext?: string;
  };
}
