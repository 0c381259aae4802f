/** A virtual machine under plain emulation: it needs neither privilege nor KVM, and boots in about five seconds. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { BEGINS, STATUS } from './initramfs.ts';
import type { Kernel } from './kernel.ts';
import { counted } from './tally.ts';

export interface Boot {
  readonly kernel: Kernel;
  readonly initramfs: string;
  /** Raw images: /dev/vda, /dev/vdb, … in this order. */
  readonly disks?: readonly Disk[];
  /** A file that takes what the machine says. */
  readonly console: string;
  readonly megabytes?: number;
  /** After so long it is switched off. */
  readonly seconds: number;
  /** Power is cut as soon as the machine says this: what its page cache holds is lost. */
  readonly cutAt?: string;
  /** So many milliseconds later. */
  readonly cutAfter?: number;
  /** Further words for the kernel's command line. */
  readonly commandLine?: string;
}

export interface Disk {
  readonly file: string;
  readonly readOnly?: boolean;
  /** An empty file that takes every write, in order: see write-log.ts. */
  readonly log?: string;
}

export interface Outcome {
  /** All that the machine said. */
  readonly console: string;
  /** Of the initramfs's script; undefined where the machine did not get to its end. */
  readonly status: number | undefined;
}

/** Emulated kernels panic now and then in their first second; as often as this, another boot is tried. */
const ATTEMPTS = 3;

/** Boots a machine, and waits until it is off. */
export async function boot(how: Boot): Promise<Outcome> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await bootOnce(how);
    const panicked = /^\[.*(Oops: |Kernel panic)/m.test(outcome.console) && !outcome.console.includes(BEGINS);
    if (!panicked || attempt === ATTEMPTS) return outcome;
  }
}

async function bootOnce({ console: file, seconds, cutAt, cutAfter = 0, ...hardware }: Boot): Promise<Outcome> {
  counted('boots');
  // Into a file: into a pipe that is full, QEMU drops characters.
  const console = openSync(file, 'w+');
  const qemu = spawn('qemu-system-x86_64', argumentsOf(hardware), { stdio: ['ignore', console, console] });
  const said = (): string => readFileSync(file, 'utf8').replaceAll('\r', '');
  let tooLong = '';
  const off = setTimeout(() => {
    tooLong = `(switched off after ${seconds} s)\n`;
    qemu.kill('SIGKILL');
  }, seconds * 1000);
  const watch = setInterval(() => {
    if (cutAt === undefined || !said().includes(cutAt)) return;
    clearInterval(watch);
    setTimeout(() => qemu.kill('SIGKILL'), cutAfter);
  }, 20);
  try {
    await once(qemu, 'close');
  } finally {
    clearTimeout(off);
    clearInterval(watch);
    closeSync(console);
  }
  const status = new RegExp(`^${STATUS} (\\d+)$`, 'm').exec(said())?.[1];
  return { console: said() + tooLong, status: status === undefined ? undefined : Number(status) };
}

type Hardware = Omit<Boot, 'console' | 'seconds' | 'cutAt' | 'cutAfter'>;

function argumentsOf({ kernel, initramfs, disks = [], megabytes = 512, commandLine = '' }: Hardware): string[] {
  return [
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
    // cmpxchg16b as it is emulated makes the kernel panic now and then, and so do two processors (QEMU 7.2).
    ...['-M', 'q35', '-accel', 'tcg', '-cpu', 'max,-cx16', '-smp', '1', '-m', `${megabytes}`],
    ...['-kernel', kernel.image, '-initrd', initramfs],
    ...['-append', `console=ttyS0 quiet panic=-1 nokaslr mitigations=off edd=off ${commandLine}`],
    ...disks.flatMap(diskArguments),
  ];
}

function diskArguments({ file, readOnly = false, log }: Disk, index: number): string[] {
  // What the machine has written is in the file, whatever becomes of QEMU: its flushes need not reach this disk.
  if (log === undefined) {
    return ['-drive', `file=${file},format=raw,if=virtio,cache=unsafe,readonly=${readOnly ? 'on' : 'off'}`];
  }
  return [
    ...['-blockdev', `driver=file,filename=${file},node-name=f${index},cache.no-flush=on`],
    ...['-blockdev', `driver=raw,file=f${index},node-name=r${index}`],
    ...['-blockdev', `driver=file,filename=${log},node-name=lf${index},cache.no-flush=on`],
    ...['-blockdev', `driver=blklogwrites,node-name=lw${index},file=r${index},log=lf${index}`],
    ...['-device', `virtio-blk-pci,drive=lw${index}`],
  ];
}
