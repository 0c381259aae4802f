/** A machine with NixOS on one filesystem, installed as the guide says, whose first root says `first` in the file /marker. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, Workplace } from '../../support/workplace.ts';
import { replaceInInitramfs, STATUS } from './initramfs.ts';
import type { Kernel } from './kernel.ts';
import { boot, type Outcome } from './machine.ts';
import { nixosConfiguration } from './nixos-configuration.ts';
import { commandLine, makeNixosInitrd, type NixosInitrd } from './nixos-initrd.ts';
import { nixosSystem } from './nixos-system.ts';

const OLD_ROOTS = '@snapshots/old_roots';

/** Told by every boot: facts, and what is mounted. */
const story = `
fact() { echo; echo "fact $1 $2"; }
echo; echo 'mounts begin'; cat /proc/self/mountinfo; echo 'mounts end'
fact marker "$(cat /marker 2>/dev/null)"
fact persisted "$(cat /persist/state)"
fact failure "$(cat /run/ebb/reset-failed 2>/dev/null)"
`;

export interface HowItIs {
  readonly kernel: Kernel;
  readonly filesystem: 'btrfs' | 'ext4';
  /** Options of `ebb.root`, in Nix. */
  readonly root: string;
  readonly system: 'small' | 'systemd';
}

export class NixosMachine {
  readonly workplace = new Workplace();
  readonly #how: HowItIs;
  readonly #disk = join(this.workplace.path, 'disk');

  constructor(how: HowItIs) {
    this.#how = how;
    const { filesystem, root, system } = how;
    run('truncate', ['-s', '384M', this.#disk]);
    run(`mkfs.${filesystem}`, ['-q', this.#disk]);
    this.onDisk((top) => {
      for (const name of ['@root', '@nix', '@persist']) {
        if (filesystem === 'btrfs') run('btrfs', ['-q', 'subvolume', 'create', join(top, name)]);
        else mkdirSync(join(top, name));
      }
      writeFileSync(join(top, '@root/marker'), 'first\n');
      writeFileSync(join(top, '@persist/state'), 'kept\n');
      nixosSystem(nixosConfiguration(root), system).writeInto(join(top, '@nix'));
    });
  }

  /** Boots, and does what the story says: shell, of the system. `options`: more of `ebb.root`. */
  async boot(more: {
    readonly story?: string;
    readonly options?: string;
    readonly initrd?: Pick<NixosInitrd, 'add'>;
    readonly commandLine?: string;
    readonly cutAt?: string;
    readonly cutAfter?: number;
  }): Promise<Outcome> {
    const { kernel, filesystem, root } = this.#how;
    const configuration = nixosConfiguration(`${root} // { ${more.options ?? ''} }`);
    const initramfs = join(this.workplace.path, 'initrd');
    makeNixosInitrd(initramfs, { kernel, configuration, filesystem, ...more.initrd });
    replaceInInitramfs(initramfs, 'story', `(\n${story}${more.story ?? ''}\n)\necho "${STATUS} $?"\n`);
    const outcome = await boot({
      ...{ kernel, initramfs, disks: [{ file: this.#disk }], seconds: 120, megabytes: 512 },
      ...{ console: join(this.workplace.path, 'console'), cutAt: more.cutAt ?? 'You are in emergency mode' },
      ...(more.cutAfter === undefined ? {} : { cutAfter: more.cutAfter }),
      commandLine: `${commandLine} ${more.commandLine ?? ''}`,
    });
    rmSync(initramfs);
    return outcome;
  }

  /** What the markers say, of the root and of the old roots. */
  markers(): { readonly root: string | undefined; readonly kept: readonly string[] } {
    return this.onDisk((top) => {
      const of = (root: string): string | undefined => {
        const file = join(top, root, 'marker');
        return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
      };
      const kept = existsSync(join(top, OLD_ROOTS)) ? readdirSync(join(top, OLD_ROOTS)) : [];
      return { root: of('@root'), kept: kept.map((name) => of(join(OLD_ROOTS, name)) ?? '').sort() };
    });
  }

  onDisk<T>(use: (top: string) => T): T {
    return this.workplace.onDisk(this.#disk, use);
  }

  close(): void {
    this.workplace.close();
  }
}
