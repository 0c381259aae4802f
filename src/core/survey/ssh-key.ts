/** A public key as ssh-keygen(1) writes it, `TYPE BASE64 COMMENT`. */
export interface SshPublicKey {
  readonly type: string;
  /** The bytes that its fingerprint is the digest of. */
  readonly blob: Uint8Array;
}

export function readSshPublicKey(text: string): SshPublicKey | undefined {
  const [, type, base64] =
    /^((?:ssh|ecdsa|sk)-[a-z0-9@.-]{1,64})[ \t]+([A-Za-z0-9+/]{16,16384}={0,2})(?:[ \t\r\n]|$)/.exec(text) ?? [];
  if (type === undefined || base64 === undefined) return undefined;
  try {
    return { type, blob: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)) };
  } catch {
    return undefined;
  }
}
