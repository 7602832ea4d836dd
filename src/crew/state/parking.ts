import type { Store } from "../../store/store.js";
import type { Crew } from "./context.js";
import type { TaskPark } from "./stop.js";

/** What a parked task waits for, and how that stood when the task was tried last. */
export interface Parked {
  readonly approval: string;
  readonly answers: number;
  readonly expired: boolean;
}

/**
 * Remembers what a task waits for, so that it is not tried again before there is news. An answer given while the
 * task was being tried is news.
 */
export function noteParked(crew: Crew, task: string, { approval }: TaskPark): void {
  if (crew.parked.get(task)?.approval === approval) return;
  crew.parked.set(task, { approval, answers: 0, expired: false });
}

/**
 * Whether a task that waits for people can be tried again: somebody answered since it was tried, or the time to answer
 * is over. One that an earlier session parked is tried when nothing of it is pending. News is told once.
 */
export function takeNews(crew: Crew, task: string): boolean {
  const parked = crew.parked.get(task);
  if (parked === undefined) return !isPending(crew, task);
  const { answers, expired } = standingOf(crew, parked.approval);
  const isNews = answers > parked.answers || (expired && !parked.expired);
  if (isNews) crew.parked.set(task, { ...parked, answers, expired });
  return isNews;
}

function standingOf(crew: Crew, id: string): { answers: number; expired: boolean } {
  const row = crew.store.queries.approval(id);
  return {
    answers: row?.resolutions.length ?? 0,
    expired: row !== undefined && crew.clock.nowMs() >= row.expires_at,
  };
}

function isPending(crew: Crew, task: string): boolean {
  const now = crew.clock.nowMs();
  return crew.store.queries
    .pendingApprovals(crew.cycle)
    .some((approval) => approval.task === task && approval.expires_at > now);
}

/**
 * Tells when a person has answered, whichever process they used: a parked task goes on while others run. An answer given
 * while nobody waits is told at the next wait.
 */
export function watchAnswers(store: Pick<Store, "subscribe">): { next(): Promise<void>; end(): void } {
  let told = true;
  let wake = (): void => undefined;
  const end = store.subscribe((events) => {
    if (!events.some(({ type }) => type === "APPROVAL_RESOLVED")) return;
    told = false;
    wake();
  });
  const next = async (): Promise<void> => {
    if (told) await new Promise<void>((resolve) => (wake = resolve));
    told = true;
  };
  return { next, end };
}
