import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, it } from "vitest";
import { keyId } from "../../../src/capability/dsse.js";
import { type CommitChange, type CommitFact, judgeProvenance } from "../../../src/capability/provenance.js";
import { openReceipt, receiptTexts, receiptTrailer } from "../../../src/capability/receipt.js";
import type { Trust } from "../../../src/capability/trust.js";
import { type Receipt, type ReceiptPredicate, receiptSchema } from "../../../src/schema/receipt.js";
import { testKey, testPublicKey } from "./samples.js";

const trust: Trust = { keys: new Map([[keyId(testPublicKey), testPublicKey]]), revoked: new Set() };
/** An object id from a short name. */
const id = (name: string): string => Buffer.from(name).toString("hex").padEnd(40, "0");
const PLAN = "a".repeat(64);

/** Contents of a tree by path. */
type Tree = Record<string, string>;
const treeId = (tree: Tree): string =>
  id(
    Object.entries(tree)
      .map(([path, text]) => path + text)
      .join(""),
  );

function changesOf(from: Tree, to: Tree): CommitChange[] {
  const paths = [...new Set([...Object.keys(from), ...Object.keys(to)])].filter((path) => from[path] !== to[path]);
  return paths.map((path) => ({
    path,
    before: from[path] === undefined ? null : id(from[path]),
    after: to[path] === undefined ? null : id(to[path]),
    mode: to[path] === undefined ? null : "100644",
  }));
}

interface Made {
  readonly from: Tree;
  readonly to: Tree;
  readonly task?: string;
  readonly write?: string[];
  readonly change?: (predicate: ReceiptPredicate) => ReceiptPredicate;
  readonly key?: KeyObject;
}

function receiptOf({ from, to, task = "A", write = ["a", "b", "c"], change = (it) => it }: Made): Receipt {
  const predicate: ReceiptPredicate = {
    project: "p",
    task,
    agent: "dev",
    cycle: 1,
    plan: { id: "plan", hash: PLAN },
    issued_at: 5_000,
    parent: { commit: id("parent"), tree: treeId(from) },
    changes: changesOf(from, to).map((each) => ({ ...each, mode: each.mode === null ? null : "100644" })),
    capabilities: [
      {
        id: `cap_${task}`,
        agent: "dev",
        role: "dev",
        phase: "build",
        limits: { max_complexity: 8, max_function_lines: 60, max_executions: 150 },
        depth: 1,
        token: "b".repeat(64),
        write,
        ancestors: ["cap_root"],
        nbf: 1_000,
        exp: 4_000,
        first_effect: 2_000,
        last_effect: 3_000,
      },
    ],
    checks: { pass: true, commands: [{ role: "test", argv: ["true"], exit_code: 0 }], waivers: [] },
    evidence: [{ event: "ev_1", type: "VERIFIED", hash: "c".repeat(64) }],
    approvals: [{ subject: "plan", id: "plan", hash: PLAN, decision: "approved", by: "ann", email: null, via: "cli" }],
  };
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "commit tree", digest: { gitTree: treeId(to) } }],
    predicateType: "urn:worknode:receipt:v1",
    predicate: change(predicate),
  };
}

function messageOf(made: Made): string {
  const trailers = `Worknode-Task: ${made.task ?? "A"}\nWorknode-Agent: dev\nWorknode-Plan: ${PLAN}`;
  return `A: work\n\n${trailers}\n${receiptTrailer(receiptOf(made), made.key ?? testKey)}\n`;
}

/** A commit from one tree to another, with any message. */
function commitOf(from: Tree, to: Tree, message: string, more: Partial<CommitFact> = {}): CommitFact {
  return {
    id: id(`commit ${message.length}`),
    tree: treeId(to),
    message,
    parents: [id("parent")],
    parentTree: treeId(from),
    changes: changesOf(from, to),
    mergedTree: null,
    ...more,
  };
}

function judge(
  commit: CommitFact,
  { others = [], by = trust, again }: { others?: CommitFact[]; by?: Trust; again?: string | null } = {},
): { standing: string; rules: string[] } {
  const basis = { trust: by, again: new Map(again === undefined ? [] : [[commit.id, again]]) };
  const [found] = judgeProvenance([commit], others, basis);
  if (found === undefined) throw new Error("every commit is judged");
  const rules = found.faults.map(({ rule, path }) => (path === null ? rule : `${rule} ${path}`));
  return { standing: found.standing, rules };
}

const BASE: Tree = { r: "0" };
const DONE: Tree = { ...BASE, a: "1" };
const made: Made = { from: BASE, to: DONE };

describe("a commit", () => {
  it("that is exactly what its receipt says is verified", () => {
    expect(judge(commitOf(BASE, DONE, messageOf(made)))).toEqual({ standing: "verified", rules: [] });
  });

  describe("of a batch, whose tests ran on the tree of the last one", () => {
    const LAST: Tree = { ...DONE, b: "1" };
    const checkedOn =
      (tree: Tree) =>
      (predicate: ReceiptPredicate): ReceiptPredicate => ({
        ...predicate,
        checks: { ...predicate.checks, tree: treeId(tree) },
      });
    const first = commitOf(BASE, DONE, messageOf({ ...made, change: checkedOn(LAST) }));
    const last = commitOf(DONE, LAST, messageOf({ from: DONE, to: LAST, task: "B" }));
    const judgeAll = (commits: CommitFact[], again: [string, string | null][] = []): string[] =>
      judgeProvenance(commits, [last], { trust, again: new Map(again) }).map(({ standing, faults }) =>
        [standing, ...faults.map(({ rule }) => rule)].join(" "),
      );

    it("is stacked where that one is judged too", () => {
      expect(judgeAll([first, last])).toEqual(["stacked", "verified"]);
    });

    it("is partial without it, though the repository holds it: nothing ran on what is taken", () => {
      expect(judgeAll([first])).toEqual(["partial provenance-partial"]);
      expect(judgeAll([first], [[first.id, null]])).toEqual(["verified-again"]);
      expect(judgeAll([first], [[first.id, "red"]])).toEqual(["partial provenance-partial"]);
    });

    it("squashed with it is proven, and without it is not", () => {
      const both = commitOf(BASE, LAST, `${first.message}\n${last.message}`);
      expect(judgeAll([both])).toEqual(["squashed"]);
      const third: Tree = { ...LAST, c: "1" };
      const middle = commitOf(DONE, LAST, messageOf({ from: DONE, to: LAST, task: "B", change: checkedOn(third) }));
      const part = commitOf(BASE, LAST, `${first.message}\n${middle.message}`);
      expect(judgeAll([part])).toEqual(["partial provenance-partial"]);
    });
  });

  it("made outside is unsigned", () => {
    const plain = commitOf(BASE, DONE, "by hand");
    expect(judge(plain)).toEqual({ standing: "unsigned", rules: ["provenance-missing"] });
  });

  it("of an agent that only claims the trailers is unsigned", () => {
    const claimed = commitOf(BASE, DONE, `x\n\nWorknode-Task: A\nWorknode-Agent: dev\nWorknode-Plan: ${PLAN}\n`);
    expect(judge(claimed).standing).toBe("unsigned");
  });

  it.each<[string, Tree, string[]]>([
    ["other content", { ...DONE, a: "2" }, ["provenance-changed a"]],
    ["one more file", { ...DONE, z: "1" }, ["provenance-changed z", "provenance-whitelist z"]],
    ["without one of its files", BASE, ["provenance-changed a"]],
  ])("changed afterwards, with %s, is refused", (_, tree, rules) => {
    expect(judge(commitOf(BASE, tree, messageOf(made)))).toEqual({ standing: "refused", rules });
  });

  it("whose file was made executable afterwards is refused", () => {
    const changes = changesOf(BASE, DONE).map((change) => ({ ...change, mode: "100755" }));
    const commit = commitOf(BASE, DONE, messageOf(made), { changes, tree: id("other") });
    expect(judge(commit, { again: null }).rules).toEqual(["provenance-changed a"]);
  });

  it("with a receipt of another commit is refused", () => {
    const stolen = commitOf(BASE, { ...BASE, b: "evil" }, messageOf(made));
    expect(judge(stolen).standing).toBe("refused");
  });

  it("that goes back to an older verified state is not verified by that state's receipt", () => {
    const later: Tree = { ...BASE, a: "2" };
    const first = commitOf(BASE, DONE, messageOf(made));
    const back = commitOf(later, DONE, "restore");
    expect(judge(back, { others: [first] })).toEqual({ standing: "refused", rules: ["provenance-changed a"] });
  });

  it.each<[string, (predicate: ReceiptPredicate) => ReceiptPredicate, string]>([
    ["failed its checks", (it) => ({ ...it, checks: { ...it.checks, pass: false } }), "provenance-checks"],
    ["names no capability", (it) => ({ ...it, capabilities: [] }), "provenance-capability"],
    ["used one before its time", (it) => use(it, { first_effect: 999 }), "provenance-capability"],
    ["used one after its end", (it) => use(it, { last_effect: 4_000 }), "provenance-capability"],
    ["was issued before its work", (it) => ({ ...it, issued_at: 2_999 }), "provenance-capability"],
    ["wrote outside its list", (it) => use(it, { write: ["b"] }), "provenance-whitelist a"],
    ["is of another task than the message", (it) => ({ ...it, task: "B" }), "provenance-trailers"],
    ["is of another agent than the message", (it) => ({ ...it, agent: "x" }), "provenance-trailers"],
    [
      "is of another plan than the message",
      (it) => ({ ...it, plan: { id: "plan", hash: "d".repeat(64) } }),
      "provenance-trailers",
    ],
  ])("is refused where its receipt %s", (_, change, rule) => {
    const judged = judge(commitOf(BASE, DONE, messageOf({ ...made, change })));
    expect(judged.standing).toBe("refused");
    expect(judged.rules).toContain(rule);
  });

  it.each(["cap_A", "cap_root"])("under a capability is refused once %s is revoked", (revoked) => {
    const by = { ...trust, revoked: new Set([revoked]) };
    expect(judge(commitOf(BASE, DONE, messageOf(made)), { by })).toEqual({
      standing: "refused",
      rules: ["provenance-capability"],
    });
  });

  it("signed by a key that is not trusted is refused", () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const commit = commitOf(BASE, DONE, messageOf({ ...made, key: privateKey }));
    expect(judge(commit)).toEqual({ standing: "refused", rules: ["provenance-signature"] });
  });
});

function use(predicate: ReceiptPredicate, more: Partial<ReceiptPredicate["capabilities"][number]>): ReceiptPredicate {
  return { ...predicate, capabilities: predicate.capabilities.map((each) => ({ ...each, ...more })) };
}

describe("a tampered receipt", () => {
  const message = messageOf(made);
  const text = receiptTexts(message)[0] ?? "";
  const envelope = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  const statement = JSON.parse(Buffer.from(envelope.payload, "base64").toString("utf8"));

  /** Every place of the statement that holds a value, by its path. */
  function leaves(value: unknown, path: string[] = []): string[][] {
    if (value === null || typeof value !== "object") return [path];
    return Object.entries(value).flatMap(([key, member]) => leaves(member, [...path, key]));
  }

  function changedAt(path: readonly string[]): unknown {
    const copy = structuredClone(statement);
    const holder = path.slice(0, -1).reduce((at, key) => at[key], copy);
    const key = path.at(-1) ?? "";
    holder[key] = another(holder[key], path.join("."));
    return copy;
  }

  /** Other values of the few places that take only some. */
  const OTHERS: Readonly<Record<string, string>> = {
    approved: "rejected",
    plan: "task",
    "100644": "100755",
  };

  /** Another value of the same form: one that the schema would refuse by itself shows nothing of the signature. */
  function another(old: unknown, path: string): unknown {
    if (typeof old === "number") return old + 1;
    if (typeof old === "boolean") return !old;
    if (typeof old !== "string") return path.endsWith("email") ? "x" : "e".repeat(40);
    if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(old)) return old.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
    return (path.endsWith(".id") ? undefined : OTHERS[old]) ?? `${old}0`;
  }

  it("is of the right form all the same, but for what a statement of this version always says", () => {
    const refused = leaves(statement).filter((path) => !receiptSchema.safeParse(changedAt(path)).success);
    expect(refused.map((path) => path.join("."))).toEqual(["_type", "predicateType", "subject.0.name"]);
  });

  it.each(leaves(statement).map((path) => [path.join("."), path] as const))("is refused: %s", (_, path) => {
    const payload = Buffer.from(JSON.stringify(changedAt(path))).toString("base64");
    const forged = Buffer.from(JSON.stringify({ ...envelope, payload })).toString("base64url");
    const commit = commitOf(BASE, DONE, message.replace(text, forged));
    expect(judge(commit)).toEqual({ standing: "refused", rules: ["provenance-signature"] });
  });

  it.each([
    ["cut short", text.slice(0, -8)],
    ["empty", ""],
    ["no base64url", `${text}!`],
    [
      "an envelope without signatures",
      Buffer.from(JSON.stringify({ ...envelope, signatures: [] })).toString("base64url"),
    ],
    ["with one more member", Buffer.from(JSON.stringify({ ...envelope, more: 1 })).toString("base64url")],
  ])("is refused: %s", (_, forged) => {
    expect(openReceipt(forged, trust.keys).ok).toBe(false);
    const commit = commitOf(BASE, DONE, message.replace(text, forged));
    expect(judge(commit).rules).toEqual(["provenance-signature"]);
  });

  it("is not read where it is longer than any receipt is, though it is genuine", () => {
    const ofLength = (bytes: number): string =>
      Buffer.from(JSON.stringify(envelope).padEnd(bytes)).toString("base64url");
    const longest = ofLength((4_194_304 / 4) * 3);
    expect([longest.length, openReceipt(longest, trust.keys).ok]).toEqual([4_194_304, true]);
    expect(openReceipt(ofLength((4_194_304 / 4) * 3 + 1), trust.keys)).toEqual({
      ok: false,
      error: "it is no signed envelope",
    });
  });

  it("hidden behind a genuine one is refused with it", () => {
    const commit = commitOf(BASE, DONE, `${message}Worknode-Receipt: e30\n`);
    expect(judge(commit).standing).toBe("refused");
  });
});

describe("after a squash", () => {
  const BOTH: Tree = { ...DONE, b: "1" };
  const first = messageOf(made);
  const second = messageOf({ from: DONE, to: BOTH, task: "B" });

  it.each([
    ["oldest first", `${first}\n${second}`],
    [
      "newest first and indented, as git merge --squash writes them",
      `Squashed\n\n${second}\n${first}`.replace(/^/gm, "    "),
    ],
  ])("a commit of the same tree is accepted by the receipts in its message, %s", (_, message) => {
    expect(judge(commitOf(BASE, BOTH, message))).toEqual({ standing: "squashed", rules: [] });
  });

  it("one without receipts is accepted by those of the branch", () => {
    const branch = [commitOf(BASE, DONE, first), commitOf(DONE, BOTH, second)];
    expect(judge(commitOf(BASE, BOTH, "Feature (#1)"), { others: branch })).toEqual({
      standing: "squashed",
      rules: [],
    });
    expect(judge(commitOf(BASE, BOTH, "Feature (#1)")).standing).toBe("unsigned");
  });

  it("a commit that does more is refused", () => {
    const more = commitOf(BASE, { ...BOTH, c: "1" }, `${first}\n${second}`);
    expect(judge(more)).toEqual({ standing: "refused", rules: ["provenance-changed c"] });
  });

  it("a commit of which one step is not signed is refused", () => {
    const steps = messageOf({ from: { ...BASE, a: "0" }, to: BOTH, task: "B" });
    expect(judge(commitOf(BASE, BOTH, steps)).standing).toBe("refused");
  });
});

describe("after a rebase or cherry-pick", () => {
  const MOVED: Tree = { ...BASE, x: "1" };
  const commit = commitOf(MOVED, { ...MOVED, a: "1" }, messageOf(made));

  it("the same changes on another base have to be verified again", () => {
    expect(judge(commit)).toEqual({ standing: "rebased", rules: ["provenance-rebased"] });
  });

  it("they are verified again where that was done in this check, and say why not where it did not pass", () => {
    expect(judge(commit, { again: null })).toEqual({ standing: "verified-again", rules: [] });
    expect(judge(commit, { again: "test ended with 1" })).toEqual({
      standing: "rebased",
      rules: ["provenance-rebased"],
    });
    const [failed] = judgeProvenance([commit], [], { trust, again: new Map([[commit.id, "test ended with 1"]]) });
    expect(failed?.faults[0]?.message).toMatch(
      /^the work of A stands on another base .* not verified there: test ended/,
    );
  });

  it("what was verified again of another commit says nothing of this one", () => {
    const basis = { trust, again: new Map([[id("another commit"), null]]) };
    expect(judgeProvenance([commit], [], basis)[0]?.standing).toBe("rebased");
  });

  it("other changes are refused even then", () => {
    const tree: Tree = { ...MOVED, a: "2" };
    expect(judge(commitOf(MOVED, tree, messageOf(made)), { again: null }).standing).toBe("refused");
  });
});

describe("what only several facts tell", () => {
  const message = messageOf(made);

  it.each([
    ["begins in the first instant of its capability", (it: ReceiptPredicate) => use(it, { first_effect: 1_000 })],
    ["ends in the last", (it: ReceiptPredicate) => use(it, { last_effect: 3_999 })],
    ["ends as the receipt is issued", (it: ReceiptPredicate) => ({ ...it, issued_at: 3_000 })],
  ])("work that %s is within it", (_, change) => {
    expect(judge(commitOf(BASE, DONE, messageOf({ ...made, change })))).toEqual({ standing: "verified", rules: [] });
  });

  it.each(["Task", "Agent", "Plan"])("a message that says no %s is not the one of its receipt", (trailer) => {
    const less = message.replace(new RegExp(`^Worknode-${trailer}:.*\\n`, "m"), "");
    expect(judge(commitOf(BASE, DONE, less))).toEqual({ standing: "refused", rules: ["provenance-trailers"] });
  });

  it("work that another commit did before, and that was taken back, is no longer covered", () => {
    const commit = commitOf(BASE, DONE, message);
    const basis = { trust, again: new Map(), replayed: new Map([[commit.id, id("earlier")]]) };
    expect(judgeProvenance([commit], [], basis)[0]?.standing).toBe("refused");
  });

  it("a commit of one parent is no merge, whatever tree is said of one", () => {
    const commit = commitOf(BASE, DONE, "by hand", { mergedTree: treeId(DONE) });
    expect(judge(commit).standing).toBe("unsigned");
  });

  it("a thousand receipts are read, and a message with more is refused", () => {
    const line = message.split("\n").find((each) => each.startsWith("Worknode-Receipt:")) ?? "";
    const many = (count: number): string => `x\n\n${`${line}\n`.repeat(count)}`;
    expect(judge(commitOf(BASE, DONE, many(1_000))).standing).toBe("squashed");
    expect(judge(commitOf(BASE, DONE, many(1_001)))).toEqual({ standing: "refused", rules: ["provenance-signature"] });
  });

  it("one step of a branch is squashed, not verified, where another commit carries its receipt", () => {
    const other = commitOf(BASE, DONE, message);
    expect(judge(commitOf(BASE, DONE, "x"), { others: [other] })).toEqual({ standing: "squashed", rules: [] });
  });

  it("a file changed and changed again on another base is what the first found and the last left", () => {
    const [first, last]: Tree[] = [
      { ...BASE, a: "1", b: "1" },
      { ...BASE, a: "2" },
    ];
    const both = `${messageOf({ from: BASE, to: first ?? {} })}\n${messageOf({ from: first ?? {}, to: last ?? {}, task: "B" })}`;
    const moved = { ...BASE, x: "1" };
    const ok = commitOf(moved, { ...moved, a: "2" }, both);
    expect(judge(ok, { again: null })).toEqual({ standing: "verified-again", rules: [] });
    const other = commitOf({ ...moved, a: "1" }, { ...moved, a: "2" }, both);
    expect(judge(other, { again: null }).standing).toBe("refused");
  });
});

describe("a merge", () => {
  const parents = [id("p1"), id("p2")];

  it("that git makes by itself needs no receipt", () => {
    const commit = commitOf(BASE, DONE, "Merge", { parents, mergedTree: treeId(DONE) });
    expect(judge(commit)).toEqual({ standing: "merged", rules: [] });
  });

  it("that git makes by itself is credited to nobody, whatever receipt somebody put into its message", () => {
    const commit = commitOf(BASE, { ...BASE, b: "1" }, messageOf(made), {
      parents,
      mergedTree: treeId({ ...BASE, b: "1" }),
    });
    const [found] = judgeProvenance([commit], [], { trust, again: new Map() });
    expect(found).toMatchObject({ standing: "merged", receipts: [], faults: [] });
  });

  it.each([
    ["with more than git would make", treeId(BASE)],
    ["of a conflict", null],
  ])("%s is unsigned", (_, mergedTree) => {
    expect(judge(commitOf(BASE, DONE, "Merge", { parents, mergedTree })).rules).toEqual(["provenance-missing"]);
  });
});
