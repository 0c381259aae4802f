/** `ebb watch` with a real kernel: each test in a mount namespace of its own. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { rawFromBytes } from '../../src/core/rawpath.ts';
import { assertRefused, assertStatus, command, ebb, type Outcome, quoted, text } from '../support/cli-program.ts';
import { noTerminal } from '../support/cli-roots.ts';
import { has, needsRoot } from '../support/workplace.ts';

const place = mkdtempSync(join(tmpdir(), 'ebb-watch-'));
after(() => rmSync(place, { recursive: true, force: true }));

const noBtrfs = needsRoot || (has('mkfs.btrfs') ? false : 'mkfs.btrfs is not installed (Debian: btrfs-progs)');

/**
 * Runs a script where `$PLACE` is an empty tmpfs and `$R` another one in it. `watched` waits until an ebb that writes to the
 * file in $OUT has begun, `marked` until the one of that pid has: on a root, and on the control groups.
 */
function inPrivate(script: string): Outcome {
  const prelude = `
    PATH=$PATH:/usr/sbin:/sbin; PLACE=${quoted(place)}; R=$PLACE/r; OUT=$PLACE/out
    watched() { until grep -q '"started"' "$OUT" 2>/dev/null; do sleep 0.02; done; }
    marked() { until [ "$(grep -ls '^fanotify sdev' /proc/$1/fdinfo/* | wc -l)" -ge 2 ]; do sleep 0.02; done; }
    mount -t tmpfs ebb-test "$PLACE"; cd "$PLACE"; mkdir "$R" bin; mount -t tmpfs ebb-test "$R"
    cat >bin/ebb <<'END'
#!/bin/sh
exec ${command().map(quoted).join(' ')} "$@"
END
    chmod +x bin/ebb; PATH=$PLACE/bin:$PATH`;
  const { NO_COLOR: _, EBB_NO_KOFFI: __, ...env } = process.env;
  const { status, signal, stdout, stderr, error } = spawnSync(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-eu', '-c', `${prelude}\n${script}`],
    { env, input: '', timeout: 60_000 },
  );
  assert.equal(error, undefined);
  return { status, signal, stdout: rawFromBytes(stdout), stderr: rawFromBytes(stderr) };
}

interface Line {
  readonly event: string;
  readonly writer: { readonly kind: string; readonly name: string; readonly label: string };
  readonly directory: string;
  readonly directoryBase64?: string;
  readonly category: string;
  readonly writes: number;
  readonly files: readonly { readonly name: string; readonly nameBase64?: string }[];
  readonly overflows: number;
  readonly status: number;
}

function documents(stdout: string): Line[] {
  return text(stdout)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

/** `writer directory/name` of each file that is named. */
function filesIn(lines: readonly Line[]): string[] {
  return lines
    .filter(({ event }) => event === 'writes')
    .flatMap(({ writer, directory, files }) =>
      files.map(({ name }) => `${writer.label} ${directory === '/' ? '' : directory}/${name}`),
    );
}

function writesBy(lines: readonly Line[], directory: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const line of lines) {
    if (line.event !== 'writes' || !line.directory.startsWith(directory)) continue;
    sums[line.writer.label] = (sums[line.writer.label] ?? 0) + line.writes;
  }
  return sums;
}

test('of a command is told what it and its children wrote, and its status is passed on', { skip: needsRoot }, () => {
  const outcome = inPrivate(`
    mkdir -p r/var/lib/app
    ebb watch --root "$R" -- sh -c '
      echo said; for i in 1 2 3; do sh -c "echo >r/var/lib/app/f$i"; done; (echo >r/etc-not; exit 3)'`);
  assertStatus(outcome, 3);
  assert.equal(outcome.stdout, 'said\n');
  const said = text(outcome.stderr);
  assert.match(said, /^ebb: sh -c .* · 4 writes on \S+ \(tmpfs\) · \d+ s$/m);
  assert.match(said, /^ +3 {2}state +\/var\/lib\/app\/ +just now {2}f1, f2, f3$/m);
  assert.match(said, /^ +1 {2}unknown +\/etc-not/m);
});

test('a file that is only opened for writing, as locks are, is not written; one that is mapped is', {
  skip: needsRoot || (has('python3') ? false : 'python3 is not installed'),
}, () => {
  const outcome = inPrivate(`
    mkdir r/srv; cd r/srv; for name in lock appended mapped; do echo before >$name; done; sleep 0.2
    cat >../map.py <<'END'
import mmap, os
fd = os.open("mapped", os.O_RDWR); memory = mmap.mmap(fd, 0); memory[0:1] = b"B"; memory.close(); os.close(fd)
END
    ebb watch --root "$R" --json -o ../../found -- sh -c '
      exec 3<>lock; exec 3>&-; echo after >>appended; python3 ../map.py'
    cat ../../found`);
  assertStatus(outcome, 0);
  const found = filesIn(documents(outcome.stdout)).map((file) => file.slice(file.indexOf(' /') + 1));
  assert.deepEqual(found.sort(), ['/srv/appended', '/srv/mapped']);
});

test('directories deeper than any path may be do no harm', { skip: needsRoot }, () => {
  const outcome = inPrivate(`
    ebb watch --root "$R" -- sh -c '
      cd r; name=$(printf "%0200d" 0); i=0
      while [ $i -lt 30 ]; do mkdir $name; cd -P ./$name; i=$((i + 1)); echo >file; exec 3<>file; exec 3>&-; done
      echo >"$OLDPWD/../end" || :' ; echo status $?; rm -rf r/*`);
  assert.match(text(outcome.stdout), /status 0/);
  assert.match(text(outcome.stderr), /writes? in directories that are gone again|\/0{200}\//);
});

test('others than the command are not told, and each of hundreds that live for a moment is', {
  skip: needsRoot,
}, () => {
  const outcome = inPrivate(`
    mkdir -p r/srv/mine r/srv/others
    (i=0; while [ ! -e done ]; do echo >r/srv/others/f; i=$((i + 1)); done) &
    ebb watch --root "$R" --json -o found -- sh -c '
      i=0; while [ $i -lt 400 ]; do sh -c "echo >r/srv/mine/f$i"; i=$((i + 1)); done'
    : >done; wait; cat found`);
  assertStatus(outcome, 0);
  const lines = documents(outcome.stdout);
  assert.deepEqual(
    lines.map(({ event, directory }) => [event, directory]),
    [
      ['writes', '/srv/mine'],
      ['ended', undefined],
    ],
  );
  assert.ok((lines[0]?.writes ?? 0) >= 396, `${lines[0]?.writes} of 400`);
});

test('a signal that ends the command is told as a shell does, and so is a command that is not there', {
  skip: needsRoot,
}, () => {
  assertStatus(inPrivate(`ebb watch --root "$R" -- sh -c 'kill -TERM $$'`), 143);
  const absent = inPrivate('ebb watch --root "$R" -- there-is-no-such-command');
  assertStatus(absent, 127);
  assert.match(text(absent.stderr), /there-is-no-such-command/);
});

test('what a command leaves running goes on, and is said', { skip: needsRoot }, () => {
  const outcome = inPrivate(`
    ebb watch --root "$R" -- sh -c '(while [ ! -e done ]; do sleep 0.05; done; echo >r/later) >/dev/null 2>&1 &'
    : >done; until [ -e r/later ]; do sleep 0.02; done`);
  assertStatus(outcome, 0);
  assert.match(text(outcome.stderr), /warning: \d+ process(es)? of it go(es)? on/);
});

test('where no control group can be made, descendants that live are told, and a warning says so', {
  skip: needsRoot,
}, () => {
  const outcome = inPrivate(`
    mkdir -p groups r/srv; mount -t cgroup2 none groups; group=groups/ebbtest_$$; mkdir $group
    echo 0 >$group/cgroup.max.descendants
    sh -c "echo 0 >$group/cgroup.procs; exec ebb watch --root $R --json -o found -- sh -c 'sh -c \\"echo >r/srv/child; sleep 0.3\\"'"
    rmdir $group; cat found`);
  assertStatus(outcome, 0);
  assert.match(text(outcome.stderr), /warning: there can be no control group for the command/);
  assert.deepEqual(
    filesIn(documents(outcome.stdout)).map((file) => file.slice(file.indexOf(' /') + 1)),
    ['/srv/child'],
  );
});

test('SIGTERM is passed on to the command, whose own end counts', { skip: needsRoot }, () => {
  const outcome = inPrivate(`
    ebb watch --root "$R" -- sh -c 'trap "echo >r/trapped; exit 5" TERM; : >ready; while :; do sleep 0.05; done' & p=$!
    until [ -e ready ]; do sleep 0.02; done
    kill -TERM $p; wait $p`);
  assertStatus(outcome, 5);
  assert.match(text(outcome.stderr), /\/trapped/);
});

test('arguments and names of any bytes go through', { skip: needsRoot }, () => {
  const outcome = inPrivate(`
    mkdir r/srv
    ebb watch --root "$R" --json -o found -- sh -c 'echo >"r/srv/$1"; mkdir "r/srv/$2"; echo >"r/srv/$2/x"' sh \\
      "$(printf 'caf\\351\\033[2J')" "$(printf 'a\\nb\\n.')"
    cat found`);
  assertStatus(outcome, 0);
  const lines = documents(outcome.stdout);
  const inServed = lines.filter(({ directory }) => directory === '/srv').flatMap(({ files }) => files);
  const raws = inServed.map(({ name, nameBase64 }) => (nameBase64 === undefined ? name : atob(nameBase64)));
  assert.deepEqual(raws.sort(), ['a\nb\n.', 'caf\xe9\x1b[2J']);
  assert.ok(lines.some(({ directory }) => directory === '/srv/a\nb\n.'));
  assert.doesNotMatch(outcome.stdout, /\x1b/);
});

test('on btrfs what a subvolume loses is told, whatever mounts it is written through, and not what others keep', {
  skip: noBtrfs,
}, () => {
  const outcome = inPrivate(`
    truncate -s 300M image; mkfs.btrfs -q image >/dev/null; device=$(losetup --find --show image)
    trap 'cd /; umount -R "$PLACE/root" "$PLACE/top" || :; losetup -d "$device"' EXIT
    mkdir top root; mount "$device" top; btrfs -q subvolume create top/@root; btrfs -q subvolume create top/@persist
    mount -o subvol=@root "$device" root; mkdir -p root/persist root/var/lib/kept root/var/lib/lost root/bound
    mount -o subvol=@persist "$device" root/persist; mkdir root/persist/kept
    mount --bind root/persist/kept root/var/lib/kept; mount --bind root/var/lib/lost root/bound
    ebb watch --root "$PLACE/root" --json -o found -- sh -c '
      echo >root/var/lib/kept/no; echo >root/persist/no; echo >top/@persist/no
      echo >root/var/lib/lost/one; echo >root/bound/two; echo >top/@root/var/lib/lost/three
      mv root/var/lib/lost root/var/lib/renamed; echo >root/var/lib/renamed/four'
    cat found`);
  assertStatus(outcome, 0);
  const found = filesIn(documents(outcome.stdout)).map((file) => file.slice(file.indexOf(' /') + 1));
  // What was queued before the rename is looked up after it.
  const names = found.map((file) => file.replace('/lost/', '/renamed/')).sort();
  const inRenamed = ['four', 'one', 'three', 'two'].map((name) => `/var/lib/renamed/${name}`);
  assert.deepEqual(names, ['/var/lib/renamed', ...inRenamed].sort());
});

test('services are told by their control groups, also those that are gone with them', { skip: needsRoot }, () => {
  const outcome = inPrivate(`
    mkdir -p groups r/srv; mount -t cgroup2 none groups
    slice=groups/ebbtest_$$.slice; mkdir $slice $slice/long.service
    ebb watch --root "$R" --json >"$OUT" & p=$!; watched
    sh -c "echo 0 >$slice/long.service/cgroup.procs; exec sh -c 'echo >r/srv/long'"
    for i in 1 2 3 4 5 6 7 8; do
      mkdir $slice/brief$i.service; sh -c "echo 0 >$slice/brief$i.service/cgroup.procs; echo >r/srv/brief"
      until rmdir $slice/brief$i.service 2>/dev/null; do :; done
    done
    rmdir $slice/long.service $slice
    kill -TERM $p; wait $p; cat "$OUT"`);
  assertStatus(outcome, 0);
  const writers = Object.keys(writesBy(documents(outcome.stdout), '/srv')).sort();
  assert.deepEqual(writers, [...[1, 2, 3, 4, 5, 6, 7, 8].map((i) => `brief${i}.service`), 'long.service']);
});

test('a program is called as its file, or as the script that it runs, whatever its threads are called', {
  skip: needsRoot,
}, () => {
  const outcome = inPrivate(`
    mkdir r/srv; printf '#!/bin/sh\\necho >r/srv/script; sleep 0.3\\n' >nightly-job; chmod +x nightly-job
    ebb watch --root "$R" --json >"$OUT" & p=$!; watched
    ./nightly-job
    ${quoted(process.execPath)} -e 'fs.writeFileSync("r/srv/node", ""); setTimeout(() => {}, 300)'
    kill -TERM $p; wait $p; cat "$OUT"`);
  assertStatus(outcome, 0);
  assert.deepEqual(filesIn(documents(outcome.stdout)).sort(), [
    'nightly-job (no unit) /srv/script',
    'node (no unit) /srv/node',
  ]);
});

test('where the kernel takes no program, those who live are told, and a warning says so', { skip: needsRoot }, () => {
  const outcome = inPrivate(`
    mkdir -p groups r/srv; mount -t cgroup2 none groups
    group=groups/ebbtest_$$.service; mkdir $group
    EBB_NO_BPF=1 ebb watch --root "$R" --json >"$OUT" & p=$!; watched
    sh -c "echo 0 >$group/cgroup.procs; echo >r/srv/f; sleep 0.3"; rmdir $group
    kill -TERM $p; wait $p; cat "$OUT"`);
  assertStatus(outcome, 0);
  assert.match(text(outcome.stderr), /warning: who writes and ends within a moment is not always known/);
  assert.match(filesIn(documents(outcome.stdout)).join(), /^ebbtest_\d+\.service \/srv\/f$/);
});

test('a queue that was full is told, and what was written meanwhile is found by a search', { skip: needsRoot }, () => {
  const outcome = inPrivate(`
    limit=$(cat /proc/sys/fs/fanotify/max_queued_events); [ "$limit" -le 20000 ] || exit 77
    mkdir -p r/srv/flood r/var/lib/late
    ebb watch --root "$R" --json >"$OUT" & p=$!; watched
    kill -STOP $p
    (cd r/srv/flood; i=0; while [ $i -le "$limit" ]; do : >f$i; i=$((i + 1)); done); echo >r/var/lib/late/state
    kill -CONT $p; until grep -q late "$OUT"; do sleep 0.1; done
    kill -TERM $p; wait $p; cat "$OUT"`);
  if (outcome.status === 77) return;
  assertStatus(outcome, 0);
  const lines = documents(outcome.stdout);
  assert.ok(lines.some(({ event }) => event === 'overflow'));
  assert.ok(filesIn(lines).includes('not seen who /var/lib/late/state'));
  const flood = writesBy(lines, '/srv/flood');
  assert.ok((flood['sh (no unit)'] ?? 0) > 10_000, JSON.stringify(flood));
  assert.equal(lines.at(-1)?.overflows, 1);
});

test('on a root that is an overlay files are told, and that directories are not', { skip: needsRoot }, () => {
  const outcome = inPrivate(`
    mkdir low up work over; mount -t overlay none -o lowerdir=low,upperdir=up,workdir=work over
    ebb watch --root "$PLACE/over" --json -o found -- sh -c 'mkdir over/d; echo >over/d/f'; cat found`);
  assertStatus(outcome, 0);
  assert.match(text(outcome.stderr), /warning: directories and links that are made are not seen/);
  const lines = documents(outcome.stdout);
  assert.deepEqual(
    lines.slice(0, -1).map(({ directory, files }) => [directory, files[0]?.name]),
    [['/d', 'f']],
  );
});

test('without a terminal there is one table at the end, and a time ends it', { skip: needsRoot }, () => {
  const outcome = inPrivate(`
    mkdir r/srv; ebb watch --root "$R" --for 1 & p=$!; marked $p; echo >r/srv/notes; wait $p`);
  assertStatus(outcome, 0);
  assert.doesNotMatch(outcome.stdout, /\x1b/);
  assert.match(text(outcome.stdout), /^watched \S+ \(tmpfs\) · 1 s · 1 write by 1 writer$/m);
  assert.match(text(outcome.stdout), /^ +1 {2}unknown +sh \(no unit\) {2}\/srv\/notes {2}just now$/m);
});

test('in a terminal the table goes along on a screen of its own, which is given back at Ctrl-C', {
  skip: needsRoot || noTerminal,
}, () => {
  const outcome = inPrivate(`
    mkdir -p r/srv/copy
    (until grep -q 'watching' typed 2>/dev/null; do sleep 0.05; done
     for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
       mkdir r/srv/copy/$i; echo >r/srv/copy/$i/x; done
     until grep -q '/srv/copy' typed; do sleep 0.05; done
     printf '\\003' >keys) &
    mkfifo keys
    TERM=xterm SHELL=/bin/sh script -qefc "trap : INT; stty cols 80 rows 24; ebb watch --root $R; echo ended \\$?" \\
      typed <>keys >/dev/null || :
    cat typed`);
  const sent = text(outcome.stdout);
  assert.match(sent, /ended 130/, text(outcome.stderr));
  const [before = '', screen = '', afterwards = ''] = sent.split(/\x1b\[\?1049[hl]/);
  assert.doesNotMatch(before, /watching/);
  const frames = screen.split('\x1b[H').slice(1);
  for (const frame of frames) {
    const lines = frame.replace(/\x1b\[[0-9;?]*[a-zA-Z]/g, '').split('\r\n');
    assert.ok(lines.length <= 24 && lines.every((line) => line.length <= 80), frame);
  }
  assert.match(frames.at(-1) ?? '', /\/srv\/copy/);
  assert.ok(screen.includes('\x1b[?25l') && screen.endsWith('\x1b[?25h'));
  assert.match(afterwards, /watched \S+ \(tmpfs\)/);
});

test('the log of a boot is private, and is what ebb why tells of its writers', { skip: needsRoot }, () => {
  const outcome = inPrivate(`
    mkdir -p groups r/var/lib/app r/.ebb; mount -t cgroup2 none groups
    slice=groups/ebbtest_$$.slice; mkdir $slice $slice/app.service
    printf '{"schema":"ebb.boot/1","sequence":1,"bootId":"%s","bootedAt":"2026-01-01T00:00:00Z"}' \\
      "$(cat /proc/sys/kernel/random/boot_id)" >r/.ebb/boot.json
    for round in 1 2; do
      ebb watch --root "$R" --log & p=$!; marked $p
      sh -c "echo 0 >$slice/app.service/cgroup.procs; echo >r/var/lib/app/data$round"; kill -TERM $p; wait $p
    done
    ebb watch --root "$R" --log & p=$!; marked $p
    status=0; ebb watch --root "$R" --log --for 1 || status=$?; kill -TERM $p; wait $p; echo $status
    rmdir $slice/app.service $slice
    stat -c '%a' r/var/lib/ebb/writers r/var/lib/ebb/writers/*
    ebb why --root "$R" /var/lib/app --json`);
  assertStatus(outcome, 0);
  const [second, directory, file, ...json] = text(outcome.stdout).split('\n');
  assert.deepEqual([second, directory, file], ['11', '700', '600']);
  assert.match(text(outcome.stderr), /another ebb watch keeps the log/);
  assert.match(json.join('\n'), /written by app\.service, 2 times in that boot, as far as it was watched/);
});

test('what makes no sense is refused', () => {
  assertRefused(ebb(['watch', '--log', '--json']), /--log shows nothing/);
  assertRefused(ebb(['watch', '-o', 'file']), /-o goes with a command/);
  assertRefused(ebb(['watch', '--json', '--', 'true']), /needs -o FILE/);
  assertRefused(ebb(['watch', '--for', '5', '--', 'true']), /leave out --for/);
  assertRefused(ebb(['watch', '--for', 'soon']), /soon is no time/);
  assertRefused(ebb(['watch', '--root', '/there/is/none']), /there\/is\/none/, 10);
});

test('a command is not run where its report could not be written', { skip: needsRoot }, () => {
  const outcome = inPrivate('ebb watch --root "$R" -o "$PLACE/there/is/none" -- touch r/ran || [ ! -e r/ran ]');
  assert.match(text(outcome.stderr), /^ebb: the report cannot be written to \S+: ENOENT/);
  assertStatus(outcome, 0);
});

test('an ordinary user is told that only root may watch', { skip: needsRoot }, () => {
  assertRefused(ebb(['watch', '--for', '1'], { ordinaryUser: true }), /only root may watch a filesystem/);
});
