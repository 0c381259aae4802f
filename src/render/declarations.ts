import { DECLARATIONS_SCHEMA, type DeclarationsDocument, withDeclared } from '../core/declarations-document.ts';
import { type RawPath, textOf } from '../core/rawpath.ts';
import type { DiffReport, Warning } from '../core/report.ts';
import { documentText, type JsonObject } from './json.ts';
import { type Declared, type DeclaredList, declaredGroups } from './persistence.ts';

/** What a document of declarations is when what ebb would persist has been added to it; and what could not be. */
export interface DeclarationsText {
  readonly text: string;
  readonly warnings: readonly Warning[];
}

export function diffDeclarations(report: DiffReport, onto: DeclarationsDocument): DeclarationsText {
  const groups = declaredGroups(report);
  const lost: RawPath[] = [];
  const textsOf = ({ persist }: DeclaredList): string[] =>
    persist.flatMap(({ path, change }: Declared) => {
      const text = textOf(path);
      if (text === undefined) lost.push(change.path);
      return text ?? [];
    });
  const additions = groups.map(({ user, directories, files }) => ({
    ...{ user, directories: textsOf(directories), files: textsOf(files) },
  }));
  const storage = textOf(report.storage);
  if (storage === undefined) lost.push(report.storage);
  const document = storage === undefined ? onto : withDeclared(onto, storage, additions.filter(isFilled));
  const { persistence, ignore } = document;
  const warnings: Warning[] = lost.map((path) => ({
    code: 'output',
    message: `${path} is left out: JSON holds no name that is not UTF-8; declare it in Nix`,
  }));
  const open = groups.reduce((sum, { directories, files }) => sum + directories.decide.length + files.decide.length, 0);
  if (open > 0) {
    const what = open === 1 ? '1 path is' : `${open} paths are`;
    warnings.push({ code: 'output', message: `${what} left out, being still to be decided` });
  }
  // Read as JSON, or made of text.
  const whole: unknown = { schema: DECLARATIONS_SCHEMA, persistence, ignore };
  return { text: documentText(whole as JsonObject), warnings };
}

function isFilled({ directories, files }: { directories: readonly string[]; files: readonly string[] }): boolean {
  return directories.length + files.length > 0;
}
