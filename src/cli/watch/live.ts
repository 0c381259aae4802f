import type { WatchReport } from '../../core/writers/report.ts';
import { warningsText } from '../../render/warnings.ts';
import { endedLine, overflowLine, startedLine, writesLine } from '../../render/watch-json.ts';
import { watchLines, watchText } from '../../render/watch-text.ts';
import { watch } from '../../usecases/watch.ts';
import type { Context } from '../context.ts';
import { ExitStatus } from '../exit-status.ts';
import type { Screen } from '../screen.ts';
import type { Watched, WatchedBy } from './request.ts';

/** Rows in a text that scrolls by. */
const ROWS = 20;

/** The table, or documents, until somebody has enough. */
export async function watchLive(
  context: Context,
  { json, all }: { json: boolean; all: boolean },
  request: Watched,
  ports: WatchedBy,
): Promise<void> {
  const { out, err } = context;
  const interruption = context.interruption();
  const now = (): number => ports.machine.now();
  let screen: Screen | undefined;
  const hint = request.seconds === undefined ? 'Ctrl-C ends it' : 'Ctrl-C ends it sooner';
  const draw = (report: WatchReport): void => {
    if (screen === undefined) return;
    const { columns, rows } = screen.size();
    const style = { width: columns, colour: out.colour, command: undefined };
    // Heading, gaps, titles, notes and hint: what is left is for rows.
    const limit = Math.max(1, rows - 9);
    screen.draw(watchLines(report, { ...style, limit, live: { hint } }).slice(0, rows));
  };
  let report: WatchReport;
  try {
    report = await watch(
      { ...request, scope: undefined, increments: json },
      {
        ...ports,
        stopped: () => interruption.signal !== undefined,
        started(first) {
          err.write(warningsText(first.warnings, { colour: err.colour }));
          if (json) out.write(startedLine(first));
          else {
            screen = context.screen();
            draw(first);
          }
        },
        told(whole, fresh) {
          if (json) for (const row of fresh) out.write(writesLine(row, now()));
          else if (screen !== undefined) draw(whole());
        },
        overflowed() {
          if (json) out.write(overflowLine(now()));
        },
        log: undefined,
      },
    );
  } finally {
    screen?.close();
    interruption.release();
  }
  if (json) out.write(endedLine(report, undefined));
  else
    out.write(
      watchText(report, {
        ...{ width: out.width, colour: out.colour, live: undefined },
        limit: all ? undefined : ROWS,
        command: undefined,
      }),
    );
  if (interruption.signal === 'SIGINT') context.exit(ExitStatus.interrupted);
}
