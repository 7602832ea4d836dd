import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { startTimeOf } from "../../../../src/effect/sandbox/process-start.js";

describe("the start of a process", () => {
  it("tells the living from the dead without /proc too", () => {
    const dead = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
    expect([startTimeOf(process.pid, "/nowhere"), startTimeOf(dead, "/nowhere"), startTimeOf(dead)]).toEqual([
      "",
      undefined,
      undefined,
    ]);
  });
});
