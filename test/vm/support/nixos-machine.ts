/** A machine with NixOS on one filesystem, installed as the guide says, whose first root says `first` in the file /marker. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, Workplace } from '../../support/workplace.ts';
import type { BcachefsTools } from './bcachefs-tools.ts';
import { replaceInInitramfs, STATUS } from './initramfs.ts';
import type { Kernel } from './kernel.ts';
import { boot, type Outcome } from './machine.ts';
import { installInInitrd, makeBcachefs } from './nixos-bcachefs.ts';
import { nixosConfiguration } from './nixos-configuration.ts';
import { commandLine, makeNixosInitrd } from './nixos-initrd.ts';
import { nixosSystem } from './nixos-system.ts';
import type { Tree } from './tree.ts';

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
  readonly filesystem: 'btrfs' | 'ext4' | 'bcachefs';
  /** Options of `ebb.root`, in Nix. */
  readonly root: string;
  readonly system: 'small' | 'systemd';
  /** For a bcachefs. */
  readonly tools?: BcachefsTools;
}

export interface NixosBoot {
  /** Shell, of the system. */
  readonly story?: string;
  /** More of `ebb.root`. */
  readonly options?: string;
  /** Changes the initrd. */
  readonly change?: (initrd: Tree) => void;
  /** Only the first ones. */
  readonly disks?: number;
  readonly commandLine?: string;
  readonly cutAt?: string;
  readonly cutAfter?: number;
}

export class NixosMachine {
  readonly workplace = new Workplace();
  readonly #how: HowItIs;
  readonly #disks: readonly string[];
  readonly #nix: Tree;
  #isInstalled = false;

  constructor(how: HowItIs) {
    this.#how = how;
    this.#nix = nixosSystem(nixosConfiguration(how.root), how.system);
    if (how.filesystem === 'bcachefs') {
      this.#disks = makeBcachefs(this.workplace, how.tools as BcachefsTools);
    } else {
      this.#disks = [join(this.workplace.path, 'disk')];
      this.#install(how.filesystem);
    }
  }

  #install(filesystem: 'btrfs' | 'ext4'): void {
    const [disk = ''] = this.#disks;
    run('truncate', ['-s', '384M', disk]);
    run(`mkfs.${filesystem}`, ['-q', disk]);
    this.onDisk((top) => {
      for (const name of ['@root', '@nix', '@persist']) {
        if (filesystem === 'btrfs') run('btrfs', ['-q', 'subvolume', 'create', join(top, name)]);
        else mkdirSync(join(top, name));
      }
      writeFileSync(join(top, '@root/marker'), 'first\n');
      writeFileSync(join(top, '@persist/state'), 'kept\n');
      this.#nix.writeInto(join(top, '@nix'));
    });
    this.#isInstalled = true;
  }

  async boot(more: NixosBoot): Promise<Outcome> {
    const { root, ...how } = this.#how;
    const configuration = nixosConfiguration(`${root} // { ${more.options ?? ''} }`);
    const initramfs = join(this.workplace.path, 'initrd');
    const change = (tree: Tree): void => {
      if (!this.#isInstalled) installInInitrd(tree, this.#nix);
      more.change?.(tree);
    };
    makeNixosInitrd(initramfs, { ...how, configuration, change });
    this.#isInstalled = true;
    const { cutAt = 'You are in emergency mode', cutAfter = 0 } = more;
    replaceInInitramfs(initramfs, 'story', `(\n${story}${more.story ?? ''}\n)\necho "${STATUS} $?"\n`);
    const outcome = await boot({
      ...{
        kernel: how.kernel,
        initramfs,
        disks: this.#disks.slice(0, more.disks).map((file) => ({ file })),
        seconds: 180,
        megabytes: 768,
      },
      ...{ console: join(this.workplace.path, 'console'), cutAt, cutAfter },
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
    return this.workplace.onDisk(this.#disks[0] ?? '', use);
  }

  close(): void {
    this.workplace.close();
  }
}
