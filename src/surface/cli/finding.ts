/** One thing looked at. Without it, `needed` things do not work at all; the rest limits what can be done. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly needed: boolean;
  readonly detail: string;
  readonly fix: string;
}
