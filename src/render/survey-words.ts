import type { Verdict } from '../core/category.ts';
import type {
  ContainerMount,
  DiskKey,
  KeptPath,
  SurveyContainer,
  SurveyDatabase,
  SurveyGroup,
  SurveyItem,
  SurveyReport,
  SurveyVolume,
} from '../core/survey/report.ts';
import { display } from './escape.ts';
import { bytesText, counted } from './units.ts';

/** Words that a survey has in every format. They are safe to print. */

/** What becomes of it: `kept`, or what is to be done about it. */
export function fateText(fate: ContainerMount['fate'], verdict?: Verdict): string {
  switch (fate) {
    case 'kept':
      return 'kept';
    case 'volatile':
      return 'in memory';
    case 'absent':
      return 'not there';
    case 'lost':
    case 'root':
      return verdict === undefined ? (fate === 'lost' ? 'lost at reset' : 'on the root') : `→ ${verdict}`;
  }
}

export function itemPath({ path, type }: Pick<SurveyItem, 'path' | 'type'>): string {
  return type === 'directory' ? `${display(path)}/` : display(path);
}

/** What it is, where that is known; of several rows how many. */
export function itemNote({ why, folds }: SurveyItem): string {
  return folds > 1 ? `${counted(folds, 'row')} below it` : display(why ?? '');
}

/** `and 12.0 MB of caches and logs`. */
export function restText({ rest }: SurveyGroup): string {
  return rest.bytes === 0 ? '' : `and ${bytesText(rest.bytes)} of caches, logs and the like`;
}

/** How to get a copy that is good. */
export function copyText({ dump, stop }: SurveyDatabase): string {
  const ways = [
    ...(dump === undefined ? [] : [display(dump)]),
    ...(stop.length === 0 ? [] : [`stop ${stop.map(display).join(', ')}`]),
  ];
  return ways.length === 0 ? 'dump it, or stop what writes to it' : ways.join(', or ');
}

export function mountText({ kind, name, source, destination, readOnly }: ContainerMount): string {
  const from = kind === 'volume' && name !== undefined ? `volume ${display(name)}` : display(source);
  return `${from} → ${display(destination)}${readOnly ? ' (read-only)' : ''}`;
}

/** `podman`, `podman (/home/josh)`. */
export function engineText({ engine, home }: SurveyContainer | SurveyVolume): string {
  return home === undefined ? engine : `${engine} (${display(home)})`;
}

export function usersText({ usedBy }: SurveyVolume): string {
  return usedBy.length === 0 ? 'no container' : usedBy.map(display).join(', ');
}

export function diskKeyText({ from, opens }: DiskKey): string {
  return opens === undefined || opens === '' ? display(from) : `${display(from)}, for ${display(opens)}`;
}

export function keptText({ how, filesystem, source, subtree }: KeptPath): string {
  const place = subtree === '/' ? display(source) : `${display(source)} ${display(subtree)}`;
  return how === 'link' ? `link to ${filesystem} ${place}` : `${display(filesystem)} ${place}`;
}

/** What the survey comes to, in a few words each. */
export function summaryWords(report: SurveyReport): string[] {
  const { services, containers, databases, homes, system, unclaimed, diff } = report;
  const groups = [...services, ...homes, system];
  const open = unclaimed.filter(({ fate }) => fate !== 'kept').length;
  const needed = groups.reduce((sum, group) => sum + group.needed.bytes, 0);
  const unkept = groups.reduce((sum, group) => sum + group.unkept.bytes, 0);
  const loses = diff.root.ephemeral.value ? 'the next reboot loses' : 'an ephemeral root would lose';
  return [
    counted(services.length, 'service'),
    ...(containers.length === 0 ? [] : [counted(containers.length, 'container')]),
    ...(databases.length === 0 ? [] : [`${counted(databases.length, 'database')} to dump`]),
    `${bytesText(needed)} of state`,
    unkept === 0 ? `${loses} nothing of it` : `${loses} ${unkept === needed ? 'all' : bytesText(unkept)} of it`,
    ...(open === 0 ? [] : [`${counted(open, 'path')} that nobody claims`]),
  ];
}

/** How the root is, and what it was compared with. */
export function rootWords({ diff: { root, baseline } }: SurveyReport): string[] {
  const isNamed = root.subvolume !== undefined && `/${root.subvolume}` !== root.mount;
  const what = [root.filesystem, ...(isNamed ? [root.subvolume] : [])].map(display).join(' ');
  const compared = baseline.kind === 'nothing' ? 'nothing left out' : `less ${display(baseline.detail)}`;
  return [`${display(root.mount)} is ${root.ephemeral.value ? '' : 'not '}ephemeral: ${what}`, compared];
}
