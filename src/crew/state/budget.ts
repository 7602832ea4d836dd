import { Fault, invalid } from "../../kernel/fault.js";
import type { AnyEvent } from "../../schema/event.js";
import type { CycleRow } from "../../store/cycle-rows.js";
import type { Store } from "../../store/store.js";
import type { Crew } from "./context.js";
import { parsePlan } from "./plan-source.js";
import { cycleStream, eventAt } from "./records.js";

/** One unit of a cycle's budget; null where the plan sets no bound. */
export interface BudgetLine {
  readonly planned: number | null;
  readonly added: number;
  readonly spent: number;
  readonly reserved: number;
  readonly left: number | null;
}

/** A cycle's budget and what became of it. */
export interface BudgetReport {
  readonly cycle: number;
  readonly usd: BudgetLine;
  readonly tokens: BudgetLine;
}

/** What a person adds. */
export interface BudgetMore {
  readonly usd: number;
  readonly tokens: number;
  readonly by: { os_user: string; git_email: string | null };
}

/** The budget of a cycle, the newest unless told otherwise. Throws Fault NO_CYCLE (exit 2). */
export function readBudget(store: Store, cycle?: number): BudgetReport {
  const row = cycleOf(store, cycle);
  const { budget } = planOf(store, row).plan;
  const used = store.queries.usageTotals(row.number) ?? UNUSED;
  const { added_usd, added_tokens } = row;
  return {
    cycle: row.number,
    usd: lineOf(budget.usd, { added: added_usd, spent: used.spent_usd, reserved: used.reserved_usd }),
    tokens: lineOf(budget.tokens, { added: added_tokens, spent: used.spent_tokens, reserved: used.reserved_tokens }),
  };
}

const UNUSED = { spent_usd: 0, reserved_usd: 0, spent_tokens: 0, reserved_tokens: 0 };

function lineOf(planned: number | null, amounts: { added: number; spent: number; reserved: number }): BudgetLine {
  const { added, spent, reserved } = amounts;
  return { planned, ...amounts, left: planned === null ? null : planned + added - spent - reserved };
}

/**
 * Adds to the budget of a cycle that has not ended; the plan and its hash stay as they are. A live run may spend it at
 * once. Throws Fault NO_CYCLE, CYCLE_OVER, NO_BOUND, BAD_INPUT (exit 2).
 */
export function addBudget(store: Store, more: BudgetMore, cycle?: number): BudgetReport {
  const { usd, tokens, by } = more;
  if (usd <= 0 && tokens <= 0) throw invalid("BAD_INPUT", "say what to add: --usd N, --tokens N, or both.");
  return store.transaction(() => {
    const row = cycleOf(store, cycle);
    if (row.ended_hlc !== null)
      throw invalid("CYCLE_OVER", `cycle ${row.number} has ended; it spends nothing any more.`);
    const { budget } = planOf(store, row).plan;
    const unbound =
      usd > 0 && budget.usd === null ? "usd" : tokens > 0 && budget.tokens === null ? "tokens" : undefined;
    if (unbound !== undefined)
      throw invalid("NO_BOUND", `the plan has no budget in ${unbound}: there is nothing to add to.`);
    const place = { stream: cycleStream(row.number), actor: by.os_user, run: row.number, task: null };
    store.append([eventAt(place, "BUDGET_ADDED", { cycle: row.number, usd, tokens, by })]);
    return readBudget(store, row.number);
  });
}

/** Lets a running session spend what a person adds meanwhile. Answers how to stop listening. */
export function followBudget(crew: Pick<Crew, "store" | "governor" | "cycle">): () => void {
  return crew.store.subscribe((events: readonly AnyEvent[]) => {
    for (const event of events)
      if (event.type === "BUDGET_ADDED" && event.payload.cycle === crew.cycle) crew.governor.add(event.payload);
  });
}

function cycleOf(store: Store, cycle: number | undefined): CycleRow {
  const row = store.queries.cycle(cycle ?? store.queries.maxCycle());
  if (row === undefined) throw invalid("NO_CYCLE", "there is no such cycle. `worknode status` lists them.");
  return row;
}

function planOf(store: Store, row: CycleRow): ReturnType<typeof parsePlan> {
  const started = store.events({ stream: cycleStream(row.number), type: "CYCLE_STARTED", limit: 1 })[0];
  if (started?.type !== "CYCLE_STARTED") throw new Fault("CYCLE_BROKEN", `cycle ${row.number} has no start in the log`);
  return parsePlan(started.payload.plan_source, started.payload.plan_path);
}
