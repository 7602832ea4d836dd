import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { invalid } from "../../kernel/fault.js";
import { JOB_PATHS, POLICY_PATH, VENDORED_PATH } from "./rule-path.js";

/** A file that a CI set-up consists of. */
export interface CiFile {
  /** Repository-relative. */
  readonly path: string;
  readonly content: string | Uint8Array;
  /** What `--print` shows: its text, or what it is. */
  readonly shown: string;
}

const POLICY = `version: 1
# observe tells and exits 0; enforce fails. docs/ci.md of worknode has every setting.
mode: observe
limits: { maxComplexity: 8, maxFunctionLines: 60, minLineCoverage: 0.95 }
`;

/**
 * The checker and its rules come from the base as it is now: what a change brings along judges nothing. A git that cannot
 * say what the base holds ends the job.
 */
const GITHUB = `name: worknode
on:
  pull_request:
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          fetch-depth: 0
          persist-credentials: false
      - name: worknode check
        shell: bash
        run: |
          base="refs/remotes/origin/$GITHUB_BASE_REF"
          check="$RUNNER_TEMP/check.mjs"
          found="$(git ls-tree "$base" -- ${VENDORED_PATH})"
          if [ -n "$found" ]; then
            git show "$base:${VENDORED_PATH}" > "$check"
            node "$check" --base "$base" --format github
          else
            cp ${VENDORED_PATH} "$check"
            node "$check" --base "$base" --format github --mode observe
          fi
`;

const GITLAB = `worknode:
  image: node:20
  variables: { GIT_DEPTH: "0" }
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
  script:
    - base="refs/remotes/origin/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
    - git fetch --quiet origin "+refs/heads/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME:$base"
    - found="$(git ls-tree "$base" -- ${VENDORED_PATH})"
    - |
      if [ -n "$found" ]; then
        git show "$base:${VENDORED_PATH}" > /tmp/check.mjs
        node /tmp/check.mjs --base "$base" --format junit --output worknode.xml
      else
        node ${VENDORED_PATH} --base "$base" --format junit --output worknode.xml --mode observe
      fi
  artifacts:
    when: always
    reports: { junit: worknode.xml }
`;

const JOBS = {
  github: { path: JOB_PATHS.github, text: GITHUB },
  gitlab: { path: JOB_PATHS.gitlab, text: GITLAB },
} as const;

/**
 * The files that make CI check every change: the job, a policy that observes, and the checker itself, so that nothing is
 * fetched. Throws Fault NO_CHECK_FILE (exit 2) in an installation without the single file.
 */
export function ciFiles(forge: keyof typeof JOBS, { checkFile }: { checkFile: string }): CiFile[] {
  if (!existsSync(checkFile))
    throw invalid("NO_CHECK_FILE", `${checkFile} is missing: run \`npm run build\`, or install worknode again.`);
  const program = readFileSync(checkFile);
  const sha256 = createHash("sha256").update(program).digest("hex");
  const { path, text } = JOBS[forge];
  return [
    { path, content: text, shown: text },
    { path: POLICY_PATH, content: POLICY, shown: POLICY },
    {
      path: VENDORED_PATH,
      content: program,
      shown: `# worknode check in one file, ${program.length} bytes, sha256 ${sha256}\n`,
    },
  ];
}
