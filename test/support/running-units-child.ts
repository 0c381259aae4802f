/** Prints what units say of paths below /srv/ebb, on the machine as this process sees it; `argv[2]` is its systemctl. */
import type { RawPath } from '../../src/core/rawpath.ts';
import { UnitSource } from '../../src/linux/systemd/unit-source.ts';
import type { OpenRoot } from '../../src/ports/open-root.ts';
import { filesOf, told } from './claims.ts';

const facts = { mount: '/' as RawPath } as OpenRoot['facts'];
const source = new UnitSource({ program: process.argv[2] ?? 'systemctl', patience: 10_000 });
const { claims, warnings } = source.claims({ files: filesOf('/'), facts });
const ours = claims.filter(({ pattern }) => pattern.startsWith('/srv/ebb/'));
console.log(JSON.stringify({ told: told(ours), by: ours.map(({ evidence }) => evidence.by), warnings }));
