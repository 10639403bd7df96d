/** The lines that a start prints. */
import { VERSION } from './version.ts';

export interface Banner {
  readonly issuer: string;
  readonly store: string;
  /** Since the process began. */
  readonly seconds: number;
  /** Only when it was made at this start. */
  readonly password: string | undefined;
}

export function banner({ issuer, store, seconds, password }: Banner): string {
  const rows: readonly (readonly [string, string])[] = [
    ['Sign in:', `${issuer}/login`],
    ['Name:', 'admin'],
    ...(password === undefined
      ? []
      : [['Password:', `${password}    (shown once; change it under /account)`] as const]),
    ['Console:', `${issuer}/admin`],
    ['Store:', store],
    ['Try:', 'npm run demo'],
  ];
  const lines = rows.map(([name, value]) => `  ${name.padEnd(10)} ${value}`);
  return [`revocable ${VERSION} ready in ${seconds.toFixed(1)} s`, ...lines, ''].join('\n');
}
