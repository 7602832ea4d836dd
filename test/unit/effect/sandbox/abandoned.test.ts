import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownedName, removeAbandoned } from "../../../../src/effect/sandbox/abandoned.js";
import { startTimeOf } from "../../../../src/effect/sandbox/process-start.js";

const SOURCE = fileURLToPath(new URL("../../../../src/effect/sandbox/abandoned.ts", import.meta.url));
const DAY_MS = 86_400_000;
const [, NAMESPACE = "", START = "", BOOT = ""] =
  /^bash-\d+-(\d+)-(\d+)-([0-9a-f]{12})\.mine$/.exec(ownedName("bash", "mine")) ?? [];
const namespaces = spawnSync("unshare", ["-U", "-r", "-p", "-f", "--mount-proc", "true"]).status === 0;

describe("What a killed process left", () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), "worknode-abandoned-"));
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  const make = (names: readonly string[]): void => {
    for (const name of names) mkdirSync(join(place, name, "upper/deep"), { recursive: true });
  };
  const ended = (): number => spawnSync("/bin/true").pid;

  it("is removed by the next, and nothing that a living process or nobody in particular owns", async () => {
    const owner = `${ended()}-${NAMESPACE}-${START}-${BOOT}`;
    const left = ["bash", "verify", "probe", "check"].map((kind) => `${kind}-${owner}.left`);
    const first = `bash-1-${NAMESPACE}-${startTimeOf(1)}-${BOOT}.init`;
    const stays = [ownedName("bash", "mine"), first, "spare", "git", `other-${owner}.left`];
    make([...left, ...stays]);
    for (const name of left) writeFileSync(join(place, name, "upper/deep/file"), "x", { mode: 0o000 });
    await removeAbandoned(place);
    expect(readdirSync(place).sort()).toEqual([...stays].sort());
  });

  it("is removed although another process has its number by now", async () => {
    make([`bash-${process.pid}-${NAMESPACE}-${Number(START) - 1}-${BOOT}.left`]);
    await removeAbandoned(place);
    expect(readdirSync(place)).toEqual([]);
  });

  it("stays for a week where its process may be one of another container, machine or program", async () => {
    const pid = ended();
    const elsewhere = [
      `bash-${pid}-${Number(NAMESPACE) + 1}-${START}-${BOOT}.container`,
      `bash-${pid}-${NAMESPACE}-${START}-${"0".repeat(12)}.machine`,
      `bash-${pid}---.untold`,
      `bash-${pid}.earlier`,
    ];
    make(elsewhere);
    await removeAbandoned(place);
    await removeAbandoned(place, Date.now() + 6 * DAY_MS);
    expect(readdirSync(place).sort()).toEqual([...elsewhere].sort());
    utimesSync(join(place, elsewhere[0] ?? ""), new Date(), new Date(Date.now() - 8 * DAY_MS));
    await removeAbandoned(place);
    expect(readdirSync(place).sort()).toEqual(elsewhere.slice(1).sort());
    await removeAbandoned(place, Date.now() + 8 * DAY_MS);
    expect(readdirSync(place)).toEqual([]);
  });

  it.skipIf(!namespaces)(
    "is not removed by a process of another pid namespace, where its number is unknown",
    async () => {
      const script = join(place, "script.mjs");
      await build({ entryPoints: [SOURCE], outfile: script, bundle: true, platform: "node", format: "esm" });
      const shared = join(place, "shared");
      mkdirSync(join(shared, ownedName("bash", "living")), { recursive: true });
      const code = "const { removeAbandoned } = await import(process.argv[1]); await removeAbandoned(process.argv[2]);";
      const node = [process.execPath, "--input-type=module", "-e", code, script, shared];
      const { status, stderr } = spawnSync("unshare", ["-U", "-r", "-p", "-f", "--mount-proc", ...node]);
      expect([status, stderr.toString()]).toEqual([0, ""]);
      expect(readdirSync(shared)).toEqual([ownedName("bash", "living")]);
    },
  );

  it("is nothing where there is no folder", async () => {
    await expect(removeAbandoned(join(place, "none"))).resolves.toBeUndefined();
  });
});
