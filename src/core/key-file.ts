import type { RawName } from './rawpath.ts';

/** Names of files that hold a key, or what a machine, a service or a user is known by. */
const names: readonly RegExp[] = [
  /^(machine-id|hostid|host_?id|node[-_]?id|server[-_]?(uu)?id|instance[-_]?(uu)?id|device[-_]?(uu)?id|client[-_]?(uu)?id)$/i,
  /^(uuid|.*[-_.](uuid|guid))$/i,
  /^ssh_host_.*_key(\.pub)?$/,
  /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?(\.pub)?$/,
  /\.(key|pem|p12|pfx|jks|keystore|keytab|nk|kdbx)$/i,
  /^(.*[-_.])?(private|secret|identity|signing|master|encryption|host|node|account|cookie)[-_]?key([-_.].*)?$/i,
  /^(.*[-_.])?(privkey|secret|token|seckey|keyfile|psk|\.?erlang\.cookie)(\.(txt|json|bin|dat))?$/i,
  /^(keys?|identity|certs?)\.(json|toml|ya?ml|db)$/i,
  /^\.?(secret[-_]?key[-_]?base|session[-_]?secret|jwt[-_]?secret)$/i,
];

/** Whether a file of this name holds a key or an identity, as far as a name can tell. */
export function isKeyName(name: RawName): boolean {
  return names.some((pattern) => pattern.test(name));
}

/** Larger ones are no keys. */
export const LARGEST_KEY = 64 * 1024;
const BEGINNING = 16 * 1024;

const marks: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY( BLOCK)?-----/,
  /^PuTTY-User-Key-File-\d/,
  /AGE-SECRET-KEY-1[0-9A-Z]/,
  /^untrusted comment: .{0,100}(secret|encrypted) key/,
  /["']?(private[-_]?(node|machine|disco|host)?[-_]?key|priv_?key|secret[-_]?key)["']?\s*[:=]\s*["']?[A-Za-z0-9+/_:-]{16}/i,
];

/** One key and nothing else, as wg(8) and others write it: 32 bytes in base64. */
const lone = /^[A-Za-z0-9+/]{43}=\s*$/;

/** Whether the content looks like a key. Nothing of it is kept. */
export function isKeyContent(content: Uint8Array): boolean {
  if (content.length === 0 || content.length > LARGEST_KEY) return false;
  const text = latin1(content.subarray(0, BEGINNING));
  return marks.some((mark) => mark.test(text)) || lone.test(text);
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}
