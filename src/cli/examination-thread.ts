import { workerData } from 'node:worker_threads';
import { serveExamination } from '../linux/serve-examination.ts';
import type { ThreadData } from '../linux/thread-letters.ts';
import { pathLine } from '../render/paths.ts';

serveExamination(workerData as ThreadData, { line: pathLine });
