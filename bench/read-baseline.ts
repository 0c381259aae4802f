// Reads every record of the files in a baseline of the tree that `fill` makes, and prints how many there were and how
// long that took in milliseconds. A process of its own: one that had read another before has compiled the code already.
import { closeSync, fstatSync, openSync } from 'node:fs';
import { Baseline } from '../src/core/baseline.ts';
import type { RawPath } from '../src/core/rawpath.ts';
import { FileByteSource } from '../src/linux/examination/byte-source.ts';
import { directoryPath } from './trees.ts';

const [file = '', directories = '0'] = process.argv.slice(2);
const fd = openSync(file, 'r');
const none: ReadonlySet<string> = new Set();
const began = process.hrtime.bigint();
const baseline = new Baseline(new FileByteSource(fd, fstatSync(fd).size));
let entries = 0;
for (let i = 0; i < Number(directories); i++) {
  // Of what there is nothing, all is missing: so each record is parsed.
  for (const _ of baseline.directory(directoryPath(i) as RawPath)?.missing(none) ?? []) entries++;
}
const took = Number(process.hrtime.bigint() - began) / 1e6;
closeSync(fd);
console.log(JSON.stringify({ entries, took }));
