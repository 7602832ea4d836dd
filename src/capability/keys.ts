import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { chmodSync, linkSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { invalid } from "../kernel/fault.js";
import { newId } from "../kernel/ids.js";

/**
 * The project's signing key, made on first use in `<directory>/ed25519.pem` (0600, directory 0700).
 * Several processes may make it at once: the first link wins. Throws Fault KEY_UNSAFE (exit 2) where
 * others could read it or it is not a regular file of ours.
 */
export function loadOrCreateKey(directory: string): KeyObject {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  const path = join(directory, "ed25519.pem");
  try {
    checkFile(path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw thrown;
    createKey(directory, path);
    checkFile(path);
  }
  return createPrivateKey(readFileSync(path));
}

function createKey(directory: string, path: string): void {
  const { privateKey } = generateKeyPairSync("ed25519");
  const draft = join(directory, newId("draft"));
  writeFileSync(draft, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
  try {
    linkSync(draft, path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
  } finally {
    rmSync(draft);
  }
}

function checkFile(path: string): void {
  const stat = lstatSync(path);
  const mine = process.getuid === undefined || stat.uid === process.getuid();
  if (!stat.isFile() || !mine || (stat.mode & 0o077) !== 0)
    throw invalid(
      "KEY_UNSAFE",
      `${path} must be a regular file of yours with mode 0600. Fix it, or delete it to make a new key (all capabilities end).`,
    );
}
