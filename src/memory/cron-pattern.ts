/** A field of a cron pattern: its lowest and highest value, and names for values counted from `low`. */
interface Field {
  low: number;
  high: number;
  names: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const FIELDS: readonly Field[] = [
  { low: 0, high: 59, names: [] },
  { low: 0, high: 23, names: [] },
  { low: 1, high: 31, names: [] },
  { low: 1, high: 12, names: MONTHS },
  { low: 0, high: 7, names: DAYS },
];
/** `*`, `5`, `1-5`, each with a step. */
const PART = /^(?:\*|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/[1-9]\d*)?$/;

/** Why a five-field cron pattern can never fire, or undefined. Firing itself is the scheduler's (later). */
export function cronProblem(pattern: string): string | undefined {
  const texts = pattern.trim().toLowerCase().split(/\s+/);
  if (texts.length !== FIELDS.length) return `cron: "${pattern}" needs five fields (minute hour day month weekday)`;
  const wrong = texts.find((text, index) => !fieldFits(text, FIELDS[index]));
  if (wrong !== undefined) return `cron: "${wrong}" in "${pattern}" is not possible`;
  return neverComes(texts) ? `cron: "${pattern}" never comes` : undefined;
}

function fieldFits(text: string, field: Field | undefined): boolean {
  return field !== undefined && text.split(",").every((part) => partFits(part, field));
}

function partFits(part: string, field: Field): boolean {
  const match = PART.exec(part);
  if (match === null) return false;
  const from = match[1] === undefined ? field.low : valueOf(match[1], field);
  const to = match[2] === undefined ? from : valueOf(match[2], field);
  return from >= field.low && to <= field.high && from <= to;
}

/** NaN, which fits nowhere, for what is neither a number nor a name. */
function valueOf(text: string, { low, names }: Field): number {
  const index = names.indexOf(text);
  return index >= 0 ? low + index : Number(text);
}

/** A single day that none of the listed months has, with no weekday to fall back on. */
function neverComes(texts: readonly string[]): boolean {
  const [, , day = "*", month = "*", weekday = "*"] = texts;
  if (weekday !== "*" || !/^\d+$/.test(day) || /[*/-]/.test(month)) return false;
  const field = { low: 1, high: 12, names: MONTHS };
  return month.split(",").every((text) => Number(day) > new Date(2024, valueOf(text, field), 0).getDate());
}
