import type { BriefItem } from "./brief-items.js";
import { cite, type ItemContext, overlapOf, scoreOf, UNVERIFIED } from "./brief-relevance.js";
import { suggestEstimate } from "./learning.js";
import { noteOf } from "./pins.js";
import { oneLine } from "./text.js";

/** Candidates of each kind. */
const MAX_CANDIDATES = 25;
/** Characters of a note told in full. */
const MAX_FULL_CHARS = 600;
/** Done tasks an estimate must be learnt from to be told. */
const MIN_LEARNT = 3;

/** Mistakes that came more than once, denials too, and what the task's estimate is likely to become. */
export function lessonItems(context: ItemContext): BriefItem[] {
  return [...estimateItem(context), ...mistakeItems(context), ...denialItems(context)];
}

function mistakeItems(context: ItemContext): BriefItem[] {
  return context.store.queries.repeatedIssues(MAX_CANDIDATES).map(({ id, error, file, count, task, hlc }) => {
    const line = `${count} times, no fix known yet: ${oneLine(error)} ${cite(id)}`;
    const fileOverlap = file === undefined ? 0 : overlapOf(context, [file]);
    return { kind: "lesson", id, full: line, line, score: scoreOf(context, { fileOverlap, task, words: 0, hlc }) };
  });
}

function denialItems(context: ItemContext): BriefItem[] {
  const rows = context.store.queries.repeatedDenials(context.cycle, MAX_CANDIDATES);
  return rows.map(({ subject, rule, object, remedy, count, task, seq, hlc }) => {
    const line = `${subject} was denied ${oneLine(object)} ${count} times (${rule}) ${cite(`ev_${seq}`)}`;
    const full = `${subject} was denied ${oneLine(object)} ${count} times (${rule}). ${oneLine(remedy)} ${cite(`ev_${seq}`)}`;
    const fileOverlap = overlapOf(context, [object]);
    return {
      kind: "lesson",
      id: `ev_${seq}`,
      full,
      line,
      score: scoreOf(context, { fileOverlap, task, words: 0, hlc }),
    };
  });
}

function estimateItem(context: ItemContext): BriefItem[] {
  const { task, store } = context;
  if (task === undefined || task.estimate === null) return [];
  const learnt = suggestEstimate(store, { role: task.agent ?? task.owner, kind: task.phase, estimate: task.estimate });
  if (!learnt.ok || learnt.value === null || learnt.value.n < MIN_LEARNT) return [];
  const { role, ratio, n, suggestion } = learnt.value;
  const line = `Estimate ${task.estimate}, likely ${suggestion.toFixed(1)} h (× ${ratio.toFixed(2)}, n = ${n} done by ${role}) ${cite(task.id)}`;
  return [{ kind: "lesson", id: `estimate of ${task.id}`, full: line, line, score: 2 }];
}

/** Notes of people and agents; one whose files changed since says so. */
export function noteItems(context: ItemContext): BriefItem[] {
  const newest = context.store.queries.notes(MAX_CANDIDATES);
  const pinned = [...context.pins].flatMap((id) => noteOf(context.store, id) ?? []);
  const notes = [...newest, ...pinned.filter(({ seq }) => !newest.some((note) => note.seq === seq))];
  const changes = context.store.queries.lastChanges(notes.flatMap(({ paths }) => paths));
  return notes.map(({ seq, text, paths, actor, task, hlc }) => {
    const stale = paths.some((path) => (changes.get(path) ?? 0) > seq);
    const source = cite(`ev_${seq}`, actor, stale && UNVERIFIED);
    const evidence = { fileOverlap: overlapOf(context, paths), task, words: 0, hlc };
    const score = scoreOf(context, { ...evidence, pinned: context.pins.has(`ev_${seq}`) });
    const full = `${oneLine(text, MAX_FULL_CHARS)} ${source}`;
    return { kind: "note", id: `ev_${seq}`, full, line: `${oneLine(text)} ${source}`, score };
  });
}
