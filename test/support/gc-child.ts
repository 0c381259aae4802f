/** Deletes all old roots but the newest of a directory, to be killed meanwhile: says so when it begins. */
import { writeSync } from 'node:fs';
import type { RawPath } from '../../src/core/rawpath.ts';
import { gc } from '../../src/usecases/gc.ts';
import { machine } from './test-host.ts';

gc(
  {
    oldRoots: process.argv[2] as RawPath,
    policy: { recent: 1, weekly: 0, monthly: 0 },
    dryRun: false,
    inBackground: true,
  },
  {
    machine: machine(),
    confirm: () => {
      writeSync(1, 'begin\n');
      return true;
    },
    deleting: () => {},
  },
);
