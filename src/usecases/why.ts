import { isBelowAny } from '../core/ancestors.ts';
import { EntryType, entryTypeName } from '../core/change.ts';
import { evidenceOfRule } from '../core/claims.ts';
import type { Evidence } from '../core/evidence.ts';
import { namedInstead } from '../core/instead.ts';
import { judge } from '../core/judge.ts';
import type { MountFate } from '../core/mount-table.ts';
import { covers, join, nameOf, parentOf, type RawPath } from '../core/rawpath.ts';
import type { BaselineFacts, KnownPath, Warning, WhyReport } from '../core/report.ts';
import type { Rule } from '../core/rule.ts';
import { RuleSet } from '../core/rules.ts';
import type { Machine } from '../ports/machine.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import { bestReference } from './best-reference.ts';
import { ignoreRule } from './diff.ts';
import { distinct, knowledgeOf, testimonies } from './evidence.ts';
import { isEphemeralMount, type Location, locate, pointInRoot } from './locate.ts';

export interface WhyRequest {
  readonly root: RawPath;
  readonly path: RawPath;
}

/** Whether a path survives the next reboot, and by what, or why not. */
export function why({ root: directory, path }: WhyRequest, { machine }: { readonly machine: Machine }): WhyReport {
  const root = machine.openRoot(directory);
  try {
    const location = locate(root, path);
    const facts = root.files.lstat(path);
    const knowledge = knowledgeOf(root, machine);
    const matching = RuleSet.all(knowledge.rules, path, facts?.type ?? 0);
    const [rule] = matching;
    const ignored = ignoredBy(root, path, facts?.type ?? 0);
    const { mount } = location;
    const fate = fateOfPath(root, location.fate, path, location);
    const isOnRoot = facts !== undefined && (fate === 'lost' || fate === 'traditional');
    const compared = isOnRoot ? comparedWith(root, path, facts.type, location) : undefined;
    const comesBack = compared?.unchanged?.comesBack === true;
    const type = entryTypeName(facts?.type ?? 0);
    const known = rule?.category ?? 'unknown';
    const asked = testimonies(root, machine, isOnRoot ? [{ path, type, category: known }] : []);
    const pieces = [
      ...matching.filter(isTold).map(evidenceOfRule),
      ...knowledge.claims.about(path, type, false),
      ...(asked.evidence.get(path) ?? []),
    ];
    const circumstances = { kind: 'added', ignored: ignored !== undefined, shadowed: false } as const;
    const { category, verdict, evidence } = judge(known, distinct(pieces), circumstances);
    return {
      root: root.facts,
      path,
      exists: facts !== undefined,
      type: facts && entryTypeName(facts.type),
      resolved: location.resolved,
      mount: {
        point: pointInRoot(root, mount),
        filesystem: mount.filesystem,
        source: mount.source,
        subtree: mount.subtree,
      },
      fate,
      unchanged: compared?.unchanged,
      reasons: [
        ...(compared === undefined ? [] : [compared.reason]),
        ...reasonsOf(root, path, location),
        ...(ignored === undefined ? [] : [ignored]),
      ],
      category,
      verdict: fate === 'kept' || comesBack ? 'ignore' : verdict,
      evidence: [...evidence].sort((a, b) => b.weight - a.weight),
      rule: rule && { pattern: rule.pattern, file: rule.file },
      known: knownPath(path, matching, machine),
      warnings: [
        ...root.warnings,
        ...knowledge.warnings,
        ...asked.warnings,
        ...(location.denied ? [deniedWarning(path)] : []),
      ],
    };
  } finally {
    root.close();
  }
}

/** Of the rules that only know places the first is told: the others are for where that says nothing. */
function isTold({ kind }: Rule, index: number, matching: readonly Rule[]): boolean {
  return kind !== 'place' || matching.findIndex((rule) => rule.kind === 'place') === index;
}

/** By the first rule that is from a file about a service or program. */
function knownPath(asked: RawPath, matching: readonly Rule[], machine: Machine): KnownPath | undefined {
  const rule = matching.find(({ kind }) => kind === 'catalogue' || kind === 'exception');
  const entry = rule && machine.entries().find(({ id }) => `${id}.toml` === rule.file);
  const path = entry?.paths.find(({ patterns }) => patterns.some(({ pattern }) => pattern === rule?.pattern));
  if (entry === undefined || path === undefined) return undefined;
  const { why, breaks, owner, group, mode, stop, dump } = path;
  const instead = path.instead === undefined ? undefined : namedInstead(asked, path.instead);
  return { title: entry.title, why, breaks, instead, owner, group, mode, stop, dump };
}

/** What a diff makes of the path itself: undefined where it would show it. */
function comparedWith(
  root: OpenRoot,
  path: RawPath,
  type: number,
  location: Location,
): { reason: Evidence; unchanged: WhyReport['unchanged'] } | undefined {
  const reference = bestReference(root);
  const { kind, detail, complete } = reference.facts;
  // A link is looked at itself, and not what it leads to.
  const place = type === EntryType.symlink ? locate(root, parentOf(path)) : location;
  if (kind === 'nothing' || place.fate !== 'root' || path === '/') return undefined;
  const held = place.onRoot ?? place.resolved;
  const compared = root.compare(reference, place === location ? held : join(held, nameOf(path)));
  if (compared?.unchanged !== true) return undefined;
  const isPackaged = kind === 'packages';
  const source = isPackaged ? 'package' : kind;
  if (type === EntryType.directory) {
    const whose = isPackaged ? 'a directory that packages have' : `a directory as ${detail} has it`;
    const reason = `it is ${whose}: \`ebb diff\` shows what in it is not so`;
    return { reason: { source, detail: reason }, unchanged: undefined };
  }
  const how = isPackaged ? `it is as the package ${compared.package} installed it` : asRecorded(reference.facts);
  const reason = { source, detail: `${how}: \`ebb diff\` leaves it out` };
  return { reason, unchanged: { comesBack: complete, package: compared.package } };
}

function asRecorded({ kind, detail }: BaselineFacts): string {
  return kind === 'boot' ? `it has not changed since ${detail}` : `it is as ${detail} has it`;
}

function deniedWarning(path: RawPath): Warning {
  return { code: 'ordinary-user', message: `this user may not look at ${path}: links in it could lead elsewhere` };
}

function fateOfPath(root: OpenRoot, fate: MountFate, path: RawPath, { links }: Location): WhyReport['fate'] {
  switch (fate) {
    case 'persistent':
      return 'kept';
    case 'volatile':
    case 'kernel':
      return 'volatile';
    case 'root': {
      const store = new Set(['/nix/store', '/etc/static']);
      if (links.some((link) => isBelowAny(store, link.to)) || isBelowAny(store, path)) return 'kept';
      return root.facts.ephemeral.value ? 'lost' : 'traditional';
    }
  }
}

function reasonsOf(root: OpenRoot, path: RawPath, location: Location): Evidence[] {
  const { mount, links, fate, resolved, onRoot, loops } = location;
  const reasons: Evidence[] = links.map(({ from, to }) => ({ source: 'link', detail: `${from} leads to ${to}` }));
  if (loops) reasons.push({ source: 'link', detail: 'its symlinks lead round in a circle: it is nowhere' });
  const point = pointInRoot(root, mount);
  switch (fate) {
    case 'persistent': {
      const where = mount.subtree === '/' ? mount.source : `${mount.source}, ${mount.subtree} of it`;
      reasons.push({
        source: 'mount',
        detail: `${point} is a mount of ${mount.filesystem} (${where}), which the reset does not touch`,
      });
      break;
    }
    case 'volatile': {
      const configured = `${point} is thrown away like the root, says ${root.configuration.file}`;
      const inMemory = `${point} is ${mount.filesystem}: it lives in memory and is empty at every boot`;
      reasons.push(
        isEphemeralMount(root, mount)
          ? { source: 'config', detail: configured }
          : { source: 'mount', detail: inMemory },
      );
      break;
    }
    case 'kernel':
      reasons.push({ source: 'mount', detail: `${point} is ${mount.filesystem}, made by the kernel` });
      break;
    case 'root':
      if (onRoot !== undefined) {
        const detail =
          mount.filesystem === 'overlay'
            ? `${point} is an overlay, and what is written to it lies on the root: at ${onRoot}`
            : `${point} is a bind mount of the root itself: it is ${onRoot} there`;
        reasons.push({ source: 'mount', detail });
      }
      reasons.push({ source: 'filesystem', detail: rootReason(root) });
      break;
  }
  if (root.seesShadowed && fate !== 'root' && resolved !== point && root.holds(resolved)) {
    reasons.push({
      source: 'mount',
      detail: `the root holds something of that name too, hidden under the mount at ${point}`,
    });
  }
  for (const declared of root.configuration.declared) {
    if (!covers(declared.path, path)) continue;
    const from = `${declared.declaredIn}: ${declared.path}, kept in ${declared.storage}`;
    const works = fate === 'persistent' ? '' : ', but it is not mounted';
    reasons.push({ source: 'config', detail: `declared in ${from}${works}` });
  }
  return reasons;
}

function rootReason({ facts }: OpenRoot): string {
  const what = facts.subvolume === undefined ? facts.filesystem : `${facts.filesystem} ${facts.subvolume}`;
  if (facts.ephemeral.value)
    return `it lies on the root itself (${what}), which is ephemeral: ${facts.ephemeral.reason}`;
  return `it lies on the root itself (${what}), which is not ephemeral (${facts.ephemeral.reason})`;
}

function ignoredBy(root: OpenRoot, path: RawPath, type: number): Evidence | undefined {
  const { ignored, file } = root.configuration;
  const rules = ignored.map(ignoreRule);
  const match = rules[new RuleSet(rules).matchPath(path, type)];
  return match && { source: 'config', detail: `${file} ignores ${match.pattern}` };
}
