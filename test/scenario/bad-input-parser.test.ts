import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { MAX_PARSE_MS } from "../../src/kernel/bounds.js";
import type { AnyEvent } from "../../src/schema/event.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";

/** What makes the parser call itself as often. */
const casts = (count: number): string => `int f(void) { return ${"(a)(b)*".repeat(count)}c; }\n`;
/** More than a thread has room for. */
const TOO_DEEP = 11_000;
const MAKES_DEEP = `(printf 'int f(void) { return '; yes '(a)(b)*' | head -${TOO_DEEP} | tr -d '\\n'; echo 'c; }') > b.c`;
const LONG = "int f(int a) { return a ? 1 : 2; }\n".repeat(5_000);
const honest = (name: string): string =>
  `/** The one after a number. */\nint ${name}(int a)\n{\n  if (a < 0) {\n    return 0;\n  }\n  return a + 1;\n}\n`;

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: parsers
title: What parsers cannot read
waivers:
  - { rule: tests, tasks: [A], reason: nothing runs }
  - { rule: coverage, tasks: [A], reason: nothing runs }
phases:
  - id: build
    tasks:
      - { id: A, title: Code, owner: implementer, files: { write: [a.c, b.c] } }
`;

describe("files that a parser cannot read, in one run", () => {
  let repo: Repo;
  let events: AnyEvent[] = [];
  let exitCode = -1;

  /** From here on each look at the clock is later by more than a parser may take, until what it answers is called. */
  function hurry(): () => void {
    const real = performance.now.bind(performance);
    let aheadMs = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => real() + (aheadMs += MAX_PARSE_MS + 1));
    const used = vi.spyOn(process, "cpuUsage").mockReturnValue({ user: MAX_PARSE_MS * 1_000 + 1, system: 0 });
    return () => {
      used.mockRestore();
      clock.mockImplementation(() => real() + aheadMs); // it never goes back
    };
  }

  beforeAll(async () => {
    repo = makeRepo({ "plan.yaml": PLAN, "deep.c": casts(3_000), "a.c": "int a;\n" });
    const replies = [
      write("a.c", casts(TOO_DEEP)),
      use("Bash", { command: `${MAKES_DEEP}; sed -i s/int/long/ a.c` }),
      write("a.c", honest("after")),
      write("b.c", LONG, { hold: "slow" }),
      write("b.c", honest("next"), { hold: "quick" }),
      submit,
    ];
    const server = await scripted(repo, scriptOf({ "A:work:1": replies }));
    let calm = (): void => {};
    server.onHold("slow", () => {
      calm = hurry();
      server.release("slow");
    });
    server.onHold("quick", () => {
      calm();
      server.release("quick");
    });
    try {
      ({ exitCode } = await run(repo));
    } finally {
      vi.restoreAllMocks();
      await server.close();
      events = eventsOf(repo);
    }
  }, 180_000);
  afterAll(() => repo.remove());

  it("are refused by name, by a write and by a command, and so is one that takes too long", () => {
    const denied = of(events, "SECURITY_VIOLATION").map(({ payload }) => [
      payload.rule,
      payload.object,
      payload.message,
    ]);
    const unread = (why: string) => expect.stringContaining(`The file cannot be parsed: ${why}`);
    expect(denied).toEqual([
      ["parse", "a.c:1", unread("nested too deeply, or too much, to be parsed (")],
      ["parse", "b.c:1", unread("nested too deeply, or too much, to be parsed (")],
      ["parse", "b.c:1", unread(`it could not be parsed within ${MAX_PARSE_MS} ms`)],
    ]);
  });

  it("take nothing from what is written after them, nor from the completion gate, whose tree holds one", () => {
    expect(exitCode).toBe(0);
    expect(repo.git("show", "worknode/parsers/1:a.c", "worknode/parsers/1:b.c")).toBe(honest("after") + honest("next"));
    const calls = of(events, "PROPOSAL").map(({ payload }) => payload.call_id);
    const ended = new Set(of(events, "TOOL_RESULT").map(({ payload }) => payload.call_id));
    expect(calls.filter((call) => !ended.has(call))).toEqual([]);
  });
});
