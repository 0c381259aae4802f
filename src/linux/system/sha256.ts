import { hash } from 'node:crypto';

/** As base64 without padding, which is how fingerprints of SSH keys are shown. */
export function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'base64').replace(/=+$/, '');
}
