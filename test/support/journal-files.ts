/** Files of systemd's journal, made by systemd-journal-remote from what its export format can say: any bytes. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const remote = ['/lib/systemd/systemd-journal-remote', '/usr/lib/systemd/systemd-journal-remote'].find(existsSync);

/** Why there can be no journals. */
export const noJournals: string | false =
  remote === undefined
    ? 'systemd-journal-remote is not installed'
    : spawnSync('journalctl', ['--version']).error !== undefined && 'journalctl is not installed';

/** A field with one value or several; a string is text, and a Buffer any bytes. */
export type Fields = Readonly<Record<string, string | Buffer | readonly (string | Buffer)[]>>;

export const boots = [`${'a'.repeat(31)}1`, `${'a'.repeat(31)}2`, `${'a'.repeat(31)}3`] as const;
/** 2026-11-20T08:15:00Z, when the first of these boots began; the others a day later each. */
export const firstBoot = 1_795_162_500;

/** A message, the `second`-th of the boot. */
export function message(text: string | Buffer, fields: Fields = {}, boot = 0, second = 1): Buffer {
  const at = BigInt(firstBoot + boot * 86_400 + second) * 1_000_000n;
  const all: Fields = {
    __REALTIME_TIMESTAMP: `${at}`,
    __MONOTONIC_TIMESTAMP: `${BigInt(second) * 1_000_000n}`,
    _BOOT_ID: boots[boot] as string,
    _MACHINE_ID: 'b'.repeat(32),
    _HOSTNAME: 'h001',
    PRIORITY: '6',
    SYSLOG_IDENTIFIER: 'test',
    MESSAGE: text,
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    [value].flat().map((one) => fieldOf(name, Buffer.isBuffer(one) ? one : Buffer.from(one as string))),
  );
  return Buffer.concat([...lines, Buffer.from('\n')]);
}

/** Whatever is not plain text goes with its length before it: https://systemd.io/JOURNAL_EXPORT_FORMATS. */
function fieldOf(name: string, value: Buffer): Buffer {
  if (/^[\x20-\x7e]*$/.test(value.toString('latin1'))) return Buffer.from(`${name}=${value.toString('latin1')}\n`);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(value.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, value, Buffer.from('\n')]);
}

/** A directory of its own with these entries in a journal; gives the directory. */
export function makeJournal(directory: string, entries: readonly Buffer[], name = 'test'): string {
  mkdirSync(directory, { recursive: true });
  const output = join(directory, `${name}.journal`);
  const made = spawnSync(remote ?? '', ['-o', output, '-'], { input: Buffer.concat(entries), encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`systemd-journal-remote: ${made.stderr ?? made.error}`);
  return directory;
}
