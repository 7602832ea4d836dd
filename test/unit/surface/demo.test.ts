import { describe, expect, it } from "vitest";
import { parseScript } from "../../../src/model/scripted/script.js";
import { loadPlan } from "../../../src/plan/load-plan.js";
import { hasErrors } from "../../../src/plan/plan-fault.js";
import type { AnyEvent } from "../../../src/schema/event.js";
import { findIncidents } from "../../../src/surface/cli/demo/incidents.js";
import { createNarrator } from "../../../src/surface/cli/demo/narrator.js";
import { readDemoFile } from "../../../src/surface/cli/demo/repository.js";
import { withoutCommands } from "../../../src/surface/cli/demo/without-commands.js";
import { makeContext } from "./screen.js";

describe("the demo's own files", () => {
  const { plan, faults } = loadPlan(readDemoFile("plan.yaml"), "plan.yaml");

  it("hold a plan without a fault: three tasks that implement, two at once, one that needs both", () => {
    expect(faults).toEqual([]);
    const tasks = plan?.phases.flatMap((phase) => phase.tasks) ?? [];
    const code = tasks.filter((task) => task.files.write.some((path) => path.startsWith("src/")));
    expect(code).toHaveLength(3);
    expect(code.filter((task) => task.needs.length === 0)).toHaveLength(2);
    expect(code.find((task) => task.needs.length === 2)).toBeDefined();
    expect(code.every((task) => task.verify?.test !== undefined && task.verify.coverage !== undefined)).toBe(true);
  });

  it("hold a script with every incident it must show", () => {
    const parsed = parseScript(readDemoFile("script.yaml"));
    const replies = parsed.ok ? Object.values(parsed.value.replies).flat() : [];
    expect(replies.some((reply) => reply.faults.some((fault) => fault.type === "cut"))).toBe(true);
    expect(replies.filter((reply) => reply.hold !== undefined)).toHaveLength(1);
  });
});

describe("without a sandbox", () => {
  const { plan, refused } = withoutCommands(readDemoFile("plan.yaml"));

  it("names each command as refused, and leaves none in the plan", () => {
    expect(refused.map(({ task }) => task)).toEqual(["FK-001", "FK-002", "FK-003"]);
    for (const { command } of refused) expect(command).toMatch(/^node --test /);
    expect(plan).not.toContain("--test");
  });

  it("waives in the open what they would have proved; the plan stays sound", () => {
    const loaded = loadPlan(plan, "plan.yaml");
    expect(hasErrors(loaded.faults)).toBe(false);
    expect(loaded.plan?.waivers.map(({ rule, tasks }) => [rule, tasks.length])).toEqual([
      ["tests", 3],
      ["coverage", 3],
    ]);
  });

  it("leaves a plan without commands as it is, but for the waivers", () => {
    expect(withoutCommands("phases: [{ id: a, tasks: [{ id: T-1 }] }]").refused).toEqual([]);
    expect(withoutCommands("id: nothing").refused).toEqual([]);
  });
});

describe("what the log proves", () => {
  const event = (id: string, type: string, payload: object, task: string | null = "T-1") =>
    ({ id, type, payload, task }) as unknown as AnyEvent;
  const ALL = [
    event("ev_1", "PLAN_REVIEWED", {}),
    event("ev_2", "TASK_STARTED", {}),
    event("ev_3", "TASK_STARTED", {}, "T-2"),
    event("ev_4", "SECURITY_VIOLATION", { message: "File not in agent's assigned scope" }),
    event("ev_5", "ALERT", { to: "executive", message: "dev was denied: File not in agent's assigned scope" }),
    event("ev_6", "SECURITY_VIOLATION", { message: "Attempting to modify future phase" }),
    event("ev_7", "SECURITY_VIOLATION", { message: "Function complexity 11 exceeds agent limit 8" }),
    event("ev_8", "MODEL_RESPONSE", { attempts: 2 }),
    event("ev_9", "TASK_REJECTED", { feedback: "no" }),
    event("ev_10", "EVENT_TASK_COMPLETED", {}),
    event("ev_11", "SESSION_STARTED", { resumed: true }),
    event("ev_12", "EFFECT_DISCARDED", { refused: [{ path: "test/cases.yaml" }] }),
    event("ev_13", "PROPOSAL", { what: { tool: "Bash" } }),
    event("ev_14", "EFFECT_KEPT", { changes: [{ path: "README.md" }] }),
  ];

  it("is found promise by promise", () => {
    const other = event("ev_0", "ALERT", {
      to: "executive",
      message: "dev was denied: Attempting to modify future phase",
    });
    const found = (shell: boolean): (string | undefined)[] =>
      findIncidents([other, ...ALL], shell).map(({ event: id }) => id);
    expect(found(true)).toEqual([...found(false), "ev_12", "ev_14"]);
    expect(found(false)).toEqual(["ev_1", "ev_4", "ev_5", "ev_6", "ev_7", "ev_8", "ev_9", "ev_10", "ev_3", "ev_11"]);
  });

  it.each(ALL.map(({ id, type }) => [type, id]).filter(([, id]) => id !== "ev_2"))(
    "misses %s (%s) when it did not happen",
    (_type, id) => {
      expect(
        findIncidents(
          ALL.filter((each) => each.id !== id),
          true,
        ).some((incident) => incident.event === undefined),
      ).toBe(true);
    },
  );

  it("does not take one task after another for two at once", () => {
    const one = [
      event("ev_1", "TASK_STARTED", {}),
      event("ev_2", "EVENT_TASK_COMPLETED", {}),
      event("ev_3", "TASK_STARTED", {}, "T-2"),
    ];
    expect(findIncidents(one, true).find(({ promise }) => promise.includes("same time"))?.event).toBeUndefined();
  });

  it("is told with what is missing, and with the server's count", () => {
    const context = makeContext();
    createNarrator(context).proof(
      [
        { promise: "kept", event: "ev_1" },
        { promise: "broken", event: undefined },
      ],
      { requests: 5, whole: 4, repeated: 1 },
    );
    expect(context.printed()).toContain("✓ kept  ev_1");
    expect(context.printed()).toContain("✗ broken: NOT FOUND");
    expect(context.printed()).toContain(
      "✗ the scripted server counted 5 requests, 4 replies received whole, 1 of them asked for twice",
    );
  });
});
