import type { Totals } from '../core/report.ts';
import type {
  ContainerMount,
  DiskKey,
  KeptPath,
  SurveyContainer,
  SurveyDatabase,
  SurveyGroup,
  SurveyItem,
  SurveyKey,
  SurveyReport,
  SurveyVolume,
} from '../core/survey/report.ts';
import { display } from './escape.ts';
import {
  baselineObject,
  documentText,
  type Json,
  type JsonObject,
  path,
  rootObject,
  time,
  warningObject,
} from './json.ts';

/** `ebb.survey/1`; what holds of all documents is said in json.ts. */
export function surveyJson(report: SurveyReport): string {
  const { diff } = report;
  return documentText({
    schema: 'ebb.survey/1',
    host: display(diff.host),
    reportedAt: time(diff.now),
    root: rootObject(diff.root),
    baseline: baselineObject(diff.baseline),
    ...path('storage', diff.storage),
    services: report.services.map(groupObject),
    homes: report.homes.map(groupObject),
    system: groupObject(report.system),
    unclaimed: report.unclaimed.map(itemObject),
    databases: report.databases.map(databaseObject),
    containers: report.containers.map(containerObject),
    volumes: report.volumes.map(volumeObject),
    keys: report.keys.map(keyObject),
    moreKeys: report.moreKeys,
    diskKeys: report.diskKeys.map(diskKeyObject),
    passwords: report.passwords === undefined ? null : report.passwords.map(display),
    kept: report.kept.map(keptObject),
    warnings: report.warnings.map(warningObject),
  });
}

function text(bytes: string | undefined): Json {
  return bytes === undefined ? null : display(bytes);
}

function totalsObject({ entries, bytes }: Totals): JsonObject {
  return { entries, bytes };
}

function groupObject({ id, title, units, items, needed, unkept, rest }: SurveyGroup): JsonObject {
  return {
    ...{ id: text(id), title: display(title), units: units.map(display) },
    ...{ needed: totalsObject(needed), unkept: totalsObject(unkept), rest: totalsObject(rest) },
    items: items.map(itemObject),
  };
}

function itemObject(item: SurveyItem): JsonObject {
  const { type, category, verdict, fate, entries, bytes, folds } = item;
  return {
    ...path('path', item.path),
    ...{ type, category, verdict, fate, entries, bytes, mtime: time(item.mtime), folds },
    ...{ why: text(item.why), breaks: text(item.breaks) },
  };
}

function databaseObject({ path: place, service, kind, dump, stop, fate }: SurveyDatabase): JsonObject {
  return {
    ...path('path', place),
    ...{ service: text(service), kind, dump: text(dump), stop: stop.map(display), fate },
  };
}

function containerObject(container: SurveyContainer): JsonObject {
  const { engine, name, image, home, root, rootFate, mounts } = container;
  return {
    ...{ engine, name: display(name), image: text(image) },
    ...(home === undefined ? { home: null } : path('home', home)),
    ...(root === undefined ? { root: null } : path('root', root)),
    rootFate: rootFate ?? null,
    mounts: mounts === undefined ? null : mounts.map(mountObject),
  };
}

function mountObject({ kind, name, source, destination, readOnly, fate }: ContainerMount): JsonObject {
  return {
    ...{ kind, name: text(name) },
    ...path('source', source),
    ...path('destination', destination),
    ...{ readOnly, fate },
  };
}

function volumeObject({ engine, name, path: place, home, usedBy, fate, size }: SurveyVolume): JsonObject {
  return {
    ...{ engine, name: display(name) },
    ...path('path', place),
    ...(home === undefined ? { home: null } : path('home', home)),
    ...{ usedBy: usedBy.map(display), fate, size: size === undefined ? null : totalsObject(size) },
  };
}

function keyObject({ path: place, kind, fingerprint, fate }: SurveyKey): JsonObject {
  return { ...path('path', place), kind, fingerprint: fingerprint ?? null, fate };
}

function diskKeyObject({ path: place, from, opens, fate }: DiskKey): JsonObject {
  return { ...path('path', place), from: display(from), opens: text(opens), fate };
}

function keptObject({ path: place, how, filesystem, source, subtree, declared, size }: KeptPath): JsonObject {
  return {
    ...path('path', place),
    ...{ how, filesystem: display(filesystem) },
    ...path('source', source),
    ...path('subtree', subtree),
    ...{ declared, size: size === undefined ? null : totalsObject(size) },
  };
}
