import { hashOf } from "../../kernel/canonical.js";
import type { Proposal } from "../../schema/proposal.js";
import type { Tier } from "../../schema/tier.js";
import { isStewardTool, READING_TOOLS, WRITING_TOOLS } from "../../schema/tool.js";

/** Who asks for a call, and where it stands. */
export interface Caller {
  readonly agent: string;
  readonly tier: Tier;
  readonly task: string;
  readonly phase: string;
  readonly cycle: number;
  /** The event the request came from, for the observation. */
  readonly source: string;
}

/** Turns a tool request into a proposal: what, when, who, and how we will know (S0:7-14). */
export function proposeCall(callId: string, tool: string, args: Record<string, unknown>, caller: Caller): Proposal {
  const object = objectOf(args);
  const planned = isStewardTool(tool);
  return {
    call_id: callId,
    what: { tool, args, args_hash: hashOf(args) },
    when: { phase: caller.phase, cycle: caller.cycle },
    who: { agent: caller.agent, tier: caller.tier, task: caller.task },
    verification: verificationOf(tool),
    action: object === "" ? tool : `${tool} ${object}`,
    expectedOutcomes: [expectationOf(tool, object)],
    failureModes: failuresOf(tool),
    observation: {
      data: { request: caller.source },
      sources: [
        planned
          ? { name: "approved plan", trust: "trusted" }
          : { name: `model reply ${caller.source}`, trust: "untrusted" },
      ],
      signals: [],
    },
    analysis: { meaning: expectationOf(tool, object), probabilities: {}, risks: failuresOf(tool) },
  };
}

/** What a call is about, for people: path, pattern, command, task. */
export function objectOf(args: Record<string, unknown>): string {
  for (const name of ["file_path", "pattern", "command", "task", "id", "agent_id"]) {
    const value = args[name];
    if (typeof value === "string") return value.slice(0, 200);
  }
  return "";
}

function verificationOf(tool: string): string {
  if (WRITING_TOOLS.has(tool)) return "the kept file's hash equals the judged post-image's";
  if (READING_TOOLS.has(tool)) return "the result names what was read; nothing changed";
  if (tool === "Bash") return "the net effects, listed from the layer, are within the capability";
  if (tool === "plan.command") return "exit codes, and figures read from the commands' own reports";
  return "the recorded event holds what was asked";
}

function expectationOf(tool: string, object: string): string {
  if (WRITING_TOOLS.has(tool)) return `${object} holds the new text and nothing else changes`;
  if (tool === "Bash") return `${object} ends, and changes nothing but files of the whitelist`;
  if (READING_TOOLS.has(tool)) return `the caller learns about ${object || "the project"}; nothing changes`;
  return `${tool} ${object}`.trim();
}

function failuresOf(tool: string): string[] {
  if (WRITING_TOOLS.has(tool)) return ["the file changed since it was read", "the post-image breaks a limit"];
  if (tool === "Bash") return ["it reaches outside the capability", "it does not end", "what it writes breaks a limit"];
  return READING_TOOLS.has(tool) ? [] : ["it is refused or fails and is reported as such"];
}
