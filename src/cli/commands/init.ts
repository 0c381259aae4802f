import { buildCommand } from '@stricli/core';
import { Failure } from '../../core/failure.ts';
import { type InitrdTarget, initrdTargets } from '../../core/setup.ts';
import type { InitReport } from '../../core/setup-report.ts';
import { initJson, initText } from '../../render/init-text.ts';
import { nixosModule } from '../../render/nixos-module.ts';
import { commandLine } from '../../render/shell-quote.ts';
import { warningsText } from '../../render/warnings.ts';
import { init } from '../../usecases/init.ts';
import { proposeNixos } from '../../usecases/propose-nixos.ts';
import { undoInit } from '../../usecases/undo-init.ts';
import type { Context } from '../context.ts';
import { comparisonFlags } from '../diff-options.ts';
import { helpText, pathFrom } from '../options.ts';

interface Flags {
  readonly target?: InitrdTarget;
  readonly device?: string;
  readonly persist?: readonly string[];
  readonly copyAgain: boolean;
  readonly undo: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

const text = (input: string): string => input;

function parseTarget(input: string): InitrdTarget {
  const target = initrdTargets.find((known) => known === input);
  if (target === undefined) throw new Error(`nothing is known of ${input}; there are ${initrdTargets.join(', ')}`);
  return target;
}

export const initCommand = buildCommand<Flags, [], Context>({
  async func({ target, device, persist = [], copyAgain, undo, dryRun, yes, json }) {
    if (undo && (copyAgain || target !== undefined || device !== undefined || persist.length > 0)) {
      throw new Failure('usage', '--undo takes away what there is: it goes with --dry-run, -y and --json only');
    }
    const { hostSetup } = await import('../host-setup.ts');
    const paths = persist.map((path) => pathFrom(this, path));
    const how = {
      ...{ width: this.out.width, colour: this.out.colour },
      carriedOutBy: commandLine([
        ...['ebb', 'init', ...paths.flatMap((path) => ['--persist', path])],
        ...(target === undefined ? [] : ['--target', target]),
        ...(device === undefined ? [] : ['--device', device]),
        ...(copyAgain ? ['--copy-again'] : []),
      ]),
    };
    let shown = false;
    const confirm = (plan: InitReport): boolean => {
      if (yes) return true;
      const question = undo ? 'Take it away?' : 'Set this machine up?';
      const answer = this.ask(question, () => {
        this.err.write(warningsText(plan.warnings, { colour: this.err.colour }));
        if (!json) this.out.write(initText(plan, { ...how, part: 'plan' }));
        shown = true;
      });
      if (answer === undefined)
        throw new Failure('usage', 'nobody is there to be asked', 'look at it with --dry-run, then: -y');
      return answer;
    };
    const [machine, setup] = [await this.machine(), hostSetup()];
    const proposal = undo || copyAgain ? undefined : proposeNixos(machine, setup);
    if (proposal !== undefined) {
      if (!json) this.out.write(nixosModule(proposal, machine.hostname));
      const hint = `${json ? 'without --json, ' : ''}what is printed is for that: docs/guide/nixos.md`;
      throw new Failure('failed', 'this is NixOS, which is set up by its configuration', hint);
    }
    const ports = {
      machine,
      setup,
      confirm,
      progress: (entries: number) => this.progress(entries),
    };
    const report = undo
      ? undoInit({ dryRun }, ports)
      : init({ target, device, persist: paths, copyAgain, dryRun }, ports);
    if (!shown) this.err.write(warningsText(report.warnings, { colour: this.err.colour }));
    this.out.write(json ? initJson(report) : initText(report, shown ? { ...how, part: 'outcome' } : how));
  },
  parameters: {
    flags: {
      target: {
        kind: 'parsed',
        parse: parseTarget,
        placeholder: 'TOOL',
        optional: true,
        brief: 'Initrd made by systemd-initrd, dracut or initramfs-tools',
      },
      device: {
        kind: 'parsed',
        parse: text,
        placeholder: 'DEVICE',
        optional: true,
        brief: 'The device of the root for the initrd, if not by its UUID',
      },
      persist: {
        kind: 'parsed',
        parse: text,
        placeholder: 'PATH',
        variadic: true,
        optional: true,
        brief: 'Keep this, too; may be given several times',
      },
      copyAgain: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Copy once more what init has copied (done at shutdown)',
      },
      undo: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Take away what init has put on the machine',
      },
      dryRun: { kind: 'boolean', default: false, withNegated: false, brief: 'Say what would be done, and do nothing' },
      yes: { kind: 'boolean', default: false, withNegated: false, brief: 'Do not ask' },
      json: comparisonFlags.json,
    },
    aliases: { y: 'yes' },
  },
  docs: {
    customUsage: [
      '[-y] [--dry-run] [--persist PATH]… [--target TOOL] [--device DEVICE] [--json]',
      '--copy-again [--dry-run] [--json]',
      '--undo [-y] [--dry-run] [--json]',
    ],
    brief: 'Set this machine up: its root is reset at each boot from then on',
    fullDescription: helpText(
      'Finds out how the root lies on its device and writes /etc/ebb/config.toml where there is none.\nCopies what is persisted into persistent storage. Installs what resets the root, what binds\npersisted paths and what looks after old roots, and makes the initrd anew. Last it copies the root:\neach boot begins with that copy. Where a step fails, what was installed is taken back; copies in\npersistent storage stay. docs/guide/set-up.md says what it needs. On NixOS, whose configuration does\nthis, it prints a module for that and ends with 2.',
      [
        ['ebb init --dry-run', 'what would be done'],
        ['ebb init --persist /var/lib/postgresql', 'with one more persisted path'],
        ['ebb init', 'again, after a change in /etc/ebb/config.toml'],
        ['ebb init >ebb.nix', 'on NixOS: a module for its flake'],
        ['ebb init --undo', 'no resets any more; data stays where it is'],
      ],
      undefined,
      ['locked'],
    ),
  },
});
