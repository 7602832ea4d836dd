import type { RuleFinding } from "../../file-measure.js";
import type { CallFact, FunctionFact } from "../fact.js";
import type { CallGraph } from "./call-graph.js";
import { familyOf, type GraphNode } from "./call-graph-index.js";
import type { Target } from "./call-target.js";

/** Functions of C's library whose result says whether they worked. */
const MUST_CHECK: ReadonlySet<string> = new Set(
  "malloc calloc realloc strdup fopen freopen fread fwrite fgets fscanf scanf sscanf fseek read write pread pwrite open creat pipe dup dup2 fork socket bind listen accept connect send recv select poll stat fstat lstat mmap chdir rename unlink mkdir setuid setgid system strtol strtoul".split(
    " ",
  ),
);

/**
 * p10-7-return: results that nobody looks at, of functions that are known to return one; promises that float. Of calls
 * of which that is not known the first is named.
 */
export function linkReturns(graph: CallGraph, found: readonly RuleFinding[][]): void {
  const prototypes = new Map(graph.index.files.flatMap(({ prototypes: own }) => [...own]));
  for (const [node, caller] of graph.index.nodes.entries()) {
    const judged = caller.fact.calls.flatMap((call, at): RuleFinding[] => {
      const one = call.ignored
        ? ignoredCall(graph, caller, { call, target: graph.targets[node]?.[at], prototypes })
        : undefined;
      return one === undefined ? [] : [{ rule: "p10-7-return", line: call.line, ...one }];
    });
    const open = judged.findIndex(({ verdict }) => verdict === "unknown");
    found[node]?.push(...judged.filter(({ verdict }, at) => verdict === "fail" || at === open));
  }
}

type Judged = Pick<RuleFinding, "verdict" | "message">;

function ignoredCall(
  { index }: CallGraph,
  caller: GraphNode,
  of: { call: CallFact; target: Target | undefined; prototypes: ReadonlyMap<string, boolean> },
): Judged | undefined {
  const { call, target, prototypes } = of;
  const fact = index.nodes[soleNode(target)]?.fact;
  const family = familyOf(caller.file.measure.language);
  if (target?.how === "possible" && call.form !== "name") return possiblyIgnored(index, family, call, target.nodes);
  if (mayBeAsync(fact)) return notWaitedFor(fact, call.name);
  return judgedBy(
    family === "c" ? returnsResult(call, fact, prototypes) : returnsElsewhere(call, fact, family),
    call.name,
  );
}

function mayBeAsync(fact: FunctionFact | undefined): fact is FunctionFact {
  return fact !== undefined && fact.async !== false;
}

function notWaitedFor({ async }: FunctionFact, name: string): Judged {
  return async === true
    ? { verdict: "fail", message: `does not wait for ${name}` }
    : { verdict: "unknown", message: `may not wait for ${name}` };
}

function judgedBy(returns: boolean | undefined, name: string): Judged | undefined {
  if (returns === undefined) return { verdict: "unknown", message: `may ignore what ${name} returns` };
  return returns ? { verdict: "fail", message: `ignores what ${name} returns` } : undefined;
}

function returnsElsewhere({ receiver, name }: CallFact, fact: FunctionFact | undefined, family: string): boolean {
  return fact?.returnsNothing === false || FAILING[family]?.test(`${receiver}.${name}`) === true;
}

/** A method of something whose type is not known: all of that name that were read give something to look at. */
function possiblyIgnored(
  index: CallGraph["index"],
  family: string,
  { name }: CallFact,
  nodes: readonly number[],
): Judged | undefined {
  if (nodes.length === 0) return undefined;
  const { mayBeAsync: isAsync, give } = common.get(nodes) ?? commonOf(index, nodes);
  if (isAsync) return { verdict: "unknown", message: `may not wait for ${name}` };
  return TELLING.has(family) && give ? { verdict: "unknown", message: `may ignore what ${name} returns` } : undefined;
}

/** What all functions of a list do, found once for all calls that may lead to any of them. */
interface Common {
  readonly mayBeAsync: boolean;
  readonly give: boolean;
}

const common = new WeakMap<readonly number[], Common>();

function commonOf({ nodes: all }: CallGraph["index"], nodes: readonly number[]): Common {
  const facts = nodes.map((node) => all[node]?.fact);
  const found = {
    mayBeAsync: facts.every(mayBeAsync),
    give: facts.every((fact) => fact?.returnsNothing === false),
  };
  common.set(nodes, found);
  return found;
}

/** Languages in which a definition says what it returns. */
const TELLING: ReadonlySet<string> = new Set(["c", "go", "rust", "java"]);

/** The one function that a call leads to; -1 where it is not known what is called. */
export function soleNode(target: Target | undefined): number {
  return target?.how === "known" ? (target.nodes[0] ?? -1) : -1;
}

/** Functions of C's library that return nothing. */
const NOTHING_RETURNED: ReadonlySet<string> = new Set(
  "free exit _exit _Exit abort quick_exit perror rewind setbuf setbuffer setlinebuf clearerr qsort qsort_r srand srandom srand48 va_start va_end va_copy assert bzero swab tzset longjmp siglongjmp sync closelog openlog syslog vsyslog freeaddrinfo endpwent endgrent setpwent setgrent herror psignal warn warnx err errx".split(
    " ",
  ),
);

/** Undefined where neither text nor name tells it: a function of another library, a macro, a pointer. */
function returnsResult(
  { name, form }: CallFact,
  fact: FunctionFact | undefined,
  prototypes: ReadonlyMap<string, boolean>,
): boolean | undefined {
  const nothing = fact?.returnsNothing ?? prototypes.get(name);
  if (form === "member" || form === "self") return nothing === undefined ? methodReturns(name) : !nothing;
  return nothing === undefined ? libraryReturns(name) : !nothing;
}

/** Methods of C++'s library that return nothing, or what nobody needs to look at. */
const NOTHING_GIVEN =
  /^(?:(?:push|pop|emplace)(?:_back|_front)?|clear|resize|reserve|swap|reset|assign|append|insert\w*|erase|(?:try_)?emplace\w*|(?:un)?lock\w*|join|detach|notify_\w+|store|sort|reverse|merge|splice|fill|wait|remove\w*|unique|shrink_to_fit|rehash|flush|put|str|setf|unsetf|precision|width|set_value|set_exception|set\w*)$/;

function methodReturns(name: string): boolean | undefined {
  return NOTHING_GIVEN.test(name) ? false : undefined;
}

function libraryReturns(name: string): boolean | undefined {
  if (MUST_CHECK.has(name)) return true;
  return NOTHING_RETURNED.has(name) ? false : undefined;
}

/** Functions of other libraries whose result is what says that they failed. */
const FAILING: Readonly<Partial<Record<string, RegExp>>> = {
  go: /^os\.(?:Remove(?:All)?|Rename|Mkdir(?:All)?|Chmod|Chown|Chtimes|Truncate|WriteFile|Symlink|Link)$|^io\.(?:Copy|WriteString)$|^json\.Unmarshal$|\.(?:Flush|Sync|Commit|Encode)$/,
  java: /^(?:\w*[fF]iles?|\w*[dD]ir|\w*[pP]ath)\.(?:delete|mkdirs?|renameTo|createNewFile|setReadOnly|setLastModified)$|\.submit$/,
};
