/** What a look at one thing has found. */
export interface Finding {
  /** What was looked at. */
  readonly subject: string;
  /** "warning": it works, and may not be meant. */
  readonly state: "ok" | "warning" | "wrong";
  readonly found: string;
  /** What to do; left out where nothing is. */
  readonly fix?: string;
}

export const ok = (subject: string, found: string): Finding => ({ subject, state: "ok", found });

export const warning = (subject: string, found: string, fix: string): Finding => ({
  subject,
  state: "warning",
  found,
  fix,
});

export const wrong = (subject: string, found: string, fix: string): Finding => ({
  subject,
  state: "wrong",
  found,
  fix,
});
