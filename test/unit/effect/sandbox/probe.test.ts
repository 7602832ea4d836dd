import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { probeBackends } from "../../../../src/effect/sandbox/probe.js";
import { type FixFacts, fixForSetup } from "../../../../src/effect/sandbox/probe-fix.js";
import { canMount } from "../../../scenario/small-disk.js";
import { reason, sandboxMissing } from "./fixture.js";

/** What both backends need. */
const SHARED = "unshare perl sh env chmod rm tar du".split(" ");

describe("Choosing the sandbox", () => {
  let stateDir: string;
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), "worknode-probe-test-"));
  });
  afterEach(() => rmSync(stateDir, { recursive: true }));

  it.skipIf(sandboxMissing)(
    `passes every probe, leaves only its report, and keeps that for this boot${reason}`,
    async () => {
      const report = await probeBackends({ stateDir });
      expect(report.chosen).toBe("util-linux");
      expect(report.probes.filter((probe) => !probe.ok || probe.fix !== "")).toEqual([]);
      expect(report.probes.map((probe) => probe.name)).toEqual(
        expect.arrayContaining(["write", "wall", "environment", "background", "host network", "own network", "delete"]),
      );
      expect(readdirSync(stateDir)).toEqual(["sandbox-probe.json"]);
      const file = join(stateDir, "sandbox-probe.json");
      const kept = JSON.parse(readFileSync(file, "utf8"));
      kept.report.probes = [{ name: "kept", ok: true, detail: "", fix: "" }];
      writeFileSync(file, JSON.stringify(kept));
      expect((await probeBackends({ stateDir })).probes[0]?.name).toBe("kept");
      expect((await probeBackends({ stateDir, fresh: true })).probes[0]?.name).toBe("programs");
      writeFileSync(file, JSON.stringify({ ...kept, key: "of another boot" }));
      expect((await probeBackends({ stateDir })).probes[0]?.name).toBe("programs");
      writeFileSync(file, "not JSON");
      expect((await probeBackends({ stateDir })).chosen).toBe("util-linux");
      expect(process.env["WORKNODE_PROBE_CANARY"]).toBeUndefined();
    },
  );

  it.skipIf(sandboxMissing)(
    `is not kept for good: what came up once is tried again where that is asked for${reason}`,
    async () => {
      const file = join(stateDir, "sandbox-probe.json");
      expect((await probeBackends({ stateDir, env: {} })).chosen).toBe("util-linux");
      expect((await probeBackends({ stateDir, env: {}, timeoutMs: 1 })).chosen).toBe("util-linux");
      const gone = await probeBackends({ stateDir, env: {}, confirm: true, timeoutMs: 1 });
      expect(gone.chosen).toBeNull();
      for (const probe of gone.probes.filter(({ ok }) => !ok))
        expect(probe).toMatchObject({
          name: "set-up",
          detail: expect.stringMatching(/^the sandbox could not be set up: no program ran in it within 0.001 s$/),
          fix: expect.stringContaining("--reinstall util-linux"),
        });
      expect(readdirSync(stateDir)).toEqual([]);
      expect((await probeBackends({ stateDir, env: {} })).chosen).toBe("util-linux");
      const kept = readFileSync(file, "utf8");
      expect((await probeBackends({ stateDir, env: {}, confirm: true })).chosen).toBe("util-linux");
      expect(readFileSync(file, "utf8")).toBe(kept);
      expect(readdirSync(stateDir)).toEqual(["sandbox-probe.json"]);
    },
  );

  it("chooses none when told to, and where there is no Linux, with the remedy", async () => {
    const forced = await probeBackends({ stateDir, env: { WORKNODE_SANDBOX: "none" } });
    expect(forced).toMatchObject({ chosen: null, probes: [{ ok: false, fix: expect.stringContaining("unset") }] });
    const mac = await probeBackends({ stateDir, env: {}, platform: "darwin" });
    expect(mac).toMatchObject({ chosen: null, probes: [{ name: "platform", ok: false }] });
    expect(existsSync(join(stateDir, "sandbox-probe.json"))).toBe(false);
  });

  it.skipIf(sandboxMissing || !existsSync("/usr/bin/bwrap"))(
    `takes bubblewrap when told to [needs bubblewrap]${reason}`,
    async () => {
      const forced = await probeBackends({ stateDir, env: { WORKNODE_SANDBOX: "bubblewrap" } });
      expect(forced.chosen).toBe("bubblewrap");
      expect(new Set(forced.probes.map(({ backend }) => backend))).toEqual(new Set(["bubblewrap"]));
      expect((await probeBackends({ stateDir, env: {} })).chosen).toBe("util-linux");
    },
  );

  it.skipIf(sandboxMissing)(`tries all when asked to${reason}`, async () => {
    const { chosen, probes } = await probeBackends({ stateDir, env: {}, all: true, fresh: true });
    expect(chosen).toBe("util-linux");
    expect(new Set(probes.map(({ backend }) => backend))).toEqual(new Set(["util-linux", "bubblewrap"]));
  });

  it("refuses a backend it does not know instead of taking another", async () => {
    const report = await probeBackends({ stateDir, env: { WORKNODE_SANDBOX: "bubblewarp" } });
    expect(report).toMatchObject({ chosen: null, probes: [{ detail: "WORKNODE_SANDBOX=bubblewarp" }] });
  });

  it("names missing programs and the packages that bring them", async () => {
    const report = await probeBackends({ stateDir, programPath: [stateDir] });
    expect(report.chosen).toBeNull();
    expect(report.probes[0]?.detail).toContain("unshare");
    expect(report.probes[0]?.fix).toContain("apt-get install util-linux");
  });

  it("names the one program that is missing", async () => {
    for (const name of SHARED) writeFileSync(join(stateDir, name), "", { mode: 0o755 });
    chmodSync(join(stateDir, "tar"), 0o644);
    expect((await probeBackends({ stateDir, programPath: [stateDir] })).probes).toMatchObject([
      { backend: "util-linux", detail: "not found: tar" },
      { backend: "bubblewrap", detail: "not found: tar, bwrap" },
    ]);
  });

  it.skipIf(sandboxMissing || !canMount())(
    `is none where the disk holds few files more, whatever that stops, and says what to do${reason}`,
    async () => {
      for (const files of [2, 4, 7, 9, 10, 14, 15]) {
        const options = ["-t", "tmpfs", "-o", `nr_inodes=${files + 1},mode=700`];
        expect(spawnSync("mount", [...options, "tmpfs", stateDir]).status).toBe(0);
        const { chosen, probes } = await probeBackends({ stateDir, env: {}, fresh: true });
        expect(spawnSync("umount", [stateDir]).status).toBe(0);
        expect(chosen).toBeNull();
        for (const { fix, name } of probes.filter(({ ok }) => !ok))
          expect({ name, fix }).toEqual({ name: "set-up", fix: expect.stringContaining("free space and names of") });
      }
    },
  );

  it("is none, not an error, where no layer can be made", async () => {
    const report = await probeBackends({ stateDir: "/dev/null/state" }).catch((thrown: unknown) => thrown);
    expect(report).toMatchObject({ chosen: null });
  });

  const facts = (changes: Partial<FixFacts>, settings: Record<string, string> = {}): FixFacts => ({
    said: "unshare: unshare failed: Operation not permitted",
    place: "/state/worknode/p",
    read: (name) => settings[name],
    inContainer: false,
    isRoot: false,
    ...changes,
  });

  it.each([
    ["namespaces switched off", facts({}, { "user.max_user_namespaces": "0" }), "user.max_user_namespaces=15000"],
    ["Debian's switch", facts({}, { "kernel.unprivileged_userns_clone": "0" }), "kernel.unprivileged_userns_clone=1"],
    ["Ubuntu's AppArmor", facts({}, { "kernel.apparmor_restrict_unprivileged_userns": "1" }), "userns=0"],
    ["a container", facts({ inContainer: true }), "seccomp=unconfined"],
    ["a bad file system", facts({ said: "mount: wrong fs type, bad option on overlay" }), "XDG_STATE_HOME"],
    ["a missing program", facts({ said: "setpriv: unshare: No such file or directory" }), "apt-get install"],
    ["a full disk", facts({ said: "ENOSPC: no space left on device, mkdir '/s'", inContainer: true }), "free space"],
    [
      "a disk too full for a mount",
      facts({ said: "cannot mount overlay on /sys/r/s: No space left on device", inContainer: true }),
      "free space",
    ],
    ["no more namespaces", facts({ said: "cannot make namespaces: No space left on device" }), "user_namespaces(7)"],
    [
      "a disk that refuses",
      facts({ said: "EROFS: read-only file system, mkdir '/s'" }),
      "make /state/worknode/p a dir",
    ],
    ["a broken program", facts({ said: "it ended with 1 and said nothing", inContainer: true }), "--reinstall util"],
    ["no GNU tar", facts({ said: "tar failed. GNU tar is needed." }), "apt-get install tar"],
    ["anything else", facts({}), "user_namespaces(7)"],
  ])("remedies %s", (_, given, expected) => {
    expect(fixForSetup(given)).toContain(expected);
  });
});
