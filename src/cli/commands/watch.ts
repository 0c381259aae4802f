import { buildCommand } from '@stricli/core';
import { Failure } from '../../core/failure.ts';
import { ROOT } from '../../core/rawpath.ts';
import type { Context } from '../context.ts';
import { helpText, parseText, pathFrom } from '../options.ts';
import { watchCommandLine } from '../watch/command.ts';
import { watchLive } from '../watch/live.ts';
import type { Watched } from '../watch/request.ts';
import { keepLog } from '../watch/service.ts';

interface Flags {
  readonly all: boolean;
  readonly for?: number;
  readonly log: boolean;
  readonly root?: string;
  readonly output?: string;
  readonly json: boolean;
}

function parseDuration(input: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(input) ?? [];
  if (number === undefined) throw new Error(`${input} is no time: give seconds, or 90s, 5m, 2h, 1d`);
  return Number(number) * ({ s: 1, m: 60, h: 3600, d: 86400 }[unit] ?? 1);
}

export const watchCommand = buildCommand<Flags, string[], Context>({
  async func(flags, ...command) {
    checkUsage(flags, command);
    const machine = await this.machine();
    const { hostWatcher } = await import('../host-watcher.ts');
    const request: Watched = {
      root: flags.root === undefined ? ROOT : pathFrom(this, flags.root),
      all: flags.all,
      seconds: flags.for,
    };
    const ports = { machine, watcher: hostWatcher() };
    if (command.length > 0) return watchCommandLine(this, flags, command, request, ports);
    return flags.log ? keepLog(this, request, ports) : watchLive(this, flags, request, ports);
  },
  parameters: {
    flags: {
      all: { kind: 'boolean', default: false, withNegated: false, brief: 'Show generated and runtime files, too' },
      for: {
        kind: 'parsed',
        parse: parseDuration,
        optional: true,
        placeholder: 'TIME',
        brief: 'End after this time: seconds, or 90s, 5m, 2h, 1d',
      },
      log: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Show nothing, and keep what was seen for diff and why: what ebb-watch.service does',
      },
      root: {
        kind: 'parsed',
        parse: parseText,
        optional: true,
        placeholder: 'DIR',
        brief: 'Watch the root filesystem that is mounted at DIR',
      },
      output: {
        kind: 'parsed',
        parse: parseText,
        optional: true,
        placeholder: 'FILE',
        brief: 'With a command: write the report there, not to stderr',
      },
      json: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Print JSON documents, one a line, as it happens',
      },
    },
    aliases: { o: 'output' },
    positional: {
      kind: 'array',
      parameter: {
        parse: parseText,
        brief: 'A command to run: only what it and its children write is told',
        placeholder: 'COMMAND',
      },
    },
  },
  docs: {
    customUsage: ['[--all] [--for TIME] [--json | --log] [--root DIR]', '[--all] [-o FILE] [--json] -- COMMAND…'],
    brief: 'Who writes where on the root, as it happens',
    fullDescription: helpText(
      'Shows which services, containers and programs write to the ephemeral root, and in which directories, until it\nis interrupted. What goes to persistent storage does not count, whoever writes it.\n\nWith a command, runs it and tells on stderr what it and its children wrote. Its exit status is passed on: 128 and\nthe number of the signal where one ended it, 127 where there is no such command.',
      [
        ['ebb watch', 'a table that goes along, until Ctrl-C'],
        ['ebb watch --for 60', 'a minute of it'],
        ['ebb watch --json | jq .', 'for other programs'],
        ['ebb watch -- ./install.sh', 'what a command writes'],
        ['ebb watch -o report.txt -- make install', 'the same, with its report in a file'],
      ],
      undefined,
      ['locked'],
    ),
  },
});

function checkUsage({ log, json, output, for: seconds }: Flags, command: readonly string[]): void {
  if (log && json) throw new Failure('usage', '--log shows nothing, and --json prints documents');
  if (command.length === 0) {
    if (output !== undefined) throw new Failure('usage', '-o goes with a command', 'or: ebb watch --json >FILE');
    return;
  }
  if (log) throw new Failure('usage', '--log is for a watch that goes on, not for a command');
  if (seconds !== undefined) throw new Failure('usage', 'a command ends by itself: leave out --for');
  if (json && output === undefined) {
    const hint = 'name a file, or a descriptor: -o /dev/fd/3';
    throw new Failure('usage', 'stdout and stderr are the command’s own, so --json needs -o FILE', hint);
  }
}
