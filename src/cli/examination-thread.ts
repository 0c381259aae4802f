import { workerData } from 'node:worker_threads';
import type { ThreadData } from '../linux/examination/letters.ts';
import { serveExamination } from '../linux/examination/serve.ts';
import { pathLine } from '../render/paths.ts';

serveExamination(workerData as ThreadData, { line: pathLine });
