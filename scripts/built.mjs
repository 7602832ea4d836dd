// Tells whether dist/ is what a build of these very sources left: by content, so that neither a fresh clone's times nor a
// file of dist/ that was changed or lost can pass for a build. Removing dist/ builds anew.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MARK = "dist/.built";
/** What a build reads; packages by what is installed, as npm wrote it down. */
const SOURCES = [
  "src",
  "scripts",
  "grammars",
  "LICENSE",
  "package.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "node_modules/.package-lock.json",
];

/** Files of a folder, sorted, or the file itself. */
function filesOf(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesOf(join(path, name)));
}

/** One hash over the names and contents of sources and results, and the Node that compiled them. */
function digest() {
  const hash = createHash("sha256").update(`${process.version} ${process.arch}`);
  for (const path of [...SOURCES, "dist"].flatMap(filesOf)) {
    if (path === MARK) continue;
    const content = readFileSync(path);
    hash.update(`\0${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/** Whether nothing needs to be built. Paths are those of the current directory. */
export function isBuilt() {
  return existsSync(MARK) && readFileSync(MARK, "utf8") === digest();
}

/** Notes what was built from what; called when everything is there. */
export function markBuilt() {
  writeFileSync(MARK, digest());
}
