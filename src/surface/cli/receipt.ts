import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { keyId } from "../../capability/dsse.js";
import { loadKey, loadOrCreateKey } from "../../capability/keys.js";
import { type CommitProvenance, judgeProvenance } from "../../capability/provenance.js";
import { openReceipt, receiptTexts } from "../../capability/receipt.js";
import { parseTrust, type Trust } from "../../capability/trust.js";
import { type History, withHistory } from "../../effect/git/history.js";
import { type Commit, findCommits, listCommits, readCommits } from "../../effect/provenance/commits.js";
import { commitFacts, otherCommits } from "../../effect/provenance/provenance-facts.js";
import { invalid, messageOf } from "../../kernel/fault.js";
import { visibleJson } from "../../kernel/visible.js";
import type { Receipt } from "../../schema/receipt.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { singleLine } from "./progress/paint.js";
import { locateProject } from "./project.js";

/** A commit whose provenance does not hold. */
const UNVERIFIED = 4;
/** Standings that are proven. */
const PROVEN: ReadonlySet<CommitProvenance["standing"]> = new Set(["verified", "stacked", "squashed", "merged"]);

/** `worknode receipt show|verify|key`. */
export const receiptVerb: Verb = (context, args) => {
  const [name, ...rest] = args;
  if (name === "show") return showReceipts(context, rest);
  if (name === "verify") return verifyReceipts(context, rest);
  if (name === "key") return printKey(context, rest);
  const command = describeVerb(
    context,
    "receipt",
    "What worknode signed of the commits it made.\n\n" +
      "receipt show [COMMIT]    print the receipts of a commit\n" +
      "receipt verify [RANGE]   verify commits, offline, with public keys alone\n" +
      "receipt key              print this project's public key, for a trust file",
  ).argument("<command>");
  return withArguments(command, name === undefined ? ["--help"] : args, async () => {
    throw invalid("USAGE", `there is no receipt ${name}: use show, verify or key.`);
  });
};

interface Options {
  readonly trust?: string;
  readonly outputFormat: OutputFormat;
}

function showReceipts(context: CliContext, args: readonly string[]): Promise<number> {
  const command = describeVerb(context, "receipt show", "Print the receipts in a commit's message, believed or not.")
    .argument("[commit]", "a commit", "HEAD")
    .option("--trust <file>", "public keys to believe (else this project's own)")
    .addOption(formatOption());
  return withArguments<Options>(command, args, async ({ options, values }) => {
    const name = values[0] ?? "HEAD";
    const { id, message } = await withHistory(context, (history) => commitNamed(history, name));
    const trust = readTrust(context, options.trust);
    const opened = receiptTexts(message).map((text) => openReceipt(text, trust.keys));
    const found = opened.map((each) => (each.ok ? { receipt: each.value } : { error: each.error }));
    if (options.outputFormat === "json") writeLine(context.out, visibleJson({ commit: id, receipts: found }));
    else for (const line of shownLines(id, found)) writeLine(context.out, line);
    return found.some((each) => "error" in each) ? UNVERIFIED : 0;
  });
}

function shownLines(commit: string, found: readonly ({ receipt: Receipt } | { error: string })[]): string[] {
  if (found.length === 0) return [`${commit} carries no receipt: it was not made by worknode.`];
  return found.flatMap((each) =>
    "error" in each ? [`${commit}: a receipt that is not believed: ${each.error}`] : receiptLines(commit, each.receipt),
  );
}

function receiptLines(commit: string, { subject, predicate }: Receipt): string[] {
  const { task, agent, cycle, plan, parent, changes, capabilities, checks, evidence, approvals } = predicate;
  return [
    `${commit}  ${task} by ${agent}, cycle ${cycle} of ${plan.id} (plan ${plan.hash.slice(0, 12)})`,
    `  tree ${subject[0].digest.gitTree} on ${parent.commit}`,
    `  issued ${new Date(predicate.issued_at).toISOString()}`,
    ...changes.map(({ path, after }) => `  changed ${singleLine(path)} to ${after ?? "nothing"}`),
    ...capabilities.map(
      ({ id, write }) => `  capability ${id} may write ${write.map((file) => singleLine(file)).join(", ")}`,
    ),
    `  checks ${checks.pass ? "passed" : "did not pass"}: ${checks.commands.map(({ argv }) => singleLine(argv.join(" "))).join("; ") || "no command"}`,
    ...checks.waivers.map(({ rule, reason }) => `  waived ${rule}: ${singleLine(reason)}`),
    ...evidence.map(({ event, type, hash }) => `  evidence ${event} ${type} ${hash.slice(0, 12)}`),
    ...approvals.map(({ subject: of, id, by, decision }) => `  ${of} ${id} ${decision} by ${singleLine(by)}`),
  ];
}

function verifyReceipts(context: CliContext, args: readonly string[]): Promise<number> {
  const command = describeVerb(
    context,
    "receipt verify",
    "Verify that commits are what worknode signed: one commit, or a range BASE..HEAD. Needs no database and no network.",
  )
    .argument("[range]", "a commit or BASE..HEAD", "HEAD")
    .option("--trust <file>", "public keys to believe (else this project's own)")
    .addOption(formatOption());
  return withArguments<Options>(command, args, async ({ options, values }) => {
    const found = await withHistory(context, async (history) => {
      const { head, commits } = await commitsIn(history, values[0] ?? "HEAD");
      const basis = { trust: readTrust(context, options.trust), again: new Map() };
      return judgeProvenance(await commitFacts(history, commits), await otherCommits(history, head), basis);
    });
    if (options.outputFormat === "json") writeLine(context.out, visibleJson({ commits: found }));
    else for (const line of found.flatMap(verifiedLines)) writeLine(context.out, line);
    return found.length > 0 && found.every(({ standing }) => PROVEN.has(standing)) ? 0 : UNVERIFIED;
  });
}

function verifiedLines({ commit, standing, receipts, faults }: CommitProvenance): string[] {
  const tasks = receipts.map(({ task, agent }) => `${task} by ${agent}`).join(", ");
  return [
    `${commit}  ${standing}${tasks === "" ? "" : `  ${tasks}`}`,
    ...faults.map(({ rule, message, remedy }) => `  ${rule}: ${singleLine(message)}. ${remedy}`),
  ];
}

async function commitsIn(history: History, range: string): Promise<{ head: string; commits: Commit[] }> {
  const [base, head] = range.includes("..") ? range.split("..", 2) : [undefined, range];
  const newest = await commitNamed(history, head === "" || head === undefined ? "HEAD" : head);
  if (base === undefined) return { head: newest.id, commits: [newest] };
  const { id } = await commitNamed(history, base);
  return { head: newest.id, commits: await listCommits(history, [id], newest.id) };
}

async function commitNamed(history: History, name: string): Promise<Commit> {
  const [id] = await findCommits(history, [name]);
  const [commit] = await readCommits(history, id === undefined ? [] : [id]);
  if (commit === undefined) throw invalid("UNKNOWN_REF", `the repository knows no commit ${name}.`);
  return commit;
}

/** The trust file's keys; without one, the key of this project on this machine. */
function readTrust(context: CliContext, path: string | undefined): Trust {
  if (path === undefined) {
    const own = loadKey(keysOf(context));
    if (own === undefined)
      throw invalid("NO_KEY", "this machine has no key of this project. Name the keys to believe: --trust FILE.");
    const key = createPublicKey(own);
    return { keys: new Map([[keyId(key), key]]), revoked: new Set() };
  }
  const trust = parseTrust(readText(resolve(context.cwd, path)));
  if (trust.ok) return trust.value;
  throw invalid("BAD_TRUST", `${path} is no trust file: ${trust.error}.`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw invalid("BAD_TRUST", `${path} cannot be read: ${messageOf(cause)}.`, cause);
  }
}

function printKey(context: CliContext, args: readonly string[]): Promise<number> {
  const summary = "Print this project's public key as PEM: commit it as a trust file that CI verifies receipts with.";
  return withArguments(describeVerb(context, "receipt key", summary), args, async () => {
    const key = createPublicKey(loadOrCreateKey(keysOf(context)));
    context.out.write(`# ${keyId(key)}\n${key.export({ type: "spki", format: "pem" }).toString()}`);
    return 0;
  });
}

function keysOf(context: CliContext): string {
  return join(locateProject(context).stateDir, "keys");
}
