/**
 * The users who have a password in this /etc/shadow (byte strings): its field holds a hash, and is neither locked (`!`), nor
 * none (`*`), nor empty. See shadow(5).
 */
export function usersWithPasswords(shadow: string): string[] {
  return shadow.split('\n').flatMap((line) => {
    const [name = '', password = ''] = line.split(':');
    return name !== '' && /^(\$|_|[./0-9A-Za-z]{13}$)/.test(password) ? [name] : [];
  });
}
