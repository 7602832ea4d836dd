import { createBroker, type Grant } from "../../../src/capability/broker.js";
import { compileWriteSet } from "../../../src/capability/write-set.js";
import type { GateFacts, Image } from "../../../src/gate/facts.js";
import { hashOf } from "../../../src/kernel/canonical.js";
import type { Capability } from "../../../src/schema/capability.js";
import type { Proposal } from "../../../src/schema/proposal.js";
import { grant, stillClock, testKey } from "../capability/samples.js";

export const NOW = 1_780_000_000_000;
export const ROOT = "/home/user/linkcheck";
const broker = createBroker({ privateKey: testKey, clock: stillClock(NOW) });

/** A capability as the sample grant gives it, with changes. */
export function capabilityWith(change: Partial<Grant> = {}): Capability {
  return broker.mint({ ...grant, ...change }).capability;
}

/** A proposal of one call by the capability's agent. */
export function propose(tool: string, args: Record<string, unknown>, capability = capabilityWith()): Proposal {
  return {
    call_id: "1:LC-001:work:1:3",
    what: { tool, args, args_hash: hashOf(args) },
    when: { phase: capability.phase, cycle: capability.cycle },
    who: { agent: capability.agent, tier: capability.tier, task: capability.task },
    verification: "the kept file's hash equals the judged post-image's",
    action: tool,
    expectedOutcomes: [],
    failureModes: [],
    observation: { data: {}, sources: [{ name: "model reply ev_1", trust: "untrusted" }], signals: [] },
    analysis: { meaning: "", probabilities: { success: 0.9 }, risks: [] },
  };
}

/** Facts under which the sample capability may do what its task needs. */
export function factsWith(change: Partial<GateFacts> = {}, capability = capabilityWith()): GateFacts {
  return {
    nowMs: NOW,
    shownRoot: ROOT,
    capability: { ok: true, value: capability },
    planHash: capability.plan_hash,
    killed: false,
    phaseActive: true,
    writes: compileWriteSet(capability.write),
    laterFiles: compileWriteSet(["src/later.ts"]),
    loadedFiles: new Set(["plans/linkcheck.yaml"]),
    isDenied: (path) => path.startsWith(".env"),
    paths: [],
    images: [],
    budget: { executionsLeft: 10, tokensLeft: null, usdLeft: null, timeLeftMs: null },
    policies: [],
    risk: { auto: 24, auditor: 59, human: 84, humanReview: "on-risk", violatedWithinDay: false, rejectedBefore: false },
    review: { auditor: null, humans: [], excluded: [] },
    ...change,
  };
}

/** A write of a file that exists, with everything the gate wants to know. */
export function writeOf(
  path: string,
  after: string,
  options: { before?: string | null; capability?: Capability; facts?: Partial<GateFacts>; raw?: string } = {},
): { proposal: Proposal; facts: GateFacts } {
  const { before = "const a = 1;\n", capability = capabilityWith(), raw = path } = options;
  const image: Image = { path, before, after };
  const kind = before === null ? "missing" : "file";
  const seen = { paths: [{ path, kind, linkOnTheWay: false } as const], images: [image] };
  return {
    proposal: propose("Write", { file_path: raw, content: after }, capability),
    facts: factsWith({ ...seen, ...options.facts }, capability),
  };
}

/** A function of the wanted complexity. */
export function functionOf(complexity: number, name = "pick"): string {
  const lines = Array.from({ length: complexity - 1 }, (_, index) => `  if (x === ${index}) return ${index};`);
  return `export function ${name}(x: number): number {\n${lines.join("\n")}\n  return -1;\n}\n`;
}
