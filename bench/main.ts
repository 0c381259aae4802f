// What ebb costs, against what people use today, on trees that this makes and removes. `npm run bench -- --help`.
import { parseArgs } from 'node:util';
import { bootBegins, resettingRoots } from './boot.ts';
import {
  type Bench,
  onBtrfs,
  onSmallTmpfs,
  onTmpfs,
  type Result,
  readingBaselines,
  type Skipped,
  startUp,
} from './cases.ts';
import { manyOldRoots, planningGc } from './old-roots.ts';
import { restoring } from './restoring.ts';
import { isSkipped, machineFacts, machineLine, passes, tableText } from './table.ts';
import { Workplace } from './trees.ts';
import { watching } from './watch.ts';

const usage = `npm run bench -- [--runs N] [--small] [--json]

  --runs N  medians of N runs (5); what takes milliseconds is run four times as often
  --small   100,000 files instead of 1,000,000, for a quick look: the targets are for 1,000,000
  --only P  one part: startUp, onSmallTmpfs, onTmpfs, onBtrfs, readingBaselines, manyOldRoots, planningGc, restoring,
            resettingRoots, bootBegins, watch
  --json    print one JSON document instead of the table

As root it measures on tmpfs and on btrfs; as another user on tmpfs alone. It takes some minutes and about 5 GB of
memory, and says on stderr what it does. The exit status is 1 where a target was missed.
`;

const options = {
  runs: { type: 'string', default: '5' },
  small: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  only: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function optionsGiven() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(2);
  }
}

const values = optionsGiven();
const runs = Number(values.runs);
if (values.help) process.stdout.write(usage);
else if (!Number.isInteger(runs) || runs < 1) {
  process.stderr.write(`--runs ${values.runs}: give a whole number from 1 up\n`);
  process.exitCode = 2;
} else {
  const outcomes: (Result | Skipped)[] = [];
  const bench: Bench = {
    workplace: new Workplace(),
    runs,
    large: { directories: values.small ? 100 : 1000, filesEach: 1000 },
    small: { directories: 100, filesEach: 100 },
    report: (outcome) => outcomes.push(outcome),
    progress: (what) => process.stderr.write(`… ${what}\n`),
  };
  const parts = {
    ...{ startUp, onSmallTmpfs, onTmpfs, onBtrfs, readingBaselines },
    ...{ manyOldRoots, planningGc, restoring, resettingRoots, bootBegins },
    watch: watching,
  };
  for (const [name, part] of Object.entries(parts)) if (values.only === undefined || values.only === name) part(bench);
  const machine = machineFacts();
  if (values.json) {
    const results = outcomes.map((outcome) => (isSkipped(outcome) ? outcome : { ...outcome, passes: passes(outcome) }));
    process.stdout.write(
      `${JSON.stringify({ schema: 'ebb.bench/1', machine, runs, small: values.small, results }, undefined, 2)}\n`,
    );
  } else {
    process.stdout.write(`${tableText(outcomes)}\n\nmedians of ${runs} runs, by turns; ${machineLine(machine)}\n`);
  }
  if (outcomes.some((outcome) => !isSkipped(outcome) && passes(outcome) === false)) process.exitCode = 1;
}
