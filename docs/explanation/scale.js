#!/usr/bin/env node
/**
 * The figures of scale.md: `node docs/explanation/scale.js` prints its tables. Sizes of lines are those of the real encoder, so it
 * runs in a clone after `npm run build`.
 */
import { pathToFileURL } from 'node:url';
import { encodeEntries } from '../../packages/revocable/dist/revocation/feed-lines.js';

/** What is assumed; change it and run again. */
export const GIVEN = {
  users: 1e8,
  verifiers: 1e4,
  accessSeconds: 300,
  leewaySeconds: 65,
  refreshDays: 30,
  /** Bytes a cut-off takes in a verifier: `npm run bench:revocation`. */
  bytesHeld: 30,
  /** A line at most every 50 ms. */
  linesPerSecond: 20,
  probesPerSecond: 1,
  /** Of a probe with its answer, headers included, without TLS. */
  bytesProbe: 900,
  /** Milliseconds of one core that a probe costs a service: in-process 0.11 were measured, sockets come to that. */
  coreMsProbe: 0.2,
};

const DAY = 86_400;
const RATES = [
  ['once a year', 1 / 365],
  ['once a month', 1 / 30],
  ['once a week', 1 / 7],
  ['once a day', 1],
];

const NOW = 1_795_000_000_000;
const TAG = 'TFFIvZuit3RyHwarPo3e9r';
/** A session that somebody ended: the longest of the usual ones. */
const ENTRY = {
  scope: `s:${TAG}`,
  number: 123_456_789,
  at: NOW,
  expires: NOW + 2_592_065_000,
  a: 0,
  r: 0,
  s: NOW,
  mac: '',
};

/** Bytes of one entry among others, and of what stands around a line: event, cursor, brackets. */
export const bytesEntry = encodeEntries([ENTRY, ENTRY]).length - encodeEntries([ENTRY]).length;
export const bytesLine =
  `event: cut\nid: ${TAG}.123456789.${TAG}\ndata: \n\n`.length +
  encodeEntries([ENTRY]).length -
  bytesEntry +
  1;

/** @param perUserAndDay cut-offs */
export function loadOf(perUserAndDay, given = GIVEN) {
  const { users, verifiers, accessSeconds, leewaySeconds, refreshDays, bytesHeld, linesPerSecond } = given;
  const perSecond = (users * perUserAndDay) / DAY;
  const held = perSecond * (accessSeconds + leewaySeconds);
  const feed = perSecond * bytesEntry + Math.min(perSecond, linesPerSecond) * bytesLine;
  return {
    perSecond,
    stored: perSecond * refreshDays * DAY,
    held,
    memory: held * bytesHeld,
    snapshot: held * bytesEntry,
    feed,
    allFeeds: feed * verifiers * 8,
  };
}

const number = value => (value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US'));
const units = (value, names) => {
  const step = Math.min(names.length - 1, Math.max(0, Math.floor(Math.log10(value) / 3)));
  return `${number(value / 1000 ** step)} ${names[step]}`;
};
const bytes = value => units(value, ['B', 'kB', 'MB', 'GB']);
const bits = value => units(value, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s']);

function table(heads, rows) {
  return [heads, heads.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n');
}

export function loadTable() {
  const heads = [
    'each user is cut off',
    'cut-offs a second',
    'live in the store',
    'held by a verifier',
    'memory there',
    'snapshot',
    'feed of one',
    `feed of ${GIVEN.verifiers.toLocaleString('en-US')}`,
  ];
  return table(
    heads,
    RATES.map(([name, rate]) => {
      const load = loadOf(rate);
      const { perSecond, stored, held, memory, snapshot, feed, allFeeds } = load;
      const counts = [number(perSecond), units(stored, ['', 'thousand', 'million', 'billion']), number(held)];
      return [name, ...counts, bytes(memory), bytes(snapshot), bits(feed * 8), bits(allFeeds)];
    }),
  );
}

export function probeTable() {
  const counts = [100, 1000, 10_000];
  const heads = ['verifiers', 'probes a second', 'on the wire', 'cores for them', 'service processes'];
  return table(
    heads,
    counts.map(verifiers => {
      const probes = verifiers * GIVEN.probesPerSecond;
      const cores = (probes * GIVEN.coreMsProbe) / 1000;
      const processes = Math.max(1, Math.ceil(cores / 0.5));
      const wire = bits(probes * GIVEN.bytesProbe * 8);
      return [verifiers.toLocaleString('en-US'), number(probes), wire, cores.toFixed(2), String(processes)];
    }),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  console.log(`${loadTable()}\n\n${probeTable()}`);
