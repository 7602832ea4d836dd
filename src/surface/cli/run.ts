import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Option } from "commander";
import type { RunOptions, RunResult } from "../../crew/cycle/session.js";
import { invalid } from "../../kernel/fault.js";
import { type Runtime, runtimeSchema } from "../../schema/runtime.js";
import { collectInput, describeVerb, formatOption, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { continueVerb } from "./continue.js";
import { notifyOption } from "./notice.js";
import { estimateLine } from "./progress/estimate-text.js";
import { withStore } from "./project.js";
import { ciOption, modeOption, type SessionFlags, showSession } from "./session.js";

interface Flags extends SessionFlags {
  yes?: true;
  input: Record<string, string>;
  includeWip?: true;
  base?: string;
  detach?: true;
  record?: string;
  runtime?: Runtime;
}

/** `worknode run PLAN`: opens a cycle of the plan in this repository and runs it. */
export const runVerb: Verb = (context, args) => {
  if (args.includes("--continue"))
    return continueVerb(
      context,
      args.filter((each) => each !== "--continue"),
    );
  const command = describeVerb(
    context,
    "run",
    "Run a plan in this repository (--continue is the same as `worknode continue`).",
  )
    .argument("<plan>", "the plan's YAML file")
    .option("--yes", "approve the plan as it is and run it")
    .option("--input <name=value>", "a value of the plan's inputs (repeat it for more)", collectInput, {})
    .option("--include-wip", "start from your uncommitted changes too")
    .option("--base <commit>", "start from this commit, branch or tag instead of HEAD")
    .option("--detach", "run as a process of its own that outlives this terminal")
    .option("--record <file>", "write what the model said as a script for `plan test`, secrets removed")
    .addOption(
      new Option(
        "--runtime <name>",
        "what all agents get their replies from: the Messages API, or your own Claude Code",
      ).choices(runtimeSchema.options),
    )
    .addOption(notifyOption())
    .addOption(modeOption())
    .addOption(ciOption().conflicts("detach"))
    .addOption(formatOption(["text", "json", "stream-json"]));
  return withArguments<Flags>(command, args, async ({ options, values }) => {
    const plan = values[0] ?? "";
    if (options.detach !== true) return await run(context, plan, options);
    const { runDetached } = await import("./detached.js");
    const { notify, yes = false } = options;
    return await runDetached(context, { args: ["run", ...args], plan, yes, notify });
  });
};

async function run(context: CliContext, planPath: string, flags: Flags): Promise<number> {
  const { runPlan } = await import("../../crew/cycle/session.js");
  const { record } = flags;
  if (record !== undefined && existsSync(resolve(context.cwd, record)))
    throw invalid("RECORD_EXISTS", `--record ${record}: the file exists already; nothing is overwritten.`);
  return await showSession(context, flags, async (session) => {
    const result = await runPlan({
      ...session,
      planPath,
      yes: flags.yes === true,
      inputs: flags.input,
      includeWip: flags.includeWip === true,
      onEstimate: (estimate) => {
        if (flags.outputFormat === "text") writeLine(context.out, estimateLine(estimate));
      },
      ...(flags.base === undefined ? {} : { base: flags.base }),
      ...(flags.runtime === undefined ? {} : { runtime: flags.runtime }),
      ...confirmOf(context, flags),
    });
    if (record !== undefined) await writeRecord(context, resolve(context.cwd, record), result);
    return result;
  });
}

/** Whom a plan that is not approved is shown to, if anybody: a pipeline has nobody. */
function confirmOf({ confirm }: CliContext, { ci }: Flags): Pick<RunOptions, "confirm"> {
  return confirm === undefined || ci === true ? {} : { confirm };
}

async function writeRecord(context: CliContext, file: string, { cycle, exitCode }: RunResult): Promise<void> {
  const { recordScript } = await import("../../crew/service/record-script.js");
  const text = await withStore(context, (store, { root }) =>
    recordScript(store.events({ run: cycle }), exitCode, { env: context.env, root }),
  );
  writeFileSync(file, text, { flag: "wx" });
}
