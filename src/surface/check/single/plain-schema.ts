/**
 * Stands for the library of schemas where the single file starts: making its schemas takes longer than all else that a
 * change of nothing needs. It has the words that the schemas of policies and plans are written in, and says whether a
 * value fits and what becomes of it, not why one does not: the whole program says that. Values are plain data, as YAML
 * has it. A test holds it against the library.
 */

const MISFIT = Symbol("misfit");
type Read = (value: unknown) => unknown;

/** What a schema says of a value: the library's form, without the faults. */
type Parsed = { readonly success: true; readonly data: unknown } | { readonly success: false };

type Shape = Readonly<Record<string, PlainSchema>>;

/** A schema; each word makes a new one. Its words are shared: there are hundreds of schemas, made each time. */
class PlainSchema {
  /** What becomes of a value; `MISFIT` where it does not fit. */
  readonly read: Read;

  constructor(read: Read) {
    this.read = read;
  }

  safeParse(value: unknown): Parsed {
    const data = this.read(value);
    return data === MISFIT ? { success: false } : { success: true, data };
  }

  /** For what is known to fit. Throws TypeError for anything else. */
  parse(value: unknown): unknown {
    const data = this.read(value);
    if (data === MISFIT) throw new TypeError("the value does not fit its schema");
    return data;
  }

  min(least: number): PlainSchema {
    return this.#where((value: Sized) => sizeOf(value) >= least);
  }

  max(most: number): PlainSchema {
    return this.#where((value: Sized) => sizeOf(value) <= most);
  }

  positive(): PlainSchema {
    return this.#where((value: number) => value > 0);
  }

  regex(pattern: RegExp): PlainSchema {
    return this.#where((value: string) => pattern.test(value));
  }

  trim(): PlainSchema {
    return this.#then((value: string) => value.trim());
  }

  optional(): PlainSchema {
    return new PlainSchema((value) => (value === undefined ? undefined : this.read(value)));
  }

  nullable(): PlainSchema {
    return new PlainSchema((value) => (value === null ? null : this.read(value)));
  }

  default(given: unknown): PlainSchema {
    return new PlainSchema((value) => (value === undefined ? valueOf(given) : this.read(value)));
  }

  prefault(given: unknown): PlainSchema {
    return new PlainSchema((value) => this.read(value === undefined ? valueOf(given) : value));
  }

  transform(make: Make): PlainSchema {
    return this.#then((value: never) => transformed(value, make));
  }

  #where(holds: (value: never) => boolean): PlainSchema {
    return this.#then((value: never) => (holds(value) ? value : MISFIT));
  }

  #then(next: (value: never) => unknown): PlainSchema {
    return new PlainSchema((value) => {
      const made = this.read(value);
      return made === MISFIT ? MISFIT : next(made as never);
    });
  }
}

type Sized = number | string | readonly unknown[];
/** Makes something of a value, or says that it does not fit. */
type Make = (value: never, context: { addIssue(): void }) => unknown;

function sizeOf(value: Sized): number {
  return typeof value === "number" ? value : value.length;
}

function valueOf(given: unknown): unknown {
  return typeof given === "function" ? given() : given;
}

function transformed(value: never, make: Make): unknown {
  let fits = true;
  const made = make(value, {
    addIssue: () => {
      fits = false;
    },
  });
  return fits ? made : MISFIT;
}

/** A schema of the values that hold something, which stay what they are. */
function only(holds: (value: unknown) => boolean): PlainSchema {
  return new PlainSchema((value) => (holds(value) ? value : MISFIT));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object of the keys of a shape; others are left off. */
function object(shape: Shape): PlainSchema {
  return new PlainSchema((value) => {
    if (!isRecord(value)) return MISFIT;
    const entries = Object.entries(shape).map(([key, { read }]) => [key, read(value[key])] as const);
    return fromEntries(entries.filter(([key, made]) => made !== undefined || Object.hasOwn(value, key)));
  });
}

/** An object of the keys of a shape, and no other. */
function strictObject(shape: Shape): PlainSchema {
  const { read } = object(shape);
  const isKnown = (key: string): boolean => Object.hasOwn(shape, key);
  return new PlainSchema((value) => (isRecord(value) && Object.keys(value).every(isKnown) ? read(value) : MISFIT));
}

/** An object of any keys that fit, and of values that do. */
function record(keys: PlainSchema, values: PlainSchema): PlainSchema {
  return new PlainSchema((value) => {
    if (!isRecord(value)) return MISFIT;
    if (Object.keys(value).some((key) => keys.read(key) === MISFIT)) return MISFIT;
    return fromEntries(Object.entries(value).map(([key, each]) => [key, values.read(each)]));
  });
}

function fromEntries(entries: readonly (readonly [string, unknown])[]): unknown {
  return entries.some(([, made]) => made === MISFIT) ? MISFIT : Object.fromEntries(entries);
}

function array(items: PlainSchema): PlainSchema {
  return new PlainSchema((value) => {
    if (!Array.isArray(value)) return MISFIT;
    const all = value.map(items.read);
    return all.includes(MISFIT) ? MISFIT : all;
  });
}

/** What the first of several schemas makes of a value that fits it. */
function union(schemas: readonly PlainSchema[]): PlainSchema {
  return new PlainSchema((value) => {
    for (const { read } of schemas) {
      const made = read(value);
      if (made !== MISFIT) return made;
    }
    return MISFIT;
  });
}

/** The words, by the names that the library has for them. */
export const z = {
  string: () => only((value) => typeof value === "string"),
  number: () => only(Number.isFinite),
  int: () => only(Number.isSafeInteger),
  boolean: () => only((value) => typeof value === "boolean"),
  unknown: () => only(() => true),
  literal: (wanted: unknown) => only((value) => value === wanted),
  enum: (values: readonly unknown[]) => only((value) => values.includes(value)),
  array,
  object,
  strictObject,
  record,
  union,
  discriminatedUnion: (_key: string, schemas: readonly PlainSchema[]) => union(schemas),
};
