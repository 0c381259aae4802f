/** What goes wrong on a root that is new at each boot is taken care of; and nothing of a host that sees to it itself. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { healthyHosts } from '../support/healthy-hosts.ts';
import { evaluate as evaluateOnce, forEachLib, withoutNix } from '../support/nix-evaluation.ts';
import { withLib } from '../support/told-hosts.ts';

type Evaluate = (expression: string) => unknown;
/** `of`, with `config` and `units` of each host. */
const seen = (evaluate: Evaluate, of: string, hosts: readonly string[]) =>
  evaluate(`let ${healthyHosts} in map (host: with host; ${of}) [ ${hosts.map((it) => `(${it})`).join('\n')} ]`);

const usual = 'hostOf { } [ ]';
const preserved = 'hostOf { persistence = "preservation"; } [ ]';
const scripted = 'hostOf { } [ { boot.initrd.systemd.enable = false; } ]';
const stays = `hostOf { } [ ${withLib('ebb.root.filesystem = lib.mkForce null;')} ]`;
const withDirectory = (path: string, more = '') =>
  `hostOf { } [ { environment.persistence."/persist".directories = [ { directory = "${path}"; ${more} } ]; } ]`;
const preserving = (entry: string, more = '{ }') =>
  `hostOf { persistence = "preservation"; } [ { preservation.preserveAt."/persist" = ${entry}; } ${more} ]`;

forEachLib('/var/run is a link before anything makes a directory of it', (evaluate) => {
  const [systemd, script, none] = seen(
    evaluate,
    `{
      rules = config.boot.initrd.systemd.tmpfiles.settings.ebb or { };
      script = config.system.activationScripts.ebb-fresh-root.text or "";
      first = config.system.activationScripts.ebb-private-directories.deps or [ ];
    }`,
    [usual, scripted, stays],
  ) as { rules: Record<string, Record<string, Record<string, string>>>; script: string; first: string[] }[];
  assert.equal(systemd?.rules['/sysroot/var/run']?.['L']?.['argument'], '../run');
  assert.equal(systemd?.rules['/sysroot/var']?.['d']?.['mode'], '0755');
  // tmpfiles.d does nothing below a root of another owner.
  assert.deepEqual(
    ['mode', 'user', 'group'].map((it) => systemd?.rules['/sysroot']?.['z']?.[it]),
    ['0755', 'root', 'root'],
  );
  assert.equal(systemd?.script, '');
  assert.deepEqual(script?.rules, {});
  assert.match(script?.script ?? '', /ln -s \.\.\/run \/var\/run/);
  // Before directories are made for what is persisted.
  assert.deepEqual(script?.first, ['specialfs', 'ebb-fresh-root']);
  assert.deepEqual(none, { rules: {}, script: '', first: [] });
});

const withoutRoot = process.getuid?.() === 0 ? false : 'not root';
const withoutTmpfiles = spawnSync('systemd-tmpfiles', ['--version']).error !== undefined && 'no systemd-tmpfiles';
const emptyDirectory = (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'ebb-trap-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
};
const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

test('systemd-tmpfiles makes of an empty root one that its own rules go on with', {
  skip: withoutNix || withoutRoot || withoutTmpfiles,
}, (t) => {
  const [lines] = seen(
    evaluateOnce,
    `lib.concatLists (lib.mapAttrsToList (path: types: lib.mapAttrsToList (_: it:
      "\${it.type} \${path} \${it.mode} \${it.user} \${it.group} \${it.age} \${it.argument}"
    ) types) config.boot.initrd.systemd.tmpfiles.settings.ebb)`,
    [usual],
  ) as string[][];
  const initrd = emptyDirectory(t);
  const root = join(initrd, 'sysroot');
  mkdirSync(root, { mode: 0o700 });
  const tmpfiles = (at: string, rules: readonly string[]) => {
    writeFileSync(join(initrd, 'rules.conf'), `${rules.join('\n')}\n`);
    const options = ['--create', '--remove', '--boot', `--root=${at}`];
    return spawnSync('systemd-tmpfiles', [...options, join(initrd, 'rules.conf')], { encoding: 'utf8' });
  };
  const { status, stderr } = tmpfiles(initrd, lines ?? []);
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual([modeOf(root), modeOf(join(root, 'var'))], ['755', '755']);
  // As systemd has it in var.conf.
  assert.equal(tmpfiles(root, ['q /var 0755 - - -', 'L /var/run - - - - ../run']).status, 0);
  assert.equal(readlinkSync(join(root, 'var/run')), '../run');
});

test('the scripts of activation make what is missing, and leave what is there', {
  skip: withoutNix || withoutRoot,
}, (t) => {
  const [fresh, storage] = seen(evaluateOnce, 'config.system.activationScripts', [
    scripted,
    withDirectory('/var/lib/private/x'),
  ]) as Record<string, { text: string }>[];
  const root = emptyDirectory(t);
  const run = (text = '') => {
    const { status, stderr } = spawnSync('sh', ['-eu'], {
      input: text.replace(/(?<![.\w])\/(?=persist|var)/g, `${root}/`),
      encoding: 'utf8',
    });
    assert.deepEqual([status, stderr], [0, ''], text);
  };
  for (const _ of ['once', 'again']) {
    run(fresh?.['ebb-fresh-root']?.text);
    run(storage?.['ebb-private-directories']?.text);
    assert.equal(readlinkSync(join(root, 'var/run')), '../run');
    assert.equal(modeOf(join(root, 'persist/var/lib')), '755');
    assert.equal(modeOf(join(root, 'persist/var/lib/private')), '700');
  }
});

forEachLib('private directories are private in storage before impermanence copies their modes', (evaluate) => {
  const [one, none] = seen(
    evaluate,
    `{
      inherit (config.system.activationScripts.ebb-private-directories) text;
      before = config.system.activationScripts.createPersistentStorageDirs.deps;
      after = config.system.activationScripts.ebb-root-mode;
    }`,
    [withDirectory('/var/lib/private/x'), usual],
  ) as { text: string; before: string[]; after: { deps: string[]; text: string } }[];
  assert.equal(one?.text, "install -d -m 0700 -o root -g root -- '/persist/var/lib/private'\n");
  assert.ok(one?.before.includes('ebb-private-directories'));
  assert.equal(none?.text, '');
  // Of files in / it copies the mode of storage to the root itself.
  assert.deepEqual(one?.after.deps, ['createPersistentStorageDirs']);
  assert.equal(one?.after.text, 'chown root:root /\nchmod 0755 /\n');
});

forEachLib('private directories are private where preservation makes them', (evaluate) => {
  const rules = seen(
    evaluate,
    `builtins.mapAttrs (_: rules: builtins.mapAttrs (_: types: types.d.mode) (lib.filterAttrs (_: types: types ? d) rules)) {
      ebb = config.systemd.tmpfiles.settings.ebb or { };
      preservation = lib.filterAttrs (path: _: lib.hasSuffix "/private" path) (config.systemd.tmpfiles.settings.preservation or { });
    }`,
    [
      preserving('{ directories = [ "/var/lib/private/x" "/var/lib/private/y" ]; }'),
      preserving('{ directories = [ "/var/lib/private" ]; }'),
      preserving('{ directories = [ { directory = "/var/lib/private"; how = "symlink"; } ]; }'),
      preserved,
    ],
  );
  assert.deepEqual(rules, [
    { ebb: { '/persist/var/lib/private': '0700' }, preservation: {} },
    { ebb: {}, preservation: { '/persist/var/lib/private': '0700', '/var/lib/private': '0700' } },
    { ebb: {}, preservation: {} },
    { ebb: {}, preservation: {} },
  ]);
});

forEachLib('the id of the machine is not committed where preservation mounts it', (evaluate) => {
  const conditions = seen(
    evaluate,
    'config.systemd.services.systemd-machine-id-commit.unitConfig.ConditionFirstBoot or null',
    [
      preserved,
      preserving('{ }', withLib('systemd.services.systemd-machine-id-commit.unitConfig.ConditionFirstBoot = false;')),
      `hostOf { persistence = "preservation"; persisted = { }; } [ { ebb.allow = [ "machine-id" ]; } ]`,
      // nixpkgs has conditions of its own for that.
      preserving('{ }', '{ system.etc.overlay = { enable = true; mutable = false; }; }'),
    ],
  );
  assert.deepEqual(conditions, [true, false, null, null]);
});

forEachLib('sshd and who makes its keys wait for what they are on', (evaluate) => {
  const keys = ['/etc/ssh/ssh_host_rsa_key', '/etc/ssh/ssh_host_ed25519_key'];
  const units = seen(
    evaluate,
    `lib.filterAttrs (_: mounts: mounts != null) (builtins.mapAttrs (_: it: it.unitConfig.RequiresMountsFor or null)
      (lib.filterAttrs (name: _: lib.hasPrefix "sshd" name) config.systemd.services))`,
    [
      usual,
      'hostOf { } [ { services.openssh.startWhenNeeded = true; } ]',
      'hostOf { } [ { services.openssh.generateHostKeys = false; } ]',
      `hostOf { } [ ${withLib('services.openssh.enable = lib.mkForce false;')} ]`,
      stays,
    ],
  );
  assert.deepEqual(units, [
    { sshd: keys, 'sshd-keygen': keys },
    { 'sshd@': keys, 'sshd-keygen': keys },
    { sshd: keys },
    {},
    {},
  ]);
});

forEachLib(
  'host keys that ebb declares to preservation are links, through which the first boot makes them',
  (evaluate) => {
    const kept = evaluate(`
    (import (repository + "/nix/lib.nix") { inherit lib; }).persisted.forPreservation {
      files = [ "/etc/ssh/ssh_host_rsa_key" { file = "/etc/ssh/ssh_host_rsa_key.pub"; mode = "0644"; } "/etc/machine-id" "/etc/ssh/x" ];
    }
  `) as { files: unknown };
    assert.deepEqual(kept.files, [
      { file: '/etc/ssh/ssh_host_rsa_key', how: 'symlink', configureParent: true },
      { file: '/etc/ssh/ssh_host_rsa_key.pub', mode: '0644', how: 'symlink', configureParent: true },
      { file: '/etc/machine-id', inInitrd: true },
      '/etc/ssh/x',
    ]);
  },
);

forEachLib('homes are made where they are kept, and not only below the mount that hides them', (evaluate) => {
  const rules = seen(
    evaluate,
    `builtins.mapAttrs (_: types: { d = { inherit (types.d) mode user group; }; })
      (lib.filterAttrs (path: _: lib.hasPrefix "/home" path) (config.systemd.tmpfiles.settings.ebb or { }))`,
    [
      withDirectory('/home'),
      preserving('{ directories = [ "/home" ]; }'),
      'hostOf { } [ { fileSystems."/home" = { device = "/dev/sdb1"; fsType = "ext4"; }; } ]',
      `hostOf { } [ { environment.persistence."/persist".users.josh.directories = [ "projects" ]; } ]`,
      preserving('{ directories = [ { directory = "/home/josh"; user = "josh"; } ]; }'),
      `hostOf { } [ { services.userborn.enable = true; environment.persistence."/persist".directories = [ "/home" ]; } ]`,
      `hostOf { } [ { users.users.josh.createHome = false; environment.persistence."/persist".directories = [ "/home" ]; } ]`,
    ],
  );
  const made = { '/home/josh': { d: { mode: '700', user: 'josh', group: 'users' } } };
  assert.deepEqual(rules, [made, made, {}, {}, {}, {}, {}]);
});

forEachLib('userborn keeps its numbers where they are early, unless it is told where', (evaluate) => {
  const places = seen(evaluate, 'config.services.userborn.passwordFilesLocation', [
    'hostOf { } [ { services.userborn.enable = true; } ]',
    'hostOf { } [ { services.userborn = { enable = true; passwordFilesLocation = "/persist/etc"; }; } ]',
    'hostOf { persisted = { }; } [ { services.userborn.enable = true; } ]',
    usual,
  ]);
  assert.deepEqual(places, ['/var/lib/nixos', '/persist/etc', '/etc', '/etc']);
});

forEachLib('an /etc that is an image has a place for what is persisted in it', (evaluate) => {
  const image = 'system.etc.overlay = { enable = true; mutable = false; };';
  const [linked, mounted, mutable, own] = seen(
    evaluate,
    `lib.mapAttrs (_: file: if file.mode == "direct-symlink" || file.text == null then file.source else "\${file.mode} \${file.text}")
      (removeAttrs config.environment.etc [ "fstab" "ebb/config.toml" ])`,
    [
      `hostOf { } [ { ${image} environment.persistence."/persist".directories = [ "/etc/x" ]; } ]`,
      preserving('{ directories = [ "/etc/x" ]; files = [ { file = "/etc/y"; mode = "0600"; } ]; }', `{ ${image} }`),
      'hostOf { } [ { system.etc.overlay.enable = true; } ]',
      `hostOf { } [ { ${image} environment.etc."ssh/ssh_host_rsa_key" = { text = ""; mode = "0400"; }; } ]`,
    ],
  ) as Record<string, string>[];
  const keys = {
    'ssh/ssh_host_ed25519_key': '/persist/etc/ssh/ssh_host_ed25519_key',
    'ssh/ssh_host_rsa_key': '/persist/etc/ssh/ssh_host_rsa_key',
  };
  assert.deepEqual(linked, { ...keys, 'x/.ebb': '0444 ' });
  assert.deepEqual(mounted, { ...keys, 'machine-id': '0444 ', 'x/.ebb': '0444 ', y: '0600 ' });
  assert.deepEqual(mutable, {});
  assert.deepEqual(own, { ...keys, 'ssh/ssh_host_rsa_key': '0400 ' });
});

/** What nixpkgs has there: nothing until 25.11, a link in 26.05, and a place since #529950. */
forEachLib('an id that preservation mounts has a place in an image of /etc, with any nixpkgs', (evaluate) => {
  const image = 'system.etc.overlay = { enable = true; mutable = false; };';
  const files = seen(
    evaluate,
    `let file = config.environment.etc.machine-id; in [ (file.text or null) file.mode (if file.text == null then file.source else "") ]`,
    [
      preserving('{ }', `{ ${image} }`),
      preserving(
        '{ }',
        withLib(`${image} environment.etc."machine-id".source = lib.mkDefault "/var/lib/nixos/machine-id";`),
      ),
      preserving('{ }', withLib(`${image} environment.etc.machine-id = lib.mkDefault { text = ""; mode = "0444"; };`)),
      preserving('{ }', `{ ${image} environment.etc.machine-id.text = "abc"; }`),
    ],
  ) as [string | null, string, string][];
  const place = ['', '0444', ''];
  assert.deepEqual(files, [place, place, place, ['abc', '0444', '']]);
});

forEachLib('nobody is lectured at each boot', (evaluate) => {
  const configurations = seen(evaluate, 'config.security.sudo.extraConfig', [
    usual,
    `hostOf { } [ { security.sudo.extraConfig = "Defaults lecture = always"; } ]`,
    withDirectory('/var/db/sudo', 'mode = "0711";'),
    'hostOf { } [ { security.sudo.enable = false; } ]',
    stays,
  ]);
  const never = 'Defaults lecture = never\n';
  assert.deepEqual(configurations, [never, `${never}\nDefaults lecture = always`, '', '', '']);
});
