import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { catalogueRules } from '../../src/core/catalogue-entry.ts';
import { EntryType, type EntryTypeName } from '../../src/core/change.ts';
import { type PackedRules, packRules, unpackRules } from '../../src/core/packed-rules.ts';
import { type RawPath, rawFromText } from '../../src/core/rawpath.ts';
import type { Rule } from '../../src/core/rule.ts';
import { RuleSet } from '../../src/core/rules.ts';
import { loadCatalogue, parseEntry, parseGeneralRules } from '../../src/linux/catalogue.ts';

const { rules: catalogue, entries } = loadCatalogue(join(import.meta.dirname, '../../catalogue'));
const whole = new RuleSet(catalogue);

function categoryOf(path: string, type: EntryTypeName): string {
  return whole.rules[whole.matchPath(rawFromText(path) as RawPath, EntryType[type])]?.category ?? 'unknown';
}

/** Category, path, and the entry's type where it is not a file: a trailing slash is a directory. */
const expectations: Readonly<Record<string, string>> = {
  'the bare directories of a system are nobody’s': `
    generated /
    generated /bin/
    generated /bin            symlink
    generated /boot/
    generated /dev/
    generated /etc/
    generated /etc/ssh/
    generated /etc/ssl/
    generated /home/
    generated /lib64/
    generated /lost+found/
    generated /mnt/
    generated /nix/
    generated /opt/
    generated /persist/
    generated /proc/
    generated /root/
    generated /run/
    generated /srv/
    generated /sys/
    generated /tmp/
    generated /usr/
    generated /usr/local/
    generated /usr/local/bin/
    generated /usr/local/share/man/
    generated /var/
    generated /var/cache/
    generated /var/lib/
    generated /var/lib/private/
    generated /var/lib/systemd/
    generated /var/log/
    generated /var/run        symlink
    generated /var/spool/`,

  'what activation and tmpfiles make on NixOS is generated': `
    generated /bin/sh         symlink
    generated /etc/.clean
    generated /etc/.updated
    generated /etc/NIXOS
    generated /etc/group
    generated /etc/mtab       symlink
    generated /etc/passwd
    generated /etc/passwd-
    generated /etc/resolv.conf
    generated /etc/shadow
    generated /etc/static     symlink
    generated /etc/subuid
    generated /lib64/ld-linux-x86-64.so.2 symlink
    generated /nix/store/0c1p5z9k-hello-2.12/bin/hello
    generated /root/.nix-defexpr/
    generated /usr/bin/env    symlink
    generated /var/.updated
    generated /var/empty/
    generated /.ebb/boot.json`,

  'what packages, triggers and caches of indexes make is generated': `
    generated /boot/grub/grub.cfg
    generated /boot/grub/i386-pc/ext2.mod
    generated /boot/initramfs-linux.img
    generated /boot/initrd.img-6.1.0-13-amd64
    generated /boot/loader/entries/nixos-generation-12.conf
    generated /boot/loader/entries/0123456789abcdef0123456789abcdef-6.5.6-300.fc39.x86_64.conf
    generated /boot/vmlinuz-linux
    generated /etc/aliases.db
    generated /etc/alternatives/editor symlink
    generated /etc/ca-certificates/extracted/cadir/ACCVRAIZ1.pem
    generated /etc/dconf/db/local
    generated /etc/ld.so.cache
    generated /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
    generated /etc/pki/tls/certs/ca-bundle.crt
    generated /etc/rc3.d/S01cron symlink
    generated /etc/ssl/certs/ACCVRAIZ1.pem symlink
    generated /etc/ssl/certs/ca-certificates.crt
    generated /etc/ssl/certs/java/cacerts
    generated /etc/udev/hwdb.bin
    generated /home/ann/.local/share/mime/mime.cache
    generated /home/ann/work/app/__pycache__/main.cpython-312.pyc
    generated /opt/app/lib/python3/site-packages/x.pyc
    generated /usr/lib/jvm/java-17/lib/server/classes.jsa
    generated /usr/lib/locale/locale-archive
    generated /usr/lib/modules/6.1.0-13-amd64/modules.dep.bin
    generated /usr/lib/python3/dist-packages/apt/__pycache__/
    generated /usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache
    generated /usr/lib/x86_64-linux-gnu/gdk-pixbuf-2.0/2.10.0/loaders.cache
    generated /usr/share/glib-2.0/schemas/gschemas.compiled
    generated /usr/share/icons/hicolor/icon-theme.cache
    generated /usr/share/info/dir
    generated /usr/share/mime/application/pdf.xml
    generated /usr/share/mime/mime.cache
    generated /var/backups/dpkg.status.0
    generated /var/cache/fontconfig/abc.cache-9
    generated /var/cache/ldconfig/aux-cache
    generated /var/cache/man/index.db
    generated /var/lib/ca-certificates/pem/x.pem
    generated /var/lib/dpkg/info/bash.list
    generated /var/lib/dpkg/diversions
    generated /var/lib/dpkg/statoverride
    generated /var/lib/dpkg/status
    generated /var/lib/ucf/hashfile
    generated /var/lib/apt/extended_states
    generated /etc/.java/.systemPrefs/.systemRootModFile
    generated /var/lib/python/python3.11_installed
    generated /var/lib/dpkg/triggers/Lock
    generated /var/lib/pacman/local/bash-5.2/desc
    generated /var/lib/rpm/rpmdb.sqlite
    generated /var/lib/systemd/catalog/database
    generated /var/lib/systemd/deb-systemd-helper-enabled/ssh.service.dsh-also
    generated /vmlinuz        symlink`,

  'what belongs to running programs is runtime': `
    runtime   /dev/shm/x
    runtime   /etc/.pwd.lock
    runtime   /home/ann/.#notes.org symlink
    runtime   /home/ann/.Xauthority
    runtime   /home/ann/.config/chromium/SingletonLock symlink
    runtime   /home/ann/.gnupg/S.gpg-agent socket
    home      /home/ann/.notes.txt.swp
    runtime   /home/ann/.nfs000000000123abcd00000001
    runtime   /home/ann/.~lock.letter.odt#
    runtime   /home/ann/.config/.goutputstream-AB12C3
    runtime   /home/ann/.mozilla/firefox/x.default/lock symlink
    runtime   /nix/var/nix/gc.lock
    runtime   /proc/1/status
    runtime   /run/lock/x
    runtime   /run/secrets/key.pem
    runtime   /srv/app/control.fifo fifo
    runtime   /swapfile
    runtime   /sys/kernel
    runtime   /tmp/.X11-unix/
    runtime   /tmp/server.key
    runtime   /var/lib/mysql/mysql.sock socket
    runtime   /var/lib/pacman/db.lck
    runtime   /var/lib/postgresql/16/main/postmaster.pid
    cache     /var/tmp/systemd-private-abc/`,

  'what is fetched or computed again is cache': `
    cache     /home/ann/.cache/
    cache     /home/ann/.cache/mozilla/firefox/x/cache2/entries/AB
    cache     /home/ann/.cache/pip/certifi/cacert.pem
    cache     /home/ann/.cache/thumbnails/large/x.png
    cache     /home/ann/.cargo/registry/cache/x.crate
    cache     /home/ann/.config/Code/CachedData/x
    cache     /home/ann/.config/Slack/Cache/Cache_Data/data_0
    cache     /home/ann/.config/google-chrome/Default/Code Cache/js/x
    cache     /home/ann/.local/share/containers/storage/overlay/abc/diff/etc/ssl/private.pem
    cache     /home/ann/.m2/repository/org/x.jar
    cache     /home/ann/.npm/_cacache/index-v5/aa
    cache     /home/ann/.var/app/org.mozilla.firefox/cache/x
    cache     /home/ann/go/pkg/mod/golang.org/x/crypto/testdata/key.pem
    cache     /home/ann/work/web/node_modules/.cache/babel/x.json
    cache     /home/ann/work/.mypy_cache/
    cache     /root/.cache/
    cache     /var/cache/apt/archives/bash.deb
    cache     /var/cache/nginx/
    cache     /var/cache/private/x/y
    cache     /var/cache/x/server.key
    cache     /var/lib/apt/lists/deb.debian.org_debian_dists
    cache     /var/lib/containers/storage/overlay/
    cache     /var/lib/containers/storage/overlay-layers/layers.json
    cache     /var/lib/docker/overlay2/abc/merged/root/id_rsa
    cache     /var/lib/grafana/.cache/x
    cache     /var/lib/plocate/plocate.db`,

  'what programs said is log': `
    log       /home/ann/.config/Code/logs/20240101/main.log
    log       /home/ann/.local/state/app/x.log
    log       /home/ann/.npm/_logs/x.log
    log       /home/ann/.xsession-errors
    log       /var/crash/x.crash
    log       /var/lib/docker/containers/abc/abc-json.log
    log       /var/lib/systemd/coredump/core.x.zst
    log       /var/log/journal/0123/system.journal
    log       /var/log/nginx/access.log
    log       /var/log/wtmp`,

  'keys, passwords and identities are secret, public halves with them': `
    secret    /boot/crypto_keyfile.bin
    secret    /crypto_keyfile.bin
    secret    /etc/NetworkManager/system-connections/home.nmconnection
    secret    /etc/krb5.keytab
    secret    /etc/letsencrypt/live/example.org/privkey.pem
    secret    /etc/machine-id
    secret    /etc/nginx/tls/server.key
    secret    /etc/ssh/ssh_host_ed25519_key
    secret    /etc/ssh/ssh_host_ed25519_key.pub
    secret    /etc/ssl/certs/own.key
    secret    /etc/ssl/private/own.pem
    secret    /etc/wireguard/wg0.conf
    secret    /etc/wpa_supplicant/wpa_supplicant-wlan0.conf
    secret    /home/ann/.aws/credentials
    secret    /home/ann/.config/gh/hosts.yml
    secret    /home/ann/.config/sops/age/keys.txt
    secret    /home/ann/.docker/config.json
    secret    /home/ann/.gnupg/private-keys-v1.d/ABC.key
    secret    /home/ann/.gnupg/pubring.kbx
    secret    /home/ann/.local/share/keyrings/login.keyring
    secret    /home/ann/.netrc
    secret    /home/ann/.pgpass
    secret    /home/ann/.ssh/
    secret    /home/ann/.ssh/known_hosts
    secret    /home/ann/passwords.kdbx
    secret    /home/ann/work/deploy/id_ed25519
    secret    /opt/app/conf/keystore.jks
    secret    /root/.ssh/authorized_keys
    secret    /srv/git/id_rsa.pub
    secret    /usr/local/etc/ssl/own.key
    secret    /var/lib/NetworkManager/secret_key
    secret    /var/lib/acme/example.org/key.pem
    secret    /var/lib/dbus/machine-id
    secret    /var/lib/iwd/home.psk
    secret    /var/lib/prosody/example.org.key
    secret    /var/lib/sops-nix/key.txt
    secret    /var/lib/systemd/credential.secret
    secret    /var/lib/tailscale/tailscaled.state`,

  'certificates and keys that others publish are no secrets': `
    state     /etc/apt/keyrings/vendor.gpg
    state     /etc/ca-certificates/trust-source/anchors/company.pem
    state     /etc/pki/ca-trust/source/anchors/company.pem
    unknown   /etc/ssl/certs/own.pem
    unknown   /opt/venv/lib/python3.12/site-packages/certifi/cacert.pem
    unknown   /usr/lib/python3/dist-packages/certifi/cacert.pem
    state     /usr/local/share/ca-certificates/company.pem
    unknown   /usr/share/keyrings/debian.keyring
    home      /home/ann/venv/lib/python3.12/site-packages/certifi/cacert.pem
    home      /home/ann/.pyenv/versions/3.12/lib/python3.12/test/keycert.pem
    home      /home/ann/work/node_modules/tls/test/key.pem
    state     /var/lib/jenkins/work/node_modules/tls/test/key.pem`,

  'what services keep is state': `
    state     /boot/grub/grubenv
    state     /etc/adjtime
    state     /etc/cups/printers.conf
    state     /etc/letsencrypt/renewal/example.org.conf
    state     /etc/lvm/backup/vg0
    state     /etc/nixos/configuration.nix
    state     /nix/var/nix/db/db.sqlite
    state     /nix/var/nix/profiles/system symlink
    state     /var/db/sudo/lectured/1000
    state     /var/lib/bluetooth/AA:BB/info
    state     /var/lib/containers/storage/overlay-containers/containers.json
    state     /var/lib/containers/storage/volumes/db/_data/x
    state     /var/lib/docker/volumes/db/_data/x
    state     /var/lib/flatpak/app/org.mozilla.firefox/current
    state     /var/lib/forgejo/
    state     /var/lib/forgejo/data/forgejo.db
    state     /var/lib/forgejo/data/forgejo.db-wal
    state     /var/lib/jenkins/work/Cargo.lock
    state     /var/lib/logrotate.status
    state     /var/lib/nixos/uid-map
    state     /var/lib/private/service/x
    state     /var/lib/systemd/linger/ann
    state     /var/lib/systemd/random-seed
    state     /var/lib/systemd/timers/stamp-fstrim.timer
    state     /var/mail/ann
    state     /var/spool/cron/crontabs/ann
    state     /var/www/html/index.html`,

  'what a user has is home': `
    home      /home/ann/
    home      /home/ann/.bash_history
    home      /home/ann/.config/app/app.conf
    home      /home/ann/.config/app/data.db-wal
    home      /home/ann/.local/share/Trash/files/x
    home      /home/ann/Documents/letter.odt
    home      /home/ann/server.pid
    home      /home/ann/work/Cargo.lock
    home      /home/ann/work/app.log
    home      /home/ann/work/flake.lock
    home      /root/notes.txt`,

  'the settings of a machine are state': `
    state     /boot/grub/custom.cfg
    state     /etc/apt/preferences.d/own
    state     /etc/apt/sources.list.d/own.sources
    state     /etc/ca-certificates/trust-source/anchors/company.pem
    state     /etc/fstab
    state     /etc/hosts
    state     /etc/localtime symlink
    state     /etc/postgresql/15/main/postgresql.conf
    state     /etc/pki/ca-trust/source/anchors/company.pem
    state     /etc/profile.d/own.sh
    state     /etc/ssh/sshd_config.d/own.conf
    state     /etc/sudoers.d/own
    state     /etc/systemd/system/multi-user.target.wants/own.service symlink
    state     /etc/systemd/system/own.service
    state     /etc/systemd/system/nginx.service.d/own.conf
    state     /usr/local/bin/backup
    state     /etc/apt/trusted.gpg.d/own.gpg
    state     /etc/hosts.allow
    secret    /etc/security/opasswd`,

  'what could be somebody’s only copy is kept, whatever it is called and lies around it': `
    home      /home/ann/Downloads/challenge.pyc
    secret    /home/ann/.password-store/temp/bank.gpg
    secret    /home/ann/.ssh/tmp/id_ed25519
    secret    /home/ann/.ssh/logs/id_work
    home      /home/ann/.dotfiles/scripts/log/x
    home      /home/ann/.wine/drive_c/users/ann/Documents/temp/letter.doc
    home      /home/ann/.local/share/containers/storage/volumes/db_cache/_data/x
    home      /home/ann/.local/share/containers/storage/volumes/v/_data/logs/x
    state     /var/lib/containers/storage/volumes/logs/_data/x
    state     /var/lib/docker/volumes/redis-cache/_data/dump.rdb
    state     /var/lib/docker/volumes/v/_data/tmp/x
    state     /var/lib/gitolite/repositories/tmp/x.git/HEAD
    state     /var/lib/immich/library/admin/2024/temp/x.jpg
    state     /var/lib/kubelet/pods/u/volumes/kubernetes.io~local-volume/x/tmp/y
    state     /var/lib/lxc/c/rootfs/home/ann/logs/x
    state     /var/lib/machines/c/home/ann/tmp/x
    state     /var/lib/nextcloud/data/ann/files/Logs/diary.txt
    state     /var/lib/nextcloud/data/ann/files/tmp/only.jpg
    state     /var/lib/paperless/media/documents/originals/temp/x.pdf
    state     /var/lib/photoprism/originals/temp/x.jpg
    state     /var/lib/syncthing/Sync/Temp/x
    state     /opt/vendor/app/main.pyc
    state     /var/lib/docker/containers/a/checkpoints/before/inventory.img
    state     /var/lib/php/modules/8.2/cli/disabled_by_admin/mysqli
    state     /var/lib/rancher/k3s/agent/etc/containerd/config-v3.toml.tmpl
    state     /var/lib/rancher/k3s/server/static/own/chart.tgz
    state     /var/lib/rancher/rke2/agent/etc/containerd/config.toml.tmpl`,

  'what nobody can know by its path is left to a person': `
    unknown   /boot/loader/entries/arch.conf
    unknown   /etc/nginx/
    unknown   /etc/nginx/nginx.conf
    unknown   /notes.txt
    unknown   /srv/flake.lock
    unknown   /srv/notes.txt
    unknown   /usr/share/mime/packages/own.xml
    unknown   /var/notes.txt`,

  'what somebody made a directory for, outside of those that every system has, is state': `
    state     /data/
    state     /data/photos/x.jpg
    state     /mnt/disk/x
    state     /opt/app/app.jar
    state     /srv/git/x
    state     /var/backups/db.sql
    state     /var/local/x
    state     /varlib/x
    generated /media/
    generated /mnt/disk/
    generated /opt/
    generated /srv/`,

  'what programs call a cache, a log or a lock is one, below hidden directories and in a service’s state': `
    cache     /home/ann/.config/app/Cache/x
    cache     /home/ann/.config/app/images-cache/x
    cache     /home/ann/.config/app/tmp/x
    cache     /home/ann/.tool_cache/x
    cache     /var/lib/app/icon_cache/x
    cache     /var/lib/app/data/tmp/x
    home      /home/ann/work/cache/x
    home      /home/ann/work/tmp/x
    log       /home/ann/.config/app/logs/x
    log       /home/ann/.local/state/app/log
    log       /home/ann/.local/share/app/app.log
    log       /home/ann/.local/share/app/app.log.1
    log       /var/lib/app/app.log
    log       /var/lib/app/logs/x
    home      /home/ann/.config/app/Local Storage/leveldb/000003.log
    state     /var/lib/kafka/topic-0/00000000000000000000.log
    home      /home/ann/.znc/users/ann/moddata/log/x
    home      /home/ann/.dotfiles/.git/logs/HEAD
    home      /home/ann/.dotfiles/flake.lock
    runtime   /home/ann/.config/app/.app.lock
    runtime   /home/ann/.config/app/lock           symlink
    runtime   /var/lib/app/.s.PGSQL.5432.lock
    state     /var/lib/jenkins/work/flake.lock`,

  'what is named like a key, a token or a password is secret': `
    secret    /etc/app/private/x
    secret    /etc/ssh/initrd_host_ed25519_key
    secret    /etc/ssh/initrd_host_ed25519_key.pub
    secret    /srv/compose/.env
    secret    /srv/app/api.token
    secret    /shared.password
    secret    /var/lib/app/client_secret
    state     /var/lib/app/keys.txt
    generated /etc/pam.d/common-password`,
};

for (const [name, lines] of Object.entries(expectations)) {
  test(name, () => {
    const rows = lines
      .trim()
      .split('\n')
      .map((line) => {
        const [, category, rest] = /^\s*(\w+)\s+(.*)$/.exec(line) ?? assert.fail(line);
        const typed = /^(.*\S)\s+(symlink|socket|fifo)$/.exec(rest);
        const path = typed?.[1] ?? rest;
        const isDirectory = path.endsWith('/');
        const type = (typed?.[2] ?? (isDirectory ? 'directory' : 'file')) as EntryTypeName;
        return { category, path: isDirectory && path !== '/' ? path.slice(0, -1) : path, type };
      });
    const actual = rows.map(({ path, type }) => `${categoryOf(path, type)} ${path} ${type}`);
    assert.deepEqual(
      actual,
      rows.map(({ category, path, type }) => `${category} ${path} ${type}`),
    );
  });
}

test('every rule says why in words, and none is there twice', () => {
  const seen = new Set<string>();
  for (const { pattern, why, exact, types, file } of catalogue) {
    assert.match(why, /\w+ \w+/);
    const key = JSON.stringify([pattern, exact, types, file]);
    assert.ok(!seen.has(key), `${file}: ${pattern} is there twice`);
    seen.add(key);
  }
});

test('a file of the catalogue gives one rule for each pattern', () => {
  const text = `
    [[rule]]
    category = "state"
    paths = ["/var/lib/é"]
    exact = ["/var/lib"]
    types = ["file", "socket"]
    why = "data"`;
  const common = {
    ...{ category: 'state', types: [EntryType.file, EntryType.socket] },
    ...{ why: 'data', file: 'a.toml', kind: 'general' },
  };
  assert.deepEqual(parseGeneralRules(text, 'a.toml'), [
    { pattern: '/var/lib/\xc3\xa9', exact: false, ...common },
    { pattern: '/var/lib', exact: true, ...common },
  ]);
});

const entry = (paths: string) => `title = "A"\nkind = "service"\nsources = ["its manual"]\n${paths}`;
const path = (category: string, pattern: string) =>
  `[[path]]\ncategory = "${category}"\nwhy = "its data"\n${pattern}\n`;

test('rules are asked by their weight: of the entries those first that contradict the general rules', () => {
  const generalRules = parseGeneralRules(
    `[[rule]]\ncategory = "cache"\npaths = ["~/.cache"]\nwhy = "a cache"
     [[rule]]\ncategory = "state"\npaths = ["/var/lib/*"]\nplace = true\nwhy = "its place"
     [[rule]]\ncategory = "secret"\nexact = ["**/*.key"]\nwhy = "its name"`,
    'general.toml',
  );
  const a = parseEntry(
    entry(
      path('state', 'paths = ["/var/lib/a", "~/.cache/a"]') +
        path('cache', 'paths = ["/var/lib/a/cache"]') +
        path('secret', 'exact = ["/var/lib/a/token"]'),
    ),
    'a.toml',
  );
  assert.deepEqual(
    catalogueRules([a], generalRules).map(({ kind, category, pattern }) => [kind, category, pattern]),
    [
      ['exception', 'cache', '/var/lib/a/cache'],
      ['exception', 'state', '~/.cache/a'],
      ['general', 'cache', '~/.cache'],
      ['general', 'secret', '**/*.key'],
      ['catalogue', 'secret', '/var/lib/a/token'],
      ['catalogue', 'state', '/var/lib/a'],
      ['place', 'state', '/var/lib/*'],
    ],
  );
});

test('an entry that says what the general rules say leaves their exceptions to them', () => {
  const generalRules = parseGeneralRules(
    `[[rule]]\ncategory = "runtime"\nexact = ["~/.gnupg/*.lock"]\nwhy = "a lock"
     [[rule]]\ncategory = "secret"\npaths = ["~/.gnupg"]\nwhy = "its keys"`,
    'general.toml',
  );
  const a = parseEntry(entry(path('secret', 'paths = ["~/.gnupg"]')), 'a.toml');
  const set = new RuleSet(catalogueRules([a], generalRules));
  assert.equal(set.rules[set.matchPath('/root/.gnupg/x.lock' as RawPath, EntryType.file)]?.category, 'runtime');
  const optional = parseEntry(entry(path('secret', 'paths = ["~/.gnupg"]\npersist = "optional"')), 'a.toml');
  assert.equal(catalogueRules([optional], generalRules)[0]?.persist, 'optional');
});

test('without the general rules there is no catalogue', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ebb-catalogue-'));
  try {
    writeFileSync(join(directory, 'a.toml'), entry(path('state', 'paths = ["/x"]')));
    assert.throws(() => loadCatalogue(directory), /there is no general\.toml/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('an entry says what it keeps, and what to do about it', () => {
  const source = `
    title = "Forgejo"
    kind = "service"
    units = ["forgejo.service"]
    nixos = ["services.forgejo"]
    sources = ["nixpkgs: nixos/modules/services/misc/forgejo.nix"]
    [[path]]
    paths = ["/var/lib/forgejo"]
    category = "state"
    why = "repositories"
    breaks = "every repository is gone"
    owner = "forgejo"
    mode = "0750"
    option = "services.forgejo.stateDir"
    stop = ["forgejo.service"]
    [[path]]
    exact = ["/etc/forgejo.log"]
    types = ["file"]
    category = "log"
    persist = "optional"
    why = "what it said"`;
  const { paths, ...about } = parseEntry(source, 'forgejo.toml');
  assert.deepEqual(about, {
    id: 'forgejo',
    title: 'Forgejo',
    kind: 'service',
    units: ['forgejo.service'],
    nixos: ['services.forgejo'],
    sources: ['nixpkgs: nixos/modules/services/misc/forgejo.nix'],
  });
  assert.deepEqual(
    paths.map(({ category, persist, breaks, owner, types }) => ({ category, persist, breaks, owner, types })),
    [
      { category: 'state', persist: 'yes', breaks: 'every repository is gone', owner: 'forgejo', types: undefined },
      { category: 'log', persist: 'optional', breaks: undefined, owner: undefined, types: [EntryType.file] },
    ],
  );
});

test('a path says which options of its file it belongs to, and what others call it', () => {
  const parse = (lines: string) =>
    parseEntry(
      `title = "It"\nkind = "service"\nnixos = ["services.a", "services.b"]\nsources = ["a test"]\n[[path]]\ncategory = "state"\nwhy = "data"\npaths = ["/var/lib/it"]\n${lines}`,
      'it.toml',
    );
  const [path] = parse('elsewhere = ["/var/it"]\nnixos = ["services.b"]').paths;
  assert.deepEqual(path?.patterns, [
    { pattern: '/var/lib/it', exact: false },
    { pattern: '/var/it', exact: false },
  ]);
  assert.equal(parse('nixos = []').paths.length, 1);
  assert.throws(
    () => parse('nixos = ["services.c"]'),
    /^RangeError: it\.toml:\d+: path 1 \(\/var\/lib\/it\): nixos: .*services\.c/,
  );
});

test('every entry of the catalogue says where it is known from, and its general directories are not its own', () => {
  for (const { id, sources, paths } of entries) {
    assert.ok(
      sources.every((source) => source.length >= 5),
      `${id}: sources`,
    );
    for (const { pattern } of paths.flatMap(({ patterns }) => patterns)) {
      assert.doesNotMatch(pattern, /^(\/|~\/|\*\*\/)\**$/, `${id}: ${pattern} is everything`);
    }
  }
});

test('what is packed for the build comes out as it was', () => {
  const unpacked = unpackRules(JSON.parse(JSON.stringify(packRules(catalogue))) as PackedRules);
  const plain = (rules: readonly Rule[]) =>
    rules.map(({ by, persist, instead, types, ...rest }) => ({ by, persist, instead, types, ...rest }));
  assert.deepEqual(plain(unpacked), plain(catalogue));
});

test('a mistake in the catalogue is an error that says where it is', () => {
  const fine = 'category = "state"\npaths = ["/x"]\nwhy = "data"';
  const wrong: readonly [string, RegExp][] = [
    ['[[rule]', /^bad\.toml:1: Invalid TOML/],
    ['rules = []', /^bad\.toml: .*"rule"/],
    [`[[rule]]\n${fine}\n[[rule]]\n${fine}\npath = ["/y"]`, /^bad\.toml:\d+: rule 2 \(\/x\): path: /],
    [
      '[[rule]]\ncategory = "states"\npaths = ["/x"]\nwhy = "data"',
      /^bad\.toml:\d+: rule 1 \(\/x\): category: .*"states"/,
    ],
    ['[[rule]]\ncategory = "state"\npaths = ["/x"]', /^bad\.toml:\d+: rule 1 \(\/x\): why: /],
    ['[[rule]]\ncategory = "state"\npaths = ["/x"]\nwhy = ""', /^bad\.toml:\d+: rule 1 \(\/x\): why: /],
    ['[[rule]]\ncategory = "state"\npaths = []\nwhy = "data"', /^bad\.toml:\d+: rule 1: paths: /],
    ['[[rule]]\ncategory = "state"\nwhy = "data"', /^bad\.toml:\d+: rule 1: .*neither paths nor exact/],
    [`[[rule]]\n${fine}\ntypes = ["files"]`, /^bad\.toml:\d+: rule 1 \(\/x\): types\.0: .*"files"/],
    [`[[rule]]\n${fine}\nexact = ["/y", "z"]`, /^bad\.toml:\d+: rule 1: pattern "z" must begin with/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(
      () => parseGeneralRules(text, 'bad.toml'),
      (error) => error instanceof RangeError && message.test(error.message),
      text,
    );
  }
});

test('a path is known by the unit that its pattern names, and by no unit that is only a part of the whole', () => {
  const by = (path: string) => whole.rules[whole.matchPath(path as RawPath, EntryType.directory)]?.by;
  assert.equal(by('/var/log/journal'), 'systemd');
  assert.equal(by('/var/lib/power-profiles-daemon'), 'power-profiles-daemon.service');
  assert.equal(by('/var/lib/forgejo'), 'forgejo.service');
  assert.equal(by('/etc/ssh/ssh_host_ed25519_key'), 'sshd.service');
});
