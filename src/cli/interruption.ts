/** Signals that ask a long command to end, or are for the command that it runs. */
export interface Interruption {
  /** The first one that asked to end; undefined as long as none did. */
  readonly signal: NodeJS.Signals | undefined;
  /** From here on signals are given to this instead. */
  handOn(to: (signal: NodeJS.Signals) => void): void;
  release(): void;
}

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

export function catchInterruption(): Interruption {
  let first: NodeJS.Signals | undefined;
  let receiver: ((signal: NodeJS.Signals) => void) | undefined;
  const take = (signal: NodeJS.Signals): void => {
    if (receiver !== undefined) receiver(signal);
    else first ??= signal;
  };
  for (const signal of ENDING) process.on(signal, take);
  return {
    get signal() {
      return first;
    },
    handOn(to) {
      receiver = to;
    },
    release() {
      for (const signal of ENDING) process.removeListener(signal, take);
    },
  };
}
