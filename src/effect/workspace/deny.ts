import picomatch from "picomatch";

/** Paths no agent reads on any route, unless the plan's `workspace.deny` says otherwise (DESIGN §5). */
export const DEFAULT_DENY: readonly string[] = [
  ".env*",
  "*.pem",
  "*.key",
  "*.p12",
  "*.pfx",
  "*.jks",
  "*.keystore",
  "id_rsa*",
  "id_dsa*",
  "id_ecdsa*",
  "id_ed25519*",
  ".netrc",
  ".pypirc",
  ".git-credentials",
];

/** The same in a person's own checkout, where the hooks' settings lie with their token. */
export const CHECKOUT_DENY: readonly string[] = [...DEFAULT_DENY, ".claude/settings.local.json"];

const OPTIONS = { dot: true, nocase: true } as const;

/**
 * Compiles `workspace.deny`. A pattern without `/` matches a name at any depth, one with `/` is
 * anchored at the workspace root; what is below a matching directory is denied too. Case does not
 * matter, and `.git` is always denied. Takes a workspace-relative path.
 */
export function compileDeny(patterns: readonly string[]): (path: string) => boolean {
  const clean = patterns.map((pattern) => pattern.replace(/\/+$/, "")).filter((pattern) => pattern !== "");
  const names = clean.filter((pattern) => !pattern.includes("/"));
  const anchored = clean.filter((pattern) => pattern.includes("/")).map((pattern) => pattern.replace(/^\/+/, ""));
  const matchesName = picomatch([...names, ".git"], OPTIONS);
  const matchesPath = anchored.length === 0 ? () => false : picomatch(anchored, OPTIONS);
  return (path) => {
    const segments = path.split("/");
    return segments.some(
      (segment, index) => matchesName(segment) || matchesPath(segments.slice(0, index + 1).join("/")),
    );
  };
}
