import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BoundedExit, type Bounds, runBounded } from "../../../../src/effect/sandbox/bounded-process.js";
import { createCapture } from "../../../../src/effect/sandbox/capture.js";
import { processIdLimit } from "../../../../src/effect/sandbox/confinement.js";
import { commandEnvironment } from "../../../../src/effect/sandbox/environment.js";
import { discardLayer, openLayer, removeTree } from "../../../../src/effect/sandbox/layer.js";
import { bindReadOnly, isWithin, mountCalls, readHostMounts } from "../../../../src/effect/sandbox/mount-table.js";
import { COMMON, NAMESPACE_PROGRAM, systemCalls } from "../../../../src/effect/sandbox/namespace-script.js";
import { findOpaque } from "../../../../src/effect/sandbox/opaque.js";
import { SETUP_PROGRAM } from "../../../../src/effect/sandbox/setup-script.js";
import { setupText } from "../../../../src/effect/sandbox/setup-text.js";
import type { SandboxSetting } from "../../../../src/effect/sandbox/spec.js";
import { reason, sandboxMissing } from "./fixture.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "worknode-details-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("Captured output", () => {
  const feed = (limit: number, ...chunks: string[]): string => {
    const capture = createCapture(limit);
    for (const chunk of chunks) capture.add(Buffer.from(chunk));
    return capture.text();
  };

  it("is whole up to the bound, however it arrives", () => {
    expect(feed(10, "01234", "56789")).toBe("0123456789");
    expect(feed(10, "0123456789")).toBe("0123456789");
    expect(feed(10, "012", "345678")).toBe("012345678");
    expect(feed(10)).toBe("");
    expect(feed(8, "äöüß")).toBe("äöüß");
  });

  it("beyond it is its first and last half, and the number of bytes between", () => {
    expect(feed(10, "01234xyz", "56789")).toBe("01234\n[3 bytes left out]\n56789");
    expect(feed(10, ..."abcdefghijklmnopqrstuvwxyz".split(""))).toBe("abcde\n[16 bytes left out]\nvwxyz");
  });

  it("counts what it does not keep", () => {
    const capture = createCapture(4);
    capture.add(Buffer.alloc(1_000));
    expect(capture.seenBytes()).toBe(1_000);
  });
});

describe("The mount table", () => {
  it("restricts a bind by a second call, as the kernel wants it", () => {
    const bind = { source: "/a", target: "/t", type: "none", options: ["rbind", "ro", "nosuid", "nodev"] };
    expect(mountCalls(bind)).toEqual([
      ["/a", "/t", "none", 4_096 + 16_384, ""],
      ["none", "/t", "none", 32 + 4_096 + 7, ""],
    ]);
    expect(mountCalls({ ...bind, options: ["bind"] })).toEqual([["/a", "/t", "none", 4_096, ""]]);
    expect(mountCalls({ ...bind, options: ["remount", "bind", "ro"] })).toEqual([["/a", "/t", "none", 4_129, ""]]);
  });

  it("gives a file system the options that are its own", () => {
    const overlay = { source: "o", target: "/t", type: "overlay", options: ["userxattr", "nodev", "lowerdir=/l"] };
    expect(mountCalls(overlay)).toEqual([["o", "/t", "overlay", 4, "userxattr,lowerdir=/l"]]);
  });

  it("binds mounts of the host below a path read-only as well, and keeps noexec", () => {
    const file = join(dir, "mountinfo");
    writeFileSync(
      file,
      "22 1 8:1 / / rw - ext4 x rw\n23 22 8:2 / /usr/lo\\040cal rw,noexec - ext4 y rw\n24 22 8:3 / /usrx rw - ext4 z rw\n\n",
    );
    const host = readHostMounts(file);
    expect(host.map((mount) => mount.point)).toEqual(["/", "/usr/lo cal", "/usrx"]);
    const mounts = bindReadOnly("/usr", "/r/usr", host);
    expect(mounts.map(({ target, options }) => [target, options[0], options.includes("noexec")])).toEqual([
      ["/r/usr", "rbind", false],
      ["/r/usr/lo cal", "bind", true],
    ]);
    expect(bindReadOnly("/usr/lo cal/x", "/t", host)[0]?.options).toEqual(["bind", "ro", "nosuid", "nodev", "noexec"]);
    expect(readHostMounts(join(dir, "absent"))).toEqual([]);
  });

  it("tells a path in a directory from one beside it", () => {
    expect([isWithin("/a/b", "/a"), isWithin("/a", "/a"), isWithin("/ab", "/a"), isWithin("/a", "/")]).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });
});

describe("The environment of a command", () => {
  const setting: SandboxSetting = {
    shownRoot: "/work/repo",
    lower: "/x",
    links: [],
    masks: [],
    toolchains: [],
    env: {},
    network: false,
  };
  const value = (name: string, given: Partial<SandboxSetting>, path = ""): string | undefined =>
    commandEnvironment({ ...setting, ...given }, path)
      .find((entry) => entry.startsWith(`${name}=`))
      ?.slice(name.length + 1);

  it("searches what the sandbox shows, in the host's order, then the toolchains, then the standard folders", () => {
    const tool = join(dir, "tool");
    mkdirSync(join(tool, "bin"), { recursive: true });
    const single = join(dir, "home/bin/one");
    const path = `/nowhere:/work/repo/bin:/usr/lib/node_modules/.bin:relative:/usr/games:${join(dir, "home/bin")}`;
    expect(value("PATH", { toolchains: [tool, single] }, path)).toBe(
      `/usr/games:${join(dir, "home/bin")}:${tool}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    );
  });

  it("is offline for npm and pnpm unless the network is given, and knows where rustup and corepack are", () => {
    for (const [name, offline] of [
      ["npm_config_offline", "true"],
      ["NPM_CONFIG_OFFLINE", "true"], // pnpm hands no npm_... on to the scripts it runs
      ["COREPACK_ROOT", "/nonexistent"], // pnpm before 11 and yarn 1 look no further than that it is there
      ["pnpm_config_pm_on_fail", "ignore"],
    ] as const) {
      expect(value(name, {})).toBe(offline);
      expect(value(name, { network: true })).toBeUndefined();
    }
    expect(value("COREPACK_HOME", { toolchains: ["/h/.cache/node/corepack"] })).toBe("/h/.cache/node/corepack");
    expect(value("COREPACK_HOME", {})).toBeUndefined();
    expect(value("RUSTUP_HOME", { toolchains: ["/h/.cargo/bin", "/h/.rustup"] })).toBe("/h/.rustup");
    expect(value("RUSTUP_HOME", {})).toBeUndefined();
  });

  it("asks for output without colours, unless the plan asks for colours", () => {
    expect(value("NO_COLOR", {})).toBe("1");
    expect(value("NO_COLOR", { network: true })).toBe("1");
    expect(value("FORCE_COLOR", {})).toBeUndefined();
    expect(value("NO_COLOR", { env: { FORCE_COLOR: "1" } })).toBeUndefined();
  });

  it("lets the plan's environment win, and drops what is no variable", () => {
    expect(value("HOME", { env: { HOME: "/elsewhere" } })).toBe("/elsewhere");
    expect(commandEnvironment({ ...setting, env: { "a b": "x", N: "a\0b" } }, "").join()).not.toMatch(/a b|a\0b/);
  });
});

describe("The process limit of the pid namespace", () => {
  it("is set only where it cannot change the host's", () => {
    expect(["6.14.0", "6.18.44-x", "7.0"].map(processIdLimit)).toEqual(["1024", "1024", "1024"]);
    expect(["6.1.0-18-amd64", "5.15", "6.13.9", "odd"].map(processIdLimit)).toEqual(["", "", "", ""]);
  });
});

describe("A layer", () => {
  it("keeps what it holds when opened again, and is gone when discarded", async () => {
    const layer = await openLayer(join(dir, "l"));
    writeFileSync(join(layer.upper, "f"), "x");
    expect(await openLayer(join(dir, "l"))).toEqual(layer);
    await discardLayer(layer);
    await discardLayer(layer);
    await expect(mkdir(join(dir, "l"))).resolves.toBeUndefined();
  });

  it("that cannot be removed is a fault with the reason", async () => {
    await expect(removeTree("/proc/self/fdinfo")).rejects.toMatchObject({
      code: "LAYER_NOT_REMOVED",
      message: expect.stringContaining("rm -rf"),
    });
  });
});

describe("Opaque directories", () => {
  it("are a fault when they cannot be told, never none", async () => {
    await expect(findOpaque(dir, ["absent"])).rejects.toMatchObject({ code: "EFFECTS_UNREADABLE" });
    writeFileSync(join(dir, "file"), "");
    await expect(findOpaque(dir, ["file"])).rejects.toMatchObject({ code: "EFFECTS_UNREADABLE" });
    await expect(findOpaque(join(dir, "absent"), ["x"])).rejects.toMatchObject({ code: "EFFECTS_UNREADABLE" });
    expect(await findOpaque(dir, [])).toEqual(new Set());
  });
});

/** Makes namespaces as for a command, and lets the set-up read this. */
function setUp(parent: number, input: string): Promise<BoundedExit> {
  const calls = systemCalls(process.arch) ?? "";
  const args = [calls, String(parent), "isolated", SETUP_PROGRAM, "", "1", "1", "1", "/", "0", "true"];
  return runBounded("/usr/bin/perl", ["-e", COMMON + NAMESPACE_PROGRAM, ...args], { timeoutMs: 30_000, input });
}

describe.skipIf(sandboxMissing)(`What the set-up reads${reason}`, () => {
  const stage = {
    mounts: [{ source: "/a b", target: "/sys/r/c\nd", type: "none", options: ["bind", "ro"] }],
    directories: ["/sys/r/x/y", "/sys/m"],
    files: [{ path: "/sys/r/x/y/file", text: "text\n" }],
    copies: ["/etc/hosts"],
  };

  it("ends every field with a NUL, so that no name can end one, and makes parents first", () => {
    const directories = ["/sys", "/sys/m", "/sys/r", "/sys/r/etc", "/sys/r/x", "/sys/r/x/y"];
    const expected = [
      directories.map((path) => `directory ${path} `).join(""),
      "file /sys/r/x/y/file text\n ",
      "copy /etc/hosts /sys/r/etc/hosts ",
      "mount /a~b /sys/r/c\nd none 4096  mount none /sys/r/c\nd none 4129  ",
      "end ",
    ];
    expect(setupText(stage)).toBe(expected.join("").replaceAll(" ", "\0").replace("~", " "));
  });

  it("is refused when a field holds a NUL itself", () => {
    expect(() => setupText({ ...stage, directories: ["/a\0b"] })).toThrow("NUL");
  });

  it("is refused when its end is missing: a mask may be among what is cut off", async () => {
    const set = (text: string): Promise<BoundedExit> => setUp(process.pid, text);
    expect(await set("")).toMatchObject({ code: 1, status: expect.stringContaining("cut off") });
    expect(await set("directory\0/sys/r\0")).toMatchObject({ code: 1, status: expect.stringContaining("cut off") });
    expect(await set("directory\0/sys/r\0end")).toMatchObject({ code: 1, status: expect.stringContaining("cut off") });
  });

  it("is not looked at when worknode, whose child it is to be, has ended", async () => {
    expect(await setUp(1, "")).toMatchObject({ code: 1, status: expect.stringMatching(/^worknode has ended/) });
  });

  it.each([
    ["makes the namespaces", COMMON + NAMESPACE_PROGRAM],
    ["sets up", COMMON + SETUP_PROGRAM],
  ])("is read by a program that is faultless under `strict` and warnings: the one that %s", (_, program) => {
    const { status, stderr } = spawnSync("/usr/bin/perl", ["-Mstrict", "-wc", "-e", program], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "-e syntax OK\n" });
  });

  it("knows the system calls of common processors and of no other", () => {
    expect(systemCalls("x64")).not.toBe(systemCalls("arm64"));
    expect(systemCalls("sparc")).toBeUndefined();
  });
});

describe.skipIf(sandboxMissing)(`The namespaces of a command${reason}`, () => {
  /** Runs a program as their first process. */
  function first(program: string, bounds: Partial<Bounds> = {}): Promise<BoundedExit> {
    const args = [systemCalls(process.arch) ?? "", String(process.pid), "isolated", program, "one", "two"];
    return runBounded("/usr/bin/perl", ["-e", COMMON + NAMESPACE_PROGRAM, ...args], { timeoutMs: 30_000, ...bounds });
  }

  it("are all others than those of the host, and of the user's groups none can be taken", async () => {
    const kinds = ["user", "mnt", "pid", "ipc", "uts", "net"];
    const links = 'print readlink("/proc/self/ns/$_"), " " for qw(user mnt pid ipc uts net);';
    const { stdout } = await first(`${links} open(F, "<", "/proc/self/setgroups"); print <F>; exit 0`);
    const found = stdout.trim().split(" ");
    expect(found.slice(0, 6)).toEqual(kinds.map((kind) => expect.stringMatching(new RegExp(`^${kind}:`))));
    for (const [index, kind] of kinds.entries()) expect(found[index]).not.toBe(readlinkSync(`/proc/self/ns/${kind}`));
    expect(found[6]).toBe("deny");
  });

  it("end with worknode", async () => {
    const dies = '$s = pack("i", 0); syscall($prctl, 2, $s, 0, 0, 0); print unpack("i", $s);';
    expect(await first(`${dies} exit 0`)).toMatchObject({ code: 0, stdout: "9" });
  });

  it("never go on after a call of the kernel that failed", async () => {
    const status = expect.stringContaining("cannot do this: ");
    expect(await first("call('cannot do this', -1); exit 0")).toMatchObject({ code: 1, status });
  });

  it("hand on how their first process ended, and what it was told", async () => {
    expect(await first('print "@ARGV"; exit 7')).toMatchObject({ code: 7, stdout: "one two", stopped: null });
  });

  it("never end as if all were well where their first process was killed", async () => {
    const kill = (pid: number): void => {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").map(Number);
      for (const child of children.filter((one) => one > 0)) process.kill(child, "SIGKILL");
    };
    const watch = { waitMs: () => 300, running: async (pid: number) => (kill(pid), null), ended: async () => null };
    expect(await first("sleep 20; exit 0", { watch })).toMatchObject({ code: null, stopped: "killed" });
  });

  it.each(['die "for a reason\\n"', "1", "no Perl at all ("])(
    "never do without a set-up that came to its end: %s",
    async (program) => {
      expect(await first(program)).toMatchObject({
        code: 1,
        status: expect.stringContaining("cannot set the sandbox up"),
      });
    },
  );
});

describe("A program within bounds", () => {
  it.runIf(process.platform === "linux")(
    "that waits for a first process sees its end, and all below that are ended themselves",
    async () => {
      const first = "/bin/sleep 600 & /bin/sh -c '/bin/sleep 600; :' & echo $!; wait";
      const program = ["-c", `/bin/sh -c "$1"; exit 7`, "sh", first];
      const bounds = { timeoutMs: 300, endMs: 10_000, waitsForNamespace: true };
      expect(await runBounded("/bin/sh", program, bounds)).toMatchObject({ stopped: "timeout", code: 7 });
    },
  );

  it("that cannot be started is a set-up fault", async () => {
    await expect(runBounded("/no/such/program", [], { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: "SANDBOX_SETUP",
    });
  });

  it("reports what it wrote to descriptor 3, and an end by a signal as killed", async () => {
    const exit = await runBounded("/bin/sh", ["-c", "echo status >&3; echo out; echo err >&2; kill -9 $$"], {
      timeoutMs: 5_000,
    });
    expect(exit).toMatchObject({ stopped: "killed", code: null, status: "status\n", stdout: "out\n", stderr: "err\n" });
  });
});
