import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  type Stats,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Fault, invalid } from "../kernel/fault.js";
import { newId } from "../kernel/ids.js";

/** Permission bits that let anyone but the owner in. */
const OTHERS = 0o077;

/**
 * The project's signing key, made on first use in `<directory>/ed25519.pem` (0600, directory 0700).
 * Several processes may make it at once: the first link wins. Throws Fault KEY_UNSAFE (exit 2) where
 * others could reach the key or its directory, or one of them is a link or not ours, and KEY_INVALID
 * (exit 2) where the file holds no Ed25519 key.
 */
export function loadOrCreateKey(directory: string): KeyObject {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  checkDirectory(directory);
  const path = join(directory, "ed25519.pem");
  try {
    return readKey(path);
  } catch (thrown) {
    if (errorCode(thrown) !== "ENOENT") throw thrown;
    createKey(directory, path);
    return readKey(path);
  }
}

/** The project's signing key where there is one already; undefined where none was made. Throws as `loadOrCreateKey`. */
export function loadKey(directory: string): KeyObject | undefined {
  try {
    checkDirectory(directory);
    return readKey(join(directory, "ed25519.pem"));
  } catch (thrown) {
    if (errorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

function errorCode(thrown: unknown): string | undefined {
  return (thrown as NodeJS.ErrnoException).code;
}

function createKey(directory: string, path: string): void {
  const { privateKey } = generateKeyPairSync("ed25519");
  const draft = join(directory, newId("draft"));
  writeFileSync(draft, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx", flush: true });
  try {
    linkSync(draft, path);
  } catch (thrown) {
    if (errorCode(thrown) !== "EEXIST") throw thrown;
  } finally {
    rmSync(draft);
  }
}

function checkDirectory(directory: string): void {
  const stat = lstatSync(directory);
  if (!stat.isDirectory() || !isPrivate(stat)) throw unsafe(directory, "a directory of yours with mode 0700");
}

/** Checks and reads one open file, so that it cannot be exchanged in between. */
function readKey(path: string): KeyObject {
  const file = openKey(path);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || !isPrivate(stat)) throw unsafe(path, "a regular file of yours with mode 0600");
    return parseKey(path, readFileSync(file));
  } finally {
    closeSync(file);
  }
}

function openKey(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (thrown) {
    if (errorCode(thrown) === "ELOOP") throw unsafe(path, "a regular file, not a link");
    throw thrown;
  }
}

function parseKey(path: string, pem: Buffer): KeyObject {
  const hint = `${path} holds no Ed25519 private key. Delete it to make a new one (all capabilities end).`;
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (thrown) {
    throw invalid("KEY_INVALID", hint, thrown);
  }
  throw invalid("KEY_INVALID", hint);
}

function isPrivate(stat: Stats): boolean {
  const mine = process.getuid === undefined || stat.uid === process.getuid();
  return mine && (stat.mode & OTHERS) === 0;
}

function unsafe(path: string, wanted: string): Fault {
  return invalid(
    "KEY_UNSAFE",
    `${path} must be ${wanted}. Fix it, or delete it to make a new key (all capabilities end).`,
  );
}
