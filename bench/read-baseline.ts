// Reads a whole baseline, every record of it, and prints how long that took in milliseconds. A process of its own: in
// one that had read another before, the code would be compiled already.
import { closeSync, fstatSync, openSync } from 'node:fs';
import { Baseline } from '../src/core/baseline.ts';
import { EntryType } from '../src/core/change.ts';
import { join, type RawPath, ROOT } from '../src/core/rawpath.ts';
import { FileByteSource } from '../src/linux/byte-source.ts';

const fd = openSync(process.argv[2] as string, 'r');
const began = process.hrtime.bigint();
const baseline = new Baseline(new FileByteSource(fd, fstatSync(fd).size));
const pending: RawPath[] = [ROOT];
const none: ReadonlySet<string> = new Set();
let entries = 0;
for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
  // Of what there is nothing, all is missing: so each record is parsed.
  for (const { name, type } of baseline.directory(at)?.missing(none) ?? []) {
    entries++;
    if (type === EntryType.directory) pending.push(join(at, name));
  }
}
const took = Number(process.hrtime.bigint() - began) / 1e6;
closeSync(fd);
console.log(JSON.stringify({ entries, took }));
