import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { LINK_MASKS_FRESH_MS, MAX_LINK_ENTRIES, MAX_LINK_MASKS } from "../../kernel/bounds.js";
import { Fault } from "../../kernel/fault.js";
import type { LinkMount } from "../sandbox/spec.js";
import { CHECKOUT_DENY, compileDeny, DEFAULT_DENY } from "./deny.js";
import type { TaskWorkspace } from "./workspace.js";

/**
 * Names `workspace.deny` holds by default that packages bring by the hundred: certificates of authorities, keys of
 * tests. Masked in dependencies, no Python program could open a TLS context. A plan that names them means them.
 */
const PUBLIC_IN_PACKAGES: ReadonlySet<string> = new Set(["*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore"]);

interface Known {
  readonly stamp: string;
  readonly atMs: number;
  readonly masks: Promise<string[]>;
}

const known = new Map<string, Known>();

/**
 * The links with what `workspace.deny` masks inside them. A folder is searched once, and again when packages in it
 * changed or a minute went by. Throws Fault LINK_MASKS (exit 2) where there is too much to search or to mask.
 */
export async function maskLinks(
  links: readonly LinkMount[],
  workspace: Pick<TaskWorkspace, "deny">,
  nowMs: number,
): Promise<LinkMount[]> {
  const patterns = patternsFor(workspace.deny);
  const denied = compileDeny(patterns);
  return Promise.all(links.map(async (link) => ({ ...link, masks: await masksOf(link, { patterns, denied, nowMs }) })));
}

function patternsFor(deny: readonly string[]): readonly string[] {
  const defaults = deny.length === CHECKOUT_DENY.length ? CHECKOUT_DENY : DEFAULT_DENY;
  const isDefault = deny.length === defaults.length && deny.every((entry, index) => entry === defaults[index]);
  return isDefault ? deny.filter((entry) => !PUBLIC_IN_PACKAGES.has(entry)) : deny;
}

async function masksOf(
  link: LinkMount,
  by: { patterns: readonly string[]; denied: (path: string) => boolean; nowMs: number },
): Promise<string[]> {
  const stamp = await stampOf(link.source);
  const key = JSON.stringify([link.path, link.source, by.patterns]);
  const before = known.get(key);
  if (before?.stamp === stamp && by.nowMs - before.atMs < LINK_MASKS_FRESH_MS) return before.masks;
  const masks = findDenied(link, by.denied);
  known.set(key, { stamp, atMs: by.nowMs, masks });
  masks.catch(() => known.delete(key));
  return masks;
}

/** Changes whenever a package manager adds, replaces or removes a package. */
async function stampOf(source: string): Promise<string> {
  const names = await readdir(source).catch(() => []);
  const libraries = await readdir(join(source, "lib")).catch(() => []);
  const shelves = [
    ...names.filter((name) => /^[@.]/.test(name)),
    ...libraries.map((name) => join("lib", name, "site-packages")),
  ];
  const times = await Promise.all(
    ["", ...shelves].map((name) => stat(join(source, name), { bigint: true }).catch(() => undefined)),
  );
  return times.map((stats) => `${stats?.ino}:${stats?.mtimeNs}`).join(" ");
}

/** The topmost denied paths below a link, relative to it. Goes through no link; what one leads to is met by its own name. */
async function findDenied({ path, source }: LinkMount, denied: (path: string) => boolean): Promise<string[]> {
  const root = await realpath(source).catch(() => undefined);
  if (root === undefined) return [];
  const found: string[] = [];
  const waiting = [""];
  let seen = 0;
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const entries = await listFolder(join(root, folder));
    seen += entries.length;
    sortOut(entries, folder, (inner) => denied(`${path}/${inner}`), { found, waiting });
    if (seen > MAX_LINK_ENTRIES || found.length > MAX_LINK_MASKS) throw tooMuch(path, seen, found.length);
  }
  return found.sort();
}

/** Puts what is denied with what was found, and the other folders with those still to be looked at. */
function sortOut(
  entries: readonly Dirent[],
  folder: string,
  isDenied: (inner: string) => boolean,
  { found, waiting }: { found: string[]; waiting: string[] },
): void {
  for (const entry of entries) {
    const inner = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (isDenied(inner)) found.push(inner);
    else if (entry.isDirectory()) waiting.push(inner);
  }
}

/** A folder worknode may not read, the command may not read either: it runs as the same user. */
async function listFolder(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((thrown: unknown) => {
    if (["EACCES", "ENOENT"].includes(String((thrown as NodeJS.ErrnoException).code))) return [];
    throw thrown;
  });
}

function tooMuch(path: string, seen: number, found: number): Fault {
  const what =
    found > MAX_LINK_MASKS
      ? `\`workspace.deny\` names more than ${MAX_LINK_MASKS} files in it`
      : `it holds more than ${MAX_LINK_ENTRIES} files`;
  return new Fault("LINK_MASKS", `${path} cannot be linked: ${what} (${seen} were looked at)`, { exitCode: 2 });
}
