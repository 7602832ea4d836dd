import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createBroker } from "../../../src/capability/broker.js";
import { holdFor } from "../../../src/crew/agent/delegation.js";
import { renewHeld } from "../../../src/crew/agent/grants.js";
import { spawnAgent } from "../../../src/crew/agent/spawn.js";
import type { CallRequest } from "../../../src/crew/call/call-record.js";
import type { Crew, CrewAgent } from "../../../src/crew/state/context.js";
import { ELEVATED_TTL_MS } from "../../../src/kernel/bounds.js";
import { createGovernor } from "../../../src/model/governor.js";
import { holderOf } from "../../../src/store/lease.js";

const MINUTE = 60_000;

const agent = (id: string, tier: CrewAgent["tier"]): CrewAgent => ({
  id,
  role: id,
  tier,
  model: "m",
  runtime: "api",
  system: "",
  tools: [],
  memoryTokens: 1,
  maxDurationMs: null,
  parent: null,
});

/** A crew of a lead, an elevated lead and a developer, whose log holds nothing yet; `pass` lets time go by. */
function crewOf(): { crew: Crew; pass: (ms: number) => void } {
  let nowMs = 1_000_000;
  const clock = { nowMs: () => nowMs, sleep: async () => undefined };
  const task = (id: string, owner: string): [string, object] => [
    id,
    { phase: "build", task: { id, owner, files: { write: [`docs/${id}.md`], read: [] }, limits: {} } },
  ];
  const agents = [agent("lead", "executive"), agent("fire", "executive"), agent("dev", "implementation")];
  const crew = {
    clock,
    broker: createBroker({ privateKey: generateKeyPairSync("ed25519").privateKey, clock }),
    agents: new Map(agents.map((one) => [one.id, one])),
    plan: {
      project: "p",
      budget: { usd: null, tokens: null },
      agents: { lead: { grants: [] }, fire: { grants: ["elevated"] }, dev: { grants: [] } },
    },
    planHash: "a".repeat(64),
    governor: createGovernor({ usd: null, tokens: null }),
    limits: { implementation: { maxComplexity: 8, maxFunctionLines: 60, maxExecutions: 150 } },
    tasks: new Map([task("A", "dev"), task("E", "lead")]),
    statuses: new Map(),
    assigned: new Map(),
    held: new Map(),
    cycle: 1,
    epoch: 0,
    confines: true,
    store: {
      queries: { agents: () => [] },
      events: () => [],
      lease: { read: () => ({ held: true, ...holderOf(process.pid, "") }) },
    },
  } as unknown as Crew;
  return { crew, pass: (ms) => (nowMs += ms) };
}

/** `spawn_agent` as an agent of the crew asks for it. */
function spawn(
  crew: Crew,
  who: string,
  wish: { role: string; task: string; files?: string[] },
): { content: string; is_error: boolean } {
  const args = { ...wish, reason: "split" };
  const proposal = { what: { tool: "spawn_agent", args }, who: { agent: who } };
  const place = { held: crew.held.get(`${who}/E/work`) ?? { endsAtMs: null } };
  return spawnAgent(crew, { proposal, place, records: { actor: who, run: 1, task: "E" } } as unknown as CallRequest);
}

/** When an agent's time for a task is over, from the first time it is asked for. */
function endOf(crew: Crew, id: string, task: string): number | null {
  const made = holdFor(crew, crew.agents.get(id) as CrewAgent, { task, kind: "work" });
  if (!made.ok) throw new Error(made.error.message);
  return made.value.endsAtMs;
}

/** Gives an agent a `maxDuration`. */
function limit(crew: Crew, id: string, minutes: number): void {
  crew.agents.set(id, { ...(crew.agents.get(id) as CrewAgent), maxDurationMs: minutes * MINUTE });
}

/** Whether an agent's capability for a task is valid after it was renewed. */
function works(crew: Crew, id: string, task: string): boolean {
  const made = holdFor(crew, crew.agents.get(id) as CrewAgent, { task, kind: "work" });
  if (!made.ok) return false;
  renewHeld(crew, made.value);
  const nowMs = crew.clock.nowMs();
  return crew.broker.verifier.verify(made.value.minted.token, { nowMs, epoch: 0, isRevoked: () => false }).ok;
}

/** Lets time go by as a conversation does, in which a capability is used again and again. */
function workOn(at: ReturnType<typeof crewOf>, work: { agent: string; task: string; ms: number }): void {
  for (let gone = 0; gone < work.ms; gone += 5 * MINUTE) {
    at.pass(5 * MINUTE);
    works(at.crew, work.agent, work.task);
  }
}

describe("what an agent hands on", () => {
  it("ends with the elevated grant it came of, however often it is renewed or held anew", () => {
    const at = crewOf();
    const { crew } = at;
    expect(works(crew, "fire", "E")).toBe(true);
    workOn(at, { agent: "fire", task: "E", ms: 30 * MINUTE });
    expect(spawn(crew, "fire", { role: "dev", task: "A" }).is_error).toBe(false);
    workOn(at, { agent: "dev-1", task: "A", ms: ELEVATED_TTL_MS - 40 * MINUTE });
    expect(works(crew, "dev-1", "A")).toBe(true);
    at.pass(10 * MINUTE);
    expect(works(crew, "dev-1", "A")).toBe(false);
    crew.held.clear();
    expect(works(crew, "dev-1", "A")).toBe(false);
  });

  it("is no elevated grant where the spawner has none, whatever the role: it is renewed as any other", () => {
    const at = crewOf();
    expect(spawn(at.crew, "lead", { role: "fire", task: "E" }).is_error).toBe(false);
    workOn(at, { agent: "fire-1", task: "E", ms: ELEVATED_TTL_MS + 10 * MINUTE });
    expect(works(at.crew, "fire-1", "E")).toBe(true);
    at.pass(20 * MINUTE);
    Object.assign(at.crew.store.lease, { read: () => undefined });
    expect(works(at.crew, "fire-1", "E")).toBe(false);
  });

  it("is held on over a clock that is put back, by the elevated agent as by what it spawned", () => {
    const at = crewOf();
    const { crew } = at;
    expect(works(crew, "fire", "E")).toBe(true);
    expect(spawn(crew, "fire", { role: "dev", task: "A" }).is_error).toBe(false);
    const ends = [...crew.held.values()].map(({ minted }) => minted.capability.exp);
    at.pass(-MINUTE);
    expect(works(crew, "dev-1", "A")).toBe(true);
    expect(works(crew, "fire", "E")).toBe(true);
    for (const [index, { minted }] of [...crew.held.values()].entries())
      expect(minted.capability.exp).toBeLessThanOrEqual(ends[index] ?? 0);
  });

  it("is the files it named and those its task was given while it had it, not those another was given", () => {
    const { crew } = crewOf();
    const amended = (to: string, file: string): object => ({
      type: "PLAN_AMENDED",
      task: "A",
      payload: { to, files: [file] },
    });
    expect(spawn(crew, "lead", { role: "dev", task: "A", files: ["docs/A.md"] }).is_error).toBe(false);
    const task = crew.tasks.get("A")?.task;
    task?.files.write.push("before.md", "since.md");
    Object.assign(crew.store, { events: () => [amended("dev", "before.md"), amended("dev-1", "since.md")] });
    crew.held.clear();
    const made = holdFor(crew, crew.agents.get("dev-1") as CrewAgent, { task: "A", kind: "work" });
    expect(made.ok && made.value.minted.capability.write).toEqual(["docs/A.md", "since.md"]);
  });

  it("is refused in words, not by a fault of the program, where it is more files than a capability holds", () => {
    const { crew } = crewOf();
    const files = Array.from({ length: 10_001 }, (_, index) => `notes/${index}.md`);
    const said = spawn(crew, "lead", { role: "dev", task: "A", files });
    expect(said).toMatchObject({ is_error: true, content: "At most 10000 files can be handed on; name fewer." });
    expect([...crew.agents.keys()]).toEqual(["lead", "fire", "dev"]);
  });

  it("makes no more than 32 agents, even where none of them is on record yet", () => {
    const { crew } = crewOf();
    const said = Array.from({ length: 40 }, () => spawn(crew, "lead", { role: "dev", task: "A" }));
    expect(said.filter((one) => !one.is_error)).toHaveLength(32);
    expect(said.at(-1)?.content).toContain("At most 32 agents");
  });

  it("ends with the spawner's own time, whenever the child begins and whatever else it is given", () => {
    const { crew, pass } = crewOf();
    limit(crew, "lead", 30);
    const end = endOf(crew, "lead", "E");
    pass(10 * MINUTE);
    expect(spawn(crew, "lead", { role: "dev", task: "A" }).is_error).toBe(false);
    expect(crew.agents.get("dev-1")?.narrowed?.endsAtMs).toBe(end);
    crew.held.clear();
    pass(15 * MINUTE);
    expect(endOf(crew, "dev-1", "A")).toBe(end);
    expect(endOf(crew, "dev", "A")).toBeNull();
  });

  it("ends before it where the child's role has less time, and hands on what is left of that", () => {
    const { crew, pass } = crewOf();
    limit(crew, "lead", 30);
    limit(crew, "fire", 5);
    endOf(crew, "lead", "E");
    expect(spawn(crew, "lead", { role: "fire", task: "E" }).is_error).toBe(false);
    const own = endOf(crew, "fire-1", "E");
    expect(own).toBe(crew.clock.nowMs() + 5 * MINUTE);
    pass(MINUTE);
    expect(spawn(crew, "fire-1", { role: "dev", task: "A" }).is_error).toBe(false);
    expect(endOf(crew, "dev-1", "A")).toBe(own);
  });

  it("ends a maxDuration from now where its spawner does no task that it counts for", () => {
    const { crew } = crewOf();
    limit(crew, "lead", 30);
    spawn(crew, "lead", { role: "dev", task: "A" });
    expect(endOf(crew, "dev-1", "A")).toBe(crew.clock.nowMs() + 30 * MINUTE);
  });

  it("has no end where its spawner has none", () => {
    const { crew } = crewOf();
    spawn(crew, "lead", { role: "dev", task: "A" });
    expect(endOf(crew, "dev-1", "A")).toBeNull();
  });
});
