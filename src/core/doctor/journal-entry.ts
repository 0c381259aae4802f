/** One message of a journal. All texts are byte strings, as somebody wrote them: nothing is certain of what they hold. */
export interface JournalEntry {
  /** Seconds since 1970, by the clock of then. */
  readonly at: number;
  readonly message: string;
  /** What the writer calls itself, and the program that it is. */
  readonly identifier: string | undefined;
  readonly program: string | undefined;
  /** The unit that it wrote from; for a message of systemd about a unit, that one. */
  readonly unit: string | undefined;
  /** The unit is one of a user's own systemd. */
  readonly isUserUnit: boolean;
  /** Systemd itself wrote it, and may speak for any unit. */
  readonly isManager: boolean;
  /** The container that it wrote from: paths in the message are paths in there. */
  readonly container: string | undefined;
}
