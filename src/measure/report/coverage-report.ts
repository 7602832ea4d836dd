/** A function as a coverage tool saw it. `line` is 1-based. */
export interface FunctionRecord {
  readonly name: string;
  readonly line: number;
  readonly hits: number;
}

/** Functions engines make up for class fields; no source function is theirs. */
const MADE_UP = /^<(?:instance_members_initializer|static_initializer)>$/;

/** Whether a record is of a function that the source has. */
export function isWritten({ name }: FunctionRecord): boolean {
  return !MADE_UP.test(name);
}

/** One file of a report. Lines are 1-based; only those the tool holds executable are in the map. */
export interface FileCoverage {
  readonly lines: ReadonlyMap<number, number>;
  readonly functions: readonly FunctionRecord[];
}

/**
 * How a report names files: by a `path`, absolute or from the root; behind the name of a `module`, as Go's; or by
 * `package`, as Java's, from a source folder it does not tell.
 */
export type FileNaming = "path" | "module" | "package";

/** A report's files by the name it gives them. */
export interface CoverageReport {
  readonly files: ReadonlyMap<string, FileCoverage>;
  readonly naming: FileNaming;
  /** Folders that relative paths start from; none: the root. */
  readonly roots: readonly string[];
}

/** Collects a report's files; a file that comes twice is added up, as tools do that write one section a test. */
export interface ReportDraft {
  readonly files: Map<string, FileDraft>;
}

interface FileDraft {
  readonly lines: Map<number, number>;
  functions: FunctionRecord[];
  /** Where in `functions` the record of a key is, once the file came twice. */
  places?: Map<string, number>;
}

/** Adds one file's figures to a report. */
export function addFile(draft: ReportDraft, path: string, file: FileCoverage): void {
  const earlier = draft.files.get(path);
  if (earlier === undefined) {
    draft.files.set(path, { lines: new Map(file.lines), functions: [...file.functions] });
    return;
  }
  for (const [line, hits] of file.lines) earlier.lines.set(line, (earlier.lines.get(line) ?? 0) + hits);
  if (earlier.places === undefined) {
    earlier.functions = sumRecords(earlier.functions);
    earlier.places = new Map(earlier.functions.map((record, index) => [keyOf(record), index]));
  }
  for (const record of file.functions) addRecord(earlier.functions, earlier.places, record);
}

/** Joins records of the same name and line by adding their hits; order of first appearance is kept. */
export function sumRecords(records: readonly FunctionRecord[]): FunctionRecord[] {
  const sums: FunctionRecord[] = [];
  const places = new Map<string, number>();
  for (const record of records) addRecord(sums, places, record);
  return sums;
}

function keyOf({ line, name }: FunctionRecord): string {
  return `${line} ${name}`;
}

function addRecord(sums: FunctionRecord[], places: Map<string, number>, record: FunctionRecord): void {
  const place = places.get(keyOf(record)) ?? sums.length;
  places.set(keyOf(record), place);
  sums[place] = { ...record, hits: record.hits + (sums[place]?.hits ?? 0) };
}

/** The share of lines hit among a report's files that `counts` accepts, with what is missing added; 1 for none. */
export function shareOf(files: Iterable<FileCoverage>, missingLines: number): number {
  let hit = 0;
  let of = missingLines;
  for (const { lines } of files) {
    of += lines.size;
    for (const hits of lines.values()) if (hits > 0) hit += 1;
  }
  return of === 0 ? 1 : hit / of;
}
