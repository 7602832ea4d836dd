import type { Verb } from "./context.js";

/** A verb as `--help` lists it. Its code is loaded when it is asked for, and nothing before. */
export interface VerbEntry {
  readonly summary: string;
  /** Whether it is one of the eight a newcomer needs first. */
  readonly first: boolean;
  /** Left out of every list: it serves tests and benches. */
  readonly hidden?: true;
  load(): Promise<Verb>;
}

/** Every verb, in the order of `--help` (DESIGN §13). */
export const VERBS: Readonly<Record<string, VerbEntry>> = {
  init: {
    summary: "look at this repository and write .worknode/: configuration and a first plan",
    first: true,
    load: async () => (await import("./init.js")).initVerb,
  },
  demo: {
    summary: "see a crew at work: a scripted model, everything else real, no key needed",
    first: true,
    load: async () => (await import("./demo.js")).demoVerb,
  },
  plan: {
    summary: "plan new|lint|explain|schema|test|approve: draft a plan, check it, read it, try it, approve it",
    first: true,
    load: async () => (await import("./plan.js")).planVerb,
  },
  do: {
    summary: "draft a plan for a goal, show it, ask once, run it",
    first: false,
    load: async () => (await import("./draft.js")).doVerb,
  },
  run: {
    summary: "run a plan in this repository",
    first: true,
    load: async () => (await import("./run.js")).runVerb,
  },
  continue: {
    summary: "say where the last run stood and carry on (--brief only says it)",
    first: true,
    load: async () => (await import("./continue.js")).continueVerb,
  },
  status: {
    summary: "show cycles, tasks, agents and what they cost",
    first: true,
    load: async () => (await import("./status.js")).statusVerb,
  },
  approve: {
    summary: "approve what waits for a person (reject ID --reason TEXT refuses it)",
    first: false,
    load: async () => (await import("./resolve.js")).approveVerb,
  },
  attach: {
    summary: "show the run under way; leaving it does not stop it",
    first: false,
    load: async () => (await import("./attach.js")).attachVerb,
  },
  budget: {
    summary: "show what a cycle may spend and has spent; budget add --usd N adds to it",
    first: false,
    load: async () => (await import("./budget.js")).budgetVerb,
  },
  diff: {
    summary: "show a cycle's work, task by task, with the evidence it was accepted by",
    first: false,
    load: async () => (await import("./diff.js")).diffVerb,
  },
  land: {
    summary: "bring a cycle's work home: join, verify, fast-forward (--pr opens a request)",
    first: true,
    load: async () => (await import("./land.js")).landVerb,
  },
  clean: {
    summary: "take away worktrees of cycles that have ended, and nothing that holds unmerged work",
    first: false,
    load: async () => (await import("./clean.js")).cleanVerb,
  },
  trace: {
    summary: "show one execution, its whole chain, or verify every seal",
    first: false,
    load: async () => (await import("./trace.js")).traceVerb,
  },
  doctor: {
    summary: "check this machine and repository, and say how to fix what is wrong",
    first: true,
    load: async () => (await import("./doctor.js")).doctorVerb,
  },
  reject: {
    summary: "reject what waits for a person",
    first: false,
    load: async () => (await import("./resolve.js")).rejectVerb,
  },
  approvals: {
    summary: "list what waits for a person",
    first: false,
    load: async () => (await import("./approvals.js")).approvalsVerb,
  },
  tool: {
    summary: "make one tool call as a task's agent and see why it is allowed or denied",
    first: false,
    load: async () => (await import("./tool.js")).toolVerb,
  },
  note: {
    summary: "keep a note for the next session",
    first: false,
    load: async () => (await import("./note.js")).noteVerb,
  },
  pin: {
    summary: "have briefs tell a decision, a fix or a note before others (unpin ID: no longer)",
    first: false,
    load: async () => (await import("./pin.js")).pinVerb,
  },
  unpin: {
    summary: "undo a pin",
    first: false,
    load: async () => (await import("./pin.js")).unpinVerb,
  },
  decisions: {
    summary: "decisions add|search|supersede|status: record decisions, find them, say how they stand",
    first: false,
    load: async () => (await import("./decisions.js")).decisionsVerb,
  },
  issues: {
    summary: "issues add|search|resolve|outcome: record errors and find their fixes",
    first: false,
    load: async () => (await import("./issues.js")).issuesVerb,
  },
  claim: {
    summary: "take a task outside plans for yourself",
    first: false,
    load: async () => (await import("./own-task.js")).claimVerb,
  },
  done: {
    summary: "say that a task you claimed is done",
    first: false,
    load: async () => (await import("./own-task.js")).doneVerb,
  },
  export: {
    summary: "write everything the log holds as JSON lines",
    first: false,
    load: async () => (await import("./export.js")).exportVerb,
  },
  import: {
    summary: "read an export back, or another tool's tasks and decision records",
    first: false,
    load: async () => (await import("./import.js")).importVerb,
  },
  mcp: {
    summary: "serve this project to MCP clients over standard input and output",
    first: false,
    load: async () => (await import("./mcp.js")).mcpVerb,
  },
  report: {
    summary: "say what happened since a time, here or in every project",
    first: false,
    load: async () => (await import("./report.js")).reportVerb,
  },
  log: {
    summary: "print, verify or rebuild from the event log",
    first: false,
    load: async () => (await import("./log.js")).logVerb,
  },
  violations: {
    summary: "list attempts to reach outside a capability, with rule, object and remedy",
    first: false,
    load: async () => (await import("./violations.js")).violationsVerb,
  },
  measure: {
    summary: "print complexity, length, documentation and findings of any code",
    first: false,
    load: async () => (await import("./measure.js")).measureVerb,
  },
  receipt: {
    summary: "receipt show|verify|key: what worknode signed of the commits it made",
    first: false,
    load: async () => (await import("./receipt.js")).receiptVerb,
  },
  check: {
    summary: "judge a change as CI does: limits, suppressions, coverage, a plan's files",
    first: false,
    load: async () => (await import("./check.js")).checkVerb,
  },
  install: {
    summary: "install git-hooks|ci|claude-code: check every commit, push, pull request or call",
    first: false,
    load: async () => (await import("./install.js")).installVerb,
  },
  uninstall: {
    summary: "uninstall git-hooks|claude-code: put back what was there",
    first: false,
    load: async () => (await import("./install.js")).uninstallVerb,
  },
  hook: {
    summary: "hook serve|start|stop|send|run: answer the hooks of Claude Code",
    first: false,
    load: async () => (await import("./hook.js")).hookVerb,
  },
  kill: {
    summary: "stop every run of this repository at once and void its capabilities",
    first: false,
    load: async () => (await import("./kill.js")).killVerb,
  },
  "scripted-model": {
    summary: "serve a script as a model",
    first: false,
    hidden: true,
    load: async () => (await import("./scripted-model.js")).scriptedModelVerb,
  },
};
