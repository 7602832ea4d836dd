import { createPublicKey, type KeyObject } from "node:crypto";
import { err, ok, type Result } from "../kernel/result.js";
import { keyId } from "./dsse.js";

/** Whose receipts are believed, and what is believed no more. */
export interface Trust {
  /** Ed25519 public keys by their id. */
  readonly keys: ReadonlyMap<string, KeyObject>;
  /** Ids of capabilities that were revoked. */
  readonly revoked: ReadonlySet<string>;
}

const KEY = /-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]*-----END PUBLIC KEY-----/g;
const REVOKED = /^revoked:[ \t]*(\S+)$/;

/**
 * Reads a trust file: Ed25519 public keys as PEM (`worknode receipt key` prints a project's), lines `revoked: <id of a
 * capability>`, and comments from `#`. Everything else is an error: a typo must not trust less or more than was meant.
 */
export function parseTrust(text: string): Result<Trust, string> {
  const keys = new Map<string, KeyObject>();
  for (const [pem] of text.matchAll(KEY)) {
    const key = publicKeyOf(pem);
    if (key === undefined) return err("it holds a key that is no Ed25519 public key");
    keys.set(keyId(key), key);
  }
  if (keys.size === 0) return err("it holds no public key; `worknode receipt key` prints one");
  const revoked = new Set<string>();
  for (const line of linesOutside(text)) {
    const id = REVOKED.exec(line)?.[1];
    if (id === undefined) return err(`it holds a line that is no key, revocation or comment: ${line.slice(0, 80)}`);
    revoked.add(id);
  }
  return ok({ keys, revoked });
}

function linesOutside(text: string): string[] {
  const lines = text.replace(KEY, "").split("\n");
  return lines.map((line) => line.replace(/#.*$/, "").trim()).filter((line) => line !== "");
}

function publicKeyOf(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === "ed25519" ? key : undefined;
  } catch {
    return undefined; // no key at all: the caller says so
  }
}
