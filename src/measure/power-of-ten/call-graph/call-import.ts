import type { FileFact, ImportFact } from "../fact.js";
import { type CallIndex, importedFile } from "./call-graph-index.js";
import { known, OUTSIDE, type Target } from "./call-target.js";

/** Re-exports that are followed one after the other. */
const MAX_REEXPORTS = 20;

/** What a name of a file leads to that it imports. */
export function imported(index: CallIndex, file: FileFact, name: string): Target {
  const taken = file.imports.get(name);
  return taken === undefined ? OUTSIDE : exportOf(index, file, taken);
}

/** What a member of something imported leads to. */
export function ofImport(index: CallIndex, file: FileFact, taken: ImportFact, member: string): Target {
  if (taken.name === "*") return exportOf(index, file, { from: taken.from, name: member });
  const there = importedFile(index, file, taken);
  const found = there === undefined ? undefined : index.inFile.get(there)?.get(`${taken.name}.${member}`);
  return found === undefined ? OUTSIDE : known(found);
}

interface Wanted {
  /** Where it is asked for. */
  readonly by: FileFact;
  readonly what: ImportFact;
}

/** Follows exports to the function that is meant. */
function exportOf(index: CallIndex, by: FileFact, what: ImportFact): Target {
  const open: Wanted[] = [{ by, what }];
  for (let step = 0; step < MAX_REEXPORTS; step += 1) {
    const next = open.pop();
    if (next === undefined) return OUTSIDE;
    const there = importedFile(index, next.by, next.what);
    const found = there === undefined ? [] : followExport(index, there, next.what.name);
    if (!Array.isArray(found)) return found;
    open.push(...found);
  }
  return OUTSIDE;
}

/** The function a file exports by this name, or where to look on. */
function followExport(index: CallIndex, there: FileFact, name: string): Target | Wanted[] {
  const exported = there.exports.get(name) ?? there.exports.get(name === "default" ? "*" : name);
  if (exported === undefined) return there.exportsAll.map((from) => ({ by: there, what: { from, name } }));
  if (exported.from !== "") return [{ by: there, what: exported }];
  const own = index.inFile.get(there)?.get(exported.name);
  if (own !== undefined) return known(own);
  const taken = there.imports.get(exported.name);
  return taken === undefined ? [] : [{ by: there, what: taken }];
}
