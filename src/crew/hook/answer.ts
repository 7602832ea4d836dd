import { visible } from "../../kernel/visible.js";
import type { HookEventName, HookOutput } from "../../schema/hook-event.js";

/** Lets a call through, with its input changed where wanted. */
export function allow(more: { updatedInput?: Readonly<Record<string, unknown>> }): HookOutput {
  return { hookSpecificOutput: { hookEventName: "PreToolUse", permissionDecision: "allow", ...more } };
}

/**
 * Refuses a call; the reason is what the model reads, and the person in its terminal: nothing in it is hidden. Holds in every
 * permission mode and in subagents.
 */
export function deny(reason: string): HookOutput {
  return {
    hookSpecificOutput: {
      hookEventName: "PreToolUse",
      permissionDecision: "deny",
      permissionDecisionReason: visible(reason),
    },
  };
}

/** Has the client ask its person, who sees every character of the reason. Without one to ask (`-p`) that is a refusal. */
export function ask(reason: string): HookOutput {
  return {
    hookSpecificOutput: {
      hookEventName: "PreToolUse",
      permissionDecision: "ask",
      permissionDecisionReason: visible(reason),
    },
  };
}

/** Tells the model something beside the conversation, in its exact words; nothing where there is nothing to tell. */
export function tell(hookEventName: HookEventName, additionalContext: string): HookOutput {
  return additionalContext === "" ? {} : { hookSpecificOutput: { hookEventName, additionalContext } };
}

/** Events whose refusal stops something: a call, a prompt, the end of the work. */
const STOPPABLE: ReadonlySet<string> = new Set(["UserPromptSubmit", "Stop", "SubagentStop"]);

/**
 * The answer where something went wrong: the call, the prompt or the stop is refused. After the fact there is nothing
 * to refuse, and the person is told.
 */
export function refuse(name: string | undefined, why: string): HookOutput {
  const reason = visible(why);
  if (name === undefined || name === "PreToolUse") return { ...deny(reason), decision: "block", reason };
  if (STOPPABLE.has(name)) return { decision: "block", reason };
  return { systemMessage: reason };
}
