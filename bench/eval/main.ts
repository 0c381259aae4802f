// How right ebb is about what to keep, on labelled paths. `npm run eval -- --help`.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCorpus } from './corpus.ts';
import { corpusMachine } from './judging.ts';
import { measure } from './measure.ts';
import { failuresText, measurementJson, measurementText } from './report.ts';

const repository = join(import.meta.dirname, '../..');

const usage = `npm run eval -- [--corpus DIR] [--failures] [--json]

  --corpus DIR  labelled roots and paths (test/corpus); docs/reference/corpus.md has the format
  --failures    each case that ebb has wrong, with its evidence, and what it would persist that has no label
  --json        print one JSON document instead of the table

The exit status is 1 where a target was missed, 2 where the corpus cannot be read.
`;

const options = {
  corpus: { type: 'string', default: join(repository, 'test/corpus') },
  failures: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

try {
  const { values } = parseArgs({ options });
  if (values.help) process.stdout.write(usage);
  else {
    const measurement = await measure(readCorpus(values.corpus), corpusMachine(repository));
    if (values.json) process.stdout.write(measurementJson(measurement, values.corpus));
    else {
      if (values.failures) process.stdout.write(`${failuresText(measurement)}\n`);
      process.stdout.write(measurementText(measurement));
    }
    if (!measurement.passes) process.exitCode = 1;
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}
