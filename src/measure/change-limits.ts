/** What a change is judged by: paths through a function, and lines of its own. */
export interface ChangeLimits {
  readonly maxComplexity: number;
  readonly maxFunctionLines: number;
}
