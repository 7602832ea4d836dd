import { describe, expect, it } from "vitest";
import { compileWriteSet } from "../../../src/capability/write-set.js";
import type { GateFacts, PolicyFact } from "../../../src/gate/facts.js";
import { decide, judge } from "../../../src/gate/judge.js";
import { proposalHash } from "../../../src/gate/review.js";
import { TOKEN_TTL_MS } from "../../../src/kernel/bounds.js";
import type { Proposal } from "../../../src/schema/proposal.js";
import type { Denial } from "../../../src/schema/verdict.js";
import { CHECK_NAMES, verdictSchema } from "../../../src/schema/verdict.js";
import { capabilityWith, factsWith, functionOf, NOW, propose, ROOT, writeOf } from "./samples.js";

type Case = { proposal: Proposal; facts: GateFacts };
const run = ({ proposal, facts }: Case) => judge(proposal, facts);
const outcome = (made: Case): string => run(made).verdict.outcome;
function onlyDenial(made: Case): Denial {
  const { denials, permit } = run(made);
  expect(denials.map(({ code, message }) => `${code} ${message}`)).toHaveLength(1);
  expect(permit).toBeUndefined();
  const [denial] = denials;
  if (denial === undefined) throw new Error("not denied");
  return denial;
}
const read = (
  path: string,
  change: Partial<GateFacts> = {},
  kind: "file" | "missing" | "directory" = "file",
): Case => ({
  proposal: propose("Read", { file_path: path }),
  facts: factsWith({ paths: [{ path, kind, linkOnTheWay: false }], ...change }),
});

describe("an approval", () => {
  it("records all eight checks in order, with their kinds, and carries a permit", () => {
    const result = run(writeOf("src/parse.ts", "const b = 2;\n"));
    expect(result.verdict.outcome).toBe("Approved");
    expect(result.verdict.checks.map(({ check, kind, pass }) => `${check} ${kind} ${pass}`)).toEqual([
      "schema permitted true",
      "capability permitted true",
      "plan permitted true",
      "limits safety true",
      "budget safety true",
      "policy safety true",
      "risk safety true",
      "review reviewed true",
    ]);
    expect(result).toMatchObject({ denials: [], risk: 5, requires: [], humans: 0 });
    expect(result.permit).toBeDefined();
    expect(verdictSchema.parse(result.verdict)).toEqual(result.verdict);
  });

  it("is the same twice: deciding changes nothing", () => {
    const made = writeOf("src/parse.ts", "const b = 2;\n");
    const before = JSON.stringify([made.proposal, made.facts.images]);
    expect(decide(made.proposal, made.facts)).toEqual(decide(made.proposal, made.facts));
    expect(JSON.stringify([made.proposal, made.facts.images])).toBe(before);
  });

  it.each(["./src/parse.ts", `${ROOT}/src/parse.ts`])("is given for %s, the same file", (raw) => {
    expect(outcome(writeOf("src/parse.ts", "const b = 2;\n", { raw }))).toBe("Approved");
  });

  it("is given for a new file that the whitelist names", () => {
    const result = run(writeOf("test/new.test.ts", "x\n", { before: null }));
    expect(result.verdict.outcome).toBe("Approved");
    expect(result.risk).toBe(10);
  });
});

describe("a denial", () => {
  it("records all eight checks even when the first fails", () => {
    const result = judge(
      propose("Nonsense", {}),
      factsWith({ killed: true, budget: { ...factsWith().budget, executionsLeft: 0 } }),
    );
    expect(result.verdict.checks.map(({ check }) => check)).toEqual([...CHECK_NAMES]);
    const failed = result.verdict.checks.filter(({ pass }) => !pass).map(({ check }) => check);
    expect(failed).toEqual(["schema", "capability", "budget"]);
    expect(result.denials.map(({ check }) => check)).toEqual(["schema", "capability", "budget"]);
  });

  it("names rule, subject, object and what would be allowed", () => {
    const write = ["src/a.ts", "src/b.ts", "src/c.ts", "src/d.ts", "src/e.ts", "src/f.ts", "src/parse.ts"];
    const capability = capabilityWith({ write });
    const denial = onlyDenial(writeOf("src/other.ts", "x\n", { capability }));
    expect(denial).toEqual({
      code: "ERROR_PLAN_VIOLATION",
      check: "plan",
      rule: "file-whitelist",
      message: "File not in agent's assigned scope",
      subject: "implementer",
      object: "src/other.ts",
      remedy: "You may write: src/a.ts, src/b.ts, src/c.ts, src/d.ts, src/e.ts and 2 more.",
      violation: true,
    });
  });

  it("says in the check what was said in the denial", () => {
    const { verdict } = run(writeOf("src/other.ts", "x\n"));
    expect(verdict.outcome).toBe("PolicyBlocked");
    expect(verdict.checks[2]?.reason).toBe("ERROR_PLAN_VIOLATION File not in agent's assigned scope");
  });
});

describe("the schema check", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["Nope", {}, "there is no tool 'Nope'"],
    ["toString", {}, "there is no tool"],
    ["Read", {}, "file_path"],
    ["Read", { file_path: 7 }, "file_path"],
    ["Write", { file_path: "src/parse.ts" }, "content"],
    ["Edit", { file_path: "src/parse.ts", old_string: "", new_string: "x" }, "old_string"],
  ])("tells what is wrong with %s %j, as an ordinary error", (tool, args, why) => {
    const capability = capabilityWith({ tools: ["Nope", "toString", "Read", "Write", "Edit"] });
    const { denials, verdict } = judge(propose(tool, args, capability), factsWith({}, capability));
    expect(denials[0]).toMatchObject({ code: "ERROR_INVALID_INPUT", check: "schema", violation: false });
    expect(denials[0]?.message).toContain(why);
    expect(verdict.outcome).toBe("PolicyBlocked");
  });

  it("refuses arguments whose hash is not theirs, so that a permit cannot be for others", () => {
    const made = read("src/a.ts");
    const what = { ...made.proposal.what, args_hash: "0".repeat(64) };
    expect(onlyDenial({ ...made, proposal: { ...made.proposal, what } })).toMatchObject({
      code: "ERROR_INVALID_INPUT",
    });
  });

  it("refuses arguments that have no hash", () => {
    let deep: unknown = "x";
    for (let level = 0; level < 100; level += 1) deep = [deep];
    const made = read("src/a.ts");
    const args = { file_path: "src/a.ts", deep };
    const what = { tool: "Read", args, args_hash: "0".repeat(64) };
    expect(onlyDenial({ ...made, proposal: { ...made.proposal, what } }).code).toBe("ERROR_INVALID_INPUT");
  });

  it("passes on why fitting input cannot be carried out", () => {
    const capability = capabilityWith();
    const args = { file_path: "src/parse.ts", old_string: "a", new_string: "b" };
    const paths = [{ path: "src/parse.ts", kind: "file", linkOnTheWay: false }] as const;
    const facts = factsWith({ paths, inputFault: "old_string was not found" }, capability);
    const denial = onlyDenial({ proposal: propose("Edit", args, capability), facts });
    expect(denial).toMatchObject({ code: "ERROR_INVALID_INPUT", violation: false });
    expect(denial.message).toContain("old_string was not found");
  });
});

describe("the capability check", () => {
  it.each<[string, (made: Case) => Case]>([
    [
      "the capability is expired",
      (made) => ({ ...made, facts: { ...made.facts, capability: { ok: false, error: "expired" } } }),
    ],
    ["the capability is expired", (made) => ({ ...made, facts: { ...made.facts, nowMs: NOW + TOKEN_TTL_MS } })],
    ["the capability is not-yet-valid", (made) => ({ ...made, facts: { ...made.facts, nowMs: NOW - 1 } })],
    ["another agent", (made) => withWho(made, { agent: "someone" })],
    ["another agent, tier", (made) => withWho(made, { tier: "executive" })],
    ["another agent, tier or task", (made) => withWho(made, { task: "LC-002" })],
    [
      "another cycle",
      (made) => ({ ...made, proposal: { ...made.proposal, when: { ...made.proposal.when, cycle: 2 } } }),
    ],
    ["or phase", (made) => ({ ...made, proposal: { ...made.proposal, when: { ...made.proposal.when, phase: "x" } } })],
    ["another plan", (made) => ({ ...made, facts: { ...made.facts, planHash: "b".repeat(64) } })],
  ])("refuses: %s", (why, change) => {
    const { denials } = run(change(read("src/a.ts")));
    expect(denials[0]).toMatchObject({ code: "ERROR_CAPABILITY", check: "capability", violation: true });
    expect(denials[0]?.message).toContain(why);
  });

  it("refuses a tool the capability does not hold", () => {
    const denial = onlyDenial({ proposal: propose("Bash", { command: "ls" }), facts: factsWith() });
    expect(denial).toMatchObject({ code: "ERROR_CAPABILITY", object: "Bash", violation: true });
  });

  it.each([
    ["Bash", "executive", { command: "ls" }],
    ["spawn_agent", "implementation", { role: "a", task: "b", reason: "c" }],
    ["terminate_agent", "validation", { agent_id: "a", reason: "c" }],
    ["assign_task", "implementation", { task: "a", agent: "c" }],
    ["resolve_escalation", "implementation", { action: "retry", reason: "c" }],
    ["submit_plan_review", "implementation", { decision: "ACCEPT", risks: [] }],
    ["submit_verdict", "implementation", { decision: "ACCEPT" }],
    ["submit_verdict", "executive", { decision: "ACCEPT" }],
  ] as const)("refuses %s to the %s tier, whatever its token says", (tool, tier, args) => {
    const capability = capabilityWith({ tier, tools: [tool] });
    const denial = onlyDenial({ proposal: propose(tool, args, capability), facts: factsWith({}, capability) });
    expect(denial.message).toContain("tier");
  });

  it("keeps worknode's own calls and agents' tools apart", () => {
    const args = { commands: [{ role: "test", argv: ["npm", "test"] }] };
    const steward = { agent: "worknode", role: "steward", write: [] };
    const mine = capabilityWith({ ...steward, tools: ["plan.command", "Read"] });
    const facts = factsWith({}, mine);
    expect(outcome({ proposal: propose("plan.command", args, mine), facts })).toBe("Approved");
    const paths = [{ path: "src/a.ts", kind: "file", linkOnTheWay: false }] as const;
    const reading = { proposal: propose("Read", { file_path: "src/a.ts" }, mine), facts: { ...facts, paths } };
    expect(onlyDenial(reading).message).toContain("an agent's");
    for (const change of [{}, { agent: "worknode" }, { role: "steward" }]) {
      const theirs = capabilityWith({ tools: ["plan.command"], ...change });
      const denial = onlyDenial({ proposal: propose("plan.command", args, theirs), facts: factsWith({}, theirs) });
      expect(denial.message).toContain("worknode's own");
    }
  });

  it("refuses everything while the kill switch is on, and a person can lift it", () => {
    const result = run(read("src/a.ts", { killed: true }));
    expect(result.verdict.outcome).toBe("EscalationRequired");
    expect(result.denials[0]).toMatchObject({ code: "ERROR_KILLED", violation: false });
  });
});

function withWho(made: Case, who: Partial<Proposal["who"]>): Case {
  return { ...made, proposal: { ...made.proposal, who: { ...made.proposal.who, ...who } } };
}

describe("the plan check of a write", () => {
  it("says so when the file belongs to a later phase", () => {
    expect(onlyDenial(writeOf("src/later.ts", "x\n"))).toMatchObject({
      code: "ERROR_PLAN_VIOLATION",
      message: "Attempting to modify future phase",
      rule: "later-phase",
      violation: true,
    });
  });

  it("says so when the agent's own phase is not active", () => {
    const denial = onlyDenial(writeOf("src/parse.ts", "x\n", { facts: { phaseActive: false } }));
    expect(denial).toMatchObject({ code: "ERROR_PLAN_VIOLATION", message: "Attempting to modify future phase" });
    expect(onlyDenial(read("src/a.ts", { phaseActive: false })).message).toBe("Phase execute is not active");
  });

  it.each(["../parse.ts", "src//parse.ts", "SRC/../src/parse.ts", "/etc/passwd", ".git/config", "src/parse.ts\0", ""])(
    "refuses the path %j as a violation",
    (raw) => {
      const made = writeOf("src/parse.ts", "x\n", { raw });
      expect(run(made).denials.find(({ check }) => check === "plan")).toMatchObject({
        code: "ERROR_PATH",
        violation: true,
      });
      expect(outcome(made)).toBe("PolicyBlocked");
    },
  );

  it("takes no account of case or pattern characters in a path", () => {
    expect(onlyDenial(writeOf("SRC/parse.ts", "x\n")).rule).toBe("file-whitelist");
    expect(onlyDenial(writeOf("src/*", "x\n")).rule).toBe("file-whitelist");
  });

  it.each([".worknode/worknode.db", ".github/workflows/ci.yml", ".claude/settings.json", "plans/linkcheck.yaml"])(
    "refuses %s although the whitelist names it and it does not exist",
    (path) => {
      const capability = capabilityWith({ write: [path, "**"] });
      const made = writeOf(path, "x\n", { before: null, capability });
      expect(onlyDenial(made)).toMatchObject({ code: "ERROR_HARD_DENY", violation: true, object: path });
    },
  );

  it("refuses what workspace.deny masks, although the whitelist names it", () => {
    const capability = capabilityWith({ write: [".env.local"] });
    expect(onlyDenial(writeOf(".env.local", "x\n", { capability }))).toMatchObject({ rule: "workspace-deny" });
  });

  it.each([
    ["executive", "src/parse.ts", false],
    ["executive", "docs/DESIGN.md", true],
    ["executive", "docsx/DESIGN.md", false],
    ["validation", "src/parse.ts", false],
    ["validation", "reports/validation/1.md", true],
    ["validation", "reports/other.md", false],
    ["validation", "docs/DESIGN.md", false],
  ] as const)("lets the %s tier write %s: %s, whatever its token says", (tier, path, allowed) => {
    const capability = capabilityWith({ tier, write: ["**"] });
    const made = writeOf(path, "x\n", { capability });
    if (allowed) expect(outcome(made)).toBe("Approved");
    else expect(onlyDenial(made)).toMatchObject({ rule: "tier-write", message: "File not in agent's assigned scope" });
  });

  it.each<[string, Partial<GateFacts>, string]>([
    ["a link", { paths: [{ path: "src/parse.ts", kind: "other", linkOnTheWay: true }] }, "is a link"],
    ["a link on the way", { paths: [{ path: "src/parse.ts", kind: "missing", linkOnTheWay: true }] }, "is a link"],
    [
      "a directory",
      { paths: [{ path: "src/parse.ts", kind: "directory", linkOnTheWay: false }] },
      "not a regular file",
    ],
    ["a special file", { paths: [{ path: "src/parse.ts", kind: "other", linkOnTheWay: false }] }, "not a regular file"],
  ])("refuses a whitelisted path that is %s", (_, facts, why) => {
    const denial = onlyDenial(writeOf("src/parse.ts", "x\n", { facts }));
    expect(denial).toMatchObject({ code: "ERROR_PATH", violation: true });
    expect(denial.message).toContain(why);
  });

  it.each(["executive", "implementation", "validation"] as const)("never lets the %s tier empty a file", (tier) => {
    const path = { executive: "docs/a.md", implementation: "src/a.ts", validation: "reports/validation/a.md" }[tier];
    const capability = capabilityWith({ tier, write: [path] });
    expect(onlyDenial(writeOf(path, "", { capability }))).toMatchObject({ code: "ERROR_DELETE", violation: true });
    expect(outcome(writeOf(path, "", { capability, before: "" }))).toBe("Approved");
    expect(outcome(writeOf(path, "", { capability, before: null }))).toBe("Approved");
  });

  it.each<[string, Partial<GateFacts>]>([
    ["the path was not looked at", { paths: [] }],
    ["another path was looked at", { paths: [{ path: "src/x.ts", kind: "file", linkOnTheWay: false }] }],
    ["there is no post-image", { images: [] }],
    ["the post-image is of another file", { images: [{ path: "src/x.ts", before: null, after: "x\n" }] }],
    ["the post-image is another text", { images: [{ path: "src/parse.ts", before: null, after: "y\n" }] }],
    [
      "there is a second post-image",
      {
        images: [
          { path: "src/parse.ts", before: null, after: "x\n" },
          { path: "src/x.ts", before: null, after: "x\n" },
        ],
      },
    ],
    ["the write list is another capability's", { writes: compileWriteSet(["src/parse.ts", "src/x.ts"]) }],
    ["the write list was exchanged for one as long", { writes: compileWriteSet(["src/parse.ts", "**"]) }],
  ])("denies as a missing fact when %s", (_, facts) => {
    const made = writeOf("src/parse.ts", "x\n", { facts });
    expect(onlyDenial(made)).toMatchObject({ code: "ERROR_MISSING_FACT", violation: false });
    expect(outcome(made)).toBe("EscalationRequired");
  });
});

describe("the plan check of a read", () => {
  it.each(["executive", "implementation", "validation"] as const)(
    "lets the %s tier read anything but secrets",
    (tier) => {
      const capability = capabilityWith({ tier, write: [] });
      const reading = (path: string): Case => ({
        proposal: propose("Read", { file_path: path }, capability),
        facts: factsWith({ paths: [{ path, kind: "file", linkOnTheWay: false }] }, capability),
      });
      for (const path of ["src/later.ts", "package.json", ".github/workflows/ci.yml", "plans/linkcheck.yaml"])
        expect(outcome(reading(path))).toBe("Approved");
      const denial = onlyDenial(reading(".env"));
      expect(denial).toMatchObject({ code: "ERROR_DENIED_READ", rule: "workspace-deny", violation: true });
    },
  );

  it("refuses links and paths that lead out, and asks for what was not looked at", () => {
    const link = { paths: [{ path: "a", kind: "other", linkOnTheWay: true }] } as const;
    expect(onlyDenial(read("a", link)).code).toBe("ERROR_PATH");
    expect(onlyDenial(read("../a")).code).toBe("ERROR_PATH");
    expect(onlyDenial(read("a", { paths: [] })).code).toBe("ERROR_MISSING_FACT");
  });

  it("lets the effect say that a file is missing or a folder", () => {
    expect(outcome(read("a", {}, "missing"))).toBe("Approved");
    expect(outcome(read("a", {}, "directory"))).toBe("Approved");
  });

  it.each([ROOT, `${ROOT}/`, ".", "./"])("lets Glob and Grep look through the whole workspace as %s", (path) => {
    const facts = factsWith();
    expect(outcome({ proposal: propose("Glob", { pattern: "**", path }), facts })).toBe("Approved");
    expect(outcome({ proposal: propose("Grep", { pattern: "x", path }), facts })).toBe("Approved");
    expect(outcome({ proposal: propose("Grep", { pattern: "x" }), facts })).toBe("Approved");
    expect(onlyDenial({ proposal: propose("Read", { file_path: path }), facts }).code).toBe("ERROR_PATH");
    expect(onlyDenial({ proposal: propose("Grep", { pattern: "x", path: "/etc" }), facts }).code).toBe("ERROR_PATH");
  });

  it("denies where it is not known whether a path is masked", () => {
    const unknown = read("src/a.ts", { isDenied: (() => undefined) as unknown as GateFacts["isDenied"] });
    expect(onlyDenial(unknown).code).toBe("ERROR_DENIED_READ");
    const write = writeOf("src/parse.ts", "x\n", { facts: { isDenied: () => undefined as unknown as boolean } });
    expect(outcome(write)).not.toBe("Approved");
  });
});

describe("the limits check", () => {
  it("refuses complexity 11 in the sources' words, before it reaches the disk", () => {
    const denial = onlyDenial(writeOf("src/parse.ts", functionOf(11), { before: null }));
    expect(denial).toMatchObject({
      code: "ERROR_COMPLEXITY_VIOLATION",
      check: "limits",
      message: "Function complexity 11 exceeds agent limit 8",
      object: "src/parse.ts:1 pick",
      violation: true,
    });
  });

  it("lets 8 pass and refuses 9, and nothing in a token loosens that", () => {
    expect(outcome(writeOf("src/parse.ts", functionOf(8), { before: null }))).toBe("Approved");
    const loose = capabilityWith({ limits: { max_complexity: 50, max_function_lines: 500, max_executions: 1 } });
    const denial = onlyDenial(writeOf("src/parse.ts", functionOf(9), { before: null, capability: loose }));
    expect(denial.message).toBe("Function complexity 9 exceeds agent limit 8");
  });

  it("obeys a tighter limit of the token", () => {
    const tight = capabilityWith({ limits: { max_complexity: 3, max_function_lines: 10, max_executions: 1 } });
    const denial = onlyDenial(writeOf("src/parse.ts", functionOf(4), { before: null, capability: tight }));
    expect(denial.message).toBe("Function complexity 4 exceeds agent limit 3");
  });

  it("refuses a function of 61 lines and lets 60 pass", () => {
    const body = (lines: number): string => `export function f(): void {\n${"  g();\n".repeat(lines - 2)}}\n`;
    expect(outcome(writeOf("src/parse.ts", body(60), { before: null }))).toBe("Approved");
    expect(onlyDenial(writeOf("src/parse.ts", body(61), { before: null })).code).toBe("ERROR_LENGTH_VIOLATION");
  });

  it("lets tests, those of types alone too, say what must not compile, and nothing else that switches a rule off", () => {
    const written = (path: string, text: string): Case =>
      writeOf(path, text, { before: null, capability: capabilityWith({ write: [path] }) });
    const expected = "// @ts-expect-error a number\nf(1);\n";
    for (const path of ["test/a.ts", "typetest/a.tst.ts", "types/a.test-d.ts"]) {
      expect(outcome(written(path, expected))).toBe("Approved");
      for (const other of ["// @ts-ignore", "// @ts-nocheck", "// eslint-disable-next-line"])
        expect(onlyDenial(written(path, `${other}\nf(1);\n`)).code).toBe("ERROR_SUPPRESSION");
      expect(onlyDenial(written(path, functionOf(9))).code).toBe("ERROR_COMPLEXITY_VIOLATION");
    }
    for (const path of ["src/a.ts", "typetest/a.ts"])
      expect(onlyDenial(written(path, expected)).code).toBe("ERROR_SUPPRESSION");
  });

  it("lets code that only moved pass", () => {
    const made = writeOf("src/parse.ts", functionOf(11), { before: functionOf(11) });
    expect(outcome(made)).toBe("Approved");
  });

  it("holds for a script without an extension, known by its first line", () => {
    const script = `#!/usr/bin/env -S npx tsx\n${functionOf(9)}`;
    expect(
      onlyDenial(writeOf("src/tool", script, { before: null, capability: capabilityWith({ write: ["src/tool"] }) })),
    ).toMatchObject({
      code: "ERROR_COMPLEXITY_VIOLATION",
      object: "src/tool:2 pick",
    });
  });

  it("needs limits to judge by", () => {
    const made = writeOf("src/parse.ts", "x\n", { facts: { capability: { ok: false, error: "expired" } } });
    const codes = run(made).denials.map(({ check, code }) => `${check} ${code}`);
    expect(codes).toEqual(["capability ERROR_CAPABILITY", "plan ERROR_MISSING_FACT", "limits ERROR_MISSING_FACT"]);
    expect(outcome(made)).toBe("PolicyBlocked");
  });
});

describe("the budget check", () => {
  it.each<[Partial<GateFacts["budget"]>, string]>([
    [{ executionsLeft: 0 }, "executions"],
    [{ tokensLeft: 0 }, "tokens"],
    [{ usdLeft: 0 }, "usd"],
    [{ timeLeftMs: 0 }, "time"],
    [{ timeLeftMs: -1 }, "time"],
  ])("refuses with %j before anything is spent", (change, what) => {
    const made = read("src/a.ts", { budget: { ...factsWith().budget, ...change } });
    expect(onlyDenial(made)).toMatchObject({ code: "ERROR_OVER_BUDGET", object: what, violation: false });
    expect(outcome(made)).toBe("EscalationRequired");
  });

  it("passes with the last of everything", () => {
    const budget = { executionsLeft: 1, tokensLeft: 1, usdLeft: 0.01, timeLeftMs: 1 };
    expect(outcome(read("src/a.ts", { budget }))).toBe("Approved");
  });
});

describe("the policy check", () => {
  const policy = (change: Partial<PolicyFact>): PolicyFact => ({
    id: "freeze",
    level: "mandatory",
    pass: false,
    reason: "it is Friday",
    overridden: false,
    ...change,
  });

  it("blocks on a mandatory policy whatever anyone says", () => {
    const made = read("src/a.ts", { policies: [policy({ overridden: true })] });
    expect(onlyDenial(made)).toMatchObject({ code: "ERROR_POLICY", rule: "freeze", violation: false });
    expect(outcome(made)).toBe("PolicyBlocked");
  });

  it("lets deny beat allow", () => {
    const policies = [policy({ id: "a", pass: true }), policy({ id: "b" }), policy({ id: "c", pass: true })];
    expect(onlyDenial(read("src/a.ts", { policies })).rule).toBe("b");
  });

  it("takes a level it does not know for mandatory", () => {
    const made = read("src/a.ts", { policies: [policy({ level: "whatever" as "mandatory", overridden: true })] });
    expect(outcome(made)).toBe("PolicyBlocked");
  });

  it("asks a person about an overridable one, and lets their approval of this very call override it", () => {
    const made = read("src/a.ts", { policies: [policy({ level: "overridable" })] });
    expect(run(made)).toMatchObject({ verdict: { outcome: "EscalationRequired" }, requires: ["human"], humans: 1 });
    const sign = {
      by: "ann",
      proposalHash: proposalHash(made.proposal),
      decision: "approved",
      expiresMs: NOW + 1,
    } as const;
    const signed = (humans: readonly { [name: string]: unknown }[]): Case => ({
      ...made,
      facts: { ...made.facts, review: { auditor: null, humans: humans as never, excluded: [] } },
    });
    expect(outcome(signed([sign]))).toBe("Approved");
    expect(outcome(signed([{ ...sign, proposalHash: "0".repeat(64) }]))).toBe("EscalationRequired");
    expect(outcome(signed([{ ...sign, decision: "rejected" }]))).toBe("PolicyBlocked");
    expect(outcome(signed([sign, { ...sign, by: "bob", decision: "rejected" }]))).toBe("PolicyBlocked");
    expect(outcome(read("src/a.ts", { policies: [policy({ level: "overridable", overridden: true })] }))).toBe(
      "Approved",
    );
  });

  it("only notes an advisory one", () => {
    expect(outcome(read("src/a.ts", { policies: [policy({ level: "advisory" })] }))).toBe("Approved");
  });
});

describe("what is not a proposal", () => {
  it.each([undefined, null, 1, "x", [], {}, { call_id: "x" }])("%j is refused with all checks recorded", (value) => {
    const result = judge(value as unknown as Proposal, factsWith());
    expect(result.verdict.checks.map(({ check }) => check)).toEqual([...CHECK_NAMES]);
    expect(result.verdict.checks.every(({ pass }) => !pass)).toBe(true);
    expect(result.verdict.outcome).toBe("PolicyBlocked");
    expect(result.denials[0]).toMatchObject({ code: "ERROR_INVALID_INPUT", subject: "unknown", violation: false });
    expect(result.permit).toBeUndefined();
  });

  it("may even throw when it is looked at", () => {
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no");
        },
        getPrototypeOf: () => {
          throw new Error("no");
        },
      },
    );
    const result = judge(hostile as Proposal, factsWith());
    expect(result.verdict.outcome).toBe("PolicyBlocked");
    expect(result.denials[0]?.message).toContain("Invalid input");
  });
});

describe("a proposal that changes while it is looked at", () => {
  it("is refused where it breaks, and never throws", () => {
    const { proposal, facts } = writeOf("src/parse.ts", "x\n");
    for (let allowed = 0; allowed < 80; allowed += 1) {
      let left = allowed;
      const guard = <T extends object>(target: T): T =>
        new Proxy(target, {
          get: (object, key) => {
            left -= 1;
            if (left < 0) throw new Error("gone");
            const value: unknown = Reflect.get(object, key);
            return typeof value === "object" && value !== null ? guard(value) : value;
          },
        });
      const { verdict, permit } = judge(guard(proposal), facts);
      expect(verdict.checks).toHaveLength(8);
      expect(permit !== undefined).toBe(verdict.outcome === "Approved");
    }
  });
});

describe("a check that breaks", () => {
  it("denies, and the others still run", () => {
    const broken = compileWriteSet(["src/parse.ts", "test/**"]);
    const writes = {
      ...broken,
      has: () => {
        throw new Error("boom");
      },
    };
    const made = writeOf("src/parse.ts", "x\n", { facts: { writes } });
    const denial = onlyDenial(made);
    expect(denial).toMatchObject({ code: "ERROR_MISSING_FACT", check: "plan", violation: false });
    expect(denial.message).toContain("boom");
    expect(outcome(made)).toBe("EscalationRequired");
  });

  it("denies even when what it throws cannot be read", () => {
    const isDenied = (): boolean => {
      throw {
        toString: () => {
          throw new Error("worse");
        },
      };
    };
    const made = read("src/a.ts", { isDenied });
    expect(onlyDenial(made).message).toContain("unknown");
  });
});
