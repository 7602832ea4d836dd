/** Every limit of the program, with its unit in its name. A number used twice lives here. */

/** Levels of nesting accepted in any JSON value. */
export const MAX_JSON_DEPTH = 64;
/** Strings longer than this are stored once, by content hash (characters). */
export const BLOB_THRESHOLD_CHARS = 512;
/** Hybrid logical clock: drift accepted from another machine. */
export const MAX_HLC_DRIFT_MS = 60_000;
/** Capability lifetime; the broker renews it while the lease holds (DESIGN §6). */
export const TOKEN_TTL_MS = 15 * 60_000;
/** Lifetime of the elevated emergency grant (DESIGN §5). */
export const ELEVATED_TTL_MS = 2 * 60 * 60_000;
/** Levels of delegation below the broker. */
export const MAX_DELEGATION_DEPTH = 4;
/** Entries of the verified-token cache. */
export const MAX_TOKEN_CACHE = 4_096;
/** A permit not used within this time is void. */
export const PERMIT_TTL_MS = 60_000;
/** Longest path an agent may name (UTF-8 bytes). */
export const MAX_PATH_BYTES = 4_096;
/** Largest file an agent may read, write or grep (bytes). */
export const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** Characters of a tool result given to the model. */
export const MAX_TOOL_RESULT_CHARS = 60_000;
/** Lines `Read` returns unless told otherwise. */
export const READ_DEFAULT_LINES = 2_000;
/** Paths `Glob` returns. */
export const MAX_GLOB_RESULTS = 1_000;
/** Files `Grep` opens in one call. */
export const MAX_GREP_FILES = 20_000;
/** Time of a plan's command unless the plan says otherwise. */
export const COMMAND_TIMEOUT_MS = 10 * 60_000;
/** Tasks that are verified and merged together, and how many of their sets of commands run at once. */
export const MAX_BATCH_TASKS = 32;
export const MAX_BATCH_COMMANDS = 2;
/** Captured output of a command, per stream (bytes). */
export const MAX_COMMAND_OUTPUT_BYTES = 1024 * 1024;
/** Processes inside one sandbox. */
export const MAX_SANDBOX_PROCESSES = 1_024;
/** Largest file a sandboxed command may write (bytes). */
export const MAX_SANDBOX_FILE_BYTES = 1024 * 1024 * 1024;
/** What a command's `/tmp`, `/var/tmp` and `/dev/shm` hold together (bytes). It is memory. */
export const MAX_SANDBOX_STAGE_BYTES = 2 * 1024 * 1024 * 1024;
/** Disk a command's files and the task's scratch may take together (bytes). */
export const MAX_SANDBOX_DISK_BYTES = 8 * 1024 * 1024 * 1024;
/** Files and folders of a command's layer and the task's scratch together: one that holds nothing takes a name, too. */
export const MAX_SANDBOX_FILES = 1_000_000;
/** Memory a command's processes may hold (bytes), and the most of the machine's as a share of 1. */
export const MAX_SANDBOX_MEMORY_BYTES = 8 * 1024 * 1024 * 1024;
export const MAX_SANDBOX_MEMORY_SHARE = 0.75;
/** Time between two looks at what a running command uses. */
export const USE_LOOK_MS = 500;
/** Time for which a checkout's dependency folders, once found, are not looked for again. */
export const LINKS_FRESH_MS = 10_000;
/** Time for which what `workspace.deny` names in a dependency folder, once found, is not looked for again. */
export const LINK_MASKS_FRESH_MS = 60_000;
/** Entries of a dependency folder that are looked at for denied names, and denied names in one. */
export const MAX_LINK_ENTRIES = 2_000_000;
export const MAX_LINK_MASKS = 2_000;
/** Effects one call may have before it is refused whole. */
export const MAX_EFFECTS = 10_000;
/** Names of what one call changed (bytes together): the log holds them, once what was changed and once what was refused. */
export const MAX_EFFECT_NAME_BYTES = 2 * 1024 * 1024;
/** Length of all files one command changed outside scratch (bytes): each is read, and a file without content takes no disk. */
export const MAX_EFFECT_BYTES = 2 * 1024 * 1024 * 1024;
/** Executions in a chain unless the plan says otherwise (DESIGN §10). */
export const MAX_EXECUTIONS = 150;
/** Attempts at one model request or remote dispatch: the first and two retries (S2:80). */
export const MAX_ATTEMPTS = 3;
/** First retry delay; doubled each time. */
export const RETRY_INITIAL_MS = 500;
/** Longest retry delay. */
export const RETRY_MAX_MS = 30_000;
/** Rejections reworked before the executive is asked (DESIGN §10). */
export const MAX_REWORKS = 2;
/** Plan deviation at which an alert is raised, and below which it clears (S3:37). */
export const DEVIATION_ALERT = 0.15;
export const DEVIATION_CLEAR = 0.12;
/** Interval of the executive's review (S3:36). */
export const REVIEW_INTERVAL_MS = 60 * 60_000;
/** A pending approval becomes a rejection after this time. */
export const APPROVAL_TTL_MS = 24 * 60 * 60_000;
/** SQLite waits this long for another writer. */
export const STORE_BUSY_MS = 10_000;
/** Tasks run at once unless the plan's budget says otherwise. */
export const DEFAULT_MAX_AGENTS = 4;
/** Hard limits of the tiers; a plan may tighten them, never loosen them (DESIGN §5). */
export const MAX_COMPLEXITY = 8;
export const MAX_FUNCTION_LINES = 60;
export const MIN_COVERAGE = 0.95;
/** Agent memory in tokens before a conversation hands over (S3:193). */
export const DEFAULT_MEMORY_TOKENS = 200_000;
/** Brief size (DESIGN §12). */
export const BRIEF_TOKENS = 1_500;
/** Captured output of one run of git (bytes). */
export const MAX_GIT_OUTPUT_BYTES = 64 * 1024 * 1024;
/** Worktrees that one crew has made at the same time. */
export const MAX_OPENINGS = 4;
/** Time one run of git may take. */
export const MAX_GIT_TIME_MS = 10 * 60_000;
/** Time without a question after which a git that answers several is ended. */
export const GIT_IDLE_MS = 2_000;
/** Time a caller's pattern may take over everything it is matched with, in one call. */
export const MAX_SEARCH_TIME_MS = 5_000;
/** Characters of a pattern given to `Glob` or `Grep`. */
export const MAX_PATTERN_CHARS = 1_000;
/** Characters of one line that `Read` and `Grep` show. */
export const MAX_LINE_CHARS = 2_000;
/** Longest wait for another process that prepares a worktree or merges. */
export const MAX_LOCK_WAIT_MS = 2 * 60_000;
/** Largest plan, agent or tier-profile file (UTF-8 bytes). */
export const MAX_PLAN_BYTES = 1024 * 1024;
/** Tasks one plan may hold. */
export const MAX_PLAN_TASKS = 2_000;
/** Longest expression (characters), most nodes and deepest nesting of its syntax tree. */
export const MAX_EXPRESSION_CHARS = 4_096;
export const MAX_EXPRESSION_NODES = 500;
export const MAX_EXPRESSION_DEPTH = 32;
/** Longest list or map an expression may see (members). */
export const MAX_EXPRESSION_MEMBERS = 1_000;
/** Longest text an expression may read or give (characters). */
export const MAX_EXPRESSION_TEXT_CHARS = 262_144;
/** Files one expression may read or look for. */
export const MAX_EXPRESSION_READS = 16;
/** Time a plan's regular expression may take. */
export const PATTERN_TIMEOUT_MS = 100;
/** Output at which a command is stopped, per stream (bytes); up to there the middle is left out. */
export const MAX_OUTPUT_FLOOD_BYTES = 64 * 1024 * 1024;
/** Time a killed sandbox may take to end. */
export const SANDBOX_END_MS = 30_000;
/** Files a command may touch in its layer, scratch included, before the call is refused whole. */
export const MAX_LAYER_ENTRIES = 200_000;
/** `.gitignore` files read from one commit. */
export const MAX_IGNORE_FILES = 2_000;
/** Largest report read from a command's layer (bytes). */
export const MAX_REPORT_BYTES = 64 * 1024 * 1024;
/** Largest coverage report in XML (characters), its tags, the longest of them (characters), and its levels. */
export const MAX_XML_REPORT_CHARS = 32 * 1024 * 1024;
export const MAX_XML_TAGS = 1_000_000;
export const MAX_XML_TAG_CHARS = 64 * 1024;
export const MAX_XML_DEPTH = 32;
/** Programs looked at to find a plan's toolchains. */
export const MAX_TOOLCHAIN_PROGRAMS = 256;
/** Longest shell command of an agent (characters): one argument of a program can hold no more than 128 KiB. */
export const MAX_SHELL_CHARS = 30_000;
/** Time of an agent's shell command unless it asks for more, and the most it may ask for. */
export const SHELL_TIMEOUT_MS = 2 * 60_000;
export const MAX_SHELL_TIMEOUT_MS = 10 * 60_000;
/** Characters of each of a shell command's outputs given to the model; the middle is left out. */
export const MAX_SHELL_OUTPUT_CHARS = 24_000;
/** Code of a task's base commit that is searched for functions which moved (bytes). */
export const MAX_BASE_CODE_BYTES = 48 * 1024 * 1024;
/** Time a parser may take over one file before it counts as unreadable. */
export const MAX_PARSE_MS = 10_000;
/** Room for the stack of the parser: a call of its takes 32 bytes of it, and 100 and more of the thread's own 1 to 4 MB, which end first. */
export const MAX_PARSER_STACK_BYTES = 16 * 1024 * 1024;
/** Files one `measure` looks at. */
export const MAX_MEASURED_FILES = 50_000;
/** Longest text, and longest id, name or path, of a decision, an issue or another record (characters). */
export const MAX_RECORD_TEXT_CHARS = 1_000_000;
export const MAX_RECORD_KEY_CHARS = 4_096;
