import type { RawPath } from '../rawpath.ts';

/** A file that is named as one that opens a disk. */
export interface NamedDiskKey {
  readonly path: RawPath;
  readonly opens: string | undefined;
}

/** Of an /etc/crypttab, see crypttab(5). What is no file there is no key of anybody: swap gets a new one at each boot. */
export function keysOfCrypttab(text: string): NamedDiskKey[] {
  return linesOf(text).flatMap((line) => {
    const [name, , key] = line.split(/[ \t]+/);
    if (name === undefined || key === undefined || !isKeyFile(key)) return [];
    // `PATH:DEVICE`: on a device of its own.
    const path = unescaped(key).replace(/:[^/].*$|:\/dev\/.*$/, '');
    return [{ path: path as RawPath, opens: unescaped(name) }];
  });
}

/** Of a kernel command line: `rd.luks.key=UUID=PATH` (systemd, dracut), `cryptkey=rootfs:PATH` (Arch). */
export function keysOfCommandLine(text: string): NamedDiskKey[] {
  return text.split(/[\s"']+/).flatMap((word): NamedDiskKey[] => {
    const luks = /^(?:rd\.)?luks\.key=(?:([^=]*)=)?(\/[^:]*)/.exec(word);
    if (luks !== null) return [{ path: luks[2] as RawPath, opens: luks[1] }];
    const arch = /^cryptkey=rootfs:(\/.*)$/.exec(word);
    return arch === null ? [] : [{ path: arch[1] as RawPath, opens: undefined }];
  });
}

/**
 * Of a NixOS configuration: `boot.initrd.luks.devices.NAME.keyFile = "PATH"`, and what `boot.initrd.secrets` takes along.
 * As far as it is written out: a configuration can compute them.
 */
export function keysOfNixConfiguration(text: string): NamedDiskKey[] {
  const plain = text.replace(/^[ \t]*#.*$/gm, '');
  const files = [...plain.matchAll(/\bkeyFile\s*=\s*(?:lib\.mk\w+\s+)?"(\/[^"$\n]+)"/g)];
  const secrets = [...plain.matchAll(/"(\/[^"$\n]*(?:key|luks|crypto)[^"$\n]*)"\s*=\s*(?:null|"?(\/[^";\s]+))/gi)];
  return [
    ...files.flatMap(([, path = '']) => (isKeyFile(path) ? [{ path: path as RawPath, opens: undefined }] : [])),
    ...secrets.map(([, inInitrd = '', source]) => ({ path: (source ?? inInitrd) as RawPath, opens: undefined })),
  ];
}

/** Whether a file of this name in / or /boot opens a disk, as installers call them. */
export function isDiskKeyName(name: string): boolean {
  return /^(crypto_keyfile.*|(luks[-_.]?)?key[-_.]?file.*|.*\.keyfile|luks.*\.(key|bin)|cryptkey.*)$/i.test(name);
}

function isKeyFile(word: string): boolean {
  return word.startsWith('/') && !word.startsWith('/dev/') && !word.startsWith('/proc/') && !word.startsWith('/sys/');
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** crypttab(5) does not say so, but its generator reads `\x20` and the octal digits of fstab(5). */
function unescaped(word: string): string {
  const octal = word.replace(/\\([0-3][0-7]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
  return octal.replace(/\\x([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
}
