/** The text format of Prometheus, read strictly: what its specification does not allow is an error. */

export interface PrometheusFamily {
  readonly help: string;
  readonly type: string;
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/;
const number = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?Inf|NaN)$/;
const types = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];

/** The metrics by their names, each of which is one group: help, type, samples. @throws Error with the line. */
export function parsePrometheus(text: string): Map<string, PrometheusFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, PrometheusFamily>();
  const series = new Set<string>();
  let open: { name: string; help: string; type: string | undefined; samples: PrometheusFamily['samples'][number][] };
  open = { name: '', help: '', type: undefined, samples: [] };
  const close = (): void => {
    if (open.name === '') return;
    if (open.type === undefined || open.samples.length === 0) throw new Error(`${open.name} is not whole`);
    families.set(open.name, { help: open.help, type: open.type, samples: open.samples });
  };
  for (const [at, line] of text.slice(0, -1).split('\n').entries()) {
    const wrong = (what: string): Error => new Error(`line ${at + 1}: ${what}: ${line}`);
    const [, kind, of = '', rest = ''] = new RegExp(`^# (HELP|TYPE) (${name}) (.+)$`).exec(line) ?? [];
    if (kind === 'HELP') {
      close();
      if (families.has(of)) throw wrong('a second group of one name');
      if (/\\(?![\\n])/.test(rest)) throw wrong('an escape that there is not');
      open = { name: of, help: rest, type: undefined, samples: [] };
    } else if (kind === 'TYPE') {
      if (of !== open.name || open.type !== undefined) throw wrong('a type in the wrong place');
      if (!types.includes(rest)) throw wrong('no type');
      open.type = rest;
    } else {
      const [, named = '', braces, inner = '', value = ''] =
        new RegExp(`^(${name})(\\{(.*)\\})? (\\S+)$`).exec(line) ?? [];
      if (named === '' || named !== open.name || open.type === undefined) throw wrong('no sample of this metric');
      if (!number.test(value)) throw wrong('no number');
      const labels = braces === undefined ? {} : labelsOf(inner, wrong);
      const key = JSON.stringify([named, Object.entries(labels).sort()]);
      if (series.has(key)) throw wrong('a second sample of one series');
      series.add(key);
      open.samples.push({ labels, value: Number(value.replace('Inf', 'Infinity')) });
    }
  }
  close();
  return families;
}

function labelsOf(text: string, wrong: (what: string) => Error): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== ''; ) {
    const [all = '', key = '', value = '', separator] = label.exec(rest) ?? [];
    if (all === '' || key in labels || key.startsWith('__')) throw wrong('no labels');
    if (separator === ',' && all === rest) throw wrong('a comma at the end');
    labels[key] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
    rest = rest.slice(all.length);
  }
  return labels;
}
