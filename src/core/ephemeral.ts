import type { EphemeralFact } from './report.ts';

/** What speaks for or against a root being thrown away at the next boot. */
export interface RootSigns {
  readonly filesystem: string;
  /** The root that the machine runs on now, not one that is mounted elsewhere. */
  readonly running: boolean;
  readonly bootedAt: number;
  /** When the root directory or its subvolume was made: seconds since 1970. */
  readonly bornAt: number | undefined;
  /** `[root]` of the configuration names this root. */
  readonly configured: boolean;
  /** It carries `/.ebb/boot.json`, which ebb writes into a root that it reset. */
  readonly marked: boolean;
}

/** The initrd runs before the clock is right and after the kernel counts the machine as booted. */
const CLOCK_SLACK = 120;

export function ephemeralFact(signs: RootSigns): EphemeralFact {
  const { filesystem, running, bootedAt, bornAt, configured, marked } = signs;
  if (filesystem === 'tmpfs' || filesystem === 'ramfs') return { value: true, reason: 'it lives in memory' };
  if (configured) return { value: true, reason: 'reset at boot, says /etc/ebb/config.toml' };
  if (marked) return { value: true, reason: 'reset at boot, says /.ebb/boot.json' };
  if (running && bornAt !== undefined && bornAt >= bootedAt - CLOCK_SLACK) {
    return { value: true, reason: 'reset at boot: it was made when this machine booted' };
  }
  if (!running) return { value: false, reason: 'nothing in it says that it is reset at boot' };
  if (bornAt === undefined) return { value: false, reason: 'nothing says that it is reset at boot' };
  return { value: false, reason: 'it is older than this boot, and nothing says that it is reset' };
}
