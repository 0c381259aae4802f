import { EntryType, entryTypeName } from '../core/change.ts';
import { type BootReading, parseBoot } from '../core/old-root.ts';
import { type RawPath, rawFromBytes, rawFromText, textOf } from '../core/rawpath.ts';
import type { RootFiles } from '../ports/root-files.ts';

const BOOT = '/.ebb/boot.json' as RawPath;
/** More than any boot writes. */
const LARGEST = 64 * 1024;

/** What `/.ebb/boot.json` of the root says; undefined where there is none, as far as this user can tell. */
export function readBoot(files: RootFiles): BootReading | undefined {
  // Made by the boot as it is: no link is followed.
  if (files.lstat('/.ebb' as RawPath)?.type !== EntryType.directory) return undefined;
  const facts = files.lstat(BOOT);
  if (facts === undefined) return undefined;
  if (facts.type !== EntryType.file) return { problem: `is no file, but of type ${entryTypeName(facts.type)}` };
  if (facts.size > LARGEST) return { problem: 'is too large' };
  const bytes = files.readFile(BOOT);
  if (bytes === undefined) return { problem: 'may not be read by this user' };
  const text = textOf(rawFromBytes(bytes));
  if (text === undefined) return { problem: 'is not UTF-8' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'is not JSON' };
  }
  const reading = parseBoot(value);
  return 'problem' in reading ? { problem: rawFromText(reading.problem) } : reading;
}
