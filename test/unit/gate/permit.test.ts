import { describe, expect, it, vi } from "vitest";
import { judge } from "../../../src/gate/judge.js";
import { checkPermit, consumePermit, type Permit } from "../../../src/gate/permit.js";
import { PERMIT_TTL_MS } from "../../../src/kernel/bounds.js";
import { Fault } from "../../../src/kernel/fault.js";
import { writeOf } from "./samples.js";

function approved(): { permit: Permit; scope: { callId: string; argsHash: string } } {
  const { proposal, facts } = writeOf("src/parse.ts", "const b = 2;\n");
  const { permit } = judge(proposal, facts);
  if (permit === undefined) throw new Error("not approved");
  return { permit, scope: { callId: proposal.call_id, argsHash: proposal.what.args_hash } };
}
const codeOf = (work: () => void): string => {
  try {
    work();
    return "none";
  } catch (thrown) {
    return thrown instanceof Fault ? `${thrown.code} ${thrown.exitCode} ${thrown.message}` : String(thrown);
  }
};

describe("a permit", () => {
  it("is good for its own call and arguments, once", () => {
    const { permit, scope } = approved();
    expect(codeOf(() => checkPermit(permit, scope))).toBe("none");
    expect(codeOf(() => checkPermit(permit, scope))).toBe("none");
    expect(codeOf(() => consumePermit(permit, scope))).toBe("none");
    expect(codeOf(() => consumePermit(permit, scope))).toMatch(/^ERROR_NOT_APPROVED 3 .*used before/);
    expect(codeOf(() => checkPermit(permit, scope))).toMatch(/used before/);
  });

  it.each([
    ["another call", { callId: "1:LC-001:work:1:4" }],
    ["other arguments", { argsHash: "0".repeat(64) }],
  ])("is void for %s, and that does not use it up", (_, change) => {
    const { permit, scope } = approved();
    expect(codeOf(() => consumePermit(permit, { ...scope, ...change }))).toMatch(/^ERROR_NOT_APPROVED/);
    expect(codeOf(() => consumePermit(permit, scope))).toBe("none");
  });

  it.each([
    ["passes the time it is good for", PERMIT_TTL_MS, /the permit has expired/],
    ["is within that time", PERMIT_TTL_MS - 1, /^none$/],
    ["cannot tell the time", Number.NaN, /the permit has expired/],
  ])("when the process %s, by its own time", (_, passed, expected) => {
    const start = performance.now();
    const own = vi.spyOn(performance, "now").mockReturnValue(start);
    try {
      const { permit, scope } = approved();
      own.mockReturnValue(start + passed);
      expect(codeOf(() => checkPermit(permit, scope))).toMatch(expected);
    } finally {
      own.mockRestore();
    }
  });

  it("outlives a clock that is put a day ahead, as after a suspend between verdict and effect", () => {
    const { permit, scope } = approved();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 24 * 60 * 60_000 });
    try {
      expect(codeOf(() => consumePermit(permit, scope))).toBe("none");
    } finally {
      vi.useRealTimers();
    }
  });

  it("cannot be forged by copying, parsing, inheriting, wrapping or casting", () => {
    const { permit, scope } = approved();
    const forgeries: unknown[] = [
      { ...permit },
      structuredClone(permit),
      JSON.parse(JSON.stringify(permit)),
      Object.create(permit),
      Object.freeze(Object.create(Object.getPrototypeOf(permit))),
      new Proxy(permit, {}),
      new Proxy({}, { get: () => permit }),
      {},
      null,
      undefined,
      true,
      "permit",
      Symbol("permit"),
      () => permit,
    ];
    for (const forged of forgeries) {
      expect(codeOf(() => consumePermit(forged as Permit, scope))).toMatch(/^ERROR_NOT_APPROVED 3 .*no permit/);
    }
    expect(codeOf(() => consumePermit(permit, scope))).toBe("none");
  });

  it("holds nothing that could be read or changed, and leads to no maker of another", () => {
    const { permit, scope } = approved();
    expect(Object.isFrozen(permit)).toBe(true);
    expect(Reflect.ownKeys(permit)).toEqual([]);
    expect(Object.getOwnPropertySymbols(permit)).toEqual([]);
    const maker = (permit as unknown as { constructor: new (...args: unknown[]) => Permit }).constructor;
    expect(new Set(Reflect.ownKeys(maker))).toEqual(new Set(["length", "name", "prototype"]));
    expect(Reflect.ownKeys(Object.getPrototypeOf(permit) as object)).toEqual(["constructor"]);
    const grant = { ...scope, expiresAt: Number.MAX_VALUE, used: false };
    for (const key of [undefined, Symbol("maker"), Symbol.for("maker"), "maker", permit]) {
      expect(codeOf(() => void new maker(key, grant))).toMatch(/^ERROR_NOT_APPROVED/);
    }
    const inherited = Reflect.construct(Object as never, [], maker) as Permit;
    expect(codeOf(() => checkPermit(inherited, scope))).toMatch(/no permit/);
    class Heir extends maker {}
    expect(codeOf(() => void new Heir(Symbol("maker"), grant))).toMatch(/^ERROR_NOT_APPROVED/);
  });

  it("cannot be written down as a literal either: the compiler refuses", () => {
    const { scope } = approved();
    // @ts-expect-error a permit has no literal
    const empty: Permit = {};
    // @ts-expect-error its brand cannot be named outside its module
    const branded: Permit = { brand: "permit" };
    // @ts-expect-error no permit, no effect
    expect(codeOf(() => consumePermit(undefined, scope))).toMatch(/no permit/);
    for (const forged of [empty, branded]) expect(codeOf(() => checkPermit(forged, scope))).toMatch(/no permit/);
  });
});
