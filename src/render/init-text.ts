import type { InitReport, InitStep } from '../core/setup-report.ts';
import { flow } from './columns.ts';
import { display } from './escape.ts';
import { documentText, path as named, warningObject } from './json.ts';
import { nextSteps } from './next-steps.ts';
import { type Paint, painter, type Tone } from './style.ts';
import { type TableColumn, table } from './table.ts';
import { counted } from './units.ts';

export interface InitTextOptions {
  readonly width: number | undefined;
  readonly colour: boolean;
  /** `plan`: what a person is asked about. `outcome`: what came of it, below a plan that was printed before. */
  readonly part?: 'plan' | 'outcome';
  /** What carries the plan out, as it was asked for; may be pasted. */
  readonly carriedOutBy?: string;
}

/** What `ebb init` prints: what it does or would do, in order, and what comes of it. */
export function initText(report: InitReport, options: InitTextOptions): string {
  const { width } = options;
  const paint = painter(options.colour);
  const inner = width === undefined ? undefined : width - 2;
  const blocks: string[][] = [];
  if (options.part !== 'outcome') {
    blocks.push(flow(heading(report), inner));
    const rows = report.steps.filter(({ what }) => !isEnabling(what));
    // Without the line of titles, which are none.
    if (rows.length > 0) blocks.push(table(rows, columnsOf(report), { width, paint }).slice(1));
  }
  const told = options.part === 'plan' ? prospect(report) : outcome(report);
  blocks.push(told.flatMap((one) => flow([one], inner).map((line) => `  ${line}`)));
  if (options.part !== 'plan') {
    const steps = next(report, options.carriedOutBy ?? 'ebb init', inner, paint);
    blocks.push(steps.map((line) => `  ${line}`));
  }
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function heading({ layout, undo }: InitReport): string[] {
  if (layout === undefined || undo) return ['what ebb init has put on this machine is taken away'];
  const { type, root, device, target } = layout;
  const initrd = target === 'systemd-initrd' ? 'its initrd has systemd' : `its initrd is made by ${target}`;
  return [`/ is ${display(type)} ${display(root)} of ${display(device)}`, initrd];
}

const tones: Readonly<Record<InitStep['action'], Tone>> = {
  ...{ write: 'good', replace: 'care', link: 'good', copy: 'good', make: 'good', run: 'plain', remove: 'care' },
  keep: 'faint',
};

function columnsOf({ steps, undo }: InitReport): readonly TableColumn<InitStep>[] {
  const enabled = new Set(steps.filter(({ what }) => isEnabling(what)).map(({ what }) => baseOf(what)));
  const word = undo ? 'and its link' : 'enabled';
  const detail = ({ what, detail: text = '' }: InitStep): string =>
    text === '' && enabled.has(baseOf(what)) ? word : display(text);
  return [
    { title: '', text: ({ action }) => action, tone: ({ action }) => tones[action] },
    { title: '', text: ({ what }) => display(what) },
    { title: '', text: detail, tone: () => 'faint' },
  ];
}

/** A link that enables a unit. */
function isEnabling(path: string): boolean {
  return /\.(wants|requires)\//.test(path);
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function outcome(report: InitReport): string[] {
  const { undo, planned, dryRun, steps } = report;
  if (undo && planned) return [dryRun ? 'nothing was taken away yet' : 'nothing was taken away'];
  if (!undo && steps.length === 0) return ['nothing to do: this machine is set up'];
  return !undo && planned ? ['nothing was done'] : prospect(report);
}

/** What holds once the steps are done. */
function prospect({ layout, undo, same }: InitReport): string[] {
  if (undo) {
    const staying = same > 0 ? [`${counted(same, 'file')} for persisted paths stay`] : [];
    return ['the root is not reset any more', ...staying];
  }
  const { root = '', blank = '' } = layout ?? {};
  return [
    `at the next boot ${display(root)} becomes an old root, a copy of ${display(blank)} takes its place`,
    'what is neither persisted nor on another filesystem is in the old root only',
  ];
}

function next(
  { undo, planned, dryRun, steps, layout }: InitReport,
  carriedOutBy: string,
  width: number | undefined,
  paint: Paint,
): string[] {
  if (undo) return nextSteps(planned ? ['ebb init --undo'] : ['ebb ls'], width, paint);
  if (steps.length === 0) return [];
  const target = layout?.target === 'systemd-initrd' ? [] : ['reboot'];
  return nextSteps(planned ? ['ebb diff', ...(dryRun ? [carriedOutBy] : [])] : ['ebb diff', ...target], width, paint);
}

/** `ebb.init/1` */
export function initJson({ layout, undo, dryRun, planned, steps, same, storage, warnings }: InitReport): string {
  return documentText({
    schema: 'ebb.init/1',
    undo,
    dryRun,
    done: !planned,
    root:
      layout === undefined
        ? null
        : {
            filesystem: layout.filesystem,
            ...named('device', layout.device),
            ...named('subvolume', layout.root),
            ...named('oldRoots', layout.oldRoots),
            ...named('blank', layout.blank),
          },
    target: layout?.target ?? null,
    ...named('storage', storage),
    steps: steps.map(({ action, what, detail }) => ({
      action,
      ...named('what', what),
      ...(detail === undefined ? {} : { detail: display(detail) }),
    })),
    same,
    warnings: warnings.map(warningObject),
  });
}
