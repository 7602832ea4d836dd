import { describe, expect, it } from "vitest";
import { excesses } from "../../../src/capability/attenuation.js";
import { createBroker } from "../../../src/capability/broker.js";
import { grant, stillClock, testKey } from "./samples.js";

/** What a broker never makes of itself, were it ever asked to sign it. */
describe("a child capability", () => {
  const parent = createBroker({ privateKey: testKey, clock: stillClock(1_780_000_000_000) }).mint(grant).capability;
  const child = { ...parent, depth: parent.depth + 1 };

  it("that is within its parent in everything has no excess", () => expect(excesses(child, parent)).toEqual([]));

  it.each([
    ["as deep as its parent", { depth: parent.depth }],
    ["two steps deeper", { depth: parent.depth + 2 }],
    ["good before its parent is", { nbf: parent.nbf - 1 }],
  ])("%s exceeds it by that alone", (_, more) => {
    expect(excesses({ ...child, ...more }, parent)).toEqual([expect.stringMatching(Object.keys(more)[0] ?? "")]);
  });
});
