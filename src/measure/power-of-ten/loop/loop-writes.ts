import { fieldOf } from "./loop-name.js";
import { SET, type Write } from "./loop-write.js";

/** Names as they are asked for: whether one is among them, and whether one of a field other than the name is. */
export interface NameSet {
  readonly has: (name: string) => boolean;
  readonly hasField: (field: string, except: string) => boolean;
}

/** What a loop writes, by name. What is aliased, a call of the loop may set. */
export interface LoopWrites extends NameSet {
  /** The different writes to a name, and that a call may set it; undefined where nothing does. */
  readonly get: (name: string) => readonly Write[] | undefined;
}

const MAY_BE_SET: Write = { ...SET, always: false };

/** Adds a write to those of a name, unless there is one like it: there are no more than a few kinds. */
export function addWrite(writes: Map<string, Write[]>, name: string, write: Write): void {
  const known = writes.get(name);
  if (known === undefined) writes.set(name, [write]);
  else if (!known.some((one) => isLike(one, write))) known.push(write);
}

function isLike(one: Write, { how, byOne, always, maybe }: Write): boolean {
  return one.how === how && one.byOne === byOne && one.always === always && one.maybe === maybe;
}

/** A loop's own writes with what a call may set besides; `aliased` is undefined where it calls nothing. */
export function writesWith(
  read: () => ReadonlyMap<string, readonly Write[]>,
  aliased: NameSet | undefined,
): LoopWrites {
  const own = once(read);
  const fields = fieldSet(() => own().keys());
  return {
    has: (name) => own().has(name) || aliased?.has(name) === true,
    hasField: (field, except) => fields(field, except) || aliased?.hasField(field, except) === true,
    get: (name) => {
      const known = own().get(name);
      if (aliased?.has(name) !== true) return known;
      return known === undefined ? [MAY_BE_SET] : [...known, MAY_BE_SET];
    },
  };
}

/** What is read when it is first asked for, and once. */
export function once<T extends object>(read: () => T): () => T {
  let known: T | undefined;
  return () => (known ??= read());
}

/** Names that are collected when one is first asked for. */
export function namesOnce(read: () => ReadonlySet<string>): Pick<NameSet, "has"> {
  const names = once(read);
  return { has: (name) => names().has(name) };
}

/** Names that something beside a loop may set: those of the function, and the file's but where the function hides them. */
export function aliasedIn(
  own: ReadonlySet<string>,
  globals: ReadonlySet<string>,
  locals: ReadonlySet<string>,
): NameSet {
  const fields = fieldSet(() => [...own, ...globalFields(globals).filter((name) => !locals.has(name))]);
  return { has: (name) => own.has(name) || (globals.has(name) && !locals.has(name)), hasField: fields };
}

/** Of a file's variables those that are a field of something; there are few, and they are asked for by each function. */
function globalFields(globals: ReadonlySet<string>): readonly string[] {
  const known = fieldsOf.get(globals) ?? [...globals].filter((name) => fieldOf(name) !== "");
  fieldsOf.set(globals, known);
  return known;
}

const fieldsOf = new WeakMap<ReadonlySet<string>, readonly string[]>();

/** Whether some name has a field, other than one name. The names are listed when that is first asked. */
function fieldSet(names: () => Iterable<string>): NameSet["hasField"] {
  let listed: Map<string, [first: string, more: boolean]> | undefined;
  return (field, except) => {
    listed ??= listFields(names());
    const [first, more] = listed.get(field) ?? [except, false];
    return more || first !== except;
  };
}

function listFields(names: Iterable<string>): Map<string, [first: string, more: boolean]> {
  const listed = new Map<string, [first: string, more: boolean]>();
  for (const name of names) {
    const field = fieldOf(name);
    if (field !== "") listed.set(field, [listed.get(field)?.[0] ?? name, listed.has(field)]);
  }
  return listed;
}
