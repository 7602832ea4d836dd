import type { Result } from "../kernel/result.js";
import type { Receipt, ReceiptPredicate } from "../schema/receipt.js";
import { hasTooManyReceipts, openReceipt, receiptTexts } from "./receipt.js";
import type { Trust } from "./trust.js";
import { compileWriteSet } from "./write-set.js";

/** A change of a commit; blobs by id, null where absent. */
export interface CommitChange {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
  /** Mode it has now, as git writes it; null where absent. */
  readonly mode: string | null;
}

/** A commit as its repository has it. */
export interface CommitFact {
  readonly id: string;
  readonly tree: string;
  readonly message: string;
  readonly parents: readonly string[];
  /** Tree of its first parent; null for a first commit. */
  readonly parentTree: string | null;
  /** What it changes against its first parent. */
  readonly changes: readonly CommitChange[];
  /** For a merge: the tree that merging its parents gives without anyone's doing; null on a conflict or none. */
  readonly mergedTree: string | null;
}

/** Rules of provenance a commit can break. */
export type ProvenanceRule =
  | "provenance-missing"
  | "provenance-signature"
  | "provenance-changed"
  | "provenance-rebased"
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

/**
 * How a commit stands. `verified`: exactly what its receipt says. `squashed`: its tree is one that was verified, and
 * receipts cover all it changes. `merged`: git alone joined its parents. `rebased`: the same changes on another base,
 * whose evidence is for another tree. `verified-again`: rebased, and verified anew on its own tree. `unsigned`: no
 * receipt. `refused`: a receipt that does not hold.
 */
export type Standing = "verified" | "squashed" | "merged" | "rebased" | "verified-again" | "unsigned" | "refused";

/** What is found of one commit. */
export interface CommitProvenance {
  readonly commit: string;
  readonly standing: Standing;
  /** Statements of the receipts that were believed. */
  readonly receipts: readonly ReceiptPredicate[];
  readonly faults: readonly ProvenanceFault[];
}

/** What commits are judged by. */
export interface ProvenanceBasis {
  readonly trust: Trust;
  /** Of rebased commits that were verified anew, each on its own tree: null where that passed, else what it came to. */
  readonly again: ReadonlyMap<string, string | null>;
}

/**
 * Judges commits by their signed receipts, offline. `others` are commits the repository also holds, for example those
 * of a branch that was squashed: their receipts count where a judged commit has exactly a tree of theirs.
 */
export function judgeProvenance(
  commits: readonly CommitFact[],
  others: readonly Pick<CommitFact, "message">[],
  basis: ProvenanceBasis,
): CommitProvenance[] {
  const known = receiptsByTree([...others, ...commits], basis.trust);
  return commits.map((commit) => judgeCommit(commit, known, basis));
}

type Known = ReadonlyMap<string, readonly Receipt[]>;

/** The receipts there are, by the tree they speak of: which commit carries one does not matter. */
function receiptsByTree(commits: readonly Pick<CommitFact, "message">[], trust: Trust): Known {
  const known = new Map<string, Receipt[]>();
  for (const opened of commits.flatMap(({ message }) => openAll(message, trust))) {
    if (!opened.ok) continue;
    const tree = treeOf(opened.value);
    known.set(tree, [...(known.get(tree) ?? []), opened.value]);
  }
  return known;
}

function openAll(message: string, trust: Trust): Result<Receipt, string>[] {
  const texts = receiptTexts(message);
  if (hasTooManyReceipts(texts)) return [{ ok: false, error: "its message holds more than a thousand receipts" }];
  return texts.map((text) => openReceipt(text, trust.keys));
}

function treeOf(receipt: Receipt): string {
  return receipt.subject[0].digest.gitTree;
}

function judgeCommit(commit: CommitFact, known: Known, basis: ProvenanceBasis): CommitProvenance {
  const opened = openAll(commit.message, basis.trust);
  const refused = opened.find((each) => !each.ok);
  if (refused?.ok === false)
    return { commit: commit.id, standing: "refused", receipts: [], faults: [forged(refused.error)] };
  const own = opened.flatMap((each) => (each.ok ? [each.value] : []));
  if (commit.parents.length > 1 && commit.mergedTree === commit.tree) return made(commit, "merged", [], []);
  if (own.length === 0 && !known.has(commit.tree)) return made(commit, "unsigned", [], [missing(commit)]);
  const placed = place(commit, { own, known }, basis);
  const faults = [...placed.faults, ...ownFaults(commit, placed, basis)];
  const broken = faults.some(({ rule }) => rule !== "provenance-rebased");
  return made(commit, broken ? "refused" : placed.standing, placed.receipts, faults);
}

function made(
  { id }: CommitFact,
  standing: Standing,
  receipts: readonly Receipt[],
  faults: readonly ProvenanceFault[],
): CommitProvenance {
  return { commit: id, standing, receipts: receipts.map(({ predicate }) => predicate), faults };
}

interface Placed {
  readonly standing: Standing;
  readonly receipts: readonly Receipt[];
  readonly faults: readonly ProvenanceFault[];
}

/** Finds what a commit's receipts say of exactly this commit. */
function place(commit: CommitFact, from: { own: readonly Receipt[]; known: Known }, basis: ProvenanceBasis): Placed {
  const { own, known } = from;
  const line = lineTo(commit, [...own, ...[...known.values()].flat()]);
  if (line.length > 0) return { standing: standingOf(line, own), receipts: line, faults: [] };
  const receipts = own.length > 0 ? own : (known.get(commit.tree) ?? []);
  const sameTree = receipts.some((receipt) => treeOf(receipt) === commit.tree);
  const strange = strangeChanges(commit, receipts, sameTree);
  if (strange.length > 0) return { standing: "refused", receipts, faults: strange };
  if (sameTree) return { standing: "squashed", receipts, faults: [] };
  const why = basis.again.get(commit.id);
  if (why === null) return { standing: "verified-again", receipts, faults: [] };
  return { standing: "rebased", receipts, faults: [rebased(receipts, why)] };
}

/** One commit of worknode's own is verified as it stands; several, or those of other commits, were squashed. */
function standingOf(line: readonly Receipt[], own: readonly Receipt[]): Standing {
  return line.length === 1 && own.length === 1 && line[0] === own[0] ? "verified" : "squashed";
}

/** Receipts that lead, each from the tree the one before made, from the commit's parent to exactly the commit. */
function lineTo(commit: CommitFact, receipts: readonly Receipt[]): Receipt[] {
  const byTree = new Map<string, Receipt>();
  for (const receipt of receipts) if (!byTree.has(treeOf(receipt))) byTree.set(treeOf(receipt), receipt);
  const line: Receipt[] = [];
  let tree: string = commit.tree;
  while (line.length <= byTree.size) {
    const receipt = byTree.get(tree);
    if (receipt === undefined) return [];
    line.unshift(receipt);
    tree = receipt.predicate.parent.tree;
    if (tree === commit.parentTree) return line;
  }
  return [];
}

type Said = Omit<CommitChange, "path">;

/** What receipts change together: from what the first found to what the last left. */
function saidOf(receipts: readonly Receipt[]): Map<string, Said> {
  const said = new Map<string, Said>();
  for (const { path, before, after, mode } of receipts.flatMap(({ predicate }) => predicate.changes))
    said.set(path, { before: said.has(path) ? (said.get(path)?.before ?? null) : before, after, mode });
  return said;
}

/**
 * Changes of the commit that no receipt covers with exactly these contents, before and after: going back to an older
 * state that was signed once is a change of its own. Where the tree is another one, nothing signed may be missing.
 */
function strangeChanges(commit: CommitFact, receipts: readonly Receipt[], sameTree: boolean): ProvenanceFault[] {
  const said = saidOf(receipts);
  const changed = new Map(commit.changes.map((change) => [change.path, change]));
  const foreign = commit.changes.filter(({ path, before, after, mode }) => {
    const change = said.get(path);
    return change?.after !== after || change.before !== before || change.mode !== mode;
  });
  const lost = sameTree
    ? []
    : [...said].filter(([path, { before, after }]) => before !== after && !changed.has(path)).map(([path]) => path);
  return [
    ...foreign.map(({ path }) =>
      changedFault(
        path,
        said.has(path) ? "differs from what worknode signed" : "is named by no receipt of this commit",
      ),
    ),
    ...lost.map((path) => changedFault(path, "was signed as changed, and is not changed here")),
  ];
}

function changedFault(path: string, what: string): ProvenanceFault {
  const remedy = "Put it into a commit of its own, or have worknode do it within a task that names the file.";
  return { rule: "provenance-changed", path, message: `${path} ${what}`, remedy };
}

/** What does not hold of the receipts themselves, and of the commit's trailers beside its own. */
function ownFaults(commit: CommitFact, placed: Placed, { trust }: ProvenanceBasis): ProvenanceFault[] {
  const predicates = placed.receipts.map(({ predicate }) => predicate);
  const [only] = predicates;
  const labelled = receiptTexts(commit.message).length === 1 && predicates.length === 1 ? only : undefined;
  return [
    ...predicates.flatMap((predicate) => [...capabilityFaults(predicate, trust), ...checkFaults(predicate)]),
    ...whitelistFaults(commit, predicates),
    ...(labelled === undefined ? [] : trailerFaults(commit.message, labelled)),
  ];
}

function capabilityFaults({ capabilities, issued_at }: ReceiptPredicate, { revoked }: Trust): ProvenanceFault[] {
  const faults: ProvenanceFault[] = [];
  const remedy = "Have worknode do the task again under a valid capability.";
  const say = (message: string): unknown => faults.push({ rule: "provenance-capability", path: null, message, remedy });
  if (capabilities.length === 0) say("the receipt names no capability under which the work was done");
  for (const { id, ancestors, nbf, exp, first_effect, last_effect } of capabilities) {
    const gone = [id, ...ancestors].find((each) => revoked.has(each));
    if (gone !== undefined) say(`the capability ${gone} was revoked`);
    if (first_effect < nbf) say(`work under capability ${id} began before it was valid`);
    if (last_effect >= exp) say(`work under capability ${id} went on after it had expired`);
    if (last_effect > issued_at) say(`work under capability ${id} went on after the receipt was issued`);
  }
  return faults;
}

function whitelistFaults(commit: CommitFact, predicates: readonly ReceiptPredicate[]): ProvenanceFault[] {
  const allowed = compileWriteSet(predicates.flatMap(({ capabilities }) => capabilities.flatMap(({ write }) => write)));
  const outside = commit.changes.filter(({ path }) => !allowed.has(path));
  return outside.map(({ path }) => ({
    rule: "provenance-whitelist",
    path,
    message: `${path} is outside the files its agent was allowed to write`,
    remedy: "Add the file to the task in the plan, have it approved, and have the task done again.",
  }));
}

function checkFaults({ checks, task }: ReceiptPredicate): ProvenanceFault[] {
  if (checks.pass) return [];
  const message = `the receipt says that the checks of ${task} did not pass`;
  return [{ rule: "provenance-checks", path: null, message, remedy: "Have the task verified." }];
}

function trailerFaults(message: string, predicate: ReceiptPredicate): ProvenanceFault[] {
  const said = { Task: predicate.task, Agent: predicate.agent, Plan: predicate.plan.hash };
  return Object.entries(said).flatMap(([trailer, value]) => {
    const line = new RegExp(`^[ \\t]*Worknode-${trailer}:[ \\t]*(.*?)[ \\t]*$`, "m").exec(message)?.[1];
    if (line === value) return [];
    const told = `the trailer Worknode-${trailer} says ${line ?? "nothing"}, the receipt ${value}`;
    return [{ rule: "provenance-trailers", path: null, message: told, remedy: "Restore the message." }];
  });
}

function forged(error: string): ProvenanceFault {
  return {
    rule: "provenance-signature",
    path: null,
    message: `the receipt is not believed: ${error}`,
    remedy: "Trust the key that signed it (`worknode receipt key` prints it), or have worknode make the commit.",
  };
}

function missing({ parents }: CommitFact): ProvenanceFault {
  const merge = parents.length > 1 ? " and is no merge that git makes by itself" : "";
  return {
    rule: "provenance-missing",
    path: null,
    message: `the commit carries no receipt${merge}`,
    remedy: "It was made outside worknode: have it reviewed as such, or done within a task.",
  };
}

function rebased(receipts: readonly Receipt[], why: string | undefined): ProvenanceFault {
  const tasks = receipts.map(({ predicate }) => predicate.task).join(", ");
  const message = `the work of ${tasks} stands on another base than the one it was verified on`;
  const verify = "Verify it again on this base: `worknode check --run`.";
  const redo = "Merge it instead, or have worknode do the task again on this base.";
  const said = why === undefined ? message : `${message}, and was not verified there: ${why}`;
  return { rule: "provenance-rebased", path: null, message: said, remedy: why === undefined ? verify : redo };
}
