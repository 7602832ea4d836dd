import type { Connection } from "./connection.js";
import { createActivityQueries } from "./queries/activity-queries.js";
import { createAgentQueries } from "./queries/agent-queries.js";
import { createCycleQueries } from "./queries/cycle-queries.js";
import { createMemoryQueries } from "./queries/memory-queries.js";

/** Every question the projections answer. Each reads what is committed now; nothing is cached. */
export function createQueries(db: Connection) {
  return {
    ...createCycleQueries(db),
    ...createAgentQueries(db),
    ...createActivityQueries(db),
    ...createMemoryQueries(db),
  };
}

/** The questions of a store. */
export type Queries = ReturnType<typeof createQueries>;
