import { execFile, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadKey, loadOrCreateKey } from "../../../src/capability/keys.js";
import { Fault } from "../../../src/kernel/fault.js";

const run = promisify(execFile);
const SOURCE = fileURLToPath(new URL("../../../src/capability/keys.ts", import.meta.url));
let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "worknode-keys-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof Fault) return `${thrown.code} ${thrown.exitCode}`;
    throw thrown;
  }
  return "none";
};
const bits = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const isRoot = process.getuid?.() === 0;

describe("the signing key", () => {
  it("is made once, private, and read back", () => {
    const directory = join(root, "state", "keys");
    const made = loadOrCreateKey(directory);
    expect(made.asymmetricKeyType).toBe("ed25519");
    expect(bits(directory)).toBe("700");
    expect(bits(join(directory, "ed25519.pem"))).toBe("600");
    expect(readdirSync(directory)).toEqual(["ed25519.pem"]);
    expect(loadOrCreateKey(directory).export({ format: "jwk" })).toEqual(made.export({ format: "jwk" }));
  });

  it("is the same for processes that make it at the same moment", async () => {
    const script = join(root, "keys.mjs");
    await build({ entryPoints: [SOURCE], outfile: script, bundle: true, platform: "node", format: "esm" });
    const code = `const {loadOrCreateKey} = await import(process.argv[1]); console.log(loadOrCreateKey(process.argv[2]).export({format:"jwk"}).x)`;
    const runs = Array.from({ length: 4 }, () =>
      run(process.execPath, ["--input-type=module", "-e", code, script, join(root, "k")]),
    );
    const keys = await Promise.all(runs);
    expect(new Set(keys.map(({ stdout }) => stdout)).size).toBe(1);
    expect(keys[0]?.stdout).toMatch(/^[\w-]{43}\n$/);
  });

  it.each([0o640, 0o604, 0o660, 0o666, 0o644])("is refused with mode %o", (mode) => {
    const directory = join(root, "keys");
    loadOrCreateKey(directory);
    chmodSync(join(directory, "ed25519.pem"), mode);
    expect(codeOf(() => loadOrCreateKey(directory))).toBe("KEY_UNSAFE 2");
  });

  it.each([0o755, 0o750, 0o777])("is refused in a directory of mode %o", (mode) => {
    const directory = join(root, "keys");
    mkdirSync(directory);
    chmodSync(directory, mode);
    expect(codeOf(() => loadOrCreateKey(directory))).toBe("KEY_UNSAFE 2");
    expect(readdirSync(directory)).toEqual([]);
  });

  it.skipIf(!isRoot)("is refused when another user owns it (needs root to set up)", () => {
    const directory = join(root, "keys");
    loadOrCreateKey(directory);
    chownSync(join(directory, "ed25519.pem"), 12_345, 12_345);
    expect(codeOf(() => loadOrCreateKey(directory))).toBe("KEY_UNSAFE 2");
  });

  it.skipIf(!isRoot)("is refused in another user's directory (needs root to set up)", () => {
    const directory = join(root, "keys");
    loadOrCreateKey(directory);
    chownSync(directory, 12_345, 12_345);
    expect(codeOf(() => loadOrCreateKey(directory))).toBe("KEY_UNSAFE 2");
  });

  it("is refused through a link, and where it is a folder or a FIFO", () => {
    const [linked, foldered, piped] = [join(root, "a"), join(root, "b"), join(root, "c")];
    for (const directory of [linked, foldered, piped]) mkdirSync(directory, { mode: 0o700 });
    writeFileSync(join(root, "elsewhere.pem"), "", { mode: 0o600 });
    symlinkSync(join(root, "elsewhere.pem"), join(linked, "ed25519.pem"));
    mkdirSync(join(foldered, "ed25519.pem"), { mode: 0o700 });
    expect(spawnSync("mkfifo", ["-m", "600", join(piped, "ed25519.pem")]).status).toBe(0);
    for (const directory of [linked, foldered, piped]) {
      expect(codeOf(() => loadOrCreateKey(directory))).toBe("KEY_UNSAFE 2");
    }
    const safe = join(root, "safe");
    loadOrCreateKey(safe);
    symlinkSync(safe, join(root, "link"));
    expect(codeOf(() => loadOrCreateKey(join(root, "link")))).toBe("KEY_UNSAFE 2");
    expect(codeOf(() => loadKey(join(root, "link")))).toBe("KEY_UNSAFE 2");
  });

  it("is refused when the file holds something else", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });
    for (const text of ["", "garbage", rsa]) {
      const directory = mkdtempSync(join(root, "keys-"));
      writeFileSync(join(directory, "ed25519.pem"), text, { mode: 0o600 });
      expect(codeOf(() => loadOrCreateKey(directory))).toBe("KEY_INVALID 2");
    }
  });

  it("that was never made is none where nothing is to be made, and is held to the same rules where it was", () => {
    const directory = join(root, "keys");
    expect(loadKey(directory)).toBeUndefined();
    mkdirSync(directory, { mode: 0o700 });
    expect(loadKey(directory)).toBeUndefined();
    expect(readdirSync(directory)).toEqual([]);
    const made = loadOrCreateKey(directory);
    expect(loadKey(directory)?.export({ format: "jwk" })).toEqual(made.export({ format: "jwk" }));
    chmodSync(directory, 0o750);
    expect(codeOf(() => loadKey(directory))).toBe("KEY_UNSAFE 2");
    chmodSync(directory, 0o700);
    chmodSync(join(directory, "ed25519.pem"), 0o640);
    expect(codeOf(() => loadKey(directory))).toBe("KEY_UNSAFE 2");
  });

  it("passes other failures on", () => {
    writeFileSync(join(root, "other"), "");
    expect(() => loadKey(join(root, "other", "keys"))).toThrow(/ENOTDIR/);
    writeFileSync(join(root, "file"), "");
    expect(() => loadOrCreateKey(join(root, "file", "keys"))).toThrow(/ENOTDIR/);
  });
});
