import { randomInt } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { type HookAddress, makeSecrets } from "../../crew/hook/server.js";
import type { RepositoryLocation } from "../../effect/repository/repository-location.js";
import { invalid } from "../../kernel/fault.js";

/** Ports a repository's hooks are served at: registered ones nobody is given by chance. */
const [FIRST_PORT, LAST_PORT] = [20_000, 32_000];

const secret = z.string().regex(/^[0-9a-f]{64}$/);
const addressSchema = z.strictObject({ port: z.int().min(1).max(65_535), token: secret, answer: secret });

/** The file that holds a repository's address for hooks; only its owner reads it. */
export function hookStatePath({ stateDir }: Pick<RepositoryLocation, "stateDir">): string {
  return join(stateDir, "hook", "address.json");
}

/** The address hooks are served at; undefined where none was installed. Throws Fault HOOK_STATE (exit 2) for a damaged one. */
export function readHookState(location: Pick<RepositoryLocation, "stateDir">): HookAddress | undefined {
  const path = hookStatePath(location);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw invalid("HOOK_STATE", `${path} cannot be read. Make it readable, or install again.`, cause);
  }
  const parsed = addressSchema.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  throw invalid("HOOK_STATE", `${path} is damaged. Remove it and run \`worknode install claude-code\` again.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // said as what it is: damaged
  }
}

/** The address, made where there is none: a port by chance, and words nobody can guess. */
export function ensureHookState(location: Pick<RepositoryLocation, "stateDir">): HookAddress {
  const known = readHookState(location);
  if (known !== undefined) return known;
  const made = { port: randomInt(FIRST_PORT, LAST_PORT), ...makeSecrets() };
  const path = hookStatePath(location);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${JSON.stringify(made)}\n`, { mode: 0o600, flag: "wx" });
  return made;
}
