import { InvalidArgumentError } from "commander";
import { addBudget, type BudgetLine, type BudgetReport, readBudget } from "../../crew/budget.js";
import { claimedIdentity } from "../../effect/identity.js";
import { describeVerb, formatOption, type OutputFormat, wholeNumber, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { formatTokens, formatUsd } from "./progress/paint.js";
import { withStore } from "./project.js";

interface Flags {
  cycle?: number;
  usd?: number;
  tokens?: number;
  outputFormat: OutputFormat;
}

/** `worknode budget [add]`: what a cycle may spend, has spent and has reserved; a person adds to it. */
export const budgetVerb: Verb = (context, args) => {
  const command = describeVerb(context, "budget", "Show a cycle's budget, or add to it: same cycle, same plan.")
    .argument("[add]", "`add` adds to it")
    .option("--usd <usd>", "US dollars to add", positive)
    .option("--tokens <n>", "tokens to add", wholeNumber(1))
    .option("--cycle <n>", "another cycle than the newest", wholeNumber(1))
    .addOption(formatOption());
  return withArguments<Flags>(command, args, async ({ options, values }) => {
    const [word] = values;
    if (word !== undefined && word !== "add") {
      writeLine(context.err, `worknode budget: there is only \`add\`, not '${word}'.`);
      return 2;
    }
    const report = word === "add" ? await add(context, options) : await show(context, options);
    if (options.outputFormat === "json") writeLine(context.out, JSON.stringify(report));
    else for (const line of budgetLines(report)) writeLine(context.out, line);
    return 0;
  });
};

function positive(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0) throw new InvalidArgumentError("It must be a sum greater than 0.");
  return value;
}

async function show(context: CliContext, { cycle }: Flags): Promise<BudgetReport> {
  return await withStore(context, (store) => readBudget(store, cycle));
}

async function add(context: CliContext, { usd = 0, tokens = 0, cycle }: Flags): Promise<BudgetReport> {
  return await withStore(
    context,
    (store, location) => addBudget(store, { usd, tokens, by: claimedIdentity(context.env, location) }, cycle),
    { readonly: false },
  );
}

function budgetLines({ cycle, usd, tokens }: BudgetReport): string[] {
  return [`cycle ${cycle}`, `  money   ${lineText(usd, formatUsd)}`, `  tokens  ${lineText(tokens, formatTokens)}`];
}

function lineText({ planned, added, spent, reserved, left }: BudgetLine, format: (value: number) => string): string {
  const used = `${format(spent)} spent, ${format(reserved)} reserved`;
  if (planned === null || left === null) return `${used}; no bound`;
  return `${used}, ${format(left)} left of ${format(planned + added)}${added > 0 ? ` (${format(added)} added)` : ""}`;
}
