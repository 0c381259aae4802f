/** Why a command could not do its work; the command line maps it to an exit status. */
export type FailureCode = 'usage' | 'failed' | 'not-found' | 'locked';

/** What happened, to what, and what to do next. The texts are byte strings: they may quote paths. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly hint: string | undefined;
  /** What the hint names, word by word, to be pasted. */
  readonly command: readonly string[] | undefined;

  constructor(code: FailureCode, message: string, hint?: string, command?: readonly string[]) {
    super(message);
    this.name = 'Failure';
    this.code = code;
    this.hint = hint;
    this.command = command;
  }
}
