import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownedName, removeAbandoned } from "../../../../src/effect/sandbox/abandoned.js";

describe("What a killed process left", () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), "worknode-abandoned-"));
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  it("is removed by the next, and nothing that a living process or nobody in particular owns", async () => {
    const { pid } = spawnSync("/bin/true"); // has ended
    const left = ["bash", "verify", "probe", "check"].map((kind) => `${kind}-${pid}.left`);
    const stays = [ownedName("bash", "mine"), "bash-1.init", "spare", "git", `other-${pid}.left`];
    for (const name of [...left, ...stays]) mkdirSync(join(place, name, "upper/deep"), { recursive: true });
    for (const name of left) writeFileSync(join(place, name, "upper/deep/file"), "x", { mode: 0o000 });
    await removeAbandoned(place);
    expect(readdirSync(place).sort()).toEqual([...stays].sort());
  });

  it("is nothing where there is no folder", async () => {
    await expect(removeAbandoned(join(place, "none"))).resolves.toBeUndefined();
  });
});
