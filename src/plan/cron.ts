/** A field of a cron pattern: what it counts and its least and greatest value. */
interface Field {
  name: string;
  min: number;
  max: number;
  names?: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const FIELDS: readonly Field[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: MONTHS },
  { name: "day of week", min: 0, max: 7, names: DAYS },
];
const LONGEST_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Number of a field's value: digits, or a name such as `mon`. */
function numberOf(field: Field, text: string): number | undefined {
  const named = field.names?.indexOf(text.toLowerCase()) ?? -1;
  const value = named >= 0 ? named + field.min : /^\d{1,2}$/.test(text) ? Number(text) : -1;
  return value >= field.min && value <= field.max ? value : undefined;
}

/** First and last value of `*`, `5` or `1-5`; undefined when malformed. With a step `5` goes on to the end. */
function rangeOf(field: Field, text: string, stepped: boolean): [number, number] | undefined {
  if (text === "*") return [field.min, field.max];
  const names = text.split("-");
  if (names.length === 1) names.push(stepped ? String(field.max) : text);
  const [first, last, ...rest] = names.map((name) => numberOf(field, name));
  if (first === undefined || last === undefined) return undefined;
  return rest.length > 0 || first > last ? undefined : [first, last];
}

/** Values of one part of a field, for example of `10-20/5`; undefined when it is malformed. */
function partOf(field: Field, part: string): number[] | undefined {
  const [body = "", step = "1", ...rest] = part.split("/");
  const range = rangeOf(field, body, part.includes("/"));
  if (range === undefined || rest.length > 0 || !/^[1-9]\d?$/.test(step)) return undefined;
  const count = Math.floor((range[1] - range[0]) / Number(step)) + 1;
  return Array.from({ length: count }, (_, index) => range[0] + index * Number(step));
}

/** Every value of a field, for example of `1-5,10/20`; undefined when it is malformed. */
function valuesOf(field: Field, text: string): Set<number> | undefined {
  const parts = text.split(",").map((part) => partOf(field, part));
  return parts.includes(undefined) ? undefined : new Set(parts.flatMap((part) => part ?? []));
}

/** What is wrong with a five-field cron pattern, `0 0 31 2 *` included; undefined when nothing is. */
export function cronFault(pattern: string): string | undefined {
  const texts = pattern.trim().split(/\s+/);
  if (texts.length !== FIELDS.length) return `a cron pattern has five fields, this has ${texts.length}`;
  const sets = FIELDS.map((field, index) => valuesOf(field, texts[index] ?? ""));
  const bad = sets.indexOf(undefined);
  if (bad !== -1) return `'${texts[bad]}' is no ${FIELDS[bad]?.name}`;
  const [, , days, months] = sets;
  const never =
    texts[4] === "*" &&
    [...(months ?? [])].every((month) => Math.min(...(days ?? [])) > (LONGEST_MONTH[month - 1] ?? 31));
  return never ? "it names a day that no month of it has" : undefined;
}

/** Whether a name is an IANA time zone this machine knows. Making the list of them ready is half of what a small plan's lint takes. */
export function isTimeZone(name: string): boolean {
  if (name === "UTC") return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}
