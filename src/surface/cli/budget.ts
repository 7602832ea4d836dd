import { InvalidArgumentError } from "commander";
import { addBudget, type BudgetLine, type BudgetReport, readBudget } from "../../crew/state/budget.js";
import { claimedIdentity } from "../../effect/repository/identity.js";
import { invalid } from "../../kernel/fault.js";
import { visibleJson } from "../../kernel/visible.js";
import { describeVerb, formatOption, type OutputFormat, wholeNumber, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { formatTokens, formatUsd } from "./progress/paint.js";
import { withStore } from "./project.js";

interface Flags {
  cycle?: number;
  usd?: number;
  tokens?: number;
  none?: true;
  outputFormat: OutputFormat;
}

/**
 * `worknode budget [add|cap]`: what a cycle may spend, has spent and has reserved; a person adds to it. `cap`: what all
 * crews under this key may spend together from now on.
 */
export const budgetVerb: Verb = (context, args) => {
  const command = describeVerb(context, "budget", "Show a cycle's budget, or add to it: same cycle, same plan.")
    .argument(
      "[add|cap]",
      "`add` adds to it; `cap` shows or sets what all your crews under this key may spend together",
    )
    .option("--usd <usd>", "US dollars to add, or of the cap, counted from now", positive)
    .option("--none", "with `cap`: no cap any more")
    .option("--tokens <n>", "tokens to add", wholeNumber(1))
    .option("--cycle <n>", "another cycle than the newest", wholeNumber(1))
    .addOption(formatOption());
  return withArguments<Flags>(command, args, async ({ options, values }) => {
    const [word] = values;
    if (word === "cap") {
      const { budgetCap } = await import("./budget-cap.js");
      return budgetCap(context, options);
    }
    if (word !== undefined && word !== "add") {
      writeLine(context.err, `worknode budget: there are only \`add\` and \`cap\`, not '${word}'.`);
      return 2;
    }
    if (options.none === true) throw invalid("BAD_INPUT", "--none belongs to `worknode budget cap`.");
    const report = word === "add" ? await add(context, options) : await show(context, options);
    if (options.outputFormat === "json") writeLine(context.out, visibleJson(report));
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
