/** What the runs met: each branch of the steps, each fault. A simulation that never reaches a takeover proves nothing. */

/** What a long run must have met. */
const MUST: readonly string[] = [
  ...['ok', 'closed', 'clocks', 'outdated', 'revoked', 'expired'].map(reply => `step issue ${reply}`),
  ...['ok', 'closed', 'clocks', 'outdated', 'revoked', 'expired', 'reused'].map(
    reply => `step refresh ${reply}`,
  ),
  ...['step revoke ok', 'step revoke closed', 'step begin closed', 'takeover true', 'takeover false'],
  ...['same', 'rotated', 'successor', 'recovered', 'amnesia'].map(verdict => `verdict ${verdict}`),
  ...['settled true', 'settled false', 'watch', 'watch refused'],
  ...['check ok', 'check ERR_TOKEN_REVOKED', 'check ERR_TOKEN_EXPIRED', 'check ERR_REPLICA_STALE'],
  ...['lost', 'slow', 'parted', 'stream broken', 'crash at', 'store lost a tail', 'store lost nothing'],
  ...[
    'act halt',
    'act suspend',
    'act stepClock',
    'act skewStore',
    'act hold',
    'act failOver',
    'act restartStore',
  ],
];

export function blindSpots(coverage: ReadonlyMap<string, number>): string[] {
  return MUST.filter(what => !coverage.has(what));
}

/** Returns how many of the blind spots there are. */
export function printCoverage(coverage: ReadonlyMap<string, number>, blind: readonly string[]): number {
  for (const [what, times] of [...coverage].toSorted()) console.log(`${String(times).padStart(9)}  ${what}`);
  for (const what of blind) console.log(`never met: ${what}`);
  return blind.length;
}
