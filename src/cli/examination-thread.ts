import { workerData } from 'node:worker_threads';
import type { ThreadData } from '../linux/examine.ts';
import { serveExamination } from '../linux/serve-examination.ts';
import { pathLine } from '../render/paths.ts';

serveExamination(workerData as ThreadData, { line: pathLine });
