import type { AnyEvent } from "../schema/event.js";
import type { Connection } from "./connection.js";
import { listRevocationsAfter } from "./sql/list-revocations-after.js";
import { readDataVersion } from "./sql/read-data-version.js";
import { readEpoch } from "./sql/read-epoch.js";

/** The epoch, and whether any of some ids (a capability and its ancestors) is revoked. */
export interface AuthorityView {
  readonly epoch: number;
  isRevoked(ids: readonly string[]): boolean;
}

/**
 * The project's epoch and revoked ids, held in memory. Each question costs one PRAGMA, which tells
 * whether another process has committed since; own events mark it stale. Revocations are never taken
 * back, so only new ones are read.
 */
export interface Authority {
  /** What holds now. To be used before anything is waited for, and not kept. */
  readonly now: () => AuthorityView;
  /** Told of every event appended here, and of every rollback (no events). */
  readonly invalidate: (events?: readonly AnyEvent[]) => void;
}

/** Reads the authority of an open database. */
export function createAuthority(db: Connection): Authority {
  const revoked = new Set<string>();
  let position = 0;
  let epoch = 0;
  let seen: number | undefined;

  function refresh(): void {
    const version = db.get<{ data_version: number }>(readDataVersion)?.data_version;
    if (version === seen) return;
    epoch = db.get<{ epoch: number }>(readEpoch)?.epoch ?? 0;
    for (const row of db.all<{ position: number; id: string }>(listRevocationsAfter, [position])) {
      revoked.add(row.id);
      position = row.position;
    }
    seen = version;
  }

  function forget(): void {
    seen = undefined;
    position = 0;
    revoked.clear();
  }

  return {
    now() {
      refresh();
      return { epoch, isRevoked: (ids) => ids.some((id) => revoked.has(id)) };
    },
    invalidate(events) {
      if (events === undefined) forget();
      else if (events.some(({ type }) => type === "KILLED" || type === "CAPABILITY_REVOKED")) seen = undefined;
    },
  };
}
