import type { Result } from "../kernel/result.js";
import type { Receipt, ReceiptPredicate } from "../schema/receipt.js";
import { changedFault, forged, missing, type ProvenanceFault, partial, rebased, replayed } from "./provenance-fault.js";
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

/**
 * How a commit stands. `verified`: exactly what its receipt says. `squashed`: its tree is one that was verified, and
 * receipts cover all it changes. `stacked`: exactly what its receipt says, judged by the tree of a later commit that is
 * judged here too. `merged`: git alone joined its parents. `rebased`: the same changes on another base, whose evidence is
 * for another tree. `partial`: what its evidence is for is not here. `verified-again`: one of these two, and verified anew
 * on its own tree. `unsigned`: no receipt. `refused`: a receipt that does not hold.
 */
export type Standing =
  | "verified"
  | "stacked"
  | "squashed"
  | "merged"
  | "rebased"
  | "partial"
  | "verified-again"
  | "unsigned"
  | "refused";

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
  /** Of rebased and partial commits that were verified anew, each on its own tree: null where that passed, else what it came to. */
  readonly again: ReadonlyMap<string, string | null>;
  /**
   * Commits whose receipt an earlier one used, by that one: what was taken back is not covered when it is done again.
   * Absent: nobody looked at what was before.
   */
  readonly replayed?: ReadonlyMap<string, string>;
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
  const byTree = receiptsByTree([...others, ...commits], basis.trust);
  const known = { byTree, here: new Set(commits.map(({ tree }) => tree)) };
  return commits.map((commit) => judgeCommit(commit, known, basis));
}

/** Receipts by the tree they speak of, and the trees of the commits that are judged. */
interface Known {
  readonly byTree: ReadonlyMap<string, readonly Receipt[]>;
  readonly here: ReadonlySet<string>;
}

/** The receipts there are, by the tree they speak of: which commit carries one does not matter. */
function receiptsByTree(commits: readonly Pick<CommitFact, "message">[], trust: Trust): Known["byTree"] {
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
  if (own.length === 0 && !known.byTree.has(commit.tree)) return made(commit, "unsigned", [], [missing(commit)]);
  const placed = withEvidence(commit, place(commit, { own, known }, basis), { known, basis });
  const faults = [...placed.faults, ...ownFaults(commit, placed, basis)];
  const broken = faults.some(({ rule }) => rule !== "provenance-rebased" && rule !== "provenance-partial");
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
  const line = lineTo(commit, [...own, ...[...known.byTree.values()].flat()]);
  if (line.length > 0) return { standing: standingOf(line, own), receipts: line, faults: [] };
  const receipts = own.length > 0 ? own : (known.byTree.get(commit.tree) ?? []);
  const sameTree = receipts.some((receipt) => treeOf(receipt) === commit.tree);
  const strange = strangeChanges(commit, receipts, sameTree);
  if (strange.length > 0) return { standing: "refused", receipts, faults: strange };
  if (sameTree) return { standing: "squashed", receipts, faults: [] };
  const why = basis.again.get(commit.id);
  if (why === null) return { standing: "verified-again", receipts, faults: [] };
  return { standing: "rebased", receipts, faults: [rebased(receipts, why)] };
}

/**
 * A layer of a stack was judged by the tree of the stack's last commit: that one must be here too, or the layer's own tree
 * verified again.
 */
function withEvidence(
  commit: CommitFact,
  placed: Placed,
  { known, basis }: { known: Known; basis: ProvenanceBasis },
): Placed {
  const ofTree = placed.receipts.filter((receipt) => treeOf(receipt) === commit.tree);
  const judged = ofTree.map(({ predicate }) => predicate.checks.tree ?? commit.tree);
  const [tree] = judged;
  if (tree === undefined || judged.includes(commit.tree)) return placed;
  if (judged.some((each) => known.here.has(each)))
    return placed.standing === "verified" ? { ...placed, standing: "stacked" } : placed;
  const why = basis.again.get(commit.id);
  if (why === null) return { ...placed, standing: "verified-again" };
  return { ...placed, standing: "partial", faults: [...placed.faults, partial(tree, why)] };
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

/** What does not hold of the receipts themselves, and of the commit's trailers beside its own. */
function ownFaults(commit: CommitFact, placed: Placed, { trust, replayed: used }: ProvenanceBasis): ProvenanceFault[] {
  const earlier = used?.get(commit.id);
  const predicates = placed.receipts.map(({ predicate }) => predicate);
  const [only] = predicates;
  const labelled = receiptTexts(commit.message).length === 1 && predicates.length === 1 ? only : undefined;
  return [
    ...(earlier === undefined ? [] : [replayed(earlier)]),
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
