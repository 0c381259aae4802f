/** A virtual machine under plain emulation: no privilege and no KVM is needed, and a boot takes about five seconds. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { STATUS } from './initramfs.ts';
import type { Kernel } from './kernel.ts';

export interface Boot {
  readonly kernel: Kernel;
  readonly initramfs: string;
  /** Raw images: /dev/vda, /dev/vdb, … in this order. */
  readonly disks?: readonly Disk[];
  readonly megabytes?: number;
  /** After so many seconds it is switched off. */
  readonly seconds: number;
  /** Further words for the kernel's command line. */
  readonly commandLine?: string;
}

export interface Disk {
  readonly file: string;
  readonly readOnly?: boolean;
}

export interface Outcome {
  /** All that the machine said. */
  readonly console: string;
  /** Of the initramfs's script; undefined where the machine did not get to its end. */
  readonly status: number | undefined;
}

/** Boots a machine, and waits until it is off. */
export async function boot({
  kernel,
  initramfs,
  disks = [],
  megabytes = 512,
  seconds,
  commandLine = '',
}: Boot): Promise<Outcome> {
  const qemu = spawn('qemu-system-x86_64', [
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
    // cmpxchg16b as it is emulated makes the kernel panic now and then (QEMU 7.2).
    ...['-M', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'max,-cx16', '-smp', '2', '-m', `${megabytes}`],
    ...['-kernel', kernel.image, '-initrd', initramfs],
    ...['-append', `console=ttyS0 quiet panic=-1 nokaslr mitigations=off edd=off ${commandLine}`],
    ...disks.flatMap(({ file, readOnly }) => [
      '-drive',
      `file=${file},format=raw,if=virtio,readonly=${readOnly ? 'on' : 'off'}`,
    ]),
  ]);
  let said = '';
  for (const stream of [qemu.stdout, qemu.stderr]) {
    stream.setEncoding('latin1').on('data', (text: string) => {
      said += text;
    });
  }
  qemu.stdin.end();
  const off = setTimeout(() => {
    said += `\n(switched off after ${seconds} s)\n`;
    qemu.kill('SIGKILL');
  }, seconds * 1000);
  try {
    await once(qemu, 'close');
  } finally {
    clearTimeout(off);
  }
  const console = said.replaceAll('\r', '');
  const status = new RegExp(`^${STATUS} (\\d+)$`, 'm').exec(console)?.[1];
  return { console, status: status === undefined ? undefined : Number(status) };
}
