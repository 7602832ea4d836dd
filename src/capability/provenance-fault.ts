import type { Receipt } from "../schema/receipt.js";

/** Rules of provenance a commit can break. */
export type ProvenanceRule =
  | "provenance-missing"
  | "provenance-signature"
  | "provenance-changed"
  | "provenance-rebased"
  | "provenance-partial"
  | "provenance-capability"
  | "provenance-whitelist"
  | "provenance-checks"
  | "provenance-trailers";

/** One rule that a commit breaks. */
export interface ProvenanceFault {
  readonly rule: ProvenanceRule;
  readonly path: string | null;
  readonly message: string;
  readonly remedy: string;
}

/** A file of a commit is not what was signed. */
export function changedFault(path: string, what: string): ProvenanceFault {
  const remedy = "Put it into a commit of its own, or have worknode do it within a task that names the file.";
  return { rule: "provenance-changed", path, message: `${path} ${what}`, remedy };
}

/** What its receipt says was done by another commit, and taken back since. */
export function replayed(earlier: string): ProvenanceFault {
  return {
    rule: "provenance-changed",
    path: null,
    message: `its receipt was used by ${earlier.slice(0, 12)}, whose work was taken back since: to do it again is a change of its own`,
    remedy: "Have worknode do the task again, or have the commit reviewed as made outside.",
  };
}

/** No trusted key signed it. */
export function forged(error: string): ProvenanceFault {
  return {
    rule: "provenance-signature",
    path: null,
    message: `the receipt is not believed: ${error}`,
    remedy: "Trust the key that signed it (`worknode receipt key` prints it), or have worknode make the commit.",
  };
}

/** No receipt, and no merge of git's own. */
export function missing({ parents }: { readonly parents: readonly string[] }): ProvenanceFault {
  const merge = parents.length > 1 ? " and is no merge that git makes by itself" : "";
  return {
    rule: "provenance-missing",
    path: null,
    message: `the commit carries no receipt${merge}`,
    remedy: "It was made outside worknode: have it reviewed as such, or done within a task.",
  };
}

/** The tree that was judged is not among the commits. */
export function partial(tree: string, why: string | undefined): ProvenanceFault {
  const message = `the checks ran on ${tree}, the tree of a later commit, which is not among these`;
  const remedy = "Take the commits up to that one too, or verify this one again: `worknode check --run`.";
  const said = why === undefined ? message : `${message}, and it was not verified by itself: ${why}`;
  return { rule: "provenance-partial", path: null, message: said, remedy };
}

/** The same changes on a base they were not verified on. */
export function rebased(receipts: readonly Receipt[], why: string | undefined): ProvenanceFault {
  const tasks = receipts.map(({ predicate }) => predicate.task).join(", ");
  const message = `the work of ${tasks} stands on another base than the one it was verified on`;
  const verify = "Verify it again on this base: `worknode check --run`.";
  const redo = "Merge it instead, or have worknode do the task again on this base.";
  const said = why === undefined ? message : `${message}, and was not verified there: ${why}`;
  return { rule: "provenance-rebased", path: null, message: said, remedy: why === undefined ? verify : redo };
}
