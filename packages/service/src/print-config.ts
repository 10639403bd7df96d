/** `--print-config`: what would be used, and where each value comes from. */
import { fallbackOf, type GivenSettings, type Settings, settingNames, shown } from './settings.ts';

const WIDEST = 60;

/** One line a setting: name, value, source. Secrets are not shown. */
export function printedSettings(given: GivenSettings, { issuer }: Settings): string {
  const rows = settingNames.map(name => {
    const fallback = name === 'issuer' ? issuer : fallbackOf(name);
    const { value, source } = given.get(name) ?? { value: fallback, source: 'default' };
    return [name.toUpperCase(), shown(name, value), source] as const;
  });
  const width = (column: 0 | 1): number => Math.min(WIDEST, Math.max(...rows.map(row => row[column].length)));
  const line = ([name, value, source]: (typeof rows)[number]): string =>
    `${name.padEnd(width(0))}  ${value.padEnd(width(1))}  ${source}\n`;
  return rows.map(line).join('');
}
