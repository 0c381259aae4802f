/** What ebb reads in sysusers.d is what systemd-sysusers makes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { claimsOfSysusers } from '../../src/core/systemd/sysusers.ts';
import { systemAccounts } from '../../src/linux/systemd/sysusers-source.ts';
import { filesOf, told, writeTree } from '../support/claims.ts';
import { has, isRoot, run, Workplace } from '../support/workplace.ts';

const workplace = new Workplace();
after(() => workplace.close());

const lines = `# comment
u one - "One, with a name" /var/lib/one
u two 400 - - /bin/sh
u three /srv/of - /run/three
g four -
u five 500:four - /var/lib/%o
m one four
r - 900-950
u bad!name - - /var/lib/bad
x six - - /var/lib/six
u "seven
`;
const tree = {
  'etc/os-release': 'ID=nixos\n',
  'etc/passwd': '',
  'etc/group': '',
  'srv/of': '',
  'usr/lib/sysusers.d/a.conf': lines,
  'etc/sysusers.d/b.conf': 'u over - - /var/lib/over\n',
  'usr/lib/sysusers.d/b.conf': 'u under - - /var/lib/under\n',
};

describe('sysusers.d', () => {
  test('tells the users and groups that systemd-sysusers makes, and their homes', {
    skip: !isRoot ? 'only root may make users' : has('systemd-sysusers') ? false : 'systemd-sysusers is not installed',
  }, () => {
    const root = workplace.make('root');
    writeTree(root, tree);
    const accounts = systemAccounts(filesOf(root));
    // It stops at lines that it cannot read, having told of them.
    const readable = lines.replace(/^(u bad|x six|u "seven).*\n/gm, '');
    writeTree(root, { 'usr/lib/sysusers.d/a.conf': readable });
    run('systemd-sysusers', [`--root=${root}`]);
    const homes = new Map<string, string>();
    for (const line of readFileSync(`${root}/etc/passwd`, 'latin1').split('\n')) {
      const [name = '', , , , , home = ''] = line.split(':');
      if (name !== '') homes.set(name, home);
    }
    const users = accounts.filter(({ kind }) => kind === 'user');
    assert.deepEqual(
      new Map(users.map(({ name, home = '/' }) => [name, home])),
      new Map([...homes].map(([name, home]) => [name, home.replace('/nonexistent', '/')])),
    );
    assert.deepEqual(
      accounts.filter(({ kind }) => kind === 'group').map(({ name }) => name),
      ['four'],
    );
  });

  test('claims homes, and no category for them', () => {
    const root = workplace.make('root');
    writeTree(root, tree);
    assert.deepEqual(told(claimsOfSysusers(systemAccounts(filesOf(root)))), [
      ...['- /var/lib/nixos', '- /var/lib/one', '- /var/lib/over'],
    ]);
  });
});
