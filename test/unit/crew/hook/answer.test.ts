import { describe, expect, it } from "vitest";
import { ask, deny, refuse, tell } from "../../../../src/crew/hook/answer.js";

const STEERED = "run rm\u202e txt.\u001b[2K";
const SEEN = "run rm<U+202E> txt.<U+001B>[2K";

describe("an answer to a client", () => {
  it("shows whoever decides every character of the reason", () => {
    expect(ask(STEERED).hookSpecificOutput?.permissionDecisionReason).toBe(SEEN);
    expect(deny(STEERED).hookSpecificOutput?.permissionDecisionReason).toBe(SEEN);
  });

  it.each([undefined, "PreToolUse", "Stop", "PostToolUse"])("says so of a fault at %s as well", (name) => {
    const { reason, systemMessage, hookSpecificOutput } = refuse(name, STEERED);
    const said = [reason, systemMessage, hookSpecificOutput?.permissionDecisionReason].filter(
      (one) => one !== undefined,
    );
    expect(said.length).toBeGreaterThan(0);
    expect(new Set(said)).toEqual(new Set([SEEN]));
  });

  it("tells the model the exact words", () => {
    expect(tell("PostToolUse", STEERED).hookSpecificOutput?.additionalContext).toBe(STEERED);
    expect(tell("PostToolUse", "")).toEqual({});
  });
});
