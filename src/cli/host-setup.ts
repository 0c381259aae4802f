import { fileURLToPath } from 'node:url';
import { backendOf } from '../backends/choose.ts';
import { HostSetup } from '../linux/setup/host-setup.ts';
import type { Setup } from '../ports/setup.ts';

/** The installation of the machine that this process runs on, with what the build put beside this script. */
export function hostSetup(): Setup {
  return new HostSetup({
    bootDirectory: fileURLToPath(new URL('boot', import.meta.url)),
    launcher: fileURLToPath(new URL('../ebb', import.meta.url)),
    backendOf,
  });
}
